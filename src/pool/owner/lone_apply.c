/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * lone_apply.c -- the short way of an apply that is alone in its pool
 *
 * Where a pool has nothing else to do, the item of an apply is handed out before
 * there is a batch for it (mp__owner_send_alone() in dispatch.c). What the owner
 * has to note, it notes while a worker is at the item.
 */
#include "pool/owner/lone_apply.h"

#include "platform/clock.h"
#include "pool/batch/batch_source.h"
#include "pool/owner/collect.h"
#include "pool/owner/dispatch.h"
#include "pool/owner/ends.h"
#include "pool/owner/step.h"

void mp__owner_prepare(const mp_pool *pool)
{
    if (pool->free_count > 0) {
        mp__task_table_prepare(pool->core.table,
                               pool->free_slots[pool->free_count - 1]);
    }
}

bool mp__owner_may_run_alone(const mp_pool *pool, const mp__work *work)
{
    return pool->batches == NULL && !pool->is_inline && !pool->watched &&
           mp__chunk_argument_is_plain(&work->chunk) &&
           mp__chunk_argument_size(&work->chunk) <= MP__CHUNK_INLINE &&
           mp__owner_has_slot(pool);
}

/* The batch of what was sent alone, and is in `slot`. */
static void add_alone(mp_pool *pool, mp__batch *batch, uint32_t slot)
{
    mp__slot_use *use = &pool->uses[slot];
    mp__taken taken;

    mp__link_batch(pool, batch);
    mp__batch_take_one(batch, NULL, 0, &taken);
    *use = (mp__slot_use){ .batch = batch,
                           .count = taken.count,
                           .generation = use->generation };
}

void mp__owner_await_alone(mp_pool *pool, mp__batch *batch, uint32_t slot)
{
    add_alone(pool, batch, slot);
    if (mp__owner_spin(pool)) {
        mp__task_table_expect(pool->core.table, slot);
        mp__take_in(pool);
    }
    if (!mp__batch_is_over(batch)) {
        (void)mp__owner_wait_batch(pool, batch, MP__NEVER);
    }
}
