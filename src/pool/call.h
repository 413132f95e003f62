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

int mp__iterator_create(mp_iterator **iterator, mp__batch *batch);

#endif
