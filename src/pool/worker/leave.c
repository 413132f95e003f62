/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * leave.c -- a worker leaves that has lost its supervisor, its item or itself
 *
 * Nothing here gives an item its end: whoever is left to see that the worker is
 * gone does so.
 */
#include "pool/worker/leave.h"

#include "platform/child.h"
#include "platform/clock.h"
#include "platform/kill_point.h"
#include "platform/self.h"

#include <stdatomic.h>

void mp__worker_leave_orphan(const mp__worker *w)
{
    if (mp__child_is_orphan(w->supervisor)) {
        mp__child_quit(0);
    }
}

_Noreturn void mp__worker_wait_for_death(const mp__worker *w)
{
    for (;;) {
        MP_KILL_POINT("worker.doomed");
        mp__clock_sleep(10 * MP__MS);
        mp__worker_leave_orphan(w);
        if (!mp__task_table_is_decided(w->core->table, &w->claim)) {
            mp__child_quit(1);
        }
    }
}

_Noreturn void mp__worker_wait_for_kill(const mp__worker *w)
{
    for (;;) {
        mp__clock_sleep(10 * MP__MS);
        mp__worker_leave_orphan(w);
    }
}

void mp__worker_leave_nonsense(const mp__worker *w)
{
    mp__claim claim;

    if (mp__task_table_in_hand(w->core->table, w->index, &claim) !=
        MP__TASK_FREE) {
        mp__child_quit(1);
    }
}

void mp__worker_leave_copy(const mp__worker *w)
{
    if (atomic_load_explicit(&mp__self_get()->ident, memory_order_relaxed) !=
        w->ident) {
        mp__child_quit(0);
    }
}
