/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * backlog.c -- chunks that wait in the heap for a slot of the table
 */
#include "pool/owner/backlog.h"

#include "mp/error.h"

#include <stdlib.h>
#include <string.h>

#define WAITING_SMALL 16 /* bytes of arguments: on a shelf */

mp__waiting *mp__waiting_make(mp_pool *pool, mp__batch *batch, size_t first,
                              uint32_t count, size_t size)
{
    mp__waiting *waiting =
        size <= WAITING_SMALL
            ? mp__shelf_take(&pool->waits, sizeof(mp__waiting) + WAITING_SMALL)
            : malloc(sizeof(mp__waiting) + size);

    if (waiting != NULL) {
        waiting->next = NULL;
        waiting->batch = batch;
        waiting->first = first;
        waiting->count = count;
        waiting->size = size;
    }
    return waiting;
}

void mp__waiting_free(mp__waiting *waiting)
{
    if (waiting->size <= WAITING_SMALL) {
        mp__shelf_give(waiting);
    } else {
        free(waiting);
    }
}

const void *mp__waiting_arguments(const mp__waiting *waiting)
{
    const mp__batch *batch = waiting->batch;

    return batch->arguments_seen
               ? (const unsigned char *)batch->source.items +
                     waiting->first * batch->work->chunk.argument.object_size
               : waiting->bytes;
}

void mp__waiting_append(mp_pool *pool, mp__waiting *waiting)
{
    *pool->waiting_end = waiting;
    pool->waiting_end = &waiting->next;
}

int mp__waiting_add(mp_pool *pool, mp__batch *batch, const mp__taken *taken)
{
    mp__waiting *waiting =
        mp__waiting_make(pool, batch, taken->first, taken->count, taken->size);

    if (waiting == NULL) {
        return MP_ENOMEM;
    }
    if (taken->size > 0) {
        memcpy(waiting->bytes, taken->bytes, taken->size);
    }
    mp__waiting_append(pool, waiting);
    return 0;
}

mp__waiting *mp__waiting_pop(mp_pool *pool)
{
    mp__waiting *waiting = pool->waiting;

    pool->waiting = waiting->next;
    if (pool->waiting == NULL) {
        pool->waiting_end = &pool->waiting;
    }
    return waiting;
}
