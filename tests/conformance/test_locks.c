/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_locks.c -- rows L-01 to L-11: lock, recursive lock, semaphore
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/process_helpers.h"

#include <mp/mp.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CHILDREN 10
#define ROUNDS   200

static mp_lock *lock;
static mp_rlock *rlock;
static mp_semaphore *semaphore;

static int make_locks(void **state)
{
    (void)state;
    return mp_lock_create(&lock) < 0 || mp_rlock_create(&rlock) < 0;
}

static int destroy_locks(void **state)
{
    (void)state;
    mp_lock_destroy(lock);
    mp_rlock_destroy(rlock);
    return 0;
}

static void L_01_lock_is_taken_once_and_released_once(void **state)
{
    int64_t before;

    (void)state;
    assert_int_equal(mp_lock_acquire(lock, MP_FOREVER), MP_OK);
    assert_int_equal(mp_lock_acquire(lock, 0), MP_ETIMEDOUT);
    before = mp_test_clock_ms();
    assert_int_equal(mp_lock_acquire(lock, 30), MP_ETIMEDOUT);
    assert_true(mp_test_clock_ms() - before >= 30);
    assert_int_equal(mp_lock_release(lock), MP_OK);
    assert_int_equal(mp_lock_release(lock), MP_EPERM);
    assert_int_equal(mp_lock_acquire(lock, 0), MP_OK);
    assert_int_equal(mp_lock_release(lock), MP_OK);
}

static int take_lock(void *timeout_ms)
{
    return -mp_lock_acquire(lock, *(int *)timeout_ms) & 0xff;
}

static void L_02_timed_acquire_keeps_its_time(void **state)
{
    int timeouts[] = { 0, -1, INT_MIN, 1, 40 };
    mp_process *child;
    int64_t before;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(timeouts) / sizeof(timeouts[0]); i++) {
        assert_int_equal(mp_lock_acquire(lock, timeouts[i]), MP_OK);
        before = mp_test_clock_ms();
        child = mp_test_start(take_lock, &timeouts[i], NULL);
        mp_test_finish(child, ETIMEDOUT & 0xff);
        assert_true(mp_test_clock_ms() - before >= timeouts[i]);
        assert_int_equal(mp_lock_release(lock), MP_OK);
    }
}

struct shared_text {
    int64_t counter;
    size_t length;
    char text[CHILDREN * ROUNDS * 4];
};

static int add_and_write(void *argument)
{
    struct shared_text *shared = argument;
    int i;

    for (i = 0; i < ROUNDS; i++) {
        int64_t seen;

        if (mp_lock_acquire(lock, MP_FOREVER) != MP_OK) {
            return 1;
        }
        seen = shared->counter;
        memcpy(shared->text + shared->length, "abc\n", 4);
        shared->length += 4;
        shared->counter = seen + 1;
        if (mp_lock_release(lock) != MP_OK) {
            return 2;
        }
    }
    return 0;
}

static void L_03_ten_children_lose_no_update_and_mix_no_line(void **state)
{
    mp_process *children[CHILDREN];
    struct shared_text *shared;
    void *memory;
    size_t i;

    (void)state;
    assert_int_equal(mp_shared_create(&memory, sizeof(*shared)), MP_OK);
    shared = memory;
    for (i = 0; i < CHILDREN; i++) {
        children[i] = mp_test_start(add_and_write, shared, NULL);
    }
    for (i = 0; i < CHILDREN; i++) {
        mp_test_finish(children[i], 0);
    }
    assert_int_equal(shared->counter, CHILDREN * ROUNDS);
    assert_int_equal(shared->length, sizeof(shared->text));
    for (i = 0; i < sizeof(shared->text); i += 4) {
        assert_memory_equal(shared->text + i, "abc\n", 4);
    }
    mp_shared_destroy(memory);
}

static int release_lock(void *argument)
{
    (void)argument;
    return mp_lock_release(lock) == MP_OK ? 0 : 1;
}

static void L_04_another_process_may_release_a_plain_lock(void **state)
{
    (void)state;
    assert_int_equal(mp_lock_acquire(lock, MP_FOREVER), MP_OK);
    mp_test_finish(mp_test_start(release_lock, NULL, NULL), 0);
    assert_int_equal(mp_lock_acquire(lock, 0), MP_OK);
    assert_int_equal(mp_lock_release(lock), MP_OK);
}

/* 0: the caller could take it. */
static int try_rlock(void *argument)
{
    (void)argument;
    if (mp_rlock_acquire(rlock, 0) == MP_OK) {
        return mp_rlock_release(rlock) == MP_OK ? 0 : 2;
    }
    return 1;
}

