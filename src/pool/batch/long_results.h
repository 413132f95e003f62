/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * long_results.h -- long results, read and kept where their workers put them
 */
#ifndef MP__LONG_RESULTS_H
#define MP__LONG_RESULTS_H

#include "pool/common/core.h"
#include "shared/extents.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The owner's view of the file of a pool, which outlives that while a result
 * is kept in it. */
typedef struct mp__retained mp__retained;

/* A result in the file. */
typedef struct mp__extent {
    mp__retained *retained; /* NULL: it is not there */
    uint32_t worker;
    uint64_t offset; /* in that worker's part */
} mp__extent;

/* For an owner of its own `core`. NULL: no memory; results are copied then. */
mp__retained *mp__retained_create(const mp__core *core);
/* The pool goes, and no worker is left. NULL: nothing. */
void mp__retained_close(mp__retained *retained);

/* Where `size` bytes at `offset` of the part of worker `w` can be read; they
 * stay there until the record that told of them is released. NULL: they must
 * be read by calls. */
const void *mp__retained_find(mp__retained *retained, uint32_t w,
                              uint64_t offset, uint64_t size);

/* Keep them longer: its number, or -1: they must be copied. */
int mp__retained_keep(const mp__extent *extent, uint64_t size);
/* They are not needed any more. */
void mp__retained_drop(mp__retained *retained, uint32_t w, int number);

#endif
