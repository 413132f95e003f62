/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_queue_ends.c -- row Q-24, shutdown, and a queue that is polled
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/process_helpers.h"

#include <mp/mp.h>

#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#define ITEMS     100
#define CONSUMERS 3
#define LONG_MS   20000

static mp_queue *queue;

static int make_queue(void **state)
{
    mp_queue_options options = { .serializer = &mp_serializer_int64 };

    (void)state;
    return mp_queue_create(&queue, &options) < 0;
}

static int destroy_queue(void **state)
{
    (void)state;
    mp_queue_destroy(queue);
    return 0;
}

static void put_number(int64_t number)
{
    assert_int_equal(mp_queue_put(queue, &number, 0), MP_OK);
}

/* Until a negative number comes. */
static int consume(void *argument)
{
    int64_t number = 0;

    (void)argument;
    while (mp_queue_get(queue, &number, LONG_MS) == MP_OK) {
        if (mp_queue_task_done(queue) != MP_OK) {
            return 2;
        }
        if (number < 0) {
            return 0;
        }
    }
    return 1;
}

static int join_queue(void *argument)
{
    (void)argument;
    return mp_queue_join(queue, LONG_MS) == MP_OK ? 0 : 1;
}

static void Q_24_join_waits_until_all_is_done(void **state)
{
    mp_process *consumers[CONSUMERS];
    mp_process *joiners[2];
    int64_t i;

    (void)state;
    assert_int_equal(mp_queue_join(queue, 0), MP_OK);
    assert_int_equal(mp_queue_join(queue, MP_FOREVER), MP_OK);
    for (i = 0; i < ITEMS; i++) {
        put_number(i);
    }
    assert_int_equal(mp_queue_join(queue, 0), MP_ETIMEDOUT);
    joiners[0] = mp_test_start(join_queue, NULL, NULL);
    joiners[1] = mp_test_start(join_queue, NULL, NULL);
    for (i = 0; i < CONSUMERS; i++) {
        consumers[i] = mp_test_start(consume, NULL, NULL);
    }
    assert_int_equal(mp_queue_join(queue, MP_FOREVER), MP_OK);
    assert_int_equal(mp_queue_size(queue), 0);
    mp_test_finish(joiners[0], 0);
    mp_test_finish(joiners[1], 0);
    for (i = 0; i < CONSUMERS; i++) {
        put_number(-1);
    }
    for (i = 0; i < CONSUMERS; i++) {
        mp_test_finish(consumers[i], 0);
    }
    assert_int_equal(mp_queue_join(queue, 0), MP_OK);
}

static int mark_done(void *argument)
{
    (void)argument;
    return mp_queue_task_done(queue) == MP_OK ? 0 : 1;
}

static void Q_24_marking_too_often_is_an_error(void **state)
{
    int64_t number = 0;
    int64_t before;

    (void)state;
    assert_int_equal(mp_queue_task_done(queue), MP_EOVERFLOW);
    put_number(1);
    assert_int_equal(mp_queue_task_done(queue), MP_EOVERFLOW);
    assert_int_equal(mp_queue_get(queue, &number, 0), MP_OK);
    before = mp_test_clock_ms();
    assert_int_equal(mp_queue_join(queue, 30), MP_ETIMEDOUT);
    assert_true(mp_test_clock_ms() - before >= 30);
    /* By whatever process. */
    mp_test_finish(mp_test_start(mark_done, NULL, NULL), 0);
    assert_int_equal(mp_queue_join(queue, 0), MP_OK);
    assert_int_equal(mp_queue_task_done(queue), MP_EOVERFLOW);
}

static int take_and_die(void *argument)
{
    int64_t number = 0;

    (void)argument;
    if (mp_queue_get(queue, &number, 0) == MP_OK) {
        (void)kill(getpid(), SIGKILL);
    }
    return 1;
}

static void Q_24_join_tells_of_what_a_dead_taker_had(void **state)
{
    int64_t number = 0;

    (void)state;
    put_number(1);
    put_number(2);
    mp_test_finish(mp_test_start(take_and_die, NULL, NULL), -SIGKILL);
    assert_int_equal(mp_queue_join(queue, 20), MP_ETIMEDOUT);
    assert_int_equal(mp_queue_get(queue, &number, 0), MP_OK);
    assert_int_equal(number, 2);
    assert_int_equal(mp_queue_task_done(queue), MP_OK);
    assert_int_equal(mp_queue_join(queue, MP_FOREVER), MP_OWNERDEAD);
    assert_int_equal(mp_queue_join(queue, MP_FOREVER), MP_OK);
    assert_int_equal(mp_queue_task_done(queue), MP_EOVERFLOW);
}

static int get_until_shut(void *argument)
{
    int64_t number = 0;

    (void)argument;
    return mp_queue_get(queue, &number, LONG_MS) == MP_ECLOSED ? 0 : 1;
}

static void Q_15_shutdown_ends_the_queue_for_all(void **state)
{
    mp_process *child = mp_test_start(get_until_shut, NULL, NULL);
    int64_t number = 3;

    (void)state;
    mp_test_sleep_ms(20);
    assert_int_equal(mp_queue_shutdown(queue), MP_OK);
    mp_test_finish(child, 0);
    assert_int_equal(mp_queue_put(queue, &number, MP_FOREVER), MP_ECLOSED);
    assert_int_equal(mp_queue_get(queue, &number, MP_FOREVER), MP_ECLOSED);
    assert_int_equal(mp_queue_shutdown(queue), MP_OK);
}

