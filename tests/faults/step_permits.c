/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * step_permits.c -- semaphore and event, step by step
 *
 * What counts: permits of the dead come back, and no more than there were;
 * who sleeps is woken, or finds what was done at the end of a slice.
 */
#include "faults/step_stage.h"

#include <mp/mp.h>

#include <stdlib.h>

enum { LONG_MS = 2 * STEP_LIMIT_MS };

static mp_semaphore *semaphore;
static mp_event *event;

enum { PERMITS = 2 };

static void make_permits(void)
{
    STEP_CHECK(mp_semaphore_create(&semaphore, PERMITS, PERMITS) == 0);
}

static void destroy_semaphore(void)
{
    mp_semaphore_destroy(semaphore);
}

static void destroy_semaphore_with_helper(void)
{
    mp_helper_end();
    destroy_semaphore();
}

/* All permits can be had, and no more than all. */
static void check_permits(int permits, bool died_with_one)
{
    bool told = false;
    int i;
    int error;

    for (i = 0; i < permits; i++) {
        error = mp_semaphore_acquire(semaphore, STEP_LIMIT_MS);
        STEP_CHECK(error == 0 || error == MP_OWNERDEAD);
        told = told || error == MP_OWNERDEAD;
    }
    STEP_CHECK(told || !died_with_one);
    STEP_CHECK(mp_semaphore_acquire(semaphore, 0) == MP_ETIMEDOUT);
    for (i = 0; i < permits; i++) {
        STEP_CHECK(mp_semaphore_release(semaphore) == 0);
    }
    STEP_CHECK(mp_semaphore_release(semaphore) == MP_EOVERFLOW);
}

static void take_first(void)
{
    if (mp_semaphore_acquire(semaphore, STEP_LIMIT_MS) != 0) {
        abort();
    }
}

static int take_permit(void)
{
    return mp_semaphore_acquire(semaphore, STEP_LIMIT_MS);
}

static void check_take_permit(void)
{
    STEP_CHECK(!mp_stage_over || mp_stage->result == 0);
    check_permits(PERMITS, mp_stage_over);
}

/* The last permit is a dead process's. */
static void make_orphaned_permit(void)
{
    STEP_CHECK(mp_semaphore_create(&semaphore, 1, 1) == 0);
    mp_corpse_make(take_first);
}

static void check_take_orphaned(void)
{
    STEP_CHECK(!mp_stage_over || mp_stage->result == MP_OWNERDEAD);
    check_permits(1, true);
}

static void destroy_with_corpse(void)
{
    mp_corpse_reap();
    destroy_semaphore();
}

static void make_one_permit(void)
{
    STEP_CHECK(mp_semaphore_create(&semaphore, 1, 1) == 0);
}

static int take_and_give_permit(void)
{
    int error = mp_semaphore_acquire(semaphore, LONG_MS);

    return error == 0 || error == MP_OWNERDEAD ? mp_semaphore_release(semaphore)
                                               : error;
}

static void take_first_and_wait_for_sleeper(void)
{
    take_first();
    mp_stage->prepared = 1;
    while (mp_stage->helper_asleep == 0) {
        mp_stage_nap();
    }
}

static void start_permit_sleeper(void)
{
    mp_helper_start(take_and_give_permit);
    mp_helper_wait_asleep();
    mp_stage->helper_asleep = 1;
}

static int give_permit(void)
{
    return mp_semaphore_release(semaphore);
}

static void check_give_permit(void)
{
    STEP_CHECK(!mp_stage_over || mp_stage->result == 0);
    STEP_CHECK(mp_helper_result() == 0);
    check_permits(1, false);
}

static int count_down(void)
{
    return mp_semaphore_acquire(semaphore, LONG_MS);
}

static void make_awaited_counter(void)
{
    STEP_CHECK(mp_semaphore_create(&semaphore, 0, 0) == 0);
    mp_helper_start(count_down);
    mp_helper_wait_asleep();
}

static void check_count_up(void)
{
    int left = 0;

    if (!mp_stage_over && mp_semaphore_value(semaphore) == 0 &&
        !mp_helper_has_ended()) {
        STEP_CHECK(mp_semaphore_release(semaphore) == 0);
        left = 1; /* unless the victim's went to the helper just now */
    }
    mp_stage_took = left == 0;
    STEP_CHECK(mp_helper_result() == 0);
    STEP_CHECK(mp_semaphore_value(semaphore) <= left);
    STEP_CHECK(mp_semaphore_release(semaphore) == 0);
    STEP_CHECK(mp_semaphore_acquire(semaphore, STEP_LIMIT_MS) == 0);
}

/* ---- event ---- */

static int wait_set(void)
{
    return mp_event_wait(event, LONG_MS);
}

static void make_awaited_event(void)
{
    STEP_CHECK(mp_event_create(&event) == 0);
    mp_helper_start(wait_set);
    mp_helper_wait_asleep();
}

static int set(void)
{
    return mp_event_set(event);
}

static void check_set(void)
{
    mp_stage_took = mp_event_is_set(event) == 1;
    if (!mp_stage_took) {
        STEP_CHECK(!mp_stage_over);
        STEP_CHECK(mp_event_set(event) == 0);
    }
    STEP_CHECK(mp_helper_result() == 0);
    STEP_CHECK(mp_event_clear(event) == 0);
    STEP_CHECK(mp_event_wait(event, 0) == MP_ETIMEDOUT);
}

static void destroy_event(void)
{
    mp_helper_end();
    mp_event_destroy(event);
}

#define CALL(name) .warm = mp_stage_warm, .operate = (name)

const mp_scenario mp_permit_scenarios[] = {
    { "semaphore: acquire", make_permits, CALL(take_permit),
      .check = check_take_permit, .tear_down = destroy_semaphore },
    { "semaphore: release, one sleeps", make_one_permit,
      .warm = take_first_and_wait_for_sleeper, .prepared = start_permit_sleeper,
      .operate = give_permit, .check = check_give_permit,
      .tear_down = destroy_semaphore_with_helper },
    { "counter: release, one sleeps", make_awaited_counter, CALL(give_permit),
      .check = check_count_up, .tear_down = destroy_semaphore_with_helper },
    { "event: set, one sleeps", make_awaited_event, CALL(set),
      .check = check_set, .tear_down = destroy_event },
    { "semaphore: acquire from the dead", make_orphaned_permit,
      CALL(take_permit), .check = check_take_orphaned,
      .tear_down = destroy_with_corpse },
    { .name = NULL },
};
