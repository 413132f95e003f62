/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * call.h -- the handles that calls on a pool give out
 */
#ifndef MP__CALL_H
#define MP__CALL_H

#include "mp/iterator.h"
#include "mp/pool.h"
#include "mp/result.h"
#include "pool/batch.h"

/* May the calling process use `pool` now? 0, MP_EINVAL, MP_ESTATE. */
int mp__pool_check(const mp_pool *pool);

/* The handle of `batch`, whose maker is `maker`. */
mp_result *mp__result_of(mp__batch *batch, pid_t maker);
/* What it is the handle of, to a process that may use it now. 0, MP_EINVAL,
 * MP_ESTATE. */
int mp__result_batch(const mp_result *result, mp__batch **batch);
/* Run the callback of a batch that is over. */
void mp__result_call_back(mp__batch *batch);
int mp__iterator_create(mp_iterator **iterator, mp__batch *batch);

#endif
