/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * w2_roundtrip.c -- apply of a trivial task, one worker, both sides awake;
 * and with both on one CPU
 */
#include "bench.h"
#include "primitives.h"

#include <mp/mp.h>

static int add_one(const void *argument, void *result)
{
    *(int64_t *)result = *(const int64_t *)argument + 1;
    return 0;
}

static const mp_task task = { .run = add_one,
                              .argument = &mp_serializer_int64,
                              .result = &mp_serializer_int64 };

static int apply_trip(void *pool, long i)
{
    int64_t x = i;

    return mp_pool_apply(pool, &task, &x, &x, NULL) < 0 || x != i + 1;
}

int bench_roundtrip_libmp(const void *plan, double *values)
{
    mp_pool *pool = NULL;
    int outcome;

    if (mp_pool_create(&pool, &(mp_pool_options){ .workers = 1 }) < 0) {
        return BENCH_WRONG;
    }
    outcome = bench_trips(apply_trip, pool, plan, values);
    mp_pool_destroy(pool);
    return outcome;
}

int bench_roundtrip_pipe(const void *plan, double *values)
{
    prim_echo echo;
    int outcome;

    if (prim_echo_start(&echo) != 0) {
        return BENCH_WRONG;
    }
    outcome = bench_trips(prim_echo_trip, &echo, plan, values);
    return prim_echo_stop(&echo) == 0 ? outcome : BENCH_WRONG;
}

static int spin(const void *plan, double *values)
{
    prim_spin word;
    int outcome;

    if (prim_spin_start(&word) != 0) {
        return BENCH_WRONG;
    }
    outcome = bench_trips(prim_spin_trip, &word, plan, values);
    return prim_spin_stop(&word) == 0 ? outcome : BENCH_WRONG;
}

static int decide(const void *plan, double *values)
{
    prim_decided word;
    int outcome;

    if (prim_decided_start(&word) != 0) {
        return BENCH_WRONG;
    }
    outcome = bench_trips(prim_decided_trip, &word, plan, values);
    return prim_decided_stop(&word) == 0 ? outcome : BENCH_WRONG;
}

/* All that is forked meanwhile is on that CPU, too. */
static int on_one_cpu(int (*once)(const void *, double *), const void *plan,
                      double *values)
{
    int outcome = BENCH_ABSENT;

    if (bench_pin(0)) {
        outcome = once(plan, values);
    }
    (void)bench_pin(-1);
    return outcome;
}

static int libmp_pinned(const void *plan, double *values)
{
    return on_one_cpu(bench_roundtrip_libmp, plan, values);
}

static int pipe_pinned(const void *plan, double *values)
{
    return on_one_cpu(bench_roundtrip_pipe, plan, values);
}

#define TWO_CPUS                                                               \
    {                                                                          \
        { "p50", "us" },                                                       \
        {                                                                      \
            "p99", "us"                                                        \
        }                                                                      \
    }
#define ONE_CPU                                                                \
    {                                                                          \
        { "1cpu_p50", "us" },                                                  \
        {                                                                      \
            "1cpu_p99", "us"                                                   \
        }                                                                      \
    }

void bench_roundtrip(void)
{
    const bench_trip_plan awake = { 1000, bench_size(100000, 10000),
                                    bench_quick ? 0.2 : 2 };
    const bench_trip_plan slow = { 1000, bench_size(20000, 2000),
                                   bench_quick ? 0.2 : 2 };
    const bench_case cases[] = {
        { "libmp", TWO_CPUS, bench_roundtrip_libmp, &awake },
        { "spin", TWO_CPUS, spin, &awake },
        { "decided", TWO_CPUS, decide, &awake },
        { "pipe", TWO_CPUS, bench_roundtrip_pipe, &slow },
        { "cpython", TWO_CPUS, bench_cpython,
          bench_quick ? "roundtrip 300" : "roundtrip 2000" },
        { "libmp", ONE_CPU, libmp_pinned, &slow },
        { "pipe", ONE_CPU, pipe_pinned, &slow },
    };

    bench_compare("W2_roundtrip", cases, sizeof(cases) / sizeof(*cases));
}

int bench_applies(int count)
{
    mp_pool *pool = NULL;
    int64_t x = 0;
    int error = mp_pool_create(&pool, &(mp_pool_options){ .workers = 1 });

    for (int i = 0; i < count && error >= 0; i++) {
        error = mp_pool_apply(pool, &task, &x, &x, NULL);
    }
    mp_pool_destroy(pool);
    return error < 0 || x != count;
}
