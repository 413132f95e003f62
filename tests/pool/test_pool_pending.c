/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_pool_pending.c -- work under way: its handles, and a pool that is closed
 * or terminated meanwhile
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/pool_helpers.h"

#include <mp/mp.h>

#include <stddef.h>
#include <time.h>

static void nap_us(int64_t us)
{
    struct timespec span = { .tv_sec = (time_t)(us / 1000000),
                             .tv_nsec = (long)(us % 1000000) * 1000 };

    (void)nanosleep(&span, NULL);
}

static void a_get_that_timed_out_can_be_repeated(void **state)
{
    mp_pool *pool = mp_test_pool_of(state);
    mp_result *result = NULL;
    int64_t ms = 300;
    int64_t started = mp_test_clock_ms();

    assert_int_equal(
        mp_pool_apply_async(pool, &result, &mp_test_sleep_task, &ms, NULL), 0);
    assert_int_equal(mp_result_ready(result), 0);
    assert_int_equal(mp_result_successful(result), MP_ESTATE);
    assert_int_equal(mp_result_get(result, NULL, 0), MP_ETIMEDOUT);
    assert_int_equal(mp_result_get(result, NULL, 50), MP_ETIMEDOUT);
    assert_true(mp_test_clock_ms() - started >= 50);
    assert_int_equal(mp_result_wait(result, MP_FOREVER), 0);
    assert_true(mp_test_clock_ms() - started >= 300);
    assert_int_equal(mp_result_get(result, NULL, 0), 0);
    assert_int_equal(mp_result_get(result, NULL, 0), 0);
    assert_int_equal(mp_result_successful(result), 1);
    assert_int_equal(mp_result_ready(result), 1);
    mp_result_destroy(result);
    mp_pool_destroy(pool);
}

static void polling_ready_is_enough(void **state)
{
    mp_pool *pool = mp_test_pool_of(state);
    mp_result *result = NULL;
    int64_t five = 5;
    int64_t got = 0;

    assert_int_equal(
        mp_pool_apply_async(pool, &result, &mp_test_square_task, &five, NULL),
        0);
    while (mp_result_ready(result) == 0) {
        nap_us(100);
    }
    assert_int_equal(mp_result_get(result, &got, 0), 0);
    assert_int_equal(got, 25);
    mp_result_destroy(result);
    mp_pool_destroy(pool);
}

static void handles_may_be_read_in_any_order_and_after_the_pool(void **state)
{
    enum { COUNT = 3000 }; /* more than there are slots */
    static mp_result *results[COUNT];
    mp_pool *pool = mp_test_pool_of(state);
    int64_t got = 0;
    int64_t i;

    for (i = 0; i < COUNT; i++) {
        assert_int_equal(mp_pool_apply_async(pool, &results[i],
                                             &mp_test_square_task, &i, NULL),
                         0);
    }
    assert_int_equal(mp_result_get(results[COUNT - 1], &got, MP_FOREVER), 0);
    assert_int_equal(got, (int64_t)(COUNT - 1) * (COUNT - 1));
    assert_int_equal(mp_pool_close(pool), 0);
    assert_int_equal(mp_pool_join(pool, MP_FOREVER), 0);
    mp_pool_destroy(pool);
    for (i = COUNT - 1; i >= 0; i--) {
        assert_int_equal(mp_result_get(results[i], &got, 0), 0);
        assert_int_equal(got, i * i);
        mp_result_destroy(results[i]);
    }
}

static void empty_input_is_ready_at_once(void **state)
{
    mp_pool *pool = mp_test_pool_of(state);
    mp_result *result = NULL;
    mp_iterator *iterator = NULL;

    assert_int_equal(
        mp_pool_map(pool, &mp_test_square_task, NULL, 0, NULL, NULL), 0);
    assert_int_equal(
        mp_pool_map_async(pool, &result, &mp_test_square_task, NULL, 0, NULL),
        0);
    assert_int_equal(mp_result_ready(result), 1);
    assert_int_equal(mp_result_successful(result), 1);
    assert_int_equal(mp_result_get(result, NULL, 0), 0);
    mp_result_destroy(result);
    assert_int_equal(mp_pool_imap(pool, &iterator, &mp_test_square_task,
                                  &(mp_source){ .count = 0 }, NULL),
                     0);
    assert_int_equal(mp_iterator_next(iterator, NULL, NULL, 0), 0);
    assert_int_equal(mp_iterator_next(iterator, NULL, NULL, 0), 0);
    mp_iterator_destroy(iterator);
    mp_pool_destroy(pool);
}

static void workers_go_on_while_the_owner_is_elsewhere(void **state)
{
    int64_t naps[6] = { 20, 20, 20, 20, 20, 20 };
    mp_pool *pool = mp_test_pool_of(state);
    mp_result *result = NULL;

    assert_int_equal(mp_pool_map_async(pool, &result, &mp_test_sleep_task, naps,
                                       6,
                                       &(mp_call_options){ .chunk_size = 1 }),
                     0);
    nap_us(1000000);
    assert_int_equal(mp_result_get(result, NULL, 0), 0);
    mp_result_destroy(result);
    mp_pool_destroy(pool);
}

