/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * waits.c -- the calls by which libmp waits and tells the time, in turns
 *
 * The linker puts these in place of the calls to libc (-Wl,--wrap). In a
 * process that takes turns, what would wait gives the turn away instead, and
 * each look at the clock moves it on by a fixed step: so the library learns the
 * same of its tasks in every run. All others get the real calls.
 *
 * Few instructions of a system call are seen by who counts those of the
 * process. So each is charged with as many as it may take the CPU, or a new
 * call for each item would pass unseen.
 */
#define _GNU_SOURCE

#include "turns.h"

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>

enum { CHARGE_CLOCK = 60, CHARGE_CALL = 600 }; /* instructions */

#define TICK   INT64_C(100) /* ns between two looks at the clock */
#define SECOND INT64_C(1000000000)

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __real_nanosleep(const struct timespec *span, struct timespec *left);
int __real_poll(struct pollfd *set, nfds_t count, int timeout_ms);
pid_t __real_getppid(void);
ssize_t __real_read(int fd, void *bytes, size_t size);
int __real_sched_yield(void);
long __real_syscall(long number, ...);
ssize_t __real_write(int fd, const void *bytes, size_t size);

int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_nanosleep(const struct timespec *span, struct timespec *left);
int __wrap_poll(struct pollfd *set, nfds_t count, int timeout_ms);
pid_t __wrap_getppid(void);
ssize_t __wrap_read(int fd, void *bytes, size_t size);
int __wrap_sched_yield(void);
long __wrap_syscall(long number, ...);
ssize_t __wrap_write(int fd, const void *bytes, size_t size);

static int64_t time_ns; /* of a process that takes turns; 0: not yet */
static int owed;        /* instructions for the last look at the clock */
static bool yielded;    /* since that */

static bool has_turns(void)
{
    return turns_side() != TURNS_NOBODY;
}

static void charge(int instructions)
{
    for (; instructions > 0; instructions -= 2) {
        __asm__ __volatile__("" ::: "memory");
    }
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    if (!has_turns() || clock != CLOCK_MONOTONIC) {
        return __real_clock_gettime(clock, now);
    }
    if (time_ns == 0) {
        (void)__real_clock_gettime(clock, now);
        time_ns = now->tv_sec * SECOND + now->tv_nsec;
    }
    charge(owed);
    owed = yielded ? 0 : CHARGE_CLOCK;
    yielded = false;
    time_ns += TICK;
    now->tv_sec = (time_t)(time_ns / SECOND);
    now->tv_nsec = (long)(time_ns % SECOND);
    return 0;
}

/* Where there are two CPUs the library pauses first, without a clock. So the
 * looks at it right before and after a yield are for nothing. */
int __wrap_sched_yield(void)
{
    if (!has_turns()) {
        return __real_sched_yield();
    }
    owed = 0;
    yielded = true;
    (void)turns_pass();
    return 0;
}

int __wrap_nanosleep(const struct timespec *span, struct timespec *left)
{
    if (!has_turns()) {
        return __real_nanosleep(span, left);
    }
    charge(CHARGE_CALL);
    time_ns += span->tv_sec * SECOND + span->tv_nsec;
    (void)turns_pass();
    return 0;
}

int __wrap_poll(struct pollfd *set, nfds_t count, int timeout_ms)
{
    int ready;

    if (!has_turns()) {
        return __real_poll(set, count, timeout_ms);
    }
    charge(CHARGE_CALL);
    ready = __real_poll(set, count, 0);
    if (ready == 0 && timeout_ms != 0) {
        (void)turns_pass();
        ready = __real_poll(set, count, 0);
    }
    return ready;
}

/* It may wake early, as any wait on a futex may. */
static long futex_wait(const volatile uint32_t *word, uint32_t expected)
{
    const volatile void **park = &turns_board()->park[turns_side()];

    if (*word != expected) {
        errno = EAGAIN;
        return -1;
    }
    *park = word;
    (void)turns_pass();
    *park = NULL;
    return 0;
}

static long futex_wake(const volatile uint32_t *word)
{
    const volatile void **park = &turns_board()->park[1 - turns_side()];
    bool slept = *park == word;

    if (slept) {
        *park = NULL;
    }
    return slept;
}

long __wrap_syscall(long number, ...)
{
    long all[6];
    va_list rest;

    va_start(rest, number);
    for (int i = 0; i < 6; i++) {
        all[i] = va_arg(rest, long);
    }
    va_end(rest);
    if (has_turns()) {
        charge(CHARGE_CALL);
    }
    if (has_turns() && number == SYS_futex) {
        const volatile uint32_t *word = (const volatile uint32_t *)all[0];

        switch (all[1] & FUTEX_CMD_MASK) {
        case FUTEX_WAIT:
        case FUTEX_WAIT_BITSET:
            return futex_wait(word, (uint32_t)all[2]);
        case FUTEX_WAKE:
            return futex_wake(word);
        default:
            break;
        }
    }
    return __real_syscall(number, all[0], all[1], all[2], all[3], all[4],
                          all[5]);
}

/* Calls that never wait where libmp makes them. */

pid_t __wrap_getppid(void)
{
    if (has_turns()) {
        charge(CHARGE_CALL);
    }
    return __real_getppid();
}

ssize_t __wrap_read(int fd, void *bytes, size_t size)
{
    if (has_turns()) {
        charge(CHARGE_CALL);
    }
    return __real_read(fd, bytes, size);
}

ssize_t __wrap_write(int fd, const void *bytes, size_t size)
{
    if (has_turns()) {
        charge(CHARGE_CALL);
    }
    return __real_write(fd, bytes, size);
}
