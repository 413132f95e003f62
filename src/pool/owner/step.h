/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * step.h -- what the owner of a pool does in a step, and while it waits
 */
#ifndef MP__STEP_H
#define MP__STEP_H

#include "pool/owner/owner.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Take in what has arrived, hand out what can be, run callbacks; never
 * waits. */
void mp__owner_step(mp_pool *pool);
/* As step, noticing also that the supervisor is gone. */
void mp__owner_look(mp_pool *pool);
/* Step until done(argument) or the deadline: 0, MP_ETIMEDOUT, or MP_ESTATE in
 * a callback, where nothing can be waited for. */
int mp__owner_wait(mp_pool *pool, bool (*done)(const void *argument),
                   const void *argument, int64_t deadline);
/* Wait as mp__owner_wait() does until a batch of the pool is over. */
int mp__owner_wait_batch(mp_pool *pool, const mp__batch *batch,
                         int64_t deadline);
/* Wait as mp__owner_wait() does, for several pools at once. */
int mp__owner_wait_all(mp_pool *const *pools, size_t count,
                       bool (*done)(const void *argument), const void *argument,
                       int64_t deadline);

/* Call back for every batch that is over. Nothing in a callback. */
void mp__owner_call_back(mp_pool *pool);

/* The descriptor that polls readable when step has something to do. */
int mp__owner_watch(mp_pool *pool);

/* Sleep until something may have changed, for `ms` milliseconds at most (-1: as
 * long as it takes); notices the supervisor's end. */
void mp__owner_sleep(mp_pool *pool, int ms);
/* Spin until a record comes; false: it is time to sleep. */
bool mp__owner_spin(mp_pool *pool);

#endif
