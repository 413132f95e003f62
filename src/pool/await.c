/*
 * await.c -- what the owner of a pool does while it waits
 *
 * The owner never blocks on a write. A chunk goes to a free task slot, or
 * waits in the heap; whatever the owner waits for, it collects and hands out
 * meanwhile, and calls back. Results are copied out of the outbox as they
 * come, so that a thousand handles nobody asks never stop a worker.
 *
 * Steps O7 to O10 are those of shared/bell.c. A pool whose descriptor somebody
 * polls is watched: its bell is armed whenever no call of ours runs.
 */
#include "pool/owner_parts.h"

#include "mp/error.h"
#include "platform/child.h"
#include "platform/clock.h"
#include "platform/fd.h"
#include "pool/call.h"

#include <assert.h>
#include <poll.h>
#include <stdlib.h>

#define SLICE_MS 250

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
        batch->calling = true;
        pool->calling_back = true;
        mp__result_call_back(batch);
        pool->calling_back = false;
        batch->calling = false;
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
            (void)mp__collect(pool);
        }
        mp__pump(pool);
        mp__owner_call_back(pool);
        if (pool->watched && is_live(pool)) {
            mp__bell_arm(&pool->core.control->bell);
            again = mp__outbox_has_news(pool->core.outbox);
        }
    } while (again && is_live(pool));
}

int mp__owner_watch(mp_pool *pool)
{
    pool->watched = true;
    if (is_live(pool)) {
        mp__bell_arm(&pool->core.control->bell);
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

/* Sleep until something may have changed; notices the supervisor's end. */
static void sleep_a_slice(mp_pool *pool, int ms)
{
    int ready = mp__fd_wait(pool->core.bell_read, pool->core.link_owner, ms);

    look_at_supervisor(pool, (ready & 2) != 0, ready == 0 && ms > 0);
}

/* The same for all pools of a list. */
static void sleep_for_all(mp_pool *first, size_t count, int ms)
{
    struct pollfd *set = calloc(count * 2, sizeof(*set));
    mp_pool *pool;
    size_t i = 0;
    int ready;

    if (set == NULL) {
        sleep_a_slice(first, ms < 10 ? ms : 10); /* and look at the others */
        return;
    }
    for (pool = first; pool != NULL; pool = pool->next_waited) {
        set[i].fd = is_live(pool) ? pool->core.bell_read : -1;
        set[i++].events = POLLIN;
        set[i].fd = is_live(pool) ? pool->core.link_owner : -1;
        set[i++].events = POLLIN;
    }
    ready = mp__fd_poll(set, count * 2, ms);
    for (pool = first, i = 1; pool != NULL; pool = pool->next_waited, i += 2) {
        if (is_live(pool)) {
            look_at_supervisor(pool, set[i].revents != 0, ready == 0);
        }
    }
    free(set);
}

void mp__owner_look(mp_pool *pool)
{
    mp__owner_step(pool);
    if (is_live(pool) && pool->supervisor != 0) {
        sleep_a_slice(pool, 0);
        mp__owner_call_back(pool);
    }
}

/* Spin until a record comes; false: it is time to sleep. */
static bool spin_for_news(mp_pool *pool)
{
    mp__spin spin;
    bool news;

    mp__spin_begin(&spin, &pool->budget);
    do {
        news = mp__outbox_has_news(pool->core.outbox);
    } while (!news && mp__spin_once(&spin));
    mp__spin_end(&spin, news);
    return news;
}

/* O7 to O10 for all of them. */
static void sleep_armed(mp_pool *first, int64_t deadline)
{
    int ms = mp__deadline_poll_ms(deadline, SLICE_MS);
    mp_pool *pool;
    bool news = false;
    size_t count = 0;

    for (pool = first; pool != NULL; pool = pool->next_waited) {
        count++;
        if (is_live(pool)) {
            mp__bell_arm(&pool->core.control->bell);               /* O7 */
            news = news || mp__outbox_has_news(pool->core.outbox); /* O8 */
        }
    }
    if (!news && count == 1) {
        sleep_a_slice(first, ms);
    } else if (!news) {
        sleep_for_all(first, count, ms);
    }
    for (pool = first; pool != NULL; pool = pool->next_waited) {
        if (!pool->is_inline) {
            mp__bell_disarm(&pool->core.control->bell, pool->core.bell_read);
        }
    }
}

int mp__owner_wait_any(mp_pool *first, bool (*done)(const void *argument),
                       const void *argument, int64_t deadline)
{
    bool in_callback;
    mp_pool *pool;

    for (;;) {
        in_callback = false;
        for (pool = first; pool != NULL; pool = pool->next_waited) {
            mp__owner_step(pool);
            in_callback = in_callback || pool->calling_back;
        }
        if (done(argument)) {
            return 0;
        }
        if (mp__deadline_passed(deadline)) {
            for (pool = first; pool != NULL; pool = pool->next_waited) {
                mp__owner_look(pool);
            }
            return done(argument) ? 0 : MP_ETIMEDOUT;
        }
        if (in_callback) {
            return MP_ESTATE;
        }
        assert(first->next_waited != NULL || is_live(first));
        if (first->next_waited == NULL && spin_for_news(first)) {
            continue;
        }
        sleep_armed(first, deadline);
    }
}

int mp__owner_wait(mp_pool *pool, bool (*done)(const void *argument),
                   const void *argument, int64_t deadline)
{
    pool->next_waited = NULL;
    return mp__owner_wait_any(pool, done, argument, deadline);
}

int mp__owner_reap(mp_pool *pool, int64_t deadline)
{
    while (pool->supervisor != 0) {
        sleep_a_slice(pool, mp__deadline_poll_ms(deadline, SLICE_MS));
        if (pool->supervisor != 0 && mp__deadline_passed(deadline)) {
            return MP_ETIMEDOUT;
        }
        (void)mp__fd_drain(pool->core.bell_read);
    }
    mp__owner_call_back(pool);
    return 0;
}
