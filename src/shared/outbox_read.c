/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * outbox_read.c -- the side of an outbox where records come out
 *
 * Steps O6 and O14 of outbox.c, all by the owner.
 */
#include "shared/outbox_parts.h"

#include "platform/kill_point.h"
#include "platform/park.h"

#include <string.h>

/* Each field is read once: who scribbles over the ring meanwhile changes what
 * is told, and not what is safe to read. */
static void look_at(mp__record *record, mp__arrival *arrival)
{
    volatile const mp__record *seen = record;

    arrival->slot = seen->slot;
    arrival->generation = seen->generation;
    arrival->first = seen->first;
    arrival->end = seen->end;
    arrival->kind = (enum mp__record_kind)seen->kind;
    arrival->core_dumped = seen->core_dumped != 0;
    arrival->costed = seen->costed != 0;
    arrival->set_aside = seen->set_aside != 0;
    arrival->error = seen->error;
    arrival->status = seen->status;
    arrival->pid = seen->pid;
    arrival->attempt = seen->attempt;
    arrival->size = seen->size;
    arrival->payload = (const unsigned char *)(record + 1);
    arrival->payload_size = 0;
}

/* Does a record that begins at `position` end by `tail`, in one piece? Then
 * its cost is read, and its payload found. */
static bool measure(mp__arrival *arrival, uint64_t position, uint64_t tail)
{
    uint64_t bytes = arrival->costed ? sizeof(mp__cost) : 0;

    switch (arrival->kind) {
    case MP__RECORD_RESULT:
    case MP__RECORD_FAULT:
        if (arrival->size > MP__PAYLOAD_MOST) {
            return false;
        }
        arrival->payload_size = (size_t)arrival->size;
        break;
    case MP__RECORD_RUN:
        if (arrival->size > MP__PAYLOAD_MOST || arrival->end < arrival->first ||
            (arrival->end - arrival->first) * arrival->size >
                MP__PAYLOAD_MOST) {
            return false;
        }
        arrival->payload_size =
            mp__run_bytes(arrival->first, arrival->end, arrival->size);
        break;
    case MP__RECORD_IN_FILE:
        arrival->payload_size = sizeof(uint64_t);
        break;
    case MP__RECORD_DEATH:
        break;
    default:
        return false;
    }
    bytes = mp__record_bytes((size_t)bytes + arrival->payload_size);
    if (bytes > mp__to_ring_end(position) || bytes > tail - position) {
        return false;
    }
    if (arrival->costed) {
        memcpy(&arrival->cost, arrival->payload, sizeof(arrival->cost));
        arrival->payload += sizeof(arrival->cost);
    }
    arrival->next = position + bytes;
    return true;
}

/* The record at `head`, which is before the tail. */
static enum mp__arrived take_in(struct mp__outbox_ring *ring, uint64_t head,
                                uint64_t tail, mp__arrival *arrival)
{
    uint64_t position = head;

    if (tail - head > RING_BYTES || tail % LINE != 0) {
        return MP__ARRIVED_DAMAGE;
    }
    look_at(mp__record_at(ring, position), arrival);
    if (arrival->kind == MP__RECORD_PAD) {
        position += mp__to_ring_end(position);
        if (position - head >= tail - head) {
            return MP__ARRIVED_DAMAGE; /* never published alone */
        }
        look_at(mp__record_at(ring, position), arrival);
    }
    return measure(arrival, position, tail) ? MP__ARRIVED_RECORD
                                            : MP__ARRIVED_DAMAGE;
}

enum mp__arrived mp__outbox_next(mp__outbox *outbox, uint32_t w,
                                 mp__arrival *arrival)
{
    struct mp__outbox_ring *ring = &outbox->rings[w];
    struct mp__outbox_side *side = &outbox->sides[w];

    if (side->head == side->known_tail) {
        side->known_tail =
            atomic_load_explicit(&ring->tail, memory_order_acquire);
    }
    return side->head == side->known_tail
               ? MP__ARRIVED_NOTHING
               : take_in(ring, side->head, side->known_tail, arrival);
}

bool mp__outbox_take(mp__outbox *outbox, uint32_t w, const mp__arrival *arrival)
{
    struct mp__outbox_side *side = &outbox->sides[w];

    side->head = arrival->next;
    return side->head != side->known_tail;
}

