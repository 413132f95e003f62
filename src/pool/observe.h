/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * observe.h -- what mp_wait asks of a pool
 */
#ifndef MP__OBSERVE_H
#define MP__OBSERVE_H

#include "mp/pool.h"

#include <stdbool.h>

/* The descriptor that polls readable from now on when a step has something to
 * do; *news: it has already. MP_EINVAL; MP_ESTATE, also for an inline one. */
int mp__pool_watch(mp_pool *pool, bool *news);

#endif
