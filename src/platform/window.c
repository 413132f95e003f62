/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * window.c -- a file of file.h, mapped
 */
#ifndef MP_PORTABLE
#define _GNU_SOURCE
#endif

#include "platform/window.h"

#include "platform/kill_point.h"
#include "platform/map.h"
#include "platform/mark.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#if !defined(MP_PORTABLE) && defined(F_SEAL_SHRINK) &&                         \
    defined(FALLOC_FL_KEEP_SIZE)
#define CAN_MAP (sizeof(void *) > 4) /* else there are too few addresses */
#define SEALS   (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW)
#else
#define CAN_MAP false
#endif

#define TRIES_MOST 16

bool mp__window_prepare(int fd, uint64_t size)
{
    bool done = false;

#ifdef SEALS
    int saved = errno;
    struct rlimit limit;

    /* Beyond a limit of the file size this would be a signal, SIGXFSZ. */
    done = CAN_MAP && size <= INT64_MAX && mp__mark_is_ours(fd) &&
           getrlimit(RLIMIT_FSIZE, &limit) == 0 &&
           limit.rlim_cur == RLIM_INFINITY && fcntl(fd, F_GET_SEALS) >= 0 &&
           ftruncate(fd, (off_t)size) == 0 &&
           fcntl(fd, F_ADD_SEALS, SEALS) == 0;
    errno = saved;
#else
    (void)fd;
    (void)size;
#endif
    return done;
}

void *mp__window_open(int fd, uint64_t offset, size_t size, bool to_write)
{
    int saved = errno;
    void *memory = MAP_FAILED;

    if (CAN_MAP && mp__mark_is_ours(fd)) {
        memory = mmap(NULL, size, to_write ? PROT_READ | PROT_WRITE : PROT_READ,
                      MAP_SHARED, fd, (off_t)offset);
    }
#ifdef SEALS
    if (memory != MAP_FAILED) {
        /* Terabytes of holes are of no use in a core, and take their time. */
        (void)madvise(memory, size, MADV_DONTDUMP);
    }
#endif
    errno = saved;
    return memory == MAP_FAILED ? NULL : memory;
}

int mp__window_reserve(int fd, uint64_t offset, uint64_t size)
{
    int error = -EOPNOTSUPP;

#ifdef SEALS
    int saved = errno;
    int tries = 0;

    error = mp__mark_is_ours(fd) ? 0 : -EBADF;
    while (error == 0) {
        MP_KILL_POINT("window.reserving");
        if (fallocate(fd, FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)size) ==
            0) {
            break;
        }
        /* A signal undoes all of it, and where signals rain there must be an
         * end: the caller has another way. */
        error = errno == EINTR && ++tries < TRIES_MOST ? 0 : -errno;
    }
    errno = saved;
#else
    (void)fd;
    (void)offset;
    (void)size;
#endif
    return error;
}

void mp__window_drop(void *memory, size_t size)
{
    int saved = errno;

    if (mprotect(memory, size, PROT_READ | PROT_WRITE) == 0) {
        mp__map_give_back(memory, size); /* it must be allowed to write */
    }
    mp__map_free(memory, size);
    errno = saved;
}
