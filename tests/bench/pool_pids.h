/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * pool_pids.h -- which processes a pool has, told by its workers
 */
#ifndef MP_BENCH_POOL_PIDS_H
#define MP_BENCH_POOL_PIDS_H

#include <mp/mp.h>

#include <stdatomic.h>

enum { POOL_PIDS_MAX = 66 };

/** pids[0] is the supervisor, then come the workers. In shared memory. */
typedef struct pool_pids {
    atomic_int workers; /* that have told */
    atomic_long pids[POOL_PIDS_MAX];
} pool_pids;

/** A pool whose processes are all there; NULL when it cannot be made. */
mp_pool *pool_pids_create(pool_pids **pids, int workers);
void pool_pids_destroy(mp_pool *pool, pool_pids *pids);

#endif
