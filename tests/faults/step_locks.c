/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * step_locks.c -- lock and condition, step by step
 *
 * What counts: whoever asks next gets what the victim had or waited for, and
 * is told that its holder died when it did; who sleeps is woken by what was
 * done, or finds it at the end of a slice.
 */
#include "faults/step_stage.h"

#include <mp/mp.h>

#include <stdlib.h>

enum { LONG_MS = 2 * STEP_LIMIT_MS };

static mp_lock *lock;
static mp_rlock *recursive;
static mp_condition *condition;
static bool woken;

static void make_lock(void)
{
    woken = false;
    STEP_CHECK(mp_lock_create(&lock) == 0);
}

static void destroy_lock(void)
{
    mp_lock_destroy(lock);
}

static void destroy_lock_with_helper(void)
{
    mp_helper_end();
    destroy_lock();
}

/* Somebody else can have the lock, twice. Returns whether its holder died. */
static bool check_lock(bool died_with_it)
{
    int error = mp_lock_acquire(lock, STEP_LIMIT_MS);

    STEP_CHECK(error == MP_OWNERDEAD || (error == 0 && !died_with_it));
    STEP_CHECK(mp_lock_release(lock) == 0);
    STEP_CHECK(mp_lock_acquire(lock, STEP_LIMIT_MS) == 0);
    STEP_CHECK(mp_lock_release(lock) == 0);
    return error == MP_OWNERDEAD;
}

static int acquire(void)
{
    return mp_lock_acquire(lock, STEP_LIMIT_MS);
}

static void check_acquire(void)
{
    STEP_CHECK(!mp_stage_over || mp_stage->result == 0);
    mp_stage_took = check_lock(mp_stage_over);
}

static void make_held(void)
{
    make_lock();
    STEP_CHECK(mp_lock_acquire(lock, 0) == 0);
}

static void let_go(void)
{
    STEP_CHECK(mp_lock_release(lock) == 0);
    woken = true;
}

static void check_acquire_contended(void)
{
    if (!woken) {
        let_go();
    }
    check_acquire();
}

static void acquire_first(void)
{
    if (mp_lock_acquire(lock, STEP_LIMIT_MS) != 0) {
        abort();
    }
}

/* A lock whose holder is dead, and not reaped. */
static void make_orphaned(void)
{
    make_lock();
    mp_corpse_make(acquire_first);
}

static void check_recover(void)
{
    STEP_CHECK(!mp_stage_over || mp_stage->result == MP_OWNERDEAD);
    (void)check_lock(true);
}

static void destroy_orphaned(void)
{
    mp_corpse_reap();
    destroy_lock();
}

static int release(void)
{
    return mp_lock_release(lock);
}

static void check_release(void)
{
    int error = mp_lock_acquire(lock, STEP_LIMIT_MS);

    mp_stage_took = error == 0;
    STEP_CHECK(error == 0 || (error == MP_OWNERDEAD && !mp_stage_over));
    STEP_CHECK(mp_lock_release(lock) == 0);
    (void)check_lock(false);
}

static int acquire_and_release(void)
{
    int error = mp_lock_acquire(lock, LONG_MS);

    return error == 0 || error == MP_OWNERDEAD ? mp_lock_release(lock) : error;
}

/* The victim holds the lock, and the helper comes to sleep on it. */
static void acquire_and_wait_for_sleeper(void)
{
    acquire_first();
    mp_stage->prepared = 1;
    while (mp_stage->helper_asleep == 0) {
        mp_stage_nap();
    }
}

static void start_sleeper(void)
{
    mp_helper_start(acquire_and_release);
    mp_helper_wait_asleep();
    mp_stage->helper_asleep = 1;
}

static void check_release_awaited(void)
{
    STEP_CHECK(!mp_stage_over || mp_stage->result == 0);
    STEP_CHECK(mp_helper_result() == 0);
    (void)check_lock(false);
}

/* The first call of a process: it takes a slot in the domain. */
static int first_call(void)
{
    int error = mp_lock_acquire(lock, STEP_LIMIT_MS);

    return error == 0 ? mp_lock_release(lock) : error;
}

static void check_first_call(void)
{
    STEP_CHECK(!mp_stage_over || mp_stage->result == 0);
    mp_helper_start(acquire_and_release);
    STEP_CHECK(mp_helper_result() == 0);
    (void)check_lock(false);
}

/* ---- recursive lock ---- */

static void make_recursive(void)
{
    STEP_CHECK(mp_rlock_create(&recursive) == 0);
}

static void destroy_recursive(void)
{
    mp_rlock_destroy(recursive);
}

