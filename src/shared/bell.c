/*
 * bell.c -- wake an owner that sleeps in poll() on one pipe
 *
 * `ticket` is even while the owner is awake, odd from before its last look
 * until it is awake again. Only the owner makes it odd.
 *
 *   owner:  O7 ticket + 1 (odd), fence. O8 look. O9 poll. O10 drain the pipe,
 *           ticket to the next even number.
 *   others: W10 publish, fence, a = ticket. Odd: write a byte, and only then
 *           CAS a -> a+1, so that one byte serves one sleep.
 *
 * The byte comes first: whoever is killed or stopped between the two leaves
 * the ticket odd, and others ring again. The CAS cannot erase a newer ticket.
 * The two fences make it impossible that the owner misses what was published
 * and the publisher misses the ticket.
 */
#include "shared/bell.h"

#include "platform/fd.h"
#include "platform/kill_point.h"

void mp__bell_arm(mp__bell *bell)
{
    uint32_t ticket = atomic_load(&bell->ticket);

    MP_KILL_POINT("bell.arming");
    atomic_store(&bell->ticket, (ticket | 1) + 2); /* O7: a new odd one */
    atomic_thread_fence(memory_order_seq_cst);     /* against W10's fence */
    MP_KILL_POINT("bell.armed");
}

void mp__bell_disarm(mp__bell *bell, int pipe_end)
{
    MP_KILL_POINT("bell.draining");
    (void)mp__fd_drain(pipe_end); /* O10 */
    MP_KILL_POINT("bell.drained");
    atomic_store(&bell->ticket, (atomic_load(&bell->ticket) | 1) + 1); /* O10 */
    MP_KILL_POINT("bell.disarmed");
}

void mp__bell_ring(mp__bell *bell, int pipe_end)
{
    uint32_t ticket;

    atomic_thread_fence(memory_order_seq_cst); /* W10, against O7's fence */
    ticket = atomic_load(&bell->ticket);       /* W10 */
    if ((ticket & 1) != 0) {
        MP_KILL_POINT("bell.ringing");
        mp__fd_ring(pipe_end);
        MP_KILL_POINT("bell.rung");
        (void)atomic_compare_exchange_strong(&bell->ticket, &ticket,
                                             ticket + 1); /* W10 */
        MP_KILL_POINT("bell.silenced");
    }
}
