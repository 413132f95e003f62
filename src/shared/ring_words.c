/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * ring_words.c -- moves the two commit words of a ring, and waits for them
 *
 * All files of the ring stand on this one. It has what both sides do with TAIL
 * and HEAD and with what hangs on them: the guard of a side, the commit, sleep
 * and wake-up, memory that is given back, the descriptor that is polled, the
 * end of the ring, and what this process's user has in hand. The protocol
 * stands at the head of ring.c; the end and the descriptor have steps of their
 * own.
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
#include "shared/ring_words.h"

#include "mp/error.h"
#include "platform/clock.h"
#include "platform/cpu.h"
#include "platform/kill_point.h"
#include "platform/map.h"
#include "platform/park.h"

#include <errno.h>
#include <stdlib.h>

/* How long a call that may not wait waits for a guard that is always held
 * briefly. A holder that is stopped shows as MP_ETIMEDOUT. */
#define GUARD_GRACE (1000 * MP__MS)
#define DATA_SLICE  (250 * MP__MS)

#define SHORT_WAIT  3 /* pauses: 0.1 us */
#define QUICK_WAITS 8 /* in a row */
#define FAILED_MOST 10
#define LINGER      256 /* pauses: 8 us */
#define FEW         4   /* messages */

/* Flags may have changed since *seen was read, and they stay. When more has
 * changed, somebody took us for dead (a process that closed the life file
 * where start times are not to be had) and holds the guard now, so nothing
 * may be written. */
int mp__ring_commit(_Atomic uint64_t *word, uint64_t *seen, uint64_t next,
                    uint64_t unless)
{
    const uint64_t place = OFFSET_MASK | (ITEMS_MASK << OFFSET_BITS);
    uint64_t now = *seen;

    while (!atomic_compare_exchange_weak(word, &now,
                                         next | (now & ~place))) { /* P4, C4 */
        if (((now ^ *seen) & place) != 0) {
            return -ESTALE;
        }
        if ((now & unless) != 0) {
            return MP_ECLOSED;
        }
    }
    *seen = now;
    return 0;
}

int mp__ring_stale(const mp__guard *guard)
{
    mp__ident self;

    return mp__domain_self(&self) == 0 && mp__guard_holder(guard) == self
               ? MP_EBROKEN
               : -ESTALE;
}

/* P6, C6. The flag is taken down only when nobody slept, and before all are
 * woken: whoever set it meanwhile is woken too. */
void mp__ring_wake_sleepers(_Atomic uint64_t *word, uint64_t replaced)
{
    if ((replaced & SLEEPERS) == 0) {
        return;
    }
    MP_KILL_POINT("ring.waking");
    if (mp__park_wake(mp__park_low_half(word), 1) == 0) {
        MP_KILL_POINT("ring.nobody_slept");
        (void)atomic_fetch_and(word, ~SLEEPERS); /* P6, C6 */
        MP_KILL_POINT("ring.sleepers_cleared");
        (void)mp__park_wake(mp__park_low_half(word), MP__PARK_ALL);
    }
    MP_KILL_POINT("ring.woke");
}

/*
 * A producer and a consumer that are equally fast would meet at every message,
 * and the cache line of the word would go to and fro for each. So a waiter that
 * has waited very shortly several times in a row lets some more messages come
 * before it goes on. Where no more come, the messages are no stream but answers
 * that somebody waits for: then the waiter needs more short waits before it
 * tries that again, twice as many each time.
 */
static void linger(struct mp__pace *pace, const mp__spin *spin, uint64_t now)
{
    uint64_t came = mp__ring_items_between(pace->seen, now);
    int i;

    pace->seen = now;
    if (pace->lingered && came > FEW) {
        pace->failed = 0;
    } else if (pace->lingered) {
        pace->failed += pace->failed < FAILED_MOST;
        pace->quick = 0;
    }
    if (spin->allowed <= 0 || spin->pauses > SHORT_WAIT) {
        pace->quick = 0;
    } else if (pace->quick <= QUICK_WAITS << FAILED_MOST) {
        pace->quick++;
    }
    pace->lingered = pace->quick > QUICK_WAITS << pace->failed;
    for (i = 0; i < LINGER && pace->lingered; i++) {
        mp__cpu_relax();
    }
}

