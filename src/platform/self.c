/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * self.c -- what this process knows of itself, forgotten by every fork
 */
#ifndef MP_PORTABLE
#define _GNU_SOURCE
#endif

#include "platform/self.h"

#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

static _Atomic int holder; /* pid of the thread's process, 0: free */

/* Where no page can be wiped: the pid that `fallback` speaks of. */
static mp__self fallback;
static _Atomic int fallback_pid;

mp__self *_Atomic mp__self_page;

#if !defined(MP_PORTABLE) && defined(MADV_WIPEONFORK)
static _Atomic int page_refused;

static mp__self *page_make(void)
{
    int saved = errno;
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    mp__self *fresh = mmap(NULL, size, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mp__self *none = NULL;

    if (fresh == MAP_FAILED) {
        atomic_store(&page_refused, 1);
        errno = saved;
        return NULL;
    }
    if (madvise(fresh, size, MADV_WIPEONFORK) < 0) {
        (void)munmap(fresh, size);
        atomic_store(&page_refused, 1);
        errno = saved;
        return NULL;
    }
    if (!atomic_compare_exchange_strong(&mp__self_page, &none, fresh)) {
        (void)munmap(fresh, size); /* another thread was faster */
        fresh = none;
    }
    return fresh;
}

static mp__self *page_get(void)
{
    mp__self *self = atomic_load_explicit(&mp__self_page, memory_order_acquire);

    if (self != NULL) {
        return self;
    }
    return atomic_load(&page_refused) ? NULL : page_make();
}
#else
static mp__self *page_get(void)
{
    return NULL;
}
#endif

void mp__self_begin(void)
{
    mp__self *self = atomic_load_explicit(&mp__self_page, memory_order_relaxed);

    if (self != NULL) {
        atomic_store_explicit(&self->pid, (int)getpid(), memory_order_relaxed);
    }
}

int mp__self_ask_pid(void)
{
    mp__self *self = page_get();
    int pid = (int)getpid();

    if (self != NULL) { /* two threads write the same */
        atomic_store_explicit(&self->pid, pid, memory_order_relaxed);
    }
    return pid;
}

mp__self *mp__self_get(void)
{
    mp__self *self = page_get();
    int pid;

    if (self != NULL) {
        return self;
    }
    pid = (int)getpid();
    if (atomic_load(&fallback_pid) != pid) {
        atomic_store(&fallback.ident, 0);
        atomic_store(&fallback.known, 0);
        atomic_store(&fallback_pid, pid);
    }
    return &fallback;
}

void mp__self_lock(void)
{
    int pid = mp__self_pid();
    int seen = 0;

    while (!atomic_compare_exchange_weak(&holder, &seen, pid)) {
        /* Held by our own pid: another thread, which is quick. By another
         * pid: a copy from before the fork, whose holder is not here. */
        if (seen == pid) {
            (void)sched_yield();
            seen = 0;
        }
    }
}

void mp__self_unlock(void)
{
    atomic_store(&holder, 0);
}
