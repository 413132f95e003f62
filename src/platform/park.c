/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * park.c -- sleep on a word, wake its sleepers
 */
#ifndef MP_PORTABLE
#define _GNU_SOURCE
#endif

#include "platform/park.h"

#include "platform/clock.h"
#include "platform/cpu.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <time.h>

#if !defined(MP_PORTABLE) && defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Where only the syscall with 64-bit time exists (riscv32 and newer). */
#if !defined(SYS_futex) && defined(SYS_futex_time64)
#define SYS_futex SYS_futex_time64
#endif

/* FUTEX_WAIT_BITSET takes an absolute deadline on the monotonic clock. */
static long futex_wait(const _Atomic uint32_t *word, uint32_t expected,
                       int64_t deadline)
{
    struct timespec until;

    until.tv_sec = (time_t)(deadline / 1000000000);
    until.tv_nsec = (long)(deadline % 1000000000);
    return syscall(SYS_futex, word, FUTEX_WAIT_BITSET, expected,
                   deadline == MP__NEVER ? NULL : &until, NULL,
                   FUTEX_BITSET_MATCH_ANY);
}

void mp__park_wait(const _Atomic uint32_t *word, uint32_t expected,
                   int64_t deadline)
{
    int saved = errno;

    if (futex_wait(word, expected, deadline) < 0 &&
        (errno == ENOSYS || errno == EPERM)) {
        mp__clock_sleep(MP__MS); /* a sandbox without futex: nap instead */
    }
    errno = saved;
}

int mp__park_wake(const _Atomic uint32_t *word, int count)
{
    int saved = errno;
    long woken = syscall(SYS_futex, word, FUTEX_WAKE, count, NULL, NULL, 0);

    errno = saved;
    return woken > 0 ? (int)woken : 0;
}
#else
/* 50 us, doubling to 5 ms: long enough to cost little, short enough to go
 * unnoticed beside the slices of every wait. */
void mp__park_wait(const _Atomic uint32_t *word, uint32_t expected,
                   int64_t deadline)
{
    int64_t nap = 50000;
    int64_t left;

    while (atomic_load(word) == expected && !mp__deadline_passed(deadline)) {
        left = deadline == MP__NEVER ? nap : deadline - mp__clock_ns();
        mp__clock_sleep(left < nap ? left : nap);
        nap = nap < 5 * MP__MS ? nap * 2 : 5 * MP__MS;
    }
}

int mp__park_wake(const _Atomic uint32_t *word, int count)
{
    (void)word;
    (void)count;
    return 0;
}
#endif

const _Atomic uint32_t *mp__park_low_half(const _Atomic uint64_t *word)
{
    const uint32_t one = 1;
    unsigned char first = 0;

    memcpy(&first, &one, 1);
    return (const _Atomic uint32_t *)(const void *)word + (first ? 0 : 1);
}

#define PAUSES_FIRST 300 /* 8 us: catches a partner that is awake */
#define PAUSES_LEAST 30
#define PAUSES_MOST  600
#define YIELDS_NS    50000
#define YIELD_LONG   200000 /* ns; a slice of the scheduler is 1 ms or more */
#define CROWDED      1000   /* waits, before a yield is tried again */

static int budget_start(void)
{
    return mp__cpu_usable() > 1 ? PAUSES_FIRST : -1;
}

/* Is it one of the waits that do without yields? */
static bool is_crowded(mp__spin_budget *budget)
{
    int crowded = atomic_load_explicit(&budget->crowded, memory_order_relaxed);

    if (crowded > 0) {
        atomic_store_explicit(&budget->crowded, crowded - 1,
                              memory_order_relaxed);
    }
    return crowded > 0;
}

void mp__spin_prepare(mp__spin_budget *budget)
{
    if (atomic_load_explicit(&budget->pauses, memory_order_relaxed) == 0) {
        atomic_store_explicit(&budget->pauses, budget_start(),
                              memory_order_relaxed);
    }
}

void mp__spin_begin(mp__spin *spin, mp__spin_budget *budget)
{
    int allowed;

    mp__spin_prepare(budget);
    allowed = atomic_load_explicit(&budget->pauses, memory_order_relaxed);
    *spin = (mp__spin){ .budget = budget,
                        .allowed = allowed,
                        .crowded = is_crowded(budget) };
    if (spin->crowded && allowed > PAUSES_LEAST) {
        spin->allowed = PAUSES_LEAST;
    }
}

/* The last yield has ended: did somebody else have the CPU for long? */
static void judge_yield(const mp__spin *spin, int64_t now)
{
    if (now - spin->yielded > YIELD_LONG) {
        atomic_store_explicit(&spin->budget->crowded, CROWDED,
                              memory_order_relaxed);
    }
}

bool mp__spin_once(mp__spin *spin)
{
    int64_t now;

    if (spin->pauses < spin->allowed) {
        spin->pauses++;
        mp__cpu_relax();
        return true;
    }
    if (spin->crowded) {
        return false;
    }
    now = mp__clock_ns();
    if (spin->yields_end == 0) {
        spin->yields_end = now + YIELDS_NS;
    } else {
        judge_yield(spin, now);
    }
    if (now >= spin->yields_end) {
        return false;
    }
    spin->yielded = now;
    (void)sched_yield();
    return true;
}

void mp__spin_end(mp__spin *spin, bool came)
{
    int allowed = spin->allowed;

    if (spin->yields_end != 0 && came) {
        judge_yield(spin, mp__clock_ns());
    }
    if (allowed < 0 || spin->pauses == 0 || spin->crowded) {
        return; /* one CPU, or nothing was learnt */
    }
    if (came && spin->yields_end == 0) {
        allowed = allowed + 20 < PAUSES_MOST ? allowed + 20 : PAUSES_MOST;
    } else {
        allowed = allowed - 10 > PAUSES_LEAST ? allowed - 10 : PAUSES_LEAST;
    }
    atomic_store_explicit(&spin->budget->pauses, allowed, memory_order_relaxed);
}
