/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * fd.c -- descriptors of ours: pipes, links, and one byte that means "look"
 */
#ifndef MP_PORTABLE
#define _GNU_SOURCE
#endif

#include "platform/fd.h"

#include "platform/mark.h"
#include "platform/self.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOWEST 3

/* Descriptors owned by one process each: entries of another pid were copied
 * by a fork and are only closed, never used. Under mp__self_lock(). */
struct owned {
    int fd;
    pid_t owner;
};
static struct owned *owned;
static size_t owned_count;
static size_t owned_room;

/* `closes_on_exec`: the kernel has made it so already. */
static int adopt(int fd, bool closes_on_exec)
{
    int saved = errno;
    int high;

    if (fd < 0) {
        return -saved;
    }
    if (fd >= LOWEST &&
        (closes_on_exec || fcntl(fd, F_SETFD, FD_CLOEXEC) == 0)) {
        mp__mark_set(fd);
        return fd;
    }
    high = fcntl(fd, F_DUPFD_CLOEXEC, LOWEST);
    if (high < 0) {
        high = -errno;
    } else {
        mp__mark_set(high);
    }
    (void)close(fd);
    errno = saved;
    return high;
}

int mp__fd_adopt(int fd)
{
    return adopt(fd, false);
}

static int owned_add(int fd)
{
    struct owned *grown;
    int error = 0;

    mp__self_lock();
    if (owned_count == owned_room) {
        grown = realloc(owned, (owned_room * 2 + 8) * sizeof(*owned));
        if (grown == NULL) {
            error = -ENOMEM;
            goto done;
        }
        owned = grown;
        owned_room = owned_room * 2 + 8;
    }
    owned[owned_count++] = (struct owned){ .fd = fd, .owner = mp__self_pid() };

done:
    mp__self_unlock();
    return error;
}

/* False when it is not there: the fork that copied the caller's record of it
 * has closed it, and the number may be somebody else's by now. */
static bool owned_remove(int fd)
{
    bool found = false;
    size_t i;

    mp__self_lock();
    for (i = 0; i < owned_count; i++) {
        if (owned[i].fd == fd) {
            owned[i] = owned[--owned_count];
            found = true;
            break;
        }
    }
    if (owned_count == 0) {
        free(owned);
        owned = NULL;
        owned_room = 0;
    }
    mp__self_unlock();
    return found;
}

static int own(int fd, bool closes_on_exec)
{
    int saved = errno;
    int error;

    fd = adopt(fd, closes_on_exec);
    if (fd < 0) {
        return fd;
    }
    mp__mark_own(fd);
    error = owned_add(fd);
    if (error < 0) {
        mp__mark_close(fd);
        fd = error;
    }
    errno = saved;
    return fd;
}

int mp__fd_own(int fd)
{
    return own(fd, true);
}

/* Not if the host has closed it behind our back and its number has become
 * that of a descriptor of ours which has no owner. */
static void close_owned(int fd)
{
    if (mp__mark_is_owned(fd)) {
        mp__mark_close(fd);
    }
}

void mp__fd_close(int *fd)
{
    int saved = errno;

    if (*fd >= 0 && owned_remove(*fd)) {
        close_owned(*fd);
    }
    *fd = -1;
    errno = saved;
}

void mp__fd_keep(int fd)
{
    size_t i;

    mp__self_lock();
    for (i = 0; i < owned_count; i++) {
        if (owned[i].fd == fd) {
            owned[i].owner = mp__self_pid();
        }
    }
    mp__self_unlock();
}

void mp__fd_close_inherited(void)
{
    int saved = errno;
    pid_t self = mp__self_pid();
    size_t i = 0;

    mp__self_lock();
    while (i < owned_count) {
        if (owned[i].owner == self) {
            i++;
            continue;
        }
        close_owned(owned[i].fd);
        owned[i] = owned[--owned_count];
    }
    mp__self_unlock();
    errno = saved;
}

static int set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
        return -errno;
    }
    return 0;
}

/* Own both ends of `ends`, or close both. `ready`: they are close-on-exec and
 * non-blocking from birth; else they become so here. */
static int own_both(const int ends[2], bool ready, int *one, int *other)
{
    int first = own(ends[0], ready);
    int second = own(ends[1], ready);
    int error = first < 0 ? first : (second < 0 ? second : 0);

    if (error == 0 && !ready) {
        error = set_nonblocking(first);
    }
    if (error == 0 && !ready) {
        error = set_nonblocking(second);
    }
    if (error < 0) {
        mp__fd_close(&first);
        mp__fd_close(&second);
        return error;
    }
    *one = first;
    *other = second;
    return 0;
}

int mp__fd_pipe(int *read_end, int *write_end)
{
    int saved = errno;
    int ends[2];
    bool ready = false;
    int error;

    /* Close-on-exec from the start where that exists: a thread of the host
     * may fork and exec at any moment. */
#if !defined(MP_PORTABLE) && defined(__linux__)
    error = pipe2(ends, O_CLOEXEC | O_NONBLOCK);
    ready = error == 0;
    if (error < 0 && (errno == ENOSYS || errno == EPERM)) {
        error = pipe(ends); /* a sandbox that has not heard of pipe2 */
    }
#else
    error = pipe(ends);
#endif
    error = error < 0 ? -errno : own_both(ends, ready, read_end, write_end);
    errno = saved;
    return error;
}

int mp__fd_link(int *one, int *other)
{
    int saved = errno;
    int type = SOCK_STREAM;
    bool ready = false;
    int ends[2];
    int error;

#if !defined(MP_PORTABLE) && defined(SOCK_CLOEXEC) && defined(SOCK_NONBLOCK)
    type |= SOCK_CLOEXEC | SOCK_NONBLOCK;
    ready = true;
#endif
    error = socketpair(AF_UNIX, type, 0, ends);
    error = error < 0 ? -errno : own_both(ends, ready, one, other);
    errno = saved;
    return error;
}

void mp__fd_ring(int pipe_end)
{
    int saved = errno;

    while (mp__mark_is_ours(pipe_end) && write(pipe_end, "", 1) < 0 &&
           errno == EINTR) {
        /* try again */
    }
    errno = saved;
}

void mp__fd_ring_link(int link_end)
{
    int saved = errno;

    while (mp__mark_is_ours(link_end) &&
           send(link_end, "", 1, MSG_NOSIGNAL) < 0 && errno == EINTR) {
        /* try again */
    }
    errno = saved;
}

bool mp__fd_drain(int fd)
{
    int saved = errno;
    char bytes[256];
    ssize_t got;

    if (!mp__mark_is_ours(fd)) {
        return true;
    }
    do {
        got = read(fd, bytes, sizeof(bytes));
    } while (got > 0 || (got < 0 && errno == EINTR));
    errno = saved;
    return got == 0; /* an error of a descriptor that is ours is no end */
}

int mp__fd_poll(struct pollfd *set, size_t count, int timeout_ms)
{
    int saved = errno;
    int ready = poll(set, (nfds_t)count, timeout_ms);

    errno = saved;
    return ready < 0 ? 0 : ready;
}

int mp__fd_wait(int first, int second, int timeout_ms)
{
    struct pollfd set[2] = {
        { .fd = first, .events = POLLIN },
        { .fd = second, .events = POLLIN }, /* negative: poll ignores it */
    };
    int saved = errno;
    int mask = 0;

    if (poll(set, 2, timeout_ms) > 0) {
        mask = (set[0].revents != 0 ? 1 : 0) | (set[1].revents != 0 ? 2 : 0);
    }
    errno = saved;
    return mask;
}
