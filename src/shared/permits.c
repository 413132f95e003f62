/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * permits.c -- so many at a time; what the dead held comes back
 *
 * word = W:1 | value:31. W says that somebody may be asleep on it.
 *
 * Without a maximum the word is all there is.
 *   N1  acquire: CAS value -> value - 1.   N2  release: CAS value -> value + 1
 *   N3  and wake one if W; when nobody slept, take W down and wake all.
 * Killed around N1: the permit is taken or is not; nobody can tell whose it
 * was. Between N2 and N3, or woken and killed: sleepers look at the end of
 * their slice.
 *
 * With a maximum, `held` says for every process how many permits it has, as
 * ident and count in one word, in the place of its domain slot; all changes
 * are made under `guard`. `nobodys` are those that were taken from the start.
 *
 *   value = maximum - nobodys - sum of held
 *
 *   A1  guard. Its former holder died: recount value.
 *   A2  value is 0: clear what dead processes hold (orphans first, then the
 *       entry), recount. Still 0: let go, park, a slice at most.
 *   A3  held[me] + 1: the permit is taken. A4 value - 1. A5 orphans - 1, if
 *       there are any: then the permit is a dead one's, as far as is known.
 *   R1  guard, as A1. R2 held[me] - 1, or nobodys - 1, or somebody else's
 *       held - 1: the permit is free. R3 value + 1. N3.
 *
 * Killed after A3 or R2: the next to take the guard recounts. Killed between
 * the two stores of A2, or between A3 and A5: MP_OWNERDEAD is told once more
 * than there were permits lost, never once less.
 */
#include "shared/permits.h"

#include "mp/error.h"
#include "platform/clock.h"
#include "platform/kill_point.h"

#include <limits.h>
#include <stdbool.h>

#define WAITERS    (UINT32_C(1) << 31)
#define VALUE_MASK (WAITERS - 1)
#define COUNT_BITS 32
#define COUNT_MASK ((UINT64_C(1) << COUNT_BITS) - 1)

#define SLICE_FIRST (2 * MP__MS)
#define SLICE_MOST  (50 * MP__MS)
/* As for a ring: the guard is always held briefly. */
#define GUARD_GRACE (1000 * MP__MS)

void mp__permits_init(mp__permits *permits, uint32_t value, uint32_t maximum)
{
    permits->maximum = maximum;
    atomic_store(&permits->word, value);
    atomic_store(&permits->nobodys, maximum == 0 ? 0 : maximum - value);
}

uint32_t mp__permits_value(const mp__permits *permits)
{
    return atomic_load(&permits->word) & VALUE_MASK;
}

/* N3, after the word was `replaced`. */
static void wake_one(mp__permits *permits, uint32_t replaced)
{
    if ((replaced & WAITERS) == 0) {
        return;
    }
    MP_KILL_POINT("permits.waking");
    if (mp__park_wake(&permits->word, 1) == 0) {
        MP_KILL_POINT("permits.nobody_slept");
        (void)atomic_fetch_and(&permits->word, ~WAITERS); /* N3 */
        MP_KILL_POINT("permits.unmarked");
        (void)mp__park_wake(&permits->word, MP__PARK_ALL);
    }
    MP_KILL_POINT("permits.woke");
}

/* Look for a permit for a while, then sleep for one, a slice at most. */
static void wait_for_value(mp__permits *permits, int64_t deadline,
                           mp__spin_budget *budget)
{
    uint32_t seen = atomic_load(&permits->word);
    mp__spin spin;

    mp__spin_begin(&spin, budget);
    while ((seen & VALUE_MASK) == 0 && mp__spin_once(&spin)) {
        seen = atomic_load_explicit(&permits->word, memory_order_relaxed);
    }
    mp__spin_end(&spin, (seen & VALUE_MASK) != 0);
    if ((seen & VALUE_MASK) != 0) {
        return;
    }
    MP_KILL_POINT("permits.marking");
    if ((seen & WAITERS) != 0 ||
        atomic_compare_exchange_strong(&permits->word, &seen,
                                       seen | WAITERS)) { /* before the park */
        MP_KILL_POINT("permits.parking");
        mp__park_wait(&permits->word, WAITERS, deadline);
        MP_KILL_POINT("permits.unparked");
    }
}

