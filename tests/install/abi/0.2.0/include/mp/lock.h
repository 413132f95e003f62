/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * mp/lock.h -- one process at a time
 *
 * Two kinds: mp_lock may be released by any process and waits for itself;
 * mp_rlock belongs to the process that took it, which may take it again.
 *
 * A lock is shared by its creator and by every process forked from it since.
 * Its holder is a process: threads of one process do not exclude each other.
 * When the holder dies, the next to ask gets the lock and MP_OWNERDEAD; a
 * holder stopped by SIGSTOP holds it until it goes on. There is no order
 * among those who wait. Detach from a lock before exec(): the new program
 * still counts as its holder.
 */
#ifndef MP_LOCK_H
#define MP_LOCK_H

#include <mp/export.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mp_lock mp_lock;

/** Make a lock that nobody holds; the caller owns the handle until
 *  mp_lock_destroy(). Returns 0, MP_EINVAL, MP_ENOMEM or -errno. */
MP_API MP_MUST int mp_lock_create(mp_lock **lock);

/**
 * Take it, waiting up to `timeout_ms`. Returns 0; MP_OWNERDEAD: taken, but its
 * holder died with it, check what it guards; MP_ETIMEDOUT; MP_EDEADLK when the
 * caller holds it and would wait for ever; MP_EINVAL; MP_ENOMEM when more than
 * 1024 processes share objects. Async-signal-safe with timeout 0, once the
 * process has used any lock before.
 */
MP_API MP_MUST int mp_lock_acquire(mp_lock *lock, int timeout_ms);

/** Give it up, whichever process holds it. Returns 0, MP_EPERM when nobody
 *  does, MP_EINVAL. Async-signal-safe. */
MP_API int mp_lock_release(mp_lock *lock);

/** Give back this process's handle; others keep theirs. A lock held stays
 *  held. NULL does nothing. */
MP_API void mp_lock_destroy(mp_lock *lock);

typedef struct mp_rlock mp_rlock;

/** Make a recursive lock that nobody holds; the caller owns the handle until
 *  mp_rlock_destroy(). Returns 0, MP_EINVAL, MP_ENOMEM or -errno. */
MP_API MP_MUST int mp_rlock_create(mp_rlock **lock);

/**
 * Take it, waiting up to `timeout_ms`, or take it once more, at once, when the
 * caller holds it. A child forked meanwhile is not a holder. Returns 0;
 * MP_OWNERDEAD: taken, but its holder died with it; MP_ETIMEDOUT;
 * MP_EOVERFLOW after 4294967295 times; MP_EINVAL; MP_ENOMEM as above.
 */
MP_API MP_MUST int mp_rlock_acquire(mp_rlock *lock, int timeout_ms);

/** Undo one acquire; after the last, others can have it. Returns 0, MP_EPERM
 *  when the caller does not hold it, MP_EINVAL. */
MP_API int mp_rlock_release(mp_rlock *lock);

/** Give back this process's handle; others keep theirs. NULL does nothing. */
MP_API void mp_rlock_destroy(mp_rlock *lock);

#ifdef __cplusplus
}
#endif

#endif
