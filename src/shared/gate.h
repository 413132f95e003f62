/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * gate.h -- open or shut; all who wait pass when it opens
 */
#ifndef MP__GATE_H
#define MP__GATE_H

#include "platform/park.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* All zero bytes is a shut gate. In memory shared by processes. */
typedef struct mp__gate {
    _Atomic uint32_t word;
} mp__gate;

/* Both do nothing when it is so already. Async-signal-safe. */
void mp__gate_open(mp__gate *gate);
void mp__gate_shut(mp__gate *gate);

bool mp__gate_is_open(const mp__gate *gate);

/* 0 when it is open, or was opened since the call began, even if it is shut
 * again; MP_ETIMEDOUT. */
int mp__gate_wait(mp__gate *gate, int64_t deadline, mp__spin_budget *budget);

#endif
