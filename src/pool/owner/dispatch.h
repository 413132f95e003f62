/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * dispatch.h -- hand out items to workers
 */
#ifndef MP__DISPATCH_H
#define MP__DISPATCH_H

#include "pool/batch/batch_source.h"
#include "pool/owner/owner.h"

#include <stdbool.h>
#include <stdint.h>

/* Add a batch that has items to take; the pool takes them from now on. */
void mp__owner_add(mp_pool *pool, mp__batch *batch);
/* Encode the argument of a batch's only item before the batch is submitted: an
 * argument that cannot be encoded refuses the call, and then nothing must have
 * been submitted. Returns 0, MP_EENCODE or MP_ENOMEM. */
int mp__owner_pack_first(mp_pool *pool, const mp__batch *batch,
                         const void *argument);

/* Hand out while there are free slots. */
void mp__pump(mp_pool *pool);
/* Tell workers of what was handed out, and wake as many, or, `sparing`, none
 * while one that is awake keeps pace. */
void mp__owner_announce(mp_pool *pool, bool sparing);

/* Is there a slot that an item can be handed out in now? */
bool mp__owner_has_slot(const mp_pool *pool);
/* Take a chunk from `batch`. Returns the number of its items. */
uint32_t mp__owner_take(mp_pool *pool, mp__batch *batch, mp__taken *taken);
/* O1 to O3: a chunk goes to the workers, who learn of it in O4. */
void mp__owner_place(mp_pool *pool, mp__batch *batch, const mp__taken *taken);
/* Place a chunk; in an inline pool its items run here and now. */
void mp__owner_hand_out(mp_pool *pool, mp__batch *batch,
                        const mp__taken *taken);
/* O1 to O4 for an item that may run alone (lone_apply.h): a worker is at it
 * while its batch is being made. Returns its slot. */
uint32_t mp__owner_send_alone(mp_pool *pool, const mp__work *work,
                              const void *argument);

#endif
