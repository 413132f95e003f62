/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_cancel.c -- what is cancelled never starts, or has ended on return
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/pool_helpers.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int calls;      /* of the callback */
static int last_error; /* what it found */

static void count_call(mp_result *result, void *context)
{
    (void)context;
    calls++;
    last_error = mp_result_get(result, NULL, 0);
}

static const mp_call_options counted = { .done = count_call };

static mp_result *submit(mp_pool *pool, const mp_task *task,
                         const void *argument, const mp_call_options *options)
{
    mp_result *result = NULL;

    assert_int_equal(
        mp_pool_apply_async(pool, &result, task, argument, options), 0);
    return result;
}

static mp_report report_of(mp_result *result, size_t index)
{
    mp_report report;

    assert_int_equal(mp_result_report(result, index, &report), 0);
    return report;
}

static void queued_tasks_never_start_and_end_at_once(void **state)
{
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 2 });
    mp_result *busy[2];
    mp_result *queued[20];
    mp_report report;
    int64_t began;
    int i;

    (void)state;
    for (i = 0; i < 2; i++) {
        busy[i] = submit(pool, &mp_test_hang_task, NULL, NULL);
    }
    mp_test_wait_for(&mp_test_shared->begun, 2);
    began = mp_test_clock_ms();
    for (i = 0; i < 20; i++) {
        queued[i] = submit(pool, &mp_test_hang_task, NULL, &counted);
    }
    calls = 0;
    for (i = 0; i < 20; i++) {
        assert_int_equal(mp_result_cancel(queued[i]), 0);
        assert_int_equal(calls, i + 1); /* it has been called back */
        assert_int_equal(last_error, MP_ECANCELED);
        assert_int_equal(mp_result_get(queued[i], NULL, 0), MP_ECANCELED);
        report = report_of(queued[i], 0);
        assert_int_equal(report.end, MP_TASK_CANCELED);
        assert_int_equal(report.pid, 0);
        assert_int_equal(report.worker_index, -1);
        assert_int_equal(report.attempt, 0);
        assert_string_not_equal(report.text, "");
        mp_result_destroy(queued[i]);
    }
    assert_true(mp_test_clock_ms() - began < 10000);
    for (i = 0; i < 2; i++) {
        assert_int_equal(mp_result_cancel(busy[i]), 0);
        mp_result_destroy(busy[i]);
    }
    mp_test_serves(pool);
    assert_int_equal(atomic_load(&mp_test_shared->begun), 2);
    assert_int_equal(mp_test_stats(pool).ends[MP_TASK_CANCELED], 22);
    mp_pool_destroy(pool);
}

static void a_running_task_has_ended_when_cancel_returns(void **state)
{
    mp_pool *pool =
        mp_test_pool(&(mp_pool_options){ .workers = 1, .account = true });
    mp_result *result = submit(pool, &mp_test_hang_task, NULL, &counted);
    mp_report report;

    (void)state;
    mp_test_wait_for(&mp_test_shared->begun, 1);
    calls = 0;
    assert_int_equal(mp_result_cancel(result), 0);
    assert_int_equal(calls, 1);
    report = report_of(result, 0);
    assert_int_equal(report.end, MP_TASK_CANCELED);
    assert_int_equal(report.error, MP_ECANCELED);
    assert_int_equal(report.pid, atomic_load(&mp_test_shared->pids[0]));
    assert_int_equal(report.exit_status, -SIGKILL);
    assert_int_equal(report.attempt, 1);
    assert_true(report.start_ns > 0);
    assert_true(mp_test_pid_is_gone(report.pid, 0)); /* and reaped */
    assert_int_equal(mp_result_cancel(result), MP_ESTATE);
    mp_test_serves(pool); /* its worker is replaced */
    assert_int_equal(mp_test_stats(pool).workers_lost, 1);
    assert_int_equal(mp_test_stats(pool).workers, 1);
    mp_result_destroy(result);
    mp_pool_destroy(pool);
    assert_int_equal(calls, 1);
}

/* Stops when it is told to, and ends as its argument says. */
static int stop_politely(const void *argument, void *result)
{
    (void)result;
    (void)atomic_fetch_add(&mp_test_shared->begun, 1);
    while (!mp_task_should_stop()) {
        mp_test_sleep_ms(1);
    }
    return *(const int64_t *)argument == 0
               ? 0
               : mp_task_fail(7, "put away %d things", 3);
}

static const mp_task polite_task = { .run = stop_politely,
                                     .argument = &mp_serializer_int64 };

