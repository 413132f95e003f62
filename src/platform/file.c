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

/* Writing past RLIMIT_FSIZE raises SIGXFSZ, which would end the host: it is
 * blocked meanwhile, and taken back if it came from us. */
static ssize_t write_quietly(int fd, const void *bytes, size_t size,
                             off_t offset)
{
    const struct timespec none = { 0, 0 };
    sigset_t limit;
    sigset_t before;
    sigset_t pending;
    ssize_t wrote;
    int error;

    (void)sigemptyset(&limit);
    (void)sigaddset(&limit, SIGXFSZ);
    (void)sigpending(&pending);
    (void)sigprocmask(SIG_BLOCK, &limit, &before);
    wrote = pwrite(fd, bytes, size, offset);
    error = errno;
    if (wrote < 0 && error == EFBIG && !sigismember(&pending, SIGXFSZ)) {
        while (sigtimedwait(&limit, NULL, &none) < 0 && errno == EINTR) {
            /* left pending it would kill us below */
        }
    }
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
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
