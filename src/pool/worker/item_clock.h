/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * item_clock.h -- the clock of what a worker runs, which its supervisor reads
 */
#ifndef MP__ITEM_CLOCK_H
#define MP__ITEM_CLOCK_H

#include "platform/clock.h"
#include "pool/common/chunk.h"
#include "pool/worker/worker_state.h"

#include <stdbool.h>
#include <stdint.h>

/* Does a clock run for the items of this task? */
static inline bool mp__worker_is_clocked(const mp__worker *w,
                                         const mp__chunk *chunk)
{
    return chunk->limit_ms > 0 || w->core->account;
}
/* The clock of the item in hand, or of an init or exit function, starts. */
void mp__worker_start_clock(mp__worker *w, int64_t now);
void mp__worker_stop_clock(mp__worker *w);
/* The supervisor learns of a clock that runs out before it would look. */
void mp__worker_tell_supervisor(mp__worker *w, int limit_ms);
/* When a run that has begun is to stop by itself; MP__NEVER without limit. */
static inline int64_t mp__worker_soft_end(const mp__worker *w, int limit_ms)
{
    return limit_ms > 0 ? w->start + limit_ms * MP__MS : MP__NEVER;
}

#endif
