/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * call_closed.c -- descriptors closed behind the library's back, and reused
 *
 * A process closes every descriptor from 3 on and opens files and pipes of
 * its own under the same numbers. Whatever the library does then, it does not
 * hang, and not a byte of those is touched.
 */
#define _GNU_SOURCE

#include "faults/call_scenarios.h"
#include "support/fixture.h"
#include "support/helpers.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOWEST = 3, NUMBERS = 60, LARGE = 300000, RING = 65536 };

static const char content[] = "what the host had written\n";

/* ---- foreign descriptors under all numbers ---- */

enum kind { FILES, PIPES, SOCKETS, KINDS };

static void close_all(void)
{
    for (int fd = LOWEST; fd < 1024; fd++) {
        (void)close(fd);
    }
}

static bool open_file(void)
{
    char path[] = "/tmp/libmp-host-XXXXXX";
    int fd = mkstemp(path);

    if (fd < 0) {
        return false;
    }
    (void)unlink(path);
    return write(fd, content, sizeof(content)) == sizeof(content);
}

/* Each pair takes two numbers and holds a few bytes each way. */
static bool open_pair(enum kind kind)
{
    int ends[2];

    if (kind == PIPES) {
        return pipe2(ends, O_NONBLOCK) == 0 &&
               write(ends[1], content, sizeof(content)) == sizeof(content);
    }
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0 &&
           write(ends[0], content, sizeof(content)) == sizeof(content) &&
           write(ends[1], content, sizeof(content)) == sizeof(content);
}

static bool open_own(enum kind kind)
{
    for (int fd = LOWEST; fd < LOWEST + NUMBERS; fd += kind == FILES ? 1 : 2) {
        if (kind == FILES ? !open_file() : !open_pair(kind)) {
            return false;
        }
    }
    return true;
}

/* Exactly what was put there, and not closed. */
static bool file_is_intact(int fd)
{
    char bytes[sizeof(content) + 1];

    return lseek(fd, 0, SEEK_CUR) == (off_t)sizeof(content) &&
           pread(fd, bytes, sizeof(bytes), 0) == (ssize_t)sizeof(content) &&
           memcmp(bytes, content, sizeof(content)) == 0;
}

static bool stream_is_intact(int fd)
{
    char bytes[sizeof(content) + 1];

    return read(fd, bytes, sizeof(bytes)) == (ssize_t)sizeof(content) &&
           memcmp(bytes, content, sizeof(content)) == 0;
}

static bool own_are_intact(enum kind kind)
{
    for (int fd = LOWEST; fd < LOWEST + NUMBERS; fd++) {
        bool intact = kind == FILES ? file_is_intact(fd)
                      : kind == PIPES && (fd - LOWEST) % 2 == 1
                          ? fcntl(fd, F_GETFD) >= 0
                          : stream_is_intact(fd);

        if (!intact) {
            (void)dprintf(STDERR_FILENO, "descriptor %d was used\n", fd);
            return false;
        }
    }
    return true;
}

/* ---- what there is when that happens ---- */

static struct kit {
    mp_pool *pool;
    mp_queue *queue;
    mp_lock *lock;
    mp_connection *here;
    mp_connection *there;
    mp_process *child;
    mp_event *end;
} kit;

static int wait_for_end(void *unused)
{
    (void)unused;
    return mp_event_wait(kit.end, MP_FOREVER);
}

static int add_sizes(const void *argument, void *result)
{
    *(int64_t *)result = (int64_t)((const mp_bytes *)argument)->size;
    return 0;
}

static const mp_task size_task = { .run = add_sizes,
                                   .argument = &mp_serializer_bytes,
                                   .result = &mp_serializer_int64 };

static int make_kit(void)
{
    const mp_queue_options options = { .max_bytes = RING };
    int result = 0;

    TRY(mp_lock_create(&kit.lock));
    TRY(mp_event_create(&kit.end));
    TRY(mp_queue_create(&kit.queue, &options));
    TRY(mp_queue_descriptor(kit.queue));
    TRY(mp_connection_pair(&kit.here, &kit.there, NULL));
    TRY(mp_pool_create(&kit.pool, &(mp_pool_options){ .workers = 2 }));
    TRY(call_child_start(&kit.child, wait_for_end, NULL));

done:
    return result;
}

static bool has_name(int error)
{
    return error >= 0 || call_named(error, 1) < 0;
}

static unsigned char large[LARGE];

