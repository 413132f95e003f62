/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_limits.c -- every object where descriptors or memory run out, and in
 * processes other than the one that made it
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/process_helpers.h"
#include "support/sanitizer.h"

#include <mp/mp.h>

#include <errno.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define LONG_MS 20000

static int do_nothing(void *argument)
{
    (void)argument;
    return 0;
}

static int number_of_worker(const void *argument, void *result)
{
    (void)argument;
    *(int64_t *)result = 42;
    return 0;
}

static const mp_task task = { .run = number_of_worker,
                              .result = &mp_serializer_int64 };

/* ---- make one of a kind, use it once, and give it back ---- */

static int use_process(void)
{
    mp_process *process = NULL;
    int error = mp_process_create(&process, do_nothing, NULL, NULL);

    if (error == MP_OK) {
        error = mp_process_start(process);
    }
    if (error == MP_OK) {
        error = mp_process_join(process, LONG_MS);
    }
    mp_process_destroy(process);
    return error;
}

static int use_queue(void)
{
    mp_queue *queue = NULL;
    size_t size;
    char byte;
    int error = mp_queue_create(&queue, NULL);

    if (error == MP_OK) {
        error = mp_queue_put_bytes(queue, "x", 1, 0);
    }
    if (error == MP_OK) {
        error = mp_queue_get_bytes(queue, &byte, 1, &size, 0);
    }
    mp_queue_destroy(queue);
    return error;
}

static int use_connection(void)
{
    mp_connection *here = NULL;
    mp_connection *there = NULL;
    int error = mp_connection_pair(&here, &there, NULL);

    if (error == MP_OK) {
        error = mp_connection_send_bytes(here, "x", 1, 0);
    }
    mp_connection_destroy(here);
    mp_connection_destroy(there);
    return error;
}

static int use_pool(void)
{
    mp_pool *pool = NULL;
    int64_t number = 0;
    int error = mp_pool_create(&pool, &(mp_pool_options){ .workers = 2 });

    if (error == MP_OK) {
        error = mp_pool_apply(pool, &task, NULL, &number, NULL);
    }
    mp_pool_destroy(pool);
    return error;
}

static int use_locks(void)
{
    mp_lock *lock = NULL;
    mp_semaphore *semaphore = NULL;
    mp_barrier *barrier = NULL;
    mp_condition *condition = NULL;
    int error = mp_lock_create(&lock);

    if (error == MP_OK) {
        error = mp_semaphore_create(&semaphore, 1, 1);
    }
    if (error == MP_OK) {
        error = mp_barrier_create(&barrier, 1, NULL, NULL);
    }
    if (error == MP_OK) {
        error = mp_condition_create(&condition, lock);
    }
    if (error == MP_OK) {
        error = mp_lock_acquire(lock, 0);
    }
    mp_condition_destroy(condition);
    mp_barrier_destroy(barrier);
    mp_semaphore_destroy(semaphore);
    mp_lock_destroy(lock);
    return error;
}

static int (*const uses[])(void) = { use_process, use_queue, use_connection,
                                     use_pool, use_locks };

#define USES (sizeof(uses) / sizeof(uses[0]))

static bool has_no_child(void)
{
    return waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD;
}

/* With only `more` descriptors to be had, from none to enough: an error each
 * time until it works, and nothing left. Exit status 1 + the use at fault. */
static int run_short_of_descriptors(void *argument)
{
    struct rlimit before;
    struct rlimit limit;
    size_t i;
    int more;
    int open_before = mp_test_open_descriptors();

    (void)argument;
    (void)getrlimit(RLIMIT_NOFILE, &before);
    for (i = 0; i < USES; i++) {
        int error = -EMFILE;

        for (more = 0; more < 40 && error != MP_OK; more++) {
            limit = before;
            limit.rlim_cur = (rlim_t)(open_before + more);
            (void)setrlimit(RLIMIT_NOFILE, &limit);
            error = uses[i]();
            (void)setrlimit(RLIMIT_NOFILE, &before);
            if ((error != MP_OK && error != -EMFILE && error != MP_ENOMEM) ||
                mp_test_open_descriptors() != open_before || !has_no_child()) {
                return 1 + (int)i;
            }
        }
        if (error != MP_OK) {
            return 51 + (int)i;
        }
    }
    return 0;
}

static void without_descriptors_creation_fails_and_leaves_nothing(void **state)
{
    (void)state;
    assert_int_equal(mp_test_in_child(run_short_of_descriptors, NULL), 0);
}

