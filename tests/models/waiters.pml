/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * waiters.pml -- who waits to be notified (src/shared/waiters.c, with the lock
 *                let go and taken again by src/objects/condition.c)
 *
 * WAITERS processes wait once each, with a deadline or without; NOTIFIERS
 * notify COUNT each. Any KILLS of them may be killed between any two steps.
 * The user's lock is taken in one step, from a free or a dead holder.
 *
 * Checked: a notice that was given to a waiter is taken by exactly one, or by
 * nobody only when nobody is left who waits; a notify that counts k has found
 * k that waited and lived. Nobody sleeps on while there is a notice for it;
 * slices are there only after a death, and only when the look finds something.
 */
#ifndef WAITERS
#define WAITERS 2
#endif
#ifndef NOTIFIERS
#define NOTIFIERS 1
#endif
#ifndef COUNT
#define COUNT 1
#endif
#ifndef KILLS
#define KILLS 0
#endif
#define PROCS (WAITERS + NOTIFIERS)

#define FREE     0
#define WAITING  1
#define NOTIFIED 2
#define NONE     WAITERS
#define B(p)     (1 << (p))

/* A place's word: ident and state, touched in one step only. */
byte who[WAITERS];
byte state[WAITERS];
byte ticket[WAITERS];
byte tickets;

byte lock; /* the user's */
byte parked;
bit dead[PROCS];
bit done[PROCS];
byte kills;
byte given, taken, active_notifiers = NOTIFIERS; /* ghost */

#define IS_DEAD(i) (state[i] != FREE && dead[who[i]])
#define LEFT(i)    (state[i] == NOTIFIED && dead[who[i]])
#if WAITERS > 2
#define HERITAGE   (LEFT(0) || LEFT(1) || LEFT(2))
#define NOTICES    ((state[0] == NOTIFIED) + (state[1] == NOTIFIED) + \
                    (state[2] == NOTIFIED))
#else
#define HERITAGE   (LEFT(0) || LEFT(1))
#define NOTICES    ((state[0] == NOTIFIED) + (state[1] == NOTIFIED))
#endif

/* No notice is lost and none is doubled, at any moment. */
inline audit() {
    assert(given == taken + NOTICES)
}

inline set_free(i_) {
    state[i_] = FREE;
    who[i_] = 0;
    ticket[i_] = 0
}

inline acquire() {
    atomic {
        lock == 0 || dead[lock - 1];
        lock = me + 1
    }
}

inline find_heritage() {
    d_step {
        heir = 0;
        do
        :: heir < WAITERS && !LEFT(heir) -> heir++
        :: else -> break
        od
    }
}

proctype waiter(byte me)
{
    byte place, heir;
    bit timed, late;

    {
        if
        :: timed = 0
        :: timed = 1
        fi;
        acquire();
#ifdef BAD_ENTER_UNLOCKED
        lock = 0;
#endif
        d_step { /* under the lock nobody else looks for a place */
            do
            :: state[place] != FREE -> place++
            :: else -> break
            od;
            assert(place < WAITERS)
        };
        d_step { ticket[place] = tickets; tickets++ };
        d_step { who[place] = me; state[place] = WAITING };          /* V1 */
again:
        skip;
#ifndef BAD_ENTER_UNLOCKED
        lock = 0;
#endif
        d_step {
#ifndef BAD_PARK_BLIND
            if
            :: state[place] == WAITING -> parked = parked | B(me)
            :: else
            fi
#else
            parked = parked | B(me)
#endif
        };
        if
        :: !(parked & B(me))                                      /* V2 */
        :: kills > 0 && (state[place] == NOTIFIED
#ifndef BAD_NO_HERITAGE
           || HERITAGE
#endif
           ) -> parked = parked & ~B(me)
        :: timed -> parked = parked & ~B(me); late = 1
        :: active_notifiers == 0 && NOTICES == 0 -> goto leave
        fi;
#ifndef BAD_TAKE_UNLOCKED
        acquire();
#endif
        if
        :: state[place] == NOTIFIED ->
           d_step { set_free(place); taken++; audit() };            /* V4 */
           goto over
        :: else
        fi;
#ifndef BAD_NO_HERITAGE
        find_heritage();
        if
        :: heir < WAITERS ->                                         /* V5 */
#ifdef BAD_HERITAGE_LAST
           d_step { set_free(heir); audit() };
           set_free(place);
           taken++;
#else
           who[heir] = me;
           d_step { set_free(place); audit() };
           d_step { set_free(heir); taken++; audit() };
#endif
           goto over
        :: else
        fi;
#endif
        if
        :: late -> d_step { set_free(place); audit() }; goto over
        :: else
        fi;
        goto again;
over:
        lock = 0;
leave:
        skip
    } unless { dead[me] };
    d_step { place = 0; heir = 0; timed = 0; late = 0; done[me] = 1 }
}

proctype notifier(byte me)
{
    byte i, oldest, n;

    {
        acquire();
        do
        :: n < COUNT ->
           i = 0;
           oldest = NONE;
           do
           :: i < WAITERS ->
              d_step {
                  if
                  :: state[i] == WAITING && IS_DEAD(i) -> set_free(i)
                  :: state[i] == WAITING && !IS_DEAD(i) &&
                     (oldest == NONE || ticket[i] < ticket[oldest]) ->
                     oldest = i
                  :: else
                  fi;
                  i++
              }
           :: else -> break
           od;
           if
           :: oldest == NONE -> break
           :: else
           fi;
           d_step {
               assert(state[oldest] == WAITING);
               state[oldest] = NOTIFIED;                             /* V3 */
               given++;
               audit()
           };
#ifndef BAD_NO_WAKE
           d_step { parked = parked & ~B(who[oldest]) };
#endif
           n++
        :: else -> break
        od;
        lock = 0
    } unless { dead[me] };
    d_step {
        if
        :: !dead[me] -> active_notifiers = active_notifiers - 1
        :: else
        fi;
        i = 0; oldest = 0; n = 0; done[me] = 1
    }
}

inline may_kill(p) {
    d_step {
        p < PROCS && kills < KILLS && !done[p] && !dead[p] ->
        kills++;
        dead[p] = 1;
        parked = parked & ~B(p);
        if
        :: p >= WAITERS -> active_notifiers = active_notifiers - 1
        :: else
        fi
    }
}

active proctype death()
{
    do
    :: may_kill(0)
    :: may_kill(1)
    :: may_kill(2)
#if PROCS > 3
    :: may_kill(3)
#endif
    :: break
    od
}

init
{
    atomic {
        run waiter(0);
        run waiter(1);
#if WAITERS > 2
        run waiter(2);
#endif
        run notifier(WAITERS);
#if NOTIFIERS > 1
        run notifier(WAITERS + 1)
#endif
    }
}
