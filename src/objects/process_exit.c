/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * process_exit.c -- a process minds its children before it goes
 *
 * Pools are ended, daemons terminated, other children waited for: in the main
 * program by an exit handler, in a child of ours on its way out, where no
 * handler of its parent may run.
 */
#include "objects/process_exit.h"

#include "mp/error.h"
#include "objects/process.h"
#include "objects/process_children.h"
#include "objects/process_self.h"
#include "platform/clock.h"
#include "platform/self.h"

#include <stdio.h>
#include <stdlib.h>

#define KILL_GRACE (1000 * MP__MS)

static void (*exit_hook)(void);
static pid_t exit_hook_owner;
static pid_t exit_handler_owner; /* who asked for the exit handler last */

void mp__process_leave(int status)
{
    mp__process_finish();
    mp__child_leave(status & 0xff);
}

static void exit_handler(void)
{
    if (exit_handler_owner == mp__self_pid()) {
        mp__process_finish();
    }
}

/* Registered once and inherited by forks: it acts for whoever asked last. A
 * child of ours leaves through mp__process_leave() before it comes to that. */
int mp__process_mind_exit(void)
{
    if (exit_handler_owner == 0 && atexit(exit_handler) != 0) {
        return MP_ENOMEM;
    }
    exit_handler_owner = mp__process_self()->pid;
    return 0;
}

int mp__process_on_exit(void (*hook)(void))
{
    exit_hook = hook;
    exit_hook_owner = mp__process_self()->pid;
    return mp__process_mind_exit();
}

/* The first child in the list that is a daemon or not, as asked. */
static mp_process *next_child(bool daemon, const mp_process *after)
{
    mp_process *child = after == NULL ? mp__children : after->next;

    while (child != NULL &&
           (child->daemon != daemon || !mp__process_is_ours(child))) {
        child = child->next;
    }
    return child;
}

void mp__process_finish(void)
{
    mp_process *child;
    int64_t deadline;

    if (exit_hook != NULL && exit_hook_owner == mp__process_self()->pid) {
        exit_hook();
    }
    for (child = next_child(true, NULL); child != NULL;
         child = next_child(true, child)) {
        (void)mp__process_signal(child, SIGTERM);
    }
    deadline = mp__clock_ns() + KILL_GRACE;
    for (child = next_child(true, NULL); child != NULL;
         child = next_child(true, child)) {
        if (mp__process_wait(child, deadline) == MP_ETIMEDOUT) {
            if (mp__process_signal(child, SIGKILL) == 0) {
                (void)mp__process_wait(child, MP__NEVER);
            } /* else it runs as another user, and out of our hands */
        }
    }
    for (child = next_child(false, NULL); child != NULL;
         child = next_child(false, child)) {
        (void)mp__process_wait(child, MP__NEVER);
    }
    mp__process_reap();
}

void mp__process_become(const char *name, pid_t parent_pid,
                        mp__ident parent_ident, const char *parent_name)
{
    static char role[64];
    static char none[] = "";
    static mp_process self = { .watch = -1, .daemon = true };

    mp__children = NULL;
    (void)snprintf(role, sizeof(role), "%s", name);
    self.name = role;
    self.identity = none;
    mp__process_set_self(&self, parent_pid, parent_ident, parent_name);
}

void mp_process_exit(int status)
{
    if (mp_process_parent() == NULL) {
        exit(status); /* the main program: its own handlers run */
    }
    mp__process_leave(status);
}
