/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_times.c -- rows MX-11 to MX-13, MX-22 and MX-23: signals and timeouts,
 * in every call that waits
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/process_helpers.h"

#include <mp/mp.h>

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STORM_MS 20
#define LONG_MS  20000

/* One of everything, each so that its wait cannot succeed. */
static struct world {
    mp_lock *lock;
    mp_rlock *rlock;
    mp_semaphore *semaphore;
    mp_semaphore *bounded;
    mp_event *event;
    mp_condition *condition;
    mp_barrier *barrier;
    mp_queue *queue;
    mp_queue *full;
    mp_queue *busy; /* something was got and not dealt with */
    mp_connection *here;
    mp_connection *there;
    mp_process *holder; /* has rlock, and runs on */
    mp_pool *pool;      /* its only worker naps; closed */
    mp_result *result;
    mp_iterator *iterator;
} world;

static int hold_rlock(void *ready)
{
    if (mp_rlock_acquire(world.rlock, MP_FOREVER) < 0) {
        return 1;
    }
    (void)mp_event_set(ready);
    mp_test_sleep_ms(60000);
    return 0;
}

static int nap(const void *argument, void *result)
{
    (void)result;
    mp_test_sleep_ms((int)*(const int64_t *)argument);
    return 0;
}

static const mp_task nap_task = { .run = nap,
                                  .argument = &mp_serializer_int64 };

static int make_objects(void)
{
    mp_queue_options one = { .max_items = 1 };

    return mp_lock_create(&world.lock) < 0 ||
           mp_rlock_create(&world.rlock) < 0 ||
           mp_semaphore_create(&world.semaphore, 0, 0) < 0 ||
           mp_semaphore_create(&world.bounded, 0, 1) < 0 ||
           mp_event_create(&world.event) < 0 ||
           mp_condition_create(&world.condition, world.lock) < 0 ||
           mp_barrier_create(&world.barrier, 2, NULL, NULL) < 0 ||
           mp_queue_create(&world.queue, NULL) < 0 ||
           mp_queue_create(&world.full, &one) < 0 ||
           mp_queue_create(&world.busy, NULL) < 0 ||
           mp_connection_pair(&world.here, &world.there, NULL) < 0;
}

static int make_world(void **state)
{
    static const int64_t naps[2] = { 60000, 60000 };
    mp_pool_options options = { .workers = 1 };
    mp_source source = { .items = naps, .count = 2 };
    mp_event *ready = NULL;
    size_t size;
    char byte;

    (void)state;
    memset(&world, 0, sizeof(world));
    if (make_objects() || mp_event_create(&ready) < 0) {
        return 1;
    }
    world.holder = mp_test_start(hold_rlock, ready, NULL);
    if (mp_event_wait(ready, LONG_MS) < 0 ||
        mp_lock_acquire(world.lock, 0) < 0 ||
        mp_queue_put_bytes(world.full, "x", 1, 0) < 0 ||
        mp_queue_put_bytes(world.busy, "x", 1, 0) < 0 ||
        mp_queue_get_bytes(world.busy, &byte, 1, &size, 0) < 0 ||
        mp_pool_create(&world.pool, &options) < 0 ||
        mp_pool_apply_async(world.pool, &world.result, &nap_task, &naps[0],
                            NULL) < 0 ||
        mp_pool_imap(world.pool, &world.iterator, &nap_task, &source, NULL) <
            0 ||
        mp_pool_close(world.pool) < 0) {
        return 1;
    }
    mp_event_destroy(ready);
    return 0;
}

static int destroy_world(void **state)
{
    (void)state;
    mp_iterator_destroy(world.iterator);
    mp_pool_destroy(world.pool);
    mp_result_destroy(world.result);
    (void)mp_process_kill(world.holder);
    (void)mp_process_join(world.holder, MP_FOREVER);
    mp_process_destroy(world.holder);
    mp_condition_destroy(world.condition);
    mp_lock_destroy(world.lock);
    mp_rlock_destroy(world.rlock);
    mp_semaphore_destroy(world.semaphore);
    mp_semaphore_destroy(world.bounded);
    mp_event_destroy(world.event);
    mp_barrier_destroy(world.barrier);
    mp_queue_destroy(world.queue);
    mp_queue_destroy(world.full);
    mp_queue_destroy(world.busy);
    mp_connection_destroy(world.here);
    mp_connection_destroy(world.there);
    return 0;
}

static int wait_lock(int ms)
{
    return mp_lock_acquire(world.lock, ms);
}

static int wait_rlock(int ms)
{
    return mp_rlock_acquire(world.rlock, ms);
}

static int wait_semaphore(int ms)
{
    return mp_semaphore_acquire(world.semaphore, ms);
}

