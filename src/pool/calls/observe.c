/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * observe.c -- what a pool does and has done, and its place in an event loop
 *
 * Nothing here decides what becomes of an item.
 */
#include "pool/calls/observe.h"

#include "mp/error.h"
#include "platform/clock.h"
#include "platform/fd.h"
#include "pool/calls/pool.h"
#include "pool/owner/step.h"

#include <limits.h>

int mp__pool_watch(mp_pool *pool, bool *news)
{
    int error = mp__pool_check(pool);
    int descriptor;

    if (error < 0) {
        return error;
    }
    if (pool->is_inline || pool->calling_back) {
        return MP_ESTATE;
    }
    descriptor = mp__owner_watch(pool);
    *news = !pool->over && (mp__outbox_has_news(pool->core.outbox) ||
                            mp__fd_wait(pool->core.link_owner, -1, 0) != 0);
    return descriptor;
}

int mp_pool_descriptor(mp_pool *pool)
{
    bool news = false;
    int descriptor = mp__pool_watch(pool, &news);

    if (descriptor >= 0 && news) {
        mp__owner_look(pool);
    }
    return descriptor;
}

static uint64_t ended(const mp_pool *pool)
{
    return pool->tally.submitted - pool->tally.pending;
}

int mp_pool_step(mp_pool *pool)
{
    int error = mp__pool_check(pool);
    uint64_t before;
    uint64_t now;

    if (error < 0) {
        return error;
    }
    before = ended(pool);
    mp__owner_look(pool);
    now = ended(pool) - before;
    return now > INT_MAX ? INT_MAX : (int)now;
}

/* Items that a worker has in hand: one in every running task. */
static uint64_t count_running(const mp_pool *pool)
{
    uint32_t slots = mp__task_table_slots(pool->core.table);
    uint64_t running = 0;
    uint32_t slot;
    enum mp__task_state state;

    for (slot = 0; slot < slots; slot++) {
        state = mp__word_state(mp__task_table_word(pool->core.table, slot));
        running += state >= MP__TASK_RUNNING && state <= MP__TASK_CANCELED;
    }
    return running;
}

/* Every item that was taken is pending or has one end. Looked at in every
 * build: who asks for an account gets a true one or none. */
static bool adds_up(const mp_pool *pool)
{
    uint64_t sum = pool->tally.pending;
    int end;

    for (end = MP_TASK_DONE; end < MP_TASK_ENDS; end++) {
        sum += pool->tally.ends[end];
    }
    return sum == pool->tally.submitted;
}

int mp_pool_get_stats(mp_pool *pool, mp_pool_stats *stats)
{
    int error = mp__pool_check(pool);
    const struct mp__roster *roster;
    uint64_t running = 0;
    uint32_t w;
    int end;

    if (error == 0 && stats == NULL) {
        error = MP_EINVAL;
    }
    if (error < 0) {
        return error;
    }
    mp__owner_look(pool);
    if (!adds_up(pool)) {
        return MP_EBROKEN;
    }
    *stats = (mp_pool_stats){ .submitted = pool->tally.submitted };
    for (end = MP_TASK_DONE; end < MP_TASK_ENDS; end++) {
        stats->ends[end] = pool->tally.ends[end];
    }
    if (!pool->is_inline) {
        roster = pool->core.roster;
        running = pool->over ? 0 : count_running(pool);
        stats->workers_lost = atomic_load(&roster->workers_lost);
        stats->workers_renewed = atomic_load(&roster->workers_renewed);
        for (w = 0; w < pool->core.workers && pool->supervisor != 0; w++) {
            stats->workers += atomic_load(&roster->pids[w]) != 0;
        }
    }
    /* One may have ended since we looked, and not been told yet. */
    stats->ends[MP_TASK_RUNNING] =
        running < pool->tally.pending ? running : pool->tally.pending;
    stats->ends[MP_TASK_PENDING] =
        pool->tally.pending - stats->ends[MP_TASK_RUNNING];
    return 0;
}

/* Item `index` of `batch`, if it is the one in hand of `slot`. */
static bool is_in_hand(const mp_pool *pool, uint32_t slot,
                       const mp__batch *batch, size_t index, mp__claim *claim)
{
    const mp__slot_use *use = &pool->uses[slot];
    uint64_t word;

    if (use->batch != batch || index < use->first ||
        index - use->first >= use->count) {
        return false;
    }
    word = mp__task_table_word(pool->core.table, slot);
    *claim = (mp__claim){ .slot = slot,
                          .generation = mp__word_generation(word),
                          .worker = mp__word_worker(word),
                          .item = mp__word_item(word) };
    if (claim->worker < pool->core.workers) {
        claim->item = mp__task_table_reached(pool->core.table, claim);
    }
    return mp__word_state(word) >= MP__TASK_RUNNING &&
           mp__word_state(word) <= MP__TASK_CANCELED &&
           claim->item == index - use->first &&
           claim->worker < pool->core.workers;
}

void mp__owner_tell_running(mp_pool *pool, const mp__batch *batch, size_t index,
                            mp_report *report)
{
    uint32_t slots = mp__task_table_slots(pool->core.table);
    mp__claim claim;
    uint32_t slot;

    for (slot = 0; slot < slots; slot++) {
        if (!is_in_hand(pool, slot, batch, index, &claim)) {
            continue;
        }
        report->end = MP_TASK_RUNNING;
        report->pid = atomic_load(&pool->core.roster->pids[claim.worker]);
        report->worker_index = (int)claim.worker;
        report->attempt = (int)mp__task_table_attempt(pool->core.table, &claim);
        if (pool->core.account) {
            report->start_ns =
                mp__task_table_clock(pool->core.table, claim.worker);
            report->run_ns =
                report->start_ns == 0 ? 0 : mp__clock_ns() - report->start_ns;
        }
        return;
    }
}
