/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * meeting.c -- so many processes wait for each other, again and again
 *
 * word = round:51 | arrived:11 | phase:2, with FILLING, ACTING, BROKEN. It is
 * changed under the guard only, by one store each time, and read by all.
 *
 *   M1  arrive: members[arrived] = me. M2 arrived + 1; the last one also makes
 *       it ACTING.
 *   M3  the last one, after its action: the round's bit in `failed` = 0, then
 *       word = round + 1, nobody arrived. Wake all.
 *   M4  break: phase BROKEN, nobody arrived. Wake all.
 *   M5  reset: the round's bit = 1, then as M3.
 *   M6  wait: until the round has moved on (its bit says how it ended) or is
 *       BROKEN; at the end of each slice look whether the next member in the
 *       circle still lives, and break the meeting if not.
 *
 * Killed before M2: it never came, and the others wait for their deadline, as
 * they would for one who never sets out. After M2, waiting or acting: the one
 * before it in the circle breaks the meeting. If that one died too, the one
 * before that does. Between the two stores of M3 or M5: the bit is written
 * again before the round moves on. Between a store and its wake: all look at
 * the end of their slice. The guard is taken over with nothing to repair.
 */
#include "shared/meeting.h"

#include "mp/error.h"
#include "platform/clock.h"
#include "platform/kill_point.h"

#define FILLING 0u
#define ACTING  1u
#define BROKEN  2u

#define PHASE_MASK   UINT64_C(3)
#define ARRIVED_BITS 11
#define ARRIVED_MASK ((UINT64_C(1) << ARRIVED_BITS) - 1)
#define ROUND_SHIFT  13
#define ROUNDS_KNOWN 64

#define SLICE_FIRST (2 * MP__MS)
#define SLICE_MOST  (50 * MP__MS)

static unsigned phase_of(uint64_t word)
{
    return (unsigned)(word & PHASE_MASK);
}

static unsigned arrived_of(uint64_t word)
{
    return (unsigned)((word >> 2) & ARRIVED_MASK);
}

static uint64_t round_of(uint64_t word)
{
    return word >> ROUND_SHIFT;
}

static uint64_t word_of(uint64_t round, unsigned arrived, unsigned phase)
{
    return (round << ROUND_SHIFT) | ((uint64_t)arrived << 2) | phase;
}

static int lock(mp__meeting *meeting, mp__meeting_budget *budget)
{
    int error = mp__guard_acquire(&meeting->guard, MP__NEVER, &budget->guard);

    return error < 0 ? error : 0; /* the dead left nothing half done */
}

static void unlock(mp__meeting *meeting)
{
    (void)mp__guard_release(&meeting->guard);
}

static void wake_all(mp__meeting *meeting)
{
    MP_KILL_POINT("meeting.waking");
    (void)mp__park_wake(mp__park_low_half(&meeting->word), MP__PARK_ALL);
    MP_KILL_POINT("meeting.woke");
}

/* M3, M5 under the guard. */
static void move_on(mp__meeting *meeting, uint64_t round, bool well)
{
    uint64_t bit = UINT64_C(1) << (round % ROUNDS_KNOWN);
    uint64_t failed = atomic_load(&meeting->failed);

    MP_KILL_POINT("meeting.moving_on");
    atomic_store(&meeting->failed, well ? failed & ~bit : failed | bit);
    MP_KILL_POINT("meeting.bit_set");
    atomic_store(&meeting->word, word_of(round + 1, 0, FILLING));
    MP_KILL_POINT("meeting.moved_on");
}

/* M4 for `round`, unless it is over. 0, or an error of the guard. */
static int break_round(mp__meeting *meeting, uint64_t round,
                       mp__meeting_budget *budget)
{
    uint64_t word;
    int error = lock(meeting, budget);

    if (error < 0) {
        return error;
    }
    word = atomic_load(&meeting->word);
    if (round_of(word) == round) {
        MP_KILL_POINT("meeting.breaking");
        atomic_store(&meeting->word, word_of(round, 0, BROKEN)); /* M4 */
        MP_KILL_POINT("meeting.broken");
    }
    unlock(meeting);
    wake_all(meeting);
    return 0;
}

