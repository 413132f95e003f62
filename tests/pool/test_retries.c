/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_retries.c -- tried again after a crash or a limit, and braked
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/pool_helpers.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SUCCEED_AT = 3, BAD_ITEM = 3 };

/* Item BAD_ITEM crashes (or, with the argument 1, hangs) until its attempt
 * SUCCEED_AT; every item gives its attempt. */
static int need_three(const void *argument, void *result)
{
    size_t i = mp_task_index();

    (void)atomic_fetch_add(&mp_test_shared->runs[i], 1);
    if (i == BAD_ITEM && mp_task_attempt() < SUCCEED_AT) {
        if (*(const int64_t *)argument == 0) {
            abort();
        }
        mp_test_sleep_ms(MP_TEST_LONG_MS);
    }
    *(int64_t *)result = mp_task_attempt();
    return 0;
}

static const mp_task three_task = { .run = need_three,
                                    .argument = &mp_serializer_int64,
                                    .result = &mp_serializer_int64,
                                    .retries = 5 };

enum { CHUNK = 7 };

/* The seven items of one chunk; their ends are those of an honest machine. */
static void run_chunk(mp_pool *pool, const mp_task *task, int64_t kind)
{
    int64_t kinds[CHUNK];
    int64_t attempts[CHUNK];
    mp_iterator *iterator = NULL;
    mp_report report;
    int i;

    for (i = 0; i < CHUNK; i++) {
        kinds[i] = kind;
        atomic_store(&mp_test_shared->runs[i], 0);
    }
    assert_int_equal(
        mp_pool_imap(
            pool, &iterator, task,
            &(mp_source){ .items = kinds, .count = CHUNK },
            &(mp_call_options){ .chunk_size = CHUNK, .look_ahead = CHUNK }),
        0);
    for (i = 0; i < CHUNK; i++) {
        int expected = i == BAD_ITEM ? SUCCEED_AT : 1;

        assert_int_equal(
            mp_iterator_next(iterator, &attempts[i], &report, 30000), 1);
        assert_int_equal(report.end, MP_TASK_DONE);
        assert_int_equal(report.attempt, expected);
        assert_int_equal(attempts[i], expected);
        assert_false(report.set_aside);
        assert_int_equal(atomic_load(&mp_test_shared->runs[i]), expected);
    }
    mp_iterator_destroy(iterator);
}

static void after_a_crash_only_that_item_is_tried_again(void **state)
{
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 1 });

    (void)state;
    run_chunk(pool, &three_task, 0);
    assert_int_equal(mp_test_stats(pool).workers_lost, 2);
    assert_int_equal(mp_test_stats(pool).ends[MP_TASK_DONE], CHUNK);
    mp_pool_destroy(pool);
}

static void after_a_limit_too(void **state)
{
    mp_task task = three_task;
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 1 });

    (void)state;
    task.limit_ms = 1000;
    task.retries = 50; /* of the innocent ones, on a slow machine */
    run_chunk(pool, &task, 1);
    mp_pool_destroy(pool);
}

static int count_birth(void *argument, void **made)
{
    (void)argument;
    (void)made;
    (void)atomic_fetch_add(&mp_test_shared->births, 1);
    return 0;
}

static void renewal_and_init_go_with_it(void **state)
{
    mp_pool *pool = mp_test_pool(&(mp_pool_options){
        .workers = 2, .tasks_per_worker = 1, .init = count_birth });
    mp_pool_stats stats;
    int round;

    (void)state;
    for (round = 0; round < 5; round++) {
        run_chunk(pool, &three_task, 0);
    }
    assert_int_equal(mp_pool_close(pool), 0);
    assert_int_equal(mp_pool_join(pool, 30000), 0);
    stats = mp_test_stats(pool);
    assert_int_equal(stats.workers_lost, 10);
    assert_int_equal(stats.workers_renewed, 5);
    assert_true(atomic_load(&mp_test_shared->births) >= 15);
    mp_pool_destroy(pool);
}

