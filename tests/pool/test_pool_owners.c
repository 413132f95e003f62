/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_pool_owners.c -- who may use a pool and how, and what a pool takes from
 * its host: signals, streams and descriptors as they are
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/pool_helpers.h"

#include <mp/mp.h>

#include <signal.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

static int use_foreign_pool(void *argument)
{
    mp_pool *pool = argument;
    int64_t x = 1;

    if (mp_pool_apply(pool, &mp_test_add_task, &x, &x, NULL) != MP_ESTATE ||
        mp_pool_map(pool, &mp_test_add_task, &x, 1, &x, NULL) != MP_ESTATE ||
        mp_pool_close(pool) != MP_ESTATE ||
        mp_pool_terminate(pool) != MP_ESTATE ||
        mp_pool_join(pool, 0) != MP_ESTATE ||
        mp_pool_workers(pool) != MP_ESTATE) {
        return 1;
    }
    mp_pool_destroy(pool);
    return 0;
}

static int destroy_foreign_iterator(void *iterator)
{
    if (mp_iterator_next(iterator, NULL, NULL, 0) != MP_ESTATE) {
        return 1;
    }
    mp_iterator_destroy(iterator);
    return 0;
}

static void a_forked_copy_of_an_iterator_takes_nothing_back(void **state)
{
    mp_pool *pool = mp_test_pool_of(state);
    mp_iterator *iterator = NULL;
    int64_t numbers[40] = { 100 };
    int got = 0;

    assert_int_equal(mp_pool_imap(pool, &iterator, &mp_test_sleep_task,
                                  &(mp_source){ .items = numbers, .count = 40 },
                                  &(mp_call_options){ .look_ahead = 40 }),
                     0);
    assert_int_equal(mp_test_in_child(destroy_foreign_iterator, iterator), 0);
    while (mp_iterator_next(iterator, NULL, NULL, 5000) == 1) {
        got++;
    }
    assert_int_equal(got, 40);
    mp_iterator_destroy(iterator);
    mp_pool_destroy(pool);
}

static int own_a_pool_quietly(void *workers)
{
    mp_pool *pool = NULL;
    int64_t x = 1;

    if (mp_pool_create(&pool,
                       &(mp_pool_options){ .workers = *(int *)workers }) < 0 ||
        mp_pool_apply(pool, &mp_test_add_task, &x, &x, NULL) < 0) {
        return 1;
    }
    return x == 2 ? 0 : 2; /* and leaves the pool to its exit */
}

static void an_ordinary_child_may_own_a_pool(void **state)
{
    mp_process *process = NULL;
    int status = 5;

    assert_int_equal(
        mp_process_create(&process, own_a_pool_quietly, *state, NULL), 0);
    assert_int_equal(mp_process_start(process), 0);
    assert_int_equal(mp_process_join(process, 10000), 0);
    assert_int_equal(mp_process_exit_status(process, &status), 0);
    assert_int_equal(status, 0);
    mp_process_destroy(process);
}

static void a_pool_serves_its_owner_only(void **state)
{
    mp_pool *pool = mp_test_pool_of(state);
    mp_process *process = NULL;
    int status = 5;

    assert_int_equal(mp_test_in_child(use_foreign_pool, pool), 0);
    assert_int_equal(mp_process_create(&process, use_foreign_pool, pool, NULL),
                     0);
    assert_int_equal(mp_process_start(process), 0);
    assert_int_equal(mp_process_join(process, 5000), 0);
    assert_int_equal(mp_process_exit_status(process, &status), 0);
    assert_int_equal(status, 0);
    mp_process_destroy(process);
    mp_test_serves_once(pool);
    mp_pool_destroy(pool);
}

static int own_a_pool_with_a_handler(void *workers)
{
    mp_pool *pool = NULL;
    int64_t x = 1;

    (void)signal(SIGTERM, SIG_IGN);
    (void)signal(SIGPIPE, SIG_DFL);
    if (mp_pool_create(&pool,
                       &(mp_pool_options){ .workers = *(int *)workers }) < 0 ||
        mp_pool_apply(pool, &mp_test_add_task, &x, &x, NULL) < 0 ||
        mp_pool_terminate(pool) < 0 || mp_pool_join(pool, 5000) < 0) {
        return 1;
    }
    mp_pool_destroy(pool);
    return x == 2 ? 0 : 2;
}

static void terminate_needs_no_sigterm(void **state)
{
    assert_int_equal(mp_test_in_child(own_a_pool_with_a_handler, *state), 0);
}

static int own_a_pool_without_stdio(void *workers)
{
    (void)close(0);
    (void)close(1);
    (void)close(2);
    return own_a_pool_with_a_handler(workers);
}

static void closed_standard_streams_do_not_matter(void **state)
{
    assert_int_equal(mp_test_in_child(own_a_pool_without_stdio, *state), 0);
}

static void rounds_of_pools_leave_no_descriptor(void **state)
{
    int before = mp_test_open_descriptors();
    int round;

    for (round = 0; round < 10; round++) {
        mp_pool *pool = mp_test_pool_of(state);

        mp_test_serves_once(pool);
        assert_true(mp_test_open_descriptors() <= before + 3);
        if (round % 2 == 0) {
            assert_int_equal(mp_pool_close(pool), 0);
            assert_int_equal(mp_pool_join(pool, MP_FOREVER), 0);
        }
        mp_pool_destroy(pool);
        assert_int_equal(mp_test_open_descriptors(), before);
    }
}

/* As a change of user does in an init function: from here on the kernel does
 * not end this worker with its supervisor. */
static int lose_the_parents_mark(void *unused, void **worker_state)
{
    (void)unused;
    (void)worker_state;
#ifdef __linux__
    return prctl(PR_SET_PDEATHSIG, 0);
#else
    return 0;
#endif
}

