/*
 * bell.pml -- wake an owner that sleeps in poll() on one pipe
 *             (src/shared/bell.c, src/pool/await.c)
 *
 * Two workers publish K results each. Worker 0 may be stopped for ever, or
 * killed, at any step. Worker 1 never is: all that it publishes must reach
 * the owner without help from a slice, or the search ends in a dead end. What
 * worker 0 published before it was killed the supervisor rings for (step S6,
 * in pool.pml).
 */
#ifndef K
#define K 2
#endif
#define LAP 64 /* tickets are compared modulo this */

byte published[2], taken[2];
byte ticket; /* odd: the owner sleeps, or is about to */
bit bell, stopped;

proctype worker(byte me)
{
    byte n, a;

    {
        do
        :: n < K ->
           n++;
#ifdef BAD_RING_FIRST
           a = ticket;
           published[me] = n;
#else
           published[me] = n;
           a = ticket;                                            /* W10 */
#endif
           if
           :: a & 1 ->
#ifdef BAD_CLEAR_FIRST
              d_step {
                  if
                  :: ticket == a -> ticket = (a + 1) % LAP
                  :: else -> a = 0
                  fi
              };
              if
              :: a & 1 -> bell = 1
              :: else
              fi
#else
              bell = 1;
#ifdef BAD_PLAIN_CLEAR
              ticket = (a + 1) % LAP
#else
              d_step {
                  if
                  :: ticket == a -> ticket = (a + 1) % LAP
                  :: else
                  fi
              }
#endif
#endif
           :: else
           fi;
           a = 0
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
       ticket = ((ticket | 1) + 2) % LAP;                         /* O7 */
#ifndef BAD_NO_SECOND_LOOK
       look();                                                    /* O8 */
#endif
       if
       :: got
       :: !got -> bell                                            /* O9 */
       fi;
       bell = 0;                                                  /* O10 */
       ticket = ((ticket | 1) + 1) % LAP;
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