static int fail_and_count(const void *argument, void *result)
{
    (void)argument;
    (void)result;
    (void)atomic_fetch_add(&mp_test_shared->runs[0], 1);
    return mp_task_fail(9, "no");
}

static void a_failure_is_an_answer(void **state)
{
    static const mp_task task = { .run = fail_and_count, .retries = 5 };
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 1 });
    mp_report report;

    (void)state;
    assert_int_equal(mp_pool_apply(pool, &task, NULL, NULL,
                                   &(mp_call_options){ .report = &report }),
                     MP_EFAILED);
    assert_int_equal(report.attempt, 1);
    assert_int_equal(report.code, 9);
    assert_false(report.set_aside);
    assert_int_equal(atomic_load(&mp_test_shared->runs[0]), 1);
    mp_pool_destroy(pool);
}

static void what_was_cancelled_is_not_tried_again(void **state)
{
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 1 });
    mp_task task = mp_test_hang_task;
    mp_result *result = NULL;

    (void)state;
    task.retries = 5;
    assert_int_equal(mp_pool_apply_async(pool, &result, &task, NULL, NULL), 0);
    mp_test_wait_for(&mp_test_shared->begun, 1);
    assert_int_equal(mp_result_cancel(result), 0);
    mp_test_serves(pool);
    assert_int_equal(atomic_load(&mp_test_shared->begun), 1);
    mp_result_destroy(result);
    mp_pool_destroy(pool);
}

static int die(const void *argument, void *result)
{
    (void)argument;
    (void)result;
    (void)atomic_fetch_add(&mp_test_shared->runs[0], 1);
    (void)raise(SIGKILL);
    return 0;
}

static void a_task_that_always_kills_is_set_aside(void **state)
{
    mp_task task = { .run = die, .retries = 2 };
    mp_task slow = mp_test_hang_task;
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 1 });
    mp_report report;
    const mp_call_options options = { .report = &report };

    (void)state;
    assert_int_equal(mp_pool_apply(pool, &task, NULL, NULL, &options),
                     MP_ECRASHED);
    assert_true(report.set_aside);
    assert_int_equal(report.attempt, 3);
    assert_int_equal(report.exit_status, -SIGKILL);
    assert_int_equal(atomic_load(&mp_test_shared->runs[0]), 3);
    slow.limit_ms = 30;
    slow.retries = 1;
    assert_int_equal(mp_pool_apply(pool, &slow, NULL, NULL, &options),
                     MP_ELIMIT);
    assert_true(report.set_aside);
    assert_int_equal(report.attempt, 2);
    task.retries = 0;
    assert_int_equal(mp_pool_apply(pool, &task, NULL, NULL, &options),
                     MP_ECRASHED);
    assert_false(report.set_aside);
    assert_int_equal(report.attempt, 1);
    mp_pool_destroy(pool);
}

static int give_up_until_three(const void *argument, void *result)
{
    (void)argument;
    (void)result;
    if (mp_task_attempt() == SUCCEED_AT) {
        return 0;
    }
    while (!mp_task_should_stop()) {
        mp_test_sleep_ms(1);
    }
    return 1;
}

static void a_task_that_gives_up_in_its_grace_is_tried_again(void **state)
{
    mp_task task = { .run = give_up_until_three, .limit_ms = 30, .retries = 5 };
    mp_pool *pool = mp_test_pool(
        &(mp_pool_options){ .workers = 1, .grace_ms = MP_TEST_LONG_MS });
    mp_report report;
    const mp_call_options options = { .report = &report };

    (void)state;
    assert_int_equal(mp_pool_apply(pool, &task, NULL, NULL, &options), 0);
    assert_int_equal(report.attempt, SUCCEED_AT);
    task.retries = 1;
    assert_int_equal(mp_pool_apply(pool, &task, NULL, NULL, &options),
                     MP_ELIMIT);
    assert_int_equal(report.attempt, 2);
    assert_int_equal(report.code, 1);
    assert_true(report.set_aside);
    mp_pool_destroy(pool);
}

