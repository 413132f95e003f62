/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * start.h -- a pool of the owner begins, and its memory goes
 */
#ifndef MP__START_H
#define MP__START_H

#include "pool/owner/owner.h"

#include <stdint.h>

/* Start a pool of `workers` processes, or of none. Returns 0, MP_ENOMEM or
 * -errno. */
int mp__owner_create(mp_pool **pool, const mp_pool_options *options,
                     uint32_t workers);
/* Everything has ended: give back all memory and descriptors. */
void mp__owner_free(mp_pool *pool);

#endif
