/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * mp/barrier.h -- so many processes wait for each other
 *
 * Shared by its creator and by every process forked from it since. It can be
 * passed again and again. When a party's time is over, or a party dies while
 * it waits or runs the action, the barrier is broken: all who wait and all who
 * come get MP_EBROKEN, until it is reset. A party that dies before it comes
 * cannot be known: use a timeout.
 */
#ifndef MP_BARRIER_H
#define MP_BARRIER_H

#include <mp/export.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mp_barrier mp_barrier;

/**
 * Make a barrier for `parties` processes, 1 to 1024. `action`, if not NULL, is
 * run with `argument` by the last to come, before any is let go; a result
 * other than 0 breaks the barrier. The caller owns the handle until
 * mp_barrier_destroy(). Returns 0, MP_EINVAL, MP_ENOMEM or -errno.
 */
MP_API MP_MUST int mp_barrier_create(mp_barrier **barrier, int parties,
                                     int (*action)(void *argument),
                                     void *argument);

/**
 * Wait up to `timeout_ms` for the others. Returns how many came before, 0 to
 * parties - 1, each once; MP_EBROKEN, also when the time is over; MP_ETIMEDOUT
 * only for one process too many, while the parties' action runs; MP_EDEADLK in
 * that action; MP_EINVAL; MP_ENOMEM when more than 1024 processes share
 * objects.
 */
MP_API int mp_barrier_wait(mp_barrier *barrier, int timeout_ms);

/** Break it. Returns 0, again and again; MP_EINVAL. */
MP_API int mp_barrier_abort(mp_barrier *barrier);

/** MP_EBROKEN to those who wait now, and it works again. Returns 0;
 *  MP_EINVAL. */
MP_API int mp_barrier_reset(mp_barrier *barrier);

/** How many it is for; MP_EINVAL. */
MP_API int mp_barrier_parties(const mp_barrier *barrier);

/** How many wait now; MP_EINVAL. */
MP_API int mp_barrier_waiting(const mp_barrier *barrier);

/** 1 or 0; MP_EINVAL. */
MP_API int mp_barrier_is_broken(const mp_barrier *barrier);

/** Give back this process's handle; others keep theirs. NULL does nothing. */
MP_API void mp_barrier_destroy(mp_barrier *barrier);

#ifdef __cplusplus
}
#endif

#endif
