/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_queues.c -- rows of Q on order, room and waiting
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/process_helpers.h"

#include <mp/mp.h>

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#define LONG_MS 20000

static mp_queue *queue;

static int destroy_queue(void **state)
{
    (void)state;
    mp_queue_destroy(queue);
    return 0;
}

static void open_queue(const mp_serializer *serializer, size_t max_items)
{
    mp_queue_options options = { .serializer = serializer,
                                 .max_items = max_items };

    assert_int_equal(mp_queue_create(&queue, &options), MP_OK);
}

static int make_numbers(void **state)
{
    mp_queue_options options = { .serializer = &mp_serializer_int64 };

    (void)state;
    return mp_queue_create(&queue, &options) < 0;
}

static int put_number(int64_t number, int timeout_ms)
{
    return mp_queue_put(queue, &number, timeout_ms);
}

/* The next number, or an error. */
static int64_t get_number(int timeout_ms)
{
    int64_t number = 0;
    int error = mp_queue_get(queue, &number, timeout_ms);

    return error < 0 ? error : number;
}

/* Put `count` numbers from `first` on, and end at once. */
struct range {
    int64_t first;
    int64_t count;
    int depth; /* how many generations below us do the same */
};

static int put_range(void *argument)
{
    struct range *range = argument;
    mp_process *child = NULL;
    int64_t i;

    if (range->depth > 0) {
        struct range below = { range->first + 1000000, range->count,
                               range->depth - 1 };

        if (mp_process_create(&child, put_range, &below, NULL) < 0 ||
            mp_process_start(child) < 0) {
            return 1;
        }
    }
    for (i = 0; i < range->count; i++) {
        if (put_number(range->first + i, LONG_MS) < 0) {
            return 1;
        }
    }
    return 0;
}

static void Q_01_items_come_out_in_order(void **state)
{
    struct range range = { 0, 5000, 0 };
    mp_process *child = mp_test_start(put_range, &range, NULL);
    int64_t i;

    (void)state;
    for (i = 0; i < 5000; i++) {
        assert_int_equal(get_number(LONG_MS), i);
    }
    mp_test_finish(child, 0);
}

static int drain(void *argument)
{
    (void)argument;
    while (get_number(0) >= 0) {
        /* on */
    }
    return 0;
}

static void Q_02_sizes_are_right(void **state)
{
    static const int sizes[] = { 1, 2 };
    int i;

    (void)state;
    open_queue(&mp_serializer_int64, 2);
    assert_int_equal(mp_queue_size(queue), 0);
    for (i = 0; i < 2; i++) {
        assert_int_equal(put_number(i, 0), MP_OK);
        assert_int_equal(mp_queue_size(queue), sizes[i]);
    }
    assert_int_equal(put_number(2, 0), MP_ETIMEDOUT); /* full */
    assert_int_equal(get_number(0), 0);
    assert_int_equal(mp_queue_size(queue), 1);
    assert_int_equal(get_number(0), 1);
    assert_int_equal(mp_queue_size(queue), 0);
    assert_int_equal(put_number(5, 0), MP_OK);
    mp_test_finish(mp_test_start(drain, NULL, NULL), 0);
    assert_int_equal(mp_queue_size(queue), 0);
    mp_queue_destroy(queue);
    open_queue(&mp_serializer_int64, 0); /* no limit */
    for (i = 0; i < 100000; i++) {
        assert_int_equal(put_number(i, 0), MP_OK);
    }
    assert_int_equal(mp_queue_size(queue), 100000);
}

static void Q_03_a_full_queue_takes_no_item(void **state)
{
    int64_t before;

    (void)state;
    open_queue(&mp_serializer_int64, 1);
    assert_int_equal(put_number(1, 0), MP_OK);
    assert_int_equal(put_number(2, 0), MP_ETIMEDOUT);
    before = mp_test_clock_ms();
    assert_int_equal(put_number(3, 40), MP_ETIMEDOUT);
    assert_true(mp_test_clock_ms() - before >= 40);
    assert_int_equal(mp_queue_size(queue), 1);
    assert_int_equal(get_number(0), 1);
    assert_int_equal(get_number(0), MP_ETIMEDOUT);
}

static void Q_04_an_empty_queue_gives_none(void **state)
{
    int64_t before = mp_test_clock_ms();

    (void)state;
    assert_int_equal(get_number(40), MP_ETIMEDOUT);
    assert_true(mp_test_clock_ms() - before >= 40);
    assert_int_equal(get_number(0), MP_ETIMEDOUT);
}

