/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * descriptors.c -- which descriptors a process has open, and what they are
 *
 * The kernel's list is asked where there is one. Elsewhere every number below
 * SCAN_LIMIT is tried, so a descriptor above it stays unseen there.
 */
#define _GNU_SOURCE

#include "descriptors.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SCAN_LIMIT = 65536 };

static void add(mp_test__descriptors *set, int number)
{
    struct stat status;
    mp_test__descriptor *entry;

    if (fstat(number, &status) != 0) {
        return; /* it was open when it was listed, and no longer is */
    }
    if (set->count == MP_TEST__DESCRIPTORS) {
        set->left_out++;
        return;
    }
    entry = &set->all[set->count++];
    entry->number = number;
    entry->device = status.st_dev;
    entry->inode = status.st_ino;
}

static DIR *open_list(void)
{
    DIR *list = opendir("/proc/self/fd");

    /* Without a special file system, /dev/fd holds only 0, 1 and 2. */
#if defined(__APPLE__)
    if (list == NULL) {
        list = opendir("/dev/fd");
    }
#endif
    return list;
}

static void scan(mp_test__descriptors *set)
{
    long limit = sysconf(_SC_OPEN_MAX);

    if (limit < 0 || limit > SCAN_LIMIT) {
        limit = SCAN_LIMIT;
    }
    for (int number = 0; number < limit; number++) {
        if (fcntl(number, F_GETFD) >= 0) {
            add(set, number);
        }
    }
}

void mp_test__descriptors_look(mp_test__descriptors *set)
{
    DIR *list = open_list();
    const struct dirent *entry;

    set->count = 0;
    set->left_out = 0;
    if (list == NULL) {
        scan(set);
        return;
    }
    while ((entry = readdir(list)) != NULL) {
        char *end = NULL;
        long number = strtol(entry->d_name, &end, 10);

        if (end != entry->d_name && *end == '\0' && number != dirfd(list)) {
            add(set, (int)number);
        }
    }
    closedir(list);
}

const mp_test__descriptor *
mp_test__descriptors_find(const mp_test__descriptors *set, int number)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->all[i].number == number) {
            return &set->all[i];
        }
    }
    return NULL;
}

void mp_test__descriptor_describe(int number, char *text, size_t capacity)
{
    char path[64];
    ssize_t length;

    snprintf(path, sizeof(path), "/proc/self/fd/%d", number);
    length = readlink(path, text, capacity - 1);
    if (length < 0) {
        snprintf(text, capacity, "?");
    } else {
        text[length] = '\0';
    }
}