/* Everything once: memory works, descriptors say what is wrong with them. */
static int use_objects(void)
{
    unsigned char *got = calloc(1, LARGE);
    size_t size = 0;
    int result = 0;

    WANT(got != NULL);
    WANT(mp_lock_acquire(kit.lock, LONG_MS) >= 0);
    WANT(mp_lock_release(kit.lock) == 0);
    WANT(mp_queue_put_bytes(kit.queue, "small", 5, LONG_MS) == 0);
    WANT(mp_queue_get_bytes(kit.queue, got, LARGE, &size, LONG_MS) == 0);
    WANT(size == 5 && memcmp(got, "small", 5) == 0);
    WANT(mp_queue_put_bytes(kit.queue, large, LARGE, LONG_MS) == -EBADF);
    WANT(mp_queue_size(kit.queue) == 0);
    WANT(mp_connection_send_bytes(kit.here, large, LARGE, 100) < 0);
    WANT(has_name(mp_connection_send_bytes(kit.here, "x", 1, 100)));
    WANT(mp_connection_receive_bytes(kit.there, got, LARGE, &size, 100) < 0);
    WANT(has_name(mp_connection_poll(kit.there, 10)));

done:
    free(got);
    return result;
}

static int use_owned(void)
{
    mp_bytes bytes = { large, LARGE };
    mp_wait_item items[3] = { { .queue = kit.queue },
                              { .pool = kit.pool },
                              { .process = kit.child } };
    int64_t size = 0;
    int status = -1;
    int result = 0;

    WANT(has_name(mp_wait(items, 3, 10)));
    WANT(has_name(mp_pool_apply(kit.pool, &size_task, &bytes, &size, NULL)));
    bytes.size = 5;
    WANT(has_name(mp_pool_apply(kit.pool, &size_task, &bytes, &size, NULL)));
    WANT(mp_process_join(kit.child, 10) == MP_ETIMEDOUT);
    WANT(mp_event_set(kit.end) == 0);
    WANT(mp_process_join(kit.child, LONG_MS) == 0);
    WANT(mp_process_exit_status(kit.child, &status) == 0 && status == 0);

done:
    return result;
}

static void destroy_kit(void)
{
    mp_process_destroy(kit.child);
    mp_pool_destroy(kit.pool);
    mp_connection_destroy(kit.here);
    mp_connection_destroy(kit.there);
    mp_queue_destroy(kit.queue);
    mp_lock_destroy(kit.lock);
    mp_event_destroy(kit.end);
}

/* The host itself. Exit status: 0, 1 it could not begin, 2 used, or a line. */
static int live_as_owner(void *kind)
{
    int result = make_kit();

    if (result != 0) {
        return 1;
    }
    close_all();
    if (!open_own(*(enum kind *)kind)) {
        return 1;
    }
    result = use_objects();
    result = result == 0 ? use_owned() : result;
    (void)mp_event_set(kit.end);
    destroy_kit();
    if (result != 0) {
        (void)dprintf(STDERR_FILENO, "line %d\n", result);
        return 3;
    }
    return own_are_intact(*(enum kind *)kind) ? 0 : 2;
}

static void a_host_that_closes_all_keeps_its_files(void **state)
{
    assert_int_equal(mp_test_in_child(live_as_owner, *state), 0);
}

/* A new pool works in a host that has closed the old one's descriptors. */
static int begin_again(void *unused)
{
    mp_bytes bytes = { large, LARGE };
    int64_t size = 0;
    int result = make_kit();

    (void)unused;
    if (result != 0) {
        return 1;
    }
    (void)mp_event_set(kit.end);
    close_all();
    destroy_kit();
    memset(&kit, 0, sizeof(kit));
    TRY(make_kit());
    (void)mp_event_set(kit.end);
    TRY(mp_pool_apply(kit.pool, &size_task, &bytes, &size, NULL));
    WANT(size == LARGE);
    TRY(mp_queue_put_bytes(kit.queue, large, LARGE, LONG_MS));

done:
    destroy_kit();
    return result == 0 ? 0 : 2;
}

static void what_is_made_after_that_works(void **state)
{
    (void)state;
    assert_int_equal(mp_test_in_child(begin_again, NULL), 0);
}

/* ---- a child, and a worker ---- */

static int close_in_child(void *kind)
{
    int result;

    close_all();
    if (!open_own(*(enum kind *)kind)) {
        return CHILD_FAILED;
    }
    result = use_objects();
    if (result != 0 || !own_are_intact(*(enum kind *)kind)) {
        (void)dprintf(STDERR_FILENO, "line %d\n", result);
        return CHILD_WRONG;
    }
    return 0;
}

