/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * file.c -- bytes too many for a ring, in a file without a name
 */
#ifndef MP_PORTABLE
#define _GNU_SOURCE
#endif
#define _FILE_OFFSET_BITS 64

#include "platform/file.h"

#include "platform/fd.h"
#include "platform/kill_point.h"
#include "platform/mark.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

/* The most that one call moves, below the limit of 2 GiB of Linux. */
#define CALL_MOST ((size_t)1 << 30)
/* A signal undoes what one call that allocates has done so far. */
#define RESERVE_MOST ((uint64_t)4 << 20)

#if !defined(MP_PORTABLE) && defined(MAP_POPULATE)
#define POPULATE MAP_POPULATE
#else
#define POPULATE 0
#endif

static int temporary_file(void)
{
    const char *folder = getenv("TMPDIR");
    char path[1024];
    int fd;
    int length;

    if (folder == NULL || folder[0] == '\0') {
        folder = "/tmp";
    }
    length = snprintf(path, sizeof(path), "%s/libmp-XXXXXX", folder);
    if (length < 0 || (size_t)length >= sizeof(path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    fd = mkstemp(path);
    if (fd >= 0) {
        (void)unlink(path);
    }
    return fd;
}

int mp__file_create(void)
{
    int saved = errno;
    int fd = -1;

#if !defined(MP_PORTABLE) && defined(MFD_CLOEXEC)
    fd = memfd_create("libmp", MFD_CLOEXEC | MFD_ALLOW_SEALING);
#ifdef F_ADD_SEALS
    if (fd >= 0) {
        /* Who maps it must not find it shorter one day. */
        (void)fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK);
    }
#endif
    if (fd < 0 && (errno == ENOSYS || errno == EPERM || errno == EACCES)) {
        fd = temporary_file(); /* EACCES: the sysctl vm.memfd_noexec */
    }
#else
    fd = temporary_file();
#endif
    fd = mp__fd_adopt(fd);
    errno = saved;
    return fd;
}

/* Growing past RLIMIT_FSIZE raises SIGXFSZ, which would end the host: it is
 * blocked meanwhile, and taken back if it came from us. */
struct hush {
    sigset_t limit;
    sigset_t before;
    sigset_t pending;
};

static void hush_begin(struct hush *hush)
{
    (void)sigemptyset(&hush->limit);
    (void)sigaddset(&hush->limit, SIGXFSZ);
    (void)sigpending(&hush->pending);
    (void)sigprocmask(SIG_BLOCK, &hush->limit, &hush->before);
}

static void hush_end(struct hush *hush, int error)
{
    const struct timespec none = { 0, 0 };

    if (error == EFBIG && !sigismember(&hush->pending, SIGXFSZ)) {
        while (sigtimedwait(&hush->limit, NULL, &none) < 0 && errno == EINTR) {
            /* left pending it would kill us below */
        }
    }
    (void)sigprocmask(SIG_SETMASK, &hush->before, NULL);
}

static ssize_t write_quietly(int fd, const void *bytes, size_t size,
                             off_t offset)
{
    struct hush hush;
    ssize_t wrote;
    int error;

    hush_begin(&hush);
    wrote = pwrite(fd, bytes, size, offset);
    error = errno;
    hush_end(&hush, wrote < 0 ? error : 0);
    errno = error;
    return wrote;
}

int mp__file_write(int fd, uint64_t offset, const void *bytes, size_t size)
{
    int saved = errno;
    const char *next = bytes;
    ssize_t moved;
    int error = mp__mark_is_ours(fd) ? 0 : -EBADF;

    while (error == 0 && size > 0) {
        MP_KILL_POINT("file.writing");
        moved = write_quietly(fd, next, size < CALL_MOST ? size : CALL_MOST,
                              (off_t)offset);
        if (moved < 0 && errno == EINTR) {
            continue;
        }
        if (moved <= 0) {
            error = moved < 0 ? -errno : -EIO;
            break;
        }
        next += moved;
        offset += (uint64_t)moved;
        size -= (size_t)moved;
        MP_KILL_POINT("file.wrote");
    }
    errno = saved;
    return error;
}

static int allocate_quietly(int fd, off_t offset, off_t size)
{
    struct hush hush;
    int error;

    hush_begin(&hush);
    error = posix_fallocate(fd, offset, size);
    hush_end(&hush, error);
    return error;
}

/* Where the file system knows no better. */
static int write_zeros(int fd, uint64_t offset, uint64_t size)
{
    static const char zeros[4096];
    uint64_t part;
    int error = 0;

    for (; error == 0 && size > 0; size -= part, offset += part) {
        part = size < sizeof(zeros) ? size : sizeof(zeros);
        error = mp__file_write(fd, offset, zeros, (size_t)part);
    }
    return error;
}

int mp__file_reserve(int fd, uint64_t offset, uint64_t size)
{
    int saved = errno;
    uint64_t part;
    int error = mp__mark_is_ours(fd) ? 0 : EBADF;

    while (error == 0 && size > 0) {
        MP_KILL_POINT("file.reserving");
        part = size < RESERVE_MOST ? size : RESERVE_MOST;
        error = allocate_quietly(fd, (off_t)offset, (off_t)part);
        if (error == EINTR) {
            error = 0; /* this part was undone */
            continue;
        }
        if (error == EOPNOTSUPP || error == ENOSYS || error == EINVAL) {
            error = -write_zeros(fd, offset, part);
        }
        offset += part;
        size -= part;
    }
    errno = saved;
    return -error;
}

void *mp__file_map(int fd, uint64_t offset, size_t size)
{
    int saved = errno;
    uint64_t length = mp__file_size(fd);
    void *memory = MAP_FAILED;

    /* Touching what lies behind its end would be a SIGBUS. */
    if (size > 0 && length != UINT64_MAX && length >= offset + size) {
        memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | POPULATE,
                      fd, (off_t)offset);
    }
#if !defined(MP_PORTABLE) && defined(MADV_DONTDUMP)
    if (memory != MAP_FAILED) {
        (void)madvise(memory, size, MADV_DONTDUMP);
    }
#endif
    errno = saved;
    return memory == MAP_FAILED ? NULL : memory;
}

