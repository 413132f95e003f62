/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_grace.c -- told to stop, then killed; init and exit functions as well
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/pool_helpers.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LIMIT_MS = 100 };

static int until_told(const void *argument, void *result)
{
    while (!mp_task_should_stop()) {
        mp_test_sleep_ms(1);
    }
    if (*(const int64_t *)argument != 0) {
        return mp_task_fail(11, "stopped at %s", "the door");
    }
    *(int64_t *)result = 5;
    return 0;
}

static const mp_task told_task = { .run = until_told,
                                   .argument = &mp_serializer_int64,
                                   .result = &mp_serializer_int64,
                                   .limit_ms = LIMIT_MS };

static void who_stops_in_time_has_the_last_word(void **state)
{
    mp_pool *pool = mp_test_pool(&(mp_pool_options){
        .workers = 1, .grace_ms = MP_TEST_LONG_MS, .account = true });
    int64_t pid = mp_test_ask(pool, &mp_test_pid_task);
    int64_t kind = 0;
    int64_t answer = 0;
    mp_report report;
    const mp_call_options options = { .report = &report };

    (void)state;
    assert_int_equal(mp_pool_apply(pool, &told_task, &kind, &answer, &options),
                     0);
    assert_int_equal(answer, 5);
    assert_int_equal(report.end, MP_TASK_DONE);
    assert_true(report.run_ns >= LIMIT_MS * INT64_C(1000000));
    kind = 1;
    assert_int_equal(mp_pool_apply(pool, &told_task, &kind, &answer, &options),
                     MP_ELIMIT);
    assert_int_equal(report.end, MP_TASK_LIMITED);
    assert_int_equal(report.code, 11);
    assert_string_equal(report.text, "stopped at the door");
    assert_int_equal(report.exit_status, 0);
    assert_int_equal(mp_test_ask(pool, &mp_test_pid_task), pid);
    assert_int_equal(mp_test_stats(pool).workers_lost, 0);
    mp_pool_destroy(pool);
}

static void who_does_not_stop_is_killed_after_its_grace(void **state)
{
    mp_pool *pool =
        mp_test_pool(&(mp_pool_options){ .workers = 1, .grace_ms = 200 });
    mp_task task = mp_test_hang_task;
    int64_t began = mp_test_clock_ms();

    (void)state;
    task.limit_ms = LIMIT_MS;
    assert_int_equal(mp_pool_apply(pool, &task, NULL, NULL, NULL), MP_ELIMIT);
    assert_in_range(mp_test_clock_ms() - began, LIMIT_MS + 200, 20000);
    mp_pool_destroy(pool);
}

/* Fails, without having been told anything. */
static int never_ask(const void *argument, void *result)
{
    (void)argument;
    (void)result;
    mp_test_sleep_ms(2 * LIMIT_MS);
    return mp_task_fail(3, "of its own");
}

static void a_failure_in_grace_that_has_not_asked_is_its_own(void **state)
{
    static const mp_task task = { .run = never_ask, .limit_ms = LIMIT_MS };
    mp_pool *pool = mp_test_pool(
        &(mp_pool_options){ .workers = 1, .grace_ms = MP_TEST_LONG_MS });

    (void)state;
    assert_int_equal(mp_pool_apply(pool, &task, NULL, NULL, NULL), MP_EFAILED);
    assert_false(mp_task_should_stop()); /* outside of tasks */
    mp_pool_destroy(pool);
}

static int slow_init(void *argument, void **made)
{
    (void)made;
    (void)atomic_fetch_add(&mp_test_shared->births, 1);
    mp_test_sleep_ms(*(int *)argument);
    return 0;
}

static void an_init_past_the_limit_breaks_the_pool(void **state)
{
    int nap = MP_TEST_LONG_MS;
    mp_pool *pool = mp_test_pool(&(mp_pool_options){
        .workers = 2, .limit_ms = 200, .init = slow_init, .argument = &nap });
    mp_result *result = NULL;
    mp_report report;
    int error =
        mp_pool_apply_async(pool, &result, &mp_test_hang_task, NULL, NULL);

    (void)state;
    if (error == 0) {
        assert_int_equal(mp_result_get(result, NULL, 30000), MP_EBROKEN);
    } else {
        assert_int_equal(error, MP_EBROKEN);
    }
    assert_int_equal(mp_pool_apply(pool, &mp_test_hang_task, NULL, NULL,
                                   &(mp_call_options){ .report = &report }),
                     MP_EBROKEN);
    assert_non_null(strstr(report.text, "init"));
    assert_non_null(strstr(report.text, "200 ms"));
    assert_true(mp_test_stats(pool).workers_lost >= 1);
    mp_result_destroy(result);
    mp_pool_destroy(pool);
}

static int polite_init(void *argument, void **made)
{
    (void)argument;
    (void)made;
    while (!mp_task_should_stop()) {
        mp_test_sleep_ms(1);
    }
    return mp_task_fail(8, "the server is slow today");
}

