/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * mp/result.h -- the handle of one apply_async or map_async
 *
 * A handle belongs to the process that made it (elsewhere MP_ESTATE) and
 * outlives its pool. Its task reaches exactly one end, whoever dies.
 */
#ifndef MP_RESULT_H
#define MP_RESULT_H

#include <stddef.h>

#include <mp/export.h>
#include <mp/task.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mp_result mp_result;

/** 1 when every item has ended, 0 before; never waits, and takes in what has
 *  arrived. MP_ESTATE, MP_EINVAL. */
MP_API int mp_result_ready(mp_result *result);

/** Wait until it is ready: MP_OK, whether it succeeded or not. MP_ETIMEDOUT,
 *  MP_ESTATE, MP_EINVAL. */
MP_API int mp_result_wait(mp_result *result, int timeout_ms);

/** 1 when every item is done, 0 when one failed; MP_ESTATE before it is
 *  ready; MP_EINVAL. */
MP_API int mp_result_successful(mp_result *result);

/**
 * Wait until it is ready and hand out what the task gave: for apply_async one
 * object, for map_async one for each item, in order. Each call decodes fresh
 * copies that the caller owns: see mp_serializer_release().
 *
 *   results    Room for them; items that failed become zero bytes. NULL asks
 *              for the code alone.
 *
 * Returns MP_OK; MP_ETIMEDOUT, only about this wait: the task goes on and
 * `results` is untouched; or the error of the failed item with the lowest
 * index: MP_EFAILED, MP_ECRASHED, MP_ELIMIT, MP_ECANCELED, MP_EENCODE,
 * MP_EDECODE, MP_ETERMINATED, MP_EBROKEN. MP_ESTATE, MP_EINVAL, MP_ENOMEM.
 */
MP_API MP_MUST int mp_result_get(mp_result *result, void *results,
                                 int timeout_ms);

/**
 * Wait until the result of an apply_async is there and show it as it came,
 * encoded, without a copy: the bytes that the decode of the task's result
 * serializer would be given, for a struct its memory. A long result is shown
 * where its worker has put it.
 *
 *   bytes    Receives where they begin, aligned for any type. They are not to
 *            be written to, and valid in this process until
 *            mp_result_destroy(), also when the pool is gone.
 *   size     Receives their number; it may be 0.
 *
 * While a handle is held, memory for its result is in use: when many long ones
 * are, workers need more. A task that writes where it may not can change them
 * as long as the pool is there: who cannot trust it copies before checking.
 *
 * Returns MP_OK; MP_ETIMEDOUT, only about this wait; or the error of the task
 * as mp_result_get() does, and on all of these `bytes` and `size` are
 * untouched. MP_EINVAL also for a map_async and for a task without a result.
 */
MP_API MP_MUST int mp_result_view(mp_result *result, const void **bytes,
                                  size_t *size, int timeout_ms);

/**
 * End what has not ended yet: queued items never start, those that run see
 * mp_task_should_stop(), have the pool's grace_ms and are killed then, with
 * what they have forked, as at a limit. Items that were done stay done.
 * Returns when all have ended and the callback has run: MP_OK when at least
 * one ended as MP_ECANCELED; MP_ESTATE when all had ended before or were
 * faster, and in a callback; MP_EINVAL. It takes as long as the grace; only
 * for a running item, and only while somebody holds the pool's supervisor
 * stopped, longer.
 */
MP_API int mp_result_cancel(mp_result *result);

/** Tell what has become of item `index` (0 for apply_async), also before its
 *  end. Returns 0, MP_EINVAL, MP_ESTATE. */
MP_API int mp_result_report(mp_result *result, size_t index, mp_report *report);

/**
 * Wait until at least one of `count` results, of one pool or of several, is
 * ready. NULLs among them are skipped, so that a list can be worked off.
 * Returns the lowest index that is ready; MP_ETIMEDOUT; MP_EINVAL when all are
 * NULL; MP_ESTATE; MP_ENOMEM. A callback that runs meanwhile may not destroy
 * one of these pools.
 */
MP_API int mp_result_wait_any(mp_result *const *results, size_t count,
                              int timeout_ms);

/** Wait until all of them are ready. Returns MP_OK, also for count 0;
 *  otherwise as above. */
MP_API int mp_result_wait_all(mp_result *const *results, size_t count,
                              int timeout_ms);

/** Give the handle back; NULL does nothing. The task goes on, what it gives is
 *  dropped, and its callback still runs. */
MP_API void mp_result_destroy(mp_result *result);

#ifdef __cplusplus
}
#endif

#endif
