/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * call_wrap_io.c -- what stands before each call on descriptors
 */
#define _GNU_SOURCE

#include "faults/call_wrap.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

WRAP(int, pipe, PIPE, (int ends[2]), (ends))
WRAP(int, pipe2, PIPE2, (int ends[2], int flags), (ends, flags))
WRAP(int, eventfd, EVENTFD, (unsigned value, int flags), (value, flags))
WRAP(int, memfd_create, MEMFD, (const char *name, unsigned flags),
     (name, flags))
WRAP(int, mkstemp, MKSTEMP, (char *path), (path))
WRAP(int, socketpair, SOCKETPAIR,
     (int domain, int type, int protocol, int ends[2]),
     (domain, type, protocol, ends))
WRAP(int, fstat, FSTAT, (int fd, struct stat *status), (fd, status))
WRAP(int, shutdown, SHUTDOWN, (int fd, int how), (fd, how))
WRAP(ssize_t, read, READ, (int fd, void *bytes, size_t size), (fd, bytes, size))
WRAP(ssize_t, write, WRITE, (int fd, const void *bytes, size_t size),
     (fd, bytes, size))
WRAP(ssize_t, send, SEND, (int fd, const void *bytes, size_t size, int flags),
     (fd, bytes, size, flags))
WRAP(int, ftruncate, FTRUNCATE, (int fd, off_t size), (fd, size))
WRAP(int, fallocate, FALLOCATE, (int fd, int mode, off_t at, off_t size),
     (fd, mode, at, size))
/* The error is the result, and errno stays. */
#define WRAP_RESULT(name, off)                                                 \
    int __real_##name(int fd, off at, off size);                               \
    int __wrap_##name(int fd, off at, off size);                               \
    int __wrap_##name(int fd, off at, off size)                                \
    {                                                                          \
        int error = call_due(CALL_POSIX_FALLOCATE);                            \
                                                                               \
        return error != 0 ? error : __real_##name(fd, at, size);               \
    }

WRAP_RESULT(posix_fallocate, off_t)
/* Linux frees the number whatever close() says; a name that stays would be in
 * the way of the next run. */
WRAP_LATE(int, close, CLOSE, (int fd), (fd))
WRAP_LATE(int, unlink, UNLINK, (const char *path), (path))

/* ---- half of what was asked for ---- */

/* How much may be moved: all, half, or -1 with errno set. */
static ssize_t share_of(enum call_id id, size_t size)
{
    int error = call_due(id);

    if (error == 0 || (error == SHORT && size < 2)) {
        return (ssize_t)size;
    }
    if (error == SHORT) {
        return (ssize_t)(size / 2);
    }
    errno = error;
    return -1;
}

#define WRAP_MOVE(name, id, bytes_type, offset_type)                           \
    ssize_t __real_##name(int fd, bytes_type bytes, size_t size,               \
                          offset_type at);                                     \
    ssize_t __wrap_##name(int fd, bytes_type bytes, size_t size,               \
                          offset_type at);                                     \
    ssize_t __wrap_##name(int fd, bytes_type bytes, size_t size,               \
                          offset_type at)                                      \
    {                                                                          \
        ssize_t share = share_of(CALL_##id, size);                             \
                                                                               \
        return share < 0 ? -1 : __real_##name(fd, bytes, (size_t)share, at);   \
    }

typedef void *into;
typedef const void *from;

WRAP_MOVE(pread, PREAD, into, off_t)
WRAP_MOVE(pwrite, PWRITE, from, off_t)

/* The total of the parts, cut to half of it. `parts` has room for two. */
static bool cut(enum call_id id, struct msghdr *message, struct iovec parts[2])
{
    size_t size = 0;
    ssize_t share;

    for (size_t i = 0; i < (size_t)message->msg_iovlen; i++) {
        size += message->msg_iov[i].iov_len;
    }
    share = share_of(id, size);
    if (share < 0) {
        return false;
    }
    if ((size_t)share == size || message->msg_iovlen > 2) {
        return true;
    }
    for (size_t i = 0; i < (size_t)message->msg_iovlen; i++) {
        parts[i] = message->msg_iov[i];
        if (parts[i].iov_len > (size_t)share) {
            parts[i].iov_len = (size_t)share;
        }
        share -= (ssize_t)parts[i].iov_len;
    }
    message->msg_iov = parts;
    return true;
}

ssize_t __real_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags);

ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
    struct msghdr copy = *message;
    struct iovec parts[2];

    return cut(CALL_SENDMSG, &copy, parts) ? __real_sendmsg(fd, &copy, flags)
                                           : -1;
}

