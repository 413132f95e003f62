/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * flag.c -- a descriptor that polls readable while it is raised
 */
#ifndef MP_PORTABLE
#define _GNU_SOURCE
#endif

#include "platform/flag.h"

#include "platform/fd.h"
#include "platform/mark.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#if !defined(MP_PORTABLE) && defined(__linux__)
#include <sys/eventfd.h>
#endif

static int set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ? -errno : 0;
}

/* Its read end is open in every process that has its write end: no SIGPIPE. */
static int pipe_create(mp__flag *flag)
{
    mp__flag fresh = { .read_end = -1, .write_end = -1 };
    int ends[2];
    int error = 0;

    if (pipe(ends) < 0) {
        return -errno;
    }
    fresh.read_end = mp__fd_adopt(ends[0]);
    fresh.write_end = mp__fd_adopt(ends[1]);
    error =
        fresh.read_end < 0 ? fresh.read_end : set_nonblocking(fresh.read_end);
    if (error == 0) {
        error = fresh.write_end < 0 ? fresh.write_end
                                    : set_nonblocking(fresh.write_end);
    }
    if (error < 0) {
        mp__flag_close(&fresh);
    } else {
        *flag = fresh;
    }
    return error;
}

int mp__flag_create(mp__flag *flag)
{
    int saved = errno;
    int error;

#if !defined(MP_PORTABLE) && defined(__linux__)
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    if (fd < 0 && (errno == ENOSYS || errno == EPERM || errno == ENODEV)) {
        error = pipe_create(flag);
    } else {
        fd = mp__fd_adopt(fd);
        error = fd < 0 ? fd : 0;
        if (error == 0) {
            *flag = (mp__flag){ .read_end = fd, .write_end = fd };
        }
    }
#else
    error = pipe_create(flag);
#endif
    errno = saved;
    return error;
}

/* Eight bytes: what an eventfd takes, and to a pipe it is all the same. */
void mp__flag_raise(const mp__flag *flag)
{
    const uint64_t one = 1;
    int saved = errno;

    while (mp__mark_is_ours(flag->write_end) &&
           write(flag->write_end, &one, sizeof(one)) < 0 && errno == EINTR) {
        /* try again */
    }
    errno = saved;
}

void mp__flag_lower(const mp__flag *flag)
{
    (void)mp__fd_drain(flag->read_end);
}

void mp__flag_close(mp__flag *flag)
{
    int saved = errno;

    if (flag->write_end >= 0 && flag->write_end != flag->read_end) {
        mp__mark_close(flag->write_end);
    }
    if (flag->read_end >= 0) {
        mp__mark_close(flag->read_end);
    }
    *flag = (mp__flag){ .read_end = -1, .write_end = -1 };
    errno = saved;
}
