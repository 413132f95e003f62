/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_pool.c -- apply and map: results in order, and each item's own end
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/pool_helpers.h"

#include <mp/mp.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MANY 5000

static int pid_of_worker(const void *argument, void *result)
{
    (void)argument;
    *(int64_t *)result = getpid();
    return 0;
}

static int index_of_item(const void *argument, void *result)
{
    (void)argument;
    *(int64_t *)result = (int64_t)mp_task_index();
    return 0;
}

/* Even numbers are fine, 7 says why not, other odd ones just fail. */
static int fail_odd(const void *argument, void *result)
{
    int64_t x = *(const int64_t *)argument;

    if (x == 7) {
        return mp_task_fail(ERANGE, "%d is unlucky", 7);
    }
    *(int64_t *)result = x;
    return x % 2 == 1 ? (int)x : 0;
}

static int die_at_three(const void *argument, void *result)
{
    int64_t x = *(const int64_t *)argument;

    if (x == 3) {
        (void)raise(SIGKILL);
    }
    *(int64_t *)result = x + 100;
    return 0;
}

static int exit_with(const void *argument, void *result)
{
    (void)result;
    exit((int)*(const int64_t *)argument);
}

static int fork_and_return(const void *argument, void *result)
{
    *(int64_t *)result = *(const int64_t *)argument;
    (void)fork(); /* returns twice; the copy must not commit */
    return 0;
}

static int start_pool_in_task(const void *argument, void *result)
{
    mp_pool *pool = NULL;

    (void)argument;
    *(int64_t *)result = mp_pool_create(&pool, NULL);
    mp_pool_destroy(pool);
    return 0;
}

static int owner_pid(const void *argument, void *result)
{
    (void)argument;
    *(int64_t *)result = mp_process_pid(mp_process_parent());
    return 0;
}

#define TASK_INT(function)                                                     \
    {                                                                          \
        .run = function, .argument = &mp_serializer_int64,                     \
        .result = &mp_serializer_int64,                                        \
    }
static const mp_task pid_task = TASK_INT(pid_of_worker);
static const mp_task index_task = TASK_INT(index_of_item);
static const mp_task odd_task = TASK_INT(fail_odd);
static const mp_task die_task = TASK_INT(die_at_three);
static const mp_task fork_task = TASK_INT(fork_and_return);
static const mp_task nested_task = TASK_INT(start_pool_in_task);
static const mp_task owner_task = TASK_INT(owner_pid);
static const mp_task exit_task = { .run = exit_with,
                                   .argument = &mp_serializer_int64 };

static void apply_gives_the_result(void **state)
{
    mp_pool *pool = mp_test_pool_of(state);
    int64_t result = 0;
    int64_t i;

    for (i = 0; i < 1000; i++) {
        assert_int_equal(
            mp_pool_apply(pool, &mp_test_square_task, &i, &result, NULL), 0);
        assert_int_equal(result, i * i);
    }
    mp_pool_destroy(pool);
}

/* Where a pool has nothing else to do an apply goes a shorter way: that must
 * not be seen. */
static void apply_fails_and_dies_alone_as_among_others(void **state)
{
    mp_pool *pool = mp_test_pool_of(state);
    mp_report report;
    mp_result *other = NULL;
    int64_t result = -1;
    int64_t x;
    int round;

    for (round = 0; round < 2; round++) {
        x = 7;
        assert_int_equal(mp_pool_apply(pool, &odd_task, &x, &result,
                                       &(mp_call_options){ .report = &report }),
                         MP_EFAILED);
        assert_string_equal(report.text, "7 is unlucky");
        x = 3;
        assert_int_equal(mp_pool_apply(pool, &die_task, &x, &result,
                                       &(mp_call_options){ .report = &report }),
                         MP_ECRASHED);
        assert_int_equal(report.exit_status, -SIGKILL);
        assert_int_equal(result, -1);
        x = 4;
        assert_int_equal(mp_pool_apply(pool, &die_task, &x, &result,
                                       &(mp_call_options){ .report = &report }),
                         0);
        assert_int_equal(result, 104);
        assert_int_equal(report.end, MP_TASK_DONE);
        assert_int_equal(report.attempt, 1);
        result = -1;
        if (other == NULL) { /* from here on they are not alone */
            assert_int_equal(mp_pool_apply_async(
                                 pool, &other, &mp_test_square_task, &x, NULL),
                             0);
        }
    }
    assert_int_equal(mp_result_get(other, &result, MP_FOREVER), 0);
    assert_int_equal(result, 16);
    mp_result_destroy(other);
    mp_pool_destroy(pool);
}

static void count_call(mp_result *result, void *context)
{
    (void)result;
    ++*(int *)context;
}

