/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_pool_ends.c -- rows PL-56 to PL-68, MX-15 and MX-21: how pools end
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/ignore.h"
#include "support/process_helpers.h"
#include "support/sanitizer.h"

#include <mp/mp.h>

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LONG_MS 20000

/* Who the workers are; made before the pool. */
struct board {
    _Atomic int pids[8]; /* by worker index */
    _Atomic int busy;
};

static mp_pool *pool;
static struct board *board;

static int tell_pid(void *argument, void **state)
{
    (void)argument;
    (void)state;
    atomic_store(&board->pids[mp_task_worker_index()], (int)getpid());
    return 0;
}

static int create_pool(int workers)
{
    mp_pool_options options = { .workers = workers, .init = tell_pid };

    return mp_pool_create(&pool, &options);
}

static int open_pool(void **state)
{
    void *memory;

    (void)state;
    if (mp_shared_create(&memory, sizeof(*board)) < 0) {
        return 1;
    }
    board = memory;
    return create_pool(2) < 0;
}

static int close_pool(void **state)
{
    (void)state;
    mp_pool_destroy(pool);
    pool = NULL;
    mp_shared_destroy(board);
    return 0;
}

/* No worker is left, not even as a zombie. */
static void expect_no_worker(int within_ms)
{
    int i;

    for (i = 0; i < 8; i++) {
        pid_t pid = (pid_t)atomic_load(&board->pids[i]);

        assert_true(pid == 0 || mp_test_pid_is_gone(pid, within_ms));
    }
}

static void wait_for_workers(int count)
{
    int64_t end = mp_test_clock_ms() + LONG_MS;
    int i;

    for (i = 0; i < count; i++) {
        while (atomic_load(&board->pids[i]) == 0 && mp_test_clock_ms() < end) {
            mp_test_sleep_ms(1);
        }
        assert_true(atomic_load(&board->pids[i]) != 0);
    }
}

static int square(const void *argument, void *result)
{
    int64_t x = *(const int64_t *)argument;

    *(int64_t *)result = x * x;
    return 0;
}

static int nap(const void *argument, void *result)
{
    (void)result;
    atomic_fetch_add(&board->busy, 1);
    mp_test_sleep_ms((int)*(const int64_t *)argument);
    return 0;
}

static const mp_task square_task = { .run = square,
                                     .argument = &mp_serializer_int64,
                                     .result = &mp_serializer_int64 };
static const mp_task nap_task = { .run = nap,
                                  .argument = &mp_serializer_int64 };

static int64_t minute = 60000;

static void expect_refusals(int error)
{
    mp_source source = { .items = &minute, .count = 1 };
    mp_iterator *iterator = NULL;
    mp_result *result = NULL;

    assert_int_equal(mp_pool_apply(pool, &nap_task, &minute, NULL, NULL),
                     error);
    assert_int_equal(
        mp_pool_apply_async(pool, &result, &nap_task, &minute, NULL), error);
    assert_int_equal(mp_pool_map(pool, &nap_task, NULL, 0, NULL, NULL), error);
    assert_int_equal(mp_pool_map_async(pool, &result, &nap_task, NULL, 0, NULL),
                     error);
    assert_int_equal(mp_pool_imap(pool, &iterator, &nap_task, &source, NULL),
                     error);
    assert_int_equal(
        mp_pool_imap_unordered(pool, &iterator, &nap_task, &source, NULL),
        error);
    assert_null(result);
    assert_null(iterator);
}

static void PL_56_after_close_nothing_is_accepted(void **state)
{
    (void)state;
    assert_int_equal(mp_pool_close(pool), MP_OK);
    expect_refusals(MP_ECLOSED);
    assert_int_equal(mp_pool_join(pool, LONG_MS), MP_OK);
    expect_refusals(MP_ECLOSED);
}