/* ---- without a maximum ---- */

static bool count_down(mp__permits *permits)
{
    uint32_t seen = atomic_load(&permits->word);

    while ((seen & VALUE_MASK) != 0) {
        MP_KILL_POINT("permits.counting_down");
        if (atomic_compare_exchange_weak(&permits->word, &seen, seen - 1)) {
            MP_KILL_POINT("permits.counted_down");
            return true; /* N1 */
        }
    }
    return false;
}

static int count_up(mp__permits *permits)
{
    uint32_t seen = atomic_load(&permits->word);

    do {
        if ((seen & VALUE_MASK) == INT_MAX) {
            return MP_EOVERFLOW;
        }
        MP_KILL_POINT("permits.counting_up");
    } while (!atomic_compare_exchange_weak(&permits->word, &seen,
                                           seen + 1)); /* N2 */
    MP_KILL_POINT("permits.counted_up");
    wake_one(permits, seen);
    return 0;
}

/* ---- with a maximum ---- */

static uint32_t count_of(uint64_t entry)
{
    return (uint32_t)(entry & COUNT_MASK);
}

static mp__ident ident_of(uint64_t entry)
{
    return (mp__ident)(entry >> COUNT_BITS);
}

static uint64_t entry_of(mp__ident ident, uint32_t count)
{
    return count == 0 ? 0 : ((uint64_t)ident << COUNT_BITS) | count;
}

/* A4, R3: W may be set meanwhile. Returns the word replaced. */
static uint32_t set_value(mp__permits *permits, uint32_t value)
{
    uint32_t seen = atomic_load(&permits->word);

    while (!atomic_compare_exchange_weak(&permits->word, &seen,
                                         (seen & WAITERS) | value)) {
        /* `seen` is fresh */
    }
    return seen;
}

static void recount(mp__permits *permits)
{
    uint64_t taken = atomic_load(&permits->nobodys);
    unsigned bound = mp__domain_bound();
    unsigned slot;

    for (slot = 0; slot < bound; slot++) {
        taken += count_of(atomic_load(&permits->held[slot]));
    }
    (void)set_value(permits, taken > permits->maximum
                                 ? 0
                                 : permits->maximum - (uint32_t)taken);
}

/* A2 for the entry of a process that is no more. */
static void orphan(mp__permits *permits, unsigned slot, uint32_t count)
{
    uint64_t orphans = (uint64_t)atomic_load(&permits->orphans) + count;

    MP_KILL_POINT("permits.orphaning");
    atomic_store(&permits->orphans, orphans < permits->maximum
                                        ? (uint32_t)orphans
                                        : permits->maximum);
    MP_KILL_POINT("permits.orphaned");
    atomic_store(&permits->held[slot], 0); /* A2: the entry last */
    MP_KILL_POINT("permits.freed");
}

static void sweep(mp__permits *permits)
{
    unsigned bound = mp__domain_bound();
    unsigned slot;
    uint64_t entry;

    for (slot = 0; slot < bound; slot++) {
        entry = atomic_load(&permits->held[slot]);
        if (entry != 0 && !mp__domain_is_alive(ident_of(entry))) {
            orphan(permits, slot, count_of(entry));
        }
    }
    recount(permits);
}

/* A1, R1. */
static int lock(mp__permits *permits, int64_t deadline,
                mp__permits_budget *budget)
{
    int64_t grace;
    int error;

    if (mp__guard_try(&permits->guard)) {
        return 0;
    }
    grace = mp__clock_ns() + GUARD_GRACE;
    error = mp__guard_acquire(
        &permits->guard, deadline < grace ? grace : deadline, &budget->guard);
    if (error == MP_OWNERDEAD) {
        MP_KILL_POINT("permits.recounting");
        recount(permits);
        MP_KILL_POINT("permits.recounted");
        error = 0;
    }
    return error;
}

