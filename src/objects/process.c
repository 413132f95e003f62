/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * process.c -- run a function in a child process
 *
 * The public calls on a handle, but for the start. What a handle stands for is
 * a child, the calling process or the one that started it; process_children.c
 * says how long a child's record lives and how its end is found.
 */
#include "mp/process.h"

#include "mp/error.h"
#include "objects/process_children.h"
#include "objects/process_self.h"
#include "objects/reserved.h"
#include "platform/clock.h"
#include "platform/self.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "2:1" for the first child of the second child. */
static char *identity_of(const mp_process *self, unsigned number)
{
    size_t size = strlen(self->identity) + 24;
    char *identity = malloc(size);

    if (identity != NULL) {
        (void)snprintf(identity, size, "%s%s%u", self->identity,
                       self->identity[0] == '\0' ? "" : ":", number);
    }
    return identity;
}

static char *name_of(const char *given, const char *identity)
{
    static const char prefix[] = "Process-";
    size_t size = sizeof(prefix) + strlen(identity);
    char *name;

    if (given != NULL && given[0] != '\0') {
        return mp__process_copy(given);
    }
    name = malloc(size);
    if (name != NULL) {
        (void)snprintf(name, size, "%s%s", prefix, identity);
    }
    return name;
}

int mp_process_create(mp_process **process, mp_process_main *entry,
                      void *argument, const mp_process_options *options)
{
    static const mp_process_options defaults;
    mp_process *self = mp__process_self();
    mp_process *fresh;
    unsigned number;

    options = options == NULL ? &defaults : options;
    if (process == NULL || options->daemon < MP_DAEMON_INHERIT ||
        options->daemon > MP_DAEMON_OFF || !MP__RESERVED_IS_ZERO(options)) {
        return MP_EINVAL;
    }
    fresh = calloc(1, sizeof(*fresh));
    if (fresh == NULL) {
        return MP_ENOMEM;
    }
    mp__self_lock();
    number = ++self->made;
    mp__self_unlock();
    fresh->watch = -1;
    fresh->identity = identity_of(self, number);
    if (fresh->identity != NULL) {
        fresh->name = name_of(options->name, fresh->identity);
    }
    if (fresh->name == NULL) {
        mp__process_free(fresh);
        return MP_ENOMEM;
    }
    fresh->entry = entry;
    fresh->argument = argument;
    fresh->maker = self->pid;
    fresh->daemon = options->daemon == MP_DAEMON_INHERIT
                        ? self->daemon
                        : options->daemon == MP_DAEMON_ON;
    *process = fresh;
    return 0;
}

int mp_process_join(mp_process *process, int timeout_ms)
{
    if (process == NULL) {
        return MP_EINVAL;
    }
    if (!mp__process_is_ours(process) || process->state == MP__PROCESS_NEW ||
        process->state == MP__PROCESS_SELF) {
        return MP_ESTATE;
    }
    if (process->state == MP__PROCESS_PARENT) {
        return mp__process_join_parent(process, mp__deadline_after(timeout_ms));
    }
    return mp__process_wait(process, mp__deadline_after(timeout_ms));
}

/* Asking is allowed with a const handle; what it learns is not part of what
 * the caller sees of it. */
static mp_process *unconst(const mp_process *process)
{
    union {
        const mp_process *asked;
        mp_process *known;
    } both = { .asked = process };

    return both.known;
}

int mp_process_is_alive(const mp_process *process)
{
    if (process == NULL) {
        return MP_EINVAL;
    }
    if (!mp__process_is_ours(process)) {
        return MP_ESTATE;
    }
    switch (process->state) {
    case MP__PROCESS_SELF:
        return 1;
    case MP__PROCESS_PARENT:
        return mp__domain_is_alive(process->ident) ? 1 : 0;
    case MP__PROCESS_STARTED:
        return mp__process_look(unconst(process)) ? 0 : 1;
    case MP__PROCESS_NEW:
    case MP__PROCESS_ENDED:
    case MP__PROCESS_LOST:
        break;
    }
    return 0;
}

int mp_process_exit_status(const mp_process *process, int *status)
{
    if (process == NULL || status == NULL) {
        return MP_EINVAL;
    }
    if (!mp__process_is_ours(process)) {
        return MP_ESTATE;
    }
    if (process->state == MP__PROCESS_PARENT) {
        return MP_EUNKNOWN;
    }
    if (!mp__process_look(unconst(process))) {
        return MP_EAGAIN;
    }
    if (process->state == MP__PROCESS_LOST) {
        return MP_EUNKNOWN;
    }
    *status = process->how.status;
    return 0;
}

pid_t mp_process_pid(const mp_process *process)
{
    return process == NULL || !mp__process_is_ours(process) ? 0 : process->pid;
}

const char *mp_process_name(const mp_process *process)
{
    return process == NULL || !mp__process_is_ours(process) ? NULL
                                                            : process->name;
}

int mp_process_is_daemon(const mp_process *process)
{
    if (process == NULL) {
        return MP_EINVAL;
    }
    return !mp__process_is_ours(process) ? MP_ESTATE
                                         : (process->daemon ? 1 : 0);
}

int mp_process_descriptor(const mp_process *process)
{
    if (process == NULL) {
        return MP_EINVAL;
    }
    if (!mp__process_is_ours(process)) {
        return MP_ESTATE;
    }
    if (process->watch < 0 && process->state == MP__PROCESS_STARTED) {
        mp__process_watch(
            unconst(process)); /* there was no place left for it */
    }
    return process->watch < 0 ? MP_ESTATE : process->watch;
}

int mp_process_terminate(mp_process *process)
{
    return mp__process_signal(process, SIGTERM);
}

int mp_process_kill(mp_process *process)
{
    return mp__process_signal(process, SIGKILL);
}

void mp_process_destroy(mp_process *process)
{
    if (process == NULL || process->state == MP__PROCESS_SELF ||
        process->state == MP__PROCESS_PARENT) {
        return;
    }
    if (!mp__process_is_ours(process)) {
        process->watch = -1; /* closed already, at the fork */
        mp__process_free(process);
        return;
    }
    if (process->state == MP__PROCESS_NEW) {
        mp__process_free(process);
        return;
    }
    process->detached = true;
    if (mp__process_has_ended(process)) {
        /* In the list still, unless a reap has taken it out. */
        mp_process **link = &mp__children;

        mp__self_lock();
        while (*link != NULL && *link != process) {
            link = &(*link)->next;
        }
        if (*link != NULL) {
            *link = process->next;
        }
        mp__self_unlock();
        mp__process_free(process);
        return;
    }
    mp__process_reap();
}

int mp_process_children(mp_process **handles, size_t capacity)
{
    mp_process *child;
    int count = 0;

    if (handles == NULL && capacity > 0) {
        return MP_EINVAL;
    }
    mp__process_reap();
    mp__self_lock();
    for (child = mp__children; child != NULL; child = child->next) {
        if (!child->detached && mp__process_is_ours(child)) {
            if ((size_t)count < capacity) {
                handles[count] = child;
            }
            count++;
        }
    }
    mp__self_unlock();
    return count;
}
