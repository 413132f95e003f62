/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * iterator.c -- results one by one, while later items still run
 */
#include "pool/calls/iterator.h"

#include "mp/error.h"
#include "platform/clock.h"
#include "platform/self.h"
#include "pool/owner/cancel.h"
#include "pool/owner/step.h"

#include <stdlib.h>

struct mp_iterator {
    mp__batch *batch;
    pid_t maker;
};

int mp__iterator_create(mp_iterator **iterator, mp__batch *batch)
{
    mp_iterator *fresh = calloc(1, sizeof(*fresh));

    if (fresh == NULL) {
        return MP_ENOMEM;
    }
    fresh->batch = batch;
    fresh->maker = mp__self_pid();
    *iterator = fresh;
    return 0;
}

static bool is_at_end(const mp__batch *batch)
{
    return batch->handed == batch->taken &&
           (batch->fed || batch->taken == batch->count);
}

/* Something to hand out, or the end. */
static bool has_next(const void *argument)
{
    const mp__batch *batch = argument;

    return mp__batch_next_kept(batch) != NULL || is_at_end(batch);
}

static inline bool ended_with_pool(const mp__kept *kept)
{
    return kept != NULL &&
           (kept->end == MP_TASK_TERMINATED || kept->end == MP_TASK_BROKEN);
}

/* Items that ended with their pool are not handed out one by one: their error
 * is told once, at the end. */
static mp__kept *next_behind(mp__batch *batch, mp__kept *kept)
{
    while (ended_with_pool(kept)) {
        batch->source_error = kept->error;
        mp__kept_free(kept);
        batch->handed++;
        kept = mp__batch_next_kept(batch);
    }
    return kept;
}

/* What is to be handed out next; NULL: it is not there yet, or nothing is
 * left. */
static inline mp__kept *next_found(mp__batch *batch)
{
    mp__kept *kept = mp__batch_next_kept(batch);

    return ended_with_pool(kept) ? next_behind(batch, kept) : kept;
}

/* Is there room to take several items at once, or nothing left to hand out? */
static bool is_worth_a_step(const mp__batch *batch)
{
    size_t room = batch->look_ahead - (batch->taken - batch->handed);

    return room >= batch->look_ahead / 4 || mp__batch_next_kept(batch) == NULL;
}

static int end_of(mp__batch *batch)
{
    int error = batch->source_told ? 0 : batch->source_error;

    batch->source_told = true;
    return error;
}

static int hand_out(mp__batch *batch, mp__kept *kept, void *result,
                    mp_report *report)
{
    int error;

    if (report == NULL && kept->error < 0) {
        error = kept->error; /* and the result stays as it is */
    } else {
        error = mp__kept_decode(&batch->work->chunk, kept, result);
        if (report != NULL) {
            if (error < 0 && kept->error == 0) {
                mp__kept refused = { .end = MP_TASK_FAILED,
                                     .error = error,
                                     .pid = kept->pid,
                                     .worker = kept->worker,
                                     .index = kept->index };

                mp__kept_report(&refused, report);
            } else {
                mp__kept_report(kept, report);
            }
            error = 0;
        }
    }
    mp__kept_free(kept);
    batch->handed++;
    return error < 0 ? error : 1;
}

int mp_iterator_next(mp_iterator *iterator, void *result, mp_report *report,
                     int timeout_ms)
{
    mp__batch *batch;
    mp__kept *kept;
    int error = 0;

    if (iterator == NULL) {
        return MP_EINVAL;
    }
    batch = iterator->batch;
    if (iterator->maker != mp__self_pid() ||
        (batch->pool != NULL && batch->pool->busy)) {
        return MP_ESTATE;
    }
    if (result != NULL && !batch->work->chunk.has_result) {
        return MP_EINVAL;
    }
    kept = next_found(batch);
    while (kept == NULL && !is_at_end(batch) && error == 0) {
        error = mp__owner_wait(batch->pool, has_next, batch,
                               mp__deadline_after(timeout_ms));
        kept = next_found(batch);
    }
    if (error < 0) {
        return error;
    }
    if (kept == NULL) {
        return end_of(batch);
    }
    error = hand_out(batch, kept, result, report);
    if (batch->pool != NULL && is_worth_a_step(batch)) {
        mp__owner_step(batch->pool); /* take the next from the source */
    }
    return error;
}

void mp_iterator_destroy(mp_iterator *iterator)
{
    if (iterator == NULL) {
        return;
    }
    /* A copy that a fork made must not take back the owner's tasks. */
    if (iterator->maker == mp__self_pid()) {
        mp__owner_drop(iterator->batch, true);
    }
    free(iterator);
}
