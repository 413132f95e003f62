/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * dispatch.c -- hand out items to workers
 *
 * A chunk of items goes to a free task slot, or waits in the heap, or is taken
 * from its source only when a slot is free. Batches take turns. Inline pools
 * run it here and now.
 */
#include "pool/owner/dispatch.h"

#include "platform/fd.h"
#include "platform/kill_point.h"
#include "pool/owner/backlog.h"
#include "pool/owner/bundles.h"
#include "pool/owner/ends.h"
#include "pool/owner/inline.h"

#include <stddef.h>
#include <string.h>

#define ANNOUNCED_TOGETHER 8

/* Long arguments that are handed out ahead: about what a cache holds, and some
 * for each worker whatever they are. */
#define PLENTY_BYTES ((size_t)16 * 1024 * 1024)
#define PLENTY_EACH  2

static enum mp__arguments_in place_for(const mp__batch *batch,
                                       const mp__taken *taken)
{
    if (batch->arguments_seen) {
        return MP__IN_PLACE;
    }
    return taken->size > MP__CHUNK_INLINE ? MP__IN_FILE : MP__IN_SLOT;
}

/* O1: the arguments of a chunk to where its worker finds them. 0 or -errno. */
static int lay_out(mp_pool *pool, enum mp__arguments_in where, mp__chunk *chunk,
                   uint32_t slot, const mp__taken *taken)
{
    int error = 0;

    if (where == MP__IN_PLACE) {
        chunk->arguments = taken->bytes;
    } else if (where == MP__IN_FILE) {
        error =
            mp__arguments_put(pool->arguments, slot, taken->bytes, taken->size);
    } else if (taken->size > MP__CHUNK_SMALL) {
        memcpy((unsigned char *)chunk + MP__CHUNK_HEAD, taken->bytes,
               taken->size);
    } else if (taken->size > 0) {
        mp__copy_object(chunk->small, taken->bytes, taken->size);
    }
    chunk->where = where;
    return error;
}

/* What the chunks of a call have in common stays in a slot from use to use,
 * until something went wrong: a task may have overwritten it. */
static void lay_out_rest(mp_pool *pool, const mp__work *work, mp__chunk *chunk,
                         uint32_t slot)
{
    const size_t rest = offsetof(mp__chunk, run);

    if (work->stamp == 0 || pool->stamps[slot] != work->stamp) {
        memcpy((unsigned char *)chunk + rest,
               (const unsigned char *)&work->chunk + rest,
               sizeof(*chunk) - rest);
        pool->stamps[slot] = work->stamp;
    }
}

/* O1: a chunk into a free slot. 0 or -errno. */
static int write_chunk(mp_pool *pool, const mp__work *work,
                       enum mp__arguments_in where, uint32_t slot,
                       const mp__taken *taken)
{
    mp__chunk *chunk = mp__task_table_body(pool->core.table, slot);
    int error;

    MP_KILL_POINT("place.begun");
    error = lay_out(pool, where, chunk, slot, taken);
    if (error < 0) {
        return error;
    }
    MP_KILL_POINT("place.arguments_written");
    chunk->count = taken->count;
    chunk->first = taken->first;
    chunk->size = taken->size;
    lay_out_rest(pool, work, chunk, slot);
    MP_KILL_POINT("place.body_written");
    return 0;
}

/* O2, O3 */
static void queue_chunk(mp_pool *pool, uint32_t slot, uint32_t bundled)
{
    pool->free_count--;
    pool->uses[slot].generation =
        mp__task_table_queue(pool->core.table, slot, bundled);
}

void mp__owner_place(mp_pool *pool, mp__batch *batch, const mp__taken *taken)
{
    uint32_t slot = pool->free_slots[pool->free_count - 1];
    mp__slot_use *use = &pool->uses[slot];
    enum mp__arguments_in where = place_for(batch, taken);
    /* All that a batch bundles has more than one: see bundles.c. */
    uint32_t bundled = batch->bundles && taken->count > 1 ? taken->count : 0;
    size_t in_file = where == MP__IN_FILE ? taken->size : 0;
    int error = write_chunk(pool, batch->work, where, slot, taken);

    if (error < 0) {
        mp__end_chunk(pool, batch, taken->first, taken->count,
                      &(mp__news){ .end = MP_TASK_FAILED, .error = error });
        return;
    }
    *use = (mp__slot_use){ .batch = batch,
                           .first = taken->first,
                           .count = taken->count,
                           .bundled = bundled,
                           .in_file = in_file };
    pool->bundles += bundled > 0;
    pool->in_file += in_file;
    pool->in_file_count += in_file > 0;
    queue_chunk(pool, slot, bundled);
}

bool mp__owner_has_slot(const mp_pool *pool)
{
    return pool->is_inline ||
           (pool->free_count > 0 && mp__task_table_has_place(pool->core.table));
}

void mp__owner_hand_out(mp_pool *pool, mp__batch *batch, const mp__taken *taken)
{
    if (pool->is_inline) {
        mp__run_inline(pool, batch, taken->first, taken->count, taken->bytes,
                       taken->size);
    } else {
        mp__owner_place(pool, batch, taken);
    }
}

static void hand_out_waiting(mp_pool *pool)
{
    mp__waiting *waiting = mp__waiting_pop(pool);

    mp__owner_hand_out(pool, waiting->batch,
                       &(mp__taken){ .first = waiting->first,
                                     .count = waiting->count,
                                     .bytes = mp__waiting_arguments(waiting),
                                     .size = waiting->size });
    mp__waiting_free(waiting);
}

/* Where the arguments of the next chunk are encoded: at once where its worker
 * finds them, when the last were long. */
