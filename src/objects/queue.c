/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * queue.c -- FIFO of messages between any number of processes
 *
 * A ring of bytes with a serializer before and behind it. Encoding happens
 * before, decoding after the ring is touched: no user code runs under its
 * guards. What a call works on lies in `scratch`, so that a failed call
 * leaves the caller's object as it was.
 */
#include "objects/queue.h"

#include "mp/error.h"
#include "objects/process.h"
#include "objects/serializer.h"
#include "platform/chaos.h"
#include "platform/clock.h"
#include "shared/ring.h"

#include <stdbool.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BYTES_DEFAULT ((size_t)64 * 1024 * 1024)
#define SCRATCH_KEPT      ((size_t)256 * 1024)
#define ALONE_SLICE_MS    250

struct mp_queue {
    mp__ring *ring;
    mp_serializer serializer;
    mp__scratch scratch; /* bytes on their way in or out */
    mp__scratch object;  /* one decoded object */
    uint32_t lost;       /* messages lost with their takers, as last told */
    bool closed;         /* in this process */
};

int mp_queue_create(mp_queue **queue, const mp_queue_options *options)
{
    static const mp_queue_options defaults;
    mp_queue *fresh;
    int error;

    options = options == NULL ? &defaults : options;
    if (queue == NULL || !MP__RESERVED_IS_ZERO(options) ||
        (options->serializer != NULL &&
         !mp__serializer_is_valid(options->serializer))) {
        return MP_EINVAL;
    }
    fresh = calloc(1, sizeof(*fresh));
    if (fresh == NULL) {
        return MP_ENOMEM;
    }
    fresh->serializer = options->serializer == NULL ? mp_serializer_bytes
                                                    : *options->serializer;
    error = mp__ring_create(&fresh->ring,
                            options->max_bytes == 0 ? MAX_BYTES_DEFAULT
                                                    : options->max_bytes,
                            options->max_items);
    if (error < 0) {
        free(fresh);
        return error;
    }
    *queue = fresh;
    return 0;
}

static int check(const mp_queue *queue)
{
    if (queue == NULL) {
        return MP_EINVAL;
    }
    return queue->closed ? MP_ECLOSED : 0;
}

/* mp__ring_put() between two places of chaos. */
static int put_bytes(mp_queue *queue, const void *bytes, size_t size,
                     int64_t deadline)
{
    int error;

    mp__chaos("before put");
    error = mp__ring_put(queue->ring, bytes, size, deadline);
    mp__chaos("after put");
    return error;
}

int mp_queue_put(mp_queue *queue, const void *object, int timeout_ms)
{
    size_t size = 0;
    int64_t deadline;
    int error = check(queue);

    if (error < 0) {
        return error;
    }
    if (object == NULL) {
        return MP_EINVAL;
    }
    if (mp__serializer_is_plain(&queue->serializer)) {
        return put_bytes(queue, object, queue->serializer.object_size,
                         mp__deadline_in(timeout_ms));
    }
    deadline = mp__deadline_after(timeout_ms);
    error = mp__serializer_encode(&queue->serializer, object, &queue->scratch,
                                  &size);
    if (error == 0) {
        error = put_bytes(queue, queue->scratch.bytes, size, deadline);
    }
    mp__scratch_trim(&queue->scratch, SCRATCH_KEPT);
    return error;
}

int mp_queue_put_bytes(mp_queue *queue, const void *bytes, size_t size,
                       int timeout_ms)
{
    int error = check(queue);

    if (error < 0) {
        return error;
    }
    if (bytes == NULL && size > 0) {
        return MP_EINVAL;
    }
    return put_bytes(queue, bytes, size, mp__deadline_in(timeout_ms));
}

/* Nobody is left who could put a message into an empty queue: no process
 * that is known to share it, and no child that might, or whose children. */
static bool is_abandoned(mp_queue *queue)
{
    return mp__ring_is_alone(queue->ring) && !mp__process_has_children();
}

/* What is to be done with the oldest message. */
struct taking {
    void *buffer;
    size_t capacity;
    size_t size;
    const void **bytes; /* not NULL: borrow it */
};

static int ring_take(mp_queue *queue, struct taking *taking, int64_t deadline)
{
    return taking->bytes != NULL
               ? mp__ring_borrow(queue->ring, taking->bytes, &taking->size,
                                 deadline)
               : mp__ring_get(queue->ring, taking->buffer, taking->capacity,
                              &taking->size, deadline);
}

/* ring_take() with the end of MP_FOREVER when the queue is abandoned. */
static int take_or_alone(mp_queue *queue, struct taking *taking,
                         int64_t deadline)
{
    int error;

    if (deadline != MP__NEVER) {
        return ring_take(queue, taking, deadline);
    }
    for (;;) {
        error = ring_take(queue, taking, mp__deadline_in(ALONE_SLICE_MS));
        if (error != MP_ETIMEDOUT) {
            return error;
        }
        if (is_abandoned(queue)) {
            /* The last of them may have put one before it died. */
            error = ring_take(queue, taking, MP__AT_ONCE);
            return error == MP_ETIMEDOUT ? MP_ECLOSED : error;
        }
    }
}

