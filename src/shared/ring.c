/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * ring.c -- messages in bytes, one commit word per direction
 *
 * Producers take turns under one guard, consumers under another; both sides
 * run at the same time. TAIL and HEAD are 64-bit commit words:
 *
 *   items:26 | offset:35 (in units of 8) | spare | shut | sleepers
 *
 * `items` counts all messages ever put (taken), so TAIL.items - HEAD.items
 * are in the ring. `offset` is the place of the next record in the ring's
 * memory. Nothing else is state: all memory from TAIL on is garbage until the
 * CAS of TAIL, all memory behind HEAD is garbage after the CAS of HEAD.
 *
 *   put: P1 take `producers`. P2 room? else let go and sleep on HEAD.
 *        P3 write the record beyond TAIL. P4 CAS TAIL: the message exists.
 *        P5 release. P6 wake a sleeping consumer, if the word said so.
 *        P7 raise the flag, if somebody polls it.
 *   get: C1 take `consumers`. C2 empty? let go and sleep on TAIL.
 *        C3 copy the record out. C4 CAS HEAD: the message is taken.
 *        C5 release. C6 wake a sleeping producer, if the word said so.
 *        C7 nothing is left: lower the flag, if somebody polls it.
 *
 * Killed before P4 (C4): the word did not move, the guard is taken over from
 * the dead and there is nothing to repair. Between P4 and P6: sleepers find
 * the message at the end of their slice. The sleeper flag sits in the word
 * that is committed, so publishing and "is anyone asleep?" are one step.
 *
 * Where records lie. A record is an 8-byte header and the bytes, padded to 8,
 * in one piece. The map is twice max_bytes, so that a message of max_bytes
 * finds one piece in any empty ring; untouched pages cost nothing. The tail
 * turns back to offset 0 as soon as it is past the WARM bytes and the start
 * is free, with a WRAP record where it leaves off: while little is queued,
 * the same warm memory is used again and again. After a backlog what is beyond
 * a quarter of max_bytes, 16 MiB at most, is given back once the ring is empty,
 * by whoever holds `producers`: fresh pages cost more than the messages in
 * them, so those of a queue of large messages stay.
 * `lap_end` is where the tail last turned back: written before the CAS that
 * commits the turn and read only while TAIL is before HEAD, so that a value
 * left by a producer killed in between is never looked at.
 *
 * While HEAD is still on the lap before, a tail that has turned back has less
 * room than max_bytes promises. Where that is used up the tail spills: a WRAP
 * leads on to behind the one at `lap_end`, and messages are queued from there
 * as if nobody had turned back. `spill` is the number of the first of them, + 1,
 * and `spill_at` where its WRAP stands; until HEAD has passed that message the
 * start is not free, and nobody turns back. Both are written before the CAS
 * that commits it; whoever puts a message with that number elsewhere, after a
 * producer killed in between, clears `spill` first.
 *
 * Each side keeps what it last saw of the other's word beside its guard. What
 * it did not see since can only mean more room (more messages), so it looks
 * again only when there seems to be none: the words stay in their owners'
 * caches while both sides are busy.
 *
 * Large messages do not lie here but in blocks: ring_blocks.c. One that is
 * larger than max_bytes goes in alone, when the ring is empty.
 */
#include "shared/ring_parts.h"

#include "mp/error.h"
#include "platform/clock.h"
#include "platform/cpu.h"
#include "platform/file.h"
#include "platform/kill_point.h"
#include "platform/map.h"

#include <errno.h>
#include <stdlib.h>

#define KEPT_MOST ((uint64_t)16 * 1024 * 1024)

#define SHORT_WAIT  3 /* pauses: 0.1 us */
#define QUICK_WAITS 8 /* in a row */
#define FAILED_MOST 10
#define LINGER      256 /* pauses: 8 us */
#define FEW         4   /* messages */

/* Whole pages, since what lies behind them is given back. */
static uint64_t kept_of(uint64_t bytes)
{
    uint64_t kept = bytes / 4 / WARM * WARM;

    kept = kept > WARM ? kept : WARM;
    return kept < KEPT_MOST ? kept : KEPT_MOST;
}

/* On 32 bits the second is the smaller, on 64 the first. */
static bool is_too_large(uint64_t bytes)
{
    return bytes > OFFSET_MASK / 4 || bytes > SIZE_MAX / 4;
}

int mp__ring_create(mp__ring **ring, size_t max_bytes, size_t max_items)
{
    size_t page = mp__map_page_size();
    size_t bytes = max_bytes < page ? page : max_bytes;
    mp__ring *fresh = NULL;
    int error;

    if (is_too_large(bytes)) {
        return MP_EINVAL;
    }
    fresh = calloc(1, sizeof(*fresh));
    if (fresh == NULL) {
        return MP_ENOMEM;
    }
    fresh->file = -1;
    fresh->flag = (mp__flag){ .read_end = -1, .write_end = -1 };
    error = mp__domain_open();
    if (error == 0) {
        error = mp__domain_self(&fresh->creator);
    }
    if (error < 0) {
        goto done;
    }
    fresh->file = mp__file_create();
    if (fresh->file < 0) {
        error = fresh->file;
        goto done;
    }
    error = mp__flag_create(&fresh->flag);
    if (error < 0) {
        goto done;
    }
    fresh->map_size =
        mp__map_round(sizeof(struct mp__ring_shared) + 2 * bytes + page);
    fresh->shared = mp__map_shared(fresh->map_size);
    if (fresh->shared == NULL) {
        error = MP_ENOMEM;
        goto done;
    }
    fresh->room = (fresh->map_size - sizeof(struct mp__ring_shared) - HEADER) &
                  ~UINT64_C(7);
    fresh->max_bytes = max_bytes;
    fresh->max_items =
        max_items == 0 || max_items > ITEMS_MOST ? ITEMS_MOST : max_items;
    fresh->kept = kept_of(max_bytes);
    fresh->moment = mp__domain_moment();
    atomic_store(&fresh->shared->touched, fresh->kept);
    *ring = fresh;
    fresh = NULL;

done:
    mp__ring_destroy(fresh);
    return error;
}

void mp__ring_destroy(mp__ring *ring)
{
    if (ring == NULL) {
        return;
    }
    if (ring->shared != NULL) {
        mp__ring_end_loans(ring);
    }
    mp__map_free(ring->shared, ring->map_size);
    mp__file_close(&ring->file);
    mp__flag_close(&ring->flag);
    free(ring);
}

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

int mp__ring_break(mp__ring *ring)
{
    mp__ring_shut(ring);
    return MP_EBROKEN;
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
 * Two that are equally fast would meet at every message, and the line of the
 * word go to and fro for each. So who has waited very shortly several times in
 * a row lets some more come before it goes on. Where no more come it is no
 * stream but an answer that somebody waits for: then it takes more such waits,
 * twice as many each time, until that is tried again.
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

/* Wait until `word` is no longer at `seen`, a slice at most: spin, then say
 * that we sleep and park on what we said. */
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

/* The ring is empty and `producers` is ours: nothing beyond `kept` is needed. */
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

bool mp__ring_has_cold_memory(const mp__ring *ring)
{
    struct mp__ring_shared *shared = ring->shared;

    return atomic_load_explicit(&shared->touched, memory_order_relaxed) >
           ring->kept + WARM;
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
