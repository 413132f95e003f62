/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * stop.c -- the owner closes, terminates, kills and reaps its pool
 *
 * These are the ends that the user asks for; how everything is ended then, and
 * when a pool breaks, is in breakdown.c.
 */
#include "pool/owner/stop.h"

#include "mp/error.h"
#include "platform/child.h"
#include "platform/clock.h"
#include "platform/fd.h"
#include "platform/kill_point.h"
#include "pool/owner/breakdown.h"
#include "pool/owner/step.h"

#include <signal.h>

#define SLICE_MS 250

void mp__owner_close(mp_pool *pool)
{
    pool->closed = true;
    mp__owner_step(pool);
}

void mp__owner_terminate(mp_pool *pool)
{
    if (pool->terminated) {
        return;
    }
    pool->closed = true;
    pool->terminated = true;
    if (!pool->is_inline) {
        MP_KILL_POINT("terminate.begun");
        atomic_store(&pool->core.roster->phase, MP__PHASE_TERMINATED);
        MP_KILL_POINT("terminate.said");
        mp__fd_ring_link(pool->core.link_owner);
        MP_KILL_POINT("terminate.told");
    }
    mp__owner_finish(pool, MP_ETERMINATED);
    mp__owner_call_back(pool);
}

void mp__owner_kill(mp_pool *pool)
{
    if (pool->supervisor != 0) {
        (void)mp__child_signal(pool->supervisor, -1, SIGKILL);
        mp__supervisor_is_gone(pool);
    }
}

int mp__owner_reap(mp_pool *pool, int64_t deadline)
{
    while (pool->supervisor != 0) {
        MP_KILL_POINT("owner.reaping");
        mp__owner_sleep(pool, mp__deadline_poll_ms(deadline, SLICE_MS));
        if (pool->damaged) {
            mp__pool_is_damaged(pool);
        }
        if (pool->supervisor != 0 && mp__deadline_passed(deadline)) {
            return MP_ETIMEDOUT;
        }
        (void)mp__fd_drain(pool->core.bell_read);
    }
    mp__owner_call_back(pool);
    return 0;
}