static void with_grace_a_task_may_put_things_in_order(void **state)
{
    mp_pool *pool = mp_test_pool(
        &(mp_pool_options){ .workers = 1, .grace_ms = MP_TEST_LONG_MS });
    int64_t pid = mp_test_ask(pool, &mp_test_pid_task);
    int64_t fails = 1;
    int64_t succeeds = 0;
    mp_result *result = submit(pool, &polite_task, &fails, NULL);
    mp_report report;

    (void)state;
    mp_test_wait_for(&mp_test_shared->begun, 1);
    assert_int_equal(mp_result_cancel(result), 0);
    report = report_of(result, 0);
    assert_int_equal(report.end, MP_TASK_CANCELED);
    assert_int_equal(report.code, 7);
    assert_string_equal(report.text, "put away 3 things");
    mp_result_destroy(result);
    /* It has finished all the same: that counts. */
    result = submit(pool, &polite_task, &succeeds, NULL);
    mp_test_wait_for(&mp_test_shared->begun, 2);
    assert_int_equal(mp_result_cancel(result), MP_ESTATE);
    assert_int_equal(mp_result_get(result, NULL, 0), 0);
    mp_result_destroy(result);
    assert_int_equal(mp_test_ask(pool, &mp_test_pid_task), pid);
    assert_int_equal(mp_test_stats(pool).workers_lost, 0);
    mp_pool_destroy(pool);
}

static void after_its_grace_a_task_is_killed(void **state)
{
    mp_pool *pool =
        mp_test_pool(&(mp_pool_options){ .workers = 1, .grace_ms = 300 });
    mp_result *result = submit(pool, &mp_test_hang_task, NULL, NULL);
    int64_t began;

    (void)state;
    mp_test_wait_for(&mp_test_shared->begun, 1);
    began = mp_test_clock_ms();
    assert_int_equal(mp_result_cancel(result), 0);
    assert_in_range(mp_test_clock_ms() - began, 300, 20000);
    mp_result_destroy(result);
    mp_pool_destroy(pool);
}

enum { HANGING_ITEM = 15, ITEMS = 60 };

static int hang_in_one(const void *argument, void *result)
{
    size_t i = mp_task_index();

    (void)argument;
    (void)result;
    (void)atomic_fetch_add(&mp_test_shared->runs[i], 1);
    if (i == HANGING_ITEM) {
        (void)atomic_fetch_add(&mp_test_shared->begun, 1);
        mp_test_sleep_ms(MP_TEST_LONG_MS);
    }
    return 0;
}

static void of_many_items_those_done_stay_done(void **state)
{
    static const mp_task task = { .run = hang_in_one };
    mp_pool *pool =
        mp_test_pool(&(mp_pool_options){ .workers = 1, .account = true });
    mp_result *result = NULL;
    mp_report report;
    size_t i;

    (void)state;
    assert_int_equal(mp_pool_map_async(pool, &result, &task, NULL, ITEMS,
                                       &(mp_call_options){ .chunk_size = 10 }),
                     0);
    mp_test_wait_for(&mp_test_shared->begun, 1);
    assert_int_equal(mp_result_cancel(result), 0);
    assert_int_equal(mp_result_get(result, NULL, 0), MP_ECANCELED);
    for (i = 0; i < ITEMS; i++) {
        report = report_of(result, i);
        assert_int_equal(report.end,
                         i < HANGING_ITEM ? MP_TASK_DONE : MP_TASK_CANCELED);
        /* Only those that ran have a worker, an attempt and a cost. */
        assert_int_equal(report.attempt, i <= HANGING_ITEM);
        assert_int_equal(report.pid != 0, i <= HANGING_ITEM);
        assert_int_equal(report.start_ns != 0, i <= HANGING_ITEM);
        assert_int_equal(atomic_load(&mp_test_shared->runs[i]),
                         i <= HANGING_ITEM);
    }
    assert_int_equal(mp_test_stats(pool).ends[MP_TASK_CANCELED],
                     ITEMS - HANGING_ITEM);
    mp_result_destroy(result);
    mp_test_serves(pool);
    mp_pool_destroy(pool);
}

static int error_in_callback;

static void cancel_in_callback(mp_result *result, void *context)
{
    (void)result;
    error_in_callback = mp_result_cancel(*(mp_result **)context);
}

