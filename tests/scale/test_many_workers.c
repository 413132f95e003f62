/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_many_workers.c -- hundreds of processes under the usual limit of 1024
 * descriptors
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/pool_helpers.h"
#include "support/process_helpers.h"

#include <mp/mp.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

enum { WORKERS = 500, ITEMS = 20000, USUAL_LIMIT = 1024, PROCESSES = 200 };

/* From now on in this process and those it forks; the old limit. */
static struct rlimit limit_descriptors(int most)
{
    struct rlimit old;
    struct rlimit now;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    now = old;
    now.rlim_cur = (rlim_t)most;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
    return old;
}

static void lift(const struct rlimit *old)
{
    assert_int_equal(setrlimit(RLIMIT_NOFILE, old), 0);
}

/* Done when every worker has one of these in hand, and no sooner. Gives how
 * many descriptors the worker has. */
static int meet_all(const void *argument, void *result)
{
    (void)argument;
    (void)atomic_fetch_add(&mp_test_shared->runs[mp_task_worker_index()], 1);
    (void)atomic_fetch_add(&mp_test_shared->begun, 1);
    while (atomic_load(&mp_test_shared->begun) < WORKERS) {
        mp_test_sleep_ms(5);
    }
    *(int64_t *)result = mp_test_open_descriptors();
    return 0;
}

static const mp_task meet_task = { .run = meet_all,
                                   .result = &mp_serializer_int64,
                                   .limit_ms = MP_TEST_LONG_MS };

static void check_squares(mp_pool *pool)
{
    static int64_t numbers[ITEMS];
    static int64_t squares[ITEMS];
    int64_t i;

    mp_test_count_up(numbers, ITEMS);
    memset(squares, 0, sizeof(squares));
    assert_int_equal(mp_pool_map(pool, &mp_test_square_task, numbers, ITEMS,
                                 squares,
                                 &(mp_call_options){ .chunk_size = 1 }),
                     0);
    for (i = 0; i < ITEMS; i++) {
        assert_int_equal(squares[i], i * i);
    }
}

static void five_hundred_workers_need_no_more_descriptors_than_two(void **state)
{
    static int64_t open_in_worker[WORKERS];
    int before = mp_test_open_descriptors();
    int64_t began = mp_test_clock_ms();
    int64_t born;
    int64_t most = 0;
    struct rlimit old;
    mp_pool *pool;
    int with_pool;
    int i;

    (void)state;
    mp_test_deadline(120);
    old = limit_descriptors(USUAL_LIMIT);
    pool = mp_test_pool(&(mp_pool_options){ .workers = WORKERS });
    born = mp_test_clock_ms();
    with_pool = mp_test_open_descriptors();
    assert_int_equal(mp_pool_map(pool, &meet_task, NULL, WORKERS,
                                 open_in_worker,
                                 &(mp_call_options){ .chunk_size = 1 }),
                     0);
    for (i = 0; i < WORKERS; i++) {
        assert_int_equal(atomic_load(&mp_test_shared->runs[i]), 1);
        most = open_in_worker[i] > most ? open_in_worker[i] : most;
    }
    check_squares(pool);
    assert_int_equal(mp_test_stats(pool).ends[MP_TASK_DONE], WORKERS + ITEMS);
    assert_int_equal(mp_test_stats(pool).workers, WORKERS);
    assert_int_equal(mp_test_stats(pool).workers_lost, 0);
    mp_pool_destroy(pool);
    lift(&old);
    assert_int_equal(mp_test_open_descriptors(), before);
    print_message("%d workers: born in %lld ms, used and gone in %lld; "
                  "descriptors: %d more in the owner, up to %d in a worker\n",
                  WORKERS, (long long)(born - began),
                  (long long)(mp_test_clock_ms() - born), with_pool - before,
                  (int)most);
    assert_in_range(with_pool - before, 1, 8);
    assert_in_range(most, 1, 40);
}

/* One more descriptor at a time, until the pool can be made. */
static void too_few_descriptors_for_a_pool_is_said_at_once(void **state)
{
    int before = mp_test_open_descriptors();
    int refused = 0;
    int error = -EMFILE;
    mp_pool *pool = NULL;
    struct rlimit old;
    int64_t began;
    int more;

    (void)state;
    for (more = 0; error == -EMFILE; more++) {
        assert_in_range(more, 0, 40);
        old = limit_descriptors(before + more);
        began = mp_test_clock_ms();
        error = mp_pool_create(&pool, &(mp_pool_options){ .workers = WORKERS });
        lift(&old);
        if (error < 0) {
            assert_int_equal(error, -EMFILE);
            assert_null(pool);
            assert_in_range(mp_test_clock_ms() - began, 0, 20000);
            assert_int_equal(mp_test_open_descriptors(), before);
            refused++;
        }
    }
    assert_int_equal(error, 0);
    assert_true(refused > 0);
    print_message("refused %d times: \"%s\"\n", refused, mp_strerror(-EMFILE));
    mp_test_serves(pool);
    mp_pool_destroy(pool);
    assert_int_equal(mp_test_open_descriptors(), before);
}

static int wait_until_open(void *argument)
{
    (void)argument;
    mp_test_wait_open();
    return 0;
}

/* A child has one descriptor in its parent: those that fit run, the next one is
 * refused by name, and when one is joined there is room for another. */
static void processes_use_one_descriptor_each_and_give_it_back(void **state)
{
    enum { FIT = 100 };
    static mp_process *processes[PROCESSES];
    int before = mp_test_open_descriptors();
    struct rlimit old = limit_descriptors(before + FIT);
    int started = 0;
    int error = 0;
    int i;

    (void)state;
    while (error == 0) {
        assert_in_range(started, 0, PROCESSES - 1);
        assert_int_equal(
            mp_process_create(&processes[started], wait_until_open, NULL, NULL),
            0);
        error = mp_process_start(processes[started]);
        started += error == 0;
    }
    assert_int_equal(error, -EMFILE);
    print_message("%d processes fit %d descriptors\n", started, FIT);
    assert_in_range(started, FIT - 8, FIT + before);
    atomic_store(&mp_test_shared->open, 1);
    mp_test_finish(processes[0], 0);
    assert_int_equal(mp_process_start(processes[started]), 0);
    for (i = 1; i <= started; i++) {
        mp_test_finish(processes[i], 0);
    }
    lift(&old);
    assert_int_equal(mp_test_open_descriptors(), before);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        mp_test_setup_teardown(
            five_hundred_workers_need_no_more_descriptors_than_two,
            mp_test_board_setup, mp_test_board_teardown),
        mp_test_setup_teardown(too_few_descriptors_for_a_pool_is_said_at_once,
                               mp_test_board_setup, mp_test_board_teardown),
        mp_test_setup_teardown(
            processes_use_one_descriptor_each_and_give_it_back,
            mp_test_board_setup, mp_test_board_teardown),
    };

    return mp_run_tests(tests);
}
