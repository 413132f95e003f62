/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * bell.c -- wake an owner that sleeps in poll() on one pipe
 *
 * `ticket` is a number that grows with each change, and says ASLEEP from before
 * the owner's last look until it is awake again. Only the owner makes it so.
 *
 *   owner:  O7 the next number, ASLEEP; fence. O8 look. O9 poll. O10 drain the
 *           pipe, the next number, awake.
 *   others: W10 publish, fence, a = ticket. ASLEEP: write a byte, and only then
 *           CAS a -> the next number, awake, so that one byte serves one sleep.
 *
 * The byte comes first: whoever is killed or stopped between the two leaves
 * the owner ASLEEP, and others ring again. The CAS cannot erase a newer ticket.
 * The two fences make it impossible that the owner misses what was published
 * and the publisher misses the ticket.
 *
 * A PATIENT owner has nothing to do before all is over that it has handed out.
 * It is rung for what is urgent alone: a failure, a ring that fills up, and a
 * worker that finds no more work or leaves. Who has left it asleep does W10 for
 * one of these later, and so for all that it has published; if it is killed
 * first, its supervisor rings (S6). If it is stopped, its task is not over
 * either, or a slice of the owner's finds it out.
 */
#include "shared/bell.h"

#include "platform/fd.h"
#include "platform/kill_point.h"

#define ASLEEP  UINT32_C(1)
#define PATIENT UINT32_C(2)
#define NUMBER  UINT32_C(4)

/* The ticket after `ticket` in which the owner is awake. */
static uint32_t next(uint32_t ticket)
{
    return (ticket & ~(NUMBER - 1)) + NUMBER;
}

void mp__bell_arm(mp__bell *bell, bool patient)
{
    uint32_t how = patient ? ASLEEP | PATIENT : ASLEEP;

    MP_KILL_POINT("bell.arming");
    atomic_store(&bell->ticket,
                 next(atomic_load(&bell->ticket)) | how); /* O7 */
    atomic_thread_fence(memory_order_seq_cst); /* against W10's fence */
    MP_KILL_POINT("bell.armed");
}

void mp__bell_disarm(mp__bell *bell, int pipe_end)
{
    MP_KILL_POINT("bell.draining");
    (void)mp__fd_drain(pipe_end); /* O10 */
    MP_KILL_POINT("bell.drained");
    atomic_store(&bell->ticket, next(atomic_load(&bell->ticket))); /* O10 */
    MP_KILL_POINT("bell.disarmed");
}

bool mp__bell_ring(mp__bell *bell, int pipe_end, bool urgent)
{
    uint32_t ticket;

    atomic_thread_fence(memory_order_seq_cst); /* W10, against O7's fence */
    ticket = atomic_load(&bell->ticket);       /* W10 */
    if ((ticket & PATIENT) != 0 && !urgent) {
        return false;
    }
    if ((ticket & ASLEEP) != 0) {
        MP_KILL_POINT("bell.ringing");
        mp__fd_ring(pipe_end);
        MP_KILL_POINT("bell.rung");
        (void)atomic_compare_exchange_strong(&bell->ticket, &ticket,
                                             next(ticket)); /* W10 */
        MP_KILL_POINT("bell.silenced");
    }
    return true;
}
