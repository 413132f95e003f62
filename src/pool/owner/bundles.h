/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * bundles.h -- items that were to go singly, put together and taken apart
 */
#ifndef MP__BUNDLES_H
#define MP__BUNDLES_H

#include "pool/owner/owner.h"

#include <stdbool.h>

/* Decide whether the items of `batch` may be bundled. */
void mp__bundles_begin(const mp_pool *pool, mp__batch *batch);
/* Set how many of its items go together in the next chunk. */
void mp__bundle_size(mp_pool *pool, mp__batch *batch);
/* Are bundles all that is handed out, and many of them over in the time that
 * it takes to wake a worker? */
static inline bool mp__bundles_fly(const mp_pool *pool)
{
    return pool->bundles_fly && pool->bundles > 0 &&
           pool->bundles ==
               mp__task_table_slots(pool->core.table) - pool->free_count;
}
/* Take bundles apart in which an item takes long. */
void mp__bundles_look(mp_pool *pool);
/* From here on nobody may be there to look: take all apart. */
void mp__bundles_end(mp_pool *pool);
/* How long to sleep before looking again, where nobody else would wake us
 * before `ms` milliseconds: longer each time nothing comes. */
int mp__bundles_nap(mp_pool *pool, int ms);

#endif
