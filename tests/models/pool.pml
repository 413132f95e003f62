/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * pool.pml -- owner, supervisor and workers of a pool; kill -9 anywhere
 *             (src/shared/task_table*.c, outbox.c; src/pool/)
 *
 * One task word per table slot decides everything; its life is drawn at the
 * head of task_table.c, and steps have the names they have there and in
 * outbox.c, supervisor.c and deaths.c. A worker commits an item with one CAS
 * of the word, after it wrote the item's record into its own ring, and
 * publishes the record by moving the ring's tail. The supervisor takes the
 * word first, then kills, reaps, completes the dead worker's last publication,
 * appends the record of the lost item to the dead worker's ring (it is the
 * only writer now) and hands the rest of the chunk (HELD) to the replacement
 * in the same slot, unless the owner takes it back. The owner reads rings
 * only. When the supervisor is gone the owner freezes all words itself.
 *
 * Every guarded statement or d_step is one atomic operation of the machine;
 * `unless` lets a SIGKILL fall between any two of them. There is no time slice
 * anywhere in this model: each sleep ends by an event or never, so a lost
 * wake-up is an invalid end state. The bell is coarse here and finer in
 * bell.pml; so are limits, which may fire at any moment here, and alarm.pml.
 *
 * Switches, each "up to": see README.md. BAD_ ones break the protocol.
 */
#ifndef NT
#define NT 2 /* tasks submitted; task CHUNK has C0 items, the others one */
#endif
#ifndef C0
#define C0 2
#endif
#ifndef CHUNK
#define CHUNK 0
#endif
#ifndef NS
#define NS 2 /* slots in the table; fewer than NT: slots are used again */
#endif
#ifndef WORKERS
#define WORKERS 2 /* 1 or 2 */
#endif
#ifndef CRASHES
#define CRASHES 0 /* kill -9 of a worker by a stranger */
#endif
#ifndef LIMITS
#define LIMITS 0 /* times that the supervisor finds a limit exceeded */
#endif
#ifndef GIVEUPS
#define GIVEUPS 0 /* times that a worker itself does, with retries left */
#endif
#ifndef CANCELS
#define CANCELS 0 /* requests of the owner, to kill or to drop the rest */
#endif
#ifndef RETRIES
#define RETRIES 0 /* for each item */
#endif
#ifndef SUPDEATH
#define SUPDEATH 0 /* 1: the supervisor may be killed too */
#endif
#ifndef FORKFAIL
#define FORKFAIL 0 /* replacements not forked while another worker lives */
#endif
#ifndef RUNS
#define RUNS 0 /* 1: the items of a chunk share a record, an open run */
#endif
#ifndef RCAP
#define RCAP 2 /* records that a ring holds: 2 is the smallest legal size */
#endif

#define NW   2
#define MI   2 /* items per task, at most */
#define NR   6 /* records ever written to one ring, at most */
#define NONE 9

#define FREE     0
#define READY    1
#define RUNNING  2
#define LIMITED  3
#define CANCELED 4
#define HELD     5
#define ENDED    6
#define BROKEN   7

/* How an item ended. */
#define E_DONE   1
#define E_LIMIT  2
#define E_CANCEL 3
#define E_CRASH  4
#define E_BROKEN 5

/* ---- shared memory ---- */
byte st[NS], wk[NS], it[NS], gn[NS]; /* the task word: one 64-bit atomic */
byte task[NS];                       /* the body: owner, before READY */
byte asked[NS];                      /* generation; owner. With it, in one */
bit asked_kill[NS];                  /* word: kill, or drop the rest */
byte died_in[NS], deaths[NS];        /* `attempts`, one word; supervisor */
byte order[NT];
byte otail;                          /* position; with the next two ONE word */
bit sleepers, closed;
byte ohead;
byte cur[NW]; /* hand: slot that w claims or runs, set BEFORE the claim */
byte tail[NW], head[NW];
typedef record { byte slot, gen, item, last, how; bit open, sealed };
typedef ring { record r[NR] };
ring rg[NW];
bit armed; /* the owner sleeps, or is about to */
byte done_s[NW], done_g[NW], done_i[NW]; /* R2, one word for each worker */

