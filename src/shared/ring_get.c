/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * ring_get.c -- the side of a ring where messages come out
 *
 * Steps C1 to C7 of ring.c, all of C2 to C4 under `consumers`; and how a
 * message leaves a block: a get copies it out, for a borrow the block gets the
 * name of its taker (steps B1 and B2 of ring_blocks.c).
 */
#include "shared/ring_get.h"

#include "mp/error.h"
#include "platform/clock.h"
#include "platform/kill_point.h"
#include "shared/ring_blocks.h"

#include <errno.h>
#include <string.h>

static bool is_watched(mp__ring *ring)
{
    return atomic_load_explicit(&ring->shared->watched, memory_order_relaxed) !=
           0;
}

/* The last message of a backlog is out: give its memory back now, in case no
 * producer ever comes again. Busy producers do it themselves. */
static void tidy(mp__ring *ring)
{
    struct mp__ring_shared *shared = ring->shared;

    if (!mp__ring_has_cold_memory(ring)) {
        return;
    }
    if (mp__guard_acquire(&shared->producers, MP__AT_ONCE,
                          &ring->guard_budget) < 0) {
        return;
    }
    MP_KILL_POINT("ring_get.tidying");
    if (mp__ring_count(ring) == 0) {
        mp__ring_give_back(ring);
    }
    MP_KILL_POINT("ring_get.tidied");
    (void)mp__guard_release(&shared->producers);
}

/* Is it the header of a record at `place`, all of it inside the ring? */
static bool is_record(const mp__ring *ring, uint64_t place, uint64_t header)
{
    uint64_t kind = header >> KIND_SHIFT;
    uint64_t size = header & SIZE_MASK;

    return (kind == KIND_BYTES ||
            (kind == KIND_BLOCK && size == sizeof(struct mp__block_record))) &&
           place < ring->room && size < ring->room - place &&
           mp__ring_record_size(size) <= ring->room - place;
}

static int copy_block(mp__ring *ring, const struct mp__incoming *in)
{
    const unsigned char *at = mp__block_map(ring, in->block, in->size);

    if (at == NULL) {
        return mp__block_read(ring, in->block, in->buffer, (size_t)in->size);
    }
    memcpy(in->buffer, at, (size_t)in->size);
    return 0;
}

/* C3 for a record of KIND_BLOCK with number `number`: 0, MP_EMSGSIZE,
 * MP__UNMAPPED, MP_EBROKEN or an error of the file. */
static int open_block(mp__ring *ring, const unsigned char *record,
                      uint64_t number, struct mp__incoming *in)
{
    struct mp__block_record where;

    memcpy(&where, record, sizeof(where));
    if (where.block >= MP__BLOCKS ||
        !mp__block_is(ring, (uint32_t)where.block, number) ||
        !mp__block_is_sound(ring, (uint32_t)where.block, where.size)) {
        return MP_EBROKEN;
    }
    in->size = where.size;
    in->block = (uint32_t)where.block;
    if (!in->in_place) {
        return in->size > in->capacity ? MP_EMSGSIZE : copy_block(ring, in);
    }
    if (mp__block_seen(ring, in->block, in->size) == NULL) {
        return MP__UNMAPPED;
    }
    atomic_store(&ring->shared->blocks.taker[in->block],
                 mp__guard_holder(&ring->shared->consumers)); /* B1 */
    MP_KILL_POINT("borrow.named");
    return 0;
}

/* C3 for the record at `place`, of the message with this number. */
static int copy_out(mp__ring *ring, uint64_t place, uint64_t header,
                    uint64_t number, struct mp__incoming *in)
{
    const unsigned char *bytes = ring->shared->records + place + HEADER;

    if (header >> KIND_SHIFT == KIND_BLOCK) {
        return open_block(ring, bytes, number, in);
    }
    in->block = MP__NO_BLOCK;
    in->size = header & SIZE_MASK;
    if (in->size > in->capacity) {
        return MP_EMSGSIZE;
    }
    if (in->size > 0) {
        memcpy(in->buffer, bytes, (size_t)in->size);
    }
    return 0;
}

/* C4, as step T2 of takers.c. */
static int commit(mp__ring *ring, uint64_t *head, uint64_t next)
{
    struct mp__ring_shared *shared = ring->shared;
    mp__ident self = mp__guard_holder(&shared->consumers);
    int error;

    mp__takers_intend(&shared->takers, self, mp__ring_items_of(next));
    MP_KILL_POINT("ring_get.committing");
    error = mp__ring_commit(&shared->head, head, next, 0);
    if (error == 0) {
        MP_KILL_POINT("ring_get.committed");
        mp__takers_note(&shared->takers, self);
        MP_KILL_POINT("ring_get.noted");
    }
    return error;
}

