/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_run_limits.c -- a run that is too long is ended, and nothing else is
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/pool_helpers.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECOND INT64_C(1000000000)

static int64_t clock_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SECOND + now.tv_nsec;
}

static mp_task with_limit(mp_task task, int limit_ms)
{
    task.limit_ms = limit_ms;
    return task;
}

static void a_run_past_its_limit_is_ended_and_says_so(void **state)
{
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 2 });
    mp_task task = with_limit(mp_test_hang_task, 50);
    mp_report report;
    int64_t began = mp_test_clock_ms();

    (void)state;
    assert_int_equal(mp_pool_apply(pool, &task, NULL, NULL,
                                   &(mp_call_options){ .report = &report }),
                     MP_ELIMIT);
    assert_in_range(mp_test_clock_ms() - began, 50, 20000);
    assert_int_equal(report.end, MP_TASK_LIMITED);
    assert_int_equal(report.error, MP_ELIMIT);
    assert_int_equal(report.pid, atomic_load(&mp_test_shared->pids[0]));
    assert_int_equal(report.exit_status, -SIGKILL);
    assert_int_equal(report.attempt, 1);
    assert_false(report.set_aside);
    assert_non_null(strstr(report.text, "limit"));
    assert_true(mp_test_pid_is_gone(report.pid, 0)); /* and reaped */
    mp_test_serves(pool);
    mp_pool_destroy(pool);
}

static void the_clock_starts_with_the_run_and_not_in_the_queue(void **state)
{
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 1 });
    mp_task task = with_limit(mp_test_sleep_task, 2000);
    int64_t naps[6] = { 400, 400, 400, 400, 400, 400 };
    int64_t began = mp_test_clock_ms();

    (void)state;
    assert_int_equal(mp_pool_map(pool, &task, naps, 6, NULL,
                                 &(mp_call_options){ .chunk_size = 1 }),
                     0);
    assert_true(mp_test_clock_ms() - began >= 2400);
    mp_pool_destroy(pool);
}

static void every_item_of_a_chunk_has_a_clock_of_its_own(void **state)
{
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 1 });
    mp_task task = with_limit(mp_test_sleep_task, 1500);
    int64_t naps[7] = { 400, 400, 400, 400, MP_TEST_LONG_MS, 400, 400 };
    int statuses[7];
    mp_report report;
    int i;

    (void)state;
    assert_int_equal(mp_pool_map(pool, &task, naps, 7, NULL,
                                 &(mp_call_options){ .chunk_size = 7,
                                                     .statuses = statuses,
                                                     .report = &report }),
                     MP_ELIMIT);
    for (i = 0; i < 7; i++) {
        assert_int_equal(statuses[i], i == 4 ? MP_ELIMIT : 0);
    }
    assert_int_equal(report.index, 4);
    mp_pool_destroy(pool);
}

static void a_task_without_a_limit_has_that_of_its_pool(void **state)
{
    mp_pool *pool =
        mp_test_pool(&(mp_pool_options){ .workers = 1, .limit_ms = 100 });
    mp_task longer = with_limit(mp_test_sleep_task, MP_TEST_LONG_MS);
    mp_iterator *iterator = NULL;
    int64_t nap = 400;

    (void)state;
    assert_int_equal(mp_pool_apply(pool, &mp_test_sleep_task, &nap, NULL, NULL),
                     MP_ELIMIT);
    assert_int_equal(mp_pool_imap(pool, &iterator, &mp_test_sleep_task,
                                  &(mp_source){ .items = &nap, .count = 1 },
                                  NULL),
                     0);
    assert_int_equal(mp_iterator_next(iterator, NULL, NULL, 30000), MP_ELIMIT);
    assert_int_equal(mp_pool_apply(pool, &longer, &nap, NULL, NULL), 0);
    mp_iterator_destroy(iterator);
    mp_pool_destroy(pool);
}

