/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * call_scenarios_objects.c -- locks and their kin, queues, connections, memory
 */
#include "faults/call_scenarios.h"
#include "support/ignore.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { RING = 65536 };

/* What one scenario shares with its children. */
static struct kit {
    mp_lock *lock;
    mp_rlock *rlock;
    mp_semaphore *semaphore;
    mp_event *event;
    mp_event *go;
    mp_condition *condition;
    mp_barrier *barrier;
    mp_queue *queue;
    mp_connection *here;
    mp_connection *there;
    int *number;
} kit;

static void forget_kit(void)
{
    mp_condition_destroy(kit.condition);
    mp_lock_destroy(kit.lock);
    mp_rlock_destroy(kit.rlock);
    mp_semaphore_destroy(kit.semaphore);
    mp_event_destroy(kit.event);
    mp_event_destroy(kit.go);
    mp_barrier_destroy(kit.barrier);
    mp_queue_destroy(kit.queue);
    mp_connection_destroy(kit.here);
    mp_connection_destroy(kit.there);
    mp_shared_destroy(kit.number);
    memset(&kit, 0, sizeof(kit));
}

/* ---- one who waits for a lock while another holds it ---- */

static int take_lock(void *unused)
{
    int result = 0;

    (void)unused;
    TRY(mp_event_set(kit.event));
    TRY(mp_lock_acquire(kit.lock, LONG_MS));
    WANT(*kit.number == 1);
    *kit.number = 2;
    TRY(mp_lock_release(kit.lock));

done:
    return call_child_status(result);
}

static int run_lock(void)
{
    mp_process *child = NULL;
    int result = 0;

    MAKE(kit.lock, mp_lock_create(&kit.lock));
    MAKE(kit.event, mp_event_create(&kit.event));
    MAKE(kit.number,
         mp_shared_create((void **)&kit.number, sizeof(*kit.number)));
    TRY(mp_lock_acquire(kit.lock, 0));
    MAKE(child, call_child_start(&child, take_lock, NULL));
    TRY(mp_event_wait(kit.event, LONG_MS));
    call_nap(2); /* so that it is asleep, most of the time */
    *kit.number = 1;
    TRY(mp_lock_release(kit.lock));

done:
    result = call_child_end(child, 0, result, __LINE__);
    if (result == 0 && *kit.number != 2) {
        result = __LINE__;
    }
    forget_kit();
    return result;
}

static int run_rlock(void)
{
    int result = 0;

    MAKE(kit.rlock, mp_rlock_create(&kit.rlock));
    TRY(mp_rlock_acquire(kit.rlock, 0));
    TRY(mp_rlock_acquire(kit.rlock, LONG_MS));
    TRY(mp_rlock_release(kit.rlock));
    TRY(mp_rlock_release(kit.rlock));
    WANT(mp_rlock_release(kit.rlock) == MP_EPERM);

done:
    forget_kit();
    return result;
}

/* ---- two who hand a turn to and fro by every means ---- */

static bool is_two(void *number)
{
    return *(int *)number == 2;
}

static int meet(void *unused)
{
    int result = 0;

    (void)unused;
    TRY(mp_event_wait(kit.go, LONG_MS));
    TRY(mp_semaphore_release(kit.semaphore));
    TRY(mp_lock_acquire(kit.lock, LONG_MS));
    *kit.number = 2;
    result = mp_condition_notify_all(kit.condition);
    if (result >= 0) {
        result = mp_condition_notify(kit.condition, 1);
    }
    TRY(mp_lock_release(kit.lock));
    TRY(mp_barrier_wait(kit.barrier, LONG_MS));

done:
    if (result < 0) { /* nobody shall wait for us */
        (void)mp_semaphore_release(kit.semaphore);
        *kit.number = 2;
        (void)mp_condition_notify_all(kit.condition);
        (void)mp_barrier_abort(kit.barrier);
    }
    return call_child_status(result);
}

static int make_meeting(void)
{
    int result = 0;

    MAKE(kit.lock, mp_lock_create(&kit.lock));
    MAKE(kit.condition, mp_condition_create(&kit.condition, kit.lock));
    MAKE(kit.semaphore, mp_semaphore_create(&kit.semaphore, 0, 1));
    MAKE(kit.go, mp_event_create(&kit.go));
    MAKE(kit.barrier, mp_barrier_create(&kit.barrier, 2, NULL, NULL));
    MAKE(kit.number,
         mp_shared_create((void **)&kit.number, sizeof(*kit.number)));

done:
    return result;
}

