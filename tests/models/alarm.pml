/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * alarm.pml -- wake a watcher that sleeps until a time, for what is due sooner
 *              (src/shared/alarm.c, src/pool/supervisor/supervisor.c,
 *              src/pool/worker/worker.c)
 *
 * Times are small numbers. Starter 0 starts one clock, starter 1 STARTS, one
 * after the other, each due at a time of its choice; an item may end and take
 * its clock with it. Starter 0 may be stopped for ever or killed at any step.
 * The watcher sleeps until the time it has chosen, or a byte; that time may
 * come at any moment.
 *
 * Checked: no sleep goes on beyond the time of a clock that runs and whose
 * starter has told of it (L4 is behind it). The end of a slice counts as late.
 * A starter whose clock has run out is killed, and may go on for some steps
 * until that comes.
 */
#ifndef STARTS
#define STARTS 2
#endif
#define LATEST 3 /* the end of the slice */
#define NONE   9

byte clock[2];  /* due; NONE: it does not run */
bit told[2];    /* ghost: its starter has come past L4 */
byte until;     /* 0: the watcher is awake */
bit byte_in_pipe, stopped;
bit dying[2], killed[2]; /* SIGKILL is on its way; it has come */
byte finished;

proctype starter(byte me)
{
    byte due, u, n;

    {
        do
        :: n < (me == 0 -> 1 : STARTS) ->
           n++;
           if
           :: due = 1
           :: due = 2
           fi;
#ifdef BAD_TELL_FIRST
           u = until;
#endif
           d_step { clock[me] = due; told[me] = 0 };
#ifndef BAD_TELL_FIRST
           u = until;                                             /* L4 */
#endif
           if
           :: due < u ->
#ifdef BAD_LOWER_FIRST
              d_step {
                  if
                  :: until == u -> until = due
                  :: else
                  fi
              };
              byte_in_pipe = 1
#else
              byte_in_pipe = 1;
              d_step {
                  if
                  :: until == u -> until = due
                  :: else
                  fi
              }
#endif
           :: else
           fi;
           told[me] = 1;
           d_step { due = 0; u = 0 };
           /* the item ends, at some time; its clock goes with it */
           if
           :: d_step { clock[me] = NONE; told[me] = 0 }
           :: clock[me] == NONE
           fi
        :: else -> break
        od
    } unless { killed[me] || (stopped && me == 0) };
    finished++
}

/* A death is told by SIGCHLD: one that is on its way is as good as a byte. */
#define MISSED(me) \
    (told[me] && clock[me] < near && !dying[0] && !dying[1])

inline look_at(me) {
    d_step {
        if
        :: clock[me] < near -> near = clock[me]
        :: else
        fi
    }
}

inline due_now(me) {
    if
    :: clock[me] <= near -> clock[me] = NONE; told[me] = 0; dying[me] = 1
    :: else
    fi
}

active proctype watcher()
{
    byte near = LATEST;

    do
    :: look_at(0);
       look_at(1);
#ifdef BAD_SET_AFTER_LOOKS
       look_at(0);
       look_at(1);
#endif
       until = near;                                              /* L1 */
#ifdef BAD_SLEEP_TILL_SECOND
       near = LATEST; /* what the first look saw may have ended since */
#endif
#ifndef BAD_SET_AFTER_LOOKS
       look_at(0);                                                /* L2 */
       look_at(1);
#endif
       if                                                         /* L3 */
       :: byte_in_pipe -> byte_in_pipe = 0
       :: d_step { /* its time has come: what is due ends by force */
              !byte_in_pipe ->
              assert(!MISSED(0) && !MISSED(1));
              due_now(0);
              due_now(1)
          }
       :: finished == 2 && !byte_in_pipe && clock[0] == NONE &&
          clock[1] == NONE -> break
       fi;
       near = LATEST
    od
}

active proctype enemy()
{
end:
    do
    :: !stopped -> stopped = 1
    :: d_step { dying[0] -> dying[0] = 0; killed[0] = 1; byte_in_pipe = 1 }
    :: d_step { dying[1] -> dying[1] = 0; killed[1] = 1; byte_in_pipe = 1 }
    od
}

init
{
    atomic {
        clock[0] = NONE;
        clock[1] = NONE;
        run starter(0);
        run starter(1)
    }
}