void mp__ring_let_go(mp__ring *ring, uint32_t block, mp__ident self)
{
    uint32_t taker = self;

    MP_KILL_POINT("borrow.letting_go");
    (void)atomic_compare_exchange_strong(&ring->shared->blocks.taker[block],
                                         &taker, 0); /* B2 */
    MP_KILL_POINT("borrow.let_go");
}

/* B1 was in vain: the message was not taken. */
static void untake(mp__ring *ring, const struct mp__incoming *in)
{
    mp__ident self;

    if (in->in_place && in->block != MP__NO_BLOCK &&
        mp__domain_self(&self) == 0) {
        mp__ring_let_go(ring, in->block, self);
    }
}

/* C2 to C4 with `consumers` held: 0; -EAGAIN, empty; -ESTALE, the guard is
 * not ours any more; MP_ECLOSED; MP_EMSGSIZE; MP__UNMAPPED; MP_EBROKEN, it is
 * damaged; or an error of the file. */
static int get_locked(mp__ring *ring, struct mp__incoming *in, uint64_t *head)
{
    struct mp__ring_shared *shared = ring->shared;
    uint64_t place;
    uint64_t header;
    int error;

    MP_KILL_POINT("ring_get.locked");
    *head = atomic_load(&shared->head); /* C2 */
    mp__takers_recover(&shared->takers, mp__ring_items_of(*head));
    in->tail = shared->known_tail;
    if (mp__ring_items_between(*head, in->tail) == 0) {
        in->tail = atomic_load(&shared->tail); /* C2: what P4 published */
        shared->known_tail = in->tail;
    }
    if (mp__ring_items_between(*head, in->tail) == 0) {
        return (in->tail & SHUT) != 0 ? MP_ECLOSED : -EAGAIN;
    }
    if (!mp__ring_words_fit(ring, *head, in->tail)) {
        return MP_EBROKEN;
    }
    place = mp__ring_offset_of(*head);
    memcpy(&header, shared->records + place, HEADER);
    if (header >> KIND_SHIFT == KIND_WRAP) {
        MP_KILL_POINT("ring_get.wrapping");
        place = header & SIZE_MASK;
        if ((place & ~OFFSET_MASK) != 0 || place > ring->room) {
            return MP_EBROKEN;
        }
        memcpy(&header, shared->records + place, HEADER);
    }
    if (!is_record(ring, place, header)) {
        return MP_EBROKEN;
    }
    error = copy_out(ring, place, header, mp__ring_items_of(*head), in);
    if (error < 0) {
        return error;
    }
    MP_KILL_POINT("ring_get.copied");
    place += mp__ring_record_size(header & SIZE_MASK);
    error = commit(ring, head, mp__ring_word_after(*head, place));
    if (error < 0) {
        untake(ring, in);
    }
    return error;
}

int mp__ring_take(mp__ring *ring, struct mp__incoming *in, int64_t deadline)
{
    struct mp__ring_shared *shared = ring->shared;
    uint64_t head = 0;
    int error;

    for (;;) {
        error = mp__ring_lock(ring, &shared->consumers, &deadline); /* C1 */
        if (error < 0) {
            return error;
        }
        error = get_locked(ring, in, &head);
        if (error == -ESTALE) {
            error = mp__ring_stale(&shared->consumers);
        }
        if (error == -ESTALE) {
            continue;
        }
        (void)mp__guard_release(&shared->consumers); /* C5 */
        if (error != -EAGAIN) {
            break;
        }
        MP_KILL_POINT("ring_get.empty");
        mp__ring_lower(ring); /* C7 */
        deadline = mp__deadline_begin(deadline);
        if (mp__deadline_passed(deadline)) {
            return MP_ETIMEDOUT;
        }
        mp__ring_wait_for_move(ring, &shared->tail, in->tail, deadline);
    }
    if (error == MP_EBROKEN) {
        return mp__ring_break(ring);
    }
    if (error == 0) {
        MP_KILL_POINT("ring_get.released");
        mp__ring_wake_sleepers(&shared->head, head); /* C6 */
        MP_KILL_POINT("ring_get.woke");
        /* TAIL is looked at only when none was known to be left. */
        if (mp__ring_items_between(head, in->tail) <= 1 &&
            (is_watched(ring) || mp__ring_has_cold_memory(ring)) &&
            mp__ring_count(ring) == 0) {
            mp__ring_lower(ring); /* C7 */
            tidy(ring);
        }
        MP_KILL_POINT("ring_get.done");
    }
    return error;
}

int mp__ring_get(mp__ring *ring, void *buffer, size_t capacity, size_t *size,
                 int64_t deadline)
{
    struct mp__incoming in = { .buffer = buffer, .capacity = capacity };
    int error = mp__ring_take(ring, &in, deadline);

    if (error == 0 || error == MP_EMSGSIZE) {
        *size = (size_t)in.size;
    }
    if (error == 0 && in.block != MP__NO_BLOCK) {
        mp__block_unneeded(ring, in.block);
        mp__blocks_trim(ring);
    }
    return error;
}
