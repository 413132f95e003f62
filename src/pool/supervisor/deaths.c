/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * deaths.c -- what a dead worker had in hand gets its end
 *
 * Steps S4 and S5 of the supervisor, for a worker that it has reaped: the ring
 * of that worker is its own now, until it forks the replacement.
 */
#include "pool/supervisor/deaths.h"

#include "mp/error.h"
#include "platform/clock.h"
#include "platform/kill_point.h"
#include "pool/common/chunk.h"

/* What the item in hand had cost, which ran for `least` ns at least. One whose
 * limit has passed may show another clock: its worker starts that of the next
 * item, or stops it, before it finds that its commit is lost. */
static mp__cost cost_of(const mp__core *core, uint32_t w,
                        const mp__death *death, int64_t least)
{
    int64_t clock = mp__task_table_clock(core->table, w);
    int64_t now = mp__clock_ns();
    bool is_its_own = clock != 0 && now - clock >= least;
    int64_t start = least > 0 && !is_its_own ? now - least : clock;
    int64_t used = death->how.usage.cpu_ns;
    int64_t before = atomic_load(&core->control->workers[w].cpu);

    return (
        mp__cost){ .start_ns = start,
                   .run_ns = start == 0 ? 0 : now - start,
                   /* Not told everywhere, or told by whoever overwrote it. */
                   .cpu_ns = before < 0 || before > used ? 0 : used - before,
                   .peak_bytes = death->how.usage.peak_bytes };
}

/* What a death record says of items first..end-1 of `claim`. */
static mp__record *begin_death(mp__core *core, const mp__claim *claim,
                               uint32_t end, int error)
{
    mp__record *record =
        mp__outbox_begin(core->outbox, claim->worker, sizeof(mp__cost));

    MP_KILL_POINT("burial.record_begun");
    record->slot = claim->slot;
    record->generation = claim->generation;
    record->first = (uint16_t)claim->item;
    record->end = (uint16_t)end;
    record->kind = MP__RECORD_DEATH;
    record->core_dumped = false;
    record->costed = false;
    record->set_aside = false;
    record->error = error;
    record->status = 0;
    record->pid = mp__task_table_forerunner(core->table, claim);
    record->attempt = mp__task_table_attempt(core->table, claim) - 1;
    record->size = 0;
    return record;
}

/* What the last worker saw of a task: its items; */
static uint32_t items_of(const mp__core *core, const mp__claim *claim)
{
    const mp__chunk *chunk = mp__task_table_body(core->table, claim->slot);
    mp__bundle bundle =
        mp__task_table_bundle(core->table, claim->slot, claim->generation);

    return bundle.word == NULL ? chunk->count : mp__bundle_end(&bundle);
}

/* P1: and is `next` one of them, and stays it? */
static bool reaches(const mp__core *core, const mp__claim *claim, uint32_t next)
{
    mp__bundle bundle =
        mp__task_table_bundle(core->table, claim->slot, claim->generation);

    return bundle.word == NULL ? next < items_of(core, claim)
                               : mp__bundle_reach(&bundle, next);
}

static void commit_death(mp__core *core, mp__claim *claim,
                         enum mp__task_state from, mp__record *record)
{
    uint32_t end = record->end;

    MP_KILL_POINT("burial.record_filled");
    mp__outbox_seal(core->outbox, claim->worker, record);
    if (mp__task_table_settle(core->table, claim, from, end,
                              !reaches(core, claim, end))) {
        mp__outbox_publish(core->outbox, claim->worker);
    }
}

/* S5: the item in hand of a dead worker gets its record, in the room that was
 * left for it, in the order that its worker would have kept. With a cancel the
 * whole rest of the task ends. */
static void end_item(mp__core *core, mp__claim *claim,
                     enum mp__task_state state, const mp__death *death)
{
    const mp__chunk *chunk = mp__task_table_body(core->table, claim->slot);
    bool canceled = state == MP__TASK_CANCELED;
    mp__record *record = begin_death(
        core, claim, canceled ? items_of(core, claim) : claim->item + 1,
        canceled                    ? MP_ECANCELED
        : state == MP__TASK_LIMITED ? MP_ELIMIT
                                    : MP_ECRASHED);