/* One worker: what was submitted before has ended before. */
static void an_apply_takes_in_what_comes_before_it(void **state)
{
    mp_pool *pool = NULL;
    int called = 0;
    int64_t result = 0;
    int64_t i;

    (void)state;
    assert_int_equal(mp_pool_create(&pool, &(mp_pool_options){ .workers = 1 }),
                     0);
    for (i = 1; i <= 200; i++) {
        assert_int_equal(
            mp_pool_apply_async(
                pool, NULL, &mp_test_square_task, &i,
                &(mp_call_options){ .done = count_call, .context = &called }),
            0);
        assert_int_equal(
            mp_pool_apply(pool, &mp_test_square_task, &i, &result, NULL), 0);
        assert_int_equal(result, i * i);
        assert_int_equal(called, i);
    }
    mp_pool_destroy(pool);
}

static void map_keeps_the_order_with_any_chunk_size(void **state)
{
    static int64_t numbers[MANY];
    static int64_t results[MANY];
    const int sizes[] = { 0, 1, 2, 7, 1000, MANY, 100000 };
    mp_pool *pool = mp_test_pool_of(state);
    size_t s;
    size_t i;

    mp_test_count_up(numbers, MANY);
    for (s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        memset(results, 0, sizeof(results));
        assert_int_equal(
            mp_pool_map(pool, &mp_test_square_task, numbers, MANY, results,
                        &(mp_call_options){ .chunk_size = sizes[s] }),
            0);
        for (i = 0; i < MANY; i++) {
            assert_int_equal(results[i], (int64_t)(i * i));
        }
    }
    mp_pool_destroy(pool);
}

static void tasks_know_their_index(void **state)
{
    int64_t numbers[100];
    int64_t results[100];
    mp_pool *pool = mp_test_pool_of(state);
    size_t i;

    mp_test_count_up(numbers, 100);
    assert_int_equal(mp_pool_map(pool, &index_task, numbers, 100, results,
                                 &(mp_call_options){ .chunk_size = 3 }),
                     0);
    for (i = 0; i < 100; i++) {
        assert_int_equal(results[i], (int64_t)i);
    }
    mp_pool_destroy(pool);
}

static void tasks_run_in_workers_only(void **state)
{
    mp_pool *pool = mp_test_pool_of(state);
    int64_t pid = 0;
    int64_t owner = 0;
    int64_t zero = 0;

    assert_int_equal(mp_pool_apply(pool, &pid_task, &zero, &pid, NULL), 0);
    assert_int_equal(mp_pool_apply(pool, &owner_task, &zero, &owner, NULL), 0);
    assert_int_not_equal(pid, getpid());
    assert_int_equal(owner, getpid());
    assert_int_equal(mp_pool_workers(pool), **(int **)state);
    mp_pool_destroy(pool);
    assert_true(mp_test_pid_is_gone((pid_t)pid, 5000));
}

static void failures_are_of_their_item_alone(void **state)
{
    int64_t numbers[20];
    int64_t results[20];
    mp_pool *pool = mp_test_pool_of(state);
    mp_report report;
    int64_t seven = 7;
    size_t i;

    mp_test_count_up(numbers, 20);
    assert_int_equal(
        mp_pool_map(pool, &odd_task, numbers, 20, results,
                    &(mp_call_options){ .chunk_size = 5, .report = &report }),
        MP_EFAILED);
    assert_int_equal(report.index, 1);
    assert_int_equal(report.code, 1);
    assert_int_equal(report.end, MP_TASK_FAILED);
    assert_true(report.text[0] != '\0');
    for (i = 0; i < 20; i++) {
        assert_int_equal(results[i], i % 2 == 0 ? (int64_t)i : 0);
    }
    results[0] = 99;
    assert_int_equal(mp_pool_apply(pool, &odd_task, &seven, results,
                                   &(mp_call_options){ .report = &report }),
                     MP_EFAILED);
    assert_int_equal(results[0], 99);
    assert_int_equal(report.code, ERANGE);
    assert_string_equal(report.text, "7 is unlucky");
    assert_non_null(strstr(report.file, "test_pool.c"));
    assert_true(report.line > 0);
    mp_pool_destroy(pool);
}

static void a_crash_costs_its_item_and_the_chunk_goes_on(void **state)
{
    int64_t numbers[10];
    int64_t results[10];
    mp_pool *pool = mp_test_pool_of(state);
    mp_report report;
    int64_t before = 0;
    int64_t zero = 0;
    size_t i;

    mp_test_count_up(numbers, 10);
    assert_int_equal(mp_pool_apply(pool, &pid_task, &zero, &before, NULL), 0);
    assert_int_equal(
        mp_pool_map(pool, &die_task, numbers, 10, results,
                    &(mp_call_options){ .chunk_size = 10, .report = &report }),
        MP_ECRASHED);
    assert_int_equal(report.index, 3);
    assert_int_equal(report.end, MP_TASK_CRASHED);
    assert_int_equal(report.exit_status, -SIGKILL);
    assert_true(report.pid > 0 && report.pid != getpid());
    assert_true(report.text[0] != '\0');
    for (i = 0; i < 10; i++) {
        assert_int_equal(results[i], i == 3 ? 0 : (int64_t)i + 100);
    }
    assert_int_equal(
        mp_pool_apply(pool, &mp_test_square_task, &numbers[4], results, NULL),
        0);
    assert_int_equal(results[0], 16);
    mp_pool_destroy(pool);
}