static int run_meeting(void)
{
    mp_process *child = NULL;
    int result = make_meeting();

    if (result != 0) {
        goto done;
    }
    MAKE(child, call_child_start(&child, meet, NULL));
    WANT(mp_event_is_set(kit.go) == 0);
    TRY(mp_event_set(kit.go));
    TRY(mp_semaphore_acquire(kit.semaphore, LONG_MS));
    TRY(mp_lock_acquire(kit.lock, LONG_MS));
    TRY(mp_condition_wait_for(kit.condition, is_two, kit.number, LONG_MS));
    WANT(*kit.number == 2);
    TRY(mp_lock_release(kit.lock));
    TRY(mp_barrier_wait(kit.barrier, LONG_MS));
    WANT(mp_semaphore_value(kit.semaphore) == 0);
    TRY(mp_event_clear(kit.go));
    WANT(mp_event_wait(kit.go, 1) == MP_ETIMEDOUT);
    WANT(mp_barrier_waiting(kit.barrier) == 0);

done:
    if (result < 0 && child != NULL) { /* it must not wait for us */
        (void)mp_event_set(kit.go);
        (void)mp_barrier_abort(kit.barrier);
    }
    result = call_child_end(child, 0, result, __LINE__);
    forget_kit();
    return result;
}

/* ---- queues ---- */

static int answer(void *unused)
{
    int64_t number = 0;
    int result = 0;

    (void)unused;
    TRY(mp_queue_get(kit.queue, &number, LONG_MS));
    number++;
    TRY(mp_queue_task_done(kit.queue));
    TRY(mp_event_wait(kit.go, LONG_MS));
    TRY(mp_queue_put(kit.queue, &number, LONG_MS));

done:
    if (result < 0) { /* nobody shall wait for us */
        ignore(mp_queue_get(kit.queue, &number, 0));
        (void)mp_queue_task_done(kit.queue);
        (void)mp_queue_shutdown(kit.queue);
    }
    return call_child_status(result);
}

static int run_queue(void)
{
    mp_queue_options options = { .serializer = &mp_serializer_int64 };
    mp_process *child = NULL;
    int64_t number = 41;
    mp_wait_item item = { .ready = false };
    int result = 0;

    MAKE(kit.go, mp_event_create(&kit.go));
    MAKE(kit.queue, mp_queue_create(&kit.queue, &options));
    TRY(mp_queue_descriptor(kit.queue));
    MAKE(child, call_child_start(&child, answer, NULL));
    TRY(mp_queue_put(kit.queue, &number, LONG_MS));
    TRY(mp_queue_join(kit.queue, LONG_MS));
    WANT(mp_queue_size(kit.queue) == 0);
    TRY(mp_event_set(kit.go));
    item.queue = kit.queue;
    TRY(mp_wait(&item, 1, LONG_MS));
    TRY(mp_queue_get(kit.queue, &number, LONG_MS));
    WANT(number == 42);
    WANT(mp_queue_get(kit.queue, &number, 1) == MP_ETIMEDOUT);
    TRY(mp_queue_shutdown(kit.queue));
    WANT(mp_queue_get(kit.queue, &number, 1) == MP_ECLOSED);
    TRY(mp_queue_close(kit.queue));
    WANT(number == 42);

done:
    if (kit.go != NULL) { /* a child that failed, or is not served, ends */
        (void)mp_event_set(kit.go);
    }
    if (result != 0 && kit.queue != NULL) {
        (void)mp_queue_shutdown(kit.queue);
    }
    if (result != 0 && child != NULL) {
        (void)mp_process_kill(child);
        (void)mp_process_kill(child);
    }
    result = call_child_end(child, 0, result, __LINE__);
    forget_kit();
    return result;
}

static int run_large_message(void)
{
    mp_queue_options options = { .max_bytes = RING };
    unsigned char *bytes = call_large_message();
    unsigned char *got = calloc(1, CALL_LARGE);
    size_t size = 1;
    int i;
    int result = 0;

    if (got == NULL) {
        return MP_ENOMEM;
    }
    MAKE(kit.queue, mp_queue_create(&kit.queue, &options));
    for (i = 0; i < 2; i++) {
        result = mp_queue_put_bytes(kit.queue, bytes, CALL_LARGE, LONG_MS);
        WANT(result >= 0 || mp_queue_size(kit.queue) == 0);
        TRY(result);
        WANT(mp_queue_size(kit.queue) == 1);
        result = mp_queue_get_bytes(kit.queue, got, CALL_LARGE, &size, LONG_MS);
        WANT(result >= 0 ? size == CALL_LARGE : size == 1);
        WANT(result >= 0 || mp_queue_size(kit.queue) == 1);
        TRY(result);
        WANT(memcmp(got, bytes, CALL_LARGE) == 0);
        memset(got, 0, CALL_LARGE);
        size = 1;
    }

done:
    forget_kit();
    free(got);
    return result;
}