static void Q_15_what_was_put_before_a_shutdown_comes_out(void **state)
{
    int64_t number = 0;

    (void)state;
    put_number(1);
    put_number(2);
    assert_int_equal(mp_queue_shutdown(queue), MP_OK);
    assert_int_equal(mp_queue_get(queue, &number, MP_FOREVER), MP_OK);
    assert_int_equal(number, 1);
    assert_int_equal(mp_queue_get(queue, &number, 0), MP_OK);
    assert_int_equal(number, 2);
    assert_int_equal(mp_queue_get(queue, &number, 0), MP_ECLOSED);
}

static int put_when_full(void *argument)
{
    int64_t number = 1;

    (void)argument;
    return mp_queue_put(queue, &number, LONG_MS) == MP_ECLOSED ? 0 : 1;
}

static void Q_15_shutdown_ends_a_put_that_waits_for_room(void **state)
{
    mp_queue_options options = { .serializer = &mp_serializer_int64,
                                 .max_items = 1 };
    mp_process *child;
    int64_t number = 0;

    (void)state;
    mp_queue_destroy(queue);
    assert_int_equal(mp_queue_create(&queue, &options), MP_OK);
    put_number(7);
    child = mp_test_start(put_when_full, NULL, NULL);
    mp_test_sleep_ms(20);
    assert_int_equal(mp_queue_shutdown(queue), MP_OK);
    mp_test_finish(child, 0);
    assert_int_equal(mp_queue_get(queue, &number, 0), MP_OK);
    assert_int_equal(number, 7);
    assert_int_equal(mp_queue_get(queue, &number, 0), MP_ECLOSED);
}

static bool is_readable(int ms)
{
    struct pollfd set = { .fd = mp_queue_descriptor(queue), .events = POLLIN };

    return poll(&set, 1, ms) == 1;
}

static int put_one(void *argument)
{
    int64_t number = 5;

    (void)argument;
    return mp_queue_put(queue, &number, 0) == MP_OK ? 0 : 1;
}

static void a_queue_polls_readable_while_a_get_may_succeed(void **state)
{
    int64_t number = 0;
    mp_process *child;

    (void)state;
    put_number(1);
    assert_true(is_readable(0));
    put_number(2);
    assert_int_equal(mp_queue_get(queue, &number, 0), MP_OK);
    assert_true(is_readable(0));
    assert_int_equal(mp_queue_get(queue, &number, 0), MP_OK);
    assert_false(is_readable(0));
    assert_int_equal(mp_queue_get(queue, &number, 0), MP_ETIMEDOUT);
    assert_false(is_readable(20));
    child = mp_test_start(put_one, NULL, NULL);
    assert_true(is_readable(LONG_MS));
    mp_test_finish(child, 0);
    assert_int_equal(mp_queue_get(queue, &number, 0), MP_OK);
    assert_false(is_readable(0));
    assert_int_equal(mp_queue_shutdown(queue), MP_OK);
    assert_true(is_readable(0));
    assert_int_equal(mp_queue_get(queue, &number, 0), MP_ECLOSED);
    assert_true(is_readable(0));
    assert_int_equal(mp_queue_close(queue), MP_OK);
    assert_int_equal(mp_queue_descriptor(queue), MP_ECLOSED);
}

#define MANY 20000

static int put_many(void *argument)
{
    int64_t i;

    (void)argument;
    for (i = 0; i < MANY; i++) {
        if (mp_queue_put(queue, &i, LONG_MS) < 0) {
            return 1;
        }
    }
    return 0;
}

static void a_poll_loop_misses_nothing(void **state)
{
    mp_process *producers[2];
    int64_t number = 0;
    int got = 0;

    (void)state;
    assert_true(mp_queue_descriptor(queue) >= 0);
    producers[0] = mp_test_start(put_many, NULL, NULL);
    producers[1] = mp_test_start(put_many, NULL, NULL);
    while (got < 2 * MANY && is_readable(LONG_MS)) {
        if (mp_queue_get(queue, &number, 0) == MP_OK) {
            got++;
        }
    }
    assert_int_equal(got, 2 * MANY);
    mp_test_finish(producers[0], 0);
    mp_test_finish(producers[1], 0);
}

#define ROW(name) mp_test_setup_teardown(name, make_queue, destroy_queue)

static const struct CMUnitTest tests[] = {
    ROW(Q_24_join_waits_until_all_is_done),
    ROW(Q_24_marking_too_often_is_an_error),
    ROW(Q_24_join_tells_of_what_a_dead_taker_had),
    ROW(Q_15_shutdown_ends_the_queue_for_all),
    ROW(Q_15_what_was_put_before_a_shutdown_comes_out),
    ROW(Q_15_shutdown_ends_a_put_that_waits_for_room),
    ROW(a_queue_polls_readable_while_a_get_may_succeed),
    ROW(a_poll_loop_misses_nothing),
};

int main(void)
{
    return mp_run_tests(tests);
}
