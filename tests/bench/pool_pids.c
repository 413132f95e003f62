/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * pool_pids.c -- each worker writes down its pid and its supervisor's
 */
#include "pool_pids.h"

#include "bench.h"

#include <sched.h>
#include <unistd.h>

static int tell(void *argument, void **state)
{
    pool_pids *pids = argument;

    (void)state;
    atomic_store(&pids->pids[0], (long)getppid());
    atomic_store(&pids->pids[1 + mp_task_worker_index()], (long)getpid());
    atomic_fetch_add(&pids->workers, 1);
    return 0;
}

mp_pool *pool_pids_create(pool_pids **pids, int workers)
{
    mp_pool_options options = { .workers = workers, .init = tell };
    mp_pool *pool = NULL;

    *pids = bench_shared(sizeof(**pids));
    options.argument = *pids;
    if (mp_pool_create(&pool, &options) < 0) {
        bench_unshare(*pids, sizeof(**pids));
        return NULL;
    }
    while (atomic_load(&(*pids)->workers) < workers) {
        (void)sched_yield();
    }
    return pool;
}

void pool_pids_destroy(mp_pool *pool, pool_pids *pids)
{
    mp_pool_destroy(pool);
    bench_unshare(pids, sizeof(*pids));
}