static void waiting_for_a_slow_owner_is_off_the_clock(void **state)
{
    static const mp_task task = { .run = mp_test_give_60_kb,
                                  .result = &mp_serializer_bytes,
                                  .limit_ms = 500 };
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 1 });
    mp_result *result = NULL;
    mp_bytes results[12];

    (void)state;
    assert_int_equal(mp_pool_map_async(pool, &result, &task, NULL, 12,
                                       &(mp_call_options){ .chunk_size = 12 }),
                     0);
    mp_test_sleep_ms(1500); /* the ring holds four of them */
    assert_int_equal(mp_result_get(result, results, 30000), 0);
    mp_serializer_release(&mp_serializer_bytes, results, 12);
    mp_result_destroy(result);
    mp_pool_destroy(pool);
}

static void limits_fire_while_the_owner_is_away(void **state)
{
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 1 });
    mp_task task = with_limit(mp_test_hang_task, 100);
    mp_result *first = NULL;
    mp_result *second = NULL;

    (void)state;
    assert_int_equal(mp_pool_apply_async(pool, &first, &task, NULL, NULL), 0);
    assert_int_equal(mp_pool_apply_async(pool, &second, &task, NULL, NULL), 0);
    /* No call of libmp's from here on. */
    mp_test_wait_for(&mp_test_shared->begun, 2);
    assert_true(
        mp_test_pid_is_gone(atomic_load(&mp_test_shared->pids[0]), 30000));
    assert_int_equal(mp_result_get(first, NULL, 0), MP_ELIMIT);
    assert_int_equal(mp_result_get(second, NULL, 30000), MP_ELIMIT);
    mp_result_destroy(first);
    mp_result_destroy(second);
    mp_pool_destroy(pool);
}

static int compare(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;

    return (a > b) - (a < b);
}

/* The figure of the day: from the moment when the time is over to the moment
 * when the owner holds the answer. */
static void limits_are_kept_to_the_millisecond(void **state)
{
    enum { RUNS = 200, LIMIT_MS = 10 };
    mp_pool *pool =
        mp_test_pool(&(mp_pool_options){ .workers = 2, .account = true });
    mp_task task = with_limit(mp_test_hang_task, LIMIT_MS);
    int64_t late[RUNS];
    mp_report report;
    int i;

    (void)state;
    for (i = 0; i < RUNS; i++) {
        assert_int_equal(mp_pool_apply(pool, &task, NULL, NULL,
                                       &(mp_call_options){ .report = &report }),
                         MP_ELIMIT);
        late[i] = clock_ns() - report.start_ns - LIMIT_MS * (SECOND / 1000);
        assert_true(late[i] >= 0); /* never early */
    }
    qsort(late, RUNS, sizeof(*late), compare);
    print_message("limit of %d ms, %d runs: late by p50 %.2f ms, p99 %.2f ms, "
                  "most %.2f ms\n",
                  LIMIT_MS, RUNS, (double)late[RUNS / 2] / 1e6,
                  (double)late[RUNS * 99 / 100] / 1e6,
                  (double)late[RUNS - 1] / 1e6);
    assert_true(late[RUNS - 1] < 2 * SECOND);
    mp_pool_destroy(pool);
}

static void innocents_beside_it_are_not_hit(void **state)
{
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 4 });
    mp_task task = with_limit(mp_test_hang_task, 50);
    mp_result *innocents = NULL;
    int64_t naps[3] = { 1500, 1500, 1500 };
    int i;

    (void)state;
    assert_int_equal(
        mp_pool_map_async(pool, &innocents, &mp_test_sleep_task, naps, 3, NULL),
        0);
    for (i = 0; i < 10; i++) {
        assert_int_equal(mp_pool_apply(pool, &task, NULL, NULL, NULL),
                         MP_ELIMIT);
    }
    assert_int_equal(mp_result_get(innocents, NULL, 30000), 0);
    mp_result_destroy(innocents);
    mp_pool_destroy(pool);
}

enum { EDGE_MS = 1 };

