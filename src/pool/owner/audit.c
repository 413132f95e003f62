/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * audit.c -- does the memory that a pool shares with its workers make sense?
 *
 * A task can overwrite all that its worker can write. What the owner takes in
 * is checked when it is taken in (collect.c); this looks for what would never
 * come in. Every 250 ms that the owner waits, it compares all words in use
 * with what it knows itself: see shared/task_audit.c. And items that a word
 * says have ended must be there as records: a record is complete before the
 * commit (W7, W8), so it is read, unread, or unpublished at the tail. It is
 * the time as well to give back memory that long arguments have taken.
 *
 * Nothing here trusts what it reads, and a pool found damaged ends as broken,
 * so that no item waits for ever.
 */
#include "pool/owner/audit.h"

#include "mp/error.h"
#include "platform/clock.h"

#define EVERY     (250 * MP__MS)
#define PACK_WARM ((size_t)1024 * 1024) /* stays for good */

/* The supervisor goes by these. */
static bool body_fits(const mp_pool *pool, uint32_t slot)
{
    const mp__slot_use *use = &pool->uses[slot];
    const mp__chunk *chunk = mp__task_table_body(pool->core.table, slot);

    return chunk->run == use->batch->work->chunk.run &&
           chunk->count == (use->bundled > 0 ? use->bundled : use->count) &&
           chunk->limit_ms == use->batch->work->chunk.limit_ms &&
           chunk->retries == use->batch->work->chunk.retries;
}

/* Items up to `at` are its worker's, the others before `end` may be yet. */
static bool bundle_fits(const mp_pool *pool, uint32_t slot)
{
    const mp__slot_use *use = &pool->uses[slot];
    mp__bundle bundle =
        mp__task_table_bundle(pool->core.table, slot, use->generation);

    if (use->bundled == 0) {
        return bundle.word == NULL;
    }
    return bundle.word != NULL && mp__bundle_at(&bundle) < use->count &&
           mp__bundle_end(&bundle) == use->count;
}

static bool slot_fits(const mp_pool *pool, uint32_t slot)
{
    const mp__slot_use *use = &pool->uses[slot];
    uint64_t word = 0;
    uint32_t w;
    uint32_t ended;

    if (!mp__task_table_is_sound(pool->core.table, slot, &word)) {
        return false;
    }
    /* One that has ended, or was withdrawn, goes by its body no more. */
    if (mp__word_state(word) != MP__TASK_ENDED &&
        (!body_fits(pool, slot) || !bundle_fits(pool, slot))) {
        return false;
    }
    if (mp__word_state(word) == MP__TASK_READY) {
        return use->ended == 0;
    }
    w = mp__word_worker(word);
    ended = mp__word_item(word);
    if (w >= pool->core.workers || ended < use->ended || ended > use->count) {
        return false;
    }
    return (ended == use->ended && mp__word_state(word) != MP__TASK_ENDED) ||
           mp__outbox_owes(pool->core.outbox, w, pool->core.table, slot);
}

static bool makes_sense(const mp_pool *pool)
{
    uint32_t slots = mp__task_table_slots(pool->core.table);
    uint32_t slot;
    uint32_t w;

    for (w = 0; w < pool->core.workers; w++) {
        if (!mp__outbox_is_sound(pool->core.outbox, w)) {
            return false;
        }
    }
    for (slot = 0; slot < slots; slot++) {
        if (pool->uses[slot].batch != NULL && !slot_fits(pool, slot)) {
            return false;
        }
    }
    return mp__task_table_queue_is_sound(pool->core.table);
}

void mp__audit(mp_pool *pool)
{
    int64_t now;

    if (pool->is_inline || pool->over || pool->damaged) {
        return;
    }
    now = mp__clock_ns();
    if (now - pool->audited >= EVERY) {
        pool->audited = now;
        pool->damaged = !makes_sense(pool);
        mp__arguments_rest(pool->arguments);
        if (pool->packed == NULL) {
            mp__pack_trim(&pool->pack, PACK_WARM);
        }
    }
}