/* ---- kernel ---- */
bit bell;    /* a byte is in the bell pipe */
bit request; /* a byte is on the link, owner to supervisor */
byte parked; /* workers asleep on otail */
bit alive[NW], zombie[NW], kill9[NW];
bit sup_kill, sup_crashed, sup_gone; /* sup_gone: end of file on the link */

/* ---- ghost: what really happened ---- */
byte fate[NT*MI]; /* how the item ended, set at the deciding step */
byte seen[NT*MI]; /* what the owner told its user */
byte ran[NT*MI];  /* times that the item was started */
byte doing[NW];   /* item that w is in, plus 1 */
bit made[NT*MI];  /* its result is where the record says */
byte crashes, limits, giveups, forkfails;
bit calm; /* the enemy has finished, so that a hang is a dead end */

#ifdef BAD_FORK_FIRST
#define EARLY_NOT !early
#else
#define EARLY_NOT true
#endif
#define NOBODY    (!alive[0] && !zombie[0] && !alive[1] && !zombie[1])
#define FREE_SLOT (!used[0] || !used[NS - 1])
#ifdef CLOSE_LATE /* close with all results in, else after the last submit */
#define CLOSING   (next == NT && !used[0] && !used[NS - 1])
#else
#define CLOSING   (next == NT)
#endif
#define B(w)      (1 << (w))
#define COUNT(t)  ((t) == CHUNK -> C0 : 1)
#define ID(t, i)  ((t)*MI + (i))
#define ROOM(w)   (RCAP - (tail[w] - head[w]))
#define DEATHS(s, i) (died_in[s] == (i) -> deaths[s] : 0)
#ifdef BAD_NO_GENERATION
#define SAME(s, g) true
#else
#define SAME(s, g) (gn[s] == (g))
#endif
#define WORD_IS(s, st_, w, i, g) \
    (st[s] == st_ && wk[s] == (w) && it[s] == (i) && SAME(s, g))

/* Items a..b of task t end in the way h: never twice. */
inline decide(t_, a_, b_, how_) {
    k = a_;
    do
    :: k < b_ ->
       assert(fate[ID(t_, k)] == 0);
       assert(how_ != E_DONE || made[ID(t_, k)]);
       fate[ID(t_, k)] = how_;
       k++
    :: else -> break
    od;
    k = 0
}

/* No item is started twice, unless it died before and may be tried again. */
inline run_item(i_) {
    assert(ran[ID(task[s], i_)] <= DEATHS(s, i_));
    ran[ID(task[s], i_)] = ran[ID(task[s], i_)] + 1
}

/* W7, also for the supervisor, in two halves, the position last. A forerunner
 * that died here may have sealed this very place, so the first half counts. */
#define AT(w) rg[w].r[tail[w]]

/* R2 says that items of the run that w began at item i are over. */
#define REACHED(w, s, g, i) \
    (done_s[w] == (s) && done_g[w] == (g) && done_i[w] > (i))

/* The record at t of w's ring is an open run with such items. */
#define OPEN_RUN(w, t) \
    (rg[w].r[t].sealed && rg[w].r[t].open && \
     gn[rg[w].r[t].slot] == rg[w].r[t].gen && wk[rg[w].r[t].slot] == w && \
     it[rg[w].r[t].slot] == rg[w].r[t].item && \
     REACHED(w, rg[w].r[t].slot, rg[w].r[t].gen, rg[w].r[t].item))

/* The record at t of w's ring was committed but not published. */
#define UNPUBLISHED(w, t) \
    (rg[w].r[t].sealed && gn[rg[w].r[t].slot] == rg[w].r[t].gen && \
     wk[rg[w].r[t].slot] == w && it[rg[w].r[t].slot] > rg[w].r[t].item)

