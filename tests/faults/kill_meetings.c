/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * kill_meetings.c -- events, conditions, barriers, processes and connections
 */
#include "faults/kill_stage.h"

#include "mp/error.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { LONG_MS = 10000 };

/* ---- event ---- */

static mp_event *event;

static void set_event(int number)
{
    (void)number;
    stage_nap_us(3000); /* the waiters park */
    CHECK(mp_event_set(event) == 0);
    CHECK(mp_event_clear(event) == 0);
    stage_nap_us(3000);
    CHECK(mp_event_set(event) == 0);
}

/* One who waits passes at the first opening it can see. */
static void wait_for_event(int number)
{
    int64_t end = stage_clock_ns() + LONG_MS * INT64_C(1000000);
    int result;

    (void)number;
    do {
        result = mp_event_wait(event, 300);
        CHECK(result == 0 || mp_event_is_set(event) == 0 ||
              mp_event_wait(event, 0) == 0);
    } while (result != 0 && stage_clock_ns() < end && !stage_main_is_gone() &&
             stage_killed(MP__ROLE_PRODUCER) == 0);
    CHECK_RESULT(result == 0 || stage_main_is_gone() ||
                     stage_killed(MP__ROLE_PRODUCER) > 0,
                 result);
}

static void pass_events(void)
{
    int i;

    CHECK(mp_event_create(&event) == 0);
    for (i = 0; i < 2; i++) {
        (void)actor_start(MP__ROLE_WAITER, wait_for_event, i);
    }
    (void)actor_start(MP__ROLE_PRODUCER, set_event, 0);
    actors_wait();
    mp__kill_point_role(MP__ROLE_NONE);
    CHECK(mp_event_set(event) == 0);
    CHECK(mp_event_wait(event, 0) == 0);
    CHECK(mp_event_clear(event) == 0);
    CHECK(mp_event_wait(event, 0) == MP_ETIMEDOUT);
    mp_event_destroy(event);
}

/* ---- condition ---- */

enum { TICKETS = 3 };

struct notices {
    _Atomic int tickets; /* all of it under the lock */
    _Atomic int begun;
    _Atomic int taken;
    _Atomic int over;
    _Atomic int corpses; /* that wait */
};

static struct notices *notices;
static mp_lock *lock;
static mp_condition *condition;

static void hold(void)
{
    int result = mp_lock_acquire(lock, LONG_MS);

    CHECK_RESULT(result == 0 || result == MP_OWNERDEAD, result);
}

static void let_go(void)
{
    int result = mp_lock_release(lock);

    CHECK_RESULT(result == 0, result);
}

static void notify(int number)
{
    int i;

    stage_nap_us(2000 + 3000 * number);
    for (i = 0; i < TICKETS; i++) {
        hold();
        (void)atomic_fetch_add(&notices->begun, 1);
        (void)atomic_fetch_add(&notices->tickets, 1);
        CHECK(mp_condition_notify(condition, 1) >= 0);
        let_go();
        stage_nap_us(500);
    }
}

/* A notice that was given wakes somebody, whoever dies: to time out with a
 * ticket to be had is to have lost one. */
static void take_tickets(int number)
{
    int result;

    hold();
    if (number == 0) {
        result = mp_condition_wait(condition, 1);
        CHECK_RESULT(result >= 0 || result == MP_ETIMEDOUT, result);
    }
    while (atomic_load(&notices->over) == 0 && !stage_main_is_gone()) {
        if (atomic_load(&notices->tickets) > 0) {
            (void)atomic_fetch_sub(&notices->tickets, 1);
            (void)atomic_fetch_add(&notices->taken, 1);
            continue;
        }
        result = mp_condition_wait(condition, 3000);
        CHECK_RESULT(result == 0 || result == MP_OWNERDEAD ||
                         result == MP_ETIMEDOUT,
                     result);
        CHECK(result != MP_ETIMEDOUT || stage_main_is_gone() ||
              stage_killed(MP__ROLE_PRODUCER) > 0 ||
              atomic_load(&notices->tickets) == 0);
    }
    let_go();
}

static void wait_until_dead(int number)
{
    (void)number;
    hold();
    (void)atomic_fetch_add(&notices->corpses, 1);
    (void)mp_condition_wait(condition, LONG_MS);
    let_go();
}

/* One dies while it waits; with `heritage`, one that was notified, too. */
static void leave_corpses(bool heritage)
{
    pid_t pid;
    int i;

    for (i = 0; i < (heritage ? 2 : 1); i++) {
        pid = actor_start(MP__ROLE_NONE, wait_until_dead, 0);
        for (hold(); atomic_load(&notices->corpses) == i; hold()) {
            let_go();
            stage_nap_us(200);
        }
        /* It waits: only a wait lets the lock go. */
        if (i == 1) {
            (void)atomic_fetch_add(&notices->begun, 1);
            (void)atomic_fetch_add(&notices->tickets, 1);
            CHECK(mp_condition_notify(condition, 1) == 1);
        }
        (void)kill(pid, SIGKILL);
        CHECK(actor_wait(pid));
        let_go();
    }
}

