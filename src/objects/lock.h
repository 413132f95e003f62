/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * lock.h -- what a condition asks of its lock
 */
#ifndef MP__LOCK_H
#define MP__LOCK_H

#include "mp/lock.h"
#include "shared/domain.h"

#include <stdbool.h>

/* Does the calling process hold it? Then *self is its ident. */
bool mp__lock_is_mine(const mp_lock *lock, mp__ident *self);

#endif