proctype worker(byte me)
{
    byte s, h, g, i, a, how, k;
    bit won, last;

    {
        if
        :: d_step {
               cur[me] < NS && st[cur[me]] == HELD && wk[cur[me]] == me ->
               s = cur[me]; g = gn[s]; i = it[s]
           };
           (ROOM(me) >= 1);
           d_step {
               won = WORD_IS(s, HELD, me, i, g);
               if
               :: won ->
                  st[s] = RUNNING;                                /* W0 */
                  run_item(i);
                  doing[me] = ID(task[s], i) + 1
               :: else
               fi
           };
           if
           :: won -> won = 0; goto start
           :: else
           fi
        :: else
        fi;

claim:  atomic { ROOM(me) >= 1 -> h = ohead };                    /* W1 */
        if
        :: d_step { h == otail && closed -> won = 0 };
           goto leave
        :: d_step { h == otail && !closed -> sleepers = 1 };
           if
           :: d_step { h == otail && sleepers && !closed ->
                       parked = parked | B(me) };
              (!(parked & B(me)))
           :: else
           fi;
           goto claim
        :: d_step { h < otail -> s = order[h];                    /* W2 */
                    won = (st[s] == READY); g = gn[s] }
        :: else -> goto claim
        fi;
        if
        :: won ->
#ifndef BAD_INTENT_AFTER_CLAIM
           cur[me] = s;                                           /* W3 */
#endif
           d_step {
               won = (st[s] == READY && gn[s] == g);
               if
               :: won ->
                  st[s] = RUNNING; wk[s] = me; it[s] = 0; i = 0;
                  run_item(0);
                  doing[me] = ID(task[s], 0) + 1
               :: else
               fi
           };
#ifdef BAD_INTENT_AFTER_CLAIM
           if
           :: won -> cur[me] = s
           :: else
           fi
#endif
        :: else
        fi;
        d_step {
            if
            :: ohead == h -> ohead = h + 1                        /* W4 */
            :: else
            fi;
            h = 0;
            if
            :: !won -> s = 0; g = 0; last = 1
            :: else -> won = 0
            fi
        };
        if
        :: last -> last = 0; goto claim
        :: else
        fi;

start:
#if RUNS
        if
        :: COUNT(task[s]) > 1 && asked[s] != g ->
           d_step {
               ROOM(me) >= 2 ->                                   /* R1 */
               AT(me).sealed = 0;
               AT(me).slot = s; AT(me).gen = g; AT(me).item = i;
               AT(me).last = i; AT(me).how = E_DONE; AT(me).open = 1
           };
           AT(me).sealed = 1;
           how = E_DONE; a = i;
           do
           :: true ->
#ifdef BAD_NOTE_FIRST
              d_step { done_s[me] = s; done_g[me] = g; done_i[me] = a + 1 };
              made[ID(task[s], a)] = 1;
#else
              made[ID(task[s], a)] = 1;
              d_step { done_s[me] = s; done_g[me] = g; done_i[me] = a + 1 };
#endif
              a++;                                                /* R2 */
              if
              :: a < COUNT(task[s]) && asked[s] != g ->
                 d_step { run_item(a); doing[me] = ID(task[s], a) + 1 }
              :: break
              fi
           od;
#ifndef BAD_MEASURED_LATE
           AT(me).last = a;                                       /* R3 */
#endif
           goto commit
        :: else
        fi;
#endif
        atomic {
            if
            :: asked[s] == g -> how = E_CANCEL; a = COUNT(task[s]) /* W5 */
            :: else -> how = E_DONE; a = i + 1
            fi
        };
#if GIVEUPS > 0
        if
        :: d_step {
               how == E_DONE && DEATHS(s, i) < RETRIES && !calm &&
               giveups < GIVEUPS ->
               giveups++;
               if
               :: WORD_IS(s, RUNNING, me, i, g) -> st[s] = LIMITED /* W11 */
               :: else
               fi
           };
           goto leave
        :: true
        fi;
#endif
        d_step {
#ifdef BAD_NO_RESERVE
            ROOM(me) >= 1 ->
#else
            ROOM(me) >= 2 ->                                      /* W6 */
#endif
            AT(me).sealed = 0; AT(me).open = 0;
            AT(me).slot = s; AT(me).gen = g; AT(me).item = i;
            if
            :: how == E_DONE -> made[ID(task[s], i)] = 1
            :: else
            fi
        };
        d_step {
            AT(me).last = a; AT(me).how = how; AT(me).sealed = 1  /* W7 */
        };
#ifdef BAD_PUBLISH_FIRST
        tail[me] = tail[me] + 1;
#endif
#ifdef BAD_PROGRESS_APART
        /* progress stands beside the word: look at the word, then count */
        if
        :: st[s] == RUNNING && wk[s] == me && gn[s] == g
        :: else -> false
        fi;
#endif
#if RUNS
commit: skip;
#endif
        d_step {                                                  /* W8 */
#ifdef BAD_PROGRESS_APART
            won = 1;
#else
            won = WORD_IS(s, RUNNING, me, i, g);
#endif
            if
            :: won ->
               decide(task[s], i, a, how);
               it[s] = a;
               if
               :: a == COUNT(task[s]) ->
                  st[s] = ENDED; doing[me] = 0; last = 1
               :: else ->
                  last = 0;
                  run_item(a);
                  doing[me] = ID(task[s], a) + 1
               fi
            :: else
            fi
        };
        if
        :: !won -> false /* lost: wait for SIGKILL */
        :: else
        fi;
#ifdef BAD_MEASURED_LATE
        AT(me).last = a;
#endif
#ifndef BAD_PUBLISH_FIRST
        tail[me] = tail[me] + 1;                                  /* W9 */
#endif
        if
        :: armed -> d_step { bell = 1; armed = 0 }                /* W10 */
        :: else
        fi;
        if
        :: d_step { !last -> i = a; a = 0; how = 0; won = 0 };
           goto start
        :: else ->
           d_step {
               a = 0; i = 0; g = 0; s = 0; h = 0; how = 0; won = 0; last = 0
           };
#ifdef RENEW
           goto leave
#else
           goto claim
#endif
        fi;
leave:  skip
    } unless { kill9[me] };
    d_step {
        alive[me] = 0; zombie[me] = 1; kill9[me] = 0;
        parked = parked & ~B(me); doing[me] = 0;
        s = 0; h = 0; g = 0; i = 0; a = 0; how = 0; k = 0; won = 0; last = 0
    }
}

