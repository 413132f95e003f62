/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * call_worlds.c -- systems on which some calls never work
 */
#include "faults/call_worlds.h"

#include <stddef.h>
#include <stdio.h>

enum { WORLD_REFUSED = WORLDS_WITH_FAILURES, WORLD_NO_PROC, WORLD_SINGLE };

/* Beyond POSIX.1-2008: what an old kernel lacks, or a sandbox refuses. */
static const struct extra {
    const char *name;
    enum call_id ids[2];
} extras[] = {
    { "futex", { CALL_FUTEX_WAIT, CALL_FUTEX_WAKE } },
    { "memfd_create", { CALL_MEMFD, CALL_MEMFD } },
    { "eventfd", { CALL_EVENTFD, CALL_EVENTFD } },
    { "pipe2", { CALL_PIPE2, CALL_PIPE2 } },
    { "pidfd_open", { CALL_PIDFD_OPEN, CALL_PIDFD_OPEN } },
    { "pidfd_send_signal", { CALL_PIDFD_SIGNAL, CALL_PIDFD_SIGNAL } },
    { "prctl", { CALL_PRCTL_NAME, CALL_PRCTL_DEATH } },
    { "madvise", { CALL_MADVISE, CALL_MADVISE } },
    { "fallocate", { CALL_FALLOCATE, CALL_FALLOCATE } },
    { "seals", { CALL_FCNTL_SEALS, CALL_FCNTL_SEALS } },
    { "sched_getaffinity", { CALL_AFFINITY, CALL_AFFINITY } },
};

#define EXTRAS ((int)(sizeof(extras) / sizeof(extras[0])))

/* Two worlds for each extra. */
static int error_of(int single)
{
    return single % 2 == 0 ? ENOSYS : EPERM;
}

const char *call_world_name(int world)
{
    static const char *const names[] = { "plain", "bare", "refused",
                                         "no-proc" };
    static char single[64];

    if (world < WORLD_SINGLE) {
        return names[world];
    }
    world -= WORLD_SINGLE;
    if (world >= 2 * EXTRAS) {
        return NULL;
    }
    (void)snprintf(single, sizeof(single), "%s=%s", extras[world / 2].name,
                   call_error_name(error_of(world)));
    return single;
}

static void lose(call_plan *plan, const struct extra *extra, int error)
{
    plan->always[extra->ids[0]] = error;
    plan->always[extra->ids[1]] = error;
}

void call_world_apply(int world, call_plan *plan)
{
    plan->permanent = world != WORLD_PLAIN;
    if (world == WORLD_BARE || world == WORLD_REFUSED) {
        for (int i = 0; i < EXTRAS; i++) {
            lose(plan, &extras[i], world == WORLD_BARE ? ENOSYS : EPERM);
        }
    }
    if (world == WORLD_BARE || world == WORLD_NO_PROC) {
        atomic_store(&plan->hide_proc, true);
    }
    if (world >= WORLD_SINGLE) {
        lose(plan, &extras[(world - WORLD_SINGLE) / 2],
             error_of(world - WORLD_SINGLE));
    }
}
