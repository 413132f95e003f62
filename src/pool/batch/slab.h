/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * slab.h -- places of one size, taken and given back at no cost
 *
 * For what a pool needs by the hundred thousand and the host may keep for
 * longer than the pool: a place stays where it is until it is given back, also
 * after its shelves were left.
 */
#ifndef MP__SLAB_H
#define MP__SLAB_H

#include <stddef.h>
#include <stdint.h>

typedef struct mp__shelf mp__shelf;

/* All zero is empty. Every place has the same size. */
typedef struct mp__shelves {
    mp__shelf *open; /* with a place that is free */
    mp__shelf *full;
    uint32_t count;    /* of both */
    size_t idle_bytes; /* of open ones with nothing on them */
} mp__shelves;

/* A place of `size` bytes, aligned to 16, with whatever lies there; NULL: no
 * memory. */
void *mp__shelf_take(mp__shelves *shelves, size_t size);
void mp__shelf_give(void *place);

/* Nothing more is taken. What is in use stays so, and from here on different
 * threads may give back different places. */
void mp__shelves_leave(mp__shelves *shelves);

#endif
