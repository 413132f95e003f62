/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * meeting.pml -- so many processes wait for each other, again and again
 *                (src/shared/meeting.c, src/objects/barrier.c)
 *
 * PROCS processes meet in ROUNDS rounds of PARTIES each; a wait has a deadline
 * or has none; with RESET somebody resets the meeting once. The action of the
 * last may fail. Any KILLS may be killed between any two steps, named as in
 * meeting.c. The guard is taken in one step from a free or a dead holder.
 *
 * Checked: who passes a round, passes it with PARTIES that came, and nobody is
 * told that it was broken; one acts at a time. Nobody waits for ever, but for
 * those who never set out: after a death in the circle of those who came, all
 * are told. Slices only after a death, and only when the look finds something.
 */
#ifndef PARTIES
#define PARTIES 2
#endif
#ifndef PROCS
#define PROCS PARTIES
#endif
#ifndef ROUNDS
#define ROUNDS 2
#endif
#ifndef KILLS
#define KILLS 0
#endif

#ifdef RESET
#define MORTALS (PROCS + 1)
#else
#define MORTALS PROCS
#endif

#define FILLING 0
#define ACTING  1
#define BROKEN  2
#define B(p)    (1 << (p))
#define LAST    8 /* rounds, at most */

byte round, arrived, phase; /* ONE word */
bit failed[LAST] = 1; /* as left by rounds 64 before: those were broken */
byte members[PARTIES];
byte guard;
byte parked;
bit dead[PROCS + 1], done[PROCS + 1];
byte kills;

/* ghost */
byte came[LAST];         /* how many */
bit passed[LAST], refused[LAST];
byte acting;
byte awake = (1 << PROCS) - 1; /* living, may still come, does not wait */

#define NEXT(p)      (arrived == 0 -> 0 : members[((p) + 1) % arrived])
#define NEXT_DEAD(p) (arrived != 0 && dead[NEXT(p)])
#if PARTIES > 2
#define DEAD_MEMBER \
    ((arrived > 0 && dead[members[0]]) || (arrived > 1 && dead[members[1]]) || \
     (arrived > 2 && dead[members[2]]))
#else
#define DEAD_MEMBER \
    ((arrived > 0 && dead[members[0]]) || (arrived > 1 && dead[members[1]]))
#endif
#define MOVED (round != r || arrived != n || phase != f)

inline lock() {
    atomic {
        guard == 0 || dead[guard - 1];
        guard = me + 1
    }
}

inline wake_all() {
    d_step { awake = awake | parked; parked = 0 }
}

inline break_round() { /* M4 */
    lock();
    d_step {
        if
        :: round == mine -> arrived = 0; phase = BROKEN
        :: else
        fi
    };
    guard = 0;
    wake_all()
}

inline read_word() {
    d_step { r = round; n = arrived; f = phase }
}

