/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * observe.h -- what mp_wait and a report ask of a pool
 */
#ifndef MP__OBSERVE_H
#define MP__OBSERVE_H

#include "pool/owner/owner.h"

#include <stdbool.h>
#include <stddef.h>

/* The descriptor that polls readable from now on when a step has something to
 * do; *news: it has already. MP_EINVAL; MP_ESTATE, also for an inline one. */
int mp__pool_watch(mp_pool *pool, bool *news);

/* If a worker has item `index` in hand, say so in its report. */
void mp__owner_tell_running(mp_pool *pool, const mp__batch *batch, size_t index,
                            mp_report *report);

#endif