/* An even item ends about when its limit is noticed, on either side. */
static int end_at_the_edge(const void *argument, void *result)
{
    int64_t now = clock_ns();
    int64_t i = *(const int64_t *)argument;
    int64_t end = now + EDGE_MS * (SECOND / 1000) + i % 67 * 12000;

    (void)result;
    (void)atomic_fetch_add(&mp_test_shared->runs[i], 1);
    while (i % 2 == 0 && clock_ns() < end) {
        /* look again */
    }
    return 0;
}

static void at_the_very_edge_each_item_has_one_end(void **state)
{
    enum { ITEMS = 2400 };
    static const mp_task task = { .run = end_at_the_edge,
                                  .argument = &mp_serializer_int64,
                                  .limit_ms = EDGE_MS };
    mp_pool *pool =
        mp_test_pool(&(mp_pool_options){ .workers = 3, .account = true });
    mp_iterator *iterator = NULL;
    static int64_t items[ITEMS];
    static int seen[ITEMS];
    int ends[MP_TASK_ENDS] = { 0 };
    mp_report report;
    int i;

    (void)state;
    for (i = 0; i < ITEMS; i++) {
        items[i] = i;
        seen[i] = 0;
    }
    assert_int_equal(
        mp_pool_imap_unordered(pool, &iterator, &task,
                               &(mp_source){ .items = items, .count = ITEMS },
                               &(mp_call_options){ .chunk_size = 4 }),
        0);
    while (mp_iterator_next(iterator, NULL, &report, 30000) == 1) {
        seen[report.index]++;
        ends[report.end]++;
        /* Also one that was only too slow because the machine was; but never
         * one that had just begun. */
        assert_true(report.end == MP_TASK_DONE ||
                    (report.end == MP_TASK_LIMITED &&
                     report.run_ns >= EDGE_MS * (SECOND / 1000)));
    }
    for (i = 0; i < ITEMS; i++) {
        assert_int_equal(seen[i], 1);
        assert_true(atomic_load(&mp_test_shared->runs[i]) <= 1);
    }
    print_message("at the edge: %d done, %d limited\n", ends[MP_TASK_DONE],
                  ends[MP_TASK_LIMITED]);
    assert_true(ends[MP_TASK_DONE] > 0 && ends[MP_TASK_LIMITED] > 0);
    assert_int_equal(mp_test_stats(pool).workers_lost, ends[MP_TASK_LIMITED]);
    mp_iterator_destroy(iterator);
    mp_test_serves(pool);
    mp_pool_destroy(pool);
}

static int hang_with_family(const void *argument, void *result)
{
    (void)argument;
    (void)result;
    if (fork() == 0) {
        if (fork() == 0) {
            atomic_store(&mp_test_shared->pids[2], (int)getpid());
        } else {
            atomic_store(&mp_test_shared->pids[1], (int)getpid());
        }
        (void)atomic_fetch_add(&mp_test_shared->begun, 1);
        mp_test_sleep_ms(MP_TEST_LONG_MS);
        _exit(0);
    }
    mp_test_sleep_ms(MP_TEST_LONG_MS);
    return 0;
}

static void what_the_task_has_forked_dies_with_it(void **state)
{
    static const mp_task task = { .run = hang_with_family, .limit_ms = 300 };
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 1 });
    int i;

    (void)state;
    do { /* on a slow machine its time may be over before it has a family */
        atomic_store(&mp_test_shared->begun, 0);
        assert_int_equal(mp_pool_apply(pool, &task, NULL, NULL, NULL),
                         MP_ELIMIT);
    } while (atomic_load(&mp_test_shared->begun) < 2);
    for (i = 1; i <= 2; i++) {
        assert_true(
            mp_test_pid_is_gone(atomic_load(&mp_test_shared->pids[i]), 20000));
    }
    mp_pool_destroy(pool);
}

enum { IGNORE_SIGTERM, BLOCK_ALL, STOP, SPIN, STUBBORN_KINDS };

