/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * owner_parts.h -- what the parts of the owner know of each other
 */
#ifndef MP__OWNER_PARTS_H
#define MP__OWNER_PARTS_H

#include "pool/batch_source.h"
#include "pool/owner.h"

/* ends.c */
/* The batch is one of the pool's from here on. */
void mp__link_batch(mp_pool *pool, mp__batch *batch);
enum mp_task_end mp__end_of(int error);
/* It may be over: then its callback is due, or it goes if nobody holds it. */
void mp__settle_batch(mp_pool *pool, mp__batch *batch);
/* A batch that nobody holds goes with its last item. */
void mp__end_item(mp_pool *pool, mp__batch *batch, size_t index,
                  const mp__news *news);
void mp__end_chunk(mp_pool *pool, mp__batch *batch, size_t first,
                   uint32_t count, const mp__news *news);
/* The same for items that end with the first of them, and never ran. */
void mp__end_together(mp_pool *pool, mp__batch *batch, size_t first,
                      uint32_t count, const mp__news *news);
void mp__free_slot(mp_pool *pool, uint32_t slot);
/* From here on every slot is written in full again. */
void mp__forget_stamps(mp_pool *pool);

/* collect.c */
/* False: it does not fit what was submitted. */
bool mp__deliver(mp_pool *pool, uint32_t w, const mp__arrival *arrival);
/* The items that are over of what worker `w` has in an open run, where all its
 * records have been taken: R2 has decided how each ends. */
void mp__deliver_early(mp_pool *pool, uint32_t w);
/* Take in all that has come; the second: something has. */
void mp__collect(mp_pool *pool);
void mp__take_in(mp_pool *pool);

/* waiting.c */

/* For `size` bytes of arguments, which are the caller's to fill in. NULL: no
 * memory. */
mp__waiting *mp__waiting_make(mp_pool *pool, mp__batch *batch, size_t first,
                              uint32_t count, size_t size);
void mp__waiting_free(mp__waiting *waiting);
/* They may lie in the caller's array. */
const void *mp__waiting_arguments(const mp__waiting *waiting);
void mp__waiting_append(mp_pool *pool, mp__waiting *waiting);
/* A chunk, copied: 0 or MP_ENOMEM. */
int mp__waiting_add(mp_pool *pool, mp__batch *batch, const mp__taken *taken);
/* The first of those that wait, of which there is one. */
mp__waiting *mp__waiting_pop(mp_pool *pool);

/* bundles.c */

/* May its items be bundled? */
void mp__bundles_begin(const mp_pool *pool, mp__batch *batch);
/* Set how many of them go together in the next chunk. */
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

/* dispatch.c */
/* Hand out while there are free slots. */
void mp__pump(mp_pool *pool);
/* Is there a slot that an item can be handed out in now? */
bool mp__owner_has_slot(const mp_pool *pool);
/* O1 to O3: a chunk goes to the workers, who learn of it in O4. */
void mp__owner_place(mp_pool *pool, mp__batch *batch, const mp__taken *taken);
/* The same, or in an inline pool its items run here and now. */
void mp__owner_hand_out(mp_pool *pool, mp__batch *batch,
                        const mp__taken *taken);
/* Take a chunk from `batch`; its items' number. */
uint32_t mp__owner_take(mp_pool *pool, mp__batch *batch, mp__taken *taken);

/* await.c */
/* Sleep until something may have changed; notices the supervisor's end. */
void mp__owner_sleep(mp_pool *pool, int ms);
/* Spin until a record comes; false: it is time to sleep. */
bool mp__owner_spin(mp_pool *pool);

/* inline.c */
/* The init function, as a worker would run it; its failure ends the pool. */
void mp__init_inline(mp_pool *pool, const mp_pool_options *options);
/* Run `count` items, packed in `bytes`, here and now. */
void mp__run_inline(mp_pool *pool, mp__batch *batch, size_t first,
                    uint32_t count, const void *bytes, size_t size);

/* audit.c: now and then, look whether the pool's memory makes sense. */
void mp__audit(mp_pool *pool);

/* owner.c */
/* O13 to O15: no task runs from here on, and every item without an end gets
 * that of `error`. */
void mp__owner_finish(mp_pool *pool, int error);
/* The supervisor's end of the link has closed. */
void mp__supervisor_is_gone(mp_pool *pool);
/* Shared memory is damaged: end the pool. */
void mp__pool_is_damaged(mp_pool *pool);

#endif
