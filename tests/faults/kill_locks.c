/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * kill_locks.c -- locks, semaphores and slots of the domain, with deaths
 */
#include "faults/kill_stage.h"

#include "mp/error.h"
#include "shared/domain.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LONG_MS = 10000, HOLDERS = 3, ROUNDS = 2 };

/* ---- mutual exclusion ---- */

struct section {
    _Atomic int inside; /* whose critical section is under way */
};

struct locks {
    struct section sections[2];
    _Atomic int heirs; /* took over from the dead */
};

static struct locks *locks;
static mp_lock *lock[2];
static mp_rlock *rlock;

/* Whoever died inside has left its mark, and that must have been told. */
static void enter(struct section *section, int result)
{
    int inside = atomic_load(&section->inside);

    CHECK_RESULT(result == 0 || result == MP_OWNERDEAD, result);
    CHECK_RESULT(inside == 0 || result == MP_OWNERDEAD, inside);
    if (result == MP_OWNERDEAD) {
        (void)atomic_fetch_add(&locks->heirs, 1);
    }
    atomic_store(&section->inside, (int)getpid());
}

static void leave(struct section *section)
{
    int inside = atomic_load(&section->inside);

    CHECK_RESULT(inside == (int)getpid(), inside);
    atomic_store(&section->inside, 0);
}

static int acquire_at_once(mp_lock *which)
{
    int64_t end = stage_clock_ns() + LONG_MS * INT64_C(1000000);
    int result;

    do {
        result = mp_lock_acquire(which, 0);
        if (result == MP_ETIMEDOUT) {
            stage_nap_us(200);
        }
    } while (result == MP_ETIMEDOUT && stage_clock_ns() < end);
    return result;
}

/* The holder stays inside for longer than the first wait. */
static int acquire_late(mp_lock *which)
{
    int result = mp_lock_acquire(which, 1);

    return result == MP_ETIMEDOUT ? mp_lock_acquire(which, LONG_MS) : result;
}

static void hold_lock(int number)
{
    mp_lock *mine = lock[number % 2];
    struct section *section = &locks->sections[number % 2];
    int i;

    for (i = 0; i < ROUNDS; i++) {
        if (number == 1) {
            enter(section, acquire_at_once(mine));
        } else {
            enter(section, acquire_late(mine));
        }
        stage_nap_us(3000); /* the others park */
        leave(section);
        CHECK(mp_lock_release(mine) == 0);
    }
}

static void die_with_lock(int number)
{
    enter(&locks->sections[number], mp_lock_acquire(lock[number], LONG_MS));
    stage_die();
}

static void hold_locks(void)
{
    int i;

    locks = (struct locks *)(void *)stage->memory;
    for (i = 0; i < 2; i++) {
        CHECK(mp_lock_create(&lock[i]) == 0);
        CHECK(actor_wait(actor_start(MP__ROLE_NONE, die_with_lock, i)));
    }
    for (i = 0; i < HOLDERS + 2; i++) {
        (void)actor_start(MP__ROLE_HOLDER, hold_lock, i);
    }
    actors_wait();
    mp__kill_point_role(MP__ROLE_NONE);
    for (i = 0; i < 2; i++) {
        enter(&locks->sections[i], mp_lock_acquire(lock[i], LONG_MS));
        leave(&locks->sections[i]);
        CHECK(mp_lock_release(lock[i]) == 0);
        CHECK(mp_lock_release(lock[i]) == MP_EPERM);
        mp_lock_destroy(lock[i]);
    }
    CHECK(atomic_load(&locks->heirs) >= 2);
}

static void hold_rlock(int number)
{
    struct section *section = &locks->sections[0];
    int i;

    (void)number;
    for (i = 0; i < ROUNDS; i++) {
        enter(section, mp_rlock_acquire(rlock, LONG_MS));
        CHECK(mp_rlock_acquire(rlock, 0) == 0);
        stage_nap_us(1000);
        CHECK(mp_rlock_release(rlock) == 0);
        leave(section);
        CHECK(mp_rlock_release(rlock) == 0);
    }
}

static void die_with_rlock(int number)
{
    (void)number;
    enter(&locks->sections[0], mp_rlock_acquire(rlock, LONG_MS));
    CHECK(mp_rlock_acquire(rlock, 0) == 0);
    stage_die();
}

