/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * clock.c -- monotonic time and deadlines
 */
#include "platform/clock.h"

#include <errno.h>
#include <time.h>

int64_t mp__clock_ns(void)
{
    struct timespec now = { 0, 0 };

    /* Cannot fail: POSIX.1-2008 has CLOCK_MONOTONIC on every system we know,
     * and the pointer is good. */
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t mp__deadline_after(int timeout_ms)
{
    if (timeout_ms <= 0) {
        return MP__AT_ONCE;
    }
    if (timeout_ms == MP_FOREVER) {
        return MP__NEVER;
    }
    return mp__clock_ns() + timeout_ms * MP__MS;
}

int64_t mp__deadline_slice(int64_t deadline, int64_t slice_ns)
{
    int64_t end = mp__clock_ns() + slice_ns;

    return deadline < end ? deadline : end;
}

bool mp__deadline_passed(int64_t deadline)
{
    if (deadline == MP__NEVER) {
        return false;
    }
    return deadline == MP__AT_ONCE || mp__clock_ns() >= deadline;
}

int mp__deadline_poll_ms(int64_t deadline, int slice_ms)
{
    int64_t left;

    if (deadline == MP__AT_ONCE) {
        return 0;
    }
    if (deadline == MP__NEVER) {
        return slice_ms;
    }
    left = deadline - mp__clock_ns();
    if (left <= 0) {
        return 0;
    }
    /* Rounded up: poll() must not wake before the deadline. */
    left = (left + MP__MS - 1) / MP__MS;
    return left < slice_ms ? (int)left : slice_ms;
}

void mp__clock_sleep(int64_t ns)
{
    struct timespec span;
    int saved = errno;

    if (ns <= 0) {
        return;
    }
    span.tv_sec = (time_t)(ns / 1000000000);
    span.tv_nsec = (long)(ns % 1000000000);
    (void)nanosleep(&span, NULL);
    errno = saved;
}
