/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * call_forked.c -- forks and execs behind the library's back
 */
#define _GNU_SOURCE

#include "faults/call_scenarios.h"
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/ignore.h"
#include "support/process_helpers.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct kit {
    mp_lock *lock;
    mp_queue *queue;
    mp_pool *pool;
    mp_event *reached;
} kit;

static int double_it(const void *argument, void *result)
{
    *(int64_t *)result = *(const int64_t *)argument * 2;
    return 0;
}

static const mp_task double_task = { .run = double_it,
                                     .argument = &mp_serializer_int64,
                                     .result = &mp_serializer_int64 };

static int make_kit(void **state)
{
    (void)state;
    memset(&kit, 0, sizeof(kit));
    return mp_lock_create(&kit.lock) < 0 ||
           mp_queue_create(&kit.queue, NULL) < 0 ||
           mp_event_create(&kit.reached) < 0 ||
           mp_pool_create(&kit.pool, &(mp_pool_options){ .workers = 2 }) < 0;
}

static int destroy_kit(void **state)
{
    (void)state;
    mp_pool_destroy(kit.pool);
    mp_queue_destroy(kit.queue);
    mp_lock_destroy(kit.lock);
    mp_event_destroy(kit.reached);
    return 0;
}

static void check_pool(void)
{
    int64_t numbers[20];
    int64_t doubled[20];

    for (int i = 0; i < 20; i++) {
        numbers[i] = i;
    }
    assert_int_equal(
        mp_pool_map(kit.pool, &double_task, numbers, 20, doubled, NULL), 0);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(doubled[i], 2 * i);
    }
}

/* ---- forked by the host ---- */

static int use_as_fork(void *unused)
{
    char byte = 0;
    size_t size = 0;
    int64_t number = 1;

    (void)unused;
    return mp_queue_get_bytes(kit.queue, &byte, 1, &size, LONG_MS) == 0 &&
                   byte == 'a' &&
                   mp_queue_put_bytes(kit.queue, "b", 1, LONG_MS) == 0 &&
                   mp_lock_acquire(kit.lock, LONG_MS) >= 0 &&
                   mp_lock_release(kit.lock) == 0 &&
                   mp_pool_apply(kit.pool, &double_task, &number, &number,
                                 NULL) == MP_ESTATE &&
                   mp_pool_step(kit.pool) == MP_ESTATE && number == 1
               ? 0
               : 1;
}

static void a_plain_fork_uses_objects_and_not_the_pool(void **state)
{
    char byte = 0;
    size_t size = 0;

    (void)state;
    assert_int_equal(mp_queue_put_bytes(kit.queue, "a", 1, LONG_MS), 0);
    assert_int_equal(mp_test_in_child(use_as_fork, NULL), 0);
    assert_int_equal(mp_queue_get_bytes(kit.queue, &byte, 1, &size, LONG_MS),
                     0);
    assert_int_equal(byte, 'b');
    check_pool();
}

static int hold_and_die(void *unused)
{
    (void)unused;
    ignore(mp_queue_put_bytes(kit.queue, "c", 1, LONG_MS));
    ignore(mp_lock_acquire(kit.lock, LONG_MS));
    return raise(SIGKILL);
}

static void a_killed_fork_leaves_nothing_locked(void **state)
{
    char byte = 0;
    size_t size = 0;

    (void)state;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(mp_test_in_child(hold_and_die, NULL), -SIGKILL);
        assert_int_equal(mp_lock_acquire(kit.lock, LONG_MS), MP_OWNERDEAD);
        assert_int_equal(mp_lock_release(kit.lock), 0);
        assert_int_equal(
            mp_queue_get_bytes(kit.queue, &byte, 1, &size, LONG_MS), 0);
    }
    check_pool();
}

/* A fork that lives on has copies of all the owner's descriptors; they keep
 * neither the pool of a dead owner alive nor a dead supervisor. */
struct story {
    pid_t owner;
    pid_t lingering;
    pid_t supervisor;
};

static int tell_parent(const void *argument, void *result)
{
    (void)argument;
    *(int64_t *)result = getppid();
    return 0;
}

static const mp_task parent_task = { .run = tell_parent,
                                     .result = &mp_serializer_int64 };

static pid_t linger(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        for (;;) {
            (void)pause();
        }
    }
    return pid;
}

static int own_and_die(void *argument)
{
    struct story *story = argument;
    mp_pool *pool = NULL;
    int64_t supervisor = 0;

    if (mp_pool_create(&pool, &(mp_pool_options){ .workers = 2 }) < 0 ||
        mp_pool_apply(pool, &parent_task, NULL, &supervisor, NULL) < 0) {
        return 1;
    }
    story->supervisor = (pid_t)supervisor;
    story->lingering = linger();
    return raise(SIGKILL);
}

