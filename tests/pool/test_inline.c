/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_inline.c -- a pool without processes keeps the rules as far as it can
 *
 * Nobody can end what runs in its owner: mp_task_should_stop() tells of the
 * limit, and what stops then ends as elsewhere.
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/pool_helpers.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LIMIT_MS = 20 };

static int runs;

/* Gives up when told, but for the attempt that its argument names. */
static int until_told(const void *argument, void *result)
{
    (void)result;
    runs++;
    if (mp_task_attempt() == *(const int64_t *)argument) {
        return 0;
    }
    while (!mp_task_should_stop()) {
        mp_test_sleep_ms(1);
    }
    return mp_task_fail(4, "attempt %d", mp_task_attempt());
}

static const mp_task told_task = { .run = until_told,
                                   .argument = &mp_serializer_int64,
                                   .limit_ms = LIMIT_MS,
                                   .retries = 2 };

static void a_limit_is_told_and_tried_again(void **state)
{
    mp_pool *pool = mp_test_pool(
        &(mp_pool_options){ .workers = MP_WORKERS_INLINE, .account = true });
    int64_t succeeds_at = 2;
    mp_report report;
    const mp_call_options options = { .report = &report };
    mp_pool_stats stats;

    (void)state;
    runs = 0;
    assert_int_equal(
        mp_pool_apply(pool, &told_task, &succeeds_at, NULL, &options), 0);
    assert_int_equal(runs, 2);
    assert_int_equal(report.attempt, 2);
    assert_int_equal(report.pid, getpid());
    assert_false(report.set_aside);
    succeeds_at = 100;
    assert_int_equal(
        mp_pool_apply(pool, &told_task, &succeeds_at, NULL, &options),
        MP_ELIMIT);
    assert_int_equal(runs, 5);
    assert_int_equal(report.end, MP_TASK_LIMITED);
    assert_int_equal(report.attempt, 3);
    assert_int_equal(report.code, 4);
    assert_string_equal(report.text, "attempt 3");
    assert_true(report.set_aside);
    assert_true(report.run_ns >= LIMIT_MS * INT64_C(1000000));
    assert_true(report.start_ns > 0);
    stats = mp_test_stats(pool);
    assert_int_equal(stats.submitted, 2);
    assert_int_equal(stats.ends[MP_TASK_DONE], 1);
    assert_int_equal(stats.ends[MP_TASK_LIMITED], 1);
    assert_int_equal(stats.workers, 0);
    mp_pool_destroy(pool);
}

static void what_does_not_ask_runs_on(void **state)
{
    mp_pool *pool = mp_test_pool(
        &(mp_pool_options){ .workers = MP_WORKERS_INLINE, .limit_ms = 1 });
    int64_t nap = 50;

    (void)state;
    assert_int_equal(mp_pool_apply(pool, &mp_test_sleep_task, &nap, NULL, NULL),
                     0);
    mp_pool_destroy(pool);
}

static void nothing_is_left_to_cancel(void **state)
{
    mp_pool *pool =
        mp_test_pool(&(mp_pool_options){ .workers = MP_WORKERS_INLINE });
    int64_t nap = 0;
    mp_result *result = NULL;

    (void)state;
    assert_int_equal(
        mp_pool_apply_async(pool, &result, &mp_test_sleep_task, &nap, NULL), 0);
    assert_int_equal(mp_result_cancel(result), MP_ESTATE);
    assert_int_equal(mp_result_get(result, NULL, 0), 0);
    mp_result_destroy(result);
    mp_pool_destroy(pool);
}

static int exits;

static int refuse(void *argument, void **made)
{
    (void)argument;
    (void)made;
    return mp_task_fail(6, "worker %d has no key", mp_task_worker_index());
}

static int refuse_silently(void *argument, void **made)
{
    (void)argument;
    (void)made;
    return 77;
}

static void count_exit(void *made)
{
    exits++;
    assert_int_equal(mp_task_worker_index(), 0);
    assert_ptr_equal(mp_task_state(), made);
}