/* No address space: MP_ENOMEM or what fork says; with it again, all works. */
static int run_short_of_memory(void *argument)
{
    struct rlimit before;
    struct rlimit limit;
    int open_before = mp_test_open_descriptors();
    size_t i;

    (void)argument;
    (void)getrlimit(RLIMIT_AS, &before);
    for (i = 0; i < USES; i++) {
        int error;

        limit = before;
        limit.rlim_cur = 1024 * 1024; /* less than it has already */
        (void)setrlimit(RLIMIT_AS, &limit);
        error = uses[i]();
        (void)setrlimit(RLIMIT_AS, &before);
        /* A process, a pair of sockets need no map. */
        if ((error != MP_ENOMEM && error != MP_OK) ||
            (error == MP_OK && uses[i] != use_process &&
             uses[i] != use_connection) ||
            mp_test_open_descriptors() != open_before || !has_no_child()) {
            return 1 + (int)i;
        }
        if (uses[i]() != MP_OK) {
            return 51 + (int)i;
        }
    }
    return 0;
}

static void without_memory_creation_fails_and_leaves_nothing(void **state)
{
    (void)state;
    if (MP_TEST_WATCHED) {
        mp_test_skip("a sanitizer needs more address space than that");
    }
    assert_int_equal(mp_test_in_child(run_short_of_memory, NULL), 0);
}

/* ---- objects whose maker has given back its handle ---- */

static struct kit {
    mp_lock *lock;
    mp_semaphore *semaphore;
    mp_event *event;
    mp_condition *condition;
    mp_queue *queue;
    mp_event *orphaned; /* the maker's handles are gone: go on */
} kit;

static int use_orphans(void *argument)
{
    char byte = 0;
    size_t size = 0;

    (void)argument;
    return mp_event_wait(kit.orphaned, LONG_MS) == MP_OK &&
                   mp_lock_acquire(kit.lock, 0) == MP_OK &&
                   mp_condition_wait(kit.condition, 1) == MP_ETIMEDOUT &&
                   mp_lock_release(kit.lock) == MP_OK &&
                   mp_semaphore_acquire(kit.semaphore, 0) == MP_OK &&
                   mp_event_is_set(kit.event) == 1 &&
                   mp_queue_get_bytes(kit.queue, &byte, 1, &size, 0) == MP_OK &&
                   byte == 'x' &&
                   mp_queue_put_bytes(kit.queue, "y", 1, 0) == MP_OK
               ? 0
               : 1;
}

static void objects_live_on_when_their_maker_destroys_its_handle(void **state)
{
    mp_process *child;

    (void)state;
    assert_int_equal(mp_lock_create(&kit.lock), MP_OK);
    assert_int_equal(mp_semaphore_create(&kit.semaphore, 2, 2), MP_OK);
    assert_int_equal(mp_event_create(&kit.event), MP_OK);
    assert_int_equal(mp_event_create(&kit.orphaned), MP_OK);
    assert_int_equal(mp_condition_create(&kit.condition, kit.lock), MP_OK);
    assert_int_equal(mp_queue_create(&kit.queue, NULL), MP_OK);
    assert_int_equal(mp_event_set(kit.event), MP_OK);
    assert_int_equal(mp_queue_put_bytes(kit.queue, "x", 1, 0), MP_OK);
    child = mp_test_start(use_orphans, NULL, NULL);
    mp_condition_destroy(kit.condition);
    mp_lock_destroy(kit.lock);
    mp_semaphore_destroy(kit.semaphore);
    mp_event_destroy(kit.event);
    mp_queue_destroy(kit.queue);
    assert_int_equal(mp_event_set(kit.orphaned), MP_OK);
    mp_test_finish(child, 0);
    mp_event_destroy(kit.orphaned);
}

/* In a copy of the owner that a plain fork made, destroy frees and no more. */
static int destroy_copies(void *argument)
{
    void **handles = argument;

    mp_iterator_destroy(handles[0]);
    mp_result_destroy(handles[1]);
    mp_pool_destroy(handles[2]);
    mp_process_destroy(handles[3]);
    return 0;
}

