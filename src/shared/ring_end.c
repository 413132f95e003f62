/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * ring_end.c -- a ring that is shut, worked off, or watched
 *
 * Shut: the flag SHUT in TAIL, which every commit of TAIL refuses, so nothing
 * goes in after it; and in HEAD, so that producers asleep there look again.
 * Killed between the two: they look at the end of their slice.
 *
 * Watched: once somebody polls the flag, producers raise it and consumers
 * lower it when nothing is left. `ticket` saves the calls in between: odd
 * while the flag is down, and a new number each time it is lowered.
 *
 *   P7  a = ticket. Odd: raise, and only then CAS a -> a+1.
 *   C7  empty: ticket to the next odd number, lower, look again; not empty any
 *       more (or shut): P7, whatever the ticket is.
 *   Y1  watched = 1, then C7. Either a producer sees it after its commit, or
 *       this look sees the message.
 *
 * The CAS cannot say "up" of a flag that was lowered since `a` was read. Killed
 * within P7: the flag is up once too often. Killed in C7 between lower and the
 * look: a message may be there with the flag down, until the next put or get;
 * so whoever polls looks again each second.
 */
#include "shared/ring_parts.h"

#include "mp/error.h"
#include "platform/kill_point.h"

void mp__ring_shut(mp__ring *ring)
{
    struct mp__ring_shared *shared = ring->shared;

    MP_KILL_POINT("shut.begun");
    (void)atomic_fetch_or(&shared->tail, SHUT); /* from here on it is shut */
    MP_KILL_POINT("shut.tail");
    (void)atomic_fetch_or(&shared->head, SHUT); /* second: who sees it looks */
    MP_KILL_POINT("shut.head");
    (void)mp__park_wake(mp__park_low_half(&shared->tail), MP__PARK_ALL);
    MP_KILL_POINT("shut.tail_woken");
    (void)mp__park_wake(mp__park_low_half(&shared->head), MP__PARK_ALL);
    MP_KILL_POINT("shut.head_woken");
    mp__ring_raise(ring);
    MP_KILL_POINT("shut.done");
}

bool mp__ring_is_shut(const mp__ring *ring)
{
    return (atomic_load(&ring->shared->tail) & SHUT) != 0;
}

int mp__ring_done(mp__ring *ring)
{
    struct mp__ring_shared *shared = ring->shared;
    int error = mp__ring_lock_side(ring, &shared->consumers, MP__NEVER);

    if (error < 0) {
        return error;
    }
    MP_KILL_POINT("task_done.locked");
    mp__takers_recover(&shared->takers,
                       mp__ring_items_of(atomic_load(&shared->head)));
    if (!mp__takers_done(&shared->takers,
                         mp__guard_holder(&shared->consumers))) {
        error = MP_EOVERFLOW;
    }
    MP_KILL_POINT("task_done.done");
    (void)mp__guard_release(&shared->consumers);
    return error;
}

/* With the guard no taker is half-way: what is not in the ring is in `held`,
 * or its taker died. */
static int look_done(mp__ring *ring, uint32_t *bell, bool *done,
                     int64_t deadline)
{
    struct mp__ring_shared *shared = ring->shared;
    int error = mp__ring_lock_side(ring, &shared->consumers, deadline);
    uint64_t head;
    uint64_t tail;

    if (error < 0) {
        return error;
    }
    MP_KILL_POINT("join.locked");
    head = atomic_load(&shared->head);
    tail = atomic_load(&shared->tail);
    mp__takers_recover(&shared->takers, mp__ring_items_of(head));
    *bell = atomic_load(&shared->takers.bell);
    *done = mp__ring_items_between(head, tail) == 0 &&
            !mp__takers_any(&shared->takers);
    MP_KILL_POINT("join.looked");
    (void)mp__guard_release(&shared->consumers);
    return mp__ring_words_fit(ring, head, tail) ? 0 : mp__ring_break(ring);
}

int mp__ring_wait_done(mp__ring *ring, uint32_t *lost, int64_t deadline)
{
    mp__takers *takers = &ring->shared->takers;
    uint32_t bell = 0;
    uint32_t now;
    bool done = false;
    int error;

    for (;;) {
        error = look_done(ring, &bell, &done, deadline);
        if (error < 0) {
            return error;
        }
        if (done) {
            break;
        }
        if (mp__deadline_passed(deadline)) {
            return MP_ETIMEDOUT;
        }
        mp__takers_wait(takers, bell, deadline);
    }
    now = atomic_load(&takers->lost);
    error = now == *lost ? 0 : MP_OWNERDEAD;
    *lost = now;
    return error;
}

/* P7, whether or not the flag is said to be up. */
static void raise_flag(mp__ring *ring, uint32_t ticket)
{
    MP_KILL_POINT("flag.raising");
    mp__flag_raise(&ring->flag);
    MP_KILL_POINT("flag.raised");
    if ((ticket & 1) != 0) {
        (void)atomic_compare_exchange_strong(&ring->shared->ticket, &ticket,
                                             ticket + 1); /* P7 */
        MP_KILL_POINT("flag.said_up");
    }
}

void mp__ring_raise(mp__ring *ring)
{
    struct mp__ring_shared *shared = ring->shared;
    uint32_t ticket;

    if (atomic_load(&shared->watched) == 0) { /* P7, against Y1 */
        return;
    }
    ticket = atomic_load(&shared->ticket);
    if ((ticket & 1) != 0) {
        raise_flag(ring, ticket);
    }
}

void mp__ring_lower(mp__ring *ring)
{
    struct mp__ring_shared *shared = ring->shared;
    uint32_t ticket;

    if (atomic_load_explicit(&shared->watched, memory_order_relaxed) == 0) {
        return;
    }
    MP_KILL_POINT("flag.saying_down");
    ticket = atomic_load(&shared->ticket);
    while (!atomic_compare_exchange_weak(&shared->ticket, &ticket,
                                         (ticket | 1) + 2)) {
        /* C7: `ticket` is fresh */
    }
    MP_KILL_POINT("flag.said_down");
    mp__flag_lower(&ring->flag);
    MP_KILL_POINT("flag.lowered");
    if (mp__ring_count(ring) > 0 || mp__ring_is_shut(ring)) {
        raise_flag(ring, atomic_load(&shared->ticket));
    }
}

int mp__ring_watch(mp__ring *ring)
{
    MP_KILL_POINT("flag.watching");
    if (atomic_exchange(&ring->shared->watched, 1) == 0) { /* Y1 */
        MP_KILL_POINT("flag.watched");
        mp__ring_lower(ring); /* Y1 */
    }
    return ring->flag.read_end;
}