/* Written and read in place: a small one, and large ones that go alone and
 * whose memory is given back. */
static int run_in_place(void)
{
    mp_queue_options options = { .max_bytes = 1024 };
    const unsigned char *bytes = call_large_message();
    const void *read = NULL;
    void *room = NULL;
    size_t size = 1;
    int i;
    int result = 0;

    MAKE(kit.queue, mp_queue_create(&kit.queue, &options));
    for (i = 0; i < 4; i++) {
        size_t mine = i == 0 ? 100 : CALL_LARGE;

        result = mp_queue_reserve(kit.queue, &room, mine, LONG_MS);
        WANT(result >= 0 || room == NULL);
        TRY(result);
        if (i == 2) {
            TRY(mp_queue_abandon(kit.queue));
            room = NULL;
            continue;
        }
        memcpy(room, bytes, mine);
        TRY(mp_queue_commit(kit.queue, mine));
        WANT(mp_queue_size(kit.queue) == 1);
        result = mp_queue_borrow(kit.queue, &read, &size, LONG_MS);
        WANT(result >= 0 ? size == mine : size == 1 && read == NULL);
        WANT(mp_queue_size(kit.queue) == (result >= 0 ? 0 : 1));
        TRY(result);
        WANT(memcmp(read, bytes, mine) == 0);
        TRY(mp_queue_give_back(kit.queue));
        room = NULL;
        read = NULL;
        size = 1;
    }

done:
    forget_kit();
    return result;
}

static int run_values(void)
{
    mp_queue_options options = { .serializer = &mp_serializer_value };
    mp_value list = MP_LIST(mp_value_integer(42), mp_value_null(),
                            mp_value_string("hello"));
    mp_value got;
    char text[64] = "";
    int result = 0;

    MAKE(kit.queue, mp_queue_create(&kit.queue, &options));
    TRY(mp_queue_put(kit.queue, &list, LONG_MS));
    WANT(mp_queue_size(kit.queue) == 1);
    TRY(mp_queue_get(kit.queue, &got, LONG_MS));
    (void)mp_value_format(&got, text, sizeof(text));
    mp_serializer_release(&mp_serializer_value, &got, 1);
    WANT(strstr(text, "hello") != NULL);

done:
    forget_kit();
    return result;
}

/* A message larger than files may be: an error, and no SIGXFSZ. */
static int run_file_limit(void)
{
    mp_queue_options options = { .max_bytes = RING };
    struct rlimit before;
    struct rlimit small;
    int result = 0;

    (void)getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = CALL_LARGE / 2;
    MAKE(kit.queue, mp_queue_create(&kit.queue, &options));
    (void)setrlimit(RLIMIT_FSIZE, &small);
    result = mp_queue_put_bytes(kit.queue, call_large_message(), CALL_LARGE,
                                LONG_MS);
    (void)setrlimit(RLIMIT_FSIZE, &before);
    WANT(result < 0 && mp_queue_size(kit.queue) == 0);
    TRY(result == -EFBIG ? 0 : result);
    TRY(mp_queue_put_bytes(kit.queue, call_large_message(), CALL_LARGE,
                           LONG_MS));

done:
    forget_kit();
    return result;
}

/* Descriptor 0 is free: nothing of the library's may become it. */
static int run_closed_stdin(void)
{
    int kept = dup(0);
    int result = 0;

    (void)close(0);
    MAKE(kit.queue, mp_queue_create(&kit.queue, NULL));
    TRY(mp_connection_pair(&kit.here, &kit.there, NULL));
    WANT(mp_connection_descriptor(kit.here) > 2);
    WANT(mp_queue_descriptor(kit.queue) > 2);

done:
    forget_kit();
    if (kept >= 0) {
        while (dup2(kept, 0) < 0) {
            /* it may be this one that is made to fail */
        }
        (void)close(kept);
    }
    return result;
}

const call_scenario call_scenarios_objects[] = {
    { "lock", run_lock },
    { "rlock", run_rlock },
    { "meeting", run_meeting },
    { "queue", run_queue },
    { "large-message", run_large_message },
    { "in-place", run_in_place },
    { "values", run_values },
    { "file-limit", run_file_limit },
    { "closed-stdin", run_closed_stdin },
    { NULL, NULL },
};
