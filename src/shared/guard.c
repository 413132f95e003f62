/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * guard.c -- the lock that outlives its holder
 *
 * word = W:1 | 0:1 | ident:30. W says that somebody may be asleep on it. The
 * ident is in the very CAS that takes the guard, so it is never held by
 * nobody-knows-who.
 *
 *   G1  CAS 0 -> me. After a sleep, 0 -> me|W: others may still sleep.
 *   G2  a dead holder: CAS dead[|W] -> me|W. Only one taker can win.
 *   G3  CAS holder -> holder|W, then park on that value for a slice.
 *   G4  release: exchange 0. W was set: wake one.
 *   G5  too late, after a sleep: the wake-up of G4 may have come to us, and
 *       whoever barged in has not set W: CAS holder -> holder|W, so that the
 *       next release wakes another sleeper.
 *
 * Killed before G1 or G2: nothing changed. Holding: a dead ident stands in
 * the word, and the next waiter, which asks before every park, takes it over.
 * Between G4's exchange and its wake, or just woken and not acting yet: the
 * guard is free and sleepers find out at the end of their slice. Asleep: the
 * kernel forgets it and W costs one needless wake.
 *
 * A taker sees all that the former holder wrote: by the order of G1 after G4,
 * or because the kernel says that a process is dead after its last store.
 *
 * Barging, not a queue: whoever comes first gets it. A ticket lock would stop
 * for ever behind a dead ticket.
 */
#include "shared/guard.h"

#include "mp/error.h"
#include "platform/clock.h"
#include "platform/kill_point.h"

#include <stddef.h>

#define WAITERS    (UINT32_C(1) << 31)
#define IDENT_MASK ((UINT32_C(1) << MP__IDENT_BITS) - 1)

#define MOMENTS_MOST 32 /* pauses: 1 us */
#define SLICE_FIRST  (2 * MP__MS)
#define SLICE_MOST   (50 * MP__MS)

/* G1; acquire order makes what the former holder wrote visible. */
static bool take_free(mp__guard *guard, uint32_t mine)
{
    uint32_t expected = 0;
    bool taken;

    MP_KILL_POINT("guard.taking");
    taken =
        atomic_compare_exchange_strong(&guard->word, &expected, mine); /* G1 */
    MP_KILL_POINT_IF(taken, "guard.taken");
    return taken;
}

/* G2, from the dead holder that `seen` names. */
static bool take_over(mp__guard *guard, uint32_t seen, mp__ident self)
{
    bool taken;

    MP_KILL_POINT("guard.taking_over");
    taken = atomic_compare_exchange_strong(&guard->word, &seen,
                                           self | WAITERS); /* G2 */
    MP_KILL_POINT_IF(taken, "guard.taken_over");
    return taken;
}

/* So many, but after a yield it is time to look. False: time to sleep. */
static bool spend_moments(mp__spin *spin, int moments)
{
    bool more;

    do {
        more = mp__spin_once(spin);
        moments--;
    } while (more && moments > 0 && spin->pauses < spin->allowed);
    return more;
}

/* Wait a while for the holder to finish, without sleeping. Each look takes the
 * line of the word away from those who pass it on, so looks become rarer. */
static bool spin_for(mp__guard *guard, uint32_t mine, mp__spin_budget *budget)
{
    mp__spin spin;
    bool taken = false;
    bool more = true;
    int moments = 1; /* until the next look */

    mp__spin_begin(&spin, budget);
    while (!taken && more) {
        if (atomic_load_explicit(&guard->word, memory_order_relaxed) == 0) {
            taken = take_free(guard, mine);
        }
        more = taken || spend_moments(&spin, moments);
        moments = moments < MOMENTS_MOST ? 2 * moments : moments;
    }
    mp__spin_end(&spin, taken);
    return taken;
}

/* One turn of waiting for `seen`, a word that is not 0: 1 taken over, 0 look
 * again. */