void mp__outbox_release(mp__outbox *outbox, uint32_t w)
{
    struct mp__outbox_ring *ring = &outbox->rings[w];

    MP_KILL_POINT("outbox.releasing");
    atomic_store_explicit(&ring->head, outbox->sides[w].head,
                          memory_order_release); /* O6 */
    MP_KILL_POINT("outbox.released");
    atomic_thread_fence(memory_order_seq_cst); /* against wait_room's fence */
    if (atomic_load_explicit(&ring->starved, memory_order_relaxed) != 0) {
        MP_KILL_POINT("outbox.feeding");
        atomic_store(&ring->starved, 0); /* O6: before the wake */
        MP_KILL_POINT("outbox.fed");
        (void)mp__park_wake(mp__park_low_half(&ring->head), MP__PARK_ALL);
        MP_KILL_POINT("outbox.woke");
    }
}

/* The open run at `tail`, when items of it are over by R2. */
static mp__record *reached_at(struct mp__outbox_ring *ring, uint64_t tail,
                              uint32_t w, const mp__task_table *table,
                              uint32_t *reached)
{
    uint64_t end = 0;
    mp__record *record = mp__outbox_sealed_at(ring, tail, &end);
    uint64_t word;
    mp__claim claim;

    if (record == NULL || record->kind != MP__RECORD_RUN) {
        return NULL;
    }
    claim = (mp__claim){ .slot = record->slot,
                         .generation = record->generation,
                         .worker = w,
                         .item = record->first };
    word = mp__task_table_word(table, claim.slot);
    *reached = mp__task_table_reached(table, &claim);
    return mp__word_generation(word) == claim.generation &&
                   mp__word_worker(word) == w &&
                   mp__word_item(word) == claim.item && *reached > claim.item
               ? record
               : NULL;
}

enum mp__arrived mp__outbox_unpublished(mp__outbox *outbox, uint32_t w,
                                        const mp__task_table *table,
                                        mp__arrival *arrival)
{
    struct mp__outbox_ring *ring = &outbox->rings[w];
    uint64_t end = 0;
    uint32_t reached = 0;
    mp__record *record =
        mp__outbox_committed_at(ring, outbox->sides[w].head, w, table, &end);
    uint64_t position;

    if (record == NULL) {
        record = reached_at(ring, outbox->sides[w].head, w, table, &reached);
    }
    if (record == NULL) {
        return MP__ARRIVED_NOTHING;
    }
    position = mp__record_position(ring, outbox->sides[w].head, record);
    look_at(record, arrival);
    arrival->end = reached > 0 ? reached : arrival->end;
    return measure(arrival, position, position + RING_BYTES)
               ? MP__ARRIVED_RECORD
               : MP__ARRIVED_DAMAGE;
}

bool mp__outbox_is_sound(const mp__outbox *outbox, uint32_t w)
{
    return atomic_load(&outbox->rings[w].head) == outbox->sides[w].head;
}

bool mp__outbox_owes(const mp__outbox *outbox, uint32_t w,
                     const mp__task_table *table, uint32_t slot)
{
    struct mp__outbox_ring *ring = &outbox->rings[w];
    uint64_t end = 0;
    mp__record *record;

    if (atomic_load(&ring->tail) != outbox->sides[w].head) {
        return true;
    }
    record =
        mp__outbox_committed_at(ring, outbox->sides[w].head, w, table, &end);
    return (record != NULL && record->slot == slot) ||
           atomic_load(&ring->tail) !=
               outbox->sides[w].head; /* just published */
}

bool mp__outbox_has_news_of(const mp__outbox *outbox, uint32_t w)
{
    return atomic_load(&outbox->rings[w].head) !=
           atomic_load(&outbox->rings[w].tail);
}

bool mp__outbox_has_news(const mp__outbox *outbox)
{
    uint32_t w;

    for (w = 0; w < outbox->workers; w++) {
        if (atomic_load_explicit(&outbox->rings[w].tail,
                                 memory_order_acquire) !=
            outbox->sides[w].head) {
            return true;
        }
    }
    return false;
}