static int be_stubborn(const void *argument, void *result)
{
    sigset_t all;

    (void)result;
    (void)sigfillset(&all);
    switch (*(const int64_t *)argument) {
    case IGNORE_SIGTERM:
        (void)signal(SIGTERM, SIG_IGN);
        break;
    case BLOCK_ALL:
        (void)sigprocmask(SIG_BLOCK, &all, NULL);
        break;
    case STOP:
        (void)raise(SIGSTOP);
        break;
    default:
        for (;;) {
            (void)getppid();
        }
    }
    mp_test_sleep_ms(MP_TEST_LONG_MS);
    return 0;
}

static void stubborn_tasks_die_too(void **state)
{
    static const mp_task task = { .run = be_stubborn,
                                  .argument = &mp_serializer_int64,
                                  .limit_ms = 50 };
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 1 });
    int64_t kind;

    (void)state;
    for (kind = 0; kind < STUBBORN_KINDS; kind++) {
        assert_int_equal(mp_pool_apply(pool, &task, &kind, NULL, NULL),
                         MP_ELIMIT);
    }
    mp_test_serves(pool);
    mp_pool_destroy(pool);
}

static void a_stopped_supervisor_does_not_stop_its_owner(void **state)
{
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 1 });
    mp_task task = with_limit(mp_test_hang_task, 50);
    pid_t supervisor = (pid_t)mp_test_ask(pool, &mp_test_supervisor_task);
    mp_result *result = NULL;
    int64_t began;

    (void)state;
    assert_int_equal(kill(supervisor, SIGSTOP), 0);
    assert_int_equal(mp_pool_apply_async(pool, &result, &task, NULL, NULL), 0);
    mp_test_wait_for(&mp_test_shared->begun, 1);
    began = mp_test_clock_ms();
    assert_int_equal(mp_result_wait(result, 300), MP_ETIMEDOUT);
    assert_in_range(mp_test_clock_ms() - began, 300, 20000);
    assert_int_equal(kill(supervisor, SIGCONT), 0);
    assert_int_equal(mp_result_get(result, NULL, 30000), MP_ELIMIT);
    mp_result_destroy(result);
    mp_pool_destroy(pool);
}

static void a_negative_bound_is_refused(void **state)
{
    mp_pool *pool = NULL;
    mp_task task = with_limit(mp_test_hang_task, -1);

    (void)state;
    assert_int_equal(
        mp_pool_create(&pool, &(mp_pool_options){ .limit_ms = -1 }), MP_EINVAL);
    assert_int_equal(
        mp_pool_create(&pool, &(mp_pool_options){ .grace_ms = -1 }), MP_EINVAL);
    pool = mp_test_pool(&(mp_pool_options){ .workers = 1 });
    assert_int_equal(mp_pool_apply(pool, &task, NULL, NULL, NULL), MP_EINVAL);
    task = mp_test_hang_task;
    task.retries = -1;
    assert_int_equal(mp_pool_apply(pool, &task, NULL, NULL, NULL), MP_EINVAL);
    mp_pool_destroy(pool);
}

#define on_board(name)                                                         \
    mp_test_setup_teardown(name, mp_test_board_setup, mp_test_board_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        on_board(a_run_past_its_limit_is_ended_and_says_so),
        on_board(the_clock_starts_with_the_run_and_not_in_the_queue),
        on_board(every_item_of_a_chunk_has_a_clock_of_its_own),
        on_board(a_task_without_a_limit_has_that_of_its_pool),
        on_board(waiting_for_a_slow_owner_is_off_the_clock),
        on_board(limits_fire_while_the_owner_is_away),
        on_board(limits_are_kept_to_the_millisecond),
        on_board(innocents_beside_it_are_not_hit),
        on_board(at_the_very_edge_each_item_has_one_end),
        on_board(what_the_task_has_forked_dies_with_it),
        on_board(stubborn_tasks_die_too),
        on_board(a_stopped_supervisor_does_not_stop_its_owner),
        on_board(a_negative_bound_is_refused),
    };

    return mp_run_tests(tests);
}
