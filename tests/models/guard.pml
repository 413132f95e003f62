/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * guard.pml -- the lock that outlives its holder (src/shared/guard.c)
 *
 * PROCS processes take the guard TURNS times each; any KILLS of them may be
 * killed between any two steps. Each step that is one atomic operation or one
 * call of the kernel in C is one step here; their names are those of guard.c.
 * A call has a deadline or has none; one that has may pass at any moment in
 * which it sleeps.
 *
 * Checked: two living processes never hold the guard; and nobody sleeps for
 * ever. Slices are there only after a death, and only when the look at their
 * end would find something, so every hang is a dead end of the search, and a
 * run without deaths shows that no slice is needed.
 */
#ifndef PROCS
#define PROCS 3
#endif
#ifndef TURNS
#define TURNS 1
#endif
#ifndef KILLS
#define KILLS 0
#endif

#define W         128 /* somebody may be asleep */
#define B(p)      (1 << (p))
#define IDENT(p)  ((p) + 1)
#define HOLDER(v) ((v) & 127)
#define IS_DEAD(v) (HOLDER(v) != 0 && dead[HOLDER(v) - 1])

byte word;
byte parked; /* who sleeps on it: a bit for each */
bit dead[PROCS];
bit done[PROCS];
byte kills;
byte inside; /* ghost: the living that hold the guard */

#ifdef EARLY /* sleeps may end for no reason; then no hang can be seen */
#define SLICE true
#elif defined(BAD_NO_ORACLE)
#define SLICE (kills > 0 && word != (seen | W))
#else
#define SLICE (kills > 0 && (word != (seen | W) || IS_DEAD(word)))
#endif

inline enter() {
    assert(inside == 0);
    inside = B(me)
}

inline take(old, new) {
    d_step {
        won = (word == (old));
        if
        :: won -> word = (new); enter()
        :: else
        fi
    }
}

proctype process(byte me)
{
    byte seen, turn;
    bit won, timed;

    {
        do
        :: turn < TURNS ->
           turn++;
           if
           :: timed = 0
           :: timed = 1
           fi;
           take(0, IDENT(me));                                     /* G1 */
           if
           :: won -> goto holding
           :: else
           fi;
again:
           seen = word;
           if
           :: seen == 0 ->
#ifdef BAD_NO_W_AFTER_SLEEP
              take(0, IDENT(me));
#else
              take(0, IDENT(me) | W);                              /* G1 */
#endif
              if
              :: won -> goto holding
              :: else -> goto again
              fi
#ifndef BAD_NO_ORACLE
           :: IS_DEAD(seen) ->
#ifdef BAD_PLAIN_TAKE_OVER
              d_step { word = IDENT(me) | W; enter(); won = 1 };
#else
              take(seen, IDENT(me) | W);                           /* G2 */
#endif
              if
              :: won -> goto holding
              :: else -> goto again
              fi
#endif
           :: else
           fi;
           if
           :: seen & W
           :: else ->
              d_step {
                  won = (word == seen);
                  if
                  :: won -> word = seen | W                        /* G3 */
                  :: else
                  fi
              };
              if
              :: won
              :: else -> goto again
              fi
           fi;
#ifdef BAD_PARK_BLIND
           parked = parked | B(me);
#else
           d_step {
               won = (word == (seen | W));
               if
               :: won -> parked = parked | B(me)
               :: else
               fi
           };
#endif
           if
           :: won ->
              if
              :: !(parked & B(me))
              :: SLICE -> parked = parked & ~B(me)
              :: timed -> parked = parked & ~B(me); goto late
              fi
           :: else
           fi;
           if
           :: goto again
           :: timed -> goto late
           fi;
late:
           seen = word;
           if
           :: seen == 0 ->
              take(0, IDENT(me) | W);
              if
              :: won -> goto holding
              :: else -> goto late
              fi
           :: seen & W
#ifndef BAD_LATE_WITHOUT_W
           :: else ->                                              /* G5 */
              d_step {
                  won = (word == seen);
                  if
                  :: won -> word = seen | W
                  :: else
                  fi
              };
              if
              :: won
              :: else -> goto late
              fi
#else
           :: else
#endif
           fi;
           goto next;
holding:
           skip;
#ifdef BAD_WAKE_FIRST
           seen = word;
#endif
           d_step {
#ifndef BAD_WAKE_FIRST
               seen = word;
#endif
               word = 0;                                           /* G4 */
               inside = inside & ~B(me)
           };
           if
           :: seen & W ->
              atomic {
                  if
                  :: parked & 1 -> parked = parked & ~1
                  :: parked & 2 -> parked = parked & ~2
                  :: parked & 4 -> parked = parked & ~4
                  :: parked & 8 -> parked = parked & ~8
                  :: parked == 0
                  fi
              }
           :: else
           fi;
next:
           skip
        :: else -> break
        od;
        skip
    } unless { dead[me] };
    d_step { seen = 0; turn = 0; won = 0; timed = 0; done[me] = 1 }
}

inline may_kill(p) {
    d_step {
        p < PROCS && kills < KILLS && !done[p] && !dead[p];
        kills++;
        dead[p] = 1;
        parked = parked & ~B(p);
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
