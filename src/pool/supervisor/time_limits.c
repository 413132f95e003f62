/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * time_limits.c -- end what runs too long, or is not wanted any more
 *
 * Step S1 of shared/task_table.c: the word of the task is won first, and only
 * then its worker is killed. So a kill never meets the next item: whoever has
 * lost the word can neither commit nor claim. An init function is won by the
 * worker's readiness in the same way; a worker in its exit function claims
 * nothing any more.
 */
#include "pool/supervisor/time_limits.h"

#include "mp/error.h"
#include "platform/child.h"
#include "platform/clock.h"
#include "platform/log.h"
#include "platform/self.h"
#include "platform/kill_point.h"
#include "pool/common/chunk.h"

#include <stdatomic.h>

/* A worker that is faster that often in a row is none: somebody plays with the
 * word, and the other workers are to be looked at too. */
#define LOOKS_MOST 1000

/* The limit and the grace after it, from `start`. */
static int64_t due_at(const mp__core *core, int64_t start, int limit_ms)
{
    return start == 0 || limit_ms <= 0
               ? MP__NEVER
               : start + ((int64_t)limit_ms + core->grace_ms) * MP__MS;
}

/* When the request to cancel `claim` is due. */
static int64_t cancel_at(const mp__core *core, const mp__claim *claim,
                         mp__request *request, int64_t now)
{
    if (mp__task_table_asked(core->table, claim) != MP__ASKED_KILL) {
        return MP__NEVER;
    }
    if (request->since == 0 || request->slot != claim->slot ||
        request->generation != claim->generation) {
        *request = (mp__request){ .slot = claim->slot,
                                  .generation = claim->generation,
                                  .since = now };
    }
    return request->since + (int64_t)core->grace_ms * MP__MS;
}

/* An item is in hand. */
static int64_t look_at_item(mp__core *core, const mp__claim *claim, pid_t pid,
                            mp__request *request)
{
    const mp__chunk *chunk = mp__task_table_body(core->table, claim->slot);
    int64_t now = mp__clock_ns();
    int64_t limit =
        due_at(core, mp__task_table_clock(core->table, claim->worker),
               chunk->limit_ms);
    int64_t cancel = cancel_at(core, claim, request, now);
    enum mp__task_state to =
        cancel <= now ? MP__TASK_CANCELED : MP__TASK_LIMITED;

    if (limit > now && cancel > now) {
        return limit < cancel ? limit : cancel;
    }
    if (mp__task_table_condemn(core->table, claim, to)) { /* S1 */
        mp__child_kill_group(pid);
        mp__log("pool %d: worker %u killed, process %d: %s", mp__self_pid(),
                (unsigned)claim->worker, (int)pid,
                to == MP__TASK_CANCELED ? "its item was cancelled"
                                        : "its item ran past its limit");
        MP_KILL_POINT("overrun.killed");
        return MP__NEVER; /* its death will tell */
    }
    return MP__AT_ONCE; /* it was faster: see what it does now */
}

/* An init or an exit function may be running. */
static int64_t look_at_edge(mp__core *core, uint32_t w, pid_t pid)
{
    struct mp__worker_line *line = &core->control->workers[w];
    uint32_t ready = atomic_load(&line->ready);
    int64_t due =
        due_at(core, mp__task_table_clock(core->table, w), core->limit_ms);
    bool leaving = ready == MP__WORKER_RENEWED || ready == MP__WORKER_LEAVING;

    if (ready != MP__WORKER_STARTING && !leaving) {
        return MP__NEVER;
    }
    if (due > mp__clock_ns()) {
        return due;
    }
    MP_KILL_POINT("overrun.edge");
    if (leaving || atomic_compare_exchange_strong(&line->ready, &ready,
                                                  MP__WORKER_OVERDUE)) {
        MP_KILL_POINT("overrun.edge_over");
        mp__child_kill_group(pid);
        mp__log(
            "pool %d: worker %u killed, process %d: its %s function ran past "
            "the limit",
            mp__self_pid(), (unsigned)w, (int)pid, leaving ? "exit" : "init");
    }
    return MP__NEVER;
}

int64_t mp__overrun_look(mp__core *core, uint32_t w, pid_t pid,
                         mp__request *request)
{
    int64_t due = MP__AT_ONCE;
    mp__claim claim;
    int tries;

    for (tries = 0; tries < LOOKS_MOST && due == MP__AT_ONCE; tries++) {
        switch (mp__task_table_in_hand(core->table, w, &claim)) {
        case MP__TASK_RUNNING:
            due = look_at_item(core, &claim, pid, request);
            break;
        case MP__TASK_LIMITED:
        case MP__TASK_CANCELED:
            mp__child_kill_group(pid); /* it gave up itself, and lingers */
            due = MP__NEVER;
            break;
        default:
            due = look_at_edge(core, w, pid);
            break;
        }
    }
    return due;
}
