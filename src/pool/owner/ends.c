/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * ends.c -- what the owner does when a slot, an item or a batch ends
 *
 * Whatever ends an item comes through here: a record that was collected, a
 * cancel, an inline run, the end of the pool. A batch that nobody holds goes
 * with its last item, so callers do not touch it afterwards. The list of the
 * batches is kept here as well, for a batch leaves it at its end.
 */
#include "pool/owner/ends.h"

#include "mp/error.h"

void mp__link_batch(mp_pool *pool, mp__batch *batch)
{
    batch->pool = pool;
    batch->tally = &pool->tally;
    batch->previous = pool->batches_last;
    if (pool->batches_last != NULL) {
        pool->batches_last->next = batch;
    } else {
        pool->batches = batch;
    }
    pool->batches_last = batch;
}

void mp__owner_remove(mp_pool *pool, mp__batch *batch)
{
    mp__batch **link = &pool->hungry;

    if (batch->previous != NULL) {
        batch->previous->next = batch->next;
    } else {
        pool->batches = batch->next;
    }
    if (batch->next != NULL) {
        batch->next->previous = batch->previous;
    } else {
        pool->batches_last = batch->previous;
    }
    batch->next = NULL;
    batch->previous = NULL;
    while (*link != NULL && *link != batch) {
        link = &(*link)->next_hungry;
    }
    if (*link != NULL) {
        *link = batch->next_hungry;
    }
}

void mp__free_slot(mp_pool *pool, uint32_t slot)
{
    mp__slot_use *use = &pool->uses[slot];

    if (use->in_file > 0) {
        mp__arguments_free(pool->arguments, slot);
        pool->in_file -= use->in_file;
        pool->in_file_count--;
    }
    pool->bundles -= use->bundled > 0;
    *use = (mp__slot_use){ .batch = NULL };
    if (!pool->over && !mp__task_table_free(pool->core.table, slot)) {
        pool->damaged = true;
    }
    pool->free_slots[pool->free_count++] = slot;
}

void mp__forget_stamps(mp_pool *pool)
{
    mp__batch *batch;

    mp__works_forget(&pool->works);
    for (batch = pool->batches; batch != NULL; batch = batch->next) {
        batch->work->stamp = 0;
    }
}

void mp__settle_batch(mp_pool *pool, mp__batch *batch)
{
    if (!mp__batch_is_over(batch) || batch->queued || batch->pinned) {
        return;
    }
    if (batch->done != NULL) {
        batch->queued = true;
        *pool->finished_end = batch;
        pool->finished_end = &batch->next_finished;
    } else if (!batch->held) {
        mp__owner_remove(pool, batch);
        mp__batch_free(batch);
    }
}

enum mp_task_end mp__end_of(int error)
{
    switch (error) {
    case 0:
        return MP_TASK_DONE;
    case MP_ECRASHED:
        return MP_TASK_CRASHED;
    case MP_ELIMIT:
        return MP_TASK_LIMITED;
    case MP_ETERMINATED:
        return MP_TASK_TERMINATED;
    case MP_EBROKEN:
        return MP_TASK_BROKEN;
    case MP_ECANCELED:
        return MP_TASK_CANCELED;
    default:
        return MP_TASK_FAILED;
    }
}

/* A batch nobody holds goes with its last item. */
void mp__end_item(mp_pool *pool, mp__batch *batch, size_t index,
                  const mp__news *news)
{
    bool was_busy = pool->busy;

    pool->busy = true; /* it may decode */
    mp__batch_end_item(batch, index, news);
    pool->busy = was_busy;
    mp__settle_batch(pool, batch);
}

void mp__end_chunk(mp_pool *pool, mp__batch *batch, size_t first,
                   uint32_t count, const mp__news *news)
{
    uint32_t i;

    /* The batch may go with its last item. */
    for (i = 0; i < count; i++) {
        mp__end_item(pool, batch, first + i, news);
    }
}

void mp__end_together(mp_pool *pool, mp__batch *batch, size_t first,
                      uint32_t count, const mp__news *news)
{
    const mp__news not_run = { .end = news->end, .error = news->error };
    bool more = count > 1; /* then the batch stays */

    mp__end_item(pool, batch, first, news);
    if (more) {
        mp__end_chunk(pool, batch, first + 1, count - 1, &not_run);
    }
}
