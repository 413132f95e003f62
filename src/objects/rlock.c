/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * rlock.c -- a lock that its holder may take again
 *
 * A guard, and in each process's own handle how often it took it. A count
 * inherited by a fork means nothing there: the guard names the holder.
 */
#include "mp/lock.h"

#include "mp/error.h"
#include "objects/handle.h"
#include "platform/chaos.h"
#include "platform/clock.h"
#include "shared/guard.h"

#include <limits.h>
#include <stdbool.h>

struct mp_rlock {
    mp__guard *guard; /* shared */
    mp__spin_budget budget;
    unsigned depth; /* while this process holds it */
};

int mp_rlock_create(mp_rlock **lock)
{
    void *handle;
    void *shared;
    int error;

    if (lock == NULL) {
        return MP_EINVAL;
    }
    error = mp__handle_create(&handle, sizeof(mp_rlock), &shared,
                              sizeof(mp__guard));
    if (error == 0) {
        *lock = handle;
        (*lock)->guard = shared;
    }
    return error;
}

static bool is_mine(const mp_rlock *lock)
{
    mp__ident self;

    return mp__domain_self(&self) == 0 && mp__guard_holder(lock->guard) == self;
}

int mp_rlock_acquire(mp_rlock *lock, int timeout_ms)
{
    int result;

    if (lock == NULL) {
        return MP_EINVAL;
    }
    if (is_mine(lock)) {
        if (lock->depth == UINT_MAX) {
            return MP_EOVERFLOW;
        }
        lock->depth++;
        return 0;
    }
    mp__chaos("before acquire");
    if (mp__guard_try(lock->guard)) {
        result = 0;
    } else {
        result = mp__guard_acquire(lock->guard, mp__deadline_after(timeout_ms),
                                   &lock->budget);
    }
    if (result >= 0) {
        lock->depth = 1;
    }
    mp__chaos("after acquire");
    return result;
}

int mp_rlock_release(mp_rlock *lock)
{
    if (lock == NULL) {
        return MP_EINVAL;
    }
    if (!is_mine(lock)) {
        return MP_EPERM;
    }
    mp__chaos("before release");
    lock->depth--;
    return lock->depth > 0 ? 0 : mp__guard_release(lock->guard);
}

void mp_rlock_destroy(mp_rlock *lock)
{
    if (lock != NULL) {
        mp__handle_destroy(lock, lock->guard, sizeof(mp__guard));
    }
}
