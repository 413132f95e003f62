/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * prim_spin.c -- a ping-pong on one shared word, both sides polling it
 *
 * The word counts: odd is a question, even an answer. UINT64_MAX ends it.
 * The least that two processes need to exchange anything; no design to copy,
 * since a CPU is burnt for it and a second runnable process ruins it.
 */
#include "bench.h"
#include "primitives.h"

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

static void answer(_Atomic uint64_t *word)
{
    uint64_t seen = 0;

    (void)sched_yield(); /* away from the CPU it was forked on */
    while (seen != UINT64_MAX) {
        seen = atomic_load_explicit(word, memory_order_acquire);
        if (seen % 2 == 1 && seen != UINT64_MAX) {
            atomic_store_explicit(word, seen + 1, memory_order_release);
        }
    }
}

int prim_spin_start(prim_spin *spin)
{
    spin->word = bench_shared(sizeof(*spin->word));
    spin->pid = fork();
    if (spin->pid == 0) {
        answer(spin->word);
        _exit(0);
    }
    return spin->pid < 0 ? -1 : 0;
}

int prim_spin_trip(void *context, long i)
{
    const prim_spin *spin = context;
    uint64_t question = (uint64_t)i * 2 + 1;

    atomic_store_explicit(spin->word, question, memory_order_release);
    while (atomic_load_explicit(spin->word, memory_order_acquire) == question) {
        /* as fast as it goes */
    }
    return atomic_load_explicit(spin->word, memory_order_relaxed) ==
                   question + 1
               ? 0
               : -1;
}

int prim_spin_stop(prim_spin *spin)
{
    int status = 0;
    bool well;

    atomic_store(spin->word, UINT64_MAX);
    well = waitpid(spin->pid, &status, 0) == spin->pid && status == 0;
    bench_unshare((void *)spin->word, sizeof(*spin->word));
    return well ? 0 : -1;
}
