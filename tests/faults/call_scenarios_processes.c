/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * call_scenarios_processes.c -- children, their ends, and what they leave
 */
#include "faults/call_scenarios.h"

#include <signal.h>
#include <stddef.h>

static int give_seven(void *unused)
{
    (void)unused;
    return mp_process_parent() != NULL ? 7 : CHILD_WRONG;
}

static int run_process(void)
{
    mp_process *child = NULL;
    mp_process *known[4] = { NULL };
    mp_wait_item item = { .ready = false };
    int result = 0;

    MAKE(child, call_child_start(&child, give_seven, NULL));
    WANT(mp_process_children(known, 4) <= 1); /* it may have ended */
    TRY(mp_process_descriptor(child));
    item.process = child;
    result = mp_wait(&item, 1, LONG_MS);
    WANT(result < 0 || (result == 1 && item.ready));
    TRY(result);
    WANT(mp_process_is_alive(child) == 0);

done:
    return call_child_end(child, 7, result, __LINE__);
}

static int wait_for_ever(void *event)
{
    return mp_event_wait(event, MP_FOREVER);
}

/* Killed by request; EPERM says that it was not. */
static int run_kill(void)
{
    mp_process *child = NULL;
    mp_event *event = NULL;
    int status = 0;
    int tries;
    int result = 0;
    int asked = -1;

    MAKE(event, mp_event_create(&event));
    MAKE(child, call_child_start(&child, wait_for_ever, event));
    for (tries = 0; tries < 2 && asked < 0; tries++) {
        asked = mp_process_terminate(child);
        WANT(asked == 0 || asked == MP_EPERM);
    }
    WANT(asked == 0);
    TRY(mp_process_join(child, LONG_MS));
    result = mp_process_exit_status(child, &status);
    WANT(result == MP_EUNKNOWN ? status == 0 : status == -SIGTERM);
    TRY(result);

done:
    if (result != 0 && child != NULL) {
        (void)mp_process_kill(child);
        (void)mp_process_kill(child);
        (void)mp_process_join(child, LONG_MS);
    }
    mp_process_destroy(child);
    mp_event_destroy(event);
    return result;
}

/* Its own child is a daemon that it leaves behind, and one it waits for. */
static int leave_children(void *event)
{
    const mp_process_options daemon = { .daemon = MP_DAEMON_ON };
    mp_process *waits = NULL;
    mp_process *ends = NULL;
    int result = 0;

    MAKE(waits, mp_process_create(&waits, wait_for_ever, event, &daemon));
    TRY(mp_process_start(waits));
    MAKE(ends, call_child_start(&ends, give_seven, NULL));

done:
    mp_process_destroy(waits);
    mp_process_destroy(ends);
    return call_child_status(result);
}

static int run_family(void)
{
    mp_process *child = NULL;
    mp_event *event = NULL;
    int result = 0;

    MAKE(event, mp_event_create(&event));
    MAKE(child, call_child_start(&child, leave_children, event));

done:
    result = call_child_end(child, 0, result, __LINE__);
    mp_event_destroy(event);
    return result;
}

static int do_nothing(const void *argument, void *nothing)
{
    (void)argument;
    (void)nothing;
    return 0;
}

/* A pool and a child are left to the end of their process. */
static int leave_pool(void *unused)
{
    const mp_task task = { .run = do_nothing };
    mp_pool *pool = NULL;
    int result = 0;

    (void)unused;
    MAKE(pool, mp_pool_create(&pool, &(mp_pool_options){ .workers = 1 }));
    result = mp_pool_apply(pool, &task, NULL, NULL, NULL);
    TRY(result);

done:
    mp_process_exit(call_child_status(result));
    return CHILD_WRONG;
}

static int run_forgotten_pool(void)
{
    mp_process *child = NULL;
    int result = 0;

    MAKE(child, call_child_start(&child, leave_pool, NULL));

done:
    return call_child_end(child, 0, result, __LINE__);
}

/* A child waits for its parent to end. */
static int outlive_parent(void *event)
{
    return mp_process_join(mp_process_parent(), 1) == MP_ETIMEDOUT &&
                   mp_process_is_alive(mp_process_parent()) == 1 &&
                   mp_event_set(event) == 0
               ? 0
               : CHILD_FAILED;
}

static int run_parent(void)
{
    mp_process *child = NULL;
    mp_event *event = NULL;
    int result = 0;

    MAKE(event, mp_event_create(&event));
    MAKE(child, call_child_start(&child, outlive_parent, event));

done:
    result = call_child_end(child, 0, result, __LINE__);
    if (result == 0 && mp_event_is_set(event) != 1) {
        result = __LINE__;
    }
    mp_event_destroy(event);
    return result;
}

const call_scenario call_scenarios_processes[] = {
    { "process", run_process }, { "kill", run_kill },
    { "family", run_family },   { "forgotten-pool", run_forgotten_pool },
    { "parent", run_parent },   { NULL, NULL },
};