static int wait_bounded(int ms)
{
    return mp_semaphore_acquire(world.bounded, ms);
}

static int wait_event(int ms)
{
    return mp_event_wait(world.event, ms);
}

static int wait_condition(int ms)
{
    return mp_condition_wait(world.condition, ms);
}

static bool never(void *argument)
{
    (void)argument;
    return false;
}

static int wait_for_condition(int ms)
{
    return mp_condition_wait_for(world.condition, never, NULL, ms);
}

static int wait_barrier(int ms)
{
    int result = mp_barrier_wait(world.barrier, ms);

    (void)mp_barrier_reset(world.barrier);
    return result == MP_EBROKEN ? MP_ETIMEDOUT : result;
}

static int wait_get(int ms)
{
    mp_bytes bytes;

    return mp_queue_get(world.queue, &bytes, ms);
}

static int wait_put(int ms)
{
    return mp_queue_put_bytes(world.full, "x", 1, ms);
}

static int wait_done(int ms)
{
    return mp_queue_join(world.busy, ms);
}

static int wait_receive(int ms)
{
    mp_bytes bytes;

    return mp_connection_receive(world.here, &bytes, ms);
}

static int wait_poll(int ms)
{
    int result = mp_connection_poll(world.here, ms);

    return result == 0 ? MP_ETIMEDOUT : result;
}

static int wait_process(int ms)
{
    return mp_process_join(world.holder, ms);
}

static int wait_pool(int ms)
{
    return mp_pool_join(world.pool, ms);
}

static int wait_result(int ms)
{
    return mp_result_wait(world.result, ms);
}

static int wait_any(int ms)
{
    return mp_result_wait_any(&world.result, 1, ms);
}

static int wait_all(int ms)
{
    return mp_result_wait_all(&world.result, 1, ms);
}

static int wait_value(int ms)
{
    return mp_result_get(world.result, NULL, ms);
}

static int wait_next(int ms)
{
    return mp_iterator_next(world.iterator, NULL, NULL, ms);
}

static int wait_set(int ms)
{
    mp_wait_item items[4] = { { .queue = world.queue },
                              { .connection = world.here },
                              { .process = world.holder },
                              { .pool = world.pool } };
    int result = mp_wait(items, 4, ms);

    return result == 0 ? MP_ETIMEDOUT : result;
}

static const struct wait {
    const char *name;
    int (*run)(int timeout_ms);
} waits[] = {
    { "lock", wait_lock },
    { "rlock", wait_rlock },
    { "semaphore", wait_semaphore },
    { "bounded semaphore", wait_bounded },
    { "event", wait_event },
    { "condition", wait_condition },
    { "condition wait_for", wait_for_condition },
    { "barrier", wait_barrier },
    { "queue get", wait_get },
    { "queue put", wait_put },
    { "queue join", wait_done },
    { "connection receive", wait_receive },
    { "connection poll", wait_poll },
    { "process join", wait_process },
    { "pool join", wait_pool },
    { "result wait", wait_result },
    { "result wait_any", wait_any },
    { "result wait_all", wait_all },
    { "result get", wait_value },
    { "iterator next", wait_next },
    { "mp_wait", wait_set },
};

#define WAITS (sizeof(waits) / sizeof(waits[0]))

static void expect_timeout(const struct wait *wait, int timeout_ms)
{
    int64_t before = mp_test_clock_ms();
    int result = wait->run(timeout_ms);
    int64_t took = mp_test_clock_ms() - before;

    if (result != MP_ETIMEDOUT || took < timeout_ms ||
        took > (timeout_ms > 0 ? timeout_ms : 0) + 10000) {
        fail_msg("%s, %d ms: %d (%s) after %d ms", wait->name, timeout_ms,
                 result, mp_strerror(result), (int)took);
    }
}

static void MX_13_timed_calls_keep_their_deadline_under_signals(void **state)
{
    size_t i;

    (void)state;
    mp_test_signal_storm_begin(STORM_MS);
    for (i = 0; i < WAITS; i++) {
        expect_timeout(&waits[i], 3 * STORM_MS);
    }
    mp_test_signal_storm_end();
}

static void MX_22_tiny_zero_and_negative_times_never_become_long(void **state)
{
    static const int timeouts[] = { 0, -1, -1000, INT_MIN, 1, 2 };
    size_t i;
    size_t t;

    (void)state;
    for (i = 0; i < WAITS; i++) {
        for (t = 0; t < sizeof(timeouts) / sizeof(timeouts[0]); t++) {
            expect_timeout(&waits[i], timeouts[t]);
        }
    }
}

/* Wait so long that no test sees the end: exit status 0 if it came back. */
static int wait_hugely(void *argument)
{
    const int *choice = argument;

    /* The pool, its handles, the child and the locks we hold are not ours
     * here; those calls are made by the owner in another test. */
    return waits[choice[0]].run(choice[1]) == 0 ? 0 : 1;
}