static void Q_05_no_time_means_one_attempt(void **state)
{
    static const int timeouts[] = { 0, -1, INT_MIN, 1 };
    size_t i;

    (void)state;
    open_queue(&mp_serializer_int64, 1);
    for (i = 0; i < 4; i++) {
        assert_int_equal(put_number(7, timeouts[i]), MP_OK);
        assert_int_equal(put_number(8, timeouts[i]), MP_ETIMEDOUT);
        assert_int_equal(get_number(timeouts[i]), 7);
        assert_int_equal(get_number(timeouts[i]), MP_ETIMEDOUT);
    }
}

static int get_late(void *argument)
{
    mp_test_sleep_ms(30);
    return get_number(LONG_MS) == *(int64_t *)argument ? 0 : 1;
}

static int put_late(void *argument)
{
    mp_test_sleep_ms(30);
    return put_number(*(int64_t *)argument, 0) == MP_OK ? 0 : 1;
}

static void Q_06_blocked_calls_go_on_when_another_process_acts(void **state)
{
    int64_t number = 1;
    mp_process *child;

    (void)state;
    open_queue(&mp_serializer_int64, 1);
    assert_int_equal(put_number(1, 0), MP_OK);
    child = mp_test_start(get_late, &number, NULL);
    assert_int_equal(put_number(2, MP_FOREVER), MP_OK);
    mp_test_finish(child, 0);
    assert_int_equal(get_number(0), 2);
    child = mp_test_start(put_late, &number, NULL);
    assert_int_equal(get_number(MP_FOREVER), 1);
    mp_test_finish(child, 0);
}

static void Q_07_what_was_put_is_there(void **state)
{
    int64_t i;

    (void)state;
    for (i = 0; i < 1000; i++) {
        assert_int_equal(put_number(i, 0), MP_OK);
        assert_int_equal(mp_queue_size(queue), 1);
        assert_int_equal(get_number(0), i);
    }
}

static void Q_08_a_queue_used_before_a_fork_works_after_it(void **state)
{
    struct range range = { 10, 10, 0 };
    bool seen[20] = { false };
    mp_process *child;
    int64_t i;

    (void)state;
    for (i = 0; i < 5; i++) {
        assert_int_equal(put_number(i, 0), MP_OK);
    }
    child = mp_test_start(put_range, &range, NULL);
    for (i = 5; i < 10; i++) {
        assert_int_equal(put_number(i, 0), MP_OK);
    }
    for (i = 0; i < 20; i++) {
        int64_t number = get_number(LONG_MS);

        assert_in_range(number, 0, 19);
        assert_false(seen[number]);
        seen[number] = true;
    }
    mp_test_finish(child, 0);
    assert_int_equal(get_number(0), MP_ETIMEDOUT);
}

#define CONSUMERS 4
#define ITEMS     4000

static int mark(void *argument)
{
    _Atomic int *marks = argument;
    int64_t number;

    while ((number = get_number(LONG_MS)) < ITEMS) {
        if (number < 0) {
            return 1;
        }
        atomic_fetch_add(&marks[number], 1);
    }
    return 0;
}

static void Q_09_each_item_goes_to_one_consumer(void **state)
{
    mp_process *children[CONSUMERS];
    _Atomic int *marks;
    void *memory;
    int64_t i;

    (void)state;
    assert_int_equal(mp_shared_create(&memory, ITEMS * sizeof(*marks)), MP_OK);
    marks = memory;
    for (i = 0; i < CONSUMERS; i++) {
        children[i] = mp_test_start(mark, memory, NULL);
    }
    for (i = 0; i < ITEMS + CONSUMERS; i++) {
        assert_int_equal(put_number(i, LONG_MS), MP_OK);
    }
    for (i = 0; i < CONSUMERS; i++) {
        mp_test_finish(children[i], 0);
    }
    for (i = 0; i < ITEMS; i++) {
        assert_int_equal(atomic_load(&marks[i]), 1);
    }
    mp_shared_destroy(memory);
}

static void Q_10_producers_of_all_generations_lose_nothing(void **state)
{
    struct range range = { 0, 2000, 2 };
    mp_process *child = mp_test_start(put_range, &range, NULL);
    int64_t next[3] = { 0 };
    int64_t i;

    (void)state;
    for (i = 0; i < 3 * range.count; i++) {
        int64_t number = get_number(LONG_MS);

        assert_in_range(number, 0, 2999999);
        assert_int_equal(number % 1000000, next[number / 1000000]++);
    }
    mp_test_finish(child, 0);
    assert_int_equal(get_number(0), MP_ETIMEDOUT);
}

