/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * heap_watch.h -- which heap blocks are alive, and which allocation fails
 */
#ifndef MP_TEST_HEAP_WATCH_H
#define MP_TEST_HEAP_WATCH_H

#include <stddef.h>
#include <stdint.h>

/** One living block. */
typedef struct mp_test__block {
    uintptr_t address; /**< 0: this entry is free. */
    size_t size;
    uint64_t serial;    /**< Counts allocations; larger is younger. */
    const void *caller; /**< The instruction that asked for the block. */
} mp_test__block;

/** Start to watch; what was allocated before stays unknown. */
void mp_test__heap_watch(void);

/** Forget all blocks and watch no longer. */
void mp_test__heap_unwatch(void);

/** A point in time for mp_test__heap_younger(). */
uint64_t mp_test__heap_mark(void);

/** Copy up to `capacity` blocks younger than `mark`; returns their number. */
size_t mp_test__heap_younger(uint64_t mark, mp_test__block *blocks,
                             size_t capacity);

/**
 * Let the `nth` allocation from now fail once with ENOMEM: 1 is the next one,
 * 0 lets none fail. Processes forked meanwhile each count for themselves. The
 * fixture sets it to 0 at the end of every test.
 *
 * Returns how many of the `nth` set before were still to come; 0 says that the
 * failure has happened, or that none was set.
 */
int mp_test_fail_allocation(int nth);

#endif