static void a_lingering_fork_keeps_no_pool_alive(void **state)
{
    struct story *story = NULL;

    (void)state;
    assert_int_equal(mp_shared_create((void **)&story, sizeof(*story)), 0);
    assert_int_equal(mp_test_in_child(own_and_die, story), -SIGKILL);
    assert_true(story->supervisor > 0);
    assert_true(mp_test_pid_is_gone(story->supervisor, LONG_MS));
    assert_int_equal(kill(story->lingering, SIGKILL), 0);
    assert_true(mp_test_pid_is_gone(story->lingering, LONG_MS));
    mp_shared_destroy(story);
}

static void a_lingering_fork_hides_no_dead_supervisor(void **state)
{
    int64_t supervisor = 0;
    int64_t number = 1;
    int64_t end_ms = mp_test_clock_ms() + LONG_MS;
    pid_t lingering;
    int error;

    (void)state;
    assert_int_equal(
        mp_pool_apply(kit.pool, &parent_task, NULL, &supervisor, NULL), 0);
    lingering = linger();
    assert_int_equal(kill((pid_t)supervisor, SIGKILL), 0);
    do { /* a worker may be quick, and dead a moment later */
        error = mp_pool_apply(kit.pool, &double_task, &number, &number, NULL);
    } while (error == MP_OK && mp_test_clock_ms() < end_ms);
    assert_int_equal(error, MP_EBROKEN);
    assert_int_equal(kill(lingering, SIGKILL), 0);
    assert_int_equal(mp_test_wait_for_child(lingering, LONG_MS), -SIGKILL);
}

/* ---- another program ---- */

static int become_true(void *unused)
{
    (void)unused;
    execl("/bin/true", "true", (char *)NULL);
    return 1;
}

static int lock_and_become_true(void *unused)
{
    if (mp_lock_acquire(kit.lock, LONG_MS) < 0) {
        return 1;
    }
    return become_true(unused);
}

static void a_child_that_execs_ends_as_the_program_does(void **state)
{
    (void)state;
    mp_test_finish(mp_test_start(become_true, NULL, NULL), 0);
    mp_test_finish(mp_test_start(lock_and_become_true, NULL, NULL), 0);
    assert_int_equal(mp_lock_acquire(kit.lock, LONG_MS), MP_OWNERDEAD);
    assert_int_equal(mp_lock_release(kit.lock), 0);
    check_pool();
}

/* Only what is open and inherited in this process already is open there. */
static int count_descriptors(void *unused)
{
    (void)unused;
    execl("/bin/sh", "sh", "-c", "set -- /proc/self/fd/*; exit $#",
          (char *)NULL);
    return 255;
}

static void a_program_inherits_no_descriptor_of_ours(void **state)
{
    int before;

    (void)destroy_kit(state);
    before = mp_test_in_child(count_descriptors, NULL);
    assert_int_equal(make_kit(state), 0);
    assert_true(mp_queue_descriptor(kit.queue) > 2);
    assert_int_equal(mp_test_in_child(count_descriptors, NULL), before);
}

static int exec_in_task(const void *argument, void *nothing)
{
    (void)argument;
    (void)nothing;
    return become_true(NULL);
}

static void a_task_that_execs_has_crashed_and_the_pool_goes_on(void **state)
{
    const mp_task task = { .run = exec_in_task };
    mp_report report;
    mp_call_options options = { .report = &report };

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(mp_pool_apply(kit.pool, &task, NULL, NULL, &options),
                         MP_ECRASHED);
        assert_int_equal(report.end, MP_TASK_CRASHED);
        assert_int_equal(report.exit_status, 0);
        check_pool();
    }
}

int main(void)
{
#define with_kit(test) mp_test_setup_teardown(test, make_kit, destroy_kit)
    static const struct CMUnitTest tests[] = {
        with_kit(a_plain_fork_uses_objects_and_not_the_pool),
        with_kit(a_killed_fork_leaves_nothing_locked),
        mp_test(a_lingering_fork_keeps_no_pool_alive),
        with_kit(a_lingering_fork_hides_no_dead_supervisor),
        with_kit(a_child_that_execs_ends_as_the_program_does),
        with_kit(a_program_inherits_no_descriptor_of_ours),
        with_kit(a_task_that_execs_has_crashed_and_the_pool_goes_on),
    };

    return mp_run_tests(tests);
}
