/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * waiters.c -- who waits to be notified
 *
 * A table of places, word = ident:30 | state:2 with FREE, WAITING, NOTIFIED.
 * All changes are made with the user's lock held, and each is one store.
 *
 *   V1  enter: ticket, then word = me|WAITING: from here on notifies count us.
 *   V2  sleep, without the lock: park on our word, a slice at most.
 *   V3  notify: the oldest WAITING of a living process = NOTIFIED, wake it.
 *       WAITING of a dead one = FREE.
 *   V4  awake, with the lock: NOTIFIED = FREE: the notice is ours.
 *   V5  a NOTIFIED whose process is dead: its word = me|NOTIFIED, our own =
 *       FREE, then that one = FREE: its notice is ours.
 *
 * Killed before V1's word: nobody waits. While WAITING: V3 passes it by.
 * NOTIFIED and not awake yet, or between the stores of V5: some other waiter
 * inherits the notice at the end of its slice. Between V3's store and its
 * wake: the waiter looks at the end of its slice. Killed after V4 or V5 it
 * holds the user's lock, and the next to take that is told.
 */
#include "shared/waiters.h"

#include "mp/error.h"
#include "platform/clock.h"
#include "platform/kill_point.h"
#include "platform/park.h"

#include <stddef.h>

#define FREE       0u
#define WAITING    1u
#define NOTIFIED   2u
#define STATE_BITS 2
#define STATE_MASK 3u

#define SLICE (100 * MP__MS)

static unsigned state_of(uint32_t word)
{
    return word & STATE_MASK;
}

static uint32_t word_of(mp__ident ident, unsigned state)
{
    return (ident << STATE_BITS) | state;
}

/* How many places there are to look at, whatever somebody wrote there. */
static unsigned bound_of(const mp__waiters *waiters)
{
    uint32_t bound = atomic_load(&waiters->bound);

    return bound < MP__DOMAIN_SLOTS ? bound : MP__DOMAIN_SLOTS;
}

static bool is_dead(uint32_t word)
{
    return state_of(word) != FREE && !mp__domain_is_alive(word >> STATE_BITS);
}

/* A place to wait at; MP__DOMAIN_SLOTS: there is none. */
static unsigned find_place(mp__waiters *waiters)
{
    unsigned bound = bound_of(waiters);
    unsigned i;
    uint32_t word;

    for (i = 0; i < bound; i++) {
        word = atomic_load(&waiters->places[i].word);
        if (state_of(word) == FREE ||
            (bound == MP__DOMAIN_SLOTS && state_of(word) == WAITING &&
             is_dead(word))) {
            return i;
        }
    }
    return bound;
}

int mp__waiters_enter(mp__waiters *waiters, mp__ident self, unsigned *place)
{
    unsigned found = find_place(waiters);
    struct mp__waiter *mine;

    if (found == MP__DOMAIN_SLOTS) {
        return MP_ENOMEM;
    }
    mine = &waiters->places[found];
    if (found == bound_of(waiters)) {
        atomic_store(&waiters->bound, found + 1); /* V1: before the word */
        MP_KILL_POINT("waiters.bounded");
    }
    atomic_store(&mine->ticket, atomic_fetch_add(&waiters->tickets, 1));
    MP_KILL_POINT("waiters.entering");
    atomic_store(&mine->word, word_of(self, WAITING)); /* V1 */
    MP_KILL_POINT("waiters.entered");
    *place = found;
    return 0;
}

/* A notice whose process died before it took it; MP__DOMAIN_SLOTS: none. */
static unsigned find_inheritance(const mp__waiters *waiters)
{
    unsigned bound = bound_of(waiters);
    unsigned i;
    uint32_t word;

    for (i = 0; i < bound; i++) {
        word = atomic_load(&waiters->places[i].word);
        if (state_of(word) == NOTIFIED && is_dead(word)) {
            return i;
        }
    }
    return MP__DOMAIN_SLOTS;
}

void mp__waiters_sleep(mp__waiters *waiters, unsigned place, int64_t deadline)
{
    const _Atomic uint32_t *word = &waiters->places[place].word;
    uint32_t seen = atomic_load(word);

    while (state_of(seen) == WAITING && !mp__deadline_passed(deadline)) {
        MP_KILL_POINT("waiters.parking");
        mp__park_wait(word, seen, mp__deadline_slice(deadline, SLICE)); /* V2 */
        MP_KILL_POINT("waiters.unparked");
        seen = atomic_load(word);
        if (state_of(seen) == WAITING &&
            find_inheritance(waiters) != MP__DOMAIN_SLOTS) {
            return;
        }
    }
}

bool mp__waiters_take(mp__waiters *waiters, unsigned place, mp__ident self)
{
    _Atomic uint32_t *mine = &waiters->places[place].word;
    unsigned heritage;

    if (state_of(atomic_load(mine)) == NOTIFIED) {
        MP_KILL_POINT("waiters.taking");
        atomic_store(mine, 0); /* V4 */
        MP_KILL_POINT("waiters.taken");
        return true;
    }
    heritage = find_inheritance(waiters);
    if (heritage == MP__DOMAIN_SLOTS) {
        return false;
    }
    MP_KILL_POINT("waiters.inheriting");
    atomic_store(&waiters->places[heritage].word,
                 word_of(self, NOTIFIED)); /* V5 */
    MP_KILL_POINT("waiters.inherited");
    atomic_store(mine, 0); /* V5 */
    MP_KILL_POINT("waiters.left_own");
    atomic_store(&waiters->places[heritage].word, 0); /* V5 */
    MP_KILL_POINT("waiters.left_heritage");
    return true;
}

void mp__waiters_leave(mp__waiters *waiters, unsigned place)
{
    MP_KILL_POINT("waiters.leaving");
    atomic_store(&waiters->places[place].word, 0); /* under the lock: no V3 */
    MP_KILL_POINT("waiters.left");
}

/* The living process that waits longest; those of the dead are freed. */
static struct mp__waiter *find_oldest(mp__waiters *waiters)
{
    unsigned bound = bound_of(waiters);
    struct mp__waiter *oldest = NULL;
    struct mp__waiter *waiter;
    unsigned i;
    uint32_t word;

    for (i = 0; i < bound; i++) {
        waiter = &waiters->places[i];
        word = atomic_load(&waiter->word);
        if (state_of(word) != WAITING) {
            continue;
        }
        if (is_dead(word)) {
            MP_KILL_POINT("waiters.freeing_dead");
            atomic_store(&waiter->word, 0); /* V3 */
            MP_KILL_POINT("waiters.freed_dead");
        } else if (oldest == NULL ||
                   (int32_t)(atomic_load(&waiter->ticket) -
                             atomic_load(&oldest->ticket)) < 0) {
            oldest = waiter;
        }
    }
    return oldest;
}

int mp__waiters_notify(mp__waiters *waiters, int count)
{
    struct mp__waiter *waiter;
    uint32_t word;
    int notified = 0;

    while (notified < count) {
        waiter = find_oldest(waiters);
        if (waiter == NULL) {
            break;
        }
        word = atomic_load(&waiter->word);
        MP_KILL_POINT("waiters.notifying");
        atomic_store(&waiter->word, (word & ~STATE_MASK) | NOTIFIED); /* V3 */
        MP_KILL_POINT("waiters.notified");
        (void)mp__park_wake(&waiter->word, 1);
        MP_KILL_POINT("waiters.woke");
        notified++;
    }
    return notified;
}
