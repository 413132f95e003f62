/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_results.c -- rows AR-01 to AR-07: the handle of one call
 */
#include "support/fixture.h"
#include "support/helpers.h"

#include <mp/mp.h>

#include <stdbool.h>
#include <stdlib.h>

#define LONG_MS 20000

static mp_pool *pool;
static mp_event *event;

static int open_pool(void **state)
{
    (void)state;
    return mp_event_create(&event) < 0 ||
           mp_pool_create(&pool, &(mp_pool_options){ .workers = 2 }) < 0;
}

static int close_pool(void **state)
{
    (void)state;
    mp_pool_destroy(pool);
    mp_event_destroy(event);
    return 0;
}

static int square(const void *argument, void *result)
{
    int64_t x = *(const int64_t *)argument;

    *(int64_t *)result = x * x;
    return x < 0 ? mp_task_fail(3, "negative") : 0;
}

/* As square, once the event is set. */
static int square_late(const void *argument, void *result)
{
    return mp_event_wait(event, LONG_MS) < 0 ? 1 : square(argument, result);
}

static const mp_task square_task = { .run = square,
                                     .argument = &mp_serializer_int64,
                                     .result = &mp_serializer_int64 };
static const mp_task late_task = { .run = square_late,
                                   .argument = &mp_serializer_int64,
                                   .result = &mp_serializer_int64 };

static mp_result *submit(const mp_task *task, int64_t number)
{
    mp_result *result = NULL;

    assert_int_equal(mp_pool_apply_async(pool, &result, task, &number, NULL),
                     MP_OK);
    return result;
}

static void AR_01_get_waits_and_can_be_repeated(void **state)
{
    mp_result *good = submit(&square_task, 9);
    mp_result *bad = submit(&square_task, -9);
    int64_t value;
    int i;

    (void)state;
    for (i = 0; i < 3; i++) {
        value = 0;
        assert_int_equal(mp_result_get(good, &value, MP_FOREVER), MP_OK);
        assert_int_equal(value, 81);
        assert_int_equal(mp_result_get(bad, &value, MP_FOREVER), MP_EFAILED);
    }
    mp_result_destroy(good);
    mp_result_destroy(bad);
}

static void AR_02_a_get_that_timed_out_leaves_the_task_alone(void **state)
{
    mp_result *late = submit(&late_task, 4);
    int64_t before = mp_test_clock_ms();
    int64_t value = 5;

    (void)state;
    assert_int_equal(mp_result_get(late, &value, 40), MP_ETIMEDOUT);
    assert_true(mp_test_clock_ms() - before >= 40);
    assert_int_equal(value, 5);
    /* The pool serves others meanwhile. */
    assert_int_equal(mp_pool_apply(pool, &square_task, &value, &value, NULL),
                     MP_OK);
    assert_int_equal(value, 25);
    assert_int_equal(mp_event_set(event), MP_OK);
    assert_int_equal(mp_result_get(late, &value, LONG_MS), MP_OK);
    assert_int_equal(value, 16);
    mp_result_destroy(late);
}

static void AR_03_get_without_time_is_one_attempt(void **state)
{
    static const int timeouts[] = { 0, -1, INT_MIN };
    mp_result *late = submit(&late_task, 4);
    int64_t value = 0;
    size_t i;

    (void)state;
    for (i = 0; i < 3; i++) {
        assert_int_equal(mp_result_get(late, &value, timeouts[i]),
                         MP_ETIMEDOUT);
    }
    assert_int_equal(mp_event_set(event), MP_OK);
    assert_int_equal(mp_result_wait(late, LONG_MS), MP_OK);
    for (i = 0; i < 3; i++) {
        value = 0;
        assert_int_equal(mp_result_get(late, &value, timeouts[i]), MP_OK);
        assert_int_equal(value, 16);
    }
    mp_result_destroy(late);
}

static void AR_04_ready_is_enough_to_become_ready(void **state)
{
    mp_result *late = submit(&late_task, 4);
    int64_t end = mp_test_clock_ms() + LONG_MS;

    (void)state;
    assert_int_equal(mp_result_ready(late), 0);
    assert_int_equal(mp_result_ready(late), 0);
    assert_int_equal(mp_event_set(event), MP_OK);
    while (mp_result_ready(late) == 0 && mp_test_clock_ms() < end) {
        mp_test_sleep_ms(1);
    }
    assert_int_equal(mp_result_ready(late), 1);
    mp_result_destroy(late);
}

static void AR_05_wait_takes_nothing_and_successful_needs_the_end(void **state)
{
    mp_result *late = submit(&late_task, 4);
    mp_result *bad = submit(&square_task, -1);
    int64_t value = 0;

    (void)state;
    assert_int_equal(mp_result_wait(late, 10), MP_ETIMEDOUT);
    assert_int_equal(mp_result_successful(late), MP_ESTATE);
    assert_int_equal(mp_event_set(event), MP_OK);
    assert_int_equal(mp_result_wait(late, LONG_MS), MP_OK);
    assert_int_equal(mp_result_wait(late, LONG_MS), MP_OK);
    assert_int_equal(mp_result_successful(late), 1);
    assert_int_equal(mp_result_get(late, &value, 0), MP_OK);
    assert_int_equal(value, 16);
    assert_int_equal(mp_result_wait(bad, LONG_MS), MP_OK);
    assert_int_equal(mp_result_successful(bad), 0);
    mp_result_destroy(late);
    mp_result_destroy(bad);
}

static void AR_06_handles_may_be_asked_in_any_order(void **state)
{
    mp_result *results[200];
    int64_t value;
    int64_t i;

    (void)state;
    for (i = 0; i < 200; i++) {
        results[i] = submit(&square_task, i);
    }
    for (i = 199; i >= 0; i--) {
        assert_int_equal(mp_result_get(results[i], &value, LONG_MS), MP_OK);
        assert_int_equal(value, i * i);
    }
    for (i = 0; i < 200; i++) {
        mp_result_destroy(results[i * 7 % 200]);
    }
}

static void AR_07_dropped_handles_harm_nothing(void **state)
{
    mp_pool_stats stats;
    int64_t number = 3;
    int i;

    (void)state;
    for (i = 0; i < 100; i++) {
        mp_result_destroy(submit(&late_task, i));
    }
    assert_int_equal(mp_event_set(event), MP_OK);
    assert_int_equal(mp_pool_apply(pool, &square_task, &number, &number, NULL),
                     MP_OK);
    assert_int_equal(number, 9);
    assert_int_equal(mp_pool_close(pool), MP_OK);
    assert_int_equal(mp_pool_join(pool, LONG_MS), MP_OK);
    assert_int_equal(mp_pool_get_stats(pool, &stats), MP_OK);
    assert_int_equal(stats.ends[MP_TASK_DONE], 101);
    assert_int_equal(stats.workers_lost, 0);
}

#define ROW(name) mp_test_setup_teardown(name, open_pool, close_pool)

static const struct CMUnitTest tests[] = {
    ROW(AR_01_get_waits_and_can_be_repeated),
    ROW(AR_02_a_get_that_timed_out_leaves_the_task_alone),
    ROW(AR_03_get_without_time_is_one_attempt),
    ROW(AR_04_ready_is_enough_to_become_ready),
    ROW(AR_05_wait_takes_nothing_and_successful_needs_the_end),
    ROW(AR_06_handles_may_be_asked_in_any_order),
    ROW(AR_07_dropped_handles_harm_nothing),
};

int main(void)
{
    return mp_run_tests(tests);
}
