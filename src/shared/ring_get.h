/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * ring_get.h -- how a message comes out of a ring
 */
#ifndef MP__RING_GET_H
#define MP__RING_GET_H

#include "shared/ring_words.h"

/* A place for a message on its way out. */
struct mp__incoming {
    void *buffer;
    size_t capacity;
    uint64_t size;  /* of the message */
    uint64_t tail;  /* where TAIL stood when there was none */
    bool in_place;  /* no copy of what lies in a block */
    uint32_t block; /* where it lies; MP__NO_BLOCK: in `buffer` */
};

/* With in_place: the block is to be mapped first, guards let go. */
#define MP__UNMAPPED (-ENXIO)

/* C1 to C7: 0; MP__UNMAPPED; else as mp__ring_get(). */
int mp__ring_take(mp__ring *ring, struct mp__incoming *in, int64_t deadline);
/* B2: the block is not read any more. */
void mp__ring_let_go(mp__ring *ring, uint32_t block, mp__ident self);

#endif
