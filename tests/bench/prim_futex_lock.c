/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * prim_futex_lock.c -- a lock of one word, after U. Drepper's "Futexes Are
 * Tricky"; whoever dies with it leaves it held
 */
#if defined(__linux__)
#define _GNU_SOURCE /* syscall */
#endif
#include "bench.h"
#include "primitives.h"

#include <unistd.h>

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>

#if !defined(SYS_futex) && defined(SYS_futex_time64)
#define SYS_futex SYS_futex_time64
#endif

bool prim_futex_lock_here(void)
{
    return true;
}

void prim_futex_acquire(atomic_int *lock)
{
    int seen = 0;

    if (atomic_compare_exchange_strong_explicit(
            lock, &seen, 1, memory_order_acquire, memory_order_relaxed)) {
        return;
    }
    if (seen != 2) {
        seen = atomic_exchange_explicit(lock, 2, memory_order_acquire);
    }
    while (seen != 0) {
        (void)syscall(SYS_futex, lock, FUTEX_WAIT, 2, NULL, NULL, 0);
        seen = atomic_exchange_explicit(lock, 2, memory_order_acquire);
    }
}

void prim_futex_release(atomic_int *lock)
{
    if (atomic_exchange_explicit(lock, 0, memory_order_release) == 2) {
        (void)syscall(SYS_futex, lock, FUTEX_WAKE, 1, NULL, NULL, 0);
    }
}
#else
bool prim_futex_lock_here(void)
{
    return false;
}

void prim_futex_acquire(atomic_int *lock)
{
    (void)lock;
}

void prim_futex_release(atomic_int *lock)
{
    (void)lock;
}
#endif