static void after_the_end_and_in_a_callback_there_is_no_cancelling(void **state)
{
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 1 });
    int64_t nap = 0;
    mp_result *other = submit(pool, &mp_test_hang_task, NULL, NULL);
    mp_result *result;

    (void)state;
    mp_test_wait_for(&mp_test_shared->begun, 1);
    result = submit(
        pool, &mp_test_sleep_task, &nap,
        &(mp_call_options){ .done = cancel_in_callback, .context = &other });
    error_in_callback = 0;
    assert_int_equal(mp_result_cancel(result), 0);
    assert_int_equal(error_in_callback, MP_ESTATE);
    assert_int_equal(mp_result_ready(other), 0);
    assert_int_equal(mp_result_cancel(other), 0);
    mp_result_destroy(result);
    result = submit(pool, &mp_test_sleep_task, &nap, NULL);
    assert_int_equal(mp_result_get(result, NULL, 30000), 0);
    assert_int_equal(mp_result_cancel(result), MP_ESTATE);
    assert_int_equal(mp_result_cancel(NULL), MP_EINVAL);
    mp_pool_destroy(pool);
    assert_int_equal(mp_result_cancel(result), MP_ESTATE);
    mp_result_destroy(result);
    mp_result_destroy(other);
}

static void a_dead_supervisor_is_noticed(void **state)
{
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 1 });
    pid_t supervisor = (pid_t)mp_test_ask(pool, &mp_test_supervisor_task);
    mp_result *result = submit(pool, &mp_test_hang_task, NULL, NULL);
    int error;

    (void)state;
    mp_test_wait_for(&mp_test_shared->begun, 1);
    assert_int_equal(kill(supervisor, SIGKILL), 0);
    error = mp_result_cancel(result);
    assert_int_equal(error, MP_ESTATE); /* it had ended with the pool */
    assert_int_equal(mp_result_get(result, NULL, 0), MP_EBROKEN);
    (void)mp_test_stats(pool);
    mp_result_destroy(result);
    mp_pool_destroy(pool);
}

static int die_soon(const void *argument, void *result)
{
    struct timespec pause = { .tv_nsec = (long)*(const int64_t *)argument };

    (void)result;
    (void)atomic_fetch_add(&mp_test_shared->begun, 1);
    (void)nanosleep(&pause, NULL);
    (void)raise(SIGKILL);
    return 0;
}

static void a_worker_that_dies_just_then_gives_one_end(void **state)
{
    enum { ROUNDS = 100 };
    static const mp_task task = { .run = die_soon,
                                  .argument = &mp_serializer_int64,
                                  .retries = 2 };
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 2 });
    mp_pool_stats stats;
    int64_t round;

    (void)state;
    calls = 0;
    for (round = 0; round < ROUNDS; round++) {
        int64_t pause = round * 5000;
        mp_result *result = submit(pool, &task, &pause, &counted);
        int error;

        mp_test_wait_for(&mp_test_shared->begun, 1);
        error = mp_result_cancel(result);
        assert_int_equal(mp_result_get(result, NULL, 0),
                         error == 0 ? MP_ECANCELED : MP_ECRASHED);
        assert_int_equal(calls, round + 1);
        atomic_store(&mp_test_shared->begun, 0);
        mp_result_destroy(result);
    }
    stats = mp_test_stats(pool);
    assert_int_equal(stats.ends[MP_TASK_CANCELED] + stats.ends[MP_TASK_CRASHED],
                     ROUNDS);
    mp_test_serves(pool);
    mp_pool_destroy(pool);
}

/* The first init is as quick as can be, a replacement's is not. */
static int be_slow_the_second_time(void *argument, void **made)
{
    (void)argument;
    (void)made;
    if (atomic_fetch_add(&mp_test_shared->births, 1) > 0) {
        mp_test_sleep_ms(MP_TEST_LONG_MS);
    }
    return 0;
}

static int die_at_once(const void *argument, void *result)
{
    (void)argument;
    (void)result;
    atomic_store(&mp_test_shared->pids[0], (int)getpid());
    (void)raise(SIGKILL);
    return 0;
}

