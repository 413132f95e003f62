/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * process_self.c -- the process we are, and the one that started us
 *
 * Each process has one record of itself: static in the main program, the
 * started handle's copy in a child. A child that the host forked by itself
 * finds its parent's record there; mp__self tells (its mark is gone) and the
 * record is corrected: other pid, no children, no known parent.
 */
#include "objects/process_self.h"

#include "mp/error.h"
#include "objects/process.h"
#include "platform/clock.h"
#include "platform/self.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static char main_name[] = "MainProcess";
static char no_identity[] = "";
static mp_process main_process = { .name = main_name,
                                   .identity = no_identity,
                                   .watch = -1,
                                   .state = MP__PROCESS_SELF };
static mp_process *self_process = &main_process;

static char parent_name_copy[64];
static mp_process parent_process = { .watch = -1 };
static bool has_parent;

static void mark_self(void)
{
    atomic_store(&mp__self_get()->known, 1);
    self_process->pid = mp__self_pid();
    self_process->maker = self_process->pid;
}

mp_process *mp__process_self(void)
{
    if (atomic_load(&mp__self_get()->known) == 0) {
        if (self_process->pid != 0 && self_process->pid != mp__self_pid()) {
            self_process->made = 0; /* a fork behind our back */
            has_parent = false;
        }
        mark_self();
    }
    return self_process;
}

void mp__process_set_self(mp_process *self, pid_t parent_pid,
                          mp__ident parent_ident, const char *parent_name)
{
    size_t i;

    /* By hand: each function of libc's is fresh code to a fresh child. */
    for (i = 0; i < sizeof(parent_name_copy) - 1 && parent_name[i] != '\0';
         i++) {
        parent_name_copy[i] = parent_name[i];
    }
    parent_name_copy[i] = '\0';
    parent_process.name = parent_name_copy;
    parent_process.pid = parent_pid;
    parent_process.ident = parent_ident;
    parent_process.maker = mp__self_pid();
    parent_process.state = MP__PROCESS_PARENT;
    has_parent = true;
    self->state = MP__PROCESS_SELF;
    self->made = 0;
    self_process = self;
    mark_self();
}

mp_process *mp_process_current(void)
{
    return mp__process_self();
}

mp_process *mp_process_parent(void)
{
    (void)mp__process_self();
    return has_parent ? &parent_process : NULL;
}

bool mp__process_is_daemonic(void)
{
    return mp__process_self()->daemon;
}

int mp__process_join_parent(const mp_process *parent, int64_t deadline)
{
    int64_t nap = MP__MS;

    while (mp__domain_is_alive(parent->ident)) {
        if (mp__deadline_passed(deadline)) {
            return MP_ETIMEDOUT;
        }
        mp__clock_sleep(mp__deadline_slice(deadline, nap) - mp__clock_ns());
        nap = nap < 50 * MP__MS ? nap * 2 : nap;
    }
    return 0;
}

char *mp__process_copy(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);

    if (copy != NULL) {
        memcpy(copy, text, size);
    }
    return copy;
}