static int wait_for(mp__guard *guard, uint32_t seen, mp__ident self,
                    int64_t deadline)
{
    mp__ident holder = seen & IDENT_MASK;

    if (holder != self && !mp__domain_is_alive(holder)) {
        return take_over(guard, seen, self);
    }
    MP_KILL_POINT("guard.marking");
    if ((seen & WAITERS) == 0 &&
        !atomic_compare_exchange_strong(&guard->word, &seen,
                                        seen | WAITERS)) { /* G3 */
        return 0;
    }
    MP_KILL_POINT("guard.parking");
    mp__park_wait(&guard->word, seen | WAITERS, deadline);
    MP_KILL_POINT("guard.unparked");
    return 0;
}

/* The deadline has passed in here: take what is free at last, or leave. */
static int leave_late(mp__guard *guard, mp__ident self)
{
    uint32_t seen = atomic_load(&guard->word);

    for (;;) {
        if (seen == 0) {
            if (take_free(guard, self | WAITERS)) {
                return 0;
            }
            seen = atomic_load(&guard->word);
        } else if ((seen & WAITERS) != 0 ||
                   atomic_compare_exchange_strong(&guard->word, &seen,
                                                  seen | WAITERS)) { /* G5 */
            MP_KILL_POINT("guard.passed_on");
            return MP_ETIMEDOUT;
        }
    }
}

static int acquire_slowly(mp__guard *guard, mp__ident self, int64_t deadline,
                          mp__spin_budget *budget)
{
    int64_t slice = SLICE_FIRST;
    uint32_t seen = atomic_load(&guard->word);

    if ((seen & IDENT_MASK) == self && deadline == MP__NEVER) {
        return MP_EDEADLK;
    }
    if (spin_for(guard, self, budget)) {
        return 0;
    }
    for (;;) {
        seen = atomic_load(&guard->word);
        if (seen == 0) {
            if (take_free(guard, self | WAITERS)) {
                return 0;
            }
        } else if (wait_for(guard, seen, self,
                            mp__deadline_slice(deadline, slice))) {
            return MP_OWNERDEAD;
        } else {
            slice = slice < SLICE_MOST ? slice * 2 : SLICE_MOST;
        }
        if (mp__deadline_passed(deadline)) {
            return leave_late(guard, self);
        }
    }
}

/* Once, without waiting. */
static int acquire_now(mp__guard *guard, mp__ident self)
{
    uint32_t seen = atomic_load(&guard->word);

    if (seen == 0) {
        return take_free(guard, self) ? 0 : MP_ETIMEDOUT;
    }
    if ((seen & IDENT_MASK) == self || mp__domain_is_alive(seen & IDENT_MASK)) {
        return MP_ETIMEDOUT;
    }
    return take_over(guard, seen, self) ? MP_OWNERDEAD : MP_ETIMEDOUT;
}

bool mp__guard_try(mp__guard *guard)
{
    mp__ident self = mp__self_ident();

    return self != 0 && take_free(guard, self);
}

int mp__guard_acquire(mp__guard *guard, int64_t deadline,
                      mp__spin_budget *budget)
{
    mp__ident self;
    int error = mp__domain_self(&self);

    if (error < 0) {
        return error;
    }
    if (take_free(guard, self)) {
        return 0;
    }
    if (deadline == MP__AT_ONCE) {
        return acquire_now(guard, self);
    }
    return acquire_slowly(guard, self, deadline, budget);
}

int mp__guard_release(mp__guard *guard)
{
    uint32_t seen = atomic_load_explicit(&guard->word, memory_order_relaxed);

    do {
        if (seen == 0) {
            return MP_EPERM;
        }
        MP_KILL_POINT("guard.releasing");
    } while (!atomic_compare_exchange_weak(&guard->word, &seen, 0)); /* G4 */
    MP_KILL_POINT("guard.released");
    if ((seen & WAITERS) != 0) {
        (void)mp__park_wake(&guard->word, 1);
        MP_KILL_POINT("guard.woke");
    }
    return 0;
}

mp__ident mp__guard_holder(const mp__guard *guard)
{
    return atomic_load(&guard->word) & IDENT_MASK;
}
