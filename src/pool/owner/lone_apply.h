/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * lone_apply.h -- the short way of an apply that is alone in its pool
 */
#ifndef MP__LONE_APPLY_H
#define MP__LONE_APPLY_H

#include "pool/owner/owner.h"

#include <stdbool.h>
#include <stdint.h>

/* An item that its caller waits for can go a short way, where the pool has no
 * batch and the item's argument is plain and fits a slot: may it? */
bool mp__owner_may_run_alone(const mp_pool *pool, const mp__work *work);
/* An item that may go alone is about to be sent: ask for the cache lines that
 * sending it writes, which the CPU of a worker has. */
void mp__owner_prepare(const mp_pool *pool);
/* The item is in `slot`, where mp__owner_send_alone() put it: add its batch, and
 * wait until that is over. */
void mp__owner_await_alone(mp_pool *pool, mp__batch *batch, uint32_t slot);

#endif
