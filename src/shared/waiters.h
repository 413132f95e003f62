/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * waiters.h -- who waits to be notified
 *
 * Every call but mp__waiters_sleep() is made with one lock held, the user's,
 * which is what makes their order the order of notifies.
 */
#ifndef MP__WAITERS_H
#define MP__WAITERS_H

#include "shared/domain.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct mp__waiter {
    _Atomic uint32_t word;
    _Atomic uint32_t ticket; /* the older is the smaller */
};

/* All zero bytes: nobody waits. In memory shared by processes. */
typedef struct mp__waiters {
    _Atomic uint32_t bound; /* places from here on were never used */
    _Atomic uint32_t tickets;
    struct mp__waiter places[MP__DOMAIN_SLOTS];
} mp__waiters;

/* Become one who waits, at *place. 0, or MP_ENOMEM when 1024 do. */
int mp__waiters_enter(mp__waiters *waiters, mp__ident self, unsigned *place);

/* Sleep until notified, the deadline, or until a dead process's notice can be
 * had. */
void mp__waiters_sleep(mp__waiters *waiters, unsigned place, int64_t deadline);

/* Take the notice that came, and wait no more; false: there is none. */
bool mp__waiters_take(mp__waiters *waiters, unsigned place, mp__ident self);

/* Wait no more. */
void mp__waiters_leave(mp__waiters *waiters, unsigned place);

/* Notify the `count` who wait longest, of the living. How many that were. */
int mp__waiters_notify(mp__waiters *waiters, int count);

#endif