static void an_init_that_stops_in_time_says_why_itself(void **state)
{
    mp_pool *pool =
        mp_test_pool(&(mp_pool_options){ .workers = 1,
                                         .limit_ms = LIMIT_MS,
                                         .grace_ms = MP_TEST_LONG_MS,
                                         .init = polite_init });
    mp_report report;

    (void)state;
    assert_int_equal(mp_pool_apply(pool, &mp_test_hang_task, NULL, NULL,
                                   &(mp_call_options){ .report = &report }),
                     MP_EBROKEN);
    assert_string_equal(report.text, "the server is slow today");
    assert_int_equal(report.code, 8);
    mp_pool_destroy(pool);
}

static void an_init_within_the_limit_leaves_the_first_task_its_own(void **state)
{
    int nap = 1200;
    int64_t long_nap = 1200;
    mp_pool *pool = mp_test_pool(&(mp_pool_options){
        .workers = 1, .limit_ms = 2000, .init = slow_init, .argument = &nap });
    mp_task task = mp_test_sleep_task;

    (void)state;
    assert_int_equal(mp_pool_apply(pool, &task, &long_nap, NULL, NULL), 0);
    mp_pool_destroy(pool);
}

static void slow_exit(void *made)
{
    (void)made;
    (void)atomic_fetch_add(&mp_test_shared->begun, 1);
    mp_test_sleep_ms(MP_TEST_LONG_MS);
}

static void an_exit_function_past_the_limit_is_ended(void **state)
{
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 1,
                                                     .tasks_per_worker = 1,
                                                     .limit_ms = 200,
                                                     .exit = slow_exit });
    mp_pool_stats stats;
    int64_t began = mp_test_clock_ms();
    int i;

    (void)state;
    for (i = 0; i < 3; i++) {
        (void)mp_test_ask(pool, &mp_test_pid_task);
    }
    assert_int_equal(mp_pool_close(pool), 0);
    assert_int_equal(mp_pool_join(pool, 30000), 0);
    assert_true(mp_test_clock_ms() - began >= 600);
    assert_int_equal(atomic_load(&mp_test_shared->begun), 3);
    stats = mp_test_stats(pool);
    assert_int_equal(stats.workers_lost, 3);
    assert_int_equal(stats.workers_renewed, 0);
    assert_int_equal(stats.ends[MP_TASK_DONE], 3);
    mp_pool_destroy(pool);
}

static void stop_when_told(void *made)
{
    (void)made;
    while (!mp_task_should_stop()) {
        mp_test_sleep_ms(1);
    }
    atomic_store(&mp_test_shared->open, 1 + mp_task_worker_index());
}

static void an_exit_function_is_told_as_well(void **state)
{
    mp_pool *pool =
        mp_test_pool(&(mp_pool_options){ .workers = 1,
                                         .limit_ms = LIMIT_MS,
                                         .grace_ms = MP_TEST_LONG_MS,
                                         .exit = stop_when_told });

    (void)state;
    assert_int_equal(mp_pool_close(pool), 0);
    assert_int_equal(mp_pool_join(pool, 30000), 0);
    assert_int_equal(atomic_load(&mp_test_shared->open), 1);
    assert_int_equal(mp_test_stats(pool).workers_lost, 0);
    mp_pool_destroy(pool);
}

static void a_debugger_can_suspend_all_limits(void **state)
{
    int nap = 300;
    int64_t long_nap = 300;
    mp_task task = mp_test_sleep_task;
    mp_pool *pool;
    mp_result *result = NULL;

    (void)state;
    assert_int_equal(setenv("LIBMP_LIMITS", "off", 1), 0);
    pool = mp_test_pool(&(mp_pool_options){
        .workers = 1, .limit_ms = 50, .init = slow_init, .argument = &nap });
    assert_int_equal(unsetenv("LIBMP_LIMITS"), 0);
    task.limit_ms = 50;
    assert_int_equal(mp_pool_apply(pool, &task, &long_nap, NULL, NULL), 0);
    task.limit_ms = 0;
    assert_int_equal(mp_pool_apply(pool, &task, &long_nap, NULL, NULL), 0);
    /* A cancel is no limit. */
    assert_int_equal(
        mp_pool_apply_async(pool, &result, &mp_test_hang_task, NULL, NULL), 0);
    mp_test_wait_for(&mp_test_shared->begun, 1);
    assert_int_equal(mp_result_cancel(result), 0);
    mp_result_destroy(result);
    mp_pool_destroy(pool);
}

#define on_board(name)                                                         \
    mp_test_setup_teardown(name, mp_test_board_setup, mp_test_board_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        on_board(who_stops_in_time_has_the_last_word),
        on_board(who_does_not_stop_is_killed_after_its_grace),
        on_board(a_failure_in_grace_that_has_not_asked_is_its_own),
        on_board(an_init_past_the_limit_breaks_the_pool),
        on_board(an_init_that_stops_in_time_says_why_itself),
        on_board(an_init_within_the_limit_leaves_the_first_task_its_own),
        on_board(an_exit_function_past_the_limit_is_ended),
        on_board(an_exit_function_is_told_as_well),
        on_board(a_debugger_can_suspend_all_limits),
    };

    return mp_run_tests(tests);
}
