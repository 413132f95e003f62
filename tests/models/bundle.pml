/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * bundle.pml -- who has which item of a bundle (src/shared/bundle.c; commit and
 *               settle of task_table_run.c, pool/worker/{run_chunk,group*}.c,
 *               pool/supervisor/deaths.c)
 *
 * One task of ITEMS items that the owner has put together by itself. A worker
 * runs them in open runs of any length and is killed anywhere, up to KILLS
 * times; its supervisor decides what the run has brought, ends the item in
 * hand and has a replacement go on. The owner takes the rest back up to TAKES
 * times, whenever it likes, and takes what R2 says for the end of an item. Records, rings and cancels are those of pool.pml:
 * a commit and its publication are one step here.
 *
 * Checked: an item that was taken back has not been begun and never is, no item
 * is begun twice, each has exactly one end, and the task's word says ENDED when
 * all that was left in it has ended, and not before.
 */
#ifndef ITEMS
#define ITEMS 4
#endif
#ifndef KILLS
#define KILLS 1
#endif
#ifndef TAKES
#define TAKES 2
#endif

#define RUNNING 1
#define HELD    2
#define ENDED   3

byte st = RUNNING, it;    /* the task's word: one atomic */
byte at, stop = ITEMS;    /* the bundle's word: one atomic */
byte done;                /* R2 */
byte told;                /* items whose end the owner has read there */
bit made[ITEMS], begun[ITEMS], taken[ITEMS];
byte ends[ITEMS];         /* how often an item has been ended */
byte kills, takes;
bit killed, alive = 1, dead;

inline begin(i_) {
    assert(!begun[i_] && !taken[i_]);
    begun[i_] = 1
}

/* Items it..to-1 end. */
inline decide(to_, good_) {
    k = it;
    do
    :: k < to_ ->
       assert(ends[k] == 0 && !taken[k]);
       assert((good_ && made[k]) || (!good_ && k >= told));
       ends[k] = 1;
       k++
    :: else -> break
    od;
    it = to_;
    k = 0
}

/* P1: item `next_` is in hand, if it is there. */
#ifdef BAD_REACH_APART
#define REACH(next_) \
    if \
    :: at >= next_ -> got = 1 \
    :: else -> \
       got = (next_ < stop); \
       if \
       :: got -> at = next_ \
       :: else \
       fi \
    fi
#else
#define REACH(next_) \
    d_step { \
        got = (at >= next_ || next_ < stop); \
        if \
        :: got && at < next_ -> at = next_ \
        :: else \
        fi \
    }
#endif

proctype worker(bit first)
{
    byte a, k;
    bit got;

    {
        if
        :: first -> begin(0)
        :: else -> /* W0 */
           d_step { st = RUNNING; begin(it) }
        fi;
        do
        :: a = it;
           do
           :: made[a] = 1;
              done = a + 1;                                       /* R2 */
              a++;
              if
              :: true -> break       /* the run is long enough */
              :: a < ITEMS ->
                 REACH(a);                                        /* P1 */
                 if
                 :: got -> begin(a)
                 :: else -> break
                 fi
              fi
           od;
           got = 0;
           REACH(a);                                              /* P1 */
           d_step {                                               /* W8 */
               decide(a, 1);
               if
               :: got -> skip
               :: else -> st = ENDED
               fi
           };
           if
           :: got -> begin(a)
           :: else -> break
           fi
        od;
        skip
    } unless { killed };
    d_step {
        alive = 0; dead = killed; killed = 0;
        a = 0; k = 0; got = 0
    }
}

proctype supervisor()
{
    byte k, next, all;
    bit got;

end:do
    :: dead ->
       dead = 0;
       all = ITEMS;
       if
       :: st == RUNNING ->
#ifdef BAD_RUN_FORGOTTEN
          next = it;
#else
          next = done;
#endif
          if
          :: next > it ->                                         /* S4 */
#ifdef BAD_NO_REACH
             got = (next < stop);
#else
             REACH(next);
#endif
             d_step {
                 decide(next, 1);
                 if
                 :: got
                 :: else -> st = ENDED
                 fi
             }
          :: else
          fi;
          if
          :: st == RUNNING ->                                     /* S5 */
             next = it + 1;
#ifdef BAD_NO_REACH
             got = (next < stop);
#else
#ifdef BAD_COUNT_OF_OLD
             got = (next < all);
#else
             REACH(next);
#endif
#endif
             d_step {
                 decide(next, 0);
                 if
                 :: got -> st = HELD
                 :: else -> st = ENDED
                 fi
             }
          :: else
          fi
       :: else
       fi;
       d_step { next = 0; got = 0 };
       if
       :: st == HELD -> atomic { alive = 1; run worker(0) }       /* S7 */
       :: else
       fi
    od
}

proctype owner()
{
    byte k, i;
    bit got;

    do
    :: takes < TAKES && st != ENDED ->
       takes++;
       d_step {                                                   /* P2 */
           if
           :: at + 1 < stop ->
              i = at + 1;
              do
              :: i < stop ->
                 assert(!taken[i] && !begun[i] && ends[i] == 0);
                 taken[i] = 1;
                 i++
              :: else -> break
              od;
              stop = at + 1
           :: else
           fi;
           i = 0
       }
    :: d_step { st != ENDED && done > told -> told = done };
       assert(made[told - 1])
    :: st == ENDED -> break
    od;
    i = 0;
    d_step {
        do
        :: i < ITEMS ->
           assert(ends[i] + taken[i] == 1);
           i++
        :: else -> break
        od;
        i = 0
    }
}

active proctype chaos()
{
end:do
    :: d_step { kills < KILLS && st != ENDED && alive && !killed ->
                kills++; killed = 1 }
    od
}

init {
    atomic {
        run worker(1);
        run supervisor();
        run owner()
    }
}
