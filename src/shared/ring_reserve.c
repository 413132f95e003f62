/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * ring_reserve.c -- room in a ring for a message that is written in place
 *
 * Steps R1 to R10 of ring_blocks.c. The room of small messages is private
 * memory, that of others a block; which of both, reserve decides. A large
 * message that is put as a whole goes the same way, on a claim of its own, so
 * that its bytes are copied while no guard is held.
 *
 * Only its owner changes a claim while it lives, and a process forked
 * meanwhile is another owner: it has inherited nothing.
 */
#include "shared/ring_reserve.h"

#include "mp/error.h"
#include "platform/clock.h"
#include "platform/kill_point.h"
#include "shared/ring_blocks.h"
#include "shared/ring_put.h"

#include <errno.h>
#include <string.h>

/* Messages from here on are worth a block: below it a copy costs less. */
#define IN_PLACE ((size_t)64 * 1024)

/* What is asked for and, once claimed, what there is. */
struct request {
    enum mp__lane lane;
    size_t size;
    bool in_block; /* if one is free, or it fits nowhere else */
    mp__ident self;
    uint32_t block;
    uint64_t head; /* where HEAD stood when there was no room */
};

static struct mp__claim *claim_of(mp__ring *ring, mp__ident self,
                                  enum mp__lane lane)
{
    return &ring->shared->blocks.claims[mp__domain_slot(self)][lane];
}

/* R10, and the end of a claim whose block is not ours any more. */
static void drop(mp__ring *ring, const struct request *request)
{
    struct mp__claim *claim = claim_of(ring, request->self, request->lane);
    uint32_t owner = request->self;

    if (request->block != MP__NO_BLOCK) {
        mp__block_free(ring, request->block, request->self, MP__NO_NUMBER);
    }
    MP_KILL_POINT("claim.dropping");
    (void)atomic_compare_exchange_strong(&claim->owner, &owner, 0); /* R10 */
    MP_KILL_POINT("claim.dropped");
    mp__ring_wake_sleepers(&ring->shared->head,
                           atomic_load(&ring->shared->head));
}

/* Which block: MP__NO_BLOCK when it can do without; false: none is free. */
static bool choose_block(mp__ring *ring, struct request *request)
{
    request->block = MP__NO_BLOCK;
    if (!request->in_block) {
        return true;
    }
    request->block = mp__blocks_find(ring, request->size);
    return request->block != MP__NO_BLOCK ||
           request->size <= mp__ring_piece(ring);
}

/* R2 to R4 with `producers` held: 0, -EAGAIN, MP_ECLOSED or MP_EBROKEN. */
static int claim_locked(mp__ring *ring, struct request *request)
{
    struct mp__ring_shared *shared = ring->shared;
    struct mp__claim *claim = claim_of(ring, request->self, request->lane);
    uint64_t tail = atomic_load(&shared->tail);
    struct mp__outgoing out = { .charge = mp__ring_record_size(request->size),
                                .block = MP__NO_BLOCK };
    struct mp__held held;
    uint64_t place;
    int error;

    MP_KILL_POINT("reserve.locked");
    request->head = atomic_load(&shared->head);
    if ((tail & SHUT) != 0) {
        return MP_ECLOSED;
    }
    if (!mp__ring_words_fit(ring, request->head, tail)) {
        return MP_EBROKEN;
    }
    mp__blocks_look(ring, request->head, tail, claim, &held); /* R12 */
    if (!choose_block(ring, request)) {
        return -EAGAIN;
    }
    out.size =
        request->block == MP__NO_BLOCK ? request->size : BLOCK_RECORD - HEADER;
    error = mp__ring_choose(ring, &out, tail, &place); /* R2 */
    if (error < 0) {
        return error;
    }
    atomic_store(&shared->held, 1);
    MP_KILL_POINT("reserve.held");
    atomic_store(&claim->size, request->size);
    atomic_store(&claim->block, request->block);
    MP_KILL_POINT("reserve.claiming");
    atomic_store(&claim->owner, request->self); /* R3 */
    MP_KILL_POINT("reserve.claimed");
    if (request->block != MP__NO_BLOCK) {
        mp__block_own(ring, request->block, request->self); /* R4 */
    }
    return 0;
}

/* R1 to R5. */
static int claim_room(mp__ring *ring, struct request *request, int64_t deadline)
{
    struct mp__ring_shared *shared = ring->shared;
    int error;

    request->block = MP__NO_BLOCK;
    if (!mp__block_fits(MP__BLOCKS - 1, request->size)) {
        return -EFBIG;
    }
    for (;;) {
        error = mp__ring_lock_side(ring, &shared->producers, deadline); /* R1 */
        if (error < 0) {
            return error;
        }
        request->self = mp__guard_holder(&shared->producers);
        error = claim_locked(ring, request);
        (void)mp__guard_release(&shared->producers); /* R5 */
        if (error != -EAGAIN) {
            break;
        }
        MP_KILL_POINT("reserve.no_room");
        if (mp__deadline_passed(deadline)) {
            return MP_ETIMEDOUT;
        }
        mp__ring_wait_for_move(ring, &shared->head, request->head, deadline);
    }
    return error == MP_EBROKEN ? mp__ring_break(ring) : error;
}

