/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_pools.c -- rows PL-01 to PL-09: what a pool is
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/process_helpers.h"

#include <mp/mp.h>

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define LONG_MS 20000

/* What tasks and tests tell each other; made before the pool. */
struct board {
    _Atomic int inits;
};

static mp_pool *pool;
static struct board *board;
static mp_semaphore *gate;

static int make_board(void **state)
{
    void *memory;

    (void)state;
    if (mp_shared_create(&memory, sizeof(*board)) < 0 ||
        mp_semaphore_create(&gate, 0, 0) < 0) {
        return 1;
    }
    board = memory;
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    mp_pool_destroy(pool);
    pool = NULL;
    mp_semaphore_destroy(gate);
    mp_shared_destroy(board);
    return 0;
}

static void open_pool(int workers)
{
    mp_pool_options options = { .workers = workers };

    assert_int_equal(mp_pool_create(&pool, &options), MP_OK);
}

static int square(const void *argument, void *result)
{
    int64_t x = *(const int64_t *)argument;

    *(int64_t *)result = x * x;
    return 0;
}

static int pid_of_worker(const void *argument, void *result)
{
    (void)argument;
    mp_test_sleep_ms(2); /* so that all workers get some */
    *(int64_t *)result = getpid();
    return 0;
}

static int wait_at_gate(const void *argument, void *result)
{
    (void)argument;
    (void)result;
    return mp_semaphore_acquire(gate, LONG_MS) == MP_OK ? 0 : 1;
}

static const mp_task square_task = { .run = square,
                                     .argument = &mp_serializer_int64,
                                     .result = &mp_serializer_int64 };
static const mp_task pid_task = { .run = pid_of_worker,
                                  .argument = &mp_serializer_int64,
                                  .result = &mp_serializer_int64 };
static const mp_task gate_task = { .run = wait_at_gate };

static size_t distinct_pids(size_t count)
{
    int64_t *numbers = calloc(count, sizeof(*numbers));
    int64_t *pids = calloc(count, sizeof(*pids));
    mp_call_options options = { .chunk_size = 1 };
    size_t distinct = 0;
    size_t i;
    size_t j;

    assert_int_equal(
        mp_pool_map(pool, &pid_task, numbers, count, pids, &options), MP_OK);
    for (i = 0; i < count; i++) {
        assert_int_not_equal(pids[i], getpid());
        for (j = 0; j < i && pids[j] != pids[i]; j++) {
            /* look on */
        }
        distinct += j == i;
    }
    free(numbers);
    free(pids);
    return distinct;
}

static void PL_01_a_pool_has_as_many_workers_as_asked(void **state)
{
    mp_pool_stats stats;

    (void)state;
    assert_int_equal(unsetenv("LIBMP_WORKERS"), 0);
    assert_int_equal(mp_pool_create(&pool, NULL), MP_OK);
    assert_int_equal(mp_pool_workers(pool), sysconf(_SC_NPROCESSORS_ONLN));
    mp_pool_destroy(pool);
    open_pool(3);
    assert_int_equal(mp_pool_workers(pool), 3);
    assert_int_equal(mp_pool_get_stats(pool, &stats), MP_OK);
    assert_int_equal(stats.workers, 3);
    assert_int_equal(distinct_pids(100), 3);
}

/* With room for some processes but not for all of a pool. */
static int create_without_room(void *argument)
{
    struct rlimit few = { 0, 0 };
    mp_pool_options options = { .workers = 40 };
    mp_pool *none = NULL;
    int descriptors = mp_test_open_descriptors();
    int error;

    (void)argument;
    if (getuid() == 0 && setuid(64321) < 0) {
        return 2; /* root may always fork */
    }
    (void)getrlimit(RLIMIT_NPROC, &few);
    few.rlim_cur = 20;
    if (setrlimit(RLIMIT_NPROC, &few) < 0) {
        return 3;
    }
    error = mp_pool_create(&none, &options);
    if (error != -EAGAIN || none != NULL ||
        mp_test_open_descriptors() != descriptors) {
        return 4;
    }
    return waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD ? 0 : 5;
}

static void PL_03_a_failed_creation_leaves_no_worker(void **state)
{
    (void)state;
    assert_int_equal(mp_test_in_child(create_without_room, NULL), 0);
}

static int count_init(void *argument, void **state)
{
    *state = argument;
    atomic_fetch_add(&board->inits, 1);
    return 0;
}

static int check_state(const void *argument, void *result)
{
    (void)argument;
    *(int64_t *)result = mp_task_state() == board;
    return 0;
}

static int die(const void *argument, void *result)
{
    (void)argument;
    (void)result;
    (void)raise(SIGKILL);
    return 0;
}

