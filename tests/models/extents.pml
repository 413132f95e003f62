/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * extents.pml -- which bytes of a worker's part of the file are free
 *                (src/shared/extents.c, src/pool/batch/long_results.c)
 *
 * A part of CELLS extents of one size, a ring of records that never wraps.
 * The worker gives RESULTS results and takes any free cell for each; it may be
 * killed at any step, up to KILLS times, and its supervisor then rolls forward
 * and puts the record of a death in the ring, if the item was not committed.
 * The owner reads records, decodes what they tell of or keeps it, releases now
 * or later, and lets go of what it has kept at some time.
 *
 * Checked: what the owner decodes or looks at again is what that record tells
 * of, whole. Nobody waits for ever for a free cell.
 */
#ifndef CELLS
#define CELLS 3 /* or 4 */
#endif
#ifndef RESULTS
#define RESULTS 4
#endif
#ifndef KILLS
#define KILLS 0
#endif
#define PLACES (RESULTS + KILLS + 1) /* records in the ring, at most */
#define NONE   9                     /* a record without a result */
#define HALF   99                    /* of a result is written */

byte content[CELLS];  /* the number of the record that tells of it */
bit pins[CELLS];
byte rec[PLACES];     /* its cell */
byte head, tail;
byte end;             /* of what was ever used, in cells */
byte committed;       /* records that the word has decided */
byte given;           /* results, of all workers */
byte kills;
bit killed, dead, done;

/* Is cell `c` free, as the worker `knows`? */
#define TAKEN(c) \
    (c < floor || seen[c] || \
     (using[c] != 0 && using[c] > h))

proctype worker(byte blind)
{
    byte using[CELLS]; /* 1 + the record that was sent of it */
    bit seen[CELLS];
    byte h, c, i, floor;

    {
        do
        :: given == RESULTS -> break
        :: given < RESULTS ->
#ifdef BAD_PINS_FIRST
           i = 0;
           do
           :: i < CELLS -> d_step { seen[i] = pins[i]; i++ }
           :: else -> break
           od;
#endif
           h = head;                                              /* E1 */
#ifndef BAD_PINS_FIRST
           i = 0;
           do
           :: i < CELLS ->
#ifdef BAD_NO_PINS
              i++
#else
              d_step { seen[i] = pins[i]; i++ }                   /* E1 */
#endif
           :: else -> break
           od;
#endif
           i = 0;
#ifdef BAD_NO_FLOOR
           floor = 0;
#else
           floor = (h < blind -> end : 0);
#endif
           if
           :: !TAKEN(0) -> c = 0
           :: !TAKEN(1) -> c = 1
           :: !TAKEN(2) -> c = 2
           :: !TAKEN(CELLS - 1) -> c = CELLS - 1
           :: else -> c = NONE
           fi;
           if
           :: c == NONE -> /* wait for the owner to do something */
              (head != h || pins[0] != seen[0] || pins[1] != seen[1] ||
               pins[2] != seen[2] || pins[CELLS - 1] != seen[CELLS - 1]);
              d_step { h = 0; floor = 0; c = 0 }
           :: else ->
#ifndef BAD_END_LATE
              end = (c + 1 > end -> c + 1 : end);                 /* E2 */
#endif
              content[c] = HALF;                                  /* E3 */
              content[c] = tail + 1;                              /* E3 */
              rec[tail] = c;                                      /* W7 */
              d_step { committed = tail + 1; given++ };           /* W8 */
              tail = tail + 1;                                    /* W9 */
#ifdef BAD_END_LATE
              end = (c + 1 > end -> c + 1 : end);
#endif
              d_step { using[c] = tail; h = 0; floor = 0; c = 0 }
           fi
        od;
        done = 1
    } unless { killed };
    if
    :: killed -> dead = 1
    :: else
    fi
}

active proctype supervisor()
{
    byte t;

    run worker(0);
    do
    :: dead ->
       t = tail;
       if
       :: committed > tail -> tail = tail + 1                     /* S4 */
       :: else ->
          rec[tail] = NONE; /* W7 for a death */
          committed = tail + 1;
          tail = tail + 1
       fi;
       d_step { dead = 0; killed = 0 };
#ifdef BAD_BORN_FIRST
       run worker(t);
#else
       run worker(tail);
#endif
       t = 0
    :: done && !killed && !dead -> break
    od
}

active proctype enemy()
{
    do
    :: d_step { kills < KILLS && !killed && !dead && !done ->
                killed = 1; kills++ }
    :: done -> break
    od
}

inline look(cell, number) {
    assert(content[cell] == number)
}

active proctype owner()
{
    byte at, c, i;
    byte kept[CELLS]; /* 1 + the record; 0: it is not kept */
    byte kept_late = NONE;

    do
    :: at < tail ->
       c = rec[at];
       if
       :: c == NONE -> skip
       :: c != NONE -> look(c, at + 1); look(c, at + 1) /* decoded */
       :: c != NONE && kept[c] == 0 ->
#ifdef BAD_PIN_LATE
          kept_late = c;
#else
          pins[c] = 1;                                            /* E4 */
#endif
          kept[c] = at + 1
       fi;
       at++;
       c = 0;
       if
       :: head = at                                               /* E5 */
       :: at < tail /* together with the next */
       fi;
#ifdef BAD_PIN_LATE
       if
       :: kept_late != NONE -> pins[kept_late] = 1; kept_late = NONE
       :: else
       fi
#endif
    :: i < CELLS && kept[i] != 0 ->
       look(i, kept[i]);
       kept[i] = 0;
       pins[i] = 0                                                /* E6 */
    :: i = (i + 1) % CELLS
    :: done && at == tail && head == at && kept[0] == 0 &&
       kept[1] == 0 && kept[2] == 0 && kept[CELLS - 1] == 0 -> break
    od
}
