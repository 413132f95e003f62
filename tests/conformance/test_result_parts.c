/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_result_parts.c -- parts of rows AR-01 to AR-07, tested apart
 */
#include "support/fixture.h"
#include "support/helpers.h"

#include <mp/mp.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LONG_MS 20000

struct board {
    _Atomic int started;
    _Atomic int done;
};

static mp_pool *pool;
static struct board *board;
static mp_event *event;
static mp_barrier *barrier;

static int make_board(void **state)
{
    void *memory;

    (void)state;
    if (mp_shared_create(&memory, sizeof(*board)) < 0 ||
        mp_event_create(&event) < 0 ||
        mp_barrier_create(&barrier, 3, NULL, NULL) < 0) {
        return 1;
    }
    board = memory;
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    mp_pool_destroy(pool);
    pool = NULL;
    mp_event_destroy(event);
    mp_barrier_destroy(barrier);
    mp_shared_destroy(board);
    return 0;
}

static void open_pool(int workers)
{
    mp_pool_options options = { .workers = workers };

    assert_int_equal(mp_pool_create(&pool, &options), MP_OK);
}

/* Negative numbers fail, INT64_MAX waits for the event. */
static int square(const void *argument, void *result)
{
    int64_t x = *(const int64_t *)argument;

    atomic_fetch_add(&board->started, 1);
    if (x == INT64_MAX) {
        if (mp_event_wait(event, LONG_MS) < 0) {
            return 9;
        }
        x = 1000;
    }
    atomic_fetch_add(&board->done, 1);
    *(int64_t *)result = x * x;
    return x < 0 ? mp_task_fail(EDOM, "negative") : 0;
}

/* Three of them need three workers. */
static int meet(const void *argument, void *result)
{
    (void)argument;
    *(int64_t *)result = getpid();
    return mp_barrier_wait(barrier, LONG_MS) < 0 ? 1 : 0;
}

static const mp_task square_task = { .run = square,
                                     .argument = &mp_serializer_int64,
                                     .result = &mp_serializer_int64 };
static const mp_task meet_task = { .run = meet,
                                   .argument = &mp_serializer_int64,
                                   .result = &mp_serializer_int64 };

static mp_result *submit(int64_t number)
{
    mp_result *result = NULL;

    assert_int_equal(
        mp_pool_apply_async(pool, &result, &square_task, &number, NULL), MP_OK);
    return result;
}

static bool started(int count)
{
    int64_t end = mp_test_clock_ms() + LONG_MS;

    while (atomic_load(&board->started) < count && mp_test_clock_ms() < end) {
        mp_test_sleep_ms(1);
    }
    return atomic_load(&board->started) >= count;
}

static int set_soon(const void *argument, void *result)
{
    (void)result;
    mp_test_sleep_ms((int)*(const int64_t *)argument);
    return mp_event_set(event) < 0;
}

static void AR_01_get_lasts_as_long_as_the_task(void **state)
{
    static const mp_task setter = { .run = set_soon,
                                    .argument = &mp_serializer_int64 };
    int64_t ms = 80;
    int64_t value = 0;
    int64_t before;
    mp_result *late;

    (void)state;
    open_pool(2);
    late = submit(INT64_MAX);
    before = mp_test_clock_ms();
    assert_int_equal(mp_pool_apply_async(pool, NULL, &setter, &ms, NULL),
                     MP_OK);
    assert_int_equal(mp_result_get(late, &value, MP_FOREVER), MP_OK);
    assert_true(mp_test_clock_ms() - before >= 80);
    assert_int_equal(value, 1000000);
    mp_result_destroy(late);
}

static void AR_04_asking_without_time_takes_none(void **state)
{
    int64_t before;
    mp_result *late;
    int i;

    (void)state;
    open_pool(1);
    late = submit(INT64_MAX);
    assert_true(started(1));
    before = mp_test_clock_ms();
    for (i = 0; i < 1000; i++) {
        assert_int_equal(mp_result_ready(late), 0);
        assert_int_equal(mp_result_wait(late, 0), MP_ETIMEDOUT);
        assert_int_equal(mp_result_wait(late, -1), MP_ETIMEDOUT);
        assert_int_equal(mp_result_get(late, NULL, INT_MIN), MP_ETIMEDOUT);
    }
    assert_in_range(mp_test_clock_ms() - before, 0, 2000);
    before = mp_test_clock_ms();
    assert_int_equal(mp_result_wait(late, 30), MP_ETIMEDOUT);
    assert_true(mp_test_clock_ms() - before >= 30);
    assert_int_equal(mp_event_set(event), MP_OK);
    assert_int_equal(mp_result_wait(late, LONG_MS), MP_OK);
    mp_result_destroy(late);
}

static void AR_06_the_last_does_not_wait_for_the_first(void **state)
{
    mp_result *results[50];
    int64_t value;
    int i;

    (void)state;
    open_pool(2);
    results[0] = submit(INT64_MAX);
    for (i = 1; i < 50; i++) {
        results[i] = submit(i);
    }
    for (i = 49; i > 0; i--) {
        assert_int_equal(mp_result_get(results[i], &value, LONG_MS), MP_OK);
        assert_int_equal(value, i * i);
    }
    assert_int_equal(mp_result_ready(results[0]), 0);
    assert_int_equal(mp_event_set(event), MP_OK);
    assert_int_equal(mp_result_get(results[0], &value, LONG_MS), MP_OK);
    assert_int_equal(value, 1000000);
    for (i = 0; i < 50; i++) {
        mp_result_destroy(results[i]);
    }
}

static void AR_07_dropped_while_it_runs_the_worker_stays(void **state)
{
    int64_t zeros[3] = { 0, 0, 0 };
    int64_t before[3];
    int64_t after[3];
    mp_call_options single = { .chunk_size = 1 };
    int i;

    (void)state;
    open_pool(3);
    assert_int_equal(mp_pool_map(pool, &meet_task, zeros, 3, before, &single),
                     MP_OK);
    for (i = 0; i < 3; i++) {
        mp_result *running = submit(INT64_MAX);

        assert_true(started(i + 1));
        mp_result_destroy(running);
    }
    assert_int_equal(mp_event_set(event), MP_OK);
    assert_int_equal(mp_pool_map(pool, &meet_task, zeros, 3, after, &single),
                     MP_OK);
    assert_int_equal(atomic_load(&board->done), 3);
    for (i = 0; i < 3; i++) {
        assert_true(after[i] == before[0] || after[i] == before[1] ||
                    after[i] == before[2]);
    }
}

#define ROW(name) mp_test_setup_teardown(name, make_board, close_all)

static const struct CMUnitTest tests[] = {
    ROW(AR_01_get_lasts_as_long_as_the_task),
    ROW(AR_04_asking_without_time_takes_none),
    ROW(AR_06_the_last_does_not_wait_for_the_first),
    ROW(AR_07_dropped_while_it_runs_the_worker_stays),
};

int main(void)
{
    return mp_run_tests(tests);
}
