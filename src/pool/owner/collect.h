/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * collect.h -- take in how items ended
 */
#ifndef MP__COLLECT_H
#define MP__COLLECT_H

#include "pool/owner/owner.h"
#include "shared/outbox.h"

#include <stdbool.h>
#include <stdint.h>

/* Take in all that has come. */
void mp__collect(mp_pool *pool);
/* Take in what has come, where something has. */
void mp__take_in(mp_pool *pool);
/* Take in one record of worker `w`. False: it does not fit what was
 * submitted. */
bool mp__deliver(mp_pool *pool, uint32_t w, const mp__arrival *arrival);
/* Take in the items that are over of what worker `w` has in an open run, where
 * all its records have been taken: R2 has decided how each ends. */
void mp__deliver_early(mp_pool *pool, uint32_t w);

#endif