/* Forked by the host itself, it becomes known to others at its first call. */
static int close_in_fork(void *kind)
{
    return mp_lock_acquire(kit.lock, LONG_MS) < 0 ||
                   mp_lock_release(kit.lock) < 0
               ? 1
               : close_in_child(kind);
}

/* And cannot when that comes too late. */
static int close_before_use(void *unused)
{
    (void)unused;
    close_all();
    return mp_lock_acquire(kit.lock, LONG_MS) == -EBADF &&
                   mp_queue_put_bytes(kit.queue, "x", 1, LONG_MS) == -EBADF
               ? 0
               : 1;
}

/* What the parent has goes on, whatever its child closed. */
static void check_parent(void)
{
    unsigned char *got = calloc(1, LARGE);
    mp_bytes bytes = { large, LARGE };
    int64_t number = 0;
    size_t size = 0;

    assert_non_null(got);
    assert_int_equal(mp_lock_acquire(kit.lock, LONG_MS), MP_OK);
    assert_int_equal(mp_lock_release(kit.lock), MP_OK);
    assert_int_equal(mp_queue_put_bytes(kit.queue, large, LARGE, LONG_MS), 0);
    assert_int_equal(mp_queue_get_bytes(kit.queue, got, LARGE, &size, LONG_MS),
                     0);
    assert_int_equal(size, LARGE);
    assert_int_equal(mp_connection_send_bytes(kit.here, "x", 1, LONG_MS), 0);
    assert_int_equal(mp_pool_apply(kit.pool, &size_task, &bytes, &number, NULL),
                     0);
    assert_int_equal(number, LARGE);
    free(got);
}

static int set_up_kit(void **state)
{
    (void)state;
    memset(&kit, 0, sizeof(kit));
    return make_kit();
}

static int tear_down_kit(void **state)
{
    (void)state;
    (void)mp_event_set(kit.end);
    (void)mp_process_join(kit.child, LONG_MS);
    destroy_kit();
    return 0;
}

static void a_child_that_closes_all_harms_nobody(void **state)
{
    mp_process *child = NULL;

    for (enum kind kind = FILES; kind < KINDS; kind++) {
        assert_int_equal(call_child_start(&child, close_in_child, &kind), 0);
        assert_int_equal(call_child_end(child, 0, 0, __LINE__), 0);
        assert_int_equal(mp_test_in_child(close_in_fork, &kind), 0);
    }
    assert_int_equal(mp_test_in_child(close_before_use, NULL), 0);
    (void)state;
    check_parent();
}

/* Its result goes out, and the bell of the pool into none of its files. */
static int close_in_worker(const void *argument, void *result)
{
    static bool closed;
    const enum kind kind = (enum kind) * (const int64_t *)argument;

    if (!closed) {
        closed = true;
        close_all();
        *(int64_t *)result = open_own(kind) ? 1 : 0;
    } else {
        *(int64_t *)result = own_are_intact(kind) ? 2 : 0;
    }
    return 0;
}

static void a_worker_that_closes_all_keeps_its_files(void **state)
{
    const mp_task task = { .run = close_in_worker,
                           .argument = &mp_serializer_int64,
                           .result = &mp_serializer_int64,
                           .limit_ms = LONG_MS };
    int64_t result = 0;
    mp_pool *pool;

    (void)state;
    for (int64_t kind = FILES; kind < KINDS; kind++) {
        pool = NULL;
        assert_int_equal(
            mp_pool_create(&pool, &(mp_pool_options){ .workers = 1 }), 0);
        assert_int_equal(mp_pool_apply(pool, &task, &kind, &result, NULL), 0);
        assert_int_equal(result, 1);
        mp_test_sleep_ms(1); /* the owner is asleep when the next one ends */
        assert_int_equal(mp_pool_apply(pool, &task, &kind, &result, NULL), 0);
        assert_int_equal(result, 2);
        mp_pool_destroy(pool);
    }
}

int main(void)
{
    static enum kind kinds[] = { FILES, PIPES, SOCKETS };
    static const struct CMUnitTest tests[] = {
        mp_test_data(a_host_that_closes_all_keeps_its_files, "files",
                     &kinds[0]),
        mp_test_data(a_host_that_closes_all_keeps_its_files, "pipes",
                     &kinds[1]),
        mp_test_data(a_host_that_closes_all_keeps_its_files, "sockets",
                     &kinds[2]),
        mp_test(what_is_made_after_that_works),
        mp_test_setup_teardown(a_child_that_closes_all_harms_nobody, set_up_kit,
                               tear_down_kit),
        mp_test(a_worker_that_closes_all_keeps_its_files),
    };

    return mp_run_tests(tests);
}