static void a_crash_loop_is_braked_and_innocents_go_on(void **state)
{
    enum { NAPS = 300 };
    static const mp_task poison = { .run = die, .retries = 1000000 };
    static int64_t naps[NAPS];
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 2 });
    mp_result *result = NULL;
    int64_t began = mp_test_clock_ms();
    int deaths;
    int i;

    (void)state;
    for (i = 0; i < NAPS; i++) {
        naps[i] = 10;
    }
    assert_int_equal(mp_pool_apply_async(pool, &result, &poison, NULL, NULL),
                     0);
    mp_test_wait_for(&mp_test_shared->runs[0], 1);
    assert_int_equal(
        mp_pool_map(pool, &mp_test_sleep_task, naps, NAPS, NULL, NULL), 0);
    deaths = atomic_load(&mp_test_shared->runs[0]);
    began = mp_test_clock_ms() - began;
    print_message("a crash loop: %d deaths in %ld ms\n", deaths, (long)began);
    /* The first 1280 ms take eleven, each later second one. */
    assert_true(deaths >= 5);
    assert_true(deaths <= 11 + began / 1000 + 1);
    assert_int_equal(mp_result_cancel(result), 0);
    mp_result_destroy(result);
    mp_test_serves(pool);
    assert_int_equal(mp_pool_close(pool), 0);
    assert_int_equal(mp_pool_join(pool, 30000), 0);
    mp_pool_destroy(pool);
}

static void a_crash_loop_can_be_joined_and_terminated(void **state)
{
    static const mp_task poison = { .run = die, .retries = 1000000 };
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 2 });
    mp_result *result = NULL;
    int64_t began;

    (void)state;
    assert_int_equal(mp_pool_apply_async(pool, &result, &poison, NULL, NULL),
                     0);
    mp_test_wait_for(&mp_test_shared->runs[0], 5);
    assert_int_equal(mp_pool_close(pool), 0);
    began = mp_test_clock_ms();
    assert_int_equal(mp_pool_join(pool, 200), MP_ETIMEDOUT);
    assert_true(mp_test_clock_ms() - began < 20000);
    assert_int_equal(mp_pool_terminate(pool), 0);
    assert_int_equal(mp_pool_join(pool, 30000), 0);
    assert_int_equal(mp_result_get(result, NULL, 0), MP_ETERMINATED);
    (void)mp_test_stats(pool);
    mp_result_destroy(result);
    mp_pool_destroy(pool);
}

static int refuse_to_be_born(void *argument, void **made)
{
    (void)made;
    if (atomic_fetch_add(&mp_test_shared->births, 1) < *(int *)argument) {
        return 0;
    }
    return mp_task_fail(5, "no licence for worker %d", mp_task_worker_index());
}

static void a_failing_init_says_why_to_all_who_wait(void **state)
{
    int well = 1; /* only the replacement's fails */
    mp_task crash = { .run = die };
    mp_pool *pool = mp_test_pool(&(mp_pool_options){
        .workers = 1, .init = refuse_to_be_born, .argument = &well });
    mp_result *result = NULL;
    mp_report report;
    int i;

    (void)state;
    assert_int_equal(mp_pool_map_async(pool, &result, &crash, NULL, 4,
                                       &(mp_call_options){ .chunk_size = 1 }),
                     0);
    assert_int_equal(mp_result_get(result, NULL, 30000), MP_ECRASHED);
    for (i = 0; i < 4; i++) {
        assert_int_equal(mp_result_report(result, (size_t)i, &report), 0);
        assert_int_equal(report.end, i == 0 ? MP_TASK_CRASHED : MP_TASK_BROKEN);
        if (i > 0) {
            assert_int_equal(report.code, 5);
            assert_string_equal(report.text, "no licence for worker 0");
        }
    }
    mp_result_destroy(result);
    /* Who comes too late is told as well. */
    report.text[0] = '\0';
    assert_int_equal(mp_pool_apply(pool, &crash, NULL, NULL,
                                   &(mp_call_options){ .report = &report }),
                     MP_EBROKEN);
    assert_int_equal(report.end, MP_TASK_BROKEN);
    assert_string_equal(report.text, "no licence for worker 0");
    assert_int_equal(report.pid, 0);
    assert_int_equal(report.worker_index, -1);
    assert_int_equal(mp_test_stats(pool).workers, 0);
    mp_pool_destroy(pool);
}

