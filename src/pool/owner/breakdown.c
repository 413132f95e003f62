/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * breakdown.c -- how everything ends when a pool breaks or is terminated
 *
 * Steps O1 to O15 are those of shared/task_table.c, outbox.c and bell.c. The
 * supervisor's death is final (O13 to O15): every word is frozen first, then
 * what was committed is read, then the rest is ended here.
 */
#include "pool/owner/breakdown.h"

#include "mp/error.h"
#include "platform/child.h"
#include "platform/clock.h"
#include "platform/fd.h"
#include "platform/log.h"
#include "platform/kill_point.h"
#include "pool/batch/batch_source.h"
#include "pool/owner/backlog.h"
#include "pool/owner/collect.h"
#include "pool/owner/ends.h"

#define REAP_GRACE (3000 * MP__MS)

/* O15: every item that has no end yet gets this one. */
static void end_rest(mp_pool *pool, const mp__news *news)
{
    uint32_t slots =
        pool->is_inline ? 0 : mp__task_table_slots(pool->core.table);
    mp__waiting *waiting;
    mp__batch *batch;
    mp__batch *next;
    uint32_t slot;

    for (slot = 0; slot < slots; slot++) {
        mp__slot_use use = pool->uses[slot];

        if (use.batch != NULL) {
            uint32_t ended = use.told > use.ended ? use.told : use.ended;

            mp__end_chunk(pool, use.batch, use.first + ended, use.count - ended,
                          news);
            mp__free_slot(pool, slot);
        }
    }
    while (pool->waiting != NULL) {
        waiting = pool->waiting;
        pool->waiting = waiting->next;
        mp__end_chunk(pool, waiting->batch, waiting->first, waiting->count,
                      news);
        mp__waiting_free(waiting);
    }
    pool->waiting_end = &pool->waiting;
    for (batch = pool->batches; batch != NULL; batch = next) {
        next = batch->next;
        if (!batch->fed && batch->taken < batch->count) {
            mp__batch_end_source(batch, news);
            mp__settle_batch(pool, batch);
        }
    }
}

/* What the supervisor or an init function left as the reason. */
static void tell_why(const mp_pool *pool, mp__fault *fault)
{
    const struct mp__control *control = pool->core.control;

    if (pool->damaged) {
        mp__fault_say(fault, MP_EBROKEN,
                      "a task has overwritten the memory of the pool");
    } else if (control != NULL && atomic_load(&control->fault_told) != 0) {
        *fault = control->fault;
        fault->file[sizeof(fault->file) - 1] = '\0';
        fault->text[sizeof(fault->text) - 1] = '\0';
    } else if (control != NULL &&
               atomic_load(&pool->core.roster->phase) == MP__PHASE_BROKEN) {
        mp__fault_say(fault, MP_EBROKEN,
                      "init failed, and its worker died while it said why");
    } else {
        mp__fault_say(fault, MP_EBROKEN, "the pool's supervisor process died");
    }
}

/* Is worker `w` the process that the supervisor says, and nobody who got its
 * number since? The pid is the supervisor's word; the rest the kernel says: the
 * ident names one life of one process. A task may have overwritten that, and
 * then the worker is not killed here; but nobody else is. 0: it is not. */
static pid_t living_worker(const mp_pool *pool, uint32_t w)
{
    pid_t pid = atomic_load(&pool->core.roster->pids[w]);
    mp__ident ident = atomic_load(&pool->core.control->workers[w].ident);

    return mp__domain_is_pid(ident, pid) ? pid : 0;
}

/* Workers that no supervisor minds any more and that the kernel did not end
 * with it. */
static void end_workers(mp_pool *pool)
{
    uint32_t w;

    for (w = 0; w < pool->core.workers; w++) {
        MP_KILL_POINT("finish.ending_worker");
        mp__child_kill_group(living_worker(pool, w));
    }
}

static bool writes_in_place(const mp_pool *pool)
{
    const mp__batch *batch = pool->batches;

    while (batch != NULL && !batch->results_seen) {
        batch = batch->next;
    }
    return batch != NULL;
}

