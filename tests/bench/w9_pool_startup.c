/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * w9_pool_startup.c -- create a pool, run one no-op for each worker, close,
 * join: of 2 and of 64 workers, from a parent of 10 MB and one of 1 GB
 */
#include "bench.h"
#include "primitives.h"

#include <mp/mp.h>

enum { MB = 1000 * 1000, WORKERS_MAX = 64 };

struct plan {
    int workers;
    int times;
};

static int echo(const void *argument, void *result)
{
    *(int64_t *)result = *(const int64_t *)argument;
    return 0;
}

static const mp_task task = { .run = echo,
                              .argument = &mp_serializer_int64,
                              .result = &mp_serializer_int64 };

static int libmp_once(int workers)
{
    int64_t in[WORKERS_MAX];
    int64_t out[WORKERS_MAX];
    mp_pool *pool = NULL;
    int error = mp_pool_create(&pool, &(mp_pool_options){ .workers = workers });

    for (int i = 0; i < workers; i++) {
        in[i] = i + 1;
        out[i] = 0;
    }
    if (error >= 0) {
        error = mp_pool_map(pool, &task, in, (size_t)workers, out,
                            &(mp_call_options){ .chunk_size = 1 });
    }
    if (error >= 0) {
        error = mp_pool_close(pool);
    }
    if (error >= 0) {
        error = mp_pool_join(pool, MP_FOREVER);
    }
    mp_pool_destroy(pool);
    for (int i = 0; i < workers && error >= 0; i++) {
        error = out[i] == i + 1 ? 0 : -1;
    }
    return error < 0 ? -1 : 0;
}

static int timed(int (*once)(int workers), const struct plan *plan,
                 double *values)
{
    double began = bench_now_s();
    int wrong = 0;

    for (int i = 0; i < plan->times; i++) {
        wrong |= once(plan->workers);
    }
    values[0] = (bench_now_s() - began) * 1e3 / plan->times;
    return wrong != 0 ? BENCH_WRONG : BENCH_OK;
}

static int libmp(const void *plan, double *values)
{
    return timed(libmp_once, plan, values);
}

static int prefork(const void *plan, double *values)
{
    return timed(prim_prefork_once, plan, values);
}

static int supervised(const void *plan, double *values)
{
    return timed(prim_prefork_supervised, plan, values);
}

static void from_parent_of(size_t size, const char *two_name,
                           const char *many_name, bool python)
{
    const struct plan two = { 2,
                              (int)(size > 20 * MB ? 1 : bench_size(20, 5)) };
    const struct plan many = { 64,
                               (int)(size > 20 * MB ? 1 : bench_size(3, 1)) };
    const bench_case cases[] = {
        { "libmp", { { two_name, "ms" } }, libmp, &two },
        { "prefork_pipe", { { two_name, "ms" } }, prefork, &two },
        { "prefork_supervised", { { two_name, "ms" } }, supervised, &two },
        { "libmp", { { many_name, "ms" } }, libmp, &many },
        { "prefork_pipe", { { many_name, "ms" } }, prefork, &many },
        { "cpython", { { two_name, "ms" } }, bench_cpython, "startup 2" },
        { "cpython", { { many_name, "ms" } }, bench_cpython, "startup 64" },
    };
    char *weight = bench_touched(size);

    bench_compare("W9_pool_startup", cases, python ? 7 : 5);
    bench_untouch(weight, size);
}

void bench_pool_startup(void)
{
    from_parent_of((size_t)10 * MB, "2w_10MB", "64w_10MB", true);
    if (bench_quick) {
        from_parent_of((size_t)50 * MB, "2w_50MB", "64w_50MB", false);
    } else {
        from_parent_of((size_t)1000 * MB, "2w_1GB", "64w_1GB", false);
    }
}