static void share_condition(bool heritage)
{
    pid_t producers[2];
    int total;
    int i;

    notices = (struct notices *)(void *)stage->memory;
    CHECK(mp_lock_create(&lock) == 0);
    CHECK(mp_condition_create(&condition, lock) == 0);
    leave_corpses(heritage);
    for (i = 0; i < 2; i++) {
        (void)actor_start(MP__ROLE_WAITER, take_tickets, i);
    }
    for (i = 0; i < 2; i++) {
        producers[i] = actor_start(MP__ROLE_PRODUCER, notify, i);
    }
    for (i = 0; i < 2; i++) {
        (void)actor_wait(producers[i]);
    }
    if (heritage) {
        stage_nap_us(120000); /* a slice, in which the notice is inherited */
    }
    hold();
    atomic_store(&notices->over, 1);
    CHECK(mp_condition_notify_all(condition) >= 0);
    let_go();
    actors_wait();
    mp__kill_point_role(MP__ROLE_NONE);
    total = atomic_load(&notices->tickets) + atomic_load(&notices->taken);
    CHECK_RESULT(total == atomic_load(&notices->begun), total);
    hold();
    CHECK(mp_condition_notify(condition, 5) == 0);
    /* The notice of a waiter that was killed goes to whoever waits next. */
    i = mp_condition_wait(condition, 1);
    CHECK_RESULT(
        i == MP_ETIMEDOUT || (i == 0 && stage_killed(MP__ROLE_WAITER) > 0), i);
    let_go();
    mp_condition_destroy(condition);
    mp_lock_destroy(lock);
}

static void notify_waiters(void)
{
    share_condition(false);
}

static void inherit_notice(void)
{
    share_condition(true);
}

/* ---- barrier ---- */

enum { PARTIES = 3, MEETINGS = 3 };

struct round {
    _Atomic int acting;
    _Atomic int slow_us; /* how long the action takes */
    _Atomic int refuses; /* it fails */
    _Atomic int patience_ms;
    _Atomic int met[MEETINGS];
};

static struct round *rounds;
static mp_barrier *barrier;

static int act(void *argument)
{
    (void)argument;
    atomic_store(&rounds->acting, 1);
    stage_nap_us(atomic_load(&rounds->slow_us));
    return atomic_load(&rounds->refuses);
}

/* Nobody passes alone: who passes the n-th time has met all the others. */
static void meet(int number)
{
    int i;
    int result;

    (void)number;
    for (i = 0; i < MEETINGS; i++) {
        result = mp_barrier_wait(barrier, LONG_MS);
        if (result < 0) {
            CHECK_RESULT(result == MP_EBROKEN && stage_killed_any() > 0,
                         result);
            return;
        }
        (void)atomic_fetch_add(&rounds->met[i], 1);
    }
}

/* All meetings well again, whatever was before. */
static void meet_again(void)
{
    int i;
    int result;

    result = mp_barrier_reset(barrier);
    CHECK_RESULT(result == 0, result);
    memset(stage->memory, 0, sizeof(*rounds));
    for (i = 0; i < PARTIES; i++) {
        (void)actor_start(MP__ROLE_NONE, meet, i);
    }
    actors_wait();
    for (i = 0; i < MEETINGS; i++) {
        result = atomic_load(&rounds->met[i]);
        CHECK_RESULT(result == PARTIES, result);
    }
}

static void meet_often(void)
{
    int i;

    rounds = (struct round *)(void *)stage->memory;
    CHECK(mp_barrier_create(&barrier, PARTIES, act, NULL) == 0);
    atomic_store(&rounds->slow_us, 2000);
    for (i = 0; i < PARTIES; i++) {
        (void)actor_start(MP__ROLE_WAITER, meet, i);
    }
    while (actor_wait_any()) {
        /* One who died before it came is not missed: call it off. */
        mp__kill_point_role(MP__ROLE_NONE);
        CHECK(mp_barrier_abort(barrier) == 0);
    }
    mp__kill_point_role(MP__ROLE_NONE);
    CHECK(stage_killed_any() > 0 ||
          atomic_load(&rounds->met[MEETINGS - 1]) == PARTIES);
    meet_again();
    mp_barrier_destroy(barrier);
}

/* Whatever comes of it, it comes soon. */
static void try_to_meet(int number)
{
    int result = mp_barrier_wait(barrier, atomic_load(&rounds->patience_ms));

    (void)number;
    CHECK_RESULT(result >= 0 || result == MP_EBROKEN || result == MP_ETIMEDOUT,
                 result);
}

static void reset_barrier(int number)
{
    int result = mp_barrier_reset(barrier);

    (void)number;
    CHECK_RESULT(result == 0, result);
}

static void abort_barrier(int number)
{
    int result = mp_barrier_abort(barrier);

    (void)number;
    CHECK_RESULT(result == 0, result);
}

