/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * alarm.c -- wake a watcher that sleeps until a time, for what is due sooner
 *
 * The watcher (the supervisor) must act when the clock of a running item runs
 * out, and sleeps until the nearest such moment. Whoever starts a clock that
 * runs out sooner wakes it; who starts one that runs out later does nothing,
 * so that items of equal limits cost one wake-up per limit, not per item.
 *
 *   watcher: L1 store until, fence. L2 look at all clocks. L3 sleep, to the
 *            earlier of `until` and what it saw.
 *   others:  L4 start a clock, fence, u = until. Sooner: write a byte, and
 *            only then CAS u -> due, so that one byte serves all later ones.
 *
 * The byte comes first: whoever is killed or stopped between the two leaves
 * `until` as it was, and others write again. A clock that was started and not
 * told of ends with its process, or is seen when the watcher's slice ends.
 * The two fences make it impossible that the watcher misses the clock and the
 * starter misses `until`.
 */
#include "shared/alarm.h"

#include "platform/fd.h"
#include "platform/kill_point.h"

void mp__alarm_set(mp__alarm *alarm, int64_t until)
{
    MP_KILL_POINT("alarm.setting");
    atomic_store(&alarm->until, until);        /* L1 */
    atomic_thread_fence(memory_order_seq_cst); /* against L4's fence */
    MP_KILL_POINT("alarm.set");
}

void mp__alarm_lower(mp__alarm *alarm, int64_t due, int pipe_end)
{
    int64_t until;

    atomic_thread_fence(memory_order_seq_cst); /* L4, against L1's fence */
    until = atomic_load(&alarm->until);        /* L4 */
    if (due < until) {
        MP_KILL_POINT("alarm.ringing");
        mp__fd_ring(pipe_end);
        MP_KILL_POINT("alarm.rung");
        (void)atomic_compare_exchange_strong(&alarm->until, &until,
                                             due); /* L4 */
        MP_KILL_POINT("alarm.lowered");
    }
}