static void close_refuses_and_finishes_and_join_waits(void **state)
{
    int64_t naps[10] = { 10, 10, 10, 10, 10, 10, 10, 10, 10, 10 };
    mp_pool *pool = mp_test_pool_of(state);
    mp_result *result = NULL;
    mp_iterator *iterator = NULL;

    assert_int_equal(mp_pool_join(pool, 0), MP_ESTATE);
    assert_int_equal(mp_pool_map_async(pool, &result, &mp_test_sleep_task, naps,
                                       10,
                                       &(mp_call_options){ .chunk_size = 1 }),
                     0);
    assert_int_equal(mp_pool_imap(pool, &iterator, &mp_test_sleep_task,
                                  &(mp_source){ .items = naps, .count = 10 },
                                  &(mp_call_options){ .look_ahead = 1 }),
                     0);
    assert_int_equal(mp_pool_close(pool), 0);
    assert_int_equal(mp_pool_close(pool), 0);
    assert_int_equal(mp_pool_apply(pool, &mp_test_sleep_task, naps, NULL, NULL),
                     MP_ECLOSED);
    assert_int_equal(
        mp_pool_map(pool, &mp_test_square_task, NULL, 0, NULL, NULL),
        MP_ECLOSED);
    assert_int_equal(mp_pool_join(pool, MP_FOREVER), 0);
    assert_int_equal(mp_pool_join(pool, 0), 0);
    assert_int_equal(mp_pool_terminate(pool), 0);
    assert_int_equal(mp_result_get(result, NULL, 0), 0);
    /* The rest of its items ran as well. */
    for (int i = 0; i < 10; i++) {
        assert_int_equal(mp_iterator_next(iterator, NULL, NULL, 0), 1);
    }
    assert_int_equal(mp_iterator_next(iterator, NULL, NULL, 0), 0);
    mp_iterator_destroy(iterator);
    mp_result_destroy(result);
    mp_pool_destroy(pool);
}

static void terminate_ends_what_is_pending(void **state)
{
    static int64_t naps[2000];
    mp_pool *pool = mp_test_pool_of(state);
    mp_result *result = NULL;
    mp_iterator *iterator = NULL;
    mp_report report;
    int64_t started;
    size_t i;

    for (i = 0; i < 2000; i++) {
        naps[i] = 60000;
    }
    assert_int_equal(mp_pool_map_async(pool, &result, &mp_test_sleep_task, naps,
                                       2000,
                                       &(mp_call_options){ .chunk_size = 1 }),
                     0);
    assert_int_equal(mp_pool_imap(pool, &iterator, &mp_test_sleep_task,
                                  &(mp_source){ .items = naps, .count = 100 },
                                  NULL),
                     0);
    started = mp_test_clock_ms();
    assert_int_equal(mp_pool_terminate(pool), 0);
    assert_int_equal(mp_result_get(result, NULL, MP_FOREVER), MP_ETERMINATED);
    assert_int_equal(mp_result_report(result, 1999, &report), 0);
    assert_int_equal(report.end, MP_TASK_TERMINATED);
    assert_int_equal(mp_iterator_next(iterator, NULL, NULL, MP_FOREVER),
                     MP_ETERMINATED);
    assert_int_equal(mp_iterator_next(iterator, NULL, NULL, MP_FOREVER), 0);
    assert_int_equal(mp_pool_apply(pool, &mp_test_sleep_task, naps, NULL, NULL),
                     MP_ECLOSED);
    assert_int_equal(mp_pool_join(pool, MP_FOREVER), 0);
    assert_true(mp_test_clock_ms() - started < 5000);
    mp_iterator_destroy(iterator);
    mp_result_destroy(result);
    mp_pool_destroy(pool);
}

static void dropped_handles_and_iterators_leave_nothing(void **state)
{
    int64_t naps[50];
    mp_pool *pool = mp_test_pool_of(state);
    mp_result *result = NULL;
    mp_iterator *iterator = NULL;
    size_t i;

    for (i = 0; i < 50; i++) {
        naps[i] = 1;
    }
    assert_int_equal(
        mp_pool_map_async(pool, &result, &mp_test_sleep_task, naps, 50, NULL),
        0);
    mp_result_destroy(result);
    assert_int_equal(
        mp_pool_apply_async(pool, NULL, &mp_test_sleep_task, naps, NULL), 0);
    assert_int_equal(
        mp_pool_imap_unordered(pool, &iterator, &mp_test_sleep_task,
                               &(mp_source){ .items = naps, .count = 50 },
                               &(mp_call_options){ .look_ahead = 50 }),
        0);
    assert_int_equal(mp_iterator_next(iterator, NULL, NULL, MP_FOREVER), 1);
    mp_iterator_destroy(iterator);
    assert_int_equal(mp_pool_apply(pool, &mp_test_sleep_task, naps, NULL, NULL),
                     0);
    assert_int_equal(mp_pool_close(pool), 0);
    assert_int_equal(mp_pool_join(pool, MP_FOREVER), 0);
    mp_pool_destroy(pool);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        MP_TEST_WITH_WORKERS(a_get_that_timed_out_can_be_repeated),
        MP_TEST_EVERYWHERE(polling_ready_is_enough),
        MP_TEST_EVERYWHERE(handles_may_be_read_in_any_order_and_after_the_pool),
        MP_TEST_EVERYWHERE(empty_input_is_ready_at_once),
        MP_TEST_WITH_WORKERS(workers_go_on_while_the_owner_is_elsewhere),
        MP_TEST_EVERYWHERE(close_refuses_and_finishes_and_join_waits),
        MP_TEST_WITH_WORKERS(terminate_ends_what_is_pending),
        MP_TEST_EVERYWHERE(dropped_handles_and_iterators_leave_nothing),
    };

    return mp_run_tests(tests);
}