/* Nobody writes to an array of the caller's any more once its map returns. The
 * words are frozen: a newborn that we do not see yet gets nothing to do. */
static void end_writers(mp_pool *pool)
{
    int64_t deadline = mp__clock_ns() + REAP_GRACE;
    uint32_t w;

    if (!writes_in_place(pool)) {
        return;
    }
    MP_KILL_POINT("finish.ending_writers");
    if (!pool->damaged) {
        end_workers(pool); /* else the supervisor lives, and does it */
    }
    for (w = 0; w < pool->core.workers; w++) {
        while (living_worker(pool, w) != 0 && !mp__deadline_passed(deadline)) {
            mp__clock_sleep(MP__MS / 10);
        }
    }
}

void mp__owner_finish(mp_pool *pool, int error)
{
    mp__news news = { .error = error, .end = mp__end_of(error) };
    mp__arrival arrival;
    uint32_t slot;
    uint32_t w;

    if (pool->over) {
        return;
    }
    if (error == MP_EBROKEN) {
        tell_why(pool, &pool->why);
        news.fault = &pool->why;
    }
    if (!pool->is_inline) {
        MP_KILL_POINT("finish.begun");
        for (slot = 0; slot < mp__task_table_slots(pool->core.table); slot++) {
            (void)mp__task_table_freeze(pool->core.table, slot); /* O13 */
        }
        MP_KILL_POINT("finish.frozen");
        end_writers(pool);
        pool->over = true;
        mp__collect(pool); /* O14 */
        MP_KILL_POINT("finish.collected");
        for (w = 0; w < pool->core.workers; w++) {
            if (mp__outbox_unpublished(pool->core.outbox, w, pool->core.table,
                                       &arrival) == MP__ARRIVED_RECORD) {
                MP_KILL_POINT("finish.unpublished");
                (void)mp__deliver(pool, w, &arrival);
            }
        }
    }
    pool->over = true;
    pool->over_error = error;
    end_rest(pool, &news);
    MP_KILL_POINT("finish.done");
}

void mp__supervisor_is_gone(mp_pool *pool)
{
    int64_t deadline = mp__clock_ns() + REAP_GRACE;
    bool all_done;
    mp__exit how;

    if (pool->supervisor == 0) {
        return;
    }
    mp__collect(pool);
    all_done = pool->sealed &&
               pool->free_count == mp__task_table_slots(pool->core.table);
    if (!all_done) {
        mp__owner_finish(pool, MP_EBROKEN);
    }
    pool->over = true;
    pool->over_error = pool->over_error == 0 ? MP_EBROKEN : pool->over_error;
    /* Its end of the link closes a moment before it can be reaped. If it goes
     * on, our end was closed behind our back, and the pool is of no use: it
     * sees the end of our end, and then the phase. */
    atomic_store(&pool->core.roster->phase, MP__PHASE_TERMINATED);
    while (mp__child_reap(pool->supervisor, &how) == MP__REAP_RUNNING) {
        mp__clock_sleep(MP__MS / 10);
        if (mp__deadline_passed(deadline)) {
            (void)mp__child_signal(pool->supervisor, -1, SIGKILL);
        }
    }
    mp__log("pool %d: supervisor ended%s", (int)pool->supervisor,
            pool->over_error == MP_EBROKEN ? "; the pool is broken" : "");
    MP_KILL_POINT("owner.reaped");
    pool->supervisor = 0;
    /* From here on a newborn sees that it is an orphan, or we see its ident.
     * One may be left also when all is done: in its exit function. */
    end_workers(pool);
}

void mp__pool_is_damaged(mp_pool *pool)
{
    if (!pool->over) {
        atomic_store(&pool->core.roster->phase, MP__PHASE_TERMINATED);
        mp__fd_ring_link(pool->core.link_owner);
        mp__owner_finish(pool, MP_EBROKEN);
    }
}

void mp__owner_tell_broken(const mp_pool *pool, mp_report *report)
{
    mp__fault why = pool->why;
    const mp__kept kept = { .end = MP_TASK_BROKEN,
                            .error = MP_EBROKEN,
                            .size = sizeof(why),
                            .outside = &why };

    mp__kept_report(&kept, report);
}