static void PL_04_init_runs_once_in_each_worker_also_in_new_ones(void **state)
{
    static const mp_task check = { .run = check_state,
                                   .result = &mp_serializer_int64 };
    static const mp_task deadly = { .run = die };
    mp_pool_options options = { .workers = 3,
                                .init = count_init,
                                .argument = board };
    int64_t ready = 0;

    (void)state;
    assert_int_equal(mp_pool_create(&pool, &options), MP_OK);
    assert_int_equal(distinct_pids(100), 3);
    assert_int_equal(atomic_load(&board->inits), 3);
    assert_int_equal(mp_pool_apply(pool, &deadly, NULL, NULL, NULL),
                     MP_ECRASHED);
    assert_int_equal(mp_pool_apply(pool, &check, NULL, &ready, NULL), MP_OK);
    assert_int_equal(ready, 1);
    assert_int_equal(distinct_pids(100), 3);
    assert_int_equal(atomic_load(&board->inits), 4);
}

static int fail_init(void *argument, void **state)
{
    (void)argument;
    (void)state;
    atomic_fetch_add(&board->inits, 1);
    return mp_task_fail(5, "no database");
}

static void PL_05_a_failing_init_breaks_the_pool(void **state)
{
    mp_pool_options options = { .workers = 2, .init = fail_init };
    mp_report report;
    mp_call_options with_report = { .report = &report };

    (void)state;
    assert_int_equal(mp_pool_create(&pool, &options), MP_OK);
    assert_int_equal(mp_pool_apply(pool, &gate_task, NULL, NULL, &with_report),
                     MP_EBROKEN);
    assert_string_equal(report.text, "no database");
    assert_int_equal(mp_pool_apply(pool, &gate_task, NULL, NULL, NULL),
                     MP_EBROKEN);
    assert_in_range(atomic_load(&board->inits), 1, 2);
}

static int make_pool(const void *argument, void *result)
{
    mp_pool *inner = NULL;

    (void)argument;
    (void)result;
    return -mp_pool_create(&inner, NULL);
}

static int use_pool_in_child(void *argument)
{
    int64_t number = 12;

    (void)argument;
    mp_pool *own = NULL;

    if (mp_pool_create(&own, &(mp_pool_options){ .workers = 2 }) < 0 ||
        mp_pool_apply(own, &square_task, &number, &number, NULL) < 0) {
        return 1;
    }
    mp_pool_destroy(own);
    return number == 144 ? 0 : 2;
}

static void PL_07_pools_live_in_children_but_not_in_workers(void **state)
{
    static const mp_task nested = { .run = make_pool };
    mp_report report;
    mp_call_options options = { .report = &report };

    (void)state;
    mp_test_finish(mp_test_start(use_pool_in_child, NULL, NULL), 0);
    open_pool(1);
    assert_int_equal(mp_pool_apply(pool, &nested, NULL, NULL, &options),
                     MP_EFAILED);
    assert_int_equal(report.code, -MP_ESTATE);
}

static int use_foreign_pool(void *argument)
{
    int64_t number = 2;

    (void)argument;
    return mp_pool_apply(pool, &square_task, &number, &number, NULL) ==
                       MP_ESTATE &&
                   mp_pool_close(pool) == MP_ESTATE &&
                   mp_pool_step(pool) == MP_ESTATE
               ? 0
               : 1;
}

static void PL_08_a_pool_serves_its_owner_only(void **state)
{
    int64_t number = 3;

    (void)state;
    open_pool(1);
    mp_test_finish(mp_test_start(use_foreign_pool, NULL, NULL), 0);
    assert_int_equal(mp_test_in_child(use_foreign_pool, NULL), 0);
    assert_int_equal(mp_pool_apply(pool, &square_task, &number, &number, NULL),
                     MP_OK);
    assert_int_equal(number, 9);
}

static void PL_09_apply_waits_and_apply_async_does_not(void **state)
{
    mp_result *result = NULL;
    int64_t number = 7;

    (void)state;
    open_pool(1);
    assert_int_equal(mp_pool_apply(pool, &square_task, &number, &number, NULL),
                     MP_OK);
    assert_int_equal(number, 49);
    assert_int_equal(mp_pool_apply_async(pool, &result, &gate_task, NULL, NULL),
                     MP_OK);
    assert_int_equal(mp_result_ready(result), 0); /* the gate is shut */
    assert_int_equal(mp_semaphore_release(gate), MP_OK);
    assert_int_equal(mp_result_get(result, NULL, LONG_MS), MP_OK);
    mp_result_destroy(result);
}

#define ROW(name) mp_test_setup_teardown(name, make_board, close_all)

static const struct CMUnitTest tests[] = {
    ROW(PL_01_a_pool_has_as_many_workers_as_asked),
    ROW(PL_03_a_failed_creation_leaves_no_worker),
    ROW(PL_04_init_runs_once_in_each_worker_also_in_new_ones),
    ROW(PL_05_a_failing_init_breaks_the_pool),
    ROW(PL_07_pools_live_in_children_but_not_in_workers),
    ROW(PL_08_a_pool_serves_its_owner_only),
    ROW(PL_09_apply_waits_and_apply_async_does_not),
};

int main(void)
{
    return mp_run_tests(tests);
}
