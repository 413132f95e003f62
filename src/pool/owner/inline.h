/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * inline.h -- a pool without processes: tasks run in their owner
 */
#ifndef MP__INLINE_H
#define MP__INLINE_H

#include "pool/owner/owner.h"

#include <stddef.h>
#include <stdint.h>

/* The init function, as a worker would run it; its failure ends the pool. */
void mp__init_inline(mp_pool *pool, const mp_pool_options *options);
/* Run `count` items, packed in `bytes`, here and now. */
void mp__run_inline(mp_pool *pool, mp__batch *batch, size_t first,
                    uint32_t count, const void *bytes, size_t size);
/* In an inline pool: run the exit function, if there is one to run. */
void mp__owner_exit_here(mp_pool *pool);

#endif
