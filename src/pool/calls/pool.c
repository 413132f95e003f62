/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * pool.c -- create, close, terminate, join and destroy a pool
 */
#include "pool/calls/pool.h"

#include "mp/error.h"
#include "mp/process.h"
#include "objects/process.h"
#include "objects/reserved.h"
#include "platform/clock.h"
#include "platform/cpu.h"
#include "platform/self.h"
#include "pool/batch/batch_source.h"
#include "pool/owner/inline.h"
#include "pool/owner/start.h"
#include "pool/owner/step.h"
#include "pool/owner/stop.h"

#include <stdlib.h>

#define WORKERS_MOST  1000
#define DESTROY_GRACE (5000 * MP__MS)

static mp_pool *pools; /* of this process and its forerunners */

static int workers_from_environment(void)
{
    const char *text = getenv("LIBMP_WORKERS");
    char *end = NULL;
    long workers;

    if (text == NULL || text[0] == '\0') {
        return mp__cpu_online();
    }
    workers = strtol(text, &end, 10);
    return *end != '\0' || workers < 1 || workers > WORKERS_MOST ? MP_EINVAL
                                                                 : (int)workers;
}

/* How many processes, 0 for none, or MP_EINVAL. */
static int workers_of(const mp_pool_options *options)
{
    int workers = options->workers;

    if (workers == MP_WORKERS_INLINE) {
        return 0;
    }
    if (workers == MP_WORKERS_USABLE) {
        workers = mp__cpu_usable();
    } else if (workers == 0) {
        workers = workers_from_environment();
        if (workers < 0) {
            return workers;
        }
    } else if (workers < 0 || workers > WORKERS_MOST) {
        return MP_EINVAL;
    }
    return workers < WORKERS_MOST ? workers : WORKERS_MOST;
}

/* The process ends: no pool of its own may live on. */
static void end_pools(void)
{
    pid_t self = mp__self_pid();
    mp_pool *pool;

    for (pool = pools; pool != NULL; pool = pool->next) {
        if (pool->maker == self) {
            /* No callbacks: what they would use may be gone by now. */
            pool->calling_back = true;
            mp__owner_terminate(pool);
            (void)mp__owner_reap(pool, mp__clock_ns() + DESTROY_GRACE);
        }
    }
}

int mp_pool_create(mp_pool **pool, const mp_pool_options *options)
{
    static const mp_pool_options defaults;
    mp_pool *fresh = NULL;
    int workers;
    int error;

    options = options == NULL ? &defaults : options;
    workers = workers_of(options);
    if (pool == NULL || workers < 0 || options->tasks_per_worker < 0 ||
        options->limit_ms < 0 || options->grace_ms < 0 ||
        !MP__RESERVED_IS_ZERO(options)) {
        return MP_EINVAL;
    }
    if (workers > 0 && mp__process_is_daemonic()) {
        return MP_ESTATE;
    }
    error = mp__process_on_exit(end_pools);
    if (error == 0) {
        error = mp__owner_create(&fresh, options, (uint32_t)workers);
    }
    if (fresh == NULL) {
        return error;
    }
    mp__self_lock();
    fresh->next = pools;
    pools = fresh;
    mp__self_unlock();
    *pool = fresh;
    return 0;
}

int mp__pool_check(const mp_pool *pool)
{
    if (pool == NULL) {
        return MP_EINVAL;
    }
    return pool->maker != mp__self_pid() || pool->busy ? MP_ESTATE : 0;
}

int mp_pool_workers(const mp_pool *pool)
{
    int error = mp__pool_check(pool);

    return error < 0 ? error : (int)pool->core.workers;
}

int mp_pool_close(mp_pool *pool)
{
    int error = mp__pool_check(pool);

    if (error == 0) {
        mp__owner_close(pool);
    }
    return error;
}

/* As check, for what a callback may not do. */
static int check_outside(const mp_pool *pool)
{
    int error = mp__pool_check(pool);

    return error == 0 && pool->calling_back ? MP_ESTATE : error;
}

int mp_pool_terminate(mp_pool *pool)
{
    int error = check_outside(pool);

    if (error == 0) {
        mp__owner_terminate(pool);
    }
    return error;
}

static bool pool_is_idle(const void *argument)
{
    const mp_pool *pool = argument;

    return pool->over || pool->sealed;
}

static bool pool_is_done(const void *argument)
{
    const mp_pool *pool = argument;

    return pool->tally.pending == 0;
}

int mp_pool_join(mp_pool *pool, int timeout_ms)
{
    const mp__news closed = { .error = MP_ECLOSED };
    int64_t deadline = mp__deadline_after(timeout_ms);
    mp__batch *batch;
    int error = check_outside(pool);

    if (error < 0) {
        return error;
    }
    if (!pool->closed) {
        return MP_ESTATE;
    }
    for (batch = pool->batches; batch != NULL; batch = batch->next) {
        if (!batch->fed && !mp__batch_unbound(batch)) {
            mp__batch_end_source(batch, &closed);
        }
    }
    error = mp__owner_wait(pool, pool_is_idle, pool, deadline);
    if (error == 0) {
        error = mp__owner_wait(pool, pool_is_done, pool, deadline);
    }
    return error < 0 ? error : mp__owner_reap(pool, deadline);
}

void mp_pool_destroy(mp_pool *pool)
{
    mp_pool **link = &pools;

    if (pool == NULL || pool->calling_back || pool->busy) {
        return;
    }
    mp__self_lock();
    while (*link != NULL && *link != pool) {
        link = &(*link)->next;
    }
    if (*link != NULL) {
        *link = pool->next;
    }
    mp__self_unlock();
    if (pool->maker == mp__self_pid()) {
        mp__owner_terminate(pool);
        if (mp__owner_reap(pool, mp__clock_ns() + DESTROY_GRACE) < 0) {
            mp__owner_kill(pool); /* it was stopped, or worse */
        }
        mp__owner_exit_here(pool);
    }
    mp__owner_free(pool);
}
