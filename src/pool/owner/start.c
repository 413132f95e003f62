/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * start.c -- a pool's birth and its last rites
 */
#include "pool/owner/start.h"

#include "mp/error.h"
#include "objects/shared.h"
#include "platform/chaos.h"
#include "platform/child.h"
#include "platform/clock.h"
#include "platform/fd.h"
#include "platform/log.h"
#include "platform/kill_point.h"
#include "platform/self.h"
#include "pool/owner/inline.h"
#include "pool/owner/stop.h"
#include "pool/supervisor/supervisor.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLICE_MS   250
#define REAP_GRACE (3000 * MP__MS)

static int make_slots(mp_pool *pool)
{
    uint32_t slots = mp__task_table_slots(pool->core.table);
    uint32_t i;

    pool->uses = calloc(slots, sizeof(*pool->uses));
    pool->free_slots = calloc(slots, sizeof(*pool->free_slots));
    pool->stamps = calloc(slots, sizeof(*pool->stamps));
    pool->arguments = mp__arguments_create(&pool->core);
    if (pool->uses == NULL || pool->free_slots == NULL ||
        pool->stamps == NULL || pool->arguments == NULL) {
        return MP_ENOMEM;
    }
    for (i = 0; i < slots; i++) {
        pool->free_slots[i] = slots - 1 - i;
    }
    pool->free_count = slots;
    return 0;
}

/* Wait until the supervisor has forked all workers, or could not. Its byte is
 * on the way then, and shall not be left over; but it may have been lost. */
static int wait_for_start(mp_pool *pool)
{
    int64_t deadline = MP__NEVER;
    int started = 0;
    int ready;

    for (;;) {
        ready = mp__fd_wait(pool->core.bell_read, pool->core.link_owner,
                            mp__deadline_poll_ms(deadline, SLICE_MS));
        MP_KILL_POINT("owner.start_seen");
        (void)mp__fd_drain(pool->core.bell_read);
        started = atomic_load(&pool->core.roster->started);
        if (started != 0 &&
            ((ready & 1) != 0 || mp__deadline_passed(deadline))) {
            return started < 0 ? started : 0;
        }
        if (started != 0 && deadline == MP__NEVER) {
            deadline = mp__clock_ns() + SLICE_MS * MP__MS;
        }
        if ((ready & 2) != 0 && mp__fd_drain(pool->core.link_owner)) {
            return started < 0 ? started : MP_EBROKEN; /* it was killed */
        }
    }
}

static int start_supervisor(mp_pool *pool)
{
    static _Atomic unsigned pools; /* started by this process */
    char name[32];
    sigset_t mask;
    int error;
    pid_t pid;

    (void)snprintf(name, sizeof(name), "pool %u",
                   atomic_fetch_add(&pools, 1) + 1);
    pid = mp__child_fork(&mask);
    if (pid == 0) {
        mp__chaos_enter(name, false);
        mp__supervisor_live(&pool->core);
    }
    if (pid < 0) {
        return pid;
    }
    mp__log("pool %d: supervisor born, for %u workers", (int)pid,
            (unsigned)pool->core.workers);
    MP_KILL_POINT("owner.forked");
    mp__child_lead_group(pid);
    MP_KILL_POINT("owner.grouped");
    pool->supervisor = pid;
    mp__fd_close(&pool->core.link_supervisor);
    MP_KILL_POINT("owner.link_closed");
    mp__fd_close(&pool->core.bell_write);
    MP_KILL_POINT("owner.bell_closed");
    error = wait_for_start(pool);
    if (error < 0) {
        (void)mp__owner_reap(pool, mp__clock_ns() + REAP_GRACE);
    }
    return error;
}

/* init runs here and now; its failure breaks the pool as it would elsewhere. */
static void start_inline(mp_pool *pool, const mp_pool_options *options)
{
    pool->is_inline = true;
    pool->core.bell_read = -1;
    pool->core.bell_write = -1;
    pool->core.link_owner = -1;
    pool->core.link_supervisor = -1;
    pool->core.file = -1;
    pool->core.exit = options->exit;
    pool->core.limit_ms = pool->limits_off ? 0 : options->limit_ms;
    pool->core.account = options->account;
    if (options->init != NULL) {
        mp__init_inline(pool, options);
    }
}

/* A debugger holds a task for longer than any limit. */
static bool limits_are_off(void)
{
    const char *text = getenv("LIBMP_LIMITS");

    return text != NULL && strcmp(text, "off") == 0;
}

int mp__owner_create(mp_pool **pool, const mp_pool_options *options,
                     uint32_t workers)
{
    mp_pool *fresh = calloc(1, sizeof(*fresh));
    int error = 0;

    if (fresh == NULL) {
        return MP_ENOMEM;
    }
    fresh->waiting_end = &fresh->waiting;
    fresh->finished_end = &fresh->finished;
    fresh->shared_before = mp__shared_count();
    fresh->max_pending =
        options->max_pending == 0 ? UINT64_MAX : options->max_pending;
    fresh->maker = mp__self_pid();
    fresh->limits_off = limits_are_off();
    if (workers == 0) {
        start_inline(fresh, options);
        *pool = fresh;
        return 0;
    }
    error = mp__core_create(&fresh->core, options, workers);
    if (error < 0) {
        free(fresh);
        return error;
    }
    MP_KILL_POINT("owner.core_made");
    fresh->core.limit_ms = fresh->limits_off ? 0 : options->limit_ms;
    error = make_slots(fresh);
    if (error == 0) {
        fresh->retained = mp__retained_create(&fresh->core);
        MP_KILL_POINT("owner.slots_made");
        error = start_supervisor(fresh);
    }
    if (error < 0) {
        mp__owner_free(fresh);
        return error;
    }
    MP_KILL_POINT("owner.created");
    *pool = fresh;
    return 0;
}

void mp__owner_free(mp_pool *pool)
{
    mp__batch *batch;
    mp__batch *next;

    MP_KILL_POINT("owner.freeing");
    for (batch = pool->batches; batch != NULL; batch = next) {
        next = batch->next;
        batch->next = NULL;
        batch->pool = NULL; /* its handle stays readable */
        batch->tally = NULL;
        if (!batch->held) {
            mp__batch_free(batch);
        }
    }
    mp__works_forget(&pool->works);
    mp__shelves_leave(&pool->singles);
    mp__shelves_leave(&pool->waits);
    mp__retained_close(pool->retained);
    mp__arguments_destroy(pool->arguments);
    mp__core_destroy(&pool->core);
    MP_KILL_POINT("owner.core_gone");
    mp__pack_free(&pool->pack);
    mp__scratch_free(&pool->from_file);
    mp__run_free(&pool->runner);
    free(pool->uses);
    free(pool->free_slots);
    free(pool->stamps);
    free(pool);
}