static void L_05_recursive_lock_needs_as_many_releases(void **state)
{
    int i;

    (void)state;
    assert_int_equal(mp_rlock_release(rlock), MP_EPERM);
    for (i = 0; i < 3; i++) {
        assert_int_equal(mp_rlock_acquire(rlock, i == 0 ? MP_FOREVER : 0),
                         MP_OK);
    }
    for (i = 0; i < 3; i++) {
        mp_test_finish(mp_test_start(try_rlock, NULL, NULL), 1);
        assert_int_equal(mp_rlock_release(rlock), MP_OK);
    }
    mp_test_finish(mp_test_start(try_rlock, NULL, NULL), 0);
    assert_int_equal(mp_rlock_release(rlock), MP_EPERM);
    assert_int_equal(mp_rlock_acquire(rlock, 0), MP_OK);
    assert_int_equal(mp_rlock_release(rlock), MP_OK);
}

static int is_no_holder(void *argument)
{
    (void)argument;
    return mp_rlock_acquire(rlock, 0) == MP_ETIMEDOUT &&
                   mp_rlock_acquire(rlock, 20) == MP_ETIMEDOUT &&
                   mp_rlock_release(rlock) == MP_EPERM
               ? 0
               : 1;
}

static void L_06_child_of_a_holder_is_no_holder(void **state)
{
    (void)state;
    assert_int_equal(mp_rlock_acquire(rlock, MP_FOREVER), MP_OK);
    assert_int_equal(mp_rlock_acquire(rlock, MP_FOREVER), MP_OK);
    mp_test_finish(mp_test_start(is_no_holder, NULL, NULL), 0);
    assert_int_equal(mp_rlock_release(rlock), MP_OK);
    assert_int_equal(mp_rlock_release(rlock), MP_OK);
    assert_int_equal(mp_rlock_release(rlock), MP_EPERM);
}

static int take_both(void *argument)
{
    (void)argument;
    return mp_lock_acquire(lock, 0) == MP_OK &&
                   mp_rlock_acquire(rlock, 0) == MP_OK &&
                   mp_rlock_acquire(rlock, 0) == MP_OK
               ? 0
               : 1;
}

static void L_07_next_holder_is_told_that_the_last_one_died(void **state)
{
    (void)state;
    mp_test_finish(mp_test_start(take_both, NULL, NULL), 0);
    assert_int_equal(mp_lock_acquire(lock, 0), MP_OWNERDEAD);
    assert_int_equal(mp_lock_release(lock), MP_OK);
    assert_int_equal(mp_lock_acquire(lock, 0), MP_OK);
    assert_int_equal(mp_lock_release(lock), MP_OK);
    assert_int_equal(mp_rlock_acquire(rlock, MP_FOREVER), MP_OWNERDEAD);
    assert_int_equal(mp_rlock_release(rlock), MP_OK);
    mp_test_finish(mp_test_start(try_rlock, NULL, NULL), 0);
}

static void L_08_semaphore_counts(void **state)
{
    static const int values[] = { 2, 1, 0 };
    int64_t before;
    int i;

    (void)state;
    assert_int_equal(mp_semaphore_create(&semaphore, -1, 0), MP_EINVAL);
    assert_int_equal(mp_semaphore_create(&semaphore, 1, -1), MP_EINVAL);
    assert_int_equal(mp_semaphore_create(&semaphore, 3, 2), MP_EINVAL);
    assert_int_equal(mp_semaphore_create(&semaphore, 2, 0), MP_OK);
    for (i = 0; i < 2; i++) {
        assert_int_equal(mp_semaphore_value(semaphore), values[i]);
        assert_int_equal(mp_semaphore_acquire(semaphore, 0), MP_OK);
    }
    assert_int_equal(mp_semaphore_acquire(semaphore, 0), MP_ETIMEDOUT);
    before = mp_test_clock_ms();
    assert_int_equal(mp_semaphore_acquire(semaphore, 30), MP_ETIMEDOUT);
    assert_true(mp_test_clock_ms() - before >= 30);
    for (i = 1; i <= 4; i++) {
        assert_int_equal(mp_semaphore_release(semaphore), MP_OK);
        assert_int_equal(mp_semaphore_value(semaphore), i);
    }
    mp_semaphore_destroy(semaphore);
    assert_int_equal(mp_semaphore_create(&semaphore, INT_MAX, 0), MP_OK);
    assert_int_equal(mp_semaphore_release(semaphore), MP_EOVERFLOW);
    assert_int_equal(mp_semaphore_value(semaphore), INT_MAX);
    mp_semaphore_destroy(semaphore);
}

static int take_permit_and_die(void *argument)
{
    (void)argument;
    if (mp_semaphore_acquire(semaphore, 0) == MP_OK) {
        (void)kill(getpid(), SIGKILL);
    }
    return 1;
}

static int release_permit(void *argument)
{
    (void)argument;
    return mp_semaphore_release(semaphore) == MP_OK ? 0 : 1;
}

