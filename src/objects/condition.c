/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * condition.c -- wait, with a lock let go, until another notifies
 */
#include "mp/condition.h"

#include "mp/error.h"
#include "objects/handle.h"
#include "objects/lock.h"
#include "platform/chaos.h"
#include "platform/clock.h"
#include "shared/waiters.h"

#include <limits.h>

struct mp_condition {
    mp__waiters *waiters; /* shared */
    mp_lock *lock;        /* the caller's */
};

int mp_condition_create(mp_condition **condition, mp_lock *lock)
{
    void *handle;
    void *shared;
    int error;

    if (condition == NULL || lock == NULL) {
        return MP_EINVAL;
    }
    error = mp__handle_create(&handle, sizeof(mp_condition), &shared,
                              sizeof(mp__waiters));
    if (error == 0) {
        *condition = handle;
        (*condition)->waiters = shared;
        (*condition)->lock = lock;
    }
    return error;
}

static int check(const mp_condition *condition, mp__ident *self)
{
    if (condition == NULL) {
        return MP_EINVAL;
    }
    return mp__lock_is_mine(condition->lock, self) ? 0 : MP_ESTATE;
}

/* As wait, with a deadline; *died: somebody died with the lock meanwhile. */
static int wait_until(mp_condition *condition, mp__ident self, int64_t deadline,
                      bool *died)
{
    unsigned place = 0;
    bool last_time;
    int error = mp__waiters_enter(condition->waiters, self, &place);

    if (error < 0) {
        return error;
    }
    do {
        (void)mp_lock_release(condition->lock); /* places of chaos as well */
        mp__waiters_sleep(condition->waiters, place, deadline);
        last_time = mp__deadline_passed(deadline);
        error = mp_lock_acquire(condition->lock, MP_FOREVER);
        *died = *died || error == MP_OWNERDEAD;
        if (mp__waiters_take(condition->waiters, place, self)) {
            return 0;
        }
    } while (!last_time);
    mp__waiters_leave(condition->waiters, place);
    return MP_ETIMEDOUT;
}

int mp_condition_wait(mp_condition *condition, int timeout_ms)
{
    mp__ident self = 0;
    bool died = false;
    int error = check(condition, &self);

    if (error < 0) {
        return error;
    }
    error = wait_until(condition, self, mp__deadline_after(timeout_ms), &died);
    return died ? MP_OWNERDEAD : error;
}

int mp_condition_wait_for(mp_condition *condition,
                          bool (*holds)(void *argument), void *argument,
                          int timeout_ms)
{
    int64_t deadline = mp__deadline_after(timeout_ms);
    mp__ident self = 0;
    bool died = false;
    int error = check(condition, &self);

    if (error < 0) {
        return error;
    }
    if (holds == NULL) {
        return MP_EINVAL;
    }
    while (!holds(argument)) {
        if (error < 0) {
            return error;
        }
        error = wait_until(condition, self, deadline, &died);
    }
    return died ? MP_OWNERDEAD : 0;
}

int mp_condition_notify(mp_condition *condition, int count)
{
    mp__ident self = 0;
    int error = check(condition, &self);

    if (error < 0) {
        return error;
    }
    mp__chaos("before notify");
    return count < 0 ? MP_EINVAL
                     : mp__waiters_notify(condition->waiters, count);
}

int mp_condition_notify_all(mp_condition *condition)
{
    return mp_condition_notify(condition, INT_MAX);
}

void mp_condition_destroy(mp_condition *condition)
{
    if (condition != NULL) {
        mp__handle_destroy(condition, condition->waiters, sizeof(mp__waiters));
    }
}