static void PL_57_close_lets_all_finish(void **state)
{
    static mp_result *results[3000];
    int64_t value;
    int64_t i;

    (void)state;
    for (i = 0; i < 3000; i++) {
        assert_int_equal(
            mp_pool_apply_async(pool, &results[i], &square_task, &i, NULL),
            MP_OK);
    }
    assert_int_equal(mp_pool_close(pool), MP_OK); /* does not wait */
    assert_int_equal(mp_pool_join(pool, MP_FOREVER), MP_OK);
    for (i = 0; i < 3000; i++) {
        assert_int_equal(mp_result_get(results[i], &value, 0), MP_OK);
        assert_int_equal(value, i * i);
        mp_result_destroy(results[i]);
    }
}

static void PL_58_join_needs_an_end_and_all_can_be_repeated(void **state)
{
    int i;

    (void)state;
    assert_int_equal(mp_pool_join(pool, MP_FOREVER), MP_ESTATE);
    for (i = 0; i < 2; i++) {
        assert_int_equal(mp_pool_close(pool), MP_OK);
        assert_int_equal(mp_pool_join(pool, LONG_MS), MP_OK);
        assert_int_equal(mp_pool_terminate(pool), MP_OK);
        assert_int_equal(mp_pool_join(pool, MP_FOREVER), MP_OK);
        assert_int_equal(mp_pool_join(pool, 0), MP_OK);
    }
}

static void PL_59_terminate_is_prompt_with_ten_thousand_tasks(void **state)
{
    int64_t before;
    int i;

    (void)state;
    for (i = 0; i < 10000; i++) {
        assert_int_equal(
            mp_pool_apply_async(pool, NULL, &nap_task, &minute, NULL), MP_OK);
    }
    wait_for_workers(2);
    before = mp_test_clock_ms();
    assert_int_equal(mp_pool_terminate(pool), MP_OK);
    assert_int_equal(mp_pool_join(pool, LONG_MS), MP_OK);
    assert_true(mp_test_clock_ms() - before < 5000);
    expect_no_worker(0);
}

static int give_much(const void *argument, void *result)
{
    mp_bytes *bytes = result;

    (void)argument;
    bytes->data = calloc(1, 100000);
    bytes->size = 100000;
    return 0;
}

static void PL_59_terminate_is_prompt_with_results_nobody_reads(void **state)
{
    static const mp_task task = { .run = give_much,
                                  .result = &mp_serializer_bytes };
    int64_t before;
    int i;

    (void)state;
    for (i = 0; i < 200; i++) {
        assert_int_equal(mp_pool_apply_async(pool, NULL, &task, NULL, NULL),
                         MP_OK);
    }
    mp_test_sleep_ms(100); /* they fill what there is to fill */
    before = mp_test_clock_ms();
    assert_int_equal(mp_pool_terminate(pool), MP_OK);
    assert_int_equal(mp_pool_join(pool, LONG_MS), MP_OK);
    assert_true(mp_test_clock_ms() - before < 5000);
    expect_no_worker(0);
}

static void PL_60_what_is_pending_ends_with_an_error(void **state)
{
    static const int64_t naps[3] = { 60000, 60000, 60000 };
    mp_source source = { .items = naps, .count = 3 };
    mp_iterator *iterator = NULL;
    mp_result *one = NULL;
    mp_result *map = NULL;
    mp_report report;

    (void)state;
    assert_int_equal(mp_pool_apply_async(pool, &one, &nap_task, &minute, NULL),
                     MP_OK);
    assert_int_equal(mp_pool_map_async(pool, &map, &nap_task, naps, 3, NULL),
                     MP_OK);
    assert_int_equal(mp_pool_imap(pool, &iterator, &nap_task, &source, NULL),
                     MP_OK);
    assert_int_equal(mp_pool_terminate(pool), MP_OK);
    assert_int_equal(mp_result_get(one, NULL, MP_FOREVER), MP_ETERMINATED);
    assert_int_equal(mp_result_get(map, NULL, MP_FOREVER), MP_ETERMINATED);
    assert_int_equal(mp_result_successful(map), 0);
    assert_int_equal(mp_result_report(map, 2, &report), MP_OK);
    assert_int_equal(report.end, MP_TASK_TERMINATED);
    assert_int_equal(mp_iterator_next(iterator, NULL, NULL, MP_FOREVER),
                     MP_ETERMINATED);
    assert_int_equal(mp_iterator_next(iterator, NULL, NULL, MP_FOREVER), 0);
    mp_result_destroy(one);
    mp_result_destroy(map);
    mp_iterator_destroy(iterator);
}

