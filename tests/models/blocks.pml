/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * blocks.pml -- large messages of a ring, each in a block of its own
 *               (src/shared/ring_blocks.c, ring_reserve.c, ring_borrow.c,
 *               ring_get.c)
 *
 * WRITERS write PUTS messages each, of which those whose bit is set in PLAIN
 * are put as records; any other may be given up once before it is written.
 * READERS take until nothing can come any more: READER 0 borrows, another
 * copies under the guard, as get does. Any KILLS of them may be killed between
 * any two steps, which have the names of ring_blocks.c. A block has two cells,
 * so that half a message can be seen. The ring is what queue.pml shows: records
 * by number, one step each to commit and to take; MOST of them, claims counted.
 *
 * Checked: a message is read whole by who took it, whatever happens to the
 * block meanwhile; no more than MOST are in the queue; no block has the number
 * of a message that is another's; nobody waits for ever; and in the end, when
 * all have left or died, one who comes finds every block free and no claim.
 */
#ifndef WRITERS
#define WRITERS 2
#endif
#ifndef READERS
#define READERS 1
#endif
#ifndef PUTS
#define PUTS 2
#endif
#ifndef KILLS
#define KILLS 0
#endif
#ifndef PLAIN
#define PLAIN 0
#endif
#ifndef MOST
#define MOST 2
#endif

#define BLOCKS   2
#define PROCS    (WRITERS + READERS)
#define MESSAGES (WRITERS * PUTS)
#define NONE     99
#define NUMBER   16 /* of a maker; below: an ident */

byte producers, consumers;   /* guards: ident of the holder, or 0 */
byte head, tail;             /* numbers: what was taken, what was put */
byte record[MESSAGES + 1];   /* the block of each, or NONE */
bit held;
byte owner[WRITERS], claimed[WRITERS]; /* claims: an ident or 0; the block */
byte maker[BLOCKS], taker[BLOCKS];
byte cell0[BLOCKS], cell1[BLOCKS];
bit dead[PROCS], done[PROCS];
byte kills;

/* ghost */
byte fifo[MESSAGES + 1];
byte plain[MESSAGES + 1];
byte writers = WRITERS, readers = READERS;

#define IS_DEAD(ident) (dead[(ident) - 1])
#define IS_PLAIN(id)   ((PLAIN >> ((id) - 1)) & 1)
#define QUEUED(m, h)   ((m) - NUMBER >= (h) && (m) - NUMBER < tail)

inline lock(guard) {
    atomic {
        guard == 0 || IS_DEAD(guard);
        guard = me + 1
    }
}

/* R12, with the guard: `claims` but our own, and what is free again. */
inline look(b, h, any) {
    d_step {
        claims = 0; any = 0;
        b = 0;
        do
        :: b < WRITERS ->
           if
           :: b != me && owner[b] != 0 -> claims++
           :: else
           fi;
           b++
        :: b == WRITERS -> break
        od;
        b = 0;
        do
        :: b < BLOCKS ->
           if
           :: maker[b] >= NUMBER && QUEUED(maker[b], h) -> any = 1
#ifndef BAD_NUMBERS_STAY
           :: maker[b] >= NUMBER && !QUEUED(maker[b], h) -> maker[b] = 0
#endif
           :: else
           fi;
           b++
        :: b == BLOCKS -> break
        od;
        b = 0
    }
}

/* R11, one claim of the dead: two steps. */
inline sweep(b) {
    b = 0;
    do
    :: b < WRITERS && owner[b] != 0 && IS_DEAD(owner[b]) ->
       if
       :: claimed[b] != NONE ->
          d_step {
#ifdef BAD_SWEEP_BLIND
              maker[claimed[b]] = 0
#else
              if
              :: maker[claimed[b]] == owner[b] -> maker[claimed[b]] = 0
              :: else
              fi
#endif
          }
       :: else
       fi;
       owner[b] = 0;
       swept = 1;
       b++
    :: b < WRITERS && !(owner[b] != 0 && IS_DEAD(owner[b])) -> b++
    :: b == WRITERS -> break
    od;
    b = 0
}

#define FREE(b) ((maker[b] == 0 || (maker[b] < NUMBER && IS_DEAD(maker[b]))) && \
                 (taker[b] == 0 || IS_DEAD(taker[b])))

/* There is room now for one more, as who looks at the end of a slice sees. */
#ifdef BAD_NO_SWEEP
#define LIVE(w) (owner[w] != 0)
#else
#define LIVE(w) (owner[w] != 0 && !IS_DEAD(owner[w]))
#endif
#if WRITERS > 1
#define ROOM_AGAIN (tail - head + LIVE(0) + LIVE(1) < MOST)
#else
#define ROOM_AGAIN (tail - head + LIVE(0) < MOST)
#endif
#define NOBODY_READS (readers == 0)

