/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * ring_put.c -- the side of a ring where messages go in
 *
 * Steps P1 to P7 of ring.c, all of P2 to P4 under `producers`.
 *
 * Where records lie. A record is an 8-byte header and the bytes, padded to 8,
 * in one piece. The tail turns back to offset 0 as soon as it is past the WARM
 * bytes and the start is free, with a WRAP record where it leaves off: while
 * little is queued, the same warm memory is used again and again.
 * `lap_end` is where the tail last turned back: written before the CAS that
 * commits the turn and read only while TAIL is before HEAD, so that a value
 * left by a producer killed in between is never looked at.
 *
 * While HEAD is still on the lap before, a tail that has turned back has less
 * room than max_bytes promises. Where that is used up the tail spills: a WRAP
 * leads on to behind the one at `lap_end`, and messages are queued from there
 * as if nobody had turned back. `spill` is the number of the first of them, + 1,
 * and `spill_at` where its WRAP stands; until HEAD has passed that message the
 * start is not free, and nobody turns back. Both are written before the CAS
 * that commits it; whoever puts a message with that number elsewhere, after a
 * producer killed in between, clears `spill` first.
 */
#include "shared/ring_put.h"

#include "mp/error.h"
#include "platform/clock.h"
#include "platform/kill_point.h"
#include "shared/ring_blocks.h"

#include <errno.h>
#include <string.h>

#define LOOK ((uint64_t)64 * 1024)

static uint64_t header_of(enum mp__record_type kind, uint64_t size)
{
    return ((uint64_t)kind << KIND_SHIFT) | size;
}

/* Has HEAD still to pass the message that was put where the lap before had
 * ended? What is known of HEAD may be old: then it is said too long. */
static bool is_spilled(const struct mp__ring_shared *shared, uint64_t head,
                       uint64_t tail)
{
    uint64_t first = mp__ring_items_of(head);

    return shared->spill != 0 &&
           mp__ring_offset_of(tail) >= mp__ring_offset_of(head) &&
           ((shared->spill - 1 - first) & ITEMS_MASK) <
               mp__ring_items_between(head, tail);
}

static uint64_t bytes_queued(const mp__ring *ring, uint64_t head, uint64_t tail)
{
    const struct mp__ring_shared *shared = ring->shared;
    uint64_t from = mp__ring_offset_of(head);
    uint64_t to = mp__ring_offset_of(tail);

    if (to < from) {
        return shared->lap_end - from + to;
    }
    if (!is_spilled(shared, head, tail)) {
        return to - from;
    }
    return to - (shared->lap_end + HEADER) + shared->spill_at - from +
           (from > shared->spill_at ? shared->lap_end : 0);
}

/* Where the record can go beside what is claimed; false: nowhere yet. P2. */
static bool find_room(const mp__ring *ring, const struct mp__outgoing *out,
                      const struct mp__held *held, uint64_t tail,
                      uint64_t *place)
{
    uint64_t from = mp__ring_offset_of(out->head);
    uint64_t to = mp__ring_offset_of(tail);
    uint64_t count = mp__ring_items_between(out->head, tail) + held->items;
    /* Claims fit behind it in one piece, in whatever order they come. */
    uint64_t need = mp__ring_record_size(out->size) + held->ring;
    bool fits_behind = to < from ? need < from - to : need <= ring->room - to;

    if (out->claim == NULL) {
        if (count >= ring->max_items) {
            return false;
        }
        if (count > 0 &&
            bytes_queued(ring, out->head, tail) + held->bytes + out->charge >
                ring->max_bytes) {
            return false; /* a larger one goes in alone */
        }
    }
    *place = to;
    if (to < from && !fits_behind) {
        *place = (ring->shared->lap_end & OFFSET_MASK) + HEADER; /* spill */
        return *place <= ring->room && need <= ring->room - *place;
    }
    if (to >= from && need < from &&
        !is_spilled(ring->shared, out->head, tail) &&
        (to >= WARM || !fits_behind)) {
        *place = 0; /* turn back to warm memory */
        return true;
    }
    return fits_behind;
}

/* P3 for a record that does not go where TAIL stands: say there where. */
static void lead_to(mp__ring *ring, uint64_t tail, uint64_t place)
{
    struct mp__ring_shared *shared = ring->shared;
    uint64_t mark = header_of(KIND_WRAP, place);

    if (place == 0) {
        shared->spill = 0;
        shared->lap_end = mp__ring_offset_of(tail);
        MP_KILL_POINT("ring_put.lap_ended");
    } else {
        shared->spill_at = mp__ring_offset_of(tail);
        shared->spill = mp__ring_items_of(tail) + 1;
        MP_KILL_POINT("ring_put.spilling");
    }
    memcpy(shared->records + mp__ring_offset_of(tail), &mark, HEADER);
    MP_KILL_POINT("ring_put.wrapped");
}

/* P3: write the record at `place`. */
static void write_record(mp__ring *ring, uint64_t tail, uint64_t place,
                         uint64_t header, const void *bytes, size_t size)
{
    struct mp__ring_shared *shared = ring->shared;
    uint64_t end = place + mp__ring_record_size(size);

    if (place != mp__ring_offset_of(tail)) {
        lead_to(ring, tail, place);
    } else if (shared->spill == mp__ring_items_of(tail) + 1) {
        shared->spill = 0; /* who meant to spill this one was killed */
    }
    if (end + HEADER > atomic_load(&shared->touched)) {
        atomic_store(&shared->touched, end + HEADER); /* P3: before the bytes */
        MP_KILL_POINT("ring_put.touched");
    }
    memcpy(shared->records + place, &header, HEADER);
    MP_KILL_POINT("ring_put.header_written");
    if (size > 0) {
        memcpy(shared->records + place + HEADER, bytes, size);
    }
}

