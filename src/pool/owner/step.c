/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * step.c -- what the owner of a pool does in a step, and while it waits
 *
 * The owner never blocks on a write. A chunk goes to a free task slot, or
 * waits in the heap; whatever the owner waits for, it collects and hands out
 * meanwhile, and calls back. Results are copied out of the outbox as they
 * come, so that a thousand handles nobody asks never stop a worker.
 *
 * Steps O7 to O10 are those of shared/bell.c. A pool whose descriptor somebody
 * polls is watched: its bell is armed whenever no call of ours runs.
 */
#include "pool/owner/step.h"

#include "mp/error.h"
#include "platform/child.h"
#include "platform/clock.h"
#include "platform/fd.h"
#include "platform/kill_point.h"
#include "pool/owner/audit.h"
#include "pool/owner/breakdown.h"
#include "pool/owner/bundles.h"
#include "pool/owner/collect.h"
#include "pool/owner/dispatch.h"
#include "pool/owner/ends.h"

#include <assert.h>
#include <poll.h>
#include <stdlib.h>

#define SLICE_MS 250

/* Of a call that shows nothing before its end. */
#define NAP       (20 * MP__US)   /* takes two or three times as long */
#define NAPS_LEFT 5               /* and so many at least the rest takes */
#define NAP_BYTES ((size_t)65536) /* that a worker gives in one, at most */

static bool is_live(const mp_pool *pool)
{
    return !pool->is_inline && !pool->over;
}

void mp__owner_call_back(mp_pool *pool)
{
    mp__batch *batch;

    if (pool->calling_back || pool->busy) {
        return; /* whoever runs now calls back for the rest afterwards */
    }
    while (pool->finished != NULL) {
        batch = pool->finished;
        pool->finished = batch->next_finished;
        if (pool->finished == NULL) {
            pool->finished_end = &pool->finished;
        }
        batch->queued = false;
        batch->pinned = true;
        MP_KILL_POINT("owner.calling_back");
        pool->calling_back = true;
        mp__result_call_back(batch);
        pool->calling_back = false;
        batch->pinned = false;
        MP_KILL_POINT("owner.called_back");
        mp__settle_batch(pool, batch);
    }
}

void mp__owner_step(mp_pool *pool)
{
    bool again = false;

    do {
        if (pool->watched && is_live(pool)) {
            mp__bell_disarm(&pool->core.control->bell, pool->core.bell_read);
        }
        if (is_live(pool)) {
            mp__collect(pool);
            mp__bundles_look(pool);
        }
        if (pool->damaged) {
            mp__pool_is_damaged(pool);
        }
        mp__pump(pool);
        mp__owner_call_back(pool);
        if (pool->watched && is_live(pool)) {
            mp__bell_arm(&pool->core.control->bell, false);
            again = mp__outbox_has_news(pool->core.outbox);
        }
    } while (again && is_live(pool));
}

int mp__owner_watch(mp_pool *pool)
{
    pool->watched = true;
    if (is_live(pool)) {
        if (pool->bundles > 0) {
            mp__bundles_end(pool);
            mp__pump(pool);
        }
        mp__bell_arm(&pool->core.control->bell, false);
    }
    return pool->core.bell_read;
}

/* The supervisor's end of the link is readable, or nothing was for a slice:
 * the link's other end may live on in a child of some thread that forked
 * while the pool was made. */
static void look_at_supervisor(mp_pool *pool, bool readable, bool slice_over)
{
    bool gone = false;
    mp__exit how;

    if (readable) {
        gone = mp__fd_drain(pool->core.link_owner);
    } else if (slice_over && pool->supervisor != 0) {
        gone = mp__child_reap(pool->supervisor, &how) != MP__REAP_RUNNING;
    }
    if (gone) {
        mp__supervisor_is_gone(pool);
    }
}

void mp__owner_sleep(mp_pool *pool, int ms)
{
    int ready = mp__fd_wait(pool->core.bell_read, pool->core.link_owner, ms);

    look_at_supervisor(pool, (ready & 2) != 0, ready == 0 && ms > 0);
    mp__audit(pool);
}

/* The same for several pools. */
static void sleep_for_all(mp_pool *const *pools, size_t count, int ms)
{
    struct pollfd *set = calloc(count * 2, sizeof(*set));
    size_t i;
    int ready;

    if (set == NULL) {
        /* Not for long: the others are to be looked at as well. */
        mp__owner_sleep(pools[0], ms < 10 ? ms : 10);
        return;
    }
    for (i = 0; i < count; i++) {
        set[2 * i].fd = is_live(pools[i]) ? pools[i]->core.bell_read : -1;
        set[2 * i].events = POLLIN;
        set[2 * i + 1].fd = is_live(pools[i]) ? pools[i]->core.link_owner : -1;
        set[2 * i + 1].events = POLLIN;
    }
    ready = mp__fd_poll(set, count * 2, ms);
    for (i = 0; i < count; i++) {
        if (is_live(pools[i])) {
            look_at_supervisor(pools[i], set[2 * i + 1].revents != 0,
                               ready == 0);
            mp__audit(pools[i]);
        }
    }
    free(set);
}

