/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * mp/condition.h -- wait, with a lock let go, until another notifies
 *
 * Shared, as its lock is, by its creator and by every process forked from it
 * since. One process waits at one place at a time; 1024 can wait on one
 * condition. A process killed while it waits is passed by; one killed after it
 * was notified and before it came back leaves its notice to another waiter; so
 * the living get every notify. One killed with the lock held, notifying or
 * otherwise, shows as MP_OWNERDEAD in whoever gets the lock next.
 */
#ifndef MP_CONDITION_H
#define MP_CONDITION_H

#include <stdbool.h>

#include <mp/export.h>
#include <mp/lock.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mp_condition mp_condition;

/** Make a condition. `lock` is borrowed and must outlive it. The caller owns
 *  the handle until mp_condition_destroy(). Returns 0, MP_EINVAL, MP_ENOMEM or
 *  -errno. Every call below but destroy needs the lock held by the caller. */
MP_API MP_MUST int mp_condition_create(mp_condition **condition, mp_lock *lock);

/**
 * Let the lock go, wait up to `timeout_ms` for a notify, and take the lock
 * again: it is held on every return, however long that takes. Returns 0:
 * notified, never without a notify; MP_OWNERDEAD: in time or not, but a
 * process died with the lock meanwhile, look at what it guards; MP_ETIMEDOUT;
 * MP_ESTATE without the lock; MP_EINVAL; MP_ENOMEM when 1024 processes wait.
 */
MP_API int mp_condition_wait(mp_condition *condition, int timeout_ms);

/**
 * Wait until `holds(argument)` is true, asking after every notify and at the
 * end of the time; it runs in the caller, with the lock held. Returns 0: it
 * holds; MP_OWNERDEAD: it holds, and a process died with the lock meanwhile;
 * errors as above.
 */
MP_API int mp_condition_wait_for(mp_condition *condition,
                                 bool (*holds)(void *argument), void *argument,
                                 int timeout_ms);

/** Notify up to `count` of those who wait, the longest waiting first; nobody
 *  waits: it is not remembered. Returns how many living processes that were;
 *  MP_ESTATE without the lock; MP_EINVAL. */
MP_API int mp_condition_notify(mp_condition *condition, int count);

/** Notify all. As above. */
MP_API int mp_condition_notify_all(mp_condition *condition);

/** Give back this process's handle; others keep theirs. NULL does nothing. */
MP_API void mp_condition_destroy(mp_condition *condition);

#ifdef __cplusplus
}
#endif

#endif
