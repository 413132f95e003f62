/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * w7_lock.c -- acquire and release, by one process and by two at once
 */
#include "bench.h"
#include "primitives.h"

#include <mp/mp.h>

struct plan {
    int contenders;
    long count;
};

struct section {
    mp_lock *lock; /* NULL: the futex lock */
    struct words {
        atomic_int futex;
        char apart[124];
        long inside; /* no atomic: the lock is what keeps it right */
    } * words;
};

static int role_libmp(void *context, int index, long count)
{
    const struct section *section = context;
    volatile long *inside = &section->words->inside;
    int wrong = 0;

    (void)index;
    for (long i = 0; i < count; i++) {
        wrong |= mp_lock_acquire(section->lock, MP_FOREVER) != 0;
        *inside = *inside + 1;
        wrong |= mp_lock_release(section->lock) != 0;
    }
    return wrong;
}

static int role_futex(void *context, int index, long count)
{
    const struct section *section = context;
    volatile long *inside = &section->words->inside;

    (void)index;
    for (long i = 0; i < count; i++) {
        prim_futex_acquire(&section->words->futex);
        *inside = *inside + 1;
        prim_futex_release(&section->words->futex);
    }
    return 0;
}

/* ns of wall-clock time for each operation of any contender. */
static int run(bench_role *role, struct section *section,
               const struct plan *plan, double *values)
{
    long warm = plan->count / 10;
    long all = plan->count * plan->contenders;
    double seconds;
    bool right;

    section->words = bench_shared(sizeof(*section->words));
    seconds = bench_team(role, section, plan->contenders, warm, plan->count);
    right = section->words->inside == all + warm * plan->contenders;
    bench_unshare(section->words, sizeof(*section->words));
    values[0] = seconds * 1e9 / (double)all;
    return seconds < 0 || !right ? BENCH_WRONG : BENCH_OK;
}

static int libmp(const void *plan, double *values)
{
    struct section section = { NULL, NULL };
    int outcome;

    if (mp_lock_create(&section.lock) < 0) {
        return BENCH_WRONG;
    }
    outcome = run(role_libmp, &section, plan, values);
    mp_lock_destroy(section.lock);
    return outcome;
}

static int futex(const void *plan, double *values)
{
    struct section section = { NULL, NULL };

    return prim_futex_lock_here() ? run(role_futex, &section, plan, values)
                                  : BENCH_ABSENT;
}

void bench_lock(void)
{
    const struct plan alone = { 1, bench_size(5000000, 1000000) };
    const struct plan two = { 2, bench_size(2000000, 300000) };
    const bench_case cases[] = {
        { "libmp", { { "uncontended", "ns" } }, libmp, &alone },
        { "futex_lock", { { "uncontended", "ns" } }, futex, &alone },
        { "cpython",
          { { "uncontended", "ns" } },
          bench_cpython,
          bench_quick ? "lock 1 50000" : "lock 1 500000" },
        { "libmp", { { "contended2", "ns" } }, libmp, &two },
        { "futex_lock", { { "contended2", "ns" } }, futex, &two },
        { "cpython",
          { { "contended2", "ns" } },
          bench_cpython,
          bench_quick ? "lock 2 20000" : "lock 2 200000" },
    };

    bench_compare("W7_lock", cases, sizeof(cases) / sizeof(*cases));
}
