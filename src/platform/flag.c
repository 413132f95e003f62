/*
 * flag.c -- a descriptor that polls readable while it is raised
 */
#ifndef MP_PORTABLE
#define _GNU_SOURCE
#endif

#include "platform/flag.h"

#include "platform/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#if !defined(MP_PORTABLE) && defined(__linux__)
#include <sys/eventfd.h>

int mp__flag_create(mp__flag *flag)
{
    int saved = errno;
    int fd = mp__fd_adopt(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));

    errno = saved;
    if (fd < 0) {
        return fd;
    }
    *flag = (mp__flag){ .read_end = fd, .write_end = fd };
    return 0;
}

void mp__flag_raise(const mp__flag *flag)
{
    const uint64_t one = 1;
    int saved = errno;

    while (write(flag->write_end, &one, sizeof(one)) < 0 && errno == EINTR) {
        /* try again */
    }
    errno = saved;
}
#else
static int set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ? -errno : 0;
}

int mp__flag_create(mp__flag *flag)
{
    mp__flag fresh = { .read_end = -1, .write_end = -1 };
    int saved = errno;
    int ends[2];
    int error = 0;

    if (pipe(ends) < 0) {
        error = -errno;
        errno = saved;
        return error;
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
    errno = saved;
    return error;
}

/* Its read end is open in every process that has its write end: no SIGPIPE. */
void mp__flag_raise(const mp__flag *flag)
{
    mp__fd_ring(flag->write_end);
}
#endif

void mp__flag_lower(const mp__flag *flag)
{
    (void)mp__fd_drain(flag->read_end);
}

void mp__flag_close(mp__flag *flag)
{
    int saved = errno;

    if (flag->write_end >= 0 && flag->write_end != flag->read_end) {
        (void)close(flag->write_end);
    }
    if (flag->read_end >= 0) {
        (void)close(flag->read_end);
    }
    *flag = (mp__flag){ .read_end = -1, .write_end = -1 };
    errno = saved;
}