/* S2: the word is ours, so w cannot leave this item. */
inline slay() {
    d_step {
        if
        :: alive[w] ->
           assert(gn[s] == g && (doing[w] == ID(task[s], i) + 1 ||
                                 (RUNS && doing[w] > ID(task[s], i))));
           kill9[w] = 1
        :: else
        fi
    }
}

proctype supervisor()
{
    byte w, s, g, i, n, k, how, spare;
    bit more;
#ifdef BAD_FORK_FIRST
    bit early;
#endif

    {   skip;
again:  atomic { w = 0; s = 0; g = 0; i = 0; how = 0; more = 0 };
        if
        :: zombie[0] -> w = 0; goto reap
        :: zombie[1] -> w = 1; goto reap
#if LIMITS > 0
        :: !calm && limits < LIMITS -> /* a clock says so: any running task */
           if
           :: d_step { cur[0] < NS && alive[0] -> w = 0; s = cur[0] }
           :: d_step { cur[1] < NS && alive[1] -> w = 1; s = cur[1] }
           :: else -> goto again
           fi;
           if
           :: d_step { st[s] == RUNNING && wk[s] == w -> g = gn[s]; i = it[s] };
              d_step {                                            /* S1 */
#ifdef BAD_KILL_FIRST
                  how = 1;
#else
                  how = WORD_IS(s, RUNNING, w, i, g);
                  if
                  :: how -> st[s] = LIMITED
                  :: else
                  fi;
#endif
#ifdef BAD_NO_GENERATION
                  assert(!how || gn[s] == g);
#endif
                  if
                  :: how -> limits++
                  :: else
                  fi
              };
              if
              :: how -> slay()
              :: else
              fi
           :: else
           fi
#endif
#if GIVEUPS > 0
        /* it gave up itself, and lingers */
        :: d_step { alive[0] && !kill9[0] && cur[0] < NS &&
                    st[cur[0]] == LIMITED && wk[cur[0]] == 0 ->
                    w = 0; s = cur[0]; g = gn[s]; i = it[s] };
           slay()
        :: d_step { alive[1] && !kill9[1] && cur[1] < NS &&
                    st[cur[1]] == LIMITED && wk[cur[1]] == 1 ->
                    w = 1; s = cur[1]; g = gn[s]; i = it[s] };
           slay()
#endif
        :: request ->
           request = 0;
           do
           :: w < NW ->
              s = cur[w];
              if
              :: d_step { s < NS && st[s] == RUNNING && wk[s] == w ->
                          g = gn[s]; i = it[s] };
                 if
                 :: asked[s] == g && asked_kill[s] ->
                    d_step {                                      /* S1 */
                        how = WORD_IS(s, RUNNING, w, i, g);
                        if
                        :: how -> st[s] = CANCELED
                        :: else
                        fi
                    };
                    if
                    :: how -> slay(); w++
                    :: else /* it was faster: see what it does now */
                    fi
                 :: else -> w++
                 fi
              :: else -> w++
              fi
           :: else -> break
           od
        :: closed && NOBODY -> goto leave                         /* S8 */
        fi;
        goto again;

reap:   skip;                                                     /* S3 */
#ifdef BAD_FORK_FIRST
        early = !closed;
        if
        :: early -> atomic { zombie[w] = 0; alive[w] = 1; run worker(w) }
        :: else
        fi;
#endif
#ifndef BAD_NO_ROLL_FORWARD
        d_step {                                                  /* S4 */
            if
            :: UNPUBLISHED(w, tail[w]) -> tail[w] = tail[w] + 1
            :: else
            fi
        };
#endif
        more = 0;
        s = cur[w];
#if RUNS && !defined(BAD_RUN_FORGOTTEN)
        if
        :: d_step { s < NS && wk[s] == w && OPEN_RUN(w, tail[w]) &&
                    rg[w].r[tail[w]].slot == s &&
                    (st[s] == RUNNING || st[s] == CANCELED) ->
                    g = gn[s]; i = it[s]; k = done_i[w] };
           spare = k; k = 0;
           AT(w).last = spare;                                    /* R3 */
           d_step {                                               /* S4 */
               if
               :: wk[s] == w && gn[s] == g && st[s] != BROKEN ->
                  decide(task[s], i, spare, E_DONE);
                  it[s] = spare;
                  how = 1;
                  if
                  :: spare == COUNT(task[s]) -> st[s] = ENDED
                  :: else
                  fi
               :: else -> assert(sup_crashed)
               fi
           };
           if
           :: how -> tail[w] = tail[w] + 1
           :: else
           fi;
           spare = 0; how = 0
        :: else
        fi;
#endif
        if
        :: s < NS ->                                              /* S5 */
           d_step {
               g = gn[s]; i = it[s]; n = COUNT(task[s]);
               how = 0;
               if
               :: wk[s] == w && st[s] == RUNNING -> how = E_CRASH
               :: wk[s] == w && st[s] == LIMITED -> how = E_LIMIT
               :: wk[s] == w && st[s] == CANCELED -> how = E_CANCEL
               :: wk[s] == w && st[s] == HELD -> more = 1
               :: else
               fi
           };
           if
           :: how == 0 -> skip
           :: how != 0 && how != E_CANCEL && DEATHS(s, i) < RETRIES ->
#ifdef BAD_ATTEMPT_LATE
              d_step { st[s] = HELD; more = 1 };
#else
              d_step { deaths[s] = DEATHS(s, i) + 1; died_in[s] = i };
              d_step { st[s] = HELD; more = 1 };
#endif
           :: else ->
              spare = (how == E_CANCEL -> n : i + 1);
              d_step {
                  assert(ROOM(w) >= 1);
                  AT(w).sealed = 0; AT(w).open = 0;
                  AT(w).slot = s; AT(w).gen = g; AT(w).item = i
              };
              d_step { AT(w).last = spare; AT(w).how = how; AT(w).sealed = 1 };
#ifdef BAD_PUBLISH_FIRST
              tail[w] = tail[w] + 1;
#endif
              d_step {
                  if
                  :: wk[s] == w && gn[s] == g && st[s] != BROKEN ->
                     decide(task[s], i, spare, how);
                     it[s] = spare;
                     if
                     :: spare == n -> st[s] = ENDED
                     :: else -> st[s] = HELD; more = 1
                     fi
                  :: else -> assert(sup_crashed)
                  fi
              };
#ifndef BAD_PUBLISH_FIRST
              tail[w] = tail[w] + 1;
#endif
              spare = 0
           fi;
           /* S5: HELD, and not wanted: end it here if there is room. */
           d_step { i = it[s]; how = 0 };
           if
           :: more && asked[s] == g && ROOM(w) >= 2 ->
              d_step { AT(w).sealed = 0; AT(w).open = 0;
                       AT(w).slot = s; AT(w).gen = g; AT(w).item = i };
              d_step { AT(w).last = n; AT(w).how = E_CANCEL; AT(w).sealed = 1 };
              d_step {
                  how = WORD_IS(s, HELD, w, i, g);
                  if
                  :: how ->
                     decide(task[s], i, n, E_CANCEL);
                     it[s] = n;
                     st[s] = ENDED
                  :: else
                  fi
              };
              if
              :: how -> tail[w] = tail[w] + 1
              :: else
              fi
           :: else
           fi;
           more = WORD_IS(s, HELD, w, i, g)
        :: else
        fi;
#ifndef BAD_NO_BELL_AT_DEATH
        bell = 1;                                                 /* S6 */
#endif
#ifndef BAD_NO_WAKE_AT_DEATH
        sleepers = 0;
        parked = 0;
#endif
        spare = 1;                                                /* S7 */
#ifdef BAD_SCAN_THEN_CLOSED
        k = ohead; spare = 0;
        do
        :: k < otail ->
           if
           :: st[order[k]] == READY -> spare = 1; break
           :: else -> k++
           fi
        :: else -> break
        od;
        if
        :: more || !closed -> spare = 1
        :: else
        fi;
#else
        if
        :: !more && closed -> /* looked at FIRST; then only if work is left */
           spare = 0;
           k = ohead;
           do
           :: k < otail ->
              if
              :: st[order[k]] == READY -> spare = 1; break
              :: else -> k++
              fi
           :: else -> break
           od
        :: else
        fi;
#endif
#if FORKFAIL > 0
        if
        :: d_step { spare && !more && forkfails < FORKFAIL &&
                    (alive[0] || alive[1]) ->
                    forkfails++; spare = 0 }
        :: true
        fi;
#endif
        if
#ifdef BAD_FORK_FIRST
        :: early -> skip
#endif
        :: EARLY_NOT && spare ->
           atomic { zombie[w] = 0; alive[w] = 1; run worker(w) }
        :: EARLY_NOT && !spare -> zombie[w] = 0
        fi;
        d_step { n = 0; k = 0; spare = 0 };
        goto again;
leave:  skip
    } unless { sup_kill };
    d_step {
        w = 0; s = 0; g = 0; i = 0; n = 0; k = 0; how = 0; more = 0;
        spare = 0; sup_gone = 1
    }
}