static void Q_13_items_outlive_the_child_that_put_them(void **state)
{
    struct range range = { 0, 1000, 0 };
    int64_t i;

    (void)state;
    mp_test_finish(mp_test_start(put_range, &range, NULL), 0);
    for (i = 0; i < 1000; i++) {
        assert_int_equal(get_number(0), i);
    }
}

static int close_here(void *argument)
{
    (void)argument;
    return put_number(1, 0) == MP_OK && mp_queue_close(queue) == MP_OK &&
                   mp_queue_close(queue) == MP_OK &&
                   put_number(2, MP_FOREVER) == MP_ECLOSED &&
                   get_number(MP_FOREVER) == MP_ECLOSED
               ? 0
               : 1;
}

static void Q_15_close_is_for_the_process_that_closes(void **state)
{
    (void)state;
    mp_test_finish(mp_test_start(close_here, NULL, NULL), 0);
    assert_int_equal(get_number(0), 1);
    assert_int_equal(put_number(3, 0), MP_OK);
    assert_int_equal(get_number(0), 3);
}

static int get_for_long(void *argument)
{
    (void)argument;
    (void)get_number(60000);
    return 0;
}

static void Q_20_a_blocked_getter_holds_up_no_other(void **state)
{
    mp_process *child = mp_test_start(get_for_long, NULL, NULL);
    int64_t before;

    (void)state;
    mp_test_sleep_ms(20);
    before = mp_test_clock_ms();
    assert_int_equal(get_number(0), MP_ETIMEDOUT);
    assert_true(mp_test_clock_ms() - before < 5000);
    before = mp_test_clock_ms();
    assert_int_equal(get_number(60), MP_ETIMEDOUT);
    assert_in_range(mp_test_clock_ms() - before, 60, 5000);
    assert_int_equal(mp_process_kill(child), MP_OK);
    mp_test_finish(child, -SIGKILL);
}

static void Q_21_killing_a_blocked_getter_shuts_nobody_out(void **state)
{
    int round;

    (void)state;
    for (round = 0; round < 20; round++) {
        mp_process *child = mp_test_start(get_for_long, NULL, NULL);

        mp_test_sleep_ms(round % 4);
        assert_int_equal(mp_process_kill(child), MP_OK);
        mp_test_finish(child, -SIGKILL);
        assert_int_equal(put_number(round, 0), MP_OK);
        assert_int_equal(get_number(MP_FOREVER), round);
    }
}

static void Q_25_the_simple_way_to_use_a_queue(void **state)
{
    (void)state;
    assert_int_equal(mp_queue_size(queue), 0);
    assert_int_equal(put_number(1, MP_FOREVER), MP_OK);
    assert_int_equal(mp_queue_size(queue), 1);
    assert_int_equal(get_number(MP_FOREVER), 1);
    assert_int_equal(mp_queue_size(queue), 0);
    assert_int_equal(mp_queue_close(queue), MP_OK);
    assert_int_equal(mp_queue_close(queue), MP_OK);
    assert_int_equal(put_number(1, 0), MP_ECLOSED);
    assert_int_equal(get_number(0), MP_ECLOSED);
    assert_int_equal(mp_queue_size(queue), MP_ECLOSED);
}

#define ROW(name)     mp_test_setup_teardown(name, NULL, destroy_queue)
#define NUMBERS(name) mp_test_setup_teardown(name, make_numbers, destroy_queue)

static const struct CMUnitTest tests[] = {
    NUMBERS(Q_01_items_come_out_in_order),
    ROW(Q_02_sizes_are_right),
    ROW(Q_03_a_full_queue_takes_no_item),
    NUMBERS(Q_04_an_empty_queue_gives_none),
    ROW(Q_05_no_time_means_one_attempt),
    ROW(Q_06_blocked_calls_go_on_when_another_process_acts),
    NUMBERS(Q_07_what_was_put_is_there),
    NUMBERS(Q_08_a_queue_used_before_a_fork_works_after_it),
    NUMBERS(Q_09_each_item_goes_to_one_consumer),
    NUMBERS(Q_10_producers_of_all_generations_lose_nothing),
    NUMBERS(Q_13_items_outlive_the_child_that_put_them),
    NUMBERS(Q_15_close_is_for_the_process_that_closes),
    NUMBERS(Q_20_a_blocked_getter_holds_up_no_other),
    NUMBERS(Q_21_killing_a_blocked_getter_shuts_nobody_out),
    NUMBERS(Q_25_the_simple_way_to_use_a_queue),
};

int main(void)
{
    return mp_run_tests(tests);
}
