/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * queue.pml -- messages in bytes, one commit word per direction
 *              (src/shared/ring.c, ring_put.c, ring_get.c, ring_words.c)
 *
 * PRODUCERS put PUTS messages each, CONSUMERS get until nothing can come any
 * more; with SHUT another process shuts the ring at some moment. Any KILLS of
 * them may be killed between any two steps; names of steps are those of
 * ring.c. The ring's memory has cells: a record is a header and one cell, so
 * that half a record can be seen, and a WRAP stands where the tail turned
 * back or spilled. Large messages are records here; blocks.pml has what is
 * behind them.
 *
 * The guards are taken in one step here, from a free or a dead holder:
 * guard.pml shows that this is what they do.
 *
 * Checked: the message with number n, once HEAD has passed it, was copied out
 * whole, and is the one that TAIL committed with that number: none is lost,
 * doubled, torn or overtaken, whoever is killed. After a consumer was told
 * that the ring is shut and empty none goes in. And nobody waits for ever:
 * slices are there only after a death and only when the look at their end
 * finds something.
 */
#ifndef PRODUCERS
#define PRODUCERS 1
#endif
#ifndef CONSUMERS
#define CONSUMERS 1
#endif
#ifndef PUTS
#define PUTS 2
#endif
#ifndef KILLS
#define KILLS 0
#endif
#ifdef SHUT
#define SHUTTERS 1
#else
#define SHUTTERS 0
#endif
#ifndef MAX_ITEMS
#define MAX_ITEMS 4
#endif

#define PROCS     (PRODUCERS + CONSUMERS + SHUTTERS)
#define MESSAGES  (PRODUCERS * PUTS)
#ifndef ROOM
#define ROOM 6 /* cells, less one WRAP; 8 and more: a lap can spill */
#endif
#define WARM 2
#ifndef MAX_BYTES
#define MAX_BYTES 4
#endif
#define NEED 2 /* cells of any record */

#define KIND_BYTES 1
#define KIND_WRAP  2

#define B(p) (1 << (p))

/* TAIL and HEAD: each is one 64-bit word, touched in one step only. */
byte tail_items, tail_at;
bit tail_shut, tail_sleepers;
byte head_items, head_at;
bit head_shut, head_sleepers;

byte producers, consumers; /* the guards: ident of the holder, or 0 */
byte lap_end, spill, spill_at;
byte known_head_items, known_head_at;
byte known_tail_items;
bit known_tail_shut;
byte mem[ROOM + 1];
bit touched;

byte on_tail, on_head; /* who sleeps there: a bit for each */
bit dead[PROCS];
bit done[PROCS];
byte kills;

/* ghost */
byte fifo[MESSAGES + 1]; /* what was committed, by number */
bit told_shut;
byte writers = PRODUCERS; /* that may still put something */
byte readers = CONSUMERS;

#define TAIL_MOVED (tail_items != t_items || tail_shut != t_shut)
#define HEAD_MOVED (head_items != h_items || head_shut != h_shut)
/* What a sleeper waits for will never come: that is not a hang of ours. */
#if SHUTTERS
#define NO_SHUT (dead[PROCS - 1] && !tail_shut)
#else
#define NO_SHUT true
#endif
#define OVER_FOR_CONSUMERS \
    (NO_SHUT && writers == 0 && head_items == tail_items)
#define OVER_FOR_PRODUCERS (NO_SHUT && readers == 0 && !HEAD_MOVED)
#ifdef EARLY
#define SLICE true
#else
#define SLICE (kills > 0)
#endif

inline lock(guard) {
    atomic {
        guard == 0 || dead[guard - 1];
        guard = me + 1
    }
}

inline unlock(guard) {
    guard = 0
}

/* The kernel wakes one of a set of sleepers, whichever. */
inline wake_one(set, woken) {
    atomic {
        if
        :: set & 1 -> set = set & ~1; woken = 1
        :: set & 2 -> set = set & ~2; woken = 1
        :: set & 4 -> set = set & ~4; woken = 1
        :: set & 8 -> set = set & ~8; woken = 1
        :: set == 0 -> woken = 0
        fi
    }
}

