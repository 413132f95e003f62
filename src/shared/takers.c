/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * takers.c -- who has taken messages and not dealt with them yet
 *
 * `held` says for every process how many it has, as ident and count in one
 * word, in the place of its domain slot. All is changed under one guard.
 *
 *   T1  intent = me, number of the message. T2 the message is taken (C4 of
 *       ring.c). T3 held[me] + 1. T4 intent = 0.
 *   T5  dealt with: held[me] - 1, or somebody else's. T6 ring the bell.
 *   T7  an intent that stands when the guard is taken: its process died. Its
 *       message was taken if that many are: lost + 1. intent = 0.
 *   T8  what a dead process holds: lost + 1 (more is not asked), held = 0.
 *
 * Killed between T1 and T2: the number is too high, nothing was taken. After
 * T2: T7 sees it. After T3: T7 counts it as lost and T8 does so once more;
 * `lost` is only ever compared with what it was. Between T5 and T6: those who
 * wait look at the end of their slice.
 *
 * So nothing waits for a message that the dead have taken, and whoever waited
 * is told that there was one.
 */
#include "shared/takers.h"

#include "platform/clock.h"
#include "platform/kill_point.h"
#include "platform/park.h"

#define COUNT_BITS 34
#define COUNT_MASK ((UINT64_C(1) << COUNT_BITS) - 1)
#define WAITERS    1u /* of the bell, which counts in steps of two */
#define SLICE      (100 * MP__MS)

static mp__ident ident_of(uint64_t entry)
{
    return (mp__ident)(entry >> COUNT_BITS);
}

static uint64_t entry_of(mp__ident ident, uint64_t count)
{
    return count == 0 ? 0 : ((uint64_t)ident << COUNT_BITS) | count;
}

/* Release order is enough for a step that only a death makes visible: the
 * next holder of the guard has seen all before it. */
static void put(_Atomic uint64_t *word, uint64_t value)
{
    atomic_store_explicit(word, value, memory_order_release);
}

void mp__takers_recover(mp__takers *takers, uint64_t taken)
{
    uint64_t intent =
        atomic_load_explicit(&takers->intent, memory_order_relaxed);

    if (intent == 0) {
        return;
    }
    MP_KILL_POINT("takers.recovering");
    if ((intent & COUNT_MASK) == (taken & COUNT_MASK)) {
        (void)atomic_fetch_add(&takers->lost, 1); /* T7 */
        MP_KILL_POINT("takers.loss_counted");
    }
    put(&takers->intent, 0);
    MP_KILL_POINT("takers.recovered");
}

void mp__takers_intend(mp__takers *takers, mp__ident self, uint64_t taken)
{
    MP_KILL_POINT("takers.intending");
    put(&takers->intent,
        ((uint64_t)self << COUNT_BITS) | (taken & COUNT_MASK)); /* T1 */
}

/* T8 for one place. */
static void give_up(mp__takers *takers, unsigned slot)
{
    MP_KILL_POINT("takers.giving_up");
    (void)atomic_fetch_add(&takers->lost, 1); /* T8 */
    MP_KILL_POINT("takers.given_up");
    put(&takers->held[slot], 0);
    MP_KILL_POINT("takers.freed");
}

void mp__takers_note(mp__takers *takers, mp__ident self)
{
    unsigned slot = mp__domain_slot(self);
    uint64_t entry =
        atomic_load_explicit(&takers->held[slot], memory_order_relaxed);

    if (entry != 0 && ident_of(entry) != self) {
        give_up(takers, slot); /* its owner had our slot before us */
        entry = 0;
    }
    put(&takers->held[slot],
        entry_of(self, ((entry & COUNT_MASK) + 1) & COUNT_MASK)); /* T3 */
    MP_KILL_POINT("takers.held");
    put(&takers->intent, 0); /* T4 */
}

/* The place of one who has some; MP__DOMAIN_SLOTS: nobody. */
static unsigned find_taker(const mp__takers *takers, mp__ident self)
{
    unsigned mine = mp__domain_slot(self);
    unsigned bound = mp__domain_bound();
    unsigned slot;

    if (ident_of(atomic_load(&takers->held[mine])) == self) {
        return mine;
    }
    for (slot = 0; slot < bound; slot++) {
        if (atomic_load(&takers->held[slot]) != 0) {
            return slot;
        }
    }
    return MP__DOMAIN_SLOTS;
}

bool mp__takers_done(mp__takers *takers, mp__ident self)
{
    unsigned slot = find_taker(takers, self);
    uint64_t entry;
    uint32_t bell;

    if (slot == MP__DOMAIN_SLOTS) {
        return false;
    }
    entry = atomic_load(&takers->held[slot]);
    MP_KILL_POINT("takers.dealing");
    put(&takers->held[slot],
        entry_of(ident_of(entry), (entry & COUNT_MASK) - 1)); /* T5 */
    MP_KILL_POINT("takers.dealt");
    bell = atomic_fetch_add(&takers->bell, 2); /* T6 */
    if ((bell & WAITERS) != 0) {
        MP_KILL_POINT("takers.ringing");
        (void)atomic_fetch_and(&takers->bell, ~WAITERS); /* before the wake */
        MP_KILL_POINT("takers.unmarked");
        (void)mp__park_wake(&takers->bell, MP__PARK_ALL); /* T6 */
        MP_KILL_POINT("takers.rung");
    }
    return true;
}

bool mp__takers_any(mp__takers *takers)
{
    unsigned bound = mp__domain_bound();
    unsigned slot;
    uint64_t entry;

    for (slot = 0; slot < bound; slot++) {
        entry = atomic_load(&takers->held[slot]);
        if (entry == 0) {
            continue;
        }
        if (mp__domain_is_alive(ident_of(entry))) {
            return true;
        }
        give_up(takers, slot);
    }
    return false;
}

void mp__takers_wait(mp__takers *takers, uint32_t seen, int64_t deadline)
{
    uint32_t now = seen;

    MP_KILL_POINT("takers.waiting");
    if ((seen & WAITERS) != 0 ||
        atomic_compare_exchange_strong(&takers->bell, &now, seen | WAITERS)) {
        MP_KILL_POINT("takers.parking");
        mp__park_wait(&takers->bell, seen | WAITERS,
                      mp__deadline_slice(deadline, SLICE));
        MP_KILL_POINT("takers.unparked");
    }
}
