/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * ring_reserve.h -- how a large message goes into a ring
 */
#ifndef MP__RING_RESERVE_H
#define MP__RING_RESERVE_H

#include "shared/ring_words.h"

/* Put a large message that is not written in place, on a claim of its own. It
 * goes in as a record where a block cannot be filled and it fits without one.
 * Results are those of mp__ring_put(). */
int mp__ring_put_block(mp__ring *ring, const void *bytes, size_t size,
                       int64_t deadline);

#endif
