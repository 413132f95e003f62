/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * permits.pml -- so many at a time; what the dead held comes back
 *                (src/shared/permits.c)
 *
 * PROCS processes take and give back a permit, TURNS times each; there are
 * PERMITS. With BOUNDED there is a maximum, and a table of who holds what,
 * under the guard, which is taken in one step here from a free or a dead
 * holder; without it permits of the dead are gone. Any KILLS of the processes
 * may be killed between any two steps, named as in permits.c.
 *
 * Checked: the living never hold more than there are; none vanishes while its
 * holder lives; of every permit that a dead process left, whoever gets it is
 * told, at least once. Nobody waits for ever while there is one, or a dead
 * process has one: slices only after a death, and only where they find that.
 */
#ifndef PROCS
#define PROCS 3
#endif
#ifndef TURNS
#define TURNS 1
#endif
#ifndef PERMITS
#define PERMITS 1
#endif
#ifndef KILLS
#define KILLS 0
#endif

#define B(p) (1 << (p))

byte value; /* with the next: ONE word */
bit waiters;
byte guard;
byte held[4];
byte orphans;
byte parked;
bit dead[4], done[PROCS];
byte kills;

/* ghost */
byte inside;  /* the living that hold one */
byte lost;    /* unbounded: with their holders */
byte owed;    /* left by the dead, and nobody told yet */

#define COUNT(m) \
    (((m) & 1) + (((m) >> 1) & 1) + (((m) >> 2) & 1) + (((m) >> 3) & 1))
#define OF_DEAD(p) (dead[p] -> held[p] : 0)
#define LEFT       (OF_DEAD(0) + OF_DEAD(1) + OF_DEAD(2) + OF_DEAD(3))

#ifdef BOUNDED
/* The guard of a dead holder means: count again. */
#define FINDS (value != 0 || LEFT != 0 || (guard != 0 && dead[guard - 1]))
#ifdef BAD_NO_SWEEP
#undef FINDS
#define FINDS (value != 0)
#endif
#define OVER false
#else
#define FINDS (value != 0)
#define OVER  (value == 0 && inside == 0 && lost == PERMITS)
#endif

inline recount() {
    d_step { value = PERMITS - (held[0] + held[1] + held[2] + held[3]) }
}

inline lock() { /* A1, R1 */
    atomic {
        guard == 0 || dead[guard - 1];
        died = (guard != 0);
        guard = me + 1
    };
#ifdef BAD_NO_RECOUNT
    died = 0;
#endif
    if
    :: died -> recount(); died = 0
    :: else
    fi;
    assert(value == PERMITS - (held[0] + held[1] + held[2] + held[3]))
}

inline wake() { /* N3 */
    if
    :: flagged ->
       atomic {
           if
           :: parked & 1 -> parked = parked & ~1
           :: parked & 2 -> parked = parked & ~2
           :: parked & 4 -> parked = parked & ~4
           :: parked & 8 -> parked = parked & ~8
           :: parked == 0 -> flagged = 0
           fi
       };
       if
       :: !flagged ->
          waiters = 0;
#ifndef BAD_NO_WAKE_ALL
          parked = 0
#endif
       :: else -> flagged = 0
       fi
    :: else
    fi
}

proctype process(byte me)
{
    byte turn, i;
    bit died, flagged, won;

    {
        do
        :: turn < TURNS ->
           turn++;
again:
           skip;
#ifdef BOUNDED
           lock();
           if
           :: value == 0 ->                                       /* A2 */
#ifndef BAD_NO_SWEEP
              i = 0;
              do
              :: i < 4 ->
                 if
                 :: dead[i] && held[i] > 0 ->
#ifdef BAD_ENTRY_FIRST
                    won = held[i];
                    held[i] = 0;
                    orphans = orphans + won;
                    won = 0
#else
                    d_step {
                        orphans = (orphans + held[i] < PERMITS ->
                                   orphans + held[i] : PERMITS)
                    };
                    held[i] = 0
#endif
                 :: else
                 fi;
                 i++
              :: else -> break
              od;
              i = 0;
              recount()
#endif
           :: else
           fi;
           if
           :: value == 0 -> guard = 0; goto wait
           :: else
           fi;
           d_step {
               held[me] = held[me] + 1;                           /* A3 */
               assert(COUNT(inside) < PERMITS);
               inside = inside | B(me)
           };
           d_step { value = value - 1 };                          /* A4 */
#ifndef BAD_NOT_TOLD
           d_step {
               if
               :: orphans > 0 ->
                  orphans = orphans - 1;                          /* A5 */
                  owed = (owed > 0 -> owed - 1 : 0)
               :: else
               fi
           };
#else
           orphans = 0;
#endif
           d_step {
               guard = 0;
               assert(orphans + LEFT >= owed)
           };
           goto holding;
#else
           d_step {
               won = (value > 0);
               if
               :: won ->
                  value = value - 1;                              /* N1 */
                  inside = inside | B(me);
                  assert(value + COUNT(inside) + lost == PERMITS)
               :: else
               fi
           };
           if
           :: won -> goto holding
           :: else
           fi;
#endif
wait:
           if
           :: value != 0 -> goto again
           :: else
           fi;
           d_step {
               won = (value == 0);
               if
               :: won -> waiters = 1
               :: else
               fi
           };
           if
           :: won
           :: else -> goto again
           fi;
           d_step {
#ifdef BAD_PARK_BLIND
               won = 1;
#else
               won = (value == 0 && waiters);
#endif
               if
               :: won -> parked = parked | B(me)
               :: else
               fi
           };
           if
           :: won ->
              if
              :: !(parked & B(me))
              :: kills > 0 && FINDS -> parked = parked & ~B(me)
              :: OVER -> goto leave
              fi
           :: else
           fi;
           goto again;
holding:
           skip;
#ifdef BOUNDED
           lock();
           d_step {
               held[me] = held[me] - 1;                           /* R2 */
               inside = inside & ~B(me)
           };
           d_step { value = value + 1; flagged = waiters };       /* R3 */
           guard = 0;
#else
           d_step {
               value = value + 1;                                 /* N2 */
               flagged = waiters;
               inside = inside & ~B(me);
               assert(value + COUNT(inside) + lost == PERMITS)
           };
#endif
#ifdef BAD_NO_WAKE
           flagged = 0;
#endif
           wake();
           won = 0
        :: else -> break
        od;
leave:
        skip
    } unless { dead[me] };
    d_step {
        turn = 0; i = 0; died = 0; flagged = 0; won = 0; done[me] = 1
    }
}

inline may_kill(p) {
    d_step {
        p < PROCS && kills < KILLS && !done[p] && !dead[p] ->
        kills++;
        dead[p] = 1;
        parked = parked & ~B(p);
        lost = lost + ((inside >> p) & 1);
        owed = owed + held[p];
        inside = inside & ~B(p)
    }
}

active proctype death()
{
    do
    :: may_kill(0)
    :: may_kill(1)
#if PROCS > 2
    :: may_kill(2)
#endif
#if PROCS > 3
    :: may_kill(3)
#endif
    :: break
    od
}

init
{
    atomic {
        value = PERMITS;
        run process(0);
        run process(1);
#if PROCS > 2
        run process(2);
#endif
#if PROCS > 3
        run process(3)
#endif
    }
}