/* R7 to R9 for `size` bytes, at `memory` when they are in no block. */
static int publish(mp__ring *ring, const struct request *request,
                   const void *memory, size_t size)
{
    struct mp__ring_shared *shared = ring->shared;
    struct mp__claim *claim = claim_of(ring, request->self, request->lane);
    const struct mp__block_record where = { size, request->block };
    bool block = request->block != MP__NO_BLOCK;
    struct mp__outgoing out = { .bytes = block ? &where : memory,
                                .size = block ? sizeof(where) : size,
                                .charge = size,
                                .block = request->block,
                                .self = request->self,
                                .claim = claim };
    uint64_t tail = 0;
    int error;

    error = mp__ring_lock_side(ring, &shared->producers, MP__NEVER); /* R7 */
    if (error < 0) {
        return error;
    }
    error = MP_ESTATE; /* somebody took us for dead */
    if (atomic_load(&claim->owner) == request->self) {
        error = mp__ring_send(ring, &out, &tail); /* R8, P4 */
    }
    if (error == -ESTALE) {
        error = mp__ring_stale(&shared->producers);
    }
    if (error != -ESTALE) {
        if (error == 0) {
            atomic_store(&claim->owner, 0); /* R9 */
            MP_KILL_POINT("commit.unclaimed");
        }
        (void)mp__guard_release(&shared->producers); /* P5 */
    }
    if (error == -EAGAIN || error == -ESTALE) {
        error = MP_ESTATE;
    }
    if (error == MP_EBROKEN) {
        error = mp__ring_break(ring);
    }
    if (error < 0) {
        drop(ring, request);
    } else {
        mp__ring_tell(ring, tail);
    }
    return error;
}

int mp__ring_put_block(mp__ring *ring, const void *bytes, size_t size,
                       int64_t deadline)
{
    struct request request = { .lane = MP__LANE_PUT,
                               .size = size,
                               .in_block = true };
    unsigned char *at;
    int error;

    deadline = mp__deadline_begin(deadline);
    error = claim_room(ring, &request, deadline);
    if (error < 0) {
        return error;
    }
    if (request.block == MP__NO_BLOCK) {
        return publish(ring, &request, bytes, size);
    }
    error = mp__block_fill(ring, request.block, size); /* R6 */
    if (error == 0) {
        at = mp__block_map(ring, request.block, size);
        if (at != NULL) {
            memcpy(at, bytes, size);
        } else {
            error = mp__block_write(ring, request.block, bytes, size);
        }
    }
    MP_KILL_POINT("put_block.written");
    if (error < 0) {
        drop(ring, &request);
        return size <= mp__ring_piece(ring)
                   ? mp__ring_put_record(ring, bytes, size, deadline)
                   : error;
    }
    error = publish(ring, &request, NULL, size);
    mp__block_unneeded(ring, request.block);
    return error;
}

static struct request request_of(const struct mp__loan *loan)
{
    return (struct request){ .lane = MP__LANE_USER,
                             .size = loan->size,
                             .self = loan->owner,
                             .block = loan->block };
}

/* R1 to R6. */
static int reserve(mp__ring *ring, struct request *request, void **room,
                   int64_t deadline)
{
    int error = claim_room(ring, request, deadline);

    if (error < 0) {
        return error;
    }
    if (request->block == MP__NO_BLOCK) {
        error = mp__loan_room(&ring->reserved, request->size);
        *room = ring->reserved.memory;
    } else {
        error = mp__block_fill(ring, request->block, request->size); /* R6 */
        if (error == 0) {
            *room = mp__block_map(ring, request->block, request->size);
            error = *room == NULL ? MP_ENOMEM : 0;
        }
    }
    if (error < 0) {
        drop(ring, request);
    }
    return error;
}

int mp__ring_reserve(mp__ring *ring, void **room, size_t size, int64_t deadline)
{
    struct mp__loan *loan = &ring->reserved;
    struct request request = { .lane = MP__LANE_USER, .size = size };
    bool fits = size <= mp__ring_piece(ring);
    void *at = NULL;
    int error;

    if (mp__loan_is_ours(loan)) {
        return MP_ESTATE;
    }
    request.in_block = size >= IN_PLACE || !fits;
    error = reserve(ring, &request, &at, deadline);
    if (error < 0 && request.block != MP__NO_BLOCK && fits) {
        request.in_block = false; /* it can do without a block */
        error = reserve(ring, &request, &at, deadline);
    }
    if (error < 0) {
        return error;
    }
    loan->size = size;
    loan->block = request.block;
    loan->owner = request.self;
    *room = at;
    return 0;
}

int mp__ring_publish(mp__ring *ring, size_t size)
{
    struct mp__loan *loan = &ring->reserved;
    struct request request = request_of(loan);
    int error;

    if (!mp__loan_is_ours(loan)) {
        return MP_ESTATE;
    }
    if (size > loan->size) {
        return MP_EINVAL;
    }
    error = publish(ring, &request, loan->memory, size);
    loan->owner = 0;
    if (request.block != MP__NO_BLOCK) {
        mp__block_unneeded(ring, request.block);
    }
    return error;
}

int mp__ring_abandon(mp__ring *ring)
{
    struct mp__loan *loan = &ring->reserved;
    struct request request = request_of(loan);

    if (!mp__loan_is_ours(loan)) {
        return MP_ESTATE;
    }
    drop(ring, &request);
    loan->owner = 0;
    if (request.block != MP__NO_BLOCK) {
        mp__block_unneeded(ring, request.block);
        mp__blocks_trim(ring);
    }
    return 0;
}
