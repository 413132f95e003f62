/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * map.c -- memory that later forks share, at the same address
 */
#ifdef MP_PORTABLE
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS: the one thing beyond POSIX.1-2008 */
#else
#define _GNU_SOURCE
#endif

#include "platform/map.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(MP_PORTABLE) || !defined(MAP_NORESERVE)
#define SPARSE 0
#else
#define SPARSE MAP_NORESERVE
#endif

size_t mp__map_page_size(void)
{
    long size = sysconf(_SC_PAGESIZE);

    return size > 0 ? (size_t)size : 4096;
}

size_t mp__map_round(size_t size)
{
    size_t page = mp__map_page_size();

    return size > SIZE_MAX - page ? 0 : (size + page - 1) / page * page;
}

void *mp__map_shared(size_t size)
{
    int saved = errno;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | SPARSE, -1, 0);

    errno = saved;
    return memory == MAP_FAILED ? NULL : memory;
}

#if !defined(MP_PORTABLE) && defined(MADV_HUGEPAGE)
#define LARGE_PAGE ((size_t)2 * 1024 * 1024)

/* Bytes from there to where a large page begins. */
static size_t to_large_page(const void *memory)
{
    return (LARGE_PAGE - (uintptr_t)memory % LARGE_PAGE) % LARGE_PAGE;
}

void *mp__map_private(size_t size)
{
    int saved = errno;
    size_t whole = size + LARGE_PAGE;
    char *memory = mmap(NULL, whole, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    size_t before;

    if (memory == MAP_FAILED) {
        errno = saved;
        return NULL;
    }
    /* A large page begins where its size says: cut off what is around. */
    before = to_large_page(memory);
    if (before > 0) {
        (void)munmap(memory, before);
    }
    (void)munmap(memory + before + size, LARGE_PAGE - before);
    (void)madvise(memory + before, size, MADV_HUGEPAGE);
    errno = saved;
    return memory + before;
}

/* Above that glibc gives every block a map of its own, for good. */
#define MAPPED_ANEW ((size_t)32 * 1024 * 1024)

void mp__map_fill_soon(void *memory, size_t size)
{
    int saved = errno;
    size_t before;

    if (size <= MAPPED_ANEW) {
        return;
    }
    before = to_large_page(memory);
    (void)madvise((char *)memory + before,
                  (size - before) / LARGE_PAGE * LARGE_PAGE, MADV_HUGEPAGE);
    errno = saved;
}
#else
void mp__map_fill_soon(void *memory, size_t size)
{
    (void)memory;
    (void)size;
}

void *mp__map_private(size_t size)
{
    (void)size;
    return NULL;
}
#endif

void mp__map_attend(const void *memory, size_t size, bool writable)
{
#if !defined(MP_PORTABLE) && defined(MADV_POPULATE_WRITE)
    uintptr_t page = (uintptr_t)mp__map_page_size();
    uintptr_t before = (uintptr_t)memory % page;
    int saved = errno;

    /* Refused: it comes page by page. */
    (void)madvise((char *)memory - before, size + before,
                  writable ? MADV_POPULATE_WRITE : MADV_POPULATE_READ);
    errno = saved;
#else
    (void)memory;
    (void)size;
    (void)writable;
#endif
}

void mp__map_seal(void *memory, size_t size)
{
    int saved = errno;

    (void)mprotect(memory, size, PROT_READ);
    errno = saved;
}

void mp__map_free(void *memory, size_t size)
{
    int saved = errno;

    if (memory != NULL) {
        (void)munmap(memory, size);
    }
    errno = saved;
}

void mp__map_give_back(void *memory, size_t size)
{
#if !defined(MP_PORTABLE) && defined(MADV_REMOVE)
    size_t page = mp__map_page_size();
    uintptr_t begin = ((uintptr_t)memory + page - 1) / page * page;
    uintptr_t end = ((uintptr_t)memory + size) / page * page;
    int saved = errno;

    if (end > begin) {
        (void)madvise((char *)memory + (begin - (uintptr_t)memory), end - begin,
                      MADV_REMOVE);
    }
    errno = saved;
#else
    (void)memory;
    (void)size;
#endif
}
