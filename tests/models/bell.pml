/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * bell.pml -- wake an owner that sleeps in poll() on one pipe
 *             (src/shared/bell.c, src/pool/owner/step.c)
 *
 * Two workers publish K results each, not urgent ones (MIXED: as it comes), and
 * then find no more work. Each sleep of the owner's is patient or not, as it
 * comes. BUSY: their work goes on for ever, and the owner is not patient. Worker 0 may be stopped for ever, or killed, at any step. Worker 1
 * never is: all that it publishes must reach the owner without help from a
 * slice, or the search ends in a dead end. What worker 0 published before it
 * was killed the supervisor rings for (step S6, in pool.pml).
 */
#ifndef K
#define K 2
#endif
#ifdef BUSY
#define LAST K
#else
#define LAST (K + 1)
#endif
#define LAP 128 /* tickets are compared modulo this */
#define ASLEEP 1
#define PATIENT 2
#define NEXT(t) (((t) / 4 * 4 + 4) % LAP) /* awake */

byte published[2], taken[2];
byte ticket; /* number | PATIENT | ASLEEP */
bit bell, stopped;

proctype worker(byte me)
{
    byte n, a;
    bit urgent, untold;

    {
        do
        :: n < LAST ->
           atomic {
               n++;
               if
               :: n > K && !untold -> break
               :: n > K && untold -> urgent = 1 /* no more work */
               :: n <= K -> urgent = 0
#ifdef MIXED
               :: n <= K -> urgent = 1
#endif
               fi
           };
#ifdef BAD_QUIET_END
           urgent = (n > K -> 0 : urgent);
#endif
#ifdef BAD_RING_FIRST
           a = ticket;
#endif
           if
           :: n <= K -> published[me] = n
           :: else
           fi;
#ifndef BAD_RING_FIRST
           a = ticket;                                            /* W10 */
#endif
           if
           :: (a & PATIENT) && !urgent -> untold = 1
           :: (a & ASLEEP) && (urgent || !(a & PATIENT)) ->
              untold = 0;
#ifdef BAD_CLEAR_FIRST
              d_step {
                  if
                  :: ticket == a -> ticket = NEXT(a)
                  :: else -> a = 0
                  fi
              };
              if
              :: a & ASLEEP -> bell = 1
              :: else
              fi
#else
              bell = 1;
#ifdef BAD_PLAIN_CLEAR
              ticket = NEXT(a)
#else
              d_step {
                  if
                  :: ticket == a -> ticket = NEXT(a)
                  :: else
                  fi
              }
#endif
#endif
           :: else -> untold = 0
           fi;
           a = 0;
           urgent = 0
        :: else -> break
        od
    } unless { stopped && me == 0 }
}

inline look() {
    w = 0;
    do
    :: w < 2 ->
       d_step {
           if
           :: taken[w] < published[w] -> taken[w] = published[w]; got = 1
           :: else
           fi;
           w++
       }
    :: else -> break
    od;
    w = 0
}

active proctype owner()
{
    byte w;
    bit got;

    do
    :: taken[1] == K -> break
    :: else ->
       got = 0;
       atomic {                                                   /* O7 */
           if
           :: ticket = NEXT(ticket) | ASLEEP
#ifndef BUSY
           :: ticket = NEXT(ticket) | ASLEEP | PATIENT
#endif
           fi
       };
#ifndef BAD_NO_SECOND_LOOK
       look();                                                    /* O8 */
#endif
       if
       :: got
       :: !got -> bell                                            /* O9 */
       fi;
       bell = 0;                                                  /* O10 */
       ticket = NEXT(ticket);
       look()
    od
}

active proctype enemy()
{
    if
    :: stopped = 1
    :: skip
    fi
}

init
{
    atomic { run worker(0); run worker(1) }
}
