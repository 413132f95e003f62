/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * extents.h -- which bytes of a worker's part of the file are free
 *
 * Results too long for a ring lie in extents of the pool's file. Each worker
 * slot has a part of it, from which its worker alone takes extents; the owner
 * reads them where they lie, and pins those that it keeps. See extents.c.
 */
#ifndef MP__EXTENTS_H
#define MP__EXTENTS_H

#include "shared/outbox.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Extents begin at multiples of this, which any page size divides. */
#define MP__EXTENT_GRAIN ((uint64_t)65536)
/* A part: so many bytes of offsets for each worker, and those at its begin
 * that may be mapped and pinned. What is pinned cannot break up the rest. */
#define MP__EXTENT_PART   ((uint64_t)1 << (sizeof(void *) > 4 ? 35 : 33))
#define MP__EXTENT_WINDOW ((uint64_t)1 << 33)
/* The most that the owner pins of one part. */
#define MP__PINS 1024

typedef struct mp__pins mp__pins; /* shared; written by the owner alone */

int mp__pins_create(mp__pins **pins, uint32_t workers); /* 0, MP_ENOMEM */
void mp__pins_destroy(mp__pins *pins);                  /* NULL: nothing */
void mp__pins_seal(mp__pins *pins); /* read-only from here on, for a worker */

/* ---- the owner ---- */

/* Pin number `i` of part `w`, which is free: these bytes of the part stay as
 * they are. Before the record that told of them is released. */
void mp__pins_set(mp__pins *pins, uint32_t w, uint32_t i, uint64_t offset,
                  uint64_t size);
/* The owner has done with them. */
void mp__pins_clear(mp__pins *pins, uint32_t w, uint32_t i);

/* ---- the worker ---- */

#define MP__EXTENTS_SENT 256

/* An extent in a record that the owner has perhaps not read yet. */
struct mp__sent_extent {
    uint64_t until; /* where the ring's head is once it has */
    uint64_t begin;
    uint64_t end;
};

/* What a worker knows of its part; its own memory. */
typedef struct mp__extents {
    const mp__pins *pins;
    const mp__outbox *outbox;
    uint32_t w;
    /* Shared, for the next worker in this place: no extent of this part that
     * is in use ends behind it. */
    _Atomic uint64_t *end;
    uint64_t blind_until; /* records before that are not among `sent` */
    struct mp__sent_extent sent[MP__EXTENTS_SENT]; /* a ring, oldest first */
    uint32_t sent_first;
    uint32_t sent_count;
} mp__extents;

/* At the worker's birth. */
void mp__extents_open(mp__extents *extents, const mp__pins *pins,
                      const mp__outbox *outbox, uint32_t w,
                      _Atomic uint64_t *end);
/* Where `size` free bytes begin in the part; UINT64_MAX: there is no such
 * place until the owner has read more or keeps less. They are free until the
 * next call, and used only once a record that tells of them is published. */
uint64_t mp__extents_find(mp__extents *extents, uint64_t size);
/* That record is published, and the ring's tail is at `until`. */
void mp__extents_sent(mp__extents *extents, uint64_t offset, uint64_t size,
                      uint64_t until);
/* The next hole at or behind `from`: its end, and its begin in *begin. False:
 * none up to the end of all extents that ever were. Such bytes may be given
 * back, before the next find. */
bool mp__extents_hole(mp__extents *extents, uint64_t from, uint64_t *begin,
                      uint64_t *end);
/* All beyond `size` bytes is given back, or was never used. */
void mp__extents_trim(mp__extents *extents, uint64_t size);
/* How often the owner has cleared a pin. */
uint32_t mp__extents_cleared(const mp__extents *extents);

#endif
