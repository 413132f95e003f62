/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * sparing.pml -- short tasks are announced, and a sleeper is left asleep while
 *                another worker is awake (src/shared/task_table.c,
 *                task_table_run.c)
 *
 * The owner queues N tasks and looks at nothing again: without its second look
 * (mp__task_table_wake_spared()), and however many it spares, all must be
 * claimed, or the search ends in a dead end. A worker may be killed at any
 * step as long as one is left; its supervisor buries it, and nobody replaces
 * it. Whoever spares does so as it comes.
 */
#ifndef N
#define N 3
#endif
#define WORKERS 2
#ifndef KILLS
#define KILLS 1
#endif

byte otail, ohead; /* queued, claimed */
bit sleepers, closed;
bit awake[WORKERS], asleep[WORKERS], dead[WORKERS];

inline wake_all() {
    d_step { sleepers = 0; asleep[0] = 0; asleep[1] = 0 }
}

proctype worker(byte me)
{
    byte seen;
    bit parks;

    {
        awake[me] = 1;
        do
        :: seen = otail;                                          /* W2 */
           if
           :: d_step { ohead < seen -> ohead++ }
           :: else ->
              if
              :: closed -> break
              :: else
              fi;
#ifndef BAD_TOLD_LATE
              awake[me] = 0;
#endif
              d_step {
                  parks = (otail == seen && !closed);
                  sleepers = (parks -> 1 : sleepers)
              };
              if
              :: d_step { parks && otail == seen && sleepers && !closed ->
                          asleep[me] = 1 }
#ifdef BAD_TOLD_LATE
                 awake[me] = 0;
#endif
                 !asleep[me]
              :: else
              fi;
              parks = 0;
              awake[me] = 1
           fi
        od
    } unless { dead[me] }
}

active proctype owner()
{
    byte i, n;
    bit marked, somebody;

    do
    :: n < N ->
       d_step { n++; otail++; marked = sleepers };                /* O4 */
       somebody = 0;
       i = 0;
       do
       :: marked && i < WORKERS -> somebody = somebody | awake[i]; i++
       :: else -> break
       od;
       if
       :: marked && somebody /* spared */
       :: marked ->                                               /* O5 */
          if
          :: d_step { asleep[0] -> asleep[0] = 0 }
          :: d_step { asleep[1] -> asleep[1] = 0 }
          :: else -> sleepers = 0; wake_all()
          fi
       :: else
       fi
    :: else -> break
    od;
    ohead == N;
    closed = 1;
    wake_all()
}

active proctype supervisor()
{
    byte i, w, kills;

    do
    :: kills < KILLS && ohead < N ->
       if
       :: w = 0
       :: w = 1
       fi;
       dead[w] = 1;
       asleep[w] = 0;
       kills++;
#ifndef BAD_NOT_BURIED
#ifndef BAD_BURIED_LATE
       awake[w] = 0;
#endif
#endif
       wake_all();                                                /* S6 */
#ifdef BAD_BURIED_LATE
       awake[w] = 0
#endif
    :: break
    od
}

init
{
    atomic { run worker(0); run worker(1) }
}
