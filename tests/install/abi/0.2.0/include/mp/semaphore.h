/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * mp/semaphore.h -- so many at a time, or a counter of signals
 *
 * Shared by its creator and by every process forked from it since. Without a
 * maximum it is a counter: whoever likes releases, and what a process took
 * before it died stays taken. With a maximum it hands out permits: those that
 * a process held when it died come back by themselves, and whoever gets one
 * of them is told by MP_OWNERDEAD (told once too often, perhaps, when somebody
 * died inside a call; never once too few). There is no order among waiters.
 */
#ifndef MP_SEMAPHORE_H
#define MP_SEMAPHORE_H

#include <mp/export.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mp_semaphore mp_semaphore;

/**
 * Make a semaphore with `value` free permits, 0 to INT_MAX, out of `maximum`;
 * 0: a counter without maximum. The caller owns the handle until
 * mp_semaphore_destroy(). Returns 0; MP_EINVAL, also for a value above the
 * maximum; MP_ENOMEM; -errno.
 */
MP_API MP_MUST int mp_semaphore_create(mp_semaphore **semaphore, int value,
                                       int maximum);

/** Take a permit, waiting up to `timeout_ms`. Returns 0; MP_OWNERDEAD: taken,
 *  and its former holder died with it; MP_ETIMEDOUT; MP_EINVAL; MP_ENOMEM when
 *  more than 1024 processes share objects. */
MP_API MP_MUST int mp_semaphore_acquire(mp_semaphore *semaphore,
                                        int timeout_ms);

/**
 * Give one back: the caller's own if it has any, else one that nobody or
 * another process holds. Returns 0; MP_EOVERFLOW, and nothing changed, when
 * none is taken (or the counter stands at INT_MAX); MP_EINVAL. Without a
 * maximum it is async-signal-safe.
 */
MP_API int mp_semaphore_release(mp_semaphore *semaphore);

/** Free permits at this moment, without permits that dead processes still
 *  hold; MP_EINVAL. */
MP_API int mp_semaphore_value(const mp_semaphore *semaphore);

/** Give back this process's handle; others keep theirs, and permits stay as
 *  they are. NULL does nothing. */
MP_API void mp_semaphore_destroy(mp_semaphore *semaphore);

#ifdef __cplusplus
}
#endif

#endif
