/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * bundle.h -- items that go together, until their owner takes some back
 *
 * See bundle.c for the steps.
 */
#ifndef MP__BUNDLE_H
#define MP__BUNDLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct mp__bundle {
    _Atomic uint64_t *word; /* NULL: the task is no bundle */
    uint64_t seen;          /* what stood there last */
} mp__bundle;

static inline uint64_t mp__bundle_word(uint32_t at, uint32_t end,
                                       uint32_t generation)
{
    return (uint64_t)at << 48 | (uint64_t)end << 32 | generation;
}

static inline uint32_t mp__bundle_at(const mp__bundle *bundle)
{
    return (uint32_t)(bundle->seen >> 48);
}

static inline uint32_t mp__bundle_end(const mp__bundle *bundle)
{
    return (uint32_t)(bundle->seen >> 32) & 0xffff;
}

/* P1 for item `next`, all before which are in hand or over. False: it is not
 * theirs (any more), and nothing behind it. */
bool mp__bundle_reach(mp__bundle *bundle, uint32_t next);
/* P2: items `from` to `end` are the caller's again, who is the owner. False:
 * there are none. */
bool mp__bundle_take_back(mp__bundle *bundle, uint32_t *from);

#endif