static int acquire_and_release_twice(void)
{
    int error = mp_rlock_acquire(recursive, STEP_LIMIT_MS);

    error = error == 0 ? mp_rlock_acquire(recursive, STEP_LIMIT_MS) : error;
    error = error == 0 ? mp_rlock_release(recursive) : error;
    return error == 0 ? mp_rlock_release(recursive) : error;
}

/* However often the dead had it: one release is enough. */
static void check_recursive(void)
{
    int error = mp_rlock_acquire(recursive, STEP_LIMIT_MS);

    STEP_CHECK(!mp_stage_over || mp_stage->result == 0);
    STEP_CHECK(error == 0 || (error == MP_OWNERDEAD && !mp_stage_over));
    STEP_CHECK(mp_rlock_release(recursive) == 0);
    STEP_CHECK(mp_rlock_release(recursive) == MP_EPERM);
    STEP_CHECK(mp_rlock_acquire(recursive, STEP_LIMIT_MS) == 0);
    STEP_CHECK(mp_rlock_release(recursive) == 0);
}

/* ---- condition ---- */

static void make_condition(void)
{
    make_lock();
    STEP_CHECK(mp_condition_create(&condition, lock) == 0);
}

static void destroy_condition(void)
{
    mp_condition_destroy(condition);
    destroy_lock();
}

static void destroy_condition_with_helper(void)
{
    mp_helper_end();
    destroy_condition();
}

static int notify_as_survivor(void)
{
    int error = mp_lock_acquire(lock, STEP_LIMIT_MS);
    int count;

    STEP_CHECK(error == 0 || error == MP_OWNERDEAD);
    count = mp_condition_notify(condition, 1);
    STEP_CHECK(mp_lock_release(lock) == 0);
    return count;
}

static int wait_notified(void)
{
    return mp_condition_wait(condition, STEP_LIMIT_MS);
}

static void wake_by_notify(void)
{
    STEP_CHECK(notify_as_survivor() == 1);
    woken = true;
}

static int wait_in_helper(void)
{
    int error = mp_lock_acquire(lock, LONG_MS);

    if (error == 0 || error == MP_OWNERDEAD) {
        error = mp_condition_wait(condition, LONG_MS);
        (void)mp_lock_release(lock);
    }
    return error;
}

static void check_wait(void)
{
    STEP_CHECK(!mp_stage_over || (woken && mp_stage->result == 0));
    STEP_CHECK(notify_as_survivor() == 0); /* the dead are passed by */
    mp_helper_start(wait_in_helper);
    while (notify_as_survivor() == 0) {
        mp_stage_nap(); /* not there yet */
    }
    STEP_CHECK(mp_helper_result() == 0);
    (void)check_lock(false);
}

static void make_awaited_condition(void)
{
    make_condition();
    mp_helper_start(wait_in_helper);
    mp_helper_wait_asleep();
}

static int notify(void)
{
    return mp_condition_notify(condition, 1);
}

static void check_notify(void)
{
    int error;

    STEP_CHECK(!mp_stage_over || mp_stage->result == 1);
    if (!mp_stage_over) {
        (void)notify_as_survivor();
    }
    error = mp_helper_result();
    STEP_CHECK(error == 0 || error == MP_OWNERDEAD);
    (void)check_lock(false);
}

#define CALL(name) .warm = mp_stage_warm, .operate = (name)

const mp_scenario mp_lock_scenarios[] = {
    { "lock: acquire", make_lock, CALL(acquire), .check = check_acquire,
      .tear_down = destroy_lock },
    { "lock: acquire, held at first", make_held, CALL(acquire), .wake = let_go,
      .check = check_acquire_contended, .tear_down = destroy_lock },
    { "lock: acquire from the dead", make_orphaned, CALL(acquire),
      .check = check_recover, .tear_down = destroy_orphaned },
    { "lock: release", make_lock, .warm = acquire_first, .operate = release,
      .check = check_release, .tear_down = destroy_lock },
    { "lock: release, one sleeps", make_lock,
      .warm = acquire_and_wait_for_sleeper, .prepared = start_sleeper,
      .operate = release, .check = check_release_awaited,
      .tear_down = destroy_lock_with_helper },
    { "first call of a process", make_lock, .operate = first_call,
      .check = check_first_call, .tear_down = destroy_lock_with_helper },
    { "rlock: twice and back", make_recursive, CALL(acquire_and_release_twice),
      .check = check_recursive, .tear_down = destroy_recursive },
    { "condition: wait", make_condition, .warm = acquire_first,
      .operate = wait_notified, .wake = wake_by_notify, .check = check_wait,
      .tear_down = destroy_condition_with_helper },
    { "condition: notify, one sleeps", make_awaited_condition,
      .warm = acquire_first, .operate = notify, .check = check_notify,
      .tear_down = destroy_condition_with_helper },
    { .name = NULL },
};
