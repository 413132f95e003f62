/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * cancel.h -- take back what was handed out
 */
#ifndef MP__CANCEL_H
#define MP__CANCEL_H

#include "pool/owner/owner.h"

#include <stdbool.h>

/* End what has not ended of it: what is queued here and now, what runs soon.
 * `kill`: also the items in hand. */
void mp__owner_cancel(mp_pool *pool, mp__batch *batch, bool kill);
/* The handle of `batch` is gone; `withdraw`: what has not started never starts.
 * May free it. */
void mp__owner_drop(mp__batch *batch, bool withdraw);

#endif