/* The waiter spins first, then says that it sleeps and parks on what it said. */
void mp__ring_wait_for_move(mp__ring *ring, _Atomic uint64_t *word,
                            uint64_t seen, int64_t deadline)
{
    mp__spin spin;
    uint64_t now = seen;

    if ((seen & SHUT) != 0) {
        return; /* shut since TAIL was read: nothing will move */
    }
    mp__spin_begin(&spin, &ring->data_budget);
    do {
        now = atomic_load_explicit(word, memory_order_relaxed);
    } while (((now ^ seen) & ~SLEEPERS) == 0 && mp__spin_once(&spin));
    mp__spin_end(&spin, ((now ^ seen) & ~SLEEPERS) != 0);
    if (((now ^ seen) & ~SLEEPERS) != 0) {
        linger(&ring->paces[word == &ring->shared->tail], &spin, now);
        return;
    }
    MP_KILL_POINT("ring.marking_sleep");
    if ((now & SLEEPERS) == 0 &&
        !atomic_compare_exchange_strong(word, &now, now | SLEEPERS)) {
        return; /* P2, C2: it moved, look again */
    }
    MP_KILL_POINT("ring.parking");
    mp__park_wait(mp__park_low_half(word), (uint32_t)(seen | SLEEPERS),
                  mp__deadline_slice(deadline, DATA_SLICE));
    MP_KILL_POINT("ring.unparked");
}

int mp__ring_lock_side(mp__ring *ring, mp__guard *guard, int64_t deadline)
{
    int error;

    if (deadline != MP__NEVER) {
        int64_t grace = mp__clock_ns() + GUARD_GRACE;

        deadline = deadline < grace ? grace : deadline;
    }
    error = mp__guard_acquire(guard, deadline, &ring->guard_budget);
    /* MP_OWNERDEAD: the dead left nothing half done, by design. */
    return error < 0 ? error : 0;
}

size_t mp__ring_count(const mp__ring *ring)
{
    uint64_t head = atomic_load(&ring->shared->head);
    uint64_t tail = atomic_load(&ring->shared->tail);
    uint64_t count = mp__ring_items_between(head, tail);

    /* Both may have moved between the two looks. */
    return count > ITEMS_MOST ? 0 : (size_t)count;
}

bool mp__ring_is_alone(const mp__ring *ring)
{
    return mp__domain_is_alone(ring->moment, ring->creator);
}

bool mp__ring_has_cold_memory(const mp__ring *ring)
{
    struct mp__ring_shared *shared = ring->shared;

    return atomic_load_explicit(&shared->touched, memory_order_relaxed) >
           ring->kept + WARM;
}

/* Nothing beyond `kept` is needed while the ring is empty. */
void mp__ring_give_back(mp__ring *ring)
{
    struct mp__ring_shared *shared = ring->shared;
    uint64_t touched = atomic_load(&shared->touched);

    if (touched > ring->kept) {
        MP_KILL_POINT("ring.giving_memory_back");
        touched = touched < ring->room + HEADER ? touched : ring->room + HEADER;
        if (touched > ring->kept) {
            mp__map_give_back(shared->records + ring->kept,
                              (size_t)(touched - ring->kept));
        }
        MP_KILL_POINT("ring.memory_given_back");
        atomic_store(&shared->touched, ring->kept);
        MP_KILL_POINT("ring.touched_lowered");
    }
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

int mp__ring_break(mp__ring *ring)
{
    mp__ring_shut(ring);
    return MP_EBROKEN;
}

bool mp__loan_is_ours(const struct mp__loan *loan)
{
    mp__ident self;

    return loan->owner != 0 && mp__domain_self(&self) == 0 &&
           loan->owner == self;
}

/* No room is asked for as well, and that has an address, too. */
int mp__loan_room(struct mp__loan *loan, size_t size)
{
    unsigned char *fresh;

    if (loan->memory == NULL || loan->capacity < size) {
        fresh = malloc(size > 0 ? size : 1);
        if (fresh == NULL) {
            return MP_ENOMEM;
        }
        free(loan->memory);
        loan->memory = fresh;
        loan->capacity = size;
    }
    return 0;
}
