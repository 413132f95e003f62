/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * w4_unordered.c -- a stream of trivial tasks in chunks of 1, unordered; and
 * as many single ones, submitted first and asked for then
 */
#include "bench.h"
#include "primitives.h"

#include <mp/mp.h>

#include <stdlib.h>

struct plan {
    long count;
    int workers;
    bool
        handles; /* one each; all before, too, timed: memory is touched first */
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

struct numbers {
    int64_t next;
    int64_t end;
};

static int next_number(void *context, void *argument)
{
    struct numbers *numbers = context;

    if (numbers->next == numbers->end) {
        return 0;
    }
    *(int64_t *)argument = numbers->next++;
    return 1;
}

static int64_t sum_of_squares(int64_t n)
{
    return (n - 1) * n / 2 * (2 * n - 1) / 3;
}

static int stream(mp_pool *pool, long count)
{
    struct numbers numbers = { 0, count };
    const mp_source source = { .next = next_number, .context = &numbers };
    mp_iterator *iterator = NULL;
    int64_t sum = 0;
    int64_t one = 0;
    int error = mp_pool_imap_unordered(pool, &iterator, &task, &source,
                                       &(mp_call_options){ .chunk_size = 1 });

    while (error >= 0 &&
           (error = mp_iterator_next(iterator, &one, NULL, MP_FOREVER)) > 0) {
        sum += one;
    }
    mp_iterator_destroy(iterator);
    return error < 0 || sum != sum_of_squares(count) ? -1 : 0;
}

static int submit_and_get(mp_pool *pool, long count)
{
    mp_result **handles = calloc((size_t)count, sizeof(mp_result *));
    int64_t sum = 0;
    int error = handles == NULL ? -1 : 0;

    for (int64_t i = 0; i < count && error >= 0; i++) {
        error = mp_pool_apply_async(pool, &handles[i], &task, &i, NULL);
    }
    for (long i = 0; i < count && error >= 0; i++) {
        int64_t one = 0;

        error = mp_result_get(handles[i], &one, MP_FOREVER);
        mp_result_destroy(handles[i]);
        sum += one;
    }
    free(handles);
    return error < 0 || sum != sum_of_squares(count) ? -1 : 0;
}

/* The CPU time includes that of start, warm-up and end. The handles of async
 * are as many in the warm-up: fresh memory costs more than the tasks. */
static int libmp(const struct plan *plan, double *values,
                 int (*all)(mp_pool *pool, long count))
{
    const mp_pool_options options = { .workers = plan->workers };
    mp_pool *pool = NULL;
    double cpu = bench_cpu_s();
    double began;
    int wrong = mp_pool_create(&pool, &options) < 0;

    if (plan->handles) {
        began = bench_now_s();
        wrong = wrong || all(pool, plan->count) != 0;
        values[2] = (double)plan->count / (bench_now_s() - began);
    } else {
        wrong = wrong || all(pool, plan->count / 10) != 0; /* warm */
    }
    began = bench_now_s();
    wrong = wrong || all(pool, plan->count) != 0;
    values[0] = (double)plan->count / (bench_now_s() - began);
    mp_pool_destroy(pool);
    cpu = bench_cpu_s() - cpu;
    values[1] = cpu * 1e9 / ((plan->handles ? 2 : 1.1) * (double)plan->count);
    return wrong ? BENCH_WRONG : BENCH_OK;
}

static int libmp_stream(const void *plan, double *values)
{
    return libmp(plan, values, stream);
}

static int libmp_async(const void *plan, double *values)
{
    return libmp(plan, values, submit_and_get);
}

static int claim(const void *context, double *values)
{
    const struct plan *plan = context;
    double cpu = bench_cpu_s();
    double seconds = prim_claim_run(plan->workers, plan->count);

    values[0] = (double)plan->count / seconds;
    values[1] = (bench_cpu_s() - cpu) * 1e9 / (double)plan->count;
    return seconds < 0 ? BENCH_WRONG : BENCH_OK;
}

/* A task each where libmp has a handle each. */
static void openmp_squares(const struct plan *plan, const int64_t *x,
                           int64_t *y)
{
    if (plan->handles) {
        prim_openmp_tasks(square, x, y, plan->count, plan->workers);
    } else {
        prim_openmp_squares(x, y, plan->count, plan->workers, 1);
    }
}

static int openmp_here(const void *context, double *values)
{
    const struct plan *plan = context;
    size_t size = (size_t)plan->count * sizeof(int64_t);
    int64_t *x = malloc(size);
    int64_t *y = malloc(size);
    int64_t sum = 0;

    if (x != NULL && y != NULL) {
        double cpu;
        double began;

        for (long i = 0; i < plan->count; i++) {
            x[i] = i;
        }
        openmp_squares(plan, x, y);
        cpu = bench_cpu_s();
        began = bench_now_s();
        openmp_squares(plan, x, y);
        values[0] = (double)plan->count / (bench_now_s() - began);
        values[1] = (bench_cpu_s() - cpu) * 1e9 / (double)plan->count;
        for (long i = 0; i < plan->count; i++) {
            sum += y[i];
        }
    }
    free(x);
    free(y);
    return sum == sum_of_squares(plan->count) ? BENCH_OK : BENCH_WRONG;
}

static int openmp(const void *plan, double *values)
{
    return prim_openmp_here() ? bench_apart(openmp_here, plan, values)
                              : BENCH_ABSENT;
}

#define ONE                                                                    \
    {                                                                          \
        { "1w", "tasks/s" },                                                   \
        {                                                                      \
            "1w_cpu", "ns/task"                                                \
        }                                                                      \
    }
#define TWO                                                                    \
    {                                                                          \
        { "2w", "tasks/s" },                                                   \
        {                                                                      \
            "2w_cpu", "ns/task"                                                \
        }                                                                      \
    }

void bench_unordered(void)
{
    const long count = bench_size(2000000, 100000);
    const struct plan one = { count, 1, false };
    const struct plan two = { count, 2, false };
    const struct plan async = { bench_size(200000, 30000), 2, true };
    const bench_case cases[] = {
        { "libmp", ONE, libmp_stream, &one },
        { "openmp_dynamic", ONE, openmp, &one },
        { "claim", ONE, claim, &one },
        /* One worker and its owner are two processes. */
        { "openmp_2threads", { { "1w", "tasks/s" } }, openmp, &two },
        { "libmp", TWO, libmp_stream, &two },
        { "openmp_dynamic", TWO, openmp, &two },
        { "claim", TWO, claim, &two },
        { "cpython",
          { { "2w", "tasks/s" } },
          bench_cpython,
          bench_quick ? "unordered 2000" : "unordered 20000" },
        { "libmp",
          { { "async", "tasks/s" },
            { "async_cpu", "ns/task" },
            { "async_cold", "tasks/s" } },
          libmp_async,
          &async },
        { "openmp_task",
          { { "async", "tasks/s" }, { "async_cpu", "ns/task" } },
          openmp,
          &async },
        { "cpython",
          { { "async", "tasks/s" } },
          bench_cpython,
          bench_quick ? "async 1000" : "async 10000" },
    };

    bench_compare("W4_unordered", cases, sizeof(cases) / sizeof(*cases));
}