/* Whoever shares the memory may have written anything: a word or a number of
 * parties that cannot be is a broken meeting, and never an index. */
static unsigned parties_of(const mp__meeting *meeting)
{
    uint32_t parties = *(const volatile uint32_t *)&meeting->parties;

    return parties > MP__DOMAIN_SLOTS ? 0 : parties;
}

/* Is the member after `place` in the circle of those who came dead? */
static bool next_is_dead(const mp__meeting *meeting, uint64_t word,
                         unsigned place)
{
    unsigned arrived = arrived_of(word);
    mp__ident next;

    if (arrived == 0) {
        return false;
    }
    if (arrived > MP__DOMAIN_SLOTS) {
        return true;
    }
    next = atomic_load(&meeting->members[(place + 1) % arrived]); /* M6 */
    return !mp__domain_is_alive(next);
}

/* M1, M2 under the guard: our place, MP_EBROKEN, or MP_EAGAIN while a round
 * that we are not part of is acting. */
static int join_round(mp__meeting *meeting, uint64_t *round)
{
    uint64_t word = atomic_load(&meeting->word);
    unsigned place = arrived_of(word);
    unsigned parties = parties_of(meeting);

    *round = round_of(word);
    if (phase_of(word) == BROKEN || parties == 0) {
        return MP_EBROKEN;
    }
    if (phase_of(word) == ACTING) {
        return MP_EAGAIN;
    }
    if (place >= parties) {
        atomic_store(&meeting->word, word_of(*round, 0, BROKEN));
        return MP_EBROKEN;
    }
    MP_KILL_POINT("meeting.arriving");
    atomic_store(&meeting->members[place],
                 mp__guard_holder(&meeting->guard)); /* M1 */
    MP_KILL_POINT("meeting.named");
    atomic_store(&meeting->word,
                 word_of(*round, place + 1,
                         place + 1 == parties ? ACTING : FILLING)); /* M2 */
    MP_KILL_POINT("meeting.arrived");
    return (int)place;
}

/* A round that we are not part of is acting: 0 when that is over, and its
 * death is noticed as its members notice it. */
static int wait_for_action(mp__meeting *meeting, uint64_t round,
                           int64_t deadline, mp__meeting_budget *budget)
{
    uint64_t word = atomic_load(&meeting->word);
    mp__ident self = 0;
    unsigned parties = parties_of(meeting);

    (void)mp__domain_self(&self);
    if (parties == 0) {
        return MP_EBROKEN;
    }
    if (atomic_load(&meeting->members[parties - 1]) == self &&
        phase_of(word) == ACTING && round_of(word) == round) {
        return MP_EDEADLK; /* from inside the action */
    }
    while (round_of(word) == round && phase_of(word) == ACTING) {
        if (mp__deadline_passed(deadline)) {
            return MP_ETIMEDOUT;
        }
        if (next_is_dead(meeting, word, parties - 2u)) {
            if (break_round(meeting, round, budget) < 0) {
                return MP_EBROKEN; /* the guard says we have it: nonsense */
            }
        } else {
            MP_KILL_POINT("meeting.waiting_outside");
            mp__park_wait(mp__park_low_half(&meeting->word), (uint32_t)word,
                          mp__deadline_slice(deadline, SLICE_MOST));
        }
        word = atomic_load(&meeting->word);
    }
    return 0;
}

int mp__meeting_arrive(mp__meeting *meeting, uint64_t *round, int64_t deadline,
                       mp__meeting_budget *budget)
{
    int error;
    int place;

    for (;;) {
        place = lock(meeting, budget);
        if (place < 0) {
            return place;
        }
        place = join_round(meeting, round);
        unlock(meeting);
        if (place != MP_EAGAIN) {
            return place;
        }
        error = wait_for_action(meeting, *round, deadline, budget);
        if (error < 0) {
            return error;
        }
    }
}

