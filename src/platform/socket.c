/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * socket.c -- a pair of stream sockets that forks share
 */
#ifndef MP_PORTABLE
#define _GNU_SOURCE
#endif

#include "platform/socket.h"

#include "platform/clock.h"
#include "platform/fd.h"
#include "platform/mark.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

int mp__socket_pair(int *one, int *other)
{
    int saved = errno;
    int type = SOCK_STREAM;
    int ends[2];
    int first;
    int second;

#if !defined(MP_PORTABLE) && defined(SOCK_CLOEXEC)
    type |= SOCK_CLOEXEC;
#endif
    if (socketpair(AF_UNIX, type, 0, ends) < 0) {
        first = -errno;
        errno = saved;
        return first;
    }
    first = mp__fd_adopt(ends[0]);
    second = mp__fd_adopt(ends[1]);
    errno = saved;
    if (first < 0 || second < 0) {
        int error = first < 0 ? first : second;

        mp__socket_close(&first);
        mp__socket_close(&second);
        return error;
    }
    *one = first;
    *other = second;
    return 0;
}

/* A would-be wait has one code, and a vanished peer another. */
static int64_t failure(void)
{
    if (errno == EWOULDBLOCK) {
        return -EAGAIN;
    }
    return errno == ECONNRESET ? -EPIPE : -errno;
}

int64_t mp__socket_send(int fd, const void *head, size_t head_size,
                        const void *body, size_t body_size)
{
    struct iovec parts[2] = { { (void *)(uintptr_t)head, head_size },
                              { (void *)(uintptr_t)body, body_size } };
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
    int saved = errno;
    int64_t sent;

    if (!mp__mark_is_ours(fd)) {
        return -EBADF;
    }
    do {
        sent = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) {
        sent = failure();
    }
    errno = saved;
    return sent;
}

static int64_t receive(int fd, struct msghdr *message, int flags)
{
    int saved = errno;
    int64_t got;

    do {
        got = recvmsg(fd, message, flags | MSG_DONTWAIT);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        got = failure();
        got = got == -EPIPE ? 0 : got; /* an end that was not read is an end */
    }
    errno = saved;
    return got;
}

int64_t mp__socket_receive(int fd, void *head, size_t head_size, void *body,
                           size_t body_size)
{
    struct iovec parts[2] = { { head, head_size }, { body, body_size } };
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };

    return receive(fd, &message, 0);
}

int64_t mp__socket_peek(int fd, void *bytes, size_t size)
{
    struct iovec part = { bytes, size };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

    /* Who receives looks first, so that this is asked once a frame. */
    if (!mp__mark_is_ours(fd)) {
        return -EBADF;
    }
    return receive(fd, &message, MSG_PEEK);
}

bool mp__socket_wait(int fd, bool to_send, int64_t deadline)
{
    struct pollfd set = { .fd = fd, .events = to_send ? POLLOUT : POLLIN };
    int saved = errno;
    bool ready;

    ready = poll(&set, 1, mp__deadline_poll_ms(deadline, INT_MAX)) > 0;
    errno = saved;
    return ready;
}

bool mp__socket_is_ended(int fd)
{
    struct pollfd set = { .fd = fd };
    int saved = errno;
    bool ended;

    ended = poll(&set, 1, 0) > 0 && (set.revents & (POLLHUP | POLLERR)) != 0;
    errno = saved;
    return ended;
}

void mp__socket_cut(int fd)
{
    int saved = errno;

    if (mp__mark_is_ours(fd)) {
        (void)shutdown(fd, SHUT_RDWR);
    }
    errno = saved;
}

void mp__socket_close(int *fd)
{
    int saved = errno;

    if (*fd >= 0) {
        mp__mark_close(*fd);
    }
    *fd = -1;
    errno = saved;
}
