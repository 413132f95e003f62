/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * deaths.h -- what a dead worker had in hand gets its end
 */
#ifndef MP__DEATHS_H
#define MP__DEATHS_H

#include "platform/child.h"
#include "pool/common/core.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What became of a worker. */
typedef struct mp__death {
    pid_t pid;
    mp__exit how;
    bool known; /* `how` is */
} mp__death;

/* Has dead worker `w` an item in hand that is to get its end? */
bool mp__settle_is_due(const mp__core *core, uint32_t w);

/* Worker `w` is reaped: publish what it had committed, end the item in hand or
 * let it be tried again. Returns whether its replacement has to go on with the
 * task. */
bool mp__settle(mp__core *core, uint32_t w, const mp__death *death);

#endif
