/*
 * lock.c -- one process at a time
 *
 * A guard in a map of its own, so that destroying the handle in one process
 * leaves the lock to the others.
 */
#include "mp/lock.h"

#include "mp/error.h"
#include "platform/clock.h"
#include "platform/map.h"
#include "shared/domain.h"
#include "shared/guard.h"

#include <stdlib.h>

struct mp_lock {
    mp__guard *guard; /* shared */
    mp__spin_budget budget;
};

int mp_lock_create(mp_lock **lock)
{
    mp_lock *fresh;
    int error;

    if (lock == NULL) {
        return MP_EINVAL;
    }
    error = mp__domain_open();
    if (error < 0) {
        return error;
    }
    fresh = calloc(1, sizeof(*fresh));
    if (fresh == NULL) {
        return MP_ENOMEM;
    }
    fresh->guard = mp__map_shared(mp__map_round(sizeof(*fresh->guard)));
    if (fresh->guard == NULL) {
        free(fresh);
        return MP_ENOMEM;
    }
    *lock = fresh;
    return 0;
}

int mp_lock_acquire(mp_lock *lock, int timeout_ms)
{
    if (lock == NULL) {
        return MP_EINVAL;
    }
    return mp__guard_acquire(lock->guard, mp__deadline_after(timeout_ms),
                             &lock->budget);
}

int mp_lock_release(mp_lock *lock)
{
    return lock == NULL ? MP_EINVAL : mp__guard_release(lock->guard);
}

void mp_lock_destroy(mp_lock *lock)
{
    if (lock == NULL) {
        return;
    }
    mp__map_free(lock->guard, mp__map_round(sizeof(*lock->guard)));
    free(lock);
}
