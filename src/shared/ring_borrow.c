/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * ring_borrow.c -- a message of a ring that is read in place
 *
 * The borrow of ring_blocks.c, whose steps B1 and B2 stand in ring_get.c. What
 * is borrowed was taken, for good: its number has left the ring, and only the
 * name of its taker keeps others from the block. A message that came as a
 * record is copied to private memory: the ring's own goes on at once.
 *
 * The end of a handle ends what its user has in hand, borrowed or reserved.
 */
#include "shared/ring_borrow.h"

#include "mp/error.h"
#include "shared/ring_blocks.h"
#include "shared/ring_get.h"
#include "shared/ring_words.h"

#include <stdlib.h>

/* Private memory that a process keeps for the next message. */
#define LOAN_KEPT ((size_t)256 * 1024)

int mp__ring_borrow(mp__ring *ring, const void **bytes, size_t *size,
                    int64_t deadline)
{
    struct mp__loan *loan = &ring->borrowed;
    struct mp__incoming in = { .in_place = true };
    mp__ident self;
    int error = mp__domain_self(&self);

    if (error < 0 || mp__loan_is_ours(loan)) {
        return error < 0 ? error : MP_ESTATE;
    }
    error = mp__loan_room(loan, 256);
    while (error == 0) {
        in.buffer = loan->memory;
        in.capacity = loan->capacity;
        error = mp__ring_take(ring, &in, deadline);
        if (error == MP_EMSGSIZE) {
            error = mp__loan_room(loan, (size_t)in.size);
        } else if (error == MP__UNMAPPED) {
            error =
                mp__block_map(ring, in.block, in.size) == NULL ? MP_ENOMEM : 0;
        } else {
            break; /* others may have taken it while we looked for memory */
        }
    }
    if (error < 0) {
        return error;
    }
    loan->owner = self;
    loan->block = in.block;
    loan->size = (size_t)in.size;
    *bytes = in.block == MP__NO_BLOCK ? loan->memory
                                      : mp__block_seen(ring, in.block, in.size);
    *size = loan->size;
    return 0;
}

int mp__ring_return(mp__ring *ring)
{
    struct mp__loan *loan = &ring->borrowed;

    if (!mp__loan_is_ours(loan)) {
        return MP_ESTATE;
    }
    if (loan->block != MP__NO_BLOCK) {
        mp__ring_let_go(ring, loan->block, loan->owner);
        mp__ring_wake_sleepers(&ring->shared->head,
                               atomic_load(&ring->shared->head));
        mp__block_unneeded(ring, loan->block);
        mp__blocks_trim(ring);
    } else if (loan->capacity > LOAN_KEPT) {
        free(loan->memory);
        loan->memory = NULL;
        loan->capacity = 0;
    }
    loan->owner = 0;
    return 0;
}

void mp__ring_end_loans(mp__ring *ring)
{
    uint32_t block;

    (void)mp__ring_abandon(ring);
    (void)mp__ring_return(ring);
    for (block = 0; block < MP__BLOCKS; block++) {
        mp__block_unmap(ring, block);
    }
    free(ring->reserved.memory);
    free(ring->borrowed.memory);
}