static void exit_in_a_task_is_a_crash_with_its_status(void **state)
{
    mp_pool *pool = mp_test_pool_of(state);
    mp_report report;
    int64_t status;

    for (status = 0; status < 4; status++) {
        assert_int_equal(mp_pool_apply(pool, &exit_task, &status, NULL,
                                       &(mp_call_options){ .report = &report }),
                         MP_ECRASHED);
        assert_int_equal(report.exit_status, status);
    }
    mp_pool_destroy(pool);
}

static void map_async_gives_all_items_in_order(void **state)
{
    int64_t numbers[100];
    int64_t got[100];
    mp_pool *pool = mp_test_pool_of(state);
    mp_result *result = NULL;
    mp_report report;
    size_t i;

    mp_test_count_up(numbers, 100);
    assert_int_equal(mp_pool_map_async(pool, &result, &odd_task, numbers, 100,
                                       &(mp_call_options){ .chunk_size = 9 }),
                     0);
    memset(numbers, 0xff, sizeof(numbers)); /* encoded before it returned */
    assert_int_equal(mp_result_get(result, got, MP_FOREVER), MP_EFAILED);
    for (i = 0; i < 100; i++) {
        assert_int_equal(got[i], i % 2 == 0 ? (int64_t)i : 0);
        assert_int_equal(mp_result_report(result, i, &report), 0);
        assert_int_equal(report.end,
                         i % 2 == 0 ? MP_TASK_DONE : MP_TASK_FAILED);
        assert_int_equal(report.index, i);
    }
    assert_int_equal(mp_result_report(result, 100, &report), MP_EINVAL);
    mp_result_destroy(result);
    mp_pool_destroy(pool);
}

static void a_task_that_forks_and_returns_twice_ends_once(void **state)
{
    mp_pool *pool = mp_test_pool_of(state);
    int64_t got = 0;
    int64_t i;

    for (i = 0; i < 20; i++) {
        assert_int_equal(mp_pool_apply(pool, &fork_task, &i, &got, NULL), 0);
        assert_int_equal(got, i);
    }
    mp_pool_destroy(pool);
}

static void a_worker_may_not_have_a_pool(void **state)
{
    mp_pool *pool = mp_test_pool_of(state);
    int64_t zero = 0;
    int64_t error = 0;

    assert_int_equal(mp_pool_apply(pool, &nested_task, &zero, &error, NULL), 0);
    assert_int_equal(error, MP_ESTATE);
    mp_pool_destroy(pool);
}

static void errno_survives_successful_calls(void **state)
{
    mp_pool *pool;
    int64_t result = 0;
    int64_t four = 4;

    errno = 4711;
    pool = mp_test_pool_of(state);
    assert_int_equal(errno, 4711);
    assert_int_equal(
        mp_pool_apply(pool, &mp_test_square_task, &four, &result, NULL), 0);
    assert_int_equal(errno, 4711);
    mp_pool_destroy(pool);
    assert_int_equal(errno, 4711);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        MP_TEST_EVERYWHERE(apply_gives_the_result),
        MP_TEST_WITH_WORKERS(apply_fails_and_dies_alone_as_among_others),
        mp_test(an_apply_takes_in_what_comes_before_it),
        MP_TEST_EVERYWHERE(map_keeps_the_order_with_any_chunk_size),
        MP_TEST_EVERYWHERE(tasks_know_their_index),
        MP_TEST_WITH_WORKERS(tasks_run_in_workers_only),
        MP_TEST_EVERYWHERE(failures_are_of_their_item_alone),
        MP_TEST_WITH_WORKERS(a_crash_costs_its_item_and_the_chunk_goes_on),
        MP_TEST_WITH_WORKERS(exit_in_a_task_is_a_crash_with_its_status),
        MP_TEST_EVERYWHERE(map_async_gives_all_items_in_order),
        MP_TEST_WITH_WORKERS(a_task_that_forks_and_returns_twice_ends_once),
        MP_TEST_WITH_WORKERS(a_worker_may_not_have_a_pool),
        MP_TEST_EVERYWHERE(errno_survives_successful_calls),
    };

    return mp_run_tests(tests);
}
