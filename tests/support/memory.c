/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * memory.c -- how much memory there is, and how much of it is used
 */
#include "support/memory.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DESCRIPTORS = 128, BLOCK = 512 /* of st_blocks, where it is known */ };

/* The number in a file; -1: there is none ("max" is none). */
static int64_t number_in(const char *path)
{
    FILE *file = fopen(path, "r");
    long long number = -1;

    if (file != NULL) {
        if (fscanf(file, "%lld", &number) != 1) {
            number = -1;
        }
        (void)fclose(file);
    }
    return number;
}

/* In /proc/meminfo, in bytes. */
static int64_t system_available(void)
{
    FILE *file = fopen("/proc/meminfo", "r");
    long long kib = -1;
    char line[256];

    while (file != NULL && kib < 0 && fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "MemAvailable: %lld", &kib) != 1) {
            kib = -1;
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return kib < 0 ? -1 : kib * 1024;
}

static int64_t least(int64_t one, int64_t other)
{
    return one < 0 || (other >= 0 && other < one) ? other : one;
}

/* What one cgroup leaves; -1: it has no limit. Page cache counts as used here,
 * so this errs towards too little. */
static int64_t group_leaves(const char *folder, const char *limit_name,
                            const char *usage_name)
{
    char path[600];
    int64_t limit;
    int64_t used;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, limit_name);
    limit = number_in(path);
    (void)snprintf(path, sizeof(path), "%s/%s", folder, usage_name);
    used = number_in(path);
    if (limit < 0 || used < 0) {
        return -1;
    }
    return limit > used ? limit - used : 0;
}

/* The same of a cgroup of version 2 and all above it. */
static int64_t groups_leave(void)
{
    static const char root[] = "/sys/fs/cgroup";
    FILE *file = fopen("/proc/self/cgroup", "r");
    char folder[512];
    char line[400];
    char *slash;
    int64_t left = -1;

    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, "0::", 3) != 0) {
            continue;
        }
        line[strcspn(line, "\n")] = '\0';
        (void)snprintf(folder, sizeof(folder), "%s%s", root, line + 3);
        while (strlen(folder) >= sizeof(root) - 1) {
            left = least(left,
                         group_leaves(folder, "memory.max", "memory.current"));
            slash = strrchr(folder, '/');
            *slash = '\0';
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return left;
}

int64_t mp_test_memory_available(void)
{
    int64_t left = least(system_available(), groups_leave());

    return least(left, group_leaves("/sys/fs/cgroup/memory", /* version 1 */
                                    "memory.limit_in_bytes",
                                    "memory.usage_in_bytes"));
}

/* In memory or on disk, but in no folder: what libmp queues beside its maps. */
static int64_t in_unnamed_files(void)
{
    struct stat status;
    int64_t bytes = 0;
    int fd;

    for (fd = 0; fd < DESCRIPTORS; fd++) {
        if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
            status.st_nlink == 0) {
            bytes += (int64_t)status.st_blocks * BLOCK;
        }
    }
    return bytes;
}

int64_t mp_test_memory_used(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long long whole;
    long long pages = -1;

    if (file != NULL) {
        if (fscanf(file, "%lld %lld", &whole, &pages) != 2) {
            pages = -1;
        }
        (void)fclose(file);
    }
    return pages < 0
               ? -1
               : pages * (int64_t)sysconf(_SC_PAGESIZE) + in_unnamed_files();
}