static int tell_pids(const void *argument, void *result)
{
    (void)argument;
    (void)result;
    atomic_store(&mp_test_shared->pids[1], (int)getppid());
    atomic_store(&mp_test_shared->pids[0], (int)getpid());
    return 0;
}

static const mp_task tell_task = { .run = tell_pids };

static int own_an_idle_pool(void)
{
    mp_pool *pool = NULL;

    if (mp_pool_create(
            &pool, &(mp_pool_options){ .workers = 1,
                                       .init = lose_the_parents_mark }) < 0 ||
        mp_pool_apply(pool, &tell_task, NULL, NULL, NULL) < 0) {
        return 1;
    }
    mp_test_sleep_ms(60000);
    return 2;
}

static void a_long_idle_worker_misses_its_supervisor_by_itself(void **state)
{
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        _exit(own_an_idle_pool());
    }
    while (atomic_load(&mp_test_shared->pids[0]) == 0) {
        mp_test_sleep_ms(1);
    }
    mp_test_sleep_ms(5500); /* its slices have grown to the longest */
    assert_int_equal(kill(atomic_load(&mp_test_shared->pids[1]), SIGKILL), 0);
    assert_int_equal(kill(pid, SIGKILL), 0); /* nobody is left to end it */
    assert_int_equal(mp_test_wait_for_child(pid, 5000), -SIGKILL);
    assert_true(
        mp_test_pid_is_gone(atomic_load(&mp_test_shared->pids[0]), 5000));
}

static void bad_arguments_are_named(void **state)
{
    const mp_task no_run = { .argument = &mp_serializer_int64 };
    const mp_call_options negative = { .chunk_size = -1 };
    const mp_call_options ahead = { .look_ahead = 3 };
    mp_pool *pool = NULL;
    mp_result *result = NULL;
    mp_iterator *iterator = NULL;
    int64_t x = 1;

    (void)state;
    assert_int_equal(mp_pool_create(NULL, NULL), MP_EINVAL);
    assert_int_equal(mp_pool_create(&pool, &(mp_pool_options){ .workers = -1 }),
                     MP_EINVAL);
    assert_int_equal(
        mp_pool_create(&pool, &(mp_pool_options){ .workers = 1001 }),
        MP_EINVAL);
    assert_null(pool);
    assert_int_equal(mp_pool_create(&pool, &(mp_pool_options){ .workers = 1 }),
                     0);
    assert_int_equal(mp_pool_apply(NULL, &mp_test_add_task, &x, &x, NULL),
                     MP_EINVAL);
    assert_int_equal(mp_pool_apply(pool, NULL, &x, &x, NULL), MP_EINVAL);
    assert_int_equal(mp_pool_apply(pool, &no_run, &x, &x, NULL), MP_EINVAL);
    assert_int_equal(mp_pool_apply(pool, &mp_test_add_task, NULL, &x, NULL),
                     MP_EINVAL);
    assert_int_equal(mp_pool_apply(pool, &mp_test_sleep_task, &x, &x, NULL),
                     MP_EINVAL);
    assert_int_equal(mp_pool_apply(pool, &mp_test_add_task, &x, &x, &ahead),
                     MP_EINVAL);
    assert_int_equal(mp_pool_map(pool, &mp_test_add_task, NULL, 2, &x, NULL),
                     MP_EINVAL);
    assert_int_equal(mp_pool_map(pool, &mp_test_add_task, &x, 1, &x, &negative),
                     MP_EINVAL);
    assert_int_equal(mp_pool_imap(pool, NULL, &mp_test_add_task,
                                  &(mp_source){ .items = &x, .count = 1 },
                                  NULL),
                     MP_EINVAL);
    assert_int_equal(
        mp_pool_imap(pool, &iterator, &mp_test_add_task, NULL, NULL),
        MP_EINVAL);
    assert_int_equal(mp_pool_imap(pool, &iterator, &mp_test_add_task,
                                  &(mp_source){ .count = 1 }, NULL),
                     MP_EINVAL);
    assert_int_equal(
        mp_pool_apply_async(pool, &result, &mp_test_add_task, NULL, NULL),
        MP_EINVAL);
    assert_int_equal(mp_result_get(NULL, NULL, 0), MP_EINVAL);
    assert_int_equal(mp_result_ready(NULL), MP_EINVAL);
    assert_int_equal(mp_iterator_next(NULL, NULL, NULL, 0), MP_EINVAL);
    assert_int_equal(mp_pool_join(NULL, 0), MP_EINVAL);
    assert_int_equal(mp_task_worker_index(), MP_ESTATE);
    mp_result_destroy(NULL);
    mp_iterator_destroy(NULL);
    mp_pool_destroy(NULL);
    mp_test_serves_once(pool);
    mp_pool_destroy(pool);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        MP_TEST_WITH_WORKERS(a_pool_serves_its_owner_only),
        MP_TEST_WITH_WORKERS(an_ordinary_child_may_own_a_pool),
        MP_TEST_WITH_WORKERS(a_forked_copy_of_an_iterator_takes_nothing_back),
        MP_TEST_WITH_WORKERS(terminate_needs_no_sigterm),
        MP_TEST_WITH_WORKERS(closed_standard_streams_do_not_matter),
        MP_TEST_WITH_WORKERS(rounds_of_pools_leave_no_descriptor),
        mp_test_setup_teardown(
            a_long_idle_worker_misses_its_supervisor_by_itself,
            mp_test_board_setup, mp_test_board_teardown),
        mp_test(bad_arguments_are_named),
    };

    return mp_run_tests(tests);
}
