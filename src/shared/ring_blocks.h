/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * ring_blocks.h -- large messages of a ring, each in a block of its own
 *
 * The protocol stands at the head of ring_blocks.c.
 */
#ifndef MP__RING_BLOCKS_H
#define MP__RING_BLOCKS_H

#include "shared/ring_words.h"

/* The number of a message that has none yet. */
#define MP__NO_NUMBER UINT64_MAX

/* What is spoken for beside the records in the ring. */
struct mp__held {
    uint64_t items; /* messages that are being written */
    uint64_t bytes; /* that count, of them and of blocks in the queue */
    uint64_t ring;  /* bytes of records that are still to come */
};

/* R12: what is claimed but by `own`, and what counts of blocks in the queue.
 * The caller holds `producers`. */
void mp__blocks_look(mp__ring *ring, uint64_t head, uint64_t tail,
                     const struct mp__claim *own, struct mp__held *held);
/* R11: take back what the dead claimed; false: nothing. The caller holds
 * `producers`. */
bool mp__blocks_sweep(mp__ring *ring);
/* Find a free block, after a look and with `producers` held; or
 * MP__NO_BLOCK. */
uint32_t mp__blocks_find(mp__ring *ring, uint64_t size);
/* Give back what memory is too much. */
void mp__blocks_trim(mp__ring *ring);

/* Can a block of this number, which may be anything, have this size? */
bool mp__block_fits(uint32_t block, uint64_t size);
/* R4, W1: be the maker of the block. */
void mp__block_own(mp__ring *ring, uint32_t block, mp__ident self);
/* R8: give the block the number of its message; false: it is not ours. */
bool mp__block_number(mp__ring *ring, uint32_t block, mp__ident self,
                      uint64_t size, uint64_t number);
/* R10, W3: free a block that is ours, with MP__NO_NUMBER, or that was numbered
 * in vain. */
void mp__block_free(mp__ring *ring, uint32_t block, mp__ident self,
                    uint64_t number);
/* Does the block hold the message with this number? */
bool mp__block_is(const mp__ring *ring, uint32_t block, uint64_t number);
/* Can the block hold a message of this size, by what the file says, and is it
 * not in the hands of this process's user? */
bool mp__block_is_sound(const mp__ring *ring, uint32_t block, uint64_t size);
/* R6: reserve memory behind a block of ours. */
int mp__block_fill(mp__ring *ring, uint32_t block, uint64_t size);
/* R6: map the bytes of the block here; NULL: no address space, or no such
 * bytes. */
unsigned char *mp__block_map(mp__ring *ring, uint32_t block, uint64_t size);
/* Where the bytes of the block are mapped already; NULL: they are not. */
unsigned char *mp__block_seen(const mp__ring *ring, uint32_t block,
                              uint64_t size);
void mp__block_unmap(mp__ring *ring, uint32_t block);
/* Unmap it if much is mapped. */
void mp__block_unneeded(mp__ring *ring, uint32_t block);
/* Write and read its bytes without a map. */
int mp__block_write(mp__ring *ring, uint32_t block, const void *bytes,
                    size_t size);
int mp__block_read(mp__ring *ring, uint32_t block, void *bytes, size_t size);

#endif