proctype process(byte me)
{
    byte turn, mine, place, r, n, f;
    bit timed, over;

    {
        do
        :: turn < ROUNDS ->
           turn++;
           if
           :: timed = 0
           :: timed = 1
           fi;
arrive:
           lock();
           read_word();
           mine = r;
           if
           :: f == BROKEN -> guard = 0; goto leave
           :: f == ACTING -> guard = 0; goto outside
           :: f == FILLING
           fi;
           place = n;
#ifdef BAD_MEMBER_LATE
           skip;
#else
           members[place] = me;                                   /* M1 */
#endif
           d_step {                                               /* M2 */
               came[mine] = came[mine] + 1;
               arrived = n + 1;
               phase = (n + 1 == PARTIES -> ACTING : FILLING)
           };
#ifdef BAD_MEMBER_LATE
           members[place] = me;
#endif
           guard = 0;
           if
           :: place + 1 < PARTIES -> goto wait
           :: else
           fi;
           d_step { assert(acting == 0); acting = me + 1 };
           d_step { acting = 0 };
           if
           :: over = 1
           :: over = 0 /* the action fails */
           fi;
           lock();
           read_word();
           if
           :: r != mine || f != ACTING -> refused[mine] = 1; guard = 0;
              goto leave
           :: r == mine && f == ACTING && !over ->
              d_step { arrived = 0; phase = BROKEN };             /* M4 */
              guard = 0;
              wake_all();
              refused[mine] = 1;
              goto leave
           :: r == mine && f == ACTING && over ->
#ifdef BAD_BIT_LATE
              d_step { round = mine + 1; arrived = 0; phase = FILLING };
              failed[mine] = 0;
#else
              failed[mine] = 0;                                   /* M3 */
              d_step { round = mine + 1; arrived = 0; phase = FILLING };
#endif
              guard = 0;
#ifndef BAD_NO_WAKE
              wake_all();
#endif
              d_step {
                  assert(came[mine] == PARTIES && !refused[mine]);
                  passed[mine] = 1
              }
           fi;
           goto next;

wait:                                                             /* M6 */
           read_word();
           if
           :: r != mine ->
              if
              :: failed[mine] -> refused[mine] = 1
              :: else ->
                 d_step {
                     assert(came[mine] >= PARTIES && !refused[mine]);
                     passed[mine] = 1
                 }
              fi;
              goto next
           :: r == mine && f == BROKEN ->
              d_step { assert(!passed[mine]); refused[mine] = 1 };
              goto leave
           :: else
           fi;
#ifndef BAD_NOBODY_LOOKS
           d_step {
               if
               :: n != 0 -> over = dead[members[(place + 1) % n]]
               :: else
               fi
           };
#endif
           if
           :: over -> over = 0; break_round(); goto wait
           :: else
           fi;
           d_step {
               over = !MOVED;
               if
               :: over -> parked = parked | B(me); awake = awake & ~B(me)
               :: else
               fi
           };
           if
           :: over ->
              over = 0;
              if
              :: !(parked & B(me))
              :: d_step { kills > 0 && (MOVED
#ifndef BAD_NOBODY_LOOKS
                          || NEXT_DEAD(place)
#endif
                          ) -> parked = parked & ~B(me);
                          awake = awake | B(me) }
              :: d_step { timed -> parked = parked & ~B(me);
                          awake = awake | B(me); over = 1 }
              :: awake == 0 && phase == FILLING && !DEAD_MEMBER &&
                 round == mine && (parked & B(me)) -> goto leave
              fi;
              if
              :: over -> over = 0; break_round()
              :: else
              fi
           :: else
           fi;
           goto wait;

outside: /* a round that we are not part of is acting */
           read_word();
           if
           :: r == mine && f == ACTING ->
              if
              :: dead[members[PARTIES - 1]] -> break_round()
              :: else ->
                 d_step {
                     over = !MOVED;
                     if
                     :: over -> parked = parked | B(me)
                     :: else
                     fi
                 };
                 if
                 :: over ->
                    over = 0;
                    if
                    :: !(parked & B(me))
                    :: kills > 0 && (MOVED || dead[members[PARTIES - 1]]) ->
                       parked = parked & ~B(me)
                    fi
                 :: else
                 fi
              fi;
              goto outside
           :: else -> goto arrive
           fi;
next:
           skip
        :: else -> break
        od;
leave:
        awake = awake & ~B(me)
    } unless { dead[me] };
    d_step {
        turn = 0; mine = 0; place = 0; r = 0; n = 0; f = 0; timed = 0;
        over = 0; done[me] = 1
    }
}

#ifdef RESET
proctype resetter(byte me)
{
    byte r, n, f;

    {
        lock();
        read_word();
        if
        :: n > 0 || f != FILLING ->
           failed[r] = 1;                                         /* M5 */
           d_step { round = r + 1; arrived = 0; phase = FILLING }
        :: else
        fi;
        guard = 0;
        wake_all()
    } unless { dead[me] };
    done[me] = 1
}
#endif

inline may_kill(p) {
    d_step {
        p < MORTALS && kills < KILLS && !done[p] && !dead[p] ->
        kills++;
        dead[p] = 1;
        awake = awake & ~B(p);
        parked = parked & ~B(p);
        acting = (acting == p + 1 -> 0 : acting)
    }
}

active proctype death()
{
    do
    :: may_kill(0)
    :: may_kill(1)
#if MORTALS > 2
    :: may_kill(2)
#endif
#if MORTALS > 3
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
#ifdef RESET
        run resetter(PROCS)
#endif
    }
}
