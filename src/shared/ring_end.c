/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * ring_end.c -- a ring that is worked off: what was taken is dealt with
 *
 * The ring counts no unfinished messages. It is worked off when none is in it
 * and no living process has one in hand; takers.c says who has.
 */
#include "shared/ring_words.h"

#include "mp/error.h"
#include "platform/clock.h"
#include "platform/kill_point.h"

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
