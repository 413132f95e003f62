/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * pool.h -- may a call use this pool?
 */
#ifndef MP__POOL_H
#define MP__POOL_H

#include "mp/pool.h"

/* May the calling process use `pool` now? 0, MP_EINVAL, MP_ESTATE. */
int mp__pool_check(const mp_pool *pool);

#endif
