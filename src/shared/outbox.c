/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * outbox.c -- a ring of records from one worker slot to the owner
 *
 *   W6  wait for room: this record, and one for the writer's own death
 *   W7  write the record beyond the tail, `position` last
 *   W8  commit: CAS of the task's word, see task_table.c
 *   W9  publish: store the tail
 *   O6  read up to the tail, store the head
 *
 * Many small items of one task can have one record, a run:
 *
 *   R1  write a record without items at the tail, and seal it
 *   R2  after each item: its result into the record, then done[w] = the next
 *   R3  say in the record where the run ends, then W8 for all of it, and W9
 *
 * Killed after R1 or R2: nothing is committed, but what done[w] says is over
 * lies complete in the record at the tail, so the supervisor does R3 for the
 * dead (S4) before it settles the item that he was at. The supervisor dead
 * too: the owner, once it has frozen the word, takes in what R2 says (O14).
 *
 * Killed before W8: garbage beyond the tail; the task is not committed.
 * Between W8 and W9: the record is complete and the word says so. The next
 * holder of the ring finds it: a record at the tail is *unpublished* when its
 * position is the tail, its generation is the task's, the word names this
 * worker and an item beyond the record's first. Positions are absolute and
 * written last, and wiped before anything else of a new record is written, so
 * bytes of an older lap or half a record never match. After W9: the owner reads it, if need be woken by the supervisor.
 * The supervisor's record of a death follows the same order, in the room that
 * every record leaves for it, so it never waits for the owner.
 *
 * Records are whole cache lines and lie in one piece; where one would cross
 * the end of the memory a PAD record fills up to it, and both are published
 * by one store of the tail. What is too long for the ring goes to a file, and
 * the record tells where: see extents.c.
 */
#include "shared/outbox_parts.h"

#include "mp/error.h"
#include "platform/kill_point.h"
#include "platform/map.h"
#include "platform/park.h"

#include <stdlib.h>

/* For the record of a death, with its cost, and perhaps a PAD before it. */
#define DEATH_ROOM (4 * LINE)

int mp__outbox_create(mp__outbox **outbox, uint32_t workers)
{
    mp__outbox *fresh =
        calloc(1, sizeof(*fresh) + workers * sizeof(struct mp__outbox_side));

    if (fresh == NULL) {
        return MP_ENOMEM;
    }
    fresh->workers = workers;
    fresh->map_size = mp__map_round(workers * sizeof(struct mp__outbox_ring));
    fresh->rings = mp__map_shared(fresh->map_size);
    if (fresh->rings == NULL) {
        free(fresh);
        return MP_ENOMEM;
    }
    *outbox = fresh;
    return 0;
}

void mp__outbox_destroy(mp__outbox *outbox)
{
    if (outbox == NULL) {
        return;
    }
    mp__map_free(outbox->rings, outbox->map_size);
    free(outbox);
}

/* What a record takes at `tail`, with the PAD before it. */
static uint64_t bytes_needed(uint64_t tail, size_t payload)
{
    uint64_t record = mp__record_bytes(payload);
    uint64_t left = mp__to_ring_end(tail);

    return record > left ? left + record : record;
}

static bool is_room(uint64_t tail, uint64_t head, size_t payload)
{
    return tail - head <= RING_BYTES &&
           bytes_needed(tail, payload) + DEATH_ROOM <=
               RING_BYTES - (tail - head);
}

bool mp__outbox_has_room(mp__outbox *outbox, uint32_t w, size_t payload)
{
    const struct mp__outbox_ring *ring = &outbox->rings[w];
    struct mp__outbox_side *side = &outbox->sides[w];
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

    if (is_room(tail, side->known_head, payload)) {
        return true;
    }
    side->known_head = atomic_load(&ring->head); /* W6: what O6 stored */
    return is_room(tail, side->known_head, payload);
}

bool mp__outbox_fills_up(mp__outbox *outbox, uint32_t w)
{
    return !mp__outbox_has_room(outbox, w, RING_BYTES / 2);
}

void mp__outbox_wait_room(mp__outbox *outbox, uint32_t w, size_t payload,
                          int64_t deadline)
{
    struct mp__outbox_ring *ring = &outbox->rings[w];
    uint64_t head = atomic_load(&ring->head);

    MP_KILL_POINT("outbox.starving");
    atomic_store(&ring->starved, 1);           /* W6 */
    atomic_thread_fence(memory_order_seq_cst); /* against release's fence */
    MP_KILL_POINT("outbox.starved");
    if (!mp__outbox_has_room(outbox, w, payload)) {
        mp__park_wait(mp__park_low_half(&ring->head), (uint32_t)head, deadline);
        MP_KILL_POINT("outbox.unparked");
    }
}

/* What was sealed here and never committed shall not be taken for the record
 * that is being written over it. No position is odd. */
static void unseal(mp__record *record)
{
    atomic_store_explicit(&record->position, 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_release); /* before all other fields */
}

