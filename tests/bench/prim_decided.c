/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * prim_decided.c -- the least that a round trip costs whose end one word
 * decides, so that a death anywhere leaves one truth
 *
 * A question lies in one line and is asked in another; its word, a third one,
 * is claimed by a compare-and-swap and ended by one; the answer lies in a
 * fourth and is told in a fifth, and the asker makes the word free. Nobody
 * looks for deaths, and each side spins. Each of these lines must get from one
 * CPU to the other before the next step.
 */
#include "bench.h"
#include "primitives.h"

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FREE, READY, RUNNING, ENDED, OVER };

struct prim_lines {
    _Alignas(64) _Atomic uint64_t asked;
    _Alignas(64) _Atomic uint64_t word;
    _Alignas(64) uint64_t question;
    _Alignas(64) uint64_t answer;
    _Alignas(64) _Atomic uint64_t told;
};

static void answer(struct prim_lines *lines)
{
    uint64_t seen = 0;
    uint64_t ready;

    (void)sched_yield(); /* away from the CPU it was forked on */
    for (;;) {
        while (atomic_load_explicit(&lines->asked, memory_order_acquire) ==
               seen) {
            /* as fast as it goes */
        }
        seen++;
        ready = READY;
        if (!atomic_compare_exchange_strong(&lines->word, &ready, RUNNING)) {
            return; /* it is OVER */
        }
        lines->answer = lines->question + 1;
        ready = RUNNING;
        (void)atomic_compare_exchange_strong(&lines->word, &ready, ENDED);
        atomic_store_explicit(&lines->told, seen, memory_order_release);
    }
}

int prim_decided_start(prim_decided *decided)
{
    decided->lines = bench_shared(sizeof(*decided->lines));
    decided->trips = 0;
    decided->pid = fork();
    if (decided->pid == 0) {
        answer(decided->lines);
        _exit(0);
    }
    return decided->pid < 0 ? -1 : 0;
}

static void ask(prim_decided *decided, uint64_t state)
{
    atomic_store_explicit(&decided->lines->word, state, memory_order_release);
    decided->trips++;
    (void)atomic_fetch_add(&decided->lines->asked, 1);
}

int prim_decided_trip(void *context, long i)
{
    prim_decided *decided = context;
    struct prim_lines *lines = decided->lines;
    bool well;

    lines->question = (uint64_t)i;
    ask(decided, READY);
    while (atomic_load_explicit(&lines->told, memory_order_acquire) !=
           decided->trips) {
        /* as fast as it goes */
    }
    well = lines->answer == (uint64_t)i + 1 &&
           atomic_load_explicit(&lines->word, memory_order_relaxed) == ENDED;
    atomic_store_explicit(&lines->word, FREE, memory_order_relaxed);
    return well ? 0 : -1;
}

int prim_decided_stop(prim_decided *decided)
{
    int status = 0;
    bool well;

    ask(decided, OVER);
    well = waitpid(decided->pid, &status, 0) == decided->pid && status == 0;
    bench_unshare(decided->lines, sizeof(*decided->lines));
    return well ? 0 : -1;
}