static void hold_rlocks(void)
{
    int i;

    locks = (struct locks *)(void *)stage->memory;
    CHECK(mp_rlock_create(&rlock) == 0);
    CHECK(actor_wait(actor_start(MP__ROLE_NONE, die_with_rlock, 0)));
    for (i = 0; i < 2; i++) {
        (void)actor_start(MP__ROLE_HOLDER, hold_rlock, i);
    }
    actors_wait();
    mp__kill_point_role(MP__ROLE_NONE);
    hold_rlock(0);
    CHECK(atomic_load(&locks->heirs) >= 1);
    mp_rlock_destroy(rlock);
}

/* ---- semaphores ---- */

enum { RELEASES = 3, MAXIMUM = 3 };

struct permits {
    _Atomic int begun; /* releases */
    _Atomic int done;
    _Atomic int taken;
    _Atomic int over;
    _Atomic int heirs;
    _Atomic int holding; /* at this moment, at least */
};

static struct permits *permits;
static mp_semaphore *semaphore;

static void count_up(int number)
{
    int i;

    stage_nap_us(number == 0 ? 3000 : 12000); /* some give up waiting before */
    for (i = 0; i < RELEASES; i++) {
        (void)atomic_fetch_add(&permits->begun, 1);
        CHECK(mp_semaphore_release(semaphore) == 0);
        (void)atomic_fetch_add(&permits->done, 1);
        stage_nap_us(500);
    }
}

static void count_down(int number)
{
    int result;

    (void)number;
    while (!stage_main_is_gone()) {
        result = mp_semaphore_acquire(semaphore, 5);
        if (result == 0) {
            (void)atomic_fetch_add(&permits->taken, 1);
        } else {
            CHECK_RESULT(result == MP_ETIMEDOUT, result);
            if (atomic_load(&permits->over) != 0) {
                return;
            }
        }
    }
}

static void count_signals(void)
{
    pid_t producers[2];
    int left;
    int i;

    permits = (struct permits *)(void *)stage->memory;
    CHECK(mp_semaphore_create(&semaphore, 0, 0) == 0);
    for (i = 0; i < 2; i++) {
        (void)actor_start(MP__ROLE_CONSUMER, count_down, i);
        producers[i] = actor_start(MP__ROLE_PRODUCER, count_up, i);
    }
    for (i = 0; i < 2; i++) {
        (void)actor_wait(producers[i]);
    }
    atomic_store(&permits->over, 1);
    actors_wait();
    mp__kill_point_role(MP__ROLE_NONE);
    left = mp_semaphore_value(semaphore) + atomic_load(&permits->taken);
    CHECK_RESULT(left <= atomic_load(&permits->begun), left);
    CHECK_RESULT(left + stage_killed(MP__ROLE_CONSUMER) >=
                     atomic_load(&permits->done),
                 left);
    CHECK(mp_semaphore_release(semaphore) == 0);
    CHECK(mp_semaphore_acquire(semaphore, 0) == 0);
    mp_semaphore_destroy(semaphore);
}

static void take_permit(int result)
{
    CHECK_RESULT(result == 0 || result == MP_OWNERDEAD, result);
    if (result == MP_OWNERDEAD) {
        (void)atomic_fetch_add(&permits->heirs, 1);
    }
}

static void hold_permit(int number)
{
    int i;

    (void)number;
    for (i = 0; i < ROUNDS; i++) {
        take_permit(mp_semaphore_acquire(semaphore, LONG_MS));
        stage_nap_us(4000); /* the others park */
        CHECK(mp_semaphore_release(semaphore) == 0);
    }
}

static void die_with_permit(int number)
{
    (void)number;
    take_permit(mp_semaphore_acquire(semaphore, LONG_MS));
    stage_die();
}

/* Two permits were taken from the start, by nobody. */
static void free_permits(int number)
{
    (void)number;
    for (number = 0; number < MAXIMUM - 1; number++) {
        stage_nap_us(6000);
        (void)atomic_fetch_add(&permits->begun, 1);
        CHECK(mp_semaphore_release(semaphore) == 0);
        (void)atomic_fetch_add(&permits->done, 1);
    }
}

