/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * cpu.c -- how many CPUs there are, and how many are ours
 */
#ifndef MP_PORTABLE
#define _GNU_SOURCE
#endif

#include "platform/cpu.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int mp__cpu_online(void)
{
    int saved = errno;
    long count = sysconf(_SC_NPROCESSORS_ONLN);

    errno = saved;
    return count < 1 ? 1 : (int)count;
}

#if !defined(MP_PORTABLE) && defined(__linux__)
/* The first line of a small file in /proc or /sys; empty if there is none. */
static void line_of(const char *path, char *line, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = -1;

    line[0] = '\0';
    if (fd < 0) {
        return;
    }
    got = read(fd, line, size - 1);
    (void)close(fd);
    line[got > 0 ? got : 0] = '\0';
    line[strcspn(line, "\n")] = '\0';
}

/* Whole CPUs that a quota of `quota` in every `period` allows, rounded up. */
static int quota_cpus(const char *quota, const char *period)
{
    long long share = strtoll(quota, NULL, 10);
    long long span = strtoll(period, NULL, 10);

    if (share <= 0 || span <= 0) {
        return 0;
    }
    return (int)((share + span - 1) / span);
}

/* The quota of our control group, version 2 then 1; 0: none. Inside a
 * container both are mounted so that the root is our own group. */
static int cgroup_cpus(void)
{
    char line[128];
    char period[64];
    char *space;

    line_of("/sys/fs/cgroup/cpu.max", line, sizeof(line));
    space = strchr(line, ' ');
    if (space != NULL) {
        *space = '\0';
        return quota_cpus(line, space + 1); /* "max" reads as 0 */
    }
    line_of("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", line, sizeof(line));
    line_of("/sys/fs/cgroup/cpu/cpu.cfs_period_us", period, sizeof(period));
    return quota_cpus(line, period);
}

/* Bits set in our affinity mask; 0: it cannot be had. */
static int affinity_cpus(void)
{
    int room = 1024;
    cpu_set_t *set;
    size_t size;
    int count = 0;

    for (; room <= 1 << 16; room *= 4) {
        set = CPU_ALLOC((size_t)room);
        if (set == NULL) {
            return 0;
        }
        size = CPU_ALLOC_SIZE((size_t)room);
        CPU_ZERO_S(size, set);
        if (sched_getaffinity(0, size, set) == 0) {
            count = CPU_COUNT_S(size, set);
        }
        CPU_FREE(set);
        if (count > 0 || errno != EINVAL) {
            return count;
        }
    }
    return 0;
}

int mp__cpu_usable(void)
{
    int saved = errno;
    int count = mp__cpu_online();
    int affinity = affinity_cpus();
    int quota = cgroup_cpus();

    if (affinity > 0 && affinity < count) {
        count = affinity;
    }
    if (quota > 0 && quota < count) {
        count = quota;
    }
    errno = saved;
    return count;
}
#else
int mp__cpu_usable(void)
{
    return mp__cpu_online();
}
#endif

void mp__cpu_relax(void)
{
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
    __builtin_ia32_pause();
#elif defined(__GNUC__) && defined(__aarch64__)
    __asm__ __volatile__("yield");
#endif
}