/* P6, C6 */
inline wake_sleepers(flag, set) {
    if
    :: flagged ->
       wake_one(set, flagged);
       if
       :: !flagged ->
#ifdef BAD_WAKE_THEN_CLEAR
          set = 0;
          flag = 0
#else
          flag = 0;
#ifndef BAD_NO_WAKE_ALL
          set = 0
#endif
#endif
       :: else -> flagged = 0
       fi
    :: else
    fi
}

/* The ring is empty and `producers` is ours. */
inline give_back() {
    d_step {
#if ROOM > 6
        mem[7] = 0; mem[8] = 0; mem[ROOM] = 0;
#endif
        mem[2] = 0; mem[3] = 0; mem[4] = 0; mem[5] = 0; mem[6] = 0
    };
    touched = 0
}

#ifdef BAD_SPILL_FORGOTTEN
#define SPILLED false
#else
#define SPILLED \
    (spill > h_items && spill <= t_items && t_at >= h_at)
#endif
#ifdef BAD_SPILL_ON_THE_MARK
#define SPILL_TO lap_end
#else
#define SPILL_TO (lap_end + 1)
#endif
#define QUEUED \
    (t_at < h_at -> lap_end - h_at + t_at : \
     (SPILLED -> t_at - SPILL_TO + spill_at - h_at + \
                 (h_at > spill_at -> lap_end : 0) : t_at - h_at))

/* P2 with HEAD at h_items, h_at: `place`, or NOWHERE. */
#define NOWHERE 99
inline find_room() {
    d_step {
        place = NOWHERE;
        if
        :: t_items - h_items >= MAX_ITEMS
        :: t_items > h_items && QUEUED + NEED > MAX_BYTES
        :: else ->
           if
           :: t_at < h_at ->
              if
              :: NEED < h_at - t_at -> place = t_at
              :: else ->
                 if
                 :: SPILL_TO + NEED <= ROOM -> place = SPILL_TO
                 :: else
                 fi
              fi
           :: else ->
              if
              :: NEED < h_at && !SPILLED &&
                 (t_at >= WARM || NEED > ROOM - t_at) ->
                 place = 0
              :: else ->
                 if
                 :: NEED <= ROOM - t_at -> place = t_at
                 :: else
                 fi
              fi
           fi
        fi
    }
}