static int accept(void *argument, void **made)
{
    *made = argument;
    return mp_task_worker_index();
}

static void a_failing_init_says_why(void **state)
{
    mp_pool *pool = mp_test_pool(&(mp_pool_options){
        .workers = MP_WORKERS_INLINE, .init = refuse, .exit = count_exit });
    int64_t nap = 0;
    mp_report report;
    const mp_call_options options = { .report = &report };

    (void)state;
    exits = 0;
    assert_int_equal(
        mp_pool_apply(pool, &mp_test_sleep_task, &nap, NULL, &options),
        MP_EBROKEN);
    assert_int_equal(report.end, MP_TASK_BROKEN);
    assert_int_equal(report.error, MP_EBROKEN);
    assert_int_equal(report.code, 6);
    assert_string_equal(report.text, "worker 0 has no key");
    assert_int_equal(
        mp_pool_map(pool, &mp_test_sleep_task, &nap, 1, NULL, &options),
        MP_EBROKEN);
    mp_pool_destroy(pool);
    assert_int_equal(exits, 0); /* nothing was made */
    pool = mp_test_pool(&(mp_pool_options){ .workers = MP_WORKERS_INLINE,
                                            .init = refuse_silently });
    assert_int_equal(
        mp_pool_apply(pool, &mp_test_sleep_task, &nap, NULL, &options),
        MP_EBROKEN);
    assert_non_null(strstr(report.text, "77"));
    mp_pool_destroy(pool);
}

static void an_exit_function_runs_as_in_a_worker(void **state)
{
    int thing = 0;
    mp_pool *pool =
        mp_test_pool(&(mp_pool_options){ .workers = MP_WORKERS_INLINE,
                                         .init = accept,
                                         .exit = count_exit,
                                         .argument = &thing });

    (void)state;
    exits = 0;
    mp_pool_destroy(pool);
    assert_int_equal(exits, 1);
    assert_int_equal(mp_task_worker_index(), MP_ESTATE);
    assert_null(mp_task_state());
}

/* Uses a pool of its own, and is a task with a limit still. */
static int nest(const void *argument, void *result)
{
    int64_t *seen = result;
    int64_t nap = 0;
    mp_pool *pool = NULL;

    (void)argument;
    if (mp_pool_create(
            &pool, &(mp_pool_options){ .workers = MP_WORKERS_INLINE }) < 0 ||
        mp_pool_apply(pool, &mp_test_sleep_task, &nap, NULL, NULL) < 0) {
        return 1;
    }
    mp_pool_destroy(pool);
    *seen = mp_task_worker_index() == 0 && mp_task_index() == 1 &&
            mp_task_attempt() == 1 && !mp_task_should_stop();
    while (!mp_task_should_stop()) {
        mp_test_sleep_ms(1);
    }
    return 0;
}

static void a_task_that_uses_one_is_a_task_afterwards(void **state)
{
    static const mp_task task = { .run = nest,
                                  .result = &mp_serializer_int64,
                                  .limit_ms = 1000 };
    mp_pool *pool = mp_test_pool(
        &(mp_pool_options){ .workers = 1, .grace_ms = MP_TEST_LONG_MS });
    int64_t seen[2] = { 0, 0 };

    (void)state;
    assert_int_equal(mp_pool_map(pool, &task, NULL, 2, seen,
                                 &(mp_call_options){ .chunk_size = 2 }),
                     0);
    assert_int_equal(seen[1], 1);
    mp_pool_destroy(pool);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        mp_test(a_limit_is_told_and_tried_again),
        mp_test(what_does_not_ask_runs_on),
        mp_test(nothing_is_left_to_cancel),
        mp_test(a_failing_init_says_why),
        mp_test(an_exit_function_runs_as_in_a_worker),
        mp_test(a_task_that_uses_one_is_a_task_afterwards),
    };

    return mp_run_tests(tests);
}