static void clear_pack(mp_pool *pool)
{
    unsigned char *window = NULL;
    size_t size = 0;

    pool->packed = NULL;
    if (!pool->is_inline && pool->free_count > 0 &&
        pool->pack.size > MP__CHUNK_INLINE) {
        window = mp__arguments_window(pool->arguments,
                                      pool->free_slots[pool->free_count - 1],
                                      pool->pack.size, &size);
    }
    if (window != NULL) {
        mp__pack_clear_into(&pool->pack, window, size);
    } else {
        mp__pack_clear(&pool->pack);
    }
}

int mp__owner_pack_first(mp_pool *pool, const mp__batch *batch,
                         const void *argument)
{
    int error;

    if (!mp__batch_packs(batch)) {
        return 0;
    }
    clear_pack(pool);
    pool->busy = true;
    error = mp__pack_add(&pool->pack, &batch->work->chunk, argument);
    pool->busy = false;
    pool->packed = error == 0 ? batch : NULL;
    return error;
}

uint32_t mp__owner_take(mp_pool *pool, mp__batch *batch, mp__taken *taken)
{
    uint64_t room = pool->max_pending > pool->tally.pending
                        ? pool->max_pending - pool->tally.pending
                        : 1; /* a callback's do not wait */

    if (pool->packed == batch) {
        pool->packed = NULL;
        mp__batch_take_one(batch, pool->pack.bytes, pool->pack.size, taken);
        return taken->count;
    }
    if (batch->bundles) {
        mp__bundle_size(pool, batch);
    }
    if (mp__batch_packs(batch)) {
        clear_pack(pool);
    }
    pool->busy = true; /* next and encode */
    mp__batch_take(batch, &pool->pack, room, taken);
    pool->busy = false;
    return taken->count;
}

static void become_hungry(mp_pool *pool, mp__batch *batch)
{
    mp__batch **end = &pool->hungry;

    while (*end != NULL) {
        end = &(*end)->next_hungry;
    }
    batch->next_hungry = NULL;
    *end = batch;
}

/* Whose turn it is: taken out of the hungry. Those that have no more items
 * leave them for good. */
static mp__batch *next_hungry(mp_pool *pool)
{
    mp__batch **link = &pool->hungry;
    mp__batch *batch;

    while (*link != NULL) {
        batch = *link;
        if (mp__batch_has_more(batch)) {
            *link = batch->next_hungry;
            return batch;
        }
        if (mp__batch_is_taken(batch)) {
            *link = batch->next_hungry;
        } else {
            link = &batch->next_hungry;
        }
    }
    return NULL;
}

/* Do so many long arguments wait that more would only make memory cold? */
static bool has_plenty(const mp_pool *pool)
{
    return pool->in_file >= PLENTY_BYTES &&
           pool->in_file_count >= PLENTY_EACH * pool->core.workers;
}

/* Hand out one chunk of the batches in turn; false when there is none. */
static bool hand_out_taken(mp_pool *pool)
{
    mp__batch *batch =
        pool->tally.pending < pool->max_pending && !has_plenty(pool)
            ? next_hungry(pool)
            : NULL;
    mp__taken taken;
    uint32_t count;

    if (batch == NULL) {
        return false;
    }
    count = mp__owner_take(pool, batch, &taken);
    if (!mp__batch_is_taken(batch)) {
        become_hungry(pool, batch); /* the others come first next time */
    }
    if (count > 0) {
        mp__owner_hand_out(pool, batch, &taken); /* it may go with it */
    }
    return true;
}

static bool has_unfinished_source(const mp_pool *pool)
{
    const mp__batch *batch;

    for (batch = pool->hungry; batch != NULL; batch = batch->next_hungry) {
        if (!mp__batch_is_taken(batch)) {
            return true;
        }
    }
    return false;
}

static void seal(mp_pool *pool)
{
    if (!pool->sealed && !pool->over && pool->waiting == NULL &&
        !has_unfinished_source(pool)) {
        pool->sealed = true;
        if (!pool->is_inline) {
            mp__task_table_close(pool->core.table);
            MP_KILL_POINT("seal.closed");
            mp__fd_ring_link(pool->core.link_owner);
            MP_KILL_POINT("seal.told");
        }
    }
}

void mp__owner_announce(mp_pool *pool, bool sparing)
{
    if (!pool->is_inline) {
        mp__task_table_announce(pool->core.table, sparing);
    }
}

void mp__pump(mp_pool *pool)
{
    unsigned queued = 0;

    while ((pool->waiting != NULL || pool->hungry != NULL) && !pool->over &&
           mp__owner_has_slot(pool)) {
        if (pool->waiting != NULL) {
            hand_out_waiting(pool);
        } else if (!hand_out_taken(pool)) {
            break;
        }
        queued++;
        if (queued % ANNOUNCED_TOGETHER == 0) {
            mp__owner_announce(pool, mp__bundles_fly(pool));
        }
    }
    mp__owner_announce(pool, mp__bundles_fly(pool));
    if (pool->closed) {
        seal(pool);
    }
}

uint32_t mp__owner_send_alone(mp_pool *pool, const mp__work *work,
                              const void *argument)
{
    uint32_t slot = pool->free_slots[pool->free_count - 1];
    const mp__taken taken = { .count = 1,
                              .bytes = argument,
                              .size = mp__chunk_argument_size(&work->chunk) };

    (void)write_chunk(pool, work, MP__IN_SLOT, slot, &taken); /* it is short */
    queue_chunk(pool, slot, 0);
    mp__owner_announce(pool, false);
    return slot;
}

void mp__owner_add(mp_pool *pool, mp__batch *batch)
{
    mp__bundles_begin(pool, batch);
    mp__link_batch(pool, batch);
    if (batch->sink != MP__SINK_STORED) {
        become_hungry(pool, batch); /* those are taken at once */
    }
}