proctype writer(byte me)
{
    byte n, id, b, h, claims, block;
    bit any, swept, gave_up;

    {
        do
        :: n < PUTS ->
           n++;
           id = me * PUTS + n;
           gave_up = 0;
again:
           lock(producers);                                       /* R1, P1 */
           h = head;
           claims = 0;
           any = 0;
           swept = 0;
           if
           :: held || !IS_PLAIN(id) ->
              look(b, h, any);
              if
              :: IS_PLAIN(id) && claims == 0 && !any && owner[me] == 0 ->
                 held = 0                                         /* R12 */
              :: else
              fi
           :: else
           fi;
           if
           :: tail - h + claims >= MOST ->                        /* R2 */
#ifndef BAD_NO_SWEEP
              sweep(b);
#endif
              producers = 0;
              if
              :: swept
              :: !swept && (ROOM_AGAIN)
              :: !swept && NOBODY_READS -> goto leave
              fi;
              goto again
           :: else
           fi;
           if
           :: IS_PLAIN(id) ->
              record[tail] = NONE;
              plain[tail] = id;
              d_step {                                            /* P4 */
                  assert(maker[0] != NUMBER + tail &&
                         maker[1] != NUMBER + tail);
                  fifo[tail] = id;
                  tail++;
                  assert(tail - head <= MOST)
              };
              producers = 0;
              goto next
           :: else
           fi;
           d_step {
               block = NONE;
               if
               :: FREE(0) -> block = 0
               :: else ->
                  if
                  :: FREE(1) -> block = 1
                  :: else
                  fi
               fi
           };
#ifndef BAD_NOT_HELD
           held = 1;
#endif
           claimed[me] = block;
           owner[me] = me + 1;                                    /* R3 */
           if
           :: block != NONE ->
              taker[block] = 0;
              maker[block] = me + 1                               /* R4 */
           :: else
           fi;
           producers = 0;                                         /* R5 */
           if
           :: !gave_up ->                                         /* R10 */
              if
              :: block != NONE -> maker[block] = 0
              :: else
              fi;
              owner[me] = 0;
              gave_up = 1;
              goto again
           :: true
           fi;
           if
           :: block != NONE -> cell0[block] = id; cell1[block] = id
           :: else
           fi;
           lock(producers);                                       /* R7 */
#ifndef BAD_NUMBER_LATE
           if
           :: block != NONE -> maker[block] = NUMBER + tail       /* R8 */
           :: else
           fi;
#endif
           record[tail] = block;
           plain[tail] = id;
           d_step {                                               /* P4 */
               fifo[tail] = id;
               tail++;
               assert(tail - head <= MOST)
           };
#ifdef BAD_NUMBER_LATE
           if
           :: block != NONE -> maker[block] = NUMBER + tail - 1
           :: else
           fi;
#endif
           owner[me] = 0;                                         /* R9 */
           producers = 0;
next:
           skip;
           d_step { id = 0; b = 0; h = 0; claims = 0; block = 0; any = 0;
                    swept = 0; gave_up = 0 }
        :: else -> break
        od;
leave:
        skip
    } unless { dead[me] };
    d_step {
        if
        :: !dead[me] -> writers--
        :: else
        fi;
        n = 0; id = 0; b = 0; h = 0; claims = 0; block = 0; any = 0;
        swept = 0; gave_up = 0; done[me] = 1
    }
}

proctype reader(byte me)
{
    byte h, block, first;

    {
        skip;
again:
        lock(consumers);                                          /* C1 */
        h = head;
        if
        :: h == tail ->                                           /* C2 */
           consumers = 0;
           if
           :: h != tail || head != h -> goto again
           :: h == tail && writers == 0 -> goto leave
           fi
        :: else
        fi;
        block = record[h];
        if
        :: block == NONE ->
           first = plain[h];
           d_step { assert(first == fifo[h]); head++ };           /* C4 */
           consumers = 0
        :: block != NONE && me > WRITERS ->
           assert(maker[block] == NUMBER + h);
           first = cell0[block];                                  /* C3 */
           d_step {                                               /* C4 */
               assert(first == fifo[h] && cell1[block] == fifo[h]);
               head++
           };
           consumers = 0
        :: else ->
           assert(maker[block] == NUMBER + h);
#ifndef BAD_TAKER_LATE
           taker[block] = me + 1;                                 /* B1 */
#endif
           head++;                                                /* C4 */
#ifdef BAD_TAKER_LATE
           taker[block] = me + 1;
#endif
           consumers = 0;                                         /* C5 */
           first = cell0[block];
           d_step {
               assert(first == fifo[h] && cell1[block] == fifo[h])
           };
           d_step {                                               /* B2 */
               if
               :: taker[block] == me + 1 -> taker[block] = 0
               :: else
               fi
           }
        fi;
        d_step { block = 0; first = 0; h = 0 };
        goto again;
leave:
        skip
    } unless { dead[me] };
    d_step {
        if
        :: !dead[me] -> readers--
        :: else
        fi;
        h = 0; block = 0; first = 0; done[me] = 1
    }
}

inline may_kill(p) {
    d_step {
        p < PROCS && kills < KILLS && !done[p] && !dead[p] ->
        kills++;
        dead[p] = 1;
        if
        :: p < WRITERS -> writers--
        :: else -> readers--
        fi
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

/* Who comes when all is over, and drains what nobody took. */
active proctype heir()
{
    byte b, claims, me = NONE;
    bit any, swept;

    (done[0] && done[1]
#if PROCS > 2
     && done[2]
#endif
#if PROCS > 3
     && done[3]
#endif
    );
    d_step { head = tail };
    look(b, head, any);
    sweep(b);
    d_step {
        assert(!any);
        assert(FREE(0) && FREE(1));
        assert(owner[0] == 0);
#if WRITERS > 1
        assert(owner[1] == 0)
#endif
    }
}

init
{
    atomic {
        run writer(0);
#if WRITERS > 1
        run writer(1);
#endif
        run reader(WRITERS);
#if READERS > 1
        run reader(WRITERS + 1)
#endif
    }
}