static void do_nothing(int number)
{
    (void)number;
}

static void PL_61_a_hosts_sigterm_handler_does_not_save_workers(void **state)
{
    struct sigaction action = { .sa_handler = do_nothing };
    struct sigaction before;

    (void)state;
    mp_pool_destroy(pool);
    assert_int_equal(sigaction(SIGTERM, &action, &before), 0);
    assert_int_equal(create_pool(2), MP_OK);
    assert_int_equal(mp_pool_apply_async(pool, NULL, &nap_task, &minute, NULL),
                     MP_OK);
    wait_for_workers(2);
    assert_int_equal(mp_pool_terminate(pool), MP_OK);
    assert_int_equal(mp_pool_join(pool, LONG_MS), MP_OK);
    expect_no_worker(0);
    assert_int_equal(sigaction(SIGTERM, &before, NULL), 0);
}

static void PL_62_destroy_ends_and_reaps_all(void **state)
{
    mp_result *result = NULL;

    (void)state;
    assert_int_equal(
        mp_pool_apply_async(pool, &result, &nap_task, &minute, NULL), MP_OK);
    wait_for_workers(2);
    mp_pool_destroy(pool);
    pool = NULL;
    expect_no_worker(0);
    assert_int_equal(mp_result_get(result, NULL, MP_FOREVER), MP_ETERMINATED);
    mp_result_destroy(result);
}

/* A program that leaves a pool behind with much to do. */
static int leave_pool(void *argument)
{
    int i;

    (void)argument;
    if (create_pool(2) < 0) {
        return 1;
    }
    for (i = 0; i < 10; i++) {
        ignore(mp_pool_apply_async(pool, NULL, &nap_task, &minute, NULL));
    }
    while (atomic_load(&board->busy) < 2) {
        mp_test_sleep_ms(1);
    }
    exit(0);
}

static void PL_65_a_program_that_ends_leaves_no_worker(void **state)
{
    int64_t before = mp_test_clock_ms();

    (void)state;
    mp_pool_destroy(pool);
    pool = NULL;
    memset(board, 0, sizeof(*board));
    assert_int_equal(mp_test_in_child(leave_pool, NULL), 0);
    assert_true(mp_test_clock_ms() - before < 10000);
    expect_no_worker(5000);
}

static void PL_67_after_join_nothing_is_left(void **state)
{
    int64_t number = 4;
    int before;
    int i;

    (void)state;
    mp_pool_destroy(pool);
    pool = NULL;
    before = mp_test_open_descriptors();
    for (i = 0; i < 10; i++) {
        assert_int_equal(create_pool(2), MP_OK);
        assert_int_equal(mp_pool_apply(pool, &square_task, &number, NULL, NULL),
                         MP_OK);
        assert_int_equal(mp_pool_close(pool), MP_OK);
        assert_int_equal(mp_pool_join(pool, LONG_MS), MP_OK);
        expect_no_worker(0);
        mp_pool_destroy(pool);
        pool = NULL;
        assert_int_equal(mp_test_open_descriptors(), before);
    }
}

/* Resident pages of this process, or 0 where that cannot be known. */
static long resident_pages(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long pages = 0;

    if (file != NULL) {
        if (fscanf(file, "%*d %ld", &pages) != 1) {
            pages = 0;
        }
        (void)fclose(file);
    }
    return pages;
}

static void run_much(void)
{
    static const mp_task task = { .run = give_much,
                                  .result = &mp_serializer_bytes };
    mp_result *result = NULL;
    mp_bytes bytes;
    int i;

    for (i = 0; i < 200; i++) {
        assert_int_equal(mp_pool_apply(pool, &task, NULL, &bytes, NULL), MP_OK);
        mp_serializer_release(&mp_serializer_bytes, &bytes, 1);
        assert_int_equal(mp_pool_apply_async(pool, &result, &task, NULL, NULL),
                         MP_OK);
        mp_result_destroy(result); /* dropped */
    }
}

