/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_lock.c -- one process at a time, also after a death
 */
#include "support/fixture.h"
#include "support/helpers.h"

#include <mp/mp.h>

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

struct job {
    mp_lock *lock;
    int64_t *counter; /* shared */
    int rounds;
};

static mp_lock *make_lock(void)
{
    mp_lock *lock = NULL;

    assert_int_equal(mp_lock_create(&lock), 0);
    return lock;
}

static void a_lock_is_taken_once_and_given_back_once(void **state)
{
    mp_lock *lock = make_lock();
    int64_t began = mp_test_clock_ms();

    (void)state;
    assert_int_equal(mp_lock_release(lock), MP_EPERM);
    assert_int_equal(mp_lock_acquire(lock, MP_FOREVER), 0);
    assert_int_equal(mp_lock_acquire(lock, 0), MP_ETIMEDOUT);
    assert_int_equal(mp_lock_acquire(lock, -1), MP_ETIMEDOUT);
    assert_int_equal(mp_lock_acquire(lock, 50), MP_ETIMEDOUT);
    assert_in_range(mp_test_clock_ms() - began, 50, 5000);
    assert_int_equal(mp_lock_acquire(lock, MP_FOREVER), MP_EDEADLK);
    assert_int_equal(mp_lock_release(lock), 0);
    assert_int_equal(mp_lock_release(lock), MP_EPERM);
    assert_int_equal(mp_lock_acquire(lock, 0), 0);
    assert_int_equal(mp_lock_release(lock), 0);
    mp_lock_destroy(lock);
}

static int add_many(void *argument)
{
    const struct job *job = argument;
    int i;

    for (i = 0; i < job->rounds; i++) {
        if (mp_lock_acquire(job->lock, MP_FOREVER) < 0) {
            return 1;
        }
        *(volatile int64_t *)job->counter += 1;
        if (mp_lock_release(job->lock) < 0) {
            return 2;
        }
    }
    return 0;
}

static void processes_exclude_each_other(void **state)
{
    struct job job = { .lock = make_lock(), .rounds = 20000 };
    mp_process *processes[4] = { NULL };
    void *memory = NULL;
    int status = 1;
    int i;

    (void)state;
    assert_int_equal(mp_shared_create(&memory, sizeof(int64_t)), 0);
    job.counter = memory;
    for (i = 0; i < 4; i++) {
        assert_int_equal(mp_process_create(&processes[i], add_many, &job, NULL),
                         0);
        assert_int_equal(mp_process_start(processes[i]), 0);
    }
    for (i = 0; i < 4; i++) {
        assert_int_equal(mp_process_join(processes[i], 30000), 0);
        assert_int_equal(mp_process_exit_status(processes[i], &status), 0);
        assert_int_equal(status, 0);
        mp_process_destroy(processes[i]);
    }
    assert_int_equal(*job.counter, 80000);
    mp_shared_destroy(memory);
    mp_lock_destroy(job.lock);
}

static int take_and_die(void *lock)
{
    if (mp_lock_acquire(lock, MP_FOREVER) < 0) {
        return 1;
    }
    return raise(SIGKILL);
}

static void the_lock_of_a_dead_holder_passes_on(void **state)
{
    mp_lock *lock = make_lock();
    int64_t began = mp_test_clock_ms();
    int round;

    (void)state;
    for (round = 0; round < 20; round++) {
        assert_int_equal(mp_test_in_child(take_and_die, lock), -SIGKILL);
        assert_int_equal(mp_lock_acquire(lock, round % 2 == 0 ? 0 : 5000),
                         MP_OWNERDEAD);
        assert_int_equal(mp_lock_release(lock), 0);
        assert_int_equal(mp_lock_acquire(lock, 0), 0);
        assert_int_equal(mp_lock_release(lock), 0);
    }
    assert_true(mp_test_clock_ms() - began < 20000);
    mp_lock_destroy(lock);
}

static void a_zombie_holder_counts_as_dead(void **state)
{
    mp_lock *lock = make_lock();
    pid_t pid = fork();
    int got = MP_OK;

    (void)state;
    if (pid == 0) {
        _exit(take_and_die(lock));
    }
    /* Not reaped: only the oracle can tell. */
    for (; got != MP_OWNERDEAD; mp_test_sleep_ms(1)) {
        got = mp_lock_acquire(lock, 0);
        if (got == MP_OK) { /* the child has not come to it yet */
            assert_int_equal(mp_lock_release(lock), 0);
        }
    }
    assert_int_equal(mp_lock_release(lock), 0);
    assert_int_equal(mp_test_wait_for_child(pid, 5000), -SIGKILL);
    mp_lock_destroy(lock);
}

static int release_it(void *lock)
{
    return mp_lock_release(lock) < 0;
}

static void another_process_may_release_it(void **state)
{
    mp_lock *lock = make_lock();

    (void)state;
    assert_int_equal(mp_lock_acquire(lock, 0), 0);
    assert_int_equal(mp_test_in_child(release_it, lock), 0);
    assert_int_equal(mp_lock_acquire(lock, 0), 0);
    assert_int_equal(mp_lock_release(lock), 0);
    mp_lock_destroy(lock);
}

static int fails_to_take(void *lock)
{
    return mp_lock_acquire(lock, 0) != MP_ETIMEDOUT ||
           mp_lock_acquire(lock, 30) != MP_ETIMEDOUT;
}

static void a_forked_child_is_not_the_holder(void **state)
{
    mp_lock *lock = make_lock();

    (void)state;
    assert_int_equal(mp_lock_acquire(lock, 0), 0);
    assert_int_equal(mp_test_in_child(fails_to_take, lock), 0);
    assert_int_equal(mp_lock_release(lock), 0);
    mp_lock_destroy(lock);
}

static void bad_arguments_are_named(void **state)
{
    void *memory = NULL;

    (void)state;
    assert_int_equal(mp_lock_create(NULL), MP_EINVAL);
    assert_int_equal(mp_lock_acquire(NULL, 0), MP_EINVAL);
    assert_int_equal(mp_lock_release(NULL), MP_EINVAL);
    mp_lock_destroy(NULL);
    assert_int_equal(mp_shared_create(NULL, 1), MP_EINVAL);
    assert_int_equal(mp_shared_create(&memory, 0), MP_EINVAL);
    assert_int_equal(mp_shared_create(&memory, SIZE_MAX), MP_ENOMEM);
    mp_shared_destroy(NULL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        mp_test(a_lock_is_taken_once_and_given_back_once),
        mp_test(processes_exclude_each_other),
        mp_test(the_lock_of_a_dead_holder_passes_on),
        mp_test(a_zombie_holder_counts_as_dead),
        mp_test(another_process_may_release_it),
        mp_test(a_forked_child_is_not_the_holder),
        mp_test(bad_arguments_are_named),
    };

    return mp_run_tests(tests);
}
