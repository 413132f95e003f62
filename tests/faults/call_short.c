/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * call_short.c -- too few processes, descriptors, or memory, at a pool's start
 * and later
 */
#define _GNU_SOURCE

#include "faults/call_plan.h"
#include "faults/call_scenarios.h"
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/sanitizer.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { WORKERS = 8 };

static call_plan *plan;

static int crash(const void *argument, void *nothing)
{
    (void)argument;
    (void)nothing;
    (void)raise(SIGKILL);
    return 0;
}

static int do_nothing(const void *argument, void *nothing)
{
    (void)argument;
    (void)nothing;
    return 0;
}

static const mp_task crash_task = { .run = crash };
static const mp_task nothing_task = { .run = do_nothing };

static int make_plan(void **state)
{
    (void)state;
    plan = call_plan_create();
    call_plan_enter(plan);
    return 0;
}

static int forget_plan(void **state)
{
    (void)state;
    call_plan_destroy(plan);
    return 0;
}

/* The fixture sees what is left behind. */
static void fork_may_fail_at_any_worker(void **state)
{
    const int *errors = call_errors(CALL_FORK);

    (void)state;
    for (unsigned k = 0; k <= WORKERS; k++) {
        for (int i = 0; errors[i] != 0; i++) {
            mp_pool *pool = NULL;

            call_plan_clear(plan);
            plan->once =
                (call_failure){ .id = CALL_FORK,
                                .role = k == 0 ? ROLE_HOST : ROLE_CHILD,
                                .nth = k == 0 ? 1 : k,
                                .error = errors[i] };
            call_plan_begin();
            assert_int_equal(
                mp_pool_create(&pool, &(mp_pool_options){ .workers = WORKERS }),
                -errors[i]);
            call_plan_end();
            assert_null(pool);
            assert_int_equal(atomic_load(&plan->hits), 1);
        }
    }
}

static mp_pool *make_pool(int workers)
{
    mp_pool *pool = NULL;

    assert_int_equal(
        mp_pool_create(&pool, &(mp_pool_options){ .workers = workers }), MP_OK);
    return pool;
}

/* One of two is lost and cannot be replaced: the other does its work. */
static void a_pool_goes_on_with_the_workers_it_has(void **state)
{
    mp_pool *pool;
    int i;

    (void)state;
    call_plan_begin();
    pool = make_pool(2);
    plan->always[CALL_FORK] = EAGAIN;
    assert_int_equal(mp_pool_apply(pool, &crash_task, NULL, NULL, NULL),
                     MP_ECRASHED);
    for (i = 0; i < 20; i++) {
        assert_int_equal(mp_pool_apply(pool, &nothing_task, NULL, NULL, NULL),
                         MP_OK);
    }
    plan->always[CALL_FORK] = 0;
    mp_pool_destroy(pool);
    call_plan_end();
    assert_true(atomic_load(&plan->hits) > 0);
}

static void a_pool_without_workers_waits_for_a_fork_that_works(void **state)
{
    mp_result *handle = NULL;
    mp_pool *pool;

    (void)state;
    call_plan_begin();
    pool = make_pool(1);
    plan->always[CALL_FORK] = ENOMEM;
    assert_int_equal(mp_pool_apply(pool, &crash_task, NULL, NULL, NULL),
                     MP_ECRASHED);
    assert_int_equal(
        mp_pool_apply_async(pool, &handle, &nothing_task, NULL, NULL), MP_OK);
    assert_int_equal(mp_result_wait(handle, 300), MP_ETIMEDOUT);
    assert_true(atomic_load(&plan->hits) > 1); /* it tries again */
    plan->always[CALL_FORK] = 0;
    assert_int_equal(mp_result_get(handle, NULL, LONG_MS), MP_OK);
    mp_result_destroy(handle);
    mp_pool_destroy(pool);
    call_plan_end();
}