/* A2 to A5 under the guard: 0, MP_OWNERDEAD, or MP_EAGAIN. */
static int take(mp__permits *permits, mp__ident self)
{
    _Atomic uint64_t *mine = &permits->held[mp__domain_slot(self)];
    uint64_t entry = atomic_load(mine);
    uint32_t value;

    if (entry != 0 && ident_of(entry) != self) {
        /* Its owner had our slot before us. */
        orphan(permits, mp__domain_slot(self), count_of(entry));
        recount(permits);
        entry = 0;
    }
    if (mp__permits_value(permits) == 0) {
        sweep(permits);
    }
    value = mp__permits_value(permits);
    if (value == 0) {
        return MP_EAGAIN;
    }
    MP_KILL_POINT("permits.taking");
    atomic_store(mine, entry_of(self, count_of(entry) + 1)); /* A3 */
    MP_KILL_POINT("permits.held");
    (void)set_value(permits, value - 1); /* A4 */
    MP_KILL_POINT("permits.taken");
    if (atomic_load(&permits->orphans) == 0) {
        return 0;
    }
    (void)atomic_fetch_sub(&permits->orphans, 1); /* A5 */
    MP_KILL_POINT("permits.inherited");
    return MP_OWNERDEAD;
}

/* R2: whose permit it is that is given back. False: nobody has any. */
static bool give_up(mp__permits *permits, mp__ident self)
{
    unsigned bound = mp__domain_bound();
    unsigned first = mp__domain_slot(self);
    unsigned i;
    uint64_t entry = atomic_load(&permits->held[first]);

    if (entry == 0 || ident_of(entry) != self) {
        if (atomic_load(&permits->nobodys) != 0) {
            (void)atomic_fetch_sub(&permits->nobodys, 1); /* R2 */
            MP_KILL_POINT("permits.nobodys_freed");
            return true;
        }
        for (i = 0; i < bound && entry == 0; i++) {
            first = i;
            entry = atomic_load(&permits->held[i]);
        }
    }
    if (entry == 0) {
        return false;
    }
    atomic_store(&permits->held[first],
                 entry_of(ident_of(entry), count_of(entry) - 1)); /* R2 */
    MP_KILL_POINT("permits.given_up");
    return true;
}

static int release_bounded(mp__permits *permits, mp__permits_budget *budget)
{
    mp__ident self;
    uint32_t replaced = 0;
    int error = lock(permits, MP__NEVER, budget);

    if (error < 0) {
        return error;
    }
    (void)mp__domain_self(&self); /* the guard has it already */
    MP_KILL_POINT("permits.giving_up");
    if (give_up(permits, self)) {
        replaced = set_value(permits, mp__permits_value(permits) + 1); /* R3 */
        MP_KILL_POINT("permits.raised");
    } else {
        error = MP_EOVERFLOW;
    }
    (void)mp__guard_release(&permits->guard);
    MP_KILL_POINT("permits.released");
    wake_one(permits, replaced);
    return error;
}

static int try_bounded(mp__permits *permits, int64_t deadline,
                       mp__permits_budget *budget)
{
    mp__ident self;
    int error = lock(permits, deadline, budget);

    if (error == 0) {
        (void)mp__domain_self(&self);
        error = take(permits, self);
        (void)mp__guard_release(&permits->guard);
    }
    return error;
}

int mp__permits_acquire(mp__permits *permits, int64_t deadline,
                        mp__permits_budget *budget)
{
    int64_t slice = SLICE_FIRST;
    int result;

    for (;;) {
        if (permits->maximum == 0) {
            result = count_down(permits) ? 0 : MP_EAGAIN;
        } else {
            result = try_bounded(permits, deadline, budget);
        }
        if (result != MP_EAGAIN) {
            return result;
        }
        if (mp__deadline_passed(deadline)) {
            return MP_ETIMEDOUT;
        }
        wait_for_value(permits, mp__deadline_slice(deadline, slice),
                       &budget->wait);
        slice = slice < SLICE_MOST ? slice * 2 : SLICE_MOST;
    }
}

int mp__permits_release(mp__permits *permits, mp__permits_budget *budget)
{
    return permits->maximum == 0 ? count_up(permits)
                                 : release_bounded(permits, budget);
}
