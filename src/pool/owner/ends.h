/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * ends.h -- what the owner does when a slot, an item or a batch ends
 */
#ifndef MP__ENDS_H
#define MP__ENDS_H

#include "pool/owner/owner.h"

#include <stddef.h>
#include <stdint.h>

/* The batch is one of the pool's from here on. */
void mp__link_batch(mp_pool *pool, mp__batch *batch);
/* The pool forgets the batch again: it is over. */
void mp__owner_remove(mp_pool *pool, mp__batch *batch);
/* The batch may be over: then its callback is due, or it goes if nobody holds
 * it. */
void mp__settle_batch(mp_pool *pool, mp__batch *batch);

/* How an item has ended whose code is `error`. */
enum mp_task_end mp__end_of(int error);
/* Item `index` has ended. A batch that nobody holds goes with its last item. */
void mp__end_item(mp_pool *pool, mp__batch *batch, size_t index,
                  const mp__news *news);
/* All items of a chunk have ended as `news` says. */
void mp__end_chunk(mp_pool *pool, mp__batch *batch, size_t first,
                   uint32_t count, const mp__news *news);
/* `news` is about the first item of a chunk; the others end with it, and never
 * ran. */
void mp__end_together(mp_pool *pool, mp__batch *batch, size_t first,
                      uint32_t count, const mp__news *news);

/* The items of `slot` have ended: it can be used again. */
void mp__free_slot(mp_pool *pool, uint32_t slot);
/* From here on every slot is written in full again. */
void mp__forget_stamps(mp_pool *pool);

#endif