static void destroying_a_copy_harms_no_original(void **state)
{
    mp_source source = { .count = 10 };
    mp_iterator *iterator = NULL;
    mp_result *result = NULL;
    mp_pool *pool = NULL;
    mp_process *process = mp_test_start(do_nothing, NULL, NULL);
    int64_t number = 0;
    int i;

    (void)state;
    assert_int_equal(mp_pool_create(&pool, &(mp_pool_options){ .workers = 1 }),
                     MP_OK);
    assert_int_equal(mp_pool_apply_async(pool, &result, &task, NULL, NULL),
                     MP_OK);
    assert_int_equal(mp_pool_imap(pool, &iterator, &task, &source, NULL),
                     MP_OK);
    assert_int_equal(
        mp_test_in_child(destroy_copies,
                         (void *[]){ iterator, result, pool, process }),
        0);
    assert_int_equal(mp_result_get(result, &number, LONG_MS), MP_OK);
    assert_int_equal(number, 42);
    for (i = 0; i < 10; i++) {
        assert_int_equal(mp_iterator_next(iterator, &number, NULL, LONG_MS), 1);
    }
    assert_int_equal(mp_iterator_next(iterator, &number, NULL, LONG_MS), 0);
    mp_test_finish(process, 0);
    mp_iterator_destroy(iterator);
    mp_result_destroy(result);
    mp_pool_destroy(pool);
}

/* ---- arguments that make no sense ---- */

static void null_handles_are_named_errors(void **state)
{
    size_t size;
    mp_pool_stats stats;

    (void)state;
    assert_int_equal(mp_rlock_create(NULL), MP_EINVAL);
    assert_int_equal(mp_rlock_acquire(NULL, 0), MP_EINVAL);
    assert_int_equal(mp_rlock_release(NULL), MP_EINVAL);
    assert_int_equal(mp_semaphore_create(NULL, 1, 1), MP_EINVAL);
    assert_int_equal(mp_semaphore_acquire(NULL, 0), MP_EINVAL);
    assert_int_equal(mp_semaphore_release(NULL), MP_EINVAL);
    assert_int_equal(mp_semaphore_value(NULL), MP_EINVAL);
    assert_int_equal(mp_event_create(NULL), MP_EINVAL);
    assert_int_equal(mp_event_set(NULL), MP_EINVAL);
    assert_int_equal(mp_event_clear(NULL), MP_EINVAL);
    assert_int_equal(mp_event_is_set(NULL), MP_EINVAL);
    assert_int_equal(mp_event_wait(NULL, 0), MP_EINVAL);
    assert_int_equal(mp_condition_create(NULL, NULL), MP_EINVAL);
    assert_int_equal(mp_condition_wait(NULL, 0), MP_EINVAL);
    assert_int_equal(mp_condition_notify(NULL, 1), MP_EINVAL);
    assert_int_equal(mp_condition_notify_all(NULL), MP_EINVAL);
    assert_int_equal(mp_barrier_create(NULL, 1, NULL, NULL), MP_EINVAL);
    assert_int_equal(mp_barrier_wait(NULL, 0), MP_EINVAL);
    assert_int_equal(mp_barrier_abort(NULL), MP_EINVAL);
    assert_int_equal(mp_barrier_reset(NULL), MP_EINVAL);
    assert_int_equal(mp_barrier_parties(NULL), MP_EINVAL);
    assert_int_equal(mp_barrier_waiting(NULL), MP_EINVAL);
    assert_int_equal(mp_barrier_is_broken(NULL), MP_EINVAL);
    assert_int_equal(mp_queue_task_done(NULL), MP_EINVAL);
    assert_int_equal(mp_queue_join(NULL, 0), MP_EINVAL);
    assert_int_equal(mp_queue_shutdown(NULL), MP_EINVAL);
    assert_int_equal(mp_queue_descriptor(NULL), MP_EINVAL);
    assert_int_equal(mp_connection_pair(NULL, NULL, NULL), MP_EINVAL);
    assert_int_equal(mp_connection_send(NULL, &size, 0), MP_EINVAL);
    assert_int_equal(mp_connection_receive(NULL, &size, 0), MP_EINVAL);
    assert_int_equal(mp_connection_poll(NULL, 0), MP_EINVAL);
    assert_int_equal(mp_connection_close(NULL), MP_EINVAL);
    assert_int_equal(mp_pool_step(NULL), MP_EINVAL);
    assert_int_equal(mp_pool_descriptor(NULL), MP_EINVAL);
    assert_int_equal(mp_pool_get_stats(NULL, &stats), MP_EINVAL);
    mp_rlock_destroy(NULL);
    mp_semaphore_destroy(NULL);
    mp_event_destroy(NULL);
    mp_condition_destroy(NULL);
    mp_barrier_destroy(NULL);
    mp_connection_destroy(NULL);
}

static const struct CMUnitTest tests[] = {
    mp_test(without_descriptors_creation_fails_and_leaves_nothing),
    mp_test(without_memory_creation_fails_and_leaves_nothing),
    mp_test(objects_live_on_when_their_maker_destroys_its_handle),
    mp_test(destroying_a_copy_harms_no_original),
    mp_test(null_handles_are_named_errors),
};

int main(void)
{
    return mp_run_tests(tests);
}
