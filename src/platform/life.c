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

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

uint64_t mp__life_start_of(pid_t pid)
{
    int saved = errno;
    char state = 0;
    uint64_t start = 0;
    bool known = stat_of(pid, &state, &start);

    errno = saved;
    return known ? start : 0;
}

bool mp__life_presume(pid_t pid, uint64_t start)
{
    int saved = errno;
    bool alive;

    if (start != 0) {
        return mp__life_confirm(pid, start);
    }
    alive = kill(pid, 0) == 0 || errno != ESRCH;
    errno = saved;
    return alive;
}

bool mp__life_confirm(pid_t pid, uint64_t start)
{
    int saved = errno;
    char state = 0;
    uint64_t now_start = 0;
    bool alive = false;

    if (start == 0) {
        goto done; /* nothing to compare: trust the byte lock */
    }
    if (kill(pid, 0) < 0 && errno == ESRCH) {
        goto done;
    }
    if (!stat_of(pid, &state, &now_start)) {
        /* It was readable when `start` was taken. Gone since, or hidden:
         * a process we may not signal is not one of ours. */
        alive = kill(pid, 0) == 0;
        goto done;
    }
    alive = now_start == start && state != 'Z' && state != 'X';

done:
    errno = saved;
    return alive;
}
