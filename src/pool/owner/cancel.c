/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * cancel.c -- take back what was handed out
 *
 * Steps O11 and O12 of shared/task_table.c: what no worker has begun ends here
 * and now; for what one has in hand a request is left, and its end comes as a
 * record.
 */
#include "pool/owner/cancel.h"

#include "mp/error.h"
#include "platform/fd.h"
#include "platform/kill_point.h"
#include "pool/owner/backlog.h"
#include "pool/owner/ends.h"
#include "pool/owner/step.h"

/* End all waiting chunks of a batch as *news says. */
static void withdraw_waiting(mp_pool *pool, mp__batch *batch,
                             const mp__news *news)
{
    mp__waiting **link = &pool->waiting;
    mp__waiting *waiting;

    while (*link != NULL) {
        waiting = *link;
        if (waiting->batch == batch) {
            *link = waiting->next;
            mp__end_chunk(pool, batch, waiting->first, waiting->count, news);
            mp__waiting_free(waiting);
        } else {
            link = &waiting->next;
        }
    }
    pool->waiting_end = link;
}

/* What is left of a task that waits for the replacement of a dead worker. The
 * records of its earlier items may still be on their way. */
static bool withdraw_held(mp_pool *pool, uint32_t slot, mp__news news)
{
    mp__slot_use *use = &pool->uses[slot];
    mp__batch *batch = use->batch;
    mp__claim claim;
    size_t first;
    uint32_t count;

    if (!mp__task_table_withdraw_held(pool->core.table, slot, &claim)) {
        return false;
    }
    if (claim.item < use->ended || claim.item < use->told ||
        claim.item >= use->count) {
        pool->damaged = true; /* no word that a process of ours writes */
        return true;
    }
    first = use->first + claim.item;
    count = use->count - claim.item;
    news.pid = mp__task_table_forerunner(pool->core.table, &claim);
    news.worker = (int)claim.worker;
    news.attempt = (int)mp__task_table_attempt(pool->core.table, &claim) - 1;
    use->count = claim.item;
    if (use->ended == use->count) {
        mp__free_slot(pool, slot);
    }
    mp__end_together(pool, batch, first, count, &news);
    return true;
}

/* What no worker has begun ends here; for the rest a request is left. Returns
 * whether there is one. */
static bool withdraw_queued(mp_pool *pool, mp__batch *batch, bool kill,
                            const mp__news *news)
{
    uint32_t slots = mp__task_table_slots(pool->core.table);
    mp__slot_use use;
    uint32_t slot;
    bool asked = false;

    for (slot = 0; slot < slots; slot++) {
        use = pool->uses[slot];
        if (use.batch != batch) {
            continue;
        }
        if (mp__task_table_withdraw(pool->core.table, slot)) { /* O11 */
            if (use.ended > 0 || use.told > 0) {
                pool->damaged = true; /* it had begun: who made it READY? */
                continue;
            }
            mp__free_slot(pool, slot);
            MP_KILL_POINT("cancel.withdrawn");
            mp__end_chunk(pool, batch, use.first, use.count, news);
        } else if (!withdraw_held(pool, slot, *news)) {
            mp__task_table_ask(pool->core.table, slot, kill); /* O12 */
            asked = !withdraw_held(pool, slot, *news) || asked;
        }
    }
    return asked;
}

void mp__owner_cancel(mp_pool *pool, mp__batch *batch, bool kill)
{
    const mp__news news = { .end = MP_TASK_CANCELED, .error = MP_ECANCELED };
    bool was_pinned = batch->pinned;

    batch->pinned = true; /* it may be over in here */
    batch->fed = true;
    withdraw_waiting(pool, batch, &news);
    if (!pool->is_inline && !pool->over &&
        withdraw_queued(pool, batch, kill, &news) && kill) {
        MP_KILL_POINT("cancel.asked");
        mp__fd_ring_link(pool->core.link_owner);
        MP_KILL_POINT("cancel.told");
    }
    batch->pinned = was_pinned;
    mp__settle_batch(pool, batch);
    if (!pool->busy) {
        mp__owner_step(pool); /* its callback is due, its slots are free */
    }
}

void mp__owner_drop(mp__batch *batch, bool withdraw)
{
    mp_pool *pool = batch->pool;

    batch->held = false;
    if (pool == NULL) {
        mp__batch_free(batch);
    } else if (withdraw) {
        mp__owner_cancel(pool, batch, false);
    } else {
        mp__settle_batch(pool, batch);
    }
}