static void PL_68_long_runs_do_not_grow(void **state)
{
    long before;
    int i;

    (void)state;
    for (i = 0; i < 3; i++) {
        run_much();
    }
    before = resident_pages();
    if (before == 0 || MP_TEST_WATCHED) {
        mp_test_skip("there is no /proc, or a sanitizer keeps freed memory");
    }
    for (i = 0; i < 6; i++) {
        run_much();
    }
    /* 240 MB went through: a hundredth of it kept would show. */
    assert_true((resident_pages() - before) * sysconf(_SC_PAGESIZE) < 2400000);
}

static void MX_15_sigint_to_the_group_does_not_stop_an_end(void **state)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    struct sigaction before;
    int64_t naps[4] = { 60000, 60000, 60000, 60000 };
    mp_result *result = NULL;

    (void)state;
    assert_int_equal(mp_pool_map_async(pool, &result, &nap_task, naps, 4, NULL),
                     MP_OK);
    wait_for_workers(2);
    assert_int_equal(sigaction(SIGINT, &ignore, &before), 0);
    assert_int_equal(setpgid(0, 0), 0);
    assert_int_equal(kill(0, SIGINT), 0); /* as a terminal would */
    assert_int_equal(kill((pid_t)atomic_load(&board->pids[0]), SIGINT), 0);
    assert_int_equal(mp_pool_terminate(pool), MP_OK);
    assert_int_equal(mp_pool_join(pool, LONG_MS), MP_OK);
    assert_true(mp_result_get(result, NULL, 0) < 0);
    mp_result_destroy(result);
    assert_int_equal(sigaction(SIGINT, &before, NULL), 0);
    expect_no_worker(0);
}

static int own_pool(void *argument)
{
    int64_t ms = *(int64_t *)argument;

    if (create_pool(2) < 0) {
        return 1;
    }
    ignore(mp_pool_apply_async(pool, NULL, &nap_task, &ms, NULL));
    mp_test_sleep_ms(60000);
    return 0;
}

static void kill_owner(int64_t ms)
{
    mp_process *owner;

    memset(board, 0, sizeof(*board));
    owner = mp_test_start(own_pool, &ms, NULL);
    wait_for_workers(2);
    while (atomic_load(&board->busy) == 0) {
        mp_test_sleep_ms(1);
    }
    assert_int_equal(mp_process_kill(owner), MP_OK);
    mp_test_finish(owner, -SIGKILL);
    expect_no_worker(5000);
}

static void MX_21_workers_do_not_outlive_their_owner(void **state)
{
    (void)state;
    mp_pool_destroy(pool);
    pool = NULL;
    kill_owner(0);     /* idle */
    kill_owner(60000); /* one is busy */
}

#define ROW(name) mp_test_setup_teardown(name, open_pool, close_pool)

static const struct CMUnitTest tests[] = {
    ROW(PL_56_after_close_nothing_is_accepted),
    ROW(PL_57_close_lets_all_finish),
    ROW(PL_58_join_needs_an_end_and_all_can_be_repeated),
    ROW(PL_59_terminate_is_prompt_with_ten_thousand_tasks),
    ROW(PL_59_terminate_is_prompt_with_results_nobody_reads),
    ROW(PL_60_what_is_pending_ends_with_an_error),
    ROW(PL_61_a_hosts_sigterm_handler_does_not_save_workers),
    ROW(PL_62_destroy_ends_and_reaps_all),
    ROW(PL_65_a_program_that_ends_leaves_no_worker),
    ROW(PL_67_after_join_nothing_is_left),
    ROW(PL_68_long_runs_do_not_grow),
    ROW(MX_15_sigint_to_the_group_does_not_stop_an_end),
    ROW(MX_21_workers_do_not_outlive_their_owner),
};

int main(void)
{
    return mp_run_tests(tests);
}
