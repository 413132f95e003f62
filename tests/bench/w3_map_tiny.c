/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * w3_map_tiny.c -- x*x of many int64 by a map with 2 workers: with the default
 * chunk, in chunks of 1, and with arguments and results in mp_shared memory
 */
#include "bench.h"
#include "primitives.h"

#include <mp/mp.h>

#include <stdlib.h>
#include <string.h>

enum { WORKERS = 2, MAPS = 7 };

struct plan {
    long count;
    int chunk; /* 0: the default, which is OpenMP's static */
    bool shared;
    bool calls; /* of OpenMP: one for each item, as a pool must */
};

static int square(const void *argument, void *result)
{
    int64_t x = *(const int64_t *)argument;

    *(int64_t *)result = x * x;
    return 0;
}

static const mp_task task = { .run = square,
                              .argument = &mp_serializer_int64,
                              .result = &mp_serializer_int64 };

static void fill(int64_t *x, int64_t *y, long count)
{
    for (long i = 0; i < count; i++) {
        x[i] = i;
        y[i] = -1; /* and so its pages are there */
    }
}

static int check(const int64_t *y, long count)
{
    for (long i = 0; i < count; i++) {
        if (y[i] != (int64_t)i * i) {
            return BENCH_WRONG;
        }
    }
    return BENCH_OK;
}

/* One map of x to y; < 0: it failed. */
typedef int map_once(void *context, const struct plan *plan, int64_t *x,
                     int64_t *y);

/* The median of some maps after one that warms up: which CPU a worker wakes up
 * on is the system's choice, and may hold up a single one. */
static int time_maps(map_once *once, void *context, const struct plan *plan,
                     int64_t *x, int64_t *y, double *values)
{
    double taken[MAPS];
    double began;
    int error;

    fill(x, y, plan->count);
    error = once(context, plan, x, y);
    for (int i = 0; i < MAPS && error >= 0; i++) {
        fill(x, y, plan->count);
        began = bench_now_s();
        error = once(context, plan, x, y);
        taken[i] = bench_now_s() - began;
    }
    if (error < 0) {
        return BENCH_WRONG;
    }
    values[0] = bench_median(taken, MAPS) * 1e9 / (double)plan->count;
    return check(y, plan->count);
}

static int map_by_pool(void *pool, const struct plan *plan, int64_t *x,
                       int64_t *y)
{
    const mp_call_options call = { .chunk_size = plan->chunk };

    return mp_pool_map(pool, &task, x, (size_t)plan->count, y, &call);
}

static int libmp_maps(const struct plan *plan, int64_t *x, int64_t *y,
                      double *values)
{
    const mp_pool_options options = { .workers = WORKERS };
    mp_pool *pool = NULL;
    int outcome = BENCH_WRONG;

    if (mp_pool_create(&pool, &options) >= 0) {
        outcome = time_maps(map_by_pool, pool, plan, x, y, values);
    }
    mp_pool_destroy(pool);
    return outcome;
}

static int libmp(const void *context, double *values)
{
    const struct plan *plan = context;
    size_t size = (size_t)plan->count * sizeof(int64_t);
    void *x = NULL;
    void *y = NULL;
    int outcome = BENCH_WRONG;

    if (plan->shared) {
        if (mp_shared_create(&x, size) >= 0 &&
            mp_shared_create(&y, size) >= 0) {
            outcome = libmp_maps(plan, x, y, values);
        }
        mp_shared_destroy(x);
        mp_shared_destroy(y);
        return outcome;
    }
    x = malloc(size);
    y = malloc(size);
    if (x != NULL && y != NULL) {
        outcome = libmp_maps(plan, x, y, values);
    }
    free(x);
    free(y);
    return outcome;
}

static int map_by_threads(void *context, const struct plan *plan, int64_t *x,
                          int64_t *y)
{
    (void)context;
    if (plan->calls) {
        prim_openmp_calls(square, x, y, plan->count, WORKERS);
    } else {
        prim_openmp_squares(x, y, plan->count, WORKERS, plan->chunk);
    }
    return 0;
}

static int openmp_here(const void *context, double *values)
{
    const struct plan *plan = context;
    size_t size = (size_t)plan->count * sizeof(int64_t);
    int64_t *x = malloc(size);
    int64_t *y = malloc(size);
    int outcome = BENCH_WRONG;

    if (x != NULL && y != NULL) {
        outcome = time_maps(map_by_threads, NULL, plan, x, y, values);
    }
    free(x);
    free(y);
    return outcome;
}

static int openmp(const void *plan, double *values)
{
    return prim_openmp_here() ? bench_apart(openmp_here, plan, values)
                              : BENCH_ABSENT;
}

static int by_processes(const struct plan *plan, double *values,
                        double (*map)(prim_task *run, int64_t *x, int64_t *y,
                                      long count, int workers))
{
    size_t size = (size_t)plan->count * sizeof(int64_t);
    int64_t *x = bench_shared(size);
    int64_t *y = bench_shared(size);
    double seconds;
    int outcome;

    fill(x, y, plan->count);
    seconds = map(square, x, y, plan->count, WORKERS);
    values[0] = seconds * 1e9 / (double)plan->count;
    outcome = seconds < 0 ? BENCH_WRONG : check(y, plan->count);
    bench_unshare(x, size);
    bench_unshare(y, size);
    return outcome;
}

static int forked(const void *plan, double *values)
{
    return by_processes(plan, values, prim_forked_map);
}

static int watched(const void *plan, double *values)
{
    return by_processes(plan, values, prim_watched_map);
}

static int handed(const void *plan, double *values)
{
    return by_processes(plan, values, prim_handed_map);
}

void bench_map_tiny(void)
{
    const struct plan plain = { .count = bench_size(1000000, 200000) };
    const struct plan single = { .count = bench_size(200000, 50000),
                                 .chunk = 1 };
    const struct plan shared = { .count = plain.count, .shared = true };
    const struct plan called = { .count = plain.count, .calls = true };
    const bench_case cases[] = {
        { "libmp", { { "default", "ns/item" } }, libmp, &plain },
        { "openmp_static", { { "default", "ns/item" } }, openmp, &plain },
        { "handed", { { "default", "ns/item" } }, handed, &plain },
        { "cpython",
          { { "default", "ns/item" } },
          bench_cpython,
          bench_quick ? "map 100000 0" : "map 1000000 0" },
        { "libmp", { { "chunk1", "ns/item" } }, libmp, &single },
        { "openmp_dynamic", { { "chunk1", "ns/item" } }, openmp, &single },
        { "cpython",
          { { "chunk1", "ns/item" } },
          bench_cpython,
          bench_quick ? "map 2000 1" : "map 20000 1" },
        { "libmp", { { "shared", "ns/item" } }, libmp, &shared },
        { "openmp_static", { { "shared", "ns/item" } }, openmp, &shared },
        { "openmp_call", { { "shared", "ns/item" } }, openmp, &called },
        { "forked", { { "shared", "ns/item" } }, forked, &shared },
        { "watched", { { "shared", "ns/item" } }, watched, &shared },
    };

    bench_compare("W3_map_tiny", cases, sizeof(cases) / sizeof(*cases));
}