/* Beyond the warm memory HEAD is looked at every so often even where there is
 * room: it may have left the start, and warm memory is worth the look. So it
 * is while there is memory to give back: it may have come to the end. */
static bool is_look_due(uint64_t place, uint64_t need, bool cold)
{
    return (cold || place + need >= WARM) &&
           place / LOOK != (place + need) / LOOK;
}

/* Looks at HEAD when what is known of it is not enough. */
int mp__ring_choose(mp__ring *ring, struct mp__outgoing *out, uint64_t tail,
                    uint64_t *place)
{
    struct mp__ring_shared *shared = ring->shared;
    struct mp__held held = { 0, 0, 0 };
    bool cold = mp__ring_has_cold_memory(ring);
    bool any = atomic_load_explicit(&shared->held, memory_order_relaxed) != 0;
    uint64_t need = mp__ring_record_size(out->size);

    out->head = shared->known_head;
    if (!mp__ring_words_fit(ring, out->head, tail)) {
        return MP_EBROKEN;
    }
    if (!any && find_room(ring, out, &held, tail, place) &&
        !is_look_due(*place, need, cold)) {
        return 0;
    }
    out->head = atomic_load(&shared->head); /* P2: what C4 gave back */
    shared->known_head = out->head;
    if (!mp__ring_words_fit(ring, out->head, tail)) {
        return MP_EBROKEN;
    }
    if (!is_spilled(shared, out->head, tail)) {
        shared->spill = 0; /* long before the number comes again */
    }
    if (cold && mp__ring_items_between(out->head, tail) == 0) {
        mp__ring_give_back(ring);
    }
    do {
        if (any) {
            mp__blocks_look(ring, out->head, tail, out->claim, &held);
        }
        if (find_room(ring, out, &held, tail, place)) {
            return 0;
        }
    } while (held.items > 0 && mp__blocks_sweep(ring)); /* R11 */
    return -EAGAIN;
}

int mp__ring_send(mp__ring *ring, struct mp__outgoing *out, uint64_t *tail)
{
    struct mp__ring_shared *shared = ring->shared;
    bool block = out->block != MP__NO_BLOCK;
    uint64_t number;
    uint64_t place = 0;
    int error;

    MP_KILL_POINT("ring_put.locked");
    *tail = atomic_load(&shared->tail); /* P2 */
    if ((*tail & SHUT) != 0) {
        return MP_ECLOSED;
    }
    error = mp__ring_choose(ring, out, *tail, &place);
    if (error < 0) {
        return error;
    }
    number = mp__ring_items_of(*tail);
    if (block && !mp__block_number(ring, out->block, out->self, out->charge,
                                   number)) { /* R8 */
        return MP_ESTATE;
    }
    write_record(ring, *tail, place,
                 header_of(block ? KIND_BLOCK : KIND_BYTES, out->size),
                 out->bytes, out->size);
    MP_KILL_POINT("ring_put.committing");
    error = mp__ring_commit(
        &shared->tail, tail,
        mp__ring_word_after(*tail, place + mp__ring_record_size(out->size)),
        SHUT);
    MP_KILL_POINT_IF(error == 0, "ring_put.committed");
    if (error < 0 && block) {
        mp__block_free(ring, out->block, out->self, number);
    }
    return error;
}

void mp__ring_tell(mp__ring *ring, uint64_t tail)
{
    MP_KILL_POINT("ring_put.released");
    mp__ring_wake_sleepers(&ring->shared->tail, tail); /* P6 */
    MP_KILL_POINT("ring_put.woke");
    mp__ring_raise(ring);
    MP_KILL_POINT("ring_put.done");
}

int mp__ring_put_record(mp__ring *ring, const void *bytes, size_t size,
                        int64_t deadline)
{
    struct mp__ring_shared *shared = ring->shared;
    struct mp__outgoing out = { .bytes = bytes,
                                .size = size,
                                .block = MP__NO_BLOCK,
                                .charge = mp__ring_record_size(size) };
    uint64_t tail = 0;
    int error;

    for (;;) {
        error = mp__ring_lock(ring, &shared->producers, &deadline); /* P1 */
        if (error < 0) {
            return error;
        }
        error = mp__ring_send(ring, &out, &tail);
        if (error == -ESTALE) {
            error = mp__ring_stale(&shared->producers);
        }
        if (error == -ESTALE) {
            continue;
        }
        (void)mp__guard_release(&shared->producers); /* P5 */
        if (error != -EAGAIN) {
            break;
        }
        MP_KILL_POINT("ring_put.no_room");
        deadline = mp__deadline_begin(deadline);
        if (mp__deadline_passed(deadline)) {
            return MP_ETIMEDOUT;
        }
        mp__ring_wait_for_move(ring, &shared->head, out.head, deadline);
    }
    if (error == MP_EBROKEN) {
        return mp__ring_break(ring);
    }
    if (error == 0) {
        mp__ring_tell(ring, tail);
    }
    return error;
}
