/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * mark.c -- is a descriptor still the one that we made?
 *
 * A host may close all descriptors it does not know, ours among them, and
 * open files of its own under their numbers. What we then wrote would go into
 * those files. So device and inode are kept for each number of ours, and
 * looked at before bytes go in or out, before a lock is set, and before it is
 * closed. All descriptors of some kinds (eventfd; pidfd before Linux 6.9)
 * share one inode: one of those in place of another goes unseen.
 *
 * An entry is written when its descriptor is made or closed, and read without
 * a lock, also in signal handlers: whoever uses a descriptor has its number
 * from its maker. Forks copy the table with the descriptors. Its parts are
 * never given back. Where there is no room for an entry, a descriptor is
 * trusted.
 */
#ifdef MP_PORTABLE
#define _DEFAULT_SOURCE
#else
#define _GNU_SOURCE
#endif

#include "platform/mark.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART  256 /* descriptors */
#define PARTS 256

struct mark {
    dev_t device;
    ino_t inode;
    bool set;
    bool owned;
};

static struct mark first[PART];
static struct mark *_Atomic more[PARTS]; /* [0] stays NULL: it is `first` */

static struct mark *part_make(size_t part)
{
    size_t size = PART * sizeof(struct mark);
    struct mark *none = NULL;
    struct mark *fresh = mmap(NULL, size, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (fresh == MAP_FAILED) {
        return NULL;
    }
    if (!atomic_compare_exchange_strong(&more[part], &none, fresh)) {
        (void)munmap(fresh, size); /* another thread was faster */
        fresh = none;
    }
    return fresh;
}

/* NULL: it has no entry. */
static struct mark *mark_of(int fd, bool make)
{
    size_t part = (size_t)fd / PART;
    struct mark *marks = first;

    if (fd < 0 || part >= PARTS) {
        return NULL;
    }
    if (part > 0) {
        marks = atomic_load(&more[part]);
        if (marks == NULL && make) {
            marks = part_make(part);
        }
    }
    return marks == NULL ? NULL : &marks[(size_t)fd % PART];
}

void mp__mark_set(int fd)
{
    int saved = errno;
    struct mark *mark = mark_of(fd, true);
    struct stat status;

    if (mark != NULL) {
        *mark = (struct mark){ .set = false };
        if (fstat(fd, &status) == 0) {
            *mark = (struct mark){ .device = status.st_dev,
                                   .inode = status.st_ino,
                                   .set = true };
        }
    }
    errno = saved;
}

bool mp__mark_is_ours(int fd)
{
    int saved = errno;
    const struct mark *mark = mark_of(fd, false);
    struct stat status;
    bool ours = true;

    if (mark != NULL && mark->set) {
        if (fstat(fd, &status) == 0) {
            ours =
                status.st_dev == mark->device && status.st_ino == mark->inode;
        } else {
            ours = errno != EBADF;
        }
        errno = saved;
    }
    return ours;
}

void mp__mark_own(int fd)
{
    struct mark *mark = mark_of(fd, false);

    if (mark != NULL) {
        mark->owned = true;
    }
}

bool mp__mark_is_owned(int fd)
{
    const struct mark *mark = mark_of(fd, false);

    return mark == NULL || !mark->set || mark->owned;
}

void mp__mark_close(int fd)
{
    struct mark *mark = mark_of(fd, false);
    bool ours = mp__mark_is_ours(fd);

    if (mark != NULL) {
        mark->set = false; /* first: the number is another's right after */
    }
    if (ours) {
        /* After EINTR the number is free on every system we know; a second
         * close() could hit somebody else's descriptor. */
        (void)close(fd);
    }
}