static void hold_permits(void)
{
    int count = 0;
    int i;

    permits = (struct permits *)(void *)stage->memory;
    CHECK(mp_semaphore_create(&semaphore, 1, MAXIMUM) == 0);
    CHECK(actor_wait(actor_start(MP__ROLE_NONE, die_with_permit, 0)));
    for (i = 0; i < HOLDERS; i++) {
        (void)actor_start(MP__ROLE_HOLDER, hold_permit, i);
    }
    (void)actor_start(MP__ROLE_PRODUCER, free_permits, 0);
    actors_wait();
    mp__kill_point_role(MP__ROLE_NONE);
    for (i = mp_semaphore_acquire(semaphore, 0); i >= 0;
         i = mp_semaphore_acquire(semaphore, 0)) {
        take_permit(i);
        count++;
    }
    CHECK_RESULT(i == MP_ETIMEDOUT, i);
    CHECK_RESULT(count >= 1 + atomic_load(&permits->done) &&
                     count <= 1 + atomic_load(&permits->begun),
                 count);
    CHECK(atomic_load(&permits->heirs) >= 1);
    for (i = 0; i < count; i++) {
        CHECK(mp_semaphore_release(semaphore) == 0);
    }
    CHECK(mp_semaphore_value(semaphore) == count);
    mp_semaphore_destroy(semaphore);
}

/* ---- slots of the domain ---- */

#ifndef MP_PORTABLE
static void live_unlocked(int number)
{
    int fd;

    (void)number;
    CHECK(mp_lock_acquire(lock[0], LONG_MS) >= 0);
    for (fd = 3; fd < 64; fd++) {
        (void)close(fd); /* and with it the kernel's word for our life */
    }
    while (!stage_main_is_gone()) {
        stage_nap_us(20000);
    }
}

static void attach(int number)
{
    mp__ident ident = 0;

    (void)number;
    CHECK(mp__domain_self(&ident) == 0);
}

/* The slots are taken in turn: as many lives as there are slots, and the next
 * comes to that of a process that lives without its lock. */
static void come_round(void)
{
    pid_t holder;
    int i;

    CHECK(mp_lock_create(&lock[0]) == 0);
    holder = actor_start(MP__ROLE_NONE, live_unlocked, 0);
    while (mp_lock_acquire(lock[0], 0) >= 0) {
        CHECK(mp_lock_release(lock[0]) == 0); /* it has not come yet */
        stage_nap_us(200);
    }
    for (i = 0; i < MP__DOMAIN_SLOTS - 1; i++) {
        (void)actor_wait(actor_start(MP__ROLE_NONE, attach, 0));
    }
    for (i = 0; i < 3; i++) {
        (void)actor_wait(actor_start(MP__ROLE_HOLDER, attach, 0));
    }
    mp__kill_point_role(MP__ROLE_NONE);
    CHECK(mp_lock_acquire(lock[0], 0) == MP_ETIMEDOUT); /* it still lives */
    (void)kill(holder, SIGKILL);
    (void)actor_wait(holder);
    CHECK(mp_lock_acquire(lock[0], LONG_MS) == MP_OWNERDEAD);
    CHECK(mp_lock_release(lock[0]) == 0);
    mp_lock_destroy(lock[0]);
}
#endif

const struct scenario lock_scenarios[] = {
    { "lock", hold_locks, MP__ROLE_MAIN, { { 0 } } },
    { "lock_heir",
      hold_locks,
      MP__ROLE_MAIN,
      { { MP__ROLE_HOLDER, "guard.taken" } } },
    { "rlock", hold_rlocks, MP__ROLE_MAIN, { { 0 } } },
    { "signals", count_signals, MP__ROLE_MAIN, { { 0 } } },
    { "permits", hold_permits, MP__ROLE_MAIN, { { 0 } } },
    { "permits_heir",
      hold_permits,
      MP__ROLE_MAIN,
      { { MP__ROLE_HOLDER, "permits.held" } } },
#ifndef MP_PORTABLE /* who closes the life file there counts as dead */
    { "slots", come_round, MP__ROLE_MAIN, { { 0 } } },
#endif
    { 0 },
};
