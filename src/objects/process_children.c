/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * process_children.c -- the children of this process, until each is reaped
 *
 * Every child that was started has its record in a list of this process until
 * it has ended and its handle is gone. A child that ends without being joined
 * is reaped when another is started or the list is asked for. Records belong
 * to `maker`: a forked copy of a handle is good for nothing but destroy.
 *
 * A child's end is found by its pidfd, which nothing can fake. Where there are
 * none, by a pipe whose write end the child alone should hold: its end of
 * file is a hint to look at once, and looks in slices find the rest.
 */
#include "objects/process_children.h"

#include "mp/error.h"
#include "objects/process.h"
#include "platform/clock.h"
#include "platform/fd.h"
#include "platform/log.h"
#include "platform/mark.h"
#include "platform/self.h"

#include <stdlib.h>

#define JOIN_SLICE_MS       250
#define JOIN_SLICE_FIRST_MS 1

mp_process *mp__children;

bool mp__process_is_ours(const mp_process *process)
{
    return process->maker == mp__process_self()->pid;
}

bool mp__process_has_ended(const mp_process *process)
{
    return process->state == MP__PROCESS_ENDED ||
           process->state == MP__PROCESS_LOST;
}

void mp__process_free(mp_process *process)
{
    if (process == NULL) {
        return;
    }
    mp__fd_close(&process->watch);
    free(process->name);
    free(process->identity);
    free(process);
}

void mp__process_watch(mp_process *process)
{
    process->watch = mp__child_watch(process->pid);
    process->watch_is_exact = process->watch >= 0;
    if (!process->watch_is_exact) {
        process->watch = -1;
    }
}

bool mp__process_look(mp_process *process)
{
    char text[MP__LOG_STATUS];

    if (process->state != MP__PROCESS_STARTED) {
        return mp__process_has_ended(process);
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

void mp__process_reap(void)
{
    mp_process **link = &mp__children;
    mp_process *gone = NULL;
    mp_process *child;

    mp__self_lock();
    while (*link != NULL) {
        child = *link;
        if (mp__process_is_ours(child) && !mp__process_look(child)) {
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
        mp__process_free(child);
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

    while (!mp__process_look(process)) {
        if (mp__deadline_passed(deadline)) {
            return MP_ETIMEDOUT;
        }
        wait_slice(process, deadline, ms);
        ms = ms < JOIN_SLICE_MS / 2 ? ms * 2 : JOIN_SLICE_MS;
    }
    return 0;
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
    return mp__process_look(process)
               ? 0
               : mp__child_signal(process->pid,
                                  process->watch_is_exact ? process->watch : -1,
                                  number);
}
