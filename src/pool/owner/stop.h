/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * stop.h -- the owner closes, terminates, kills and reaps its pool
 */
#ifndef MP__STOP_H
#define MP__STOP_H

#include "pool/owner/owner.h"

#include <stdint.h>

/* No more tasks will be submitted. */
void mp__owner_close(mp_pool *pool);
/* End the workers; every item without an end gets MP_ETERMINATED. */
void mp__owner_terminate(mp_pool *pool);
/* Wait for the supervisor's end. 0 or MP_ETIMEDOUT. */
int mp__owner_reap(mp_pool *pool, int64_t deadline);
/* SIGKILL to a supervisor that did not end in time, and to what it leaves. */
void mp__owner_kill(mp_pool *pool);

#endif