static void try_all(void)
{
    int i;

    for (i = 0; i < PARTIES; i++) {
        (void)actor_start(MP__ROLE_WAITER, try_to_meet, i);
    }
}

static void break_meetings(void)
{
    int i;

    rounds = (struct round *)(void *)stage->memory;
    CHECK(mp_barrier_create(&barrier, PARTIES, act, NULL) == 0);
    atomic_store(&rounds->patience_ms, 5); /* one comes alone */
    (void)actor_wait(actor_start(MP__ROLE_WAITER, try_to_meet, 0));
    (void)actor_wait(actor_start(MP__ROLE_HOLDER, reset_barrier, 0));
    atomic_store(&rounds->patience_ms, 60); /* a fourth comes meanwhile */
    atomic_store(&rounds->slow_us, 20000);
    try_all();
    for (i = 0; i < 200 && atomic_load(&rounds->acting) == 0; i++) {
        stage_nap_us(500);
    }
    (void)actor_start(MP__ROLE_HOLDER, try_to_meet, 0);
    actors_wait();
    (void)actor_wait(actor_start(MP__ROLE_HOLDER, reset_barrier, 0));
    atomic_store(&rounds->slow_us, 0); /* the action fails */
    atomic_store(&rounds->refuses, 1);
    try_all();
    actors_wait();
    (void)actor_wait(actor_start(MP__ROLE_HOLDER, reset_barrier, 0));
    (void)actor_wait(actor_start(MP__ROLE_HOLDER, abort_barrier, 0));
    mp__kill_point_role(MP__ROLE_NONE);
    meet_again();
    mp_barrier_destroy(barrier);
}

/* ---- processes ---- */

static int be_process(void *argument)
{
    stage_nap_us(1000);
    return *(int *)argument;
}

static void run_processes(void)
{
    mp_process *children[3] = { NULL };
    int codes[3] = { 0, 7, 9 };
    int status;
    int result;
    int i;

    for (i = 0; i < 3; i++) {
        CHECK(mp_process_create(&children[i], be_process, &codes[i], NULL) ==
              0);
        mp__kill_point_role(MP__ROLE_MAIN);
        CHECK(mp_process_start(children[i]) == 0);
    }
    for (i = 0; i < 3; i++) {
        result = mp_process_join(children[i], LONG_MS);
        CHECK_RESULT(result == 0, result);
        CHECK(mp_process_exit_status(children[i], &status) == 0);
        CHECK_RESULT(status == codes[i] ||
                         (status == -SIGKILL && stage_killed_any() > 0),
                     status);
        mp_process_destroy(children[i]);
    }
}

/* ---- a connection ---- */

enum { LONG_MESSAGE = 40000, MESSAGES = 3 };

static mp_connection *ends[2];

static void send_messages(int number)
{
    static unsigned char message[LONG_MESSAGE];
    int i;
    int result;

    (void)number;
    (void)mp_connection_close(ends[0]);
    for (i = 0; i < MESSAGES; i++) {
        memset(message, i + 1, sizeof(message));
        result = mp_connection_send_bytes(ends[1], message, sizeof(message),
                                          LONG_MS);
        CHECK_RESULT(result == 0 || stage_main_is_gone(), result);
    }
}

static void talk(void)
{
    static unsigned char message[LONG_MESSAGE];
    size_t size = 0;
    int whole = 0;
    int result;
    int i;

    CHECK(mp_connection_pair(&ends[0], &ends[1], NULL) == 0);
    (void)actor_start(MP__ROLE_PRODUCER, send_messages, 0);
    (void)mp_connection_close(ends[1]);
    for (;;) {
        result = mp_connection_receive_bytes(ends[0], message, sizeof(message),
                                             &size, LONG_MS);
        if (result < 0) {
            break;
        }
        whole++;
        CHECK_RESULT(size == LONG_MESSAGE, (int)size);
        for (i = 0; i < LONG_MESSAGE; i++) {
            CHECK(message[i] == whole);
        }
    }
    CHECK_RESULT(result == MP_ECLOSED || (result == MP_ECRASHED &&
                                          stage_killed(MP__ROLE_PRODUCER) > 0),
                 result);
    CHECK_RESULT(whole == MESSAGES || stage_killed(MP__ROLE_PRODUCER) > 0,
                 whole);
    actors_wait();
    mp_connection_destroy(ends[0]);
    mp_connection_destroy(ends[1]);
}

const struct scenario meeting_scenarios[] = {
    { "event", pass_events, MP__ROLE_MAIN, { { 0 } } },
    { "condition", notify_waiters, MP__ROLE_MAIN, { { 0 } } },
    { "condition_heir", inherit_notice, MP__ROLE_MAIN, { { 0 } } },
    { "barrier", meet_often, MP__ROLE_MAIN, { { 0 } } },
    { "barrier_broken", break_meetings, MP__ROLE_MAIN, { { 0 } } },
    { "process", run_processes, MP__ROLE_MAIN, { { 0 } } },
    { "connection", talk, MP__ROLE_MAIN, { { 0 } } },
    { 0 },
};