static void a_task_that_waits_for_a_replacement_ends_at_once(void **state)
{
    static const mp_task task = { .run = die_at_once, .retries = 5 };
    mp_pool *pool = mp_test_pool(
        &(mp_pool_options){ .workers = 1, .init = be_slow_the_second_time });
    mp_result *result = NULL;
    mp_report report;
    int64_t began;

    (void)state;
    assert_int_equal(
        mp_pool_map_async(
            pool, &result, &task, NULL, 3,
            &(mp_call_options){ .chunk_size = 3, .done = count_call }),
        0);
    mp_test_wait_for(&mp_test_shared->births, 2); /* it is HELD since */
    began = mp_test_clock_ms();
    calls = 0;
    assert_int_equal(mp_result_cancel(result), 0);
    assert_int_equal(calls, 1);
    assert_true(mp_test_clock_ms() - began < 20000);
    report = report_of(result, 0);
    assert_int_equal(report.end, MP_TASK_CANCELED);
    assert_int_equal(report.attempt, 1);
    assert_int_equal(report.pid, atomic_load(&mp_test_shared->pids[0]));
    assert_int_equal(report_of(result, 2).end, MP_TASK_CANCELED);
    assert_int_equal(report_of(result, 2).attempt, 0);
    assert_int_equal(mp_test_stats(pool).ends[MP_TASK_CANCELED], 3);
    mp_result_destroy(result);
    mp_pool_destroy(pool);
}

static int wait_and_count(const void *argument, void *result)
{
    (void)argument;
    (void)result;
    (void)atomic_fetch_add(&mp_test_shared->begun, 1);
    mp_test_wait_open();
    (void)atomic_fetch_add(&mp_test_shared->runs[0], 1);
    return 0;
}

static void what_waited_for_the_place_of_the_cancelled_goes_on(void **state)
{
    static const mp_task task = { .run = wait_and_count };
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 1 });
    mp_result *first = submit(pool, &task, NULL, NULL);
    mp_result *many = NULL;
    mp_result *last = NULL;

    (void)state;
    /* More than there are slots in the table. */
    assert_int_equal(mp_pool_map_async(pool, &many, &task, NULL, 2000,
                                       &(mp_call_options){ .chunk_size = 1 }),
                     0);
    assert_int_equal(mp_pool_map_async(pool, &last, &task, NULL, 5,
                                       &(mp_call_options){ .chunk_size = 1 }),
                     0);
    mp_test_wait_for(&mp_test_shared->begun, 1);
    assert_int_equal(mp_result_cancel(many), 0);
    atomic_store(&mp_test_shared->open, 1);
    mp_test_wait_for(&mp_test_shared->runs[0], 6); /* no call of libmp's */
    assert_int_equal(mp_result_get(last, NULL, 30000), 0);
    assert_int_equal(mp_result_get(first, NULL, 30000), 0);
    assert_int_equal(atomic_load(&mp_test_shared->begun), 6);
    mp_result_destroy(first);
    mp_result_destroy(many);
    mp_result_destroy(last);
    mp_pool_destroy(pool);
}

static void an_iterator_given_back_lets_running_items_end(void **state)
{
    static const mp_task task = { .run = wait_and_count };
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 2 });
    mp_iterator *iterator = NULL;
    mp_pool_stats stats;

    (void)state;
    assert_int_equal(
        mp_pool_imap(pool, &iterator, &task, &(mp_source){ .count = 1000 },
                     &(mp_call_options){ .chunk_size = 10, .look_ahead = 500 }),
        0);
    mp_test_wait_for(&mp_test_shared->begun, 2);
    mp_iterator_destroy(iterator);
    atomic_store(&mp_test_shared->open, 1);
    mp_test_serves(pool);
    assert_int_equal(mp_pool_close(pool), 0);
    assert_int_equal(mp_pool_join(pool, 30000), 0);
    assert_int_equal(atomic_load(&mp_test_shared->runs[0]), 2);
    stats = mp_test_stats(pool);
    assert_int_equal(stats.ends[MP_TASK_DONE], 8 + 2);
    assert_int_equal(stats.ends[MP_TASK_CANCELED], 500 - 2);
    assert_int_equal(stats.workers_lost, 0);
    mp_pool_destroy(pool);
}

#define on_board(name)                                                         \
    mp_test_setup_teardown(name, mp_test_board_setup, mp_test_board_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        on_board(queued_tasks_never_start_and_end_at_once),
        on_board(a_running_task_has_ended_when_cancel_returns),
        on_board(with_grace_a_task_may_put_things_in_order),
        on_board(after_its_grace_a_task_is_killed),
        on_board(of_many_items_those_done_stay_done),
        on_board(after_the_end_and_in_a_callback_there_is_no_cancelling),
        on_board(a_dead_supervisor_is_noticed),
        on_board(a_worker_that_dies_just_then_gives_one_end),
        on_board(a_task_that_waits_for_a_replacement_ends_at_once),
        on_board(what_waited_for_the_place_of_the_cancelled_goes_on),
        on_board(an_iterator_given_back_lets_running_items_end),
    };

    return mp_run_tests(tests);
}
