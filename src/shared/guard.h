/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * guard.h -- the lock that outlives its holder
 */
#ifndef MP__GUARD_H
#define MP__GUARD_H

#include "platform/park.h"
#include "shared/domain.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* All zero bytes is a free guard. Lies in memory shared by processes. */
typedef struct mp__guard {
    _Atomic uint32_t word;
} mp__guard;

/*
 * Take the guard by `deadline`; `budget` is this process's for this kind of
 * guard. Returns 0; MP_OWNERDEAD, taken, but its former holder died with it;
 * MP_ETIMEDOUT; MP_EDEADLK when the caller holds it and the deadline is
 * MP__NEVER; or an error of mp__domain_self().
 */
int mp__guard_acquire(mp__guard *guard, int64_t deadline,
                      mp__spin_budget *budget);

/* Take it if it is free and the caller is known: no clock, no kernel. False
 * says neither why nor that the next try would fail. */
bool mp__guard_try(mp__guard *guard);

/* Give it back, whoever holds it. 0, or MP_EPERM when nobody does. */
int mp__guard_release(mp__guard *guard);

/* The holder's ident; 0: free. */
mp__ident mp__guard_holder(const mp__guard *guard);

#endif