    record->core_dumped = death->how.core_dumped;
    record->costed = core->account;
    record->set_aside = !canceled && chunk->retries > 0;
    record->status = death->known ? death->how.status : MP_EUNKNOWN;
    record->pid = (int32_t)death->pid;
    record->attempt = mp__task_table_attempt(core->table, claim);
    if (record->costed != 0) {
        *mp__record_cost(record) =
            cost_of(core, claim->worker, death,
                    state == MP__TASK_LIMITED ? chunk->limit_ms * MP__MS : 0);
    }
    commit_death(core, claim, state, record);
}

/* S5. A replacement may be long in coming, and who cancels waits: what is HELD
 * and not wanted ends here, where there is room to say so; otherwise the
 * replacement ends it. */
static void end_unwanted(mp__core *core, mp__claim *claim)
{
    if (mp__task_table_asked(core->table, claim) != MP__ASKED_NOTHING &&
        mp__outbox_has_room(core->outbox, claim->worker, sizeof(mp__cost))) {
        MP_KILL_POINT("burial.unwanted");
        commit_death(
            core, claim, MP__TASK_HELD,
            begin_death(core, claim, items_of(core, claim), MP_ECANCELED));
    }
}

/* S5 */
static void settle_item(mp__core *core, mp__claim *claim,
                        enum mp__task_state state, const mp__death *death)
{
    const mp__chunk *chunk = mp__task_table_body(core->table, claim->slot);
    uint32_t attempt = mp__task_table_attempt(core->table, claim);

    if (state != MP__TASK_CANCELED && chunk->retries > 0 &&
        attempt <= (uint32_t)chunk->retries) {
        (void)mp__task_table_retry(core->table, claim, state,
                                   (int32_t)death->pid);
    } else {
        end_item(core, claim, state, death);
    }
}

/* S4: what the dead worker's open run has brought is decided now, as it would
 * have been by R3; `claim` moves on to the item that it was at. */
static void close_run(mp__core *core, mp__claim *claim,
                      enum mp__task_state state)
{
    uint32_t reached = mp__task_table_reached(core->table, claim);
    mp__record *record = mp__outbox_open_run(core->outbox, claim);

    /* Beyond what its record has room for it cannot be. */
    if (record == NULL || reached > items_of(core, claim) ||
        (reached - claim->item) * record->size > MP__PAYLOAD_MOST) {
        return;
    }
    if (reached > claim->item) {
        MP_KILL_POINT("burial.closing_run");
        record->end = (uint16_t)reached; /* R3 */
        MP_KILL_POINT("burial.run_measured");
        if (mp__task_table_advance(core->table, claim, state, reached,
                                   !reaches(core, claim, reached))) {
            mp__outbox_publish(core->outbox, claim->worker);
        }
    }
}

static bool is_in_hand(enum mp__task_state state)
{
    return state != MP__TASK_FREE && state != MP__TASK_HELD;
}

bool mp__settle_is_due(const mp__core *core, uint32_t w)
{
    mp__claim claim;

    return is_in_hand(mp__task_table_in_hand(core->table, w, &claim));
}

bool mp__settle(mp__core *core, uint32_t w, const mp__death *death)
{
    enum mp__task_state state;
    mp__claim claim;

    mp__outbox_roll_forward(core->outbox, w, core->table); /* S4 */
    MP_KILL_POINT("burial.rolled");
    state = mp__task_table_in_hand(core->table, w, &claim);
    if (is_in_hand(state)) {
        close_run(core, &claim, state);
        state = mp__task_table_in_hand(core->table, w, &claim);
    }
    if (is_in_hand(state)) {
        settle_item(core, &claim, state, death);
        state = mp__task_table_in_hand(core->table, w, &claim);
    }
    if (state == MP__TASK_HELD) {
        end_unwanted(core, &claim);
        state = mp__task_table_in_hand(core->table, w, &claim);
    }
    return state == MP__TASK_HELD;
}
