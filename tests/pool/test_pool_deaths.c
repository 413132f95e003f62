/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_pool_deaths.c -- who dies where, and what a pool's user then sees
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

struct pids {
    volatile pid_t owner;
    volatile pid_t supervisor;
    volatile pid_t worker;
};
static struct pids *pids; /* shared, for tests that need it */

static int give_pids(const void *argument, void *result)
{
    (void)argument;
    ((int64_t *)result)[0] = getpid();
    ((int64_t *)result)[1] = getppid();
    return 0;
}

static int tell_and_sleep(const void *argument, void *result)
{
    (void)argument;
    (void)result;
    pids->supervisor = getppid();
    pids->worker = getpid();
    mp_test_sleep_ms(60000);
    return 0;
}

static int state_of_worker(const void *argument, void *result)
{
    (void)argument;
    *(int64_t *)result =
        mp_task_state() == NULL ? -1 : *(int64_t *)mp_task_state();
    return 0;
}

static const mp_serializer pair = { .name = "pair", .object_size = 16 };
static const mp_task pids_task = { .run = give_pids, .result = &pair };
static const mp_task tell_task = { .run = tell_and_sleep };
static const mp_task state_task = { .run = state_of_worker,
                                    .result = &mp_serializer_int64 };

static void idle_workers_killed_are_replaced(void **state)
{
    mp_pool *pool = mp_test_pool_of(state);
    int64_t got[2];
    int round;

    for (round = 0; round < 20; round++) {
        assert_int_equal(mp_pool_apply(pool, &pids_task, NULL, got, NULL), 0);
        assert_int_not_equal(got[0], getpid());
        assert_int_equal(kill((pid_t)got[0], SIGKILL), 0);
        mp_test_serves_once(pool);
    }
    mp_pool_destroy(pool);
}

static void the_supervisors_death_ends_all_as_broken(void **state)
{
    int64_t long_ms[20];
    mp_pool *pool = mp_test_pool_of(state);
    mp_result *result = NULL;
    mp_result *done = NULL;
    mp_iterator *iterator = NULL;
    mp_report report;
    int64_t x = 1;
    int64_t got[2];
    int64_t began;
    int i;

    for (i = 0; i < 20; i++) {
        long_ms[i] = 60000;
    }
    assert_int_equal(mp_pool_apply(pool, &pids_task, NULL, got, NULL), 0);
    assert_int_equal(
        mp_pool_apply_async(pool, &done, &mp_test_add_task, &x, NULL), 0);
    assert_int_equal(mp_result_wait(done, MP_FOREVER), 0);
    assert_int_equal(mp_pool_map_async(pool, &result, &mp_test_sleep_task,
                                       long_ms, 20, NULL),
                     0);
    assert_int_equal(mp_pool_imap(pool, &iterator, &mp_test_sleep_task,
                                  &(mp_source){ .items = long_ms, .count = 20 },
                                  NULL),
                     0);
    assert_int_equal(kill((pid_t)got[1], SIGKILL), 0);
    began = mp_test_clock_ms();
    assert_int_equal(mp_result_get(result, NULL, MP_FOREVER), MP_EBROKEN);
    assert_true(mp_test_clock_ms() - began < 2000);
    assert_int_equal(mp_result_report(result, 7, &report), 0);
    assert_int_equal(report.end, MP_TASK_BROKEN);
    assert_true(report.text[0] != '\0');
    assert_int_equal(mp_iterator_next(iterator, NULL, NULL, MP_FOREVER),
                     MP_EBROKEN);
    assert_int_equal(mp_iterator_next(iterator, NULL, NULL, MP_FOREVER), 0);
    assert_int_equal(mp_result_get(done, &x, 0), 0);
    assert_int_equal(x, 2);
    assert_int_equal(mp_pool_apply(pool, &mp_test_add_task, &x, &x, NULL),
                     MP_EBROKEN);
    assert_true(mp_test_pid_is_gone((pid_t)got[0], 5000));
    assert_int_equal(mp_pool_close(pool), 0);
    assert_int_equal(mp_pool_join(pool, 5000), 0);
    mp_iterator_destroy(iterator);
    mp_result_destroy(result);
    mp_result_destroy(done);
    mp_pool_destroy(pool);
    pool = mp_test_pool_of(state);
    mp_test_serves_once(pool);
    mp_pool_destroy(pool);
}

static int own_a_pool(void *workers)
{
    mp_pool *pool = NULL;
    int i;

    if (mp_pool_create(&pool,
                       &(mp_pool_options){ .workers = *(int *)workers }) < 0) {
        return 1;
    }
    for (i = 0; i < *(int *)workers; i++) {
        if (mp_pool_apply_async(pool, NULL, &tell_task, NULL, NULL) < 0) {
            return 2;
        }
    }
    pids->owner = getpid();
    mp_test_sleep_ms(60000);
    return 3;
}

static void make_pids(void)
{
    void *memory = NULL;

    assert_int_equal(mp_shared_create(&memory, sizeof(*pids)), 0);
    pids = memory;
}

