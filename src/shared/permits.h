/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * permits.h -- so many at a time; what the dead held comes back
 */
#ifndef MP__PERMITS_H
#define MP__PERMITS_H

#include "platform/park.h"
#include "shared/domain.h"
#include "shared/guard.h"

#include <stdatomic.h>
#include <stdint.h>

/* In memory shared by processes. */
typedef struct mp__permits {
    _Alignas(64) _Atomic uint32_t word;
    uint32_t maximum; /* 0: a mere counter, never changes */
    mp__guard guard;  /* the rest only with a maximum, and under it */
    _Atomic uint32_t nobodys;
    _Atomic uint32_t orphans;
    _Alignas(64) _Atomic uint64_t held[MP__DOMAIN_SLOTS];
} mp__permits;

/* What a process's waits have learnt about spinning; all zero is fine. */
typedef struct mp__permits_budget {
    mp__spin_budget wait;
    mp__spin_budget guard;
} mp__permits_budget;

/* `value` free permits, up to INT_MAX, of `maximum` or without one (0). The
 * memory is zero bytes. */
void mp__permits_init(mp__permits *permits, uint32_t value, uint32_t maximum);

/* 0; MP_OWNERDEAD: taken, and it was left by a dead process; MP_ETIMEDOUT. */
int mp__permits_acquire(mp__permits *permits, int64_t deadline,
                        mp__permits_budget *budget);

/* 0, or MP_EOVERFLOW. Without a maximum it is async-signal-safe. */
int mp__permits_release(mp__permits *permits, mp__permits_budget *budget);

uint32_t mp__permits_value(const mp__permits *permits);

#endif
