/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * machine.c -- clocks, CPUs and memory, as far as this system tells of them
 */
#if defined(__linux__)
#define _GNU_SOURCE /* sched_setaffinity */
#endif
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "bench.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096 };

double bench_now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

double bench_cpu_s(void)
{
    const int whose[] = { RUSAGE_SELF, RUSAGE_CHILDREN };
    double sum = 0;

    for (size_t i = 0; i < 2; i++) {
        struct rusage used;

        (void)getrusage(whose[i], &used);
        sum += (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
               (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
    }
    return sum;
}

bool bench_pin(int cpu)
{
#if defined(__linux__)
    static cpu_set_t all;
    static bool known;
    cpu_set_t one;

    if (!known) {
        known = sched_getaffinity(0, sizeof(all), &all) == 0;
    }
    if (!known || cpu < 0) {
        return known && sched_setaffinity(0, sizeof(all), &all) == 0;
    }
    for (size_t i = 0; i < CPU_SETSIZE; i++) { /* the cpu-th that is ours */
        if (CPU_ISSET(i, &all) && cpu-- == 0) {
            CPU_ZERO(&one);
            CPU_SET(i, &one);
            return sched_setaffinity(0, sizeof(one), &one) == 0;
        }
    }
    return false;
#else
    (void)cpu;
    return false;
#endif
}

int bench_cpus(void)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN);

    return online < 1 ? 1 : online > 64 ? 64 : (int)online;
}

void bench_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void *map(size_t size, int flags)
{
    void *memory =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | flags, -1, 0);

    if (memory == MAP_FAILED) {
        perror("bench: no memory");
        exit(2);
    }
    return memory;
}

void *bench_shared(size_t size)
{
    return map(size, MAP_SHARED);
}

void bench_unshare(void *memory, size_t size)
{
    (void)munmap(memory, size);
}

char *bench_touched(size_t size)
{
    char *memory = map(size, MAP_PRIVATE);

    memset(memory, 1, size);
    return memory;
}

void bench_untouch(char *memory, size_t size)
{
    (void)munmap(memory, size);
}

uint64_t bench_touch(const void *memory, size_t size)
{
    const volatile unsigned char *bytes = memory;
    uint64_t sum = 0;

    for (size_t i = 0; i < size; i += PAGE) {
        sum += bytes[i];
    }
    return sum;
}

double bench_memory_kib(long pid, const char *name)
{
    char path[64];
    char line[256];
    double sum = 0;
    FILE *file;

    (void)snprintf(path, sizeof(path), "/proc/%ld/smaps_rollup", pid);
    file = fopen(path, "r");
    if (file == NULL) {
        return -1;
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0) {
            sum += strtod(strchr(line, ':') + 1, NULL);
        }
    }
    (void)fclose(file);
    return sum;
}