/* What cannot fork can be ended all the same. */
static void a_pool_that_cannot_fork_ends(void **state)
{
    mp_result *handle = NULL;
    mp_pool *pool;

    (void)state;
    call_plan_begin();
    pool = make_pool(1);
    plan->always[CALL_FORK] = EAGAIN;
    assert_int_equal(mp_pool_apply(pool, &crash_task, NULL, NULL, NULL),
                     MP_ECRASHED);
    assert_int_equal(
        mp_pool_apply_async(pool, &handle, &nothing_task, NULL, NULL), MP_OK);
    assert_int_equal(mp_pool_terminate(pool), MP_OK);
    assert_int_equal(mp_pool_join(pool, LONG_MS), MP_OK);
    assert_int_equal(mp_result_get(handle, NULL, 0), MP_ETERMINATED);
    mp_result_destroy(handle);
    mp_pool_destroy(pool);
    call_plan_end();
}

/* ---- a limit of the system ---- */

static int return_seven(void *unused)
{
    (void)unused;
    return 7;
}

static int start_one(void)
{
    mp_process *child = NULL;
    int error = call_child_start(&child, return_seven, NULL);

    return error < 0 ? error : call_child_end(child, 7, 0, __LINE__);
}

static int use_pool(void)
{
    mp_pool *pool = NULL;
    int error = mp_pool_create(&pool, &(mp_pool_options){ .workers = 3 });

    if (error >= 0) {
        error = mp_pool_apply(pool, &nothing_task, NULL, NULL, NULL);
    }
    mp_pool_destroy(pool);
    return error;
}

/* As a user that has no processes yet: a limit of n leaves n - 1 more. */
static int run_short_of_processes(void *user)
{
    struct rlimit before;
    struct rlimit limit;
    rlim_t most;
    int error = -EAGAIN;

    if (getuid() == 0 &&
        (setgroups(0, NULL) < 0 || setuid(*(const uid_t *)user) < 0)) {
        return 50;
    }
    (void)getrlimit(RLIMIT_NPROC, &before);
    for (most = 0; most < 10000 && error == -EAGAIN; most++) {
        limit = before;
        limit.rlim_cur = most;
        (void)setrlimit(RLIMIT_NPROC, &limit);
        error = use_pool();
        if (error != MP_OK && error != -EAGAIN) {
            return 1;
        }
        if (most == 0 && (error == MP_OK || start_one() != -EAGAIN)) {
            return 2;
        }
    }
    (void)setrlimit(RLIMIT_NPROC, &before);
    return error == MP_OK && start_one() == MP_OK ? 0 : 3;
}

static void without_processes_creation_fails_and_leaves_nothing(void **state)
{
    uid_t user = 54321;

    (void)state;
    assert_int_equal(mp_test_in_child(run_short_of_processes, &user), 0);
}

/* ---- a pool that lives when the limits fall ---- */

static int sum_bytes(const void *argument, void *result)
{
    const mp_bytes *bytes = argument;
    int64_t sum = 0;

    for (size_t i = 0; i < bytes->size; i++) {
        sum += ((const unsigned char *)bytes->data)[i];
    }
    *(int64_t *)result = sum;
    return 0;
}

/* From here on there is not one descriptor more, below the limit either. */
static void use_up_descriptors(struct rlimit *before)
{
    struct rlimit limit;

    (void)getrlimit(RLIMIT_NOFILE, before);
    limit = *before;
    limit.rlim_cur = (rlim_t)mp_test_open_descriptors();
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    while (dup(0) >= 0) {
        /* another gap is filled */
    }
}