proctype producer(byte me)
{
    byte id, n, place;
    byte t_items, t_at, h_items, h_at;
    bit h_shut, flagged, won;

    {
        do
        :: n < PUTS ->
           n++;
           id = me * PUTS + n;
again:
           lock(producers);                                       /* P1 */
           d_step { t_items = tail_items; t_at = tail_at; won = !tail_shut };
           if
           :: !won -> goto refused
           :: else
           fi;
           d_step { h_items = known_head_items; h_at = known_head_at };
           place = NOWHERE;
           if
           :: !touched -> find_room()                             /* P2 */
           :: else
           fi;
           if
           :: place == NOWHERE ->
              d_step {
                  h_items = head_items; h_at = head_at; h_shut = head_shut
              };
#ifdef TORN_CACHE
              known_head_items = h_items;
              known_head_at = h_at;
#else
              d_step { known_head_items = h_items; known_head_at = h_at };
#endif
              if
              :: h_items == t_items ->
                 if
                 :: touched -> give_back()
                 :: else
                 fi;
                 find_room()
              :: else -> find_room()
              fi;
              d_step {
                  if
                  :: !SPILLED -> spill = 0
                  :: else
                  fi
              }
           :: else
           fi;
           if
           :: place == NOWHERE -> goto no_room
           :: else
           fi;
#ifdef BAD_COMMIT_FIRST
           d_step {
               fifo[tail_items] = id;
               tail_items = tail_items + 1;
               tail_at = place + NEED;
               flagged = tail_sleepers
           };
#endif
           if
           :: place == 0 && t_at != 0 ->
              spill = 0;
              lap_end = t_at;
              mem[t_at] = KIND_WRAP
           :: place > t_at ->
              spill_at = t_at;
              spill = t_items + 1;
              mem[t_at] = KIND_WRAP + 4 * place
           :: place == t_at && spill == t_items + 1 -> spill = 0
           :: else
           fi;
           if
           :: place + NEED > 2 * WARM -> touched = 1
           :: else
           fi;
           mem[place] = KIND_BYTES;                               /* P3 */
           mem[place + 1] = id;
#ifdef BAD_FLAG_APART
           flagged = tail_sleepers;
#endif
#ifndef BAD_COMMIT_FIRST
           d_step {                                               /* P4 */
               assert(tail_items == t_items && tail_at == t_at);
#ifdef BAD_SHUT_IS_LOOKED_AT_ONCE
               won = 1;
#else
               won = !tail_shut;
#endif
               if
               :: won ->
                  assert(!told_shut);
                  fifo[tail_items] = id;
                  tail_items = tail_items + 1;
                  tail_at = place + NEED;
#ifndef BAD_FLAG_APART
                  flagged = tail_sleepers
#endif
               :: else
               fi
           };
#endif
           if
           :: won
           :: else -> goto refused
           fi;
           unlock(producers);                                     /* P5 */
           wake_sleepers(tail_sleepers, on_tail);                 /* P6 */
           goto next;
no_room:
           unlock(producers);
#ifndef BAD_SHUT_IS_NO_NEWS
           if
           :: h_shut -> goto again    /* it was shut after we read TAIL */
           :: else
           fi;
#endif
#ifdef BAD_NO_RECHECK
           head_sleepers = 1;
           on_head = on_head | B(me);
           won = 1;
#else
           d_step {
               won = !HEAD_MOVED;
               if
               :: won -> head_sleepers = 1
               :: else
               fi
           };
           if
           :: won ->
              d_step { /* the kernel compares the low half: not the count */
                  won = (head_at == h_at && head_shut == h_shut &&
                         head_sleepers);
                  if
                  :: won -> on_head = on_head | B(me)
                  :: else
                  fi
              }
           :: else
           fi;
#endif
           if
           :: won ->
              if
              :: !(on_head & B(me))
              :: SLICE && (HEAD_MOVED || tail_shut) ->
                 on_head = on_head & ~B(me)
              :: OVER_FOR_PRODUCERS -> goto leave
              fi
           :: else
           fi;
           goto again;
refused:
           unlock(producers);
           goto leave;
next:
           skip;
           d_step {
               id = 0; t_items = 0; t_at = 0; h_items = 0; h_at = 0;
               h_shut = 0; won = 0; place = 0; flagged = 0
           }
        :: else -> break
        od;
leave:
        skip
    } unless { dead[me] };
    d_step {
        if
        :: !dead[me] -> writers = writers - 1
        :: else
        fi;
        id = 0; n = 0; place = 0; t_items = 0; t_at = 0; h_items = 0;
        h_at = 0; h_shut = 0; won = 0; flagged = 0; done[me] = 1
    }
}