mp__record *mp__outbox_begin(mp__outbox *outbox, uint32_t w, size_t payload)
{
    struct mp__outbox_ring *ring = &outbox->rings[w];
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    uint64_t left = mp__to_ring_end(tail);
    mp__record *record = mp__record_at(ring, tail);

    unseal(record);
    if (mp__record_bytes(payload) <= left) {
        return record;
    }
    unseal(mp__record_at(ring, tail + left));
    record->kind = MP__RECORD_PAD;
    MP_KILL_POINT("outbox.padding");
    atomic_store_explicit(&record->position, tail,
                          memory_order_release); /* W7 for the PAD */
    MP_KILL_POINT("outbox.padded");
    return mp__record_at(ring, tail + left);
}

void mp__outbox_seal(mp__outbox *outbox, uint32_t w, mp__record *record)
{
    struct mp__outbox_ring *ring = &outbox->rings[w];
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

    MP_KILL_POINT("outbox.sealing");
    atomic_store_explicit(&record->position,
                          mp__record_position(ring, tail, record),
                          memory_order_release); /* W7 */
    MP_KILL_POINT("outbox.sealed");
}

/* Bytes that the payload of a complete record takes in the ring. */
static size_t payload_in_ring(const mp__record *record)
{
    size_t cost = mp__record_cost_bytes(record);

    switch (record->kind) {
    case MP__RECORD_RESULT:
    case MP__RECORD_FAULT:
        return cost + (record->size > MP__PAYLOAD_MOST ? MP__PAYLOAD_MOST
                                                       : (size_t)record->size);
    case MP__RECORD_RUN:
        return cost + mp__run_bytes(record->first, record->end, record->size);
    case MP__RECORD_IN_FILE:
        return cost + sizeof(uint64_t);
    default:
        return cost;
    }
}

/* The complete record at `tail`, also behind a PAD; its end is *end. NULL:
 * there is none. */
mp__record *mp__outbox_sealed_at(struct mp__outbox_ring *ring, uint64_t tail,
                                 uint64_t *end)
{
    mp__record *record = mp__record_at(ring, tail);
    uint64_t position = tail;

    if (atomic_load_explicit(&record->position, memory_order_acquire) !=
            position ||
        record->kind == 0) { /* memory never written reads as position 0 */
        return NULL;
    }
    if (record->kind == MP__RECORD_PAD) {
        position += mp__to_ring_end(tail);
        record = mp__record_at(ring, position);
        if (atomic_load_explicit(&record->position, memory_order_acquire) !=
            position) {
            return NULL;
        }
    }
    *end = position + mp__record_bytes(payload_in_ring(record));
    return record;
}

mp__record *mp__outbox_open_run(mp__outbox *outbox, const mp__claim *claim)
{
    struct mp__outbox_ring *ring = &outbox->rings[claim->worker];
    uint64_t end = 0;
    mp__record *record =
        mp__outbox_sealed_at(ring, atomic_load(&ring->tail), &end);

    return record != NULL && record->kind == MP__RECORD_RUN &&
                   record->slot == claim->slot &&
                   record->generation == claim->generation &&
                   record->first == claim->item
               ? record
               : NULL;
}

void mp__outbox_publish(mp__outbox *outbox, uint32_t w)
{
    struct mp__outbox_ring *ring = &outbox->rings[w];
    uint64_t end = 0;

    if (mp__outbox_sealed_at(ring, atomic_load(&ring->tail), &end) != NULL) {
        MP_KILL_POINT("outbox.publishing");
        atomic_store_explicit(&ring->tail, end, memory_order_release); /* W9 */
        MP_KILL_POINT("outbox.published");
    }
}

/* Was the record at `tail` committed by the task's word? */
mp__record *mp__outbox_committed_at(struct mp__outbox_ring *ring, uint64_t tail,
                                    uint32_t w, const mp__task_table *table,
                                    uint64_t *end)
{
    mp__record *record = mp__outbox_sealed_at(ring, tail, end);
    uint64_t word;

    if (record == NULL) {
        return NULL;
    }
    word = mp__task_table_word(table, record->slot);
    return mp__word_generation(word) == record->generation &&
                   mp__word_worker(word) == w &&
                   mp__word_item(word) > record->first
               ? record
               : NULL;
}

void mp__outbox_roll_forward(mp__outbox *outbox, uint32_t w,
                             const mp__task_table *table)
{
    struct mp__outbox_ring *ring = &outbox->rings[w];
    uint64_t end = 0;

    if (mp__outbox_committed_at(ring, atomic_load(&ring->tail), w, table,
                                &end) != NULL) {
        MP_KILL_POINT("outbox.rolling_forward");
        atomic_store(&ring->tail, end); /* W9, S4 */
        MP_KILL_POINT("outbox.rolled_forward");
    }
}

uint64_t mp__outbox_carried(const mp__outbox *outbox, uint32_t w)
{
    return atomic_load(&outbox->rings[w].tail);
}

uint64_t mp__outbox_read(const mp__outbox *outbox, uint32_t w)
{
    return atomic_load(&outbox->rings[w].head);
}