static void workers_do_not_outlive_their_owner(void **state)
{
    pid_t pid;
    int64_t began;

    make_pids();
    pid = fork();
    if (pid == 0) {
        _exit(own_a_pool(*state));
    }
    while (pids->owner == 0 || pids->worker == 0) {
        mp_test_sleep_ms(1);
    }
    assert_int_equal(kill(pid, SIGKILL), 0);
    began = mp_test_clock_ms();
    assert_int_equal(mp_test_wait_for_child(pid, 5000), -SIGKILL);
    assert_true(mp_test_pid_is_gone(pids->worker, 5000));
    assert_true(mp_test_pid_is_gone(pids->supervisor, 5000));
    assert_true(mp_test_clock_ms() - began < 1500);
    mp_shared_destroy(pids);
}

static int leave_without_closing(void *workers)
{
    mp_pool *pool = NULL;

    if (mp_pool_create(&pool,
                       &(mp_pool_options){ .workers = *(int *)workers }) < 0 ||
        mp_pool_apply_async(pool, NULL, &tell_task, NULL, NULL) < 0) {
        return 1;
    }
    while (pids->worker == 0) {
        mp_test_sleep_ms(1);
    }
    exit(0);
}

static void a_program_that_ends_leaves_no_worker(void **state)
{
    make_pids();
    assert_int_equal(mp_test_in_child(leave_without_closing, *state), 0);
    assert_true(mp_test_pid_is_gone(pids->worker, 100));
    assert_true(mp_test_pid_is_gone(pids->supervisor, 100));
    mp_shared_destroy(pids);
}

static int init_with_state(void *argument, void **state)
{
    *state = argument;
    return 0;
}

static int init_that_fails(void *argument, void **state)
{
    (void)argument;
    (void)state;
    return mp_task_fail(ENOENT, "no licence for worker %d",
                        mp_task_worker_index());
}

static int init_that_dies(void *argument, void **state)
{
    (void)argument;
    (void)state;
    return raise(SIGKILL);
}

static void leave_mark(void *state)
{
    pids->owner = (pid_t) * (int64_t *)state;
}

static void init_and_exit_run_in_each_worker(void **state)
{
    static int64_t mark = 4711;
    mp_pool *pool = NULL;
    int64_t got = 0;

    make_pids();
    assert_int_equal(
        mp_pool_create(&pool, &(mp_pool_options){ .workers = **(int **)state,
                                                  .init = init_with_state,
                                                  .exit = leave_mark,
                                                  .argument = &mark }),
        0);
    assert_int_equal(mp_pool_apply(pool, &state_task, NULL, &got, NULL), 0);
    assert_int_equal(got, 4711);
    assert_int_equal(mp_pool_close(pool), 0);
    assert_int_equal(mp_pool_join(pool, MP_FOREVER), 0);
    assert_int_equal(pids->owner, 4711);
    mp_pool_destroy(pool);
    mp_shared_destroy(pids);
}

static void a_failing_init_breaks_the_pool_with_its_text(void **state)
{
    mp_pool *pool = NULL;
    mp_report report;
    int64_t x = 1;

    assert_int_equal(
        mp_pool_create(&pool, &(mp_pool_options){ .workers = **(int **)state,
                                                  .init = init_that_fails }),
        0);
    memset(&report, 0, sizeof(report));
    assert_int_equal(mp_pool_apply(pool, &mp_test_add_task, &x, &x,
                                   &(mp_call_options){ .report = &report }),
                     MP_EBROKEN);
    assert_non_null(strstr(report.text, "no licence for worker"));
    assert_int_equal(mp_pool_apply(pool, &mp_test_add_task, &x, &x, NULL),
                     MP_EBROKEN);
    mp_pool_destroy(pool);
    assert_int_equal(
        mp_pool_create(&pool, &(mp_pool_options){ .workers = **(int **)state,
                                                  .init = init_that_dies }),
        0);
    assert_int_equal(mp_pool_apply(pool, &mp_test_add_task, &x, &x, NULL),
                     MP_EBROKEN);
    mp_pool_destroy(pool);
}

static void a_pool_works_where_sigchld_is_ignored(void **state)
{
    struct sigaction before;
    mp_pool *pool;
    int64_t got[2];

    assert_int_equal(sigaction(SIGCHLD, NULL, &before), 0);
    (void)signal(SIGCHLD, SIG_IGN);
    pool = mp_test_pool_of(state);
    assert_int_equal(mp_pool_apply(pool, &pids_task, NULL, got, NULL), 0);
    assert_int_equal(kill((pid_t)got[0], SIGKILL), 0);
    mp_test_serves_once(pool);
    mp_pool_destroy(pool);
    assert_int_equal(sigaction(SIGCHLD, &before, NULL), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        MP_TEST_WITH_WORKERS(idle_workers_killed_are_replaced),
        MP_TEST_WITH_WORKERS(the_supervisors_death_ends_all_as_broken),
        MP_TEST_WITH_WORKERS(workers_do_not_outlive_their_owner),
        MP_TEST_WITH_WORKERS(a_program_that_ends_leaves_no_worker),
        MP_TEST_WITH_WORKERS(init_and_exit_run_in_each_worker),
        MP_TEST_WITH_WORKERS(a_failing_init_breaks_the_pool_with_its_text),
        MP_TEST_WITH_WORKERS(a_pool_works_where_sigchld_is_ignored),
    };

    return mp_run_tests(tests);
}
