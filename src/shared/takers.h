/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * takers.h -- who has taken messages and not dealt with them yet
 *
 * Every call but mp__takers_wait() is made under the guard under which
 * messages are taken.
 */
#ifndef MP__TAKERS_H
#define MP__TAKERS_H

#include "shared/domain.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* All zero bytes: nobody has any. In memory shared by processes. */
typedef struct mp__takers {
    _Atomic uint64_t intent; /* who is about to take which message */
    _Atomic uint32_t bell;
    _Atomic uint32_t lost; /* messages whose takers died, at least */
    _Alignas(64) _Atomic uint64_t held[MP__DOMAIN_SLOTS];
} mp__takers;

/* Right after the guard: what a dead taker left. `taken` is the number of
 * messages taken so far. */
void mp__takers_recover(mp__takers *takers, uint64_t taken);

/* About to take message number `taken`. */
void mp__takers_intend(mp__takers *takers, mp__ident self, uint64_t taken);
/* It is taken. */
void mp__takers_note(mp__takers *takers, mp__ident self);

/* One is dealt with: of ours, else of anybody. False: nobody has any. */
bool mp__takers_done(mp__takers *takers, mp__ident self);

/* Do living processes still have some? */
bool mp__takers_any(mp__takers *takers);

/* Sleep until something was dealt with since *seen was read from `bell`, or
 * the deadline; a slice at most. */
void mp__takers_wait(mp__takers *takers, uint32_t seen, int64_t deadline);

#endif
