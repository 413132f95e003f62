/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * time_limits.h -- end what runs too long, or is not wanted any more
 */
#ifndef MP__TIME_LIMITS_H
#define MP__TIME_LIMITS_H

#include "pool/common/core.h"

#include <stdint.h>
#include <sys/types.h>

/* A request to cancel, as the supervisor has seen it; all zero is none. */
typedef struct mp__request {
    uint32_t slot;
    uint32_t generation;
    int64_t since; /* monotonic ns; 0: there is none */
} mp__request;

/* Look at worker `w`, which is process `pid`, not yet reaped. What is past its
 * time is taken from it, and it is killed with its group. Returns when to look
 * again, or MP__NEVER. */
int64_t mp__overrun_look(mp__core *core, uint32_t w, pid_t pid,
                         mp__request *request);

#endif
