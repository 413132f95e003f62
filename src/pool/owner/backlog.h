/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * backlog.h -- chunks that wait in the heap for a slot of the table
 */
#ifndef MP__BACKLOG_H
#define MP__BACKLOG_H

#include "pool/batch/batch_source.h"
#include "pool/owner/owner.h"

#include <stddef.h>
#include <stdint.h>

/* A chunk that waits for a slot. */
typedef struct mp__waiting {
    struct mp__waiting *next;
    mp__batch *batch;
    size_t first;
    uint32_t count;
    size_t size;
    _Alignas(16) unsigned char bytes[];
} mp__waiting;

/* Make a chunk with room for `size` bytes of arguments, which are the caller's
 * to fill in. NULL: no memory. */
mp__waiting *mp__waiting_make(mp_pool *pool, mp__batch *batch, size_t first,
                              uint32_t count, size_t size);
void mp__waiting_free(mp__waiting *waiting);
/* Where its arguments lie, which may be the caller's array. */
const void *mp__waiting_arguments(const mp__waiting *waiting);
void mp__waiting_append(mp_pool *pool, mp__waiting *waiting);
/* Append a copy of a chunk. Returns 0 or MP_ENOMEM. */
int mp__waiting_add(mp_pool *pool, mp__batch *batch, const mp__taken *taken);
/* Take the first of the chunks that wait. At least one must be waiting. */
mp__waiting *mp__waiting_pop(mp_pool *pool);

#endif
