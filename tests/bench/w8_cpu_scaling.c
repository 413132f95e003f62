/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * w8_cpu_scaling.c -- tasks that only compute, 2 workers: all of one length,
 * and one in eight sixteen times as long as the others
 */
#include "bench.h"
#include "primitives.h"

#include <mp/mp.h>

enum { TASKS_MAX = 64, WORKERS = 2 };

struct plan {
    long count;
    int chunk; /* 0: the default */
    int64_t steps[TASKS_MAX];
    uint64_t sum; /* of what they give */
};

static int burn(const void *argument, void *result)
{
    *(uint64_t *)result = prim_burn(*(const int64_t *)argument);
    return 0;
}

static const mp_task task = { .run = burn,
                              .argument = &mp_serializer_int64,
                              .result = &mp_serializer_int64 };

static int libmp(const void *context, double *values)
{
    const struct plan *plan = context;
    const mp_call_options call = { .chunk_size = plan->chunk };
    uint64_t results[TASKS_MAX];
    uint64_t sum = 0;
    int64_t none[WORKERS] = { 0 };
    mp_pool *pool = NULL;
    double began;
    int error = mp_pool_create(&pool, &(mp_pool_options){ .workers = WORKERS });

    if (error >= 0) { /* warm */
        error = mp_pool_map(pool, &task, none, WORKERS, NULL,
                            &(mp_call_options){ .chunk_size = 1 });
    }
    began = bench_now_s();
    if (error >= 0) {
        error = mp_pool_map(pool, &task, plan->steps, (size_t)plan->count,
                            results, &call);
    }
    values[0] = (double)plan->count / (bench_now_s() - began);
    mp_pool_destroy(pool);
    for (long i = 0; error >= 0 && i < plan->count; i++) {
        sum += results[i];
    }
    return error < 0 || sum != plan->sum ? BENCH_WRONG : BENCH_OK;
}

static int openmp_here(const void *context, double *values)
{
    const struct plan *plan = context;
    int64_t none[WORKERS] = { 0 };
    double began;
    uint64_t sum;

    (void)prim_openmp_burn(none, WORKERS, WORKERS); /* warm */
    began = bench_now_s();
    sum = prim_openmp_burn(plan->steps, plan->count, WORKERS);
    values[0] = (double)plan->count / (bench_now_s() - began);
    values[1] = values[0]; /* beside another way of libmp's */
    return sum == plan->sum ? BENCH_OK : BENCH_WRONG;
}

static int openmp(const void *plan, double *values)
{
    return prim_openmp_here() ? bench_apart(openmp_here, plan, values)
                              : BENCH_ABSENT;
}

/* How many steps a CPU does in `ms`, undisturbed: the best of several. */
static int64_t steps_in(double ms)
{
    const int64_t steps = 2000000;
    volatile uint64_t kept;
    double best = 1;

    for (int i = 0; i < 9; i++) {
        double began = bench_now_s();
        double took;

        kept = prim_burn(steps);
        took = bench_now_s() - began;
        best = took < best ? took : best;
    }
    (void)kept;
    return (int64_t)((double)steps * ms / 1e3 / best);
}

/* Both kinds take the same in all; `heavy` of 8 weigh, the others are 1. */
static void plan_tasks(struct plan *plan, long count, int chunk, int64_t steps,
                       int64_t heavy)
{
    plan->count = count;
    plan->chunk = chunk;
    plan->sum = 0;
    for (long i = 0; i < count; i++) {
        plan->steps[i] = steps * 8 / (7 + heavy) * (i % 8 == 3 ? heavy : 1);
        plan->sum += prim_burn(plan->steps[i]);
    }
}

void bench_cpu_scaling(void)
{
    static struct plan equal;
    static struct plan unequal;
    static struct plan by_default;
    const long count = bench_size(64, 16);
    const int64_t steps = steps_in(bench_quick ? 5 : 20);
    const bench_case cases[] = {
        { "libmp", { { "equal", "tasks/s" } }, libmp, &equal },
        { "openmp_dynamic", { { "equal", "tasks/s" } }, openmp, &equal },
        { "cpython",
          { { "equal", "tasks/s" } },
          bench_cpython,
          bench_quick ? "burn 16 5" : "burn 64 20" },
        { "libmp", { { "unequal", "tasks/s" } }, libmp, &unequal },
        { "openmp_dynamic",
          { { "unequal", "tasks/s" }, { "unequal_default_chunk", "tasks/s" } },
          openmp,
          &unequal },
        { "libmp",
          { { "unequal_default_chunk", "tasks/s" } },
          libmp,
          &by_default },
    };

    plan_tasks(&equal, count, 1, steps, 1);
    plan_tasks(&unequal, count, 1, steps, 16);
    plan_tasks(&by_default, count, 0, steps, 16);
    bench_compare("W8_cpu_scaling", cases, sizeof(cases) / sizeof(*cases));
}
