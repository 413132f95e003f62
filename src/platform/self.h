/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * self.h -- what this process knows of itself, forgotten by every fork
 *
 * A host may call fork() behind our back. The child must not act under its
 * parent's ident, so what identifies a process lies where the child finds
 * zeros: in a page that the kernel wipes at fork, or beside the pid.
 */
#ifndef MP__SELF_H
#define MP__SELF_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

typedef struct mp__self {
    _Atomic uint32_t ident; /* in the domain; 0: none yet */
    _Atomic uint32_t known; /* 1 once this process was told apart */
    _Atomic int32_t pid;    /* mp__self_pid() keeps it here; 0: not asked yet */
} mp__self;

/* First of all in a child of ours: a fresh page that is written to before it is
 * read costs one fault, not two. */
void mp__self_begin(void);

/* Never NULL. Costs no system call where the kernel can wipe a page. */
mp__self *mp__self_get(void);

/* The page that the kernel wipes; NULL: not made yet, or it cannot. Set once;
 * a fork inherits the place and finds zeros there. */
extern mp__self *_Atomic mp__self_page;

/* The ident in two loads; 0: unknown here, ask mp__domain_self(). Nothing is
 * kept between calls, so the child of any fork reads 0 from its first
 * instruction on. */
static inline uint32_t mp__self_ident(void)
{
    mp__self *self = atomic_load_explicit(&mp__self_page, memory_order_acquire);

    return self == NULL
               ? 0
               : atomic_load_explicit(&self->ident, memory_order_relaxed);
}

/* The caller's pid. Asked of the kernel once where it can wipe a page, so
 * that a copy of the answer is never taken for a child's; else each time. */
int mp__self_ask_pid(void);
static inline int mp__self_pid(void)
{
    mp__self *self = atomic_load_explicit(&mp__self_page, memory_order_acquire);
    int pid = self == NULL
                  ? 0
                  : atomic_load_explicit(&self->pid, memory_order_relaxed);

    return pid != 0 ? pid : mp__self_ask_pid();
}

/*
 * A lock between the threads of one process, for the few tables that objects
 * of different threads share. Holding it across a call into user code or a
 * wait is forbidden. A copy that a fork left locked in the child is taken
 * over, because the word holds the holder's pid.
 */
void mp__self_lock(void);
void mp__self_unlock(void);

#endif
