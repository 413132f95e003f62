/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * lock.c -- one process at a time: a guard
 */
#include "objects/lock.h"

#include "mp/error.h"
#include "objects/handle.h"
#include "platform/chaos.h"
#include "platform/clock.h"
#include "shared/guard.h"

struct mp_lock {
    mp__guard *guard; /* shared */
    mp__spin_budget budget;
};

int mp_lock_create(mp_lock **lock)
{
    void *handle;
    void *shared;
    int error;

    if (lock == NULL) {
        return MP_EINVAL;
    }
    error =
        mp__handle_create(&handle, sizeof(mp_lock), &shared, sizeof(mp__guard));
    if (error == 0) {
        *lock = handle;
        (*lock)->guard = shared;
    }
    return error;
}

int mp_lock_acquire(mp_lock *lock, int timeout_ms)
{
    int result;

    if (lock == NULL) {
        return MP_EINVAL;
    }
    mp__chaos("before acquire");
    if (mp__guard_try(lock->guard)) {
        result = 0;
    } else {
        result = mp__guard_acquire(lock->guard, mp__deadline_after(timeout_ms),
                                   &lock->budget);
    }
    mp__chaos("after acquire");
    return result;
}

int mp_lock_release(mp_lock *lock)
{
    if (lock == NULL) {
        return MP_EINVAL;
    }
    mp__chaos("before release");
    return mp__guard_release(lock->guard);
}

bool mp__lock_is_mine(const mp_lock *lock, mp__ident *self)
{
    return mp__domain_self(self) == 0 && mp__guard_holder(lock->guard) == *self;
}

void mp_lock_destroy(mp_lock *lock)
{
    if (lock != NULL) {
        mp__handle_destroy(lock, lock->guard, sizeof(mp__guard));
    }
}
