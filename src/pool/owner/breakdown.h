/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * breakdown.h -- how everything ends when a pool breaks or is terminated
 */
#ifndef MP__BREAKDOWN_H
#define MP__BREAKDOWN_H

#include "pool/owner/owner.h"

/* O13 to O15: no task runs from here on, and every item that has not ended ends
 * now, with `error`. */
void mp__owner_finish(mp_pool *pool, int error);
/* The supervisor's end of the link has closed. */
void mp__supervisor_is_gone(mp_pool *pool);
/* Shared memory is damaged: end the pool. */
void mp__pool_is_damaged(mp_pool *pool);
/* What a call that comes too late for a broken pool says in its report. */
void mp__owner_tell_broken(const mp_pool *pool, mp_report *report);

#endif