static void L_09_bounded_semaphore_refuses_one_release_too_many(void **state)
{
    (void)state;
    assert_int_equal(mp_semaphore_create(&semaphore, 2, 2), MP_OK);
    assert_int_equal(mp_semaphore_release(semaphore), MP_EOVERFLOW);
    assert_int_equal(mp_semaphore_value(semaphore), 2);
    assert_int_equal(mp_semaphore_acquire(semaphore, 0), MP_OK);
    mp_test_finish(mp_test_start(release_permit, NULL, NULL), 0);
    assert_int_equal(mp_semaphore_release(semaphore), MP_EOVERFLOW);
    assert_int_equal(mp_semaphore_value(semaphore), 2);
    mp_semaphore_destroy(semaphore);

    /* Permits taken from the start are there to be released. */
    assert_int_equal(mp_semaphore_create(&semaphore, 0, 1), MP_OK);
    assert_int_equal(mp_semaphore_acquire(semaphore, 0), MP_ETIMEDOUT);
    assert_int_equal(mp_semaphore_release(semaphore), MP_OK);
    assert_int_equal(mp_semaphore_release(semaphore), MP_EOVERFLOW);
    mp_semaphore_destroy(semaphore);
}

static void L_09_permits_of_the_dead_come_back(void **state)
{
    int i;

    (void)state;
    assert_int_equal(mp_semaphore_create(&semaphore, 2, 2), MP_OK);
    for (i = 0; i < 2; i++) {
        mp_test_finish(mp_test_start(take_permit_and_die, NULL, NULL),
                       -SIGKILL);
    }
    assert_int_equal(mp_semaphore_acquire(semaphore, MP_FOREVER), MP_OWNERDEAD);
    assert_int_equal(mp_semaphore_acquire(semaphore, 0), MP_OWNERDEAD);
    assert_int_equal(mp_semaphore_acquire(semaphore, 0), MP_ETIMEDOUT);
    assert_int_equal(mp_semaphore_release(semaphore), MP_OK);
    assert_int_equal(mp_semaphore_acquire(semaphore, 0), MP_OK);
    assert_int_equal(mp_semaphore_release(semaphore), MP_OK);
    assert_int_equal(mp_semaphore_release(semaphore), MP_OK);
    assert_int_equal(mp_semaphore_release(semaphore), MP_EOVERFLOW);
    mp_semaphore_destroy(semaphore);
}

/* Names that a system object of ours could have in the file system. */
static int count_of_names(void)
{
    FILE *list = popen("ls -A /dev/shm /dev/mqueue /tmp 2>/dev/null | "
                       "grep -c -i -e 'libmp' -e '^mp[-_.]' -e '^sem[.]mp'",
                       "r");
    int count = -1;

    if (list != NULL) {
        if (fscanf(list, "%d", &count) != 1) {
            count = -1;
        }
        (void)pclose(list);
    }
    return count;
}

static int make_all_and_die(void *argument)
{
    mp_queue *queue;
    mp_event *event;

    (void)argument;
    if (mp_semaphore_create(&semaphore, 1, 1) < 0 ||
        mp_queue_create(&queue, NULL) < 0 || mp_event_create(&event) < 0) {
        return 1;
    }
    (void)kill(getpid(), SIGKILL);
    return 2;
}

static void L_11_nothing_with_a_name_is_left_behind(void **state)
{
    int before = count_of_names();

    (void)state;
    assert_true(before >= 0);
    mp_test_finish(mp_test_start(make_all_and_die, NULL, NULL), -SIGKILL);
    assert_int_equal(count_of_names(), before);
}

static const struct CMUnitTest tests[] = {
    mp_test_setup_teardown(L_01_lock_is_taken_once_and_released_once,
                           make_locks, destroy_locks),
    mp_test_setup_teardown(L_02_timed_acquire_keeps_its_time, make_locks,
                           destroy_locks),
    mp_test_setup_teardown(L_03_ten_children_lose_no_update_and_mix_no_line,
                           make_locks, destroy_locks),
    mp_test_setup_teardown(L_04_another_process_may_release_a_plain_lock,
                           make_locks, destroy_locks),
    mp_test_setup_teardown(L_05_recursive_lock_needs_as_many_releases,
                           make_locks, destroy_locks),
    mp_test_setup_teardown(L_06_child_of_a_holder_is_no_holder, make_locks,
                           destroy_locks),
    mp_test_setup_teardown(L_07_next_holder_is_told_that_the_last_one_died,
                           make_locks, destroy_locks),
    mp_test(L_08_semaphore_counts),
    mp_test(L_09_bounded_semaphore_refuses_one_release_too_many),
    mp_test(L_09_permits_of_the_dead_come_back),
    mp_test(L_11_nothing_with_a_name_is_left_behind),
};

int main(void)
{
    return mp_run_tests(tests);
}