void mp__file_unmap(void *memory, size_t size)
{
    int saved = errno;

    if (memory != NULL) {
        (void)munmap(memory, size);
    }
    errno = saved;
}

int mp__file_read(int fd, uint64_t offset, void *bytes, size_t size)
{
    int saved = errno;
    char *next = bytes;
    ssize_t moved;
    int error = mp__mark_is_ours(fd) ? 0 : -EBADF;

    while (error == 0 && size > 0) {
        MP_KILL_POINT("file.reading");
        moved =
            pread(fd, next, size < CALL_MOST ? size : CALL_MOST, (off_t)offset);
        if (moved < 0 && errno == EINTR) {
            continue;
        }
        if (moved <= 0) {
            error = moved < 0 ? -errno : -EIO; /* shorter than promised */
            break;
        }
        next += moved;
        offset += (uint64_t)moved;
        size -= (size_t)moved;
    }
    errno = saved;
    return error;
}

uint64_t mp__file_size(int fd)
{
    int saved = errno;
    struct stat about;
    bool known = mp__mark_is_ours(fd) && fstat(fd, &about) == 0;

    errno = saved;
    return known ? (uint64_t)about.st_size : UINT64_MAX;
}

uint64_t mp__file_backed(int fd)
{
    int saved = errno;
    struct stat about;
    uint64_t bytes = UINT64_MAX;

    if (mp__mark_is_ours(fd) && fstat(fd, &about) == 0) {
        bytes = (uint64_t)about.st_size;
#if !defined(MP_PORTABLE) && defined(F_GET_SEALS)
        /* On a disk this may come late; memory is counted at once. */
        if (fcntl(fd, F_GET_SEALS) >= 0) {
            bytes = (uint64_t)about.st_blocks * 512;
        }
#endif
    }
    errno = saved;
    return bytes;
}

void mp__file_give_back(int fd, uint64_t offset, uint64_t size)
{
#if !defined(MP_PORTABLE) && defined(FALLOC_FL_PUNCH_HOLE)
    int saved = errno;

    if (mp__mark_is_ours(fd)) {
        (void)fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                        (off_t)offset, (off_t)size);
    }
    errno = saved;
#else
    (void)fd;
    (void)offset;
    (void)size;
#endif
}

void mp__file_close(int *fd)
{
    int saved = errno;

    if (*fd >= 0) {
        mp__mark_close(*fd);
    }
    *fd = -1;
    errno = saved;
}