/* Not one descriptor more: all goes on but what needs a new one. */
static int run_without_descriptors(void *unused)
{
    static unsigned char ones[300000];
    const mp_task task = { .run = sum_bytes,
                           .argument = &mp_serializer_bytes,
                           .result = &mp_serializer_int64,
                           .limit_ms = LONG_MS };
    mp_bytes bytes = { ones, sizeof(ones) };
    struct rlimit before;
    mp_queue *queue = NULL;
    mp_pool *pool = NULL;
    int64_t sum = 0;
    int result = 0;

    (void)unused;
    memset(ones, 1, sizeof(ones));
    MAKE(queue, mp_queue_create(&queue, NULL));
    MAKE(pool, mp_pool_create(&pool, &(mp_pool_options){ .workers = 2 }));
    use_up_descriptors(&before);
    TRY(mp_pool_apply(pool, &task, &bytes, &sum, NULL));
    WANT(sum == (int64_t)sizeof(ones));
    WANT(mp_pool_apply(pool, &crash_task, NULL, NULL, NULL) == MP_ECRASHED);
    TRY(mp_pool_apply(pool, &nothing_task, NULL, NULL, NULL));
    TRY(mp_queue_put_bytes(queue, "x", 1, 0));
    WANT(start_one() == -EMFILE);
    TRY(mp_pool_descriptor(pool));
    (void)setrlimit(RLIMIT_NOFILE, &before);
    WANT(start_one() == 0);

done:
    mp_pool_destroy(pool);
    mp_queue_destroy(queue);
    if (result != 0) {
        (void)dprintf(STDERR_FILENO, "line %d\n", result);
    }
    return result == 0 ? 0 : 1;
}

static void a_pool_needs_no_further_descriptor(void **state)
{
    (void)state;
    assert_int_equal(mp_test_in_child(run_without_descriptors, NULL), 0);
}

/* No address space in the owner: its calls say so or work, and the pool is
 * none the worse. */
static int run_without_memory(void *unused)
{
    static unsigned char ones[300000];
    static int64_t sums[20000];
    static mp_bytes many[20000];
    const mp_task task = { .run = sum_bytes,
                           .argument = &mp_serializer_bytes,
                           .result = &mp_serializer_int64 };
    mp_bytes bytes = { ones, sizeof(ones) };
    struct rlimit before;
    struct rlimit limit;
    mp_pool *pool = NULL;
    mp_pool_stats stats;
    int error;
    int result = 0;

    (void)unused;
    for (size_t i = 0; i < 20000; i++) {
        many[i] = (mp_bytes){ ones, 1000 };
    }
    (void)getrlimit(RLIMIT_AS, &before);
    limit = before;
    limit.rlim_cur = 1024 * 1024; /* less than it has already */
    MAKE(pool, mp_pool_create(&pool, &(mp_pool_options){ .workers = 2 }));
    (void)setrlimit(RLIMIT_AS, &limit);
    error = mp_pool_apply(pool, &task, &bytes, sums, NULL);
    WANT(error == MP_OK || error == MP_ENOMEM);
    error = mp_pool_map(pool, &task, many, 20000, sums, NULL);
    WANT(error == MP_OK || error == MP_ENOMEM);
    (void)setrlimit(RLIMIT_AS, &before);
    TRY(mp_pool_apply(pool, &task, &bytes, sums, NULL));
    TRY(mp_pool_get_stats(pool, &stats));
    WANT(stats.ends[MP_TASK_PENDING] + stats.ends[MP_TASK_RUNNING] == 0);

done:
    mp_pool_destroy(pool);
    return result == 0 ? 0 : 1;
}

static void an_owner_without_memory_keeps_its_pool(void **state)
{
    (void)state;
    if (MP_TEST_WATCHED) {
        mp_test_skip("a sanitizer needs more address space than that");
    }
    assert_int_equal(mp_test_in_child(run_without_memory, NULL), 0);
}

int main(void)
{
#define planned(test) mp_test_setup_teardown(test, make_plan, forget_plan)
    static const struct CMUnitTest tests[] = {
        planned(fork_may_fail_at_any_worker),
        planned(a_pool_goes_on_with_the_workers_it_has),
        planned(a_pool_without_workers_waits_for_a_fork_that_works),
        planned(a_pool_that_cannot_fork_ends),
        mp_test(without_processes_creation_fails_and_leaves_nothing),
        mp_test(a_pool_needs_no_further_descriptor),
        mp_test(an_owner_without_memory_keeps_its_pool),
    };

    return mp_run_tests(tests);
}
