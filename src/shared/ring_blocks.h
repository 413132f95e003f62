/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * ring_blocks.h -- large messages of a ring, each in a block of its own
 *
 * The protocol stands at the head of ring_blocks.c.
 */
#ifndef MP__RING_BLOCKS_H
#define MP__RING_BLOCKS_H

#include "shared/domain.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MP__BLOCKS 128
/* Where no block is. */
#define MP__NO_BLOCK UINT32_MAX

/* What a process reserves for its user, and what for a put of its own. */
enum mp__lane { MP__LANE_USER = 0, MP__LANE_PUT, MP__LANES };

/* Room in the ring for a message that is being written. */
struct mp__claim {
    _Atomic uint32_t owner; /* an ident; 0: none */
    _Atomic uint32_t block; /* MP__NO_BLOCK: the message will be a record */
    _Atomic uint64_t size;
};

/* In shared memory. All of it changes under `producers`, but what is the
 * owner's own while it lives: its claims, the blocks that it is the maker of,
 * and its name as a taker, which it writes under `consumers`. */
struct mp__blocks {
    _Atomic uint32_t bound;               /* blocks from here on: never used */
    _Atomic uint64_t maker[MP__BLOCKS];   /* a state: see ring_blocks.c */
    _Atomic uint64_t size[MP__BLOCKS];    /* of the message */
    _Atomic uint64_t touched[MP__BLOCKS]; /* no memory from here on */
    _Atomic uint64_t solid[MP__BLOCKS];   /* memory up to here for certain */
    _Alignas(64) _Atomic uint32_t taker[MP__BLOCKS]; /* an ident, or 0 */
    _Alignas(64) struct mp__claim claims[MP__DOMAIN_SLOTS][MP__LANES];
};

/* This process's view of a block. */
struct mp__block_map {
    unsigned char *at;
    size_t size;
};

/* What is spoken for beside the records in the ring. */
struct mp__held {
    uint64_t items; /* messages that are being written */
    uint64_t bytes; /* that count, of them and of blocks in the queue */
    uint64_t ring;  /* bytes of records that are still to come */
};

#endif