/* A record reaches the user: each item once, with the end that was decided. */
inline read(r_) {
    s = r_.slot; i = r_.item;
    assert(used[s] && gn[s] == r_.gen);
    do
    :: i < r_.last ->
       assert(seen[ID(task[s], i)] == 0 && fate[ID(task[s], i)] == r_.how);
       seen[ID(task[s], i)] = r_.how;
       used[s] = used[s] - 1;
       i++
    :: else -> break
    od;
    i = 0; /* fewer states: */
    r_.slot = 0; r_.gen = 0; r_.item = 0; r_.last = 0; r_.how = 0;
    r_.open = 0; r_.sealed = 0
}

inline free_read() {
    d_step {
        if
        :: !used[s] ->
           assert(st[s] == ENDED || sup_gone);
           if
           :: !sup_gone -> st[s] = FREE; wk[s] = 0; it[s] = 0
           :: else
           fi
        :: else
        fi;
        s = 0
    }
}

inline drain(w_) {
    do
    :: d_step { head[w_] < tail[w_] -> read(rg[w_].r[head[w_]]) };
       free_read();
       d_step { head[w_] = head[w_] + 1; got = 1 }                /* O6 */
    :: else -> break
    od
}

/* O11 for a task whose worker died. Worker and item stay in the word, so that
 * a record committed and not published is found by them. */
