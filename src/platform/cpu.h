/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * cpu.h -- how many CPUs there are, and how many are ours
 */
#ifndef MP__CPU_H
#define MP__CPU_H

/* CPUs online, at least 1: sysconf(_SC_NPROCESSORS_ONLN). */
int mp__cpu_online(void);

/* What affinity mask and cgroup quota leave this process, at least 1. */
int mp__cpu_usable(void);

/* Tell the CPU that we are in a loop that waits for another CPU. */
void mp__cpu_relax(void);

/* Another CPU has the cache line of `place`: ask for it, to write to it soon.
 * For x86-64 at large the compiler's own prefetch would ask for a copy to read;
 * a CPU that does not know this one takes it for a no-op. */
static inline void mp__cpu_fetch_to_write(const volatile void *place)
{
#if defined(__x86_64__) && defined(__GNUC__)
    __asm__ volatile("prefetchw %0" : : "m"(*(const volatile char *)place));
#else
    __builtin_prefetch((const void *)place, 1);
#endif
}

#endif
