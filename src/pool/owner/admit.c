/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * admit.c -- take all items of a call that does not wait for their ends
 *
 * The items of apply_async and map_async are taken in the call: into slots while
 * there are free ones, then into chunks that wait in the heap. This is the only
 * place where the owner waits while it submits, for room under max_pending.
 */
#include "pool/owner/admit.h"

#include "mp/error.h"
#include "platform/clock.h"
#include "pool/batch/batch_source.h"
#include "pool/owner/backlog.h"
#include "pool/owner/dispatch.h"
#include "pool/owner/ends.h"
#include "pool/owner/step.h"

static bool has_room(const void *argument)
{
    const mp_pool *pool = argument;

    return pool->over || pool->tally.pending < pool->max_pending;
}

/* May its one item go to a worker at once, as it is? */
static bool is_next(const mp_pool *pool, const mp__batch *batch)
{
    return batch->count == 1 && !mp__batch_packs(batch) && !pool->is_inline &&
           pool->waiting == NULL && has_room(pool) && mp__owner_has_slot(pool);
}

/* Its one item, whose argument is plain. */
static void place_one(mp_pool *pool, mp__batch *batch)
{
    mp__taken taken;

    mp__batch_take_one(batch, batch->source.items,
                       mp__chunk_argument_size(&batch->work->chunk), &taken);
    mp__owner_place(pool, batch, &taken);
}

static void take_all(mp_pool *pool, mp__batch *batch)
{
    const mp__news no_memory = { .end = MP_TASK_FAILED, .error = MP_ENOMEM };
    mp__taken taken;

    while (mp__batch_has_more(batch)) {
        if (!has_room(pool)) {
            /* In a callback it does not wait, and takes more than it may. */
            (void)mp__owner_wait(pool, has_room, pool, MP__NEVER);
            if (!mp__batch_has_more(batch)) {
                break; /* the pool has ended, and it with it */
            }
        }
        if (mp__owner_take(pool, batch, &taken) == 0) {
            continue;
        }
        if (pool->waiting == NULL && mp__owner_has_slot(pool)) {
            mp__owner_hand_out(pool, batch, &taken);
        } else if (mp__waiting_add(pool, batch, &taken) < 0) {
            mp__end_chunk(pool, batch, taken.first, taken.count, &no_memory);
        }
    }
}

void mp__owner_take_all(mp_pool *pool, mp__batch *batch)
{
    batch->pinned = true; /* a callback may give its handle back */
    if (is_next(pool, batch)) {
        place_one(pool, batch);
    } else {
        take_all(pool, batch);
    }
    batch->pinned = false;
    mp__settle_batch(pool, batch);
}
