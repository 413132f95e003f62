/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * chaos.h -- deaths and delays on purpose, when LIBMP_CHAOS asks
 *
 *     LIBMP_CHAOS=kill=0.01,delay_ms=5,seed=7
 *
 * At each place of chaos, pool workers and children of mp_process_start() kill
 * themselves with that probability; who goes on, or may not be killed (the
 * main program, a supervisor, what somebody forked by himself), sleeps up to
 * so long. Draw n of a process depends on the seed, on what the process is
 * (which child, or which worker of which pool and how many were before it)
 * and on n alone: the same program has the same plan.
 */
#ifndef MP__CHAOS_H
#define MP__CHAOS_H

#include <stdatomic.h>
#include <stdbool.h>

extern _Atomic bool mp__chaos_on;

void mp__chaos_act(const char *place);

static inline bool mp__chaos_is_on(void)
{
    return atomic_load_explicit(&mp__chaos_on, memory_order_relaxed);
}

/* A place of chaos; its name is for the log. */
static inline void mp__chaos(const char *place)
{
    if (mp__chaos_is_on()) {
        mp__chaos_act(place);
    }
}

/* Look at the environment, before the first process or object is made. 0, or
 * MP_EINVAL after saying on stderr, once, what is wrong: a test whose chaos
 * was misspelt must not pass. */
int mp__chaos_open(void);

/* The calling process is a child of the one it was forked by, told from its
 * siblings by `name`. `mortal`: it may be killed. */
void mp__chaos_enter(const char *name, bool mortal);

#endif
