/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * clock.h -- monotonic time and deadlines
 *
 * A relative timeout becomes one absolute deadline at the public edge, so
 * that no wait restarts after a signal and none can end early.
 */
#ifndef MP__CLOCK_H
#define MP__CLOCK_H

#include "mp/error.h"

#include <stdbool.h>
#include <stdint.h>

/* A deadline that never passes; 0 is one that has always passed. One below 0
 * has not begun: so many ns from mp__deadline_begin(), which whoever really
 * has to wait calls first. */
#define MP__NEVER   INT64_MAX
#define MP__AT_ONCE INT64_C(0)

#define MP__US INT64_C(1000)
#define MP__MS INT64_C(1000000)

/* Nanoseconds of the monotonic clock; more than 0. */
int64_t mp__clock_ns(void);

/* The deadline `timeout_ms` from now: MP_FOREVER never passes, 0 and less
 * have passed already. */
int64_t mp__deadline_after(int timeout_ms);

/* The same, not begun: no look at the clock, which costs as much as a small
 * message. */
static inline int64_t mp__deadline_in(int timeout_ms)
{
    if (timeout_ms <= 0) {
        return MP__AT_ONCE;
    }
    return timeout_ms == MP_FOREVER ? MP__NEVER : -(timeout_ms * MP__MS);
}

/* `deadline` as a moment, from now on if it had not begun. */
static inline int64_t mp__deadline_begin(int64_t deadline)
{
    return deadline < 0 ? mp__clock_ns() - deadline : deadline;
}

/* The earlier of `deadline` and `slice_ns` from now. */
int64_t mp__deadline_slice(int64_t deadline, int64_t slice_ns);

bool mp__deadline_passed(int64_t deadline);

/* Milliseconds until `deadline`, rounded up, at most `slice_ms`: for poll(). */
int mp__deadline_poll_ms(int64_t deadline, int slice_ms);

/* Sleep for `ns`, or less when a signal is handled. */
void mp__clock_sleep(int64_t ns);

#endif
