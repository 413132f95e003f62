/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * commit.c -- from the turn of an item to its commit, W6 to W10
 *
 * These are the steps that an item with a record of its own has in common with
 * a run of items that share one. After a lost commit the worker waits for the
 * SIGKILL that is coming.
 */
#include "pool/worker/commit.h"

#include "platform/chaos.h"
#include "platform/child.h"
#include "platform/clock.h"
#include "platform/kill_point.h"
#include "pool/worker/item_clock.h"
#include "pool/worker/leave.h"

#define ROOM_SLICE (100 * MP__MS)

void mp__worker_wait_long(mp__worker *w, size_t payload)
{
    mp__outbox *outbox = w->core->outbox;

    while (!mp__outbox_has_room(outbox, w->index, payload)) {
        mp__outbox_wait_room(outbox, w->index, payload,
                             mp__clock_ns() + ROOM_SLICE);
        mp__worker_leave_orphan(w);
    }
}

static bool is_canceled(const void *context)
{
    const mp__worker *w = context;

    return mp__task_table_asked(w->core->table, &w->claim) == MP__ASKED_KILL;
}

uint32_t mp__worker_take_turn(mp__worker *w, const mp__chunk *chunk)
{
    uint32_t attempt = mp__task_table_attempt(w->core->table, &w->claim);

    mp__task_set_turn(
        &(mp__turn){ .attempt = (int)attempt,
                     .soft_end = mp__worker_soft_end(w, chunk->limit_ms),
                     .is_canceled = is_canceled,
                     .context = w });
    return attempt;
}

void mp__worker_fill_record(mp__worker *w, mp__record *record,
                            enum mp__record_kind kind, uint32_t end, int error)
{
    record->slot = w->claim.slot;
    record->generation = w->claim.generation;
    record->first = (uint16_t)w->claim.item;
    record->end = (uint16_t)end;
    record->kind = (uint8_t)kind;
    record->core_dumped = 0;
    record->costed = w->core->account;
    record->set_aside = 0;
    record->error = error;
    record->status = 0;
    record->pid = w->pid;
    record->attempt = (uint32_t)mp__task_here.turn.attempt;
    record->size = 0;
}

bool mp__worker_reaches(mp__worker *w, mp__chunk *chunk, uint32_t next)
{
    if (w->bundle.word != NULL && !mp__bundle_reach(&w->bundle, next)) {
        chunk->count = next;
    }
    return next < chunk->count;
}

void mp__worker_flush_last(mp__worker *w, mp__chunk *chunk, uint32_t next)
{
    if (!mp__worker_reaches(w, chunk, next) || w->bundle.word != NULL) {
        mp__child_flush_printed();
    }
}

void mp__worker_commit(mp__worker *w, mp__chunk *chunk, mp__record *record)
{
    uint32_t next = record->end;
    bool last = !mp__worker_reaches(w, chunk, next);
    bool clocked = mp__worker_is_clocked(w, chunk);
    bool is_run = record->kind == MP__RECORD_RUN;

    mp__chaos("before commit");
    if (clocked && !last) {
        mp__worker_start_clock(w, mp__clock_ns());
        MP_KILL_POINT("item.next_clocked");
    }
    if (!mp__task_table_commit(w->core->table, &w->claim, next, last)) {
        mp__worker_wait_for_death(w); /* W8 lost */
    }
    mp__chaos("after commit");
    mp__outbox_publish(w->core->outbox, w->index); /* W9 */
    if (clocked && last) {
        mp__worker_stop_clock(w);
        MP_KILL_POINT("item.clock_stopped");
    }
    w->untold = !mp__bell_ring(
        &w->core->control->bell, w->core->bell_write,
        !is_run || mp__outbox_fills_up(w->core->outbox, w->index)); /* W10 */
    if (!last) {
        mp__worker_tell_supervisor(w, chunk->limit_ms);
    }
}
