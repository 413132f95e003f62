/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * process.c -- run a function in a child process
 *
 * Every child that was started has its record in a list of this process until
 * it has ended and its handle is gone; who ends without being joined is
 * reaped when another is started or the list is asked for. Records belong to
 * `maker`: a forked copy of a handle is good for nothing but destroy.
 *
 * A child's end is found by its pidfd, which nothing can fake. Where there are
 * none, by a pipe whose write end the child alone should hold: its end of
 * file is a hint to look at once, and looks in slices find the rest.
 */
#include "mp/process.h"

#include "mp/error.h"
#include "objects/process.h"
#include "objects/process_self.h"
#include "objects/reserved.h"
#include "platform/clock.h"
#include "platform/fd.h"
#include "platform/log.h"
#include "platform/mark.h"
#include "platform/self.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOIN_SLICE_MS       250
#define JOIN_SLICE_FIRST_MS 1
#define KILL_GRACE          (1000 * MP__MS)

/* Under mp__self_lock(); entries of another maker were copied by a fork. */
mp_process *mp__children;

bool mp__process_is_ours(const mp_process *process)
{
    return process->maker == mp__process_self()->pid;
}

static bool has_ended(const mp_process *process)
{
    return process->state == MP__PROCESS_ENDED ||
           process->state == MP__PROCESS_LOST;
}

static void process_free(mp_process *process)
{
    if (process == NULL) {
        return;
    }
    mp__fd_close(&process->watch);
    free(process->name);
    free(process->identity);
    free(process);
}

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
        process_free(fresh);
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

/* Look whether a started child has ended; true if so. */
static bool look(mp_process *process)
{
    char text[MP__LOG_STATUS];

    if (process->state != MP__PROCESS_STARTED) {
        return has_ended(process);
    }
    switch (mp__child_reap(process->pid, &process->how)) {
    case MP__REAP_ENDED:
        process->state = MP__PROCESS_ENDED;
        break;
    case MP__REAP_LOST:
        process->state = MP__PROCESS_LOST;
        break;
    case MP__REAP_RUNNING:
        return false;
    }
    mp__log("%s ended with %s, process %d", process->name,
            mp__log_status(text, process->state == MP__PROCESS_ENDED,
                           process->how.status),
            (int)process->pid);
    return true;
}

/* Reap every child that has ended; free those without a handle. */
void mp__process_reap(void)
{
    mp_process **link = &mp__children;
    mp_process *gone = NULL;
    mp_process *child;

    mp__self_lock();
    while (*link != NULL) {
        child = *link;
        if (mp__process_is_ours(child) && !look(child)) {
            link = &child->next;
            continue;
        }
        *link = child->next;
        child->next = NULL;
        if (child->detached && mp__process_is_ours(child)) {
            child->next = gone;
            gone = child;
        }
    }
    mp__self_unlock();
    while (gone != NULL) {
        child = gone;
        gone = child->next;
        process_free(child);
    }
}

bool mp__process_has_children(void)
{
    mp__process_reap();
    return mp__child_peek() != -1;
}

/* One slice of waiting for the end of `process`. */
static void wait_slice(const mp_process *process, int64_t deadline, int ms)
{
    int left = mp__deadline_poll_ms(deadline, ms);

    /* End of file and still not reaped: its status is on the way, or it
     * closed the descriptor, or somebody closed ours. Then only naps are
     * left. */
    if (mp__fd_wait(process->watch, -1, left) != 0 &&
        !(process->watch_is_exact && mp__mark_is_ours(process->watch))) {
        mp__clock_sleep(mp__deadline_slice(deadline, ms * MP__MS) -
                        mp__clock_ns());
    }
}

int mp__process_wait(mp_process *process, int64_t deadline)
{
    int ms = process->watch_is_exact ? JOIN_SLICE_MS : JOIN_SLICE_FIRST_MS;

    while (!look(process)) {
        if (mp__deadline_passed(deadline)) {
            return MP_ETIMEDOUT;
        }
        wait_slice(process, deadline, ms);
        ms = ms < JOIN_SLICE_MS / 2 ? ms * 2 : JOIN_SLICE_MS;
    }
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
        return look(unconst(process)) ? 0 : 1;
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
    if (!look(unconst(process))) {
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

int mp__process_signal(mp_process *process, int number)
{
    if (process == NULL) {
        return MP_EINVAL;
    }
    if (!mp__process_is_ours(process) || process->pid <= 0 ||
        process->state == MP__PROCESS_NEW ||
        process->state == MP__PROCESS_SELF ||
        process->state == MP__PROCESS_PARENT) {
        return MP_ESTATE;
    }
    return look(process)
               ? 0
               : mp__child_signal(process->pid,
                                  process->watch_is_exact ? process->watch : -1,
                                  number);
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
        process_free(process);
        return;
    }
    if (process->state == MP__PROCESS_NEW) {
        process_free(process);
        return;
    }
    process->detached = true;
    if (has_ended(process)) {
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
        process_free(process);
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