int mp__meeting_end(mp__meeting *meeting, uint64_t round, bool well,
                    mp__meeting_budget *budget)
{
    uint64_t word;
    int error = lock(meeting, budget);

    if (error < 0) {
        return error;
    }
    word = atomic_load(&meeting->word);
    if (round_of(word) != round || phase_of(word) != ACTING) {
        error = MP_EBROKEN; /* aborted, reset or timed out meanwhile */
    } else if (well) {
        move_on(meeting, round, true); /* M3 */
    } else {
        atomic_store(&meeting->word, word_of(round, 0, BROKEN)); /* M4 */
        MP_KILL_POINT("meeting.ended_badly");
        error = MP_EBROKEN;
    }
    unlock(meeting);
    wake_all(meeting);
    return error;
}

/* M6: 0, MP_EBROKEN, or MP_EAGAIN: not over. A round so long ago that its bit
 * was used again counts as broken: nobody passed it with us in these 64. */
static int look(const mp__meeting *meeting, uint64_t word, uint64_t round)
{
    uint64_t failed;

    if (round_of(word) == round) {
        return phase_of(word) == BROKEN ? MP_EBROKEN : MP_EAGAIN;
    }
    failed = atomic_load(&meeting->failed); /* M6: after the word */
    if (round_of(atomic_load(&meeting->word)) - round >= ROUNDS_KNOWN) {
        return MP_EBROKEN;
    }
    return (failed >> (round % ROUNDS_KNOWN) & 1) != 0 ? MP_EBROKEN : 0;
}

static int spin_for_end(mp__meeting *meeting, uint64_t round,
                        mp__meeting_budget *budget)
{
    mp__spin spin;
    int end;

    mp__spin_begin(&spin, &budget->wait);
    do {
        end = look(meeting, atomic_load(&meeting->word), round);
    } while (end == MP_EAGAIN && mp__spin_once(&spin));
    mp__spin_end(&spin, end != MP_EAGAIN);
    return end;
}

int mp__meeting_wait(mp__meeting *meeting, uint64_t round, unsigned place,
                     int64_t deadline, mp__meeting_budget *budget)
{
    int64_t slice = SLICE_FIRST;
    uint64_t word;
    int end = deadline == MP__AT_ONCE ? MP_EAGAIN
                                      : spin_for_end(meeting, round, budget);

    while (end == MP_EAGAIN) {
        word = atomic_load(&meeting->word);
        end = look(meeting, word, round);
        if (end != MP_EAGAIN) {
            break;
        }
        if (mp__deadline_passed(deadline) ||
            next_is_dead(meeting, word, place)) {
            end = break_round(meeting, round, budget) < 0 ? MP_EBROKEN : end;
            continue;
        }
        MP_KILL_POINT("meeting.parking");
        mp__park_wait(mp__park_low_half(&meeting->word), (uint32_t)word,
                      mp__deadline_slice(deadline, slice));
        MP_KILL_POINT("meeting.unparked");
        slice = slice < SLICE_MOST ? slice * 2 : SLICE_MOST;
    }
    return end;
}

int mp__meeting_break(mp__meeting *meeting, mp__meeting_budget *budget)
{
    int error = lock(meeting, budget);

    if (error == 0) {
        atomic_store(
            &meeting->word,
            word_of(round_of(atomic_load(&meeting->word)), 0, BROKEN)); /* M4 */
        MP_KILL_POINT("meeting.aborted");
        unlock(meeting);
        wake_all(meeting);
    }
    return error;
}

int mp__meeting_reset(mp__meeting *meeting, mp__meeting_budget *budget)
{
    int error = lock(meeting, budget);
    uint64_t word;

    if (error == 0) {
        word = atomic_load(&meeting->word);
        MP_KILL_POINT("meeting.resetting");
        if (arrived_of(word) > 0 || phase_of(word) != FILLING) {
            move_on(meeting, round_of(word), false); /* M5 */
        }
        unlock(meeting);
        wake_all(meeting);
    }
    return error;
}

unsigned mp__meeting_waiting(const mp__meeting *meeting)
{
    return arrived_of(atomic_load(&meeting->word));
}

bool mp__meeting_is_broken(const mp__meeting *meeting)
{
    return phase_of(atomic_load(&meeting->word)) == BROKEN;
}