inline withdraw_held() {
    d_step {
        got = (st[s] == HELD);
        if
        :: got ->
           st[s] = ENDED;
           i = it[s];
           decide(task[s], i, COUNT(task[s]), E_CANCEL);
#ifdef BAD_WITHDRAW_FORGETS_ITEM
           it[s] = 0
#endif
        :: else
        fi
    }
}

proctype owner()
{
    byte next, s, w, i, k, t, cancels;
    byte used[NS]; /* items still to come; 0: the slot is free */
    bit got;

    do
    :: next < NT && FREE_SLOT ->
       if
       :: !used[0] -> s = 0
       :: else -> s = NS - 1
       fi;
       d_step {                                                   /* O1 */
           used[s] = COUNT(next); task[s] = next; next++;
           died_in[s] = 0; deaths[s] = 0; asked[s] = 0; asked_kill[s] = 0
       };
       d_step { st[s] = READY; wk[s] = 0; it[s] = 0; gn[s] = gn[s] + 1 };
       d_step { order[otail] = s; otail = otail + 1; got = sleepers }; /* O4 */
       if
       :: got ->
          d_step {                                                /* O5 */
              if
              :: parked & 1 -> parked = parked & ~1
              :: else ->
                 if
                 :: parked & 2 -> parked = parked & ~2
                 :: else -> got = 0
                 fi
              fi
          };
          if
          :: !got ->
             sleepers = 0;
#ifndef BAD_NO_WAKE_ALL
             parked = 0
#endif
          :: else
          fi
       :: else
       fi;
       d_step { s = 0; got = 0 }
    :: CLOSING && !closed ->
       closed = 1;
       parked = 0;
       request = 1
#if CANCELS > 0
    :: !calm && cancels < CANCELS ->
       if
       :: used[0] -> s = 0
       :: used[NS - 1] -> s = NS - 1
       :: else -> s = NS
       fi;
       if
       :: s < NS ->
          cancels++;
          d_step {                                                /* O11 */
              got = (st[s] == READY);
              if
              :: got ->
                 st[s] = ENDED;
                 decide(task[s], 0, COUNT(task[s]), E_CANCEL)
              :: else
              fi
          };
          if
          :: got -> i = 0
          :: else ->
             withdraw_held();
             if
             :: got
             :: else ->
                if                                                /* O12 */
                :: d_step { asked[s] = gn[s]; asked_kill[s] = 1 }
                :: d_step { asked[s] = gn[s]; asked_kill[s] = 0 }
                fi;
                withdraw_held();
                if
                :: !got && asked_kill[s] -> request = 1
                :: else
                fi
             fi
          fi;
          if
          :: got ->
             d_step {
                 used[s] = used[s] - (COUNT(task[s]) - i);
                 do
                 :: i < COUNT(task[s]) ->
                    assert(seen[ID(task[s], i)] == 0);
                    seen[ID(task[s], i)] = E_CANCEL;
                    i++
                 :: else -> break
                 od;
                 i = 0
             };
             if
             :: used[s] == 0 -> d_step { st[s] = FREE; wk[s] = 0; it[s] = 0 }
             :: else /* records of earlier items are on their way */
             fi
          :: else
          fi
       :: else
       fi;
       d_step { s = 0; got = 0 }
#endif
    :: closed || (!CLOSING && !(next < NT && FREE_SLOT)) ->
       armed = 1;                                                 /* O7 */
#ifndef BAD_NO_RESCAN
       w = 0;
       do
       :: w < NW -> drain(w); w++                                 /* O8 */
       :: else -> break
       od;
       w = 0;
#endif
       if
       :: got -> got = 0
       :: else ->
          if
          :: bell -> bell = 0                                     /* O9, O10 */
#ifndef BAD_NO_EOF
          :: sup_gone -> break
#endif
          fi
       fi;
       armed = 0;
       w = 0;
       do
       :: w < NW -> drain(w); w++
       :: else -> break
       od;
       w = 0; got = 0
    od;

    /* The supervisor is gone: freeze every word, */
#ifndef BAD_NO_FREEZE
    s = 0;
    do
    :: s < NS ->
       d_step {                                                   /* O13 */
           if
           :: st[s] != FREE && st[s] != ENDED -> st[s] = BROKEN
           :: else
           fi
       };
       s++
    :: else -> break
    od;
#endif
    /* then take what was committed, published or not, */
    w = 0;
    do
    :: w < NW ->
       drain(w);
       w++
    :: else -> break
    od;
    w = 0;
    do
    :: w < NW ->
       t = head[w];
#ifndef BAD_OWNER_NO_ROLL_FORWARD
       if
       :: UNPUBLISHED(w, t) && used[rg[w].r[t].slot] ->           /* O14 */
          d_step { read(rg[w].r[t]) };
          free_read()
#if RUNS
       :: OPEN_RUN(w, t) && used[rg[w].r[t].slot] ->
          d_step {
              s = rg[w].r[t].slot; i = rg[w].r[t].item;
              rg[w].r[t].last = done_i[w];
              decide(task[s], i, done_i[w], E_DONE);
              read(rg[w].r[t])
          };
          free_read()
#endif
       :: else
       fi;
#endif
       w++
    :: else -> break
    od;
    w = 0;
    /* and end the rest. */
    d_step {                                                      /* O15 */
        k = 0;
        do
        :: k < NT*MI ->
           if
           :: k % MI < COUNT(k / MI) && seen[k] == 0 ->
              assert(sup_crashed && fate[k] == 0);
              seen[k] = E_BROKEN; fate[k] = E_BROKEN
           :: else
           fi;
           k++
        :: else -> break
        od
    }
}

/* The enemy. It also delivers the parent-death signal: at any time after the
 * supervisor's end. */
active proctype chaos()
{
end:    do
#ifndef NO_CALM
        :: !calm -> calm = 1 /* no more trouble: now all must end well */
#endif
        :: d_step { !calm && crashes < CRASHES && alive[0] && !kill9[0] ->
                    crashes++; kill9[0] = 1 }
        :: d_step { !calm && crashes < CRASHES && alive[1] && !kill9[1] ->
                    crashes++; kill9[1] = 1 }
#if SUPDEATH
        :: d_step { !calm && !sup_kill && !sup_gone ->
                    sup_kill = 1; sup_crashed = 1 }
        :: d_step { sup_gone && alive[0] && !kill9[0] -> kill9[0] = 1 }
        :: d_step { sup_gone && alive[1] && !kill9[1] -> kill9[1] = 1 }
#endif
        od
}

init {
    atomic {
        cur[0] = NONE; alive[0] = 1; run worker(0);
        cur[1] = NONE;
#if WORKERS > 1
        alive[1] = 1; run worker(1);
#endif
        run supervisor();
        run owner()
    }
}