static int get_or_alone(mp_queue *queue, void *buffer, size_t capacity,
                        size_t *size, int64_t deadline)
{
    struct taking taking = { .buffer = buffer, .capacity = capacity };
    int error;

    mp__chaos("before get");
    error = take_or_alone(queue, &taking, deadline);
    mp__chaos("after get");
    if (error == 0 || error == MP_EMSGSIZE) {
        *size = taking.size;
    }
    return error;
}

/* The oldest message, whole, in scratch. It stays in the queue until there is
 * memory for it; others may take it meanwhile, hence the loop. */
static int get_scratch(mp_queue *queue, size_t *size, int64_t deadline)
{
    int error = mp__scratch_reserve(&queue->scratch, 256);

    while (error == 0) {
        error = get_or_alone(queue, queue->scratch.bytes,
                             queue->scratch.capacity, size, deadline);
        if (error != MP_EMSGSIZE) {
            break;
        }
        error = mp__scratch_reserve(&queue->scratch, *size);
    }
    return error;
}

int mp_queue_get(mp_queue *queue, void *object, int timeout_ms)
{
    size_t object_size;
    size_t size = 0;
    int error = check(queue);

    if (error < 0) {
        return error;
    }
    if (object == NULL) {
        return MP_EINVAL;
    }
    object_size = queue->serializer.object_size;
    error = mp__scratch_reserve(&queue->object, object_size);
    if (error == 0) {
        error = get_scratch(queue, &size, mp__deadline_after(timeout_ms));
    }
    if (error == 0) {
        error = mp__serializer_decode(&queue->serializer, queue->object.bytes,
                                      queue->scratch.bytes, size);
    }
    if (error == 0) {
        memcpy(object, queue->object.bytes, object_size);
    }
    mp__scratch_trim(&queue->scratch, SCRATCH_KEPT);
    return error;
}

int mp_queue_get_bytes(mp_queue *queue, void *buffer, size_t capacity,
                       size_t *size, int timeout_ms)
{
    int error = check(queue);

    if (error < 0) {
        return error;
    }
    if (size == NULL || (buffer == NULL && capacity > 0)) {
        return MP_EINVAL;
    }
    return get_or_alone(queue, buffer, capacity, size,
                        mp__deadline_in(timeout_ms));
}

int mp_queue_reserve(mp_queue *queue, void **room, size_t size, int timeout_ms)
{
    int error = check(queue);

    if (error < 0) {
        return error;
    }
    if (room == NULL) {
        return MP_EINVAL;
    }
    return mp__ring_reserve(queue->ring, room, size,
                            mp__deadline_after(timeout_ms));
}

int mp_queue_commit(mp_queue *queue, size_t size)
{
    int error = check(queue);

    if (error == MP_ECLOSED) {
        (void)mp__ring_abandon(queue->ring);
    }
    if (error < 0) {
        return error;
    }
    mp__chaos("before put");
    error = mp__ring_publish(queue->ring, size);
    mp__chaos("after put");
    return error;
}

int mp_queue_abandon(mp_queue *queue)
{
    return queue == NULL ? MP_EINVAL : mp__ring_abandon(queue->ring);
}

int mp_queue_borrow(mp_queue *queue, const void **bytes, size_t *size,
                    int timeout_ms)
{
    struct taking taking = { .bytes = bytes };
    int error = check(queue);

    if (error < 0) {
        return error;
    }
    if (bytes == NULL || size == NULL) {
        return MP_EINVAL;
    }
    mp__chaos("before get");
    error = take_or_alone(queue, &taking, mp__deadline_after(timeout_ms));
    mp__chaos("after get");
    if (error == 0) {
        *size = taking.size;
    }
    return error;
}

int mp_queue_give_back(mp_queue *queue)
{
    return queue == NULL ? MP_EINVAL : mp__ring_return(queue->ring);
}

int mp_queue_size(const mp_queue *queue)
{
    int error = check(queue);
    size_t count;

    if (error < 0) {
        return error;
    }
    count = mp__ring_count(queue->ring);
    return count > INT_MAX ? INT_MAX : (int)count;
}

int mp_queue_task_done(mp_queue *queue)
{
    int error = check(queue);

    return error < 0 ? error : mp__ring_done(queue->ring);
}

int mp_queue_join(mp_queue *queue, int timeout_ms)
{
    int error = check(queue);

    return error < 0 ? error
                     : mp__ring_wait_done(queue->ring, &queue->lost,
                                          mp__deadline_after(timeout_ms));
}

int mp_queue_descriptor(mp_queue *queue)
{
    int error = check(queue);

    return error < 0 ? error : mp__ring_watch(queue->ring);
}

bool mp__queue_is_ready(mp_queue *queue)
{
    if (mp__ring_count(queue->ring) > 0 || mp__ring_is_shut(queue->ring)) {
        return true;
    }
    mp__ring_lower(queue->ring);
    return false;
}

int mp_queue_shutdown(mp_queue *queue)
{
    if (queue == NULL) {
        return MP_EINVAL;
    }
    mp__ring_shut(queue->ring);
    return 0;
}

int mp_queue_close(mp_queue *queue)
{
    if (queue == NULL) {
        return MP_EINVAL;
    }
    queue->closed = true;
    return 0;
}

void mp_queue_destroy(mp_queue *queue)
{
    if (queue == NULL) {
        return;
    }
    mp__ring_destroy(queue->ring);
    mp__scratch_free(&queue->scratch);
    mp__scratch_free(&queue->object);
    free(queue);
}