ssize_t __real_recvmsg(int fd, struct msghdr *message, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags);

ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags)
{
    struct msghdr copy = *message;
    struct iovec parts[2];

    return cut(CALL_RECVMSG, &copy, parts) ? __real_recvmsg(fd, &copy, flags)
                                           : -1;
}

/* ---- calls with more arguments than they always use ---- */

static bool path_fails(const char *path, int id)
{
    call_plan *plan = call_plan_now();

    if (plan != NULL && atomic_load(&plan->hide_proc) &&
        strncmp(path, "/proc/", 6) == 0) {
        (void)atomic_fetch_add(&plan->hits, 1);
        errno = ENOENT;
        return true;
    }
    return call_fails((enum call_id)id);
}

ssize_t __real_readlink(const char *path, char *link, size_t size);
ssize_t __wrap_readlink(const char *path, char *link, size_t size);

ssize_t __wrap_readlink(const char *path, char *link, size_t size)
{
    return path_fails(path, CALL_READLINK) ? -1
                                           : __real_readlink(path, link, size);
}

/* The library opens nothing that it would have to create. */
#define WRAP_OPEN(name)                                                        \
    int __real_##name(const char *path, int flags, ...);                       \
    int __wrap_##name(const char *path, int flags, ...);                       \
    int __wrap_##name(const char *path, int flags, ...)                        \
    {                                                                          \
        if ((flags & O_CREAT) != 0) {                                          \
            abort();                                                           \
        }                                                                      \
        return path_fails(path, CALL_OPEN) ? -1 : __real_##name(path, flags);  \
    }

WRAP_OPEN(open)

/* 32-bit glibc has numbers of its own for locks with large offsets. */
static int plain(int command)
{
#if defined(F_SETLK64) && F_SETLK64 != F_SETLK
    return command == F_SETLK64   ? F_SETLK
           : command == F_GETLK64 ? F_GETLK
                                  : command;
#else
    return command;
#endif
}

static int id_of(int command)
{
    switch (plain(command)) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        return CALL_FCNTL_DUP;
    case F_SETFD:
        return CALL_FCNTL_SETFD;
    case F_GETFL:
        return CALL_FCNTL_GETFL;
    case F_SETFL:
        return CALL_FCNTL_SETFL;
    case F_SETLK:
        return CALL_FCNTL_SETLK;
    case F_GETLK:
        return CALL_FCNTL_GETLK;
#ifdef F_ADD_SEALS
    case F_GET_SEALS:
    case F_ADD_SEALS:
        return CALL_FCNTL_SEALS;
#endif
    default:
        abort();
    }
}

/* An unlock cannot fail. */
static bool fcntl_fails(int command, const void *pointer)
{
    if (call_plan_now() == NULL) {
        return false; /* a test's own */
    }
    if (plain(command) == F_SETLK &&
        ((const struct flock *)pointer)->l_type == F_UNLCK) {
        return false;
    }
    return call_fails((enum call_id)id_of(command));
}

#ifdef F_GET_SEALS
#define SEALS_ASKED F_GET_SEALS
#else
#define SEALS_ASKED F_GETFL
#endif

#define WRAP_FCNTL(name)                                                       \
    int __real_##name(int fd, int command, ...);                               \
    int __wrap_##name(int fd, int command, ...);                               \
    int __wrap_##name(int fd, int command, ...)                                \
    {                                                                          \
        bool locks = plain(command) == F_SETLK || plain(command) == F_GETLK;   \
        void *pointer = NULL;                                                  \
        int number = 0;                                                        \
        va_list list;                                                          \
                                                                               \
        va_start(list, command);                                               \
        if (locks) {                                                           \
            pointer = va_arg(list, void *);                                    \
        } else if (command != F_GETFL && command != SEALS_ASKED) {             \
            number = va_arg(list, int);                                        \
        }                                                                      \
        va_end(list);                                                          \
        if (fcntl_fails(command, pointer)) {                                   \
            return -1;                                                         \
        }                                                                      \
        return locks ? __real_##name(fd, command, pointer)                     \
                     : __real_##name(fd, command, number);                     \
    }

WRAP_FCNTL(fcntl)

/* ---- the names that glibc gives to calls with large offsets ---- */

#if defined(__GLIBC__)
WRAP(int, mkstemp64, MKSTEMP, (char *path), (path))
WRAP(int, fallocate64, FALLOCATE, (int fd, int mode, off64_t at, off64_t size),
     (fd, mode, at, size))
WRAP(int, fstat64, FSTAT, (int fd, struct stat64 *status), (fd, status))
WRAP_RESULT(posix_fallocate64, off64_t)
WRAP_MOVE(pread64, PREAD, into, off64_t)
WRAP_MOVE(pwrite64, PWRITE, from, off64_t)
WRAP_OPEN(open64)
WRAP_FCNTL(fcntl64)
#endif