static void MX_23_huge_times_are_long_waits(void **state)
{
    static const int timeouts[] = { INT_MAX - 1, MP_FOREVER, 2000000000 };
    static const int shared[] = { 1, 2, 3, 4, 8, 9, 10, 11, 12 };
    mp_process *children[9];
    size_t i;
    size_t t;

    (void)state;
    for (t = 0; t < 3; t++) {
        for (i = 0; i < 9; i++) {
            int choice[2] = { shared[i], timeouts[t] };

            children[i] = mp_test_start(wait_hugely, choice, NULL);
        }
        mp_test_sleep_ms(40);
        for (i = 0; i < 9; i++) {
            if (mp_process_is_alive(children[i]) != 1) {
                fail_msg("%s, %d ms: came back", waits[shared[i]].name,
                         timeouts[t]);
            }
            assert_int_equal(mp_process_kill(children[i]), MP_OK);
            mp_test_finish(children[i], -SIGKILL);
        }
    }
}

static void interrupt(int number)
{
    (void)number;
    (void)kill(mp_process_pid(world.holder), SIGKILL);
}

/* A wait of the owner, of huge length, ended by what a signal handler does. */
static void MX_23_huge_joins_of_the_owner_end_with_the_child(void **state)
{
    struct sigaction action = { .sa_handler = interrupt };
    struct sigaction before;
    mp_wait_item item = { .process = world.holder };
    int status = 0;

    (void)state;
    assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
    (void)alarm(1);
    assert_int_equal(mp_process_join(world.holder, INT_MAX - 1), MP_OK);
    assert_int_equal(mp_wait(&item, 1, INT_MAX - 1), 1);
    assert_int_equal(mp_process_exit_status(world.holder, &status), MP_OK);
    assert_int_equal(status, -SIGKILL);
    assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
}

static int sleep_and_return(void *argument)
{
    mp_test_sleep_ms(150);
    return *(int *)argument;
}

static void MX_11_join_goes_on_after_a_handled_signal(void **state)
{
    int seven = 7;
    mp_process *child = mp_test_start(sleep_and_return, &seven, NULL);

    (void)state;
    mp_test_signal_storm_begin(STORM_MS);
    assert_int_equal(mp_process_join(child, MP_FOREVER), MP_OK);
    mp_test_signal_storm_end();
    mp_test_finish(child, 7);
}

#define LARGE ((size_t)4 * 1024 * 1024)

/* Read slowly, so that the sender must wait; 0 when all is as sent. */
static int receive_large(void *argument)
{
    mp_connection *connection = argument;
    unsigned char *bytes = malloc(LARGE);
    size_t size = 0;
    size_t i;
    int error;

    mp_test_sleep_ms(100);
    mp_test_signal_storm_begin(STORM_MS);
    error = mp_connection_receive_bytes(connection, bytes, LARGE, &size,
                                        MP_FOREVER);
    mp_test_signal_storm_end();
    for (i = 0; i < size && bytes[i] == (unsigned char)(i * 7); i++) {
        /* as sent */
    }
    free(bytes);
    return error == MP_OK && size == LARGE && i == size ? 0 : 1;
}

static void MX_12_signals_cut_no_message(void **state)
{
    mp_connection *here = NULL;
    mp_connection *there = NULL;
    unsigned char *bytes = malloc(LARGE);
    mp_process *child;
    size_t i;

    (void)state;
    assert_int_equal(mp_connection_pair(&here, &there, NULL), MP_OK);
    for (i = 0; i < LARGE; i++) {
        bytes[i] = (unsigned char)(i * 7);
    }
    child = mp_test_start(receive_large, there, NULL);
    mp_test_signal_storm_begin(STORM_MS);
    assert_int_equal(mp_connection_send_bytes(here, bytes, LARGE, MP_FOREVER),
                     MP_OK);
    mp_test_signal_storm_end();
    mp_test_finish(child, 0);
    free(bytes);
    mp_connection_destroy(here);
    mp_connection_destroy(there);
}

#define ROW(name) mp_test_setup_teardown(name, make_world, destroy_world)

static const struct CMUnitTest tests[] = {
    mp_test(MX_11_join_goes_on_after_a_handled_signal),
    mp_test(MX_12_signals_cut_no_message),
    ROW(MX_13_timed_calls_keep_their_deadline_under_signals),
    ROW(MX_22_tiny_zero_and_negative_times_never_become_long),
    ROW(MX_23_huge_times_are_long_waits),
    ROW(MX_23_huge_joins_of_the_owner_end_with_the_child),
};

int main(void)
{
    return mp_run_tests(tests);
}
