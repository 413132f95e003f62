/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * gate.c -- open or shut; all who wait pass when it opens
 *
 * The word counts openings and closings, so it is odd while the gate is open,
 * and any change from an even value means that it has opened since.
 *
 *   E1  open: CAS even -> +1, wake all.     E2  shut: CAS odd -> +1.
 *   E3  wait: pass when the word is odd or no longer what it was; else park
 *       on it, a slice at most.
 *
 * Killed before E1's CAS: nothing happened. Between its CAS and the wake:
 * sleepers find the change at the end of their slice. A waiter leaves nothing
 * behind, wherever it is killed.
 */
#include "shared/gate.h"

#include "mp/error.h"
#include "platform/clock.h"
#include "platform/kill_point.h"

#define SLICE (250 * MP__MS)

static bool is_open(uint32_t word)
{
    return (word & 1) != 0;
}

void mp__gate_open(mp__gate *gate)
{
    uint32_t seen = atomic_load(&gate->word);

    while (!is_open(seen)) {
        MP_KILL_POINT("gate.opening");
        if (atomic_compare_exchange_weak(&gate->word, &seen, seen + 1)) {
            MP_KILL_POINT("gate.opened");
            (void)mp__park_wake(&gate->word, MP__PARK_ALL); /* E1 */
            MP_KILL_POINT("gate.woke");
            return;
        }
    }
}

void mp__gate_shut(mp__gate *gate)
{
    uint32_t seen = atomic_load(&gate->word);

    MP_KILL_POINT("gate.shutting");
    while (is_open(seen) &&
           !atomic_compare_exchange_weak(&gate->word, &seen, seen + 1)) {
        /* E2: `seen` is fresh */
    }
    MP_KILL_POINT("gate.shut");
}

bool mp__gate_is_open(const mp__gate *gate)
{
    return is_open(atomic_load(&gate->word));
}

int mp__gate_wait(mp__gate *gate, int64_t deadline, mp__spin_budget *budget)
{
    const uint32_t seen = atomic_load(&gate->word);
    mp__spin spin;
    bool passed = is_open(seen);

    if (passed || deadline == MP__AT_ONCE) {
        return passed ? 0 : MP_ETIMEDOUT;
    }
    mp__spin_begin(&spin, budget);
    do {
        passed = atomic_load(&gate->word) != seen;
    } while (!passed && mp__spin_once(&spin));
    mp__spin_end(&spin, passed);
    while (!passed && !mp__deadline_passed(deadline)) {
        MP_KILL_POINT("gate.parking");
        mp__park_wait(&gate->word, seen, mp__deadline_slice(deadline, SLICE));
        MP_KILL_POINT("gate.unparked");
        passed = atomic_load(&gate->word) != seen; /* E3 */
    }
    return passed ? 0 : MP_ETIMEDOUT;
}