proctype consumer(byte me)
{
    byte id, kind, place;
    byte t_items, h_items, h_at, t_at;
    bit t_shut, flagged, won;

    {
        skip;
again:
        lock(consumers);                                          /* C1 */
        d_step { h_items = head_items; h_at = head_at };
        d_step { t_items = known_tail_items; t_shut = known_tail_shut };
        if
        :: t_items == h_items ->                                  /* C2 */
           d_step {
               t_items = tail_items; t_at = tail_at; t_shut = tail_shut
           };
           d_step { known_tail_items = t_items; known_tail_shut = t_shut }
        :: else
        fi;
        if
        :: t_items == h_items -> goto nothing
        :: else
        fi;
        place = h_at;
        kind = mem[place];
        if
        :: kind % 4 == KIND_WRAP -> place = kind / 4; kind = mem[place]
        :: else
        fi;
#ifdef BAD_TAKE_THEN_COPY
        d_step {
            won = (head_items == h_items);
            head_items = h_items + 1; head_at = place + NEED
        };
#endif
        id = mem[place + 1];                                      /* C3 */
        d_step {                                                  /* C4 */
#ifndef BAD_TAKE_THEN_COPY
            assert(head_items == h_items && head_at == h_at);
            head_items = h_items + 1;
            head_at = place + NEED;
#endif
            flagged = head_sleepers;
            assert(id > 0 && id == fifo[h_items]);
            assert(kind == KIND_BYTES)
        };
        unlock(consumers);                                        /* C5 */
        wake_sleepers(head_sleepers, on_head);                    /* C6 */
        /* tidy() */
        if
        :: touched && head_items == tail_items ->
#ifdef BAD_TIDY_UNGUARDED
           give_back()
#else
           atomic {
               won = (producers == 0 || dead[producers - 1]);
               if
               :: won -> producers = me + 1
               :: else
               fi
           };
           if
           :: won ->
              if
              :: head_items == tail_items -> give_back()
              :: else
              fi;
              unlock(producers)
           :: else
           fi
#endif
        :: else
        fi;
        d_step {
            id = 0; kind = 0; place = 0; t_items = 0;
            h_items = 0; h_at = 0; t_at = 0; t_shut = 0; flagged = 0; won = 0
        };
        goto again;
nothing:
        if
        :: t_shut -> told_shut = 1; unlock(consumers); goto leave
        :: else
        fi;
        unlock(consumers);
#ifdef BAD_NO_RECHECK
        tail_sleepers = 1;
        on_tail = on_tail | B(me);
        won = 1;
#else
        d_step {
            won = !TAIL_MOVED;
            if
            :: won -> tail_sleepers = 1
            :: else
            fi
        };
        if
        :: won ->
           d_step {
               won = (tail_at == t_at && tail_shut == t_shut &&
                      tail_sleepers);
               if
               :: won -> on_tail = on_tail | B(me)
               :: else
               fi
           }
        :: else
        fi;
#endif
        if
        :: won ->
           if
           :: !(on_tail & B(me))
           :: SLICE && TAIL_MOVED -> on_tail = on_tail & ~B(me)
           :: OVER_FOR_CONSUMERS -> goto leave
           fi
        :: else
        fi;
        goto again;
leave:
        skip
    } unless { dead[me] };
    d_step {
        if
        :: !dead[me] -> readers = readers - 1
        :: else
        fi;
        id = 0; kind = 0; place = 0; t_items = 0;
        h_items = 0; h_at = 0; t_at = 0; t_shut = 0; flagged = 0; won = 0;
        done[me] = 1
    }
}

#if SHUTTERS
proctype shutter(byte me)
{
    {
        tail_shut = 1;
#ifndef BAD_SHUT_TAIL_ALONE
        head_shut = 1;
#endif
        on_tail = 0;
        on_head = 0
    } unless { dead[me] };
    done[me] = 1
}
#endif

inline may_kill(p) {
    d_step {
        p < PROCS && kills < KILLS && !done[p] && !dead[p] ->
        kills++;
        dead[p] = 1;
        on_tail = on_tail & ~B(p);
        on_head = on_head & ~B(p);
        if
        :: p < PRODUCERS -> writers = writers - 1
        :: p >= PRODUCERS && p < PRODUCERS + CONSUMERS ->
           readers = readers - 1
        :: else
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

init
{
    atomic {
        run producer(0);
#if PRODUCERS > 1
        run producer(1);
#endif
#if CONSUMERS > 0
        run consumer(PRODUCERS);
#endif
#if CONSUMERS > 1
        run consumer(PRODUCERS + 1);
#endif
#if SHUTTERS
        run shutter(PROCS - 1)
#endif
    }
}