static int die_in_birth(void *argument, void **made)
{
    (void)argument;
    (void)made;
    (void)atomic_fetch_add(&mp_test_shared->births, 1);
    (void)raise(SIGKILL);
    return 0;
}

static void three_deaths_in_init_in_a_row_break_the_pool(void **state)
{
    mp_pool *pool =
        mp_test_pool(&(mp_pool_options){ .workers = 1, .init = die_in_birth });
    mp_result *result = NULL;
    mp_report report;
    int error;

    (void)state;
    error = mp_pool_apply_async(pool, &result, &mp_test_hang_task, NULL, NULL);
    if (error == 0) {
        assert_int_equal(mp_result_get(result, NULL, 30000), MP_EBROKEN);
        assert_int_equal(mp_result_report(result, 0, &report), 0);
        assert_non_null(strstr(report.text, "init"));
    } else {
        assert_int_equal(error, MP_EBROKEN); /* it was faster */
    }
    assert_int_equal(atomic_load(&mp_test_shared->births), 3);
    assert_int_equal(mp_test_stats(pool).workers_lost, 3);
    mp_result_destroy(result);
    mp_pool_destroy(pool);
}

/* A worker, or its supervisor, that is stopped looks like one that waits for
 * a disk: whoever joins is not stopped by it. */
static void join_ends_in_time_whoever_is_stopped(void **state)
{
    bool stop_supervisor;
    int round;

    (void)state;
    for (round = 0; round < 2; round++) {
        mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 1 });
        pid_t worker = (pid_t)mp_test_ask(pool, &mp_test_pid_task);
        pid_t supervisor = (pid_t)mp_test_ask(pool, &mp_test_supervisor_task);
        int64_t began;

        stop_supervisor = round == 1;
        assert_int_equal(kill(stop_supervisor ? supervisor : worker, SIGSTOP),
                         0);
        assert_int_equal(mp_pool_close(pool), 0);
        began = mp_test_clock_ms();
        assert_int_equal(mp_pool_join(pool, 200), MP_ETIMEDOUT);
        assert_in_range(mp_test_clock_ms() - began, 200, 20000);
        assert_int_equal(mp_pool_terminate(pool), 0);
        assert_int_equal(mp_pool_join(pool, stop_supervisor ? 200 : 30000),
                         stop_supervisor ? MP_ETIMEDOUT : 0);
        mp_pool_destroy(pool);
        assert_true(mp_test_pid_is_gone(worker, 20000));
        assert_true(mp_test_pid_is_gone(supervisor, 20000));
    }
}

#define on_board(name)                                                         \
    mp_test_setup_teardown(name, mp_test_board_setup, mp_test_board_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        on_board(after_a_crash_only_that_item_is_tried_again),
        on_board(after_a_limit_too),
        on_board(renewal_and_init_go_with_it),
        on_board(a_failure_is_an_answer),
        on_board(what_was_cancelled_is_not_tried_again),
        on_board(a_task_that_always_kills_is_set_aside),
        on_board(a_task_that_gives_up_in_its_grace_is_tried_again),
        on_board(a_crash_loop_is_braked_and_innocents_go_on),
        on_board(a_crash_loop_can_be_joined_and_terminated),
        on_board(a_failing_init_says_why_to_all_who_wait),
        on_board(three_deaths_in_init_in_a_row_break_the_pool),
        on_board(join_ends_in_time_whoever_is_stopped),
    };

    return mp_run_tests(tests);
}