void mp__owner_look(mp_pool *pool)
{
    mp__owner_step(pool);
    if (is_live(pool) && pool->supervisor != 0) {
        mp__owner_sleep(pool, 0);
        mp__owner_call_back(pool);
    }
}

bool mp__owner_spin(mp_pool *pool)
{
    mp__spin spin;
    bool news;

    mp__spin_begin(&spin, &pool->core.budget);
    do {
        news = mp__outbox_has_news(pool->core.outbox);
    } while (!news && mp__spin_once(&spin));
    mp__spin_end(&spin, news);
    return news;
}

/* ns that an item of the awaited call takes all workers together: the least that
 * it can, before one has ended. */
static int64_t time_of_item(const mp_pool *pool)
{
    int64_t ended = (int64_t)pool->awaited->ended;

    return ended == 0 ? 1 : (mp__clock_ns() - pool->awaited_since) / ended + 1;
}

/* Will what is handed out of the awaited call take a while yet? */
static bool takes_long(const mp_pool *pool, int64_t each)
{
    const mp__batch *batch = pool->awaited;

    return (int64_t)(batch->taken - batch->ended) * each > NAPS_LEFT * NAP;
}

/* Has the owner nothing to do before the awaited call is over? */
static bool has_all_handed_out(const mp_pool *pool)
{
    const mp__batch *batch = pool->awaited;

    return batch->taken == batch->count && pool->waiting == NULL &&
           pool->tally.pending == batch->taken - batch->ended &&
           pool->bundles == 0 && !pool->watched;
}

/* Is there time for a nap before somebody waits for the owner? */
static bool may_nap(const mp_pool *pool, int64_t each)
{
    int64_t items = 3 * NAP / each / pool->core.workers; /* of one, in a nap */

    return pool->is_quick &&
           (size_t)items * mp__chunk_result_size(&pool->awaited->work->chunk) <=
               NAP_BYTES;
}

/* Wait for what comes at once. False: it is time to sleep. Who spins takes time
 * from a worker where there are not more CPUs than those. So where records come
 * one after another and nobody but their owner sees them, it naps instead; and
 * where all is handed out it sleeps, and is `patient`. */
static bool wait_awake(mp_pool *pool, bool *patient)
{
    int64_t each = pool->awaited == NULL ? 0 : time_of_item(pool);
    bool long_rest = each > 0 && takes_long(pool, each);

    *patient = long_rest && has_all_handed_out(pool);
    if (*patient) {
        return false;
    }
    if (long_rest && may_nap(pool, each)) {
        mp__clock_sleep(NAP);
        pool->is_quick = mp__outbox_has_news(pool->core.outbox);
    } else {
        pool->is_quick = mp__owner_spin(pool);
    }
    return pool->is_quick;
}

/* O7 to O10 for all of them. */
static void sleep_armed(mp_pool *const *pools, size_t count, bool patient,
                        int64_t deadline)
{
    int ms = mp__deadline_poll_ms(deadline, SLICE_MS);
    bool news = false;
    size_t i;

    for (i = 0; i < count; i++) {
        if (is_live(pools[i])) {
            ms = mp__bundles_nap(pools[i], ms);
            mp__bell_arm(&pools[i]->core.control->bell, patient);      /* O7 */
            news = news || mp__outbox_has_news(pools[i]->core.outbox); /* O8 */
        }
    }
    MP_KILL_POINT("owner.looked");
    if (!news && count == 1) {
        mp__owner_sleep(pools[0], ms);
    } else if (!news) {
        sleep_for_all(pools, count, ms);
    }
    MP_KILL_POINT("owner.polled");
    for (i = 0; i < count; i++) {
        if (!pools[i]->is_inline) {
            mp__bell_disarm(&pools[i]->core.control->bell,
                            pools[i]->core.bell_read);
        }
    }
}

int mp__owner_wait_all(mp_pool *const *pools, size_t count,
                       bool (*done)(const void *argument), const void *argument,
                       int64_t deadline)
{
    bool in_callback;
    bool patient = false;
    size_t i;

    for (;;) {
        in_callback = false;
        for (i = 0; i < count; i++) {
            mp__owner_step(pools[i]);
            in_callback = in_callback || pools[i]->calling_back;
        }
        if (done(argument)) {
            return 0;
        }
        if (mp__deadline_passed(deadline)) {
            for (i = 0; i < count; i++) {
                mp__owner_look(pools[i]);
            }
            return done(argument) ? 0 : MP_ETIMEDOUT;
        }
        if (in_callback) {
            return MP_ESTATE;
        }
        assert(count > 1 || is_live(pools[0]));
        if (count > 1 || !wait_awake(pools[0], &patient)) {
            sleep_armed(pools, count, patient, deadline);
        }
    }
}

int mp__owner_wait(mp_pool *pool, bool (*done)(const void *argument),
                   const void *argument, int64_t deadline)
{
    return mp__owner_wait_all(&pool, 1, done, argument, deadline);
}

static bool is_over(const void *batch)
{
    return mp__batch_is_over(batch);
}

int mp__owner_wait_batch(mp_pool *pool, const mp__batch *batch,
                         int64_t deadline)
{
    return mp__owner_wait(pool, is_over, batch, deadline);
}
