/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * chaos_tools.c -- dice, failed checks, and what a process has
 */
#include "chaos.h"
#include "../support/sanitizer.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void fail_at(const char *file, int line)
{
    int none = 0;

    if (atomic_compare_exchange_strong(&ledger->failed_line, &none, line)) {
        atomic_store(&ledger->failed_file, file);
    }
    _exit(1);
}

struct dice dice_make(uint64_t seed)
{
    return (struct dice){ .state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1 };
}

unsigned dice_throw(struct dice *of, unsigned sides)
{
    uint64_t x = of->state += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (unsigned)((x ^ (x >> 31)) >> 16) % sides;
}

static int count_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = -3; /* ".", ".." and the folder itself */

    while (folder != NULL && readdir(folder) != NULL) {
        count++;
    }
    (void)closedir(folder);
    return count;
}

struct holdings holdings_now(void)
{
    struct holdings now = { .descriptors = count_descriptors() };
    FILE *maps = fopen("/proc/self/maps", "r");
    FILE *status = fopen("/proc/self/status", "r");
    char line[512];

    while (maps != NULL && fgets(line, sizeof(line), maps) != NULL) {
        now.mappings += strchr(line, '\n') != NULL;
    }
    while (status != NULL && fgets(line, sizeof(line), status) != NULL) {
        (void)sscanf(line, "RssAnon: %ld", &now.anonymous_kb);
        (void)sscanf(line, "RssShmem: %ld", &now.shared_kb);
    }
    CHECK(maps != NULL && status != NULL);
    (void)fclose(maps);
    (void)fclose(status);
    return now;
}

bool memory_counts(void)
{
    return !MP_TEST_WATCHED;
}

void check_holdings(const struct holdings *before, int mappings,
                    long anonymous_kb)
{
    struct holdings after = holdings_now();
    long ledger_kb = (long)(atomic_load(&ledger->lives) * sizeof(struct life) /
                            1024); /* read to account for messages */

    CHECK(after.descriptors == before->descriptors);
    if (memory_counts()) {
        CHECK(after.mappings <= before->mappings + mappings);
        CHECK(after.anonymous_kb <= before->anonymous_kb + anonymous_kb);
        CHECK(after.shared_kb <= before->shared_kb + ledger_kb + 1024);
    }
}
