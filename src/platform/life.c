/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * life.c -- the kernel's word for who is alive
 */
#ifndef MP_PORTABLE
#define _GNU_SOURCE
#endif
#define _FILE_OFFSET_BITS 64

#include "platform/life.h"

#include "platform/file.h"
#include "platform/mark.h"
#include "platform/self.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int mp__life_open(void)
{
    return mp__file_create();
}

static int lock_call(int fd, int command, struct flock *range)
{
    int saved = errno;
    int error;

    if (!mp__mark_is_ours(fd)) {
        return -EBADF; /* a lock on a file of the host's would say nothing */
    }
    do {
        error = fcntl(fd, command, range) < 0 ? -errno : 0;
    } while (error == -EINTR);
    errno = saved;
    return error;
}

static struct flock byte_of(unsigned index, short type)
{
    struct flock range;

    memset(&range, 0, sizeof(range));
    range.l_type = type;
    range.l_whence = SEEK_SET;
    range.l_start = (off_t)index;
    range.l_len = 1;
    return range;
}

int mp__life_lock(int fd, unsigned index)
{
    struct flock range = byte_of(index, F_WRLCK);
    int error = lock_call(fd, F_SETLK, &range);

    return error == -EACCES ? -EAGAIN : error; /* POSIX allows either */
}

void mp__life_unlock(int fd, unsigned index)
{
    struct flock range = byte_of(index, F_UNLCK);

    (void)lock_call(fd, F_SETLK, &range);
}

int mp__life_is_locked(int fd, unsigned index)
{
    struct flock range = byte_of(index, F_WRLCK);
    int error = lock_call(fd, F_GETLK, &range);

    return error < 0 ? error : range.l_type != F_UNLCK;
}

pid_t mp__life_holder(int fd, unsigned index)
{
    struct flock range = byte_of(index, F_WRLCK);
    int error = lock_call(fd, F_GETLK, &range);

    return error < 0 || range.l_type == F_UNLCK ? 0 : range.l_pid;
}

#if !defined(MP_PORTABLE) && defined(__linux__)
/* Field 3 (state) and field 22 (start time) of /proc/<pid>/stat. The name in
 * field 2 may hold anything, also ") ": the last parenthesis ends it. */
static bool stat_of(pid_t pid, char *state, uint64_t *start)
{
    char path[64];
    char line[1024];
    char *field;
    ssize_t got;
    int fd;
    int number;

    (void)snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    got = read(fd, line, sizeof(line) - 1);
    (void)close(fd);
    line[got > 0 ? got : 0] = '\0';
    field = strrchr(line, ')');
    if (field == NULL || field[1] != ' ') {
        return false;
    }
    field += 2;
    *state = *field;
    for (number = 3; number < 22 && field != NULL; number++) {
        field = strchr(field + 1, ' ');
    }
    *start = field != NULL ? strtoull(field, NULL, 10) : 0;
    return true;
}
#else
static bool stat_of(pid_t pid, char *state, uint64_t *start)
{
    (void)pid;
    (void)state;
    (void)start;
    return false;
}
#endif

#if !defined(MP_PORTABLE) && defined(__linux__)
/* Is /proc there, and does it know us by our pid? Looking at our own entry
 * would tell, too; but that makes the kernel build it and take it down again
 * at our end, which costs a tenth of a small fork. */
static bool proc_knows_us(void)
{
    char link[24];
    ssize_t length = readlink("/proc/self", link, sizeof(link));
    long pid = 0;
    ssize_t i;

    /* By hand: each function of libc's is fresh code to a fresh child. */
    for (i = 0; i < length && i < 10; i++) {
        pid = pid * 10 + (link[i] - '0');
    }
    return pid == (long)mp__self_pid();
}

/* The clock that start times are read from; in their units. One caller at a
 * time, and first of all who opens the domain: its children find `ticks`. */
static uint64_t now_in_ticks(void)
{
    static long ticks; /* in a second */
    struct timespec now = { 0, 0 };

    if (ticks == 0) {
        ticks = sysconf(_SC_CLK_TCK);
    }
    if (ticks <= 0 || ticks > 1000000000 ||
        clock_gettime(CLOCK_BOOTTIME, &now) < 0) {
        return 0;
    }
    /* Rounded down, as they are. */
    return (uint64_t)now.tv_sec * (uint64_t)ticks +
           (uint64_t)now.tv_nsec * (uint64_t)ticks / 1000000000;
}

uint64_t mp__life_moment(void)
{
    int saved = errno;
    uint64_t moment = proc_knows_us() ? now_in_ticks() : 0;

    errno = saved;
    return moment;
}
#else
uint64_t mp__life_moment(void)
{
    return 0;
}
#endif

bool mp__life_presume(pid_t pid, uint64_t moment)
{
    int saved = errno;
    bool alive;

    if (moment != 0) {
        return mp__life_confirm(pid, moment);
    }
    alive = kill(pid, 0) == 0 || errno != ESRCH;
    errno = saved;
    return alive;
}

bool mp__life_confirm(pid_t pid, uint64_t moment)
{
    int saved = errno;
    char state = 0;
    uint64_t start = 0;
    bool alive = false;

    if (moment == 0) {
        goto done; /* nothing to compare: trust the byte lock */
    }
    if (kill(pid, 0) < 0 && errno == ESRCH) {
        goto done;
    }
    if (!stat_of(pid, &state, &start)) {
        /* It was there when `moment` was taken. Gone since, or hidden:
         * a process we may not signal is not one of ours. */
        alive = kill(pid, 0) == 0;
        goto done;
    }
    /* Who got the number later started after the end of whom we mean, so not
     * before `moment`. */
    alive = start <= moment && state != 'Z' && state != 'X';

done:
    errno = saved;
    return alive;
}
