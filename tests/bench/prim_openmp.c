/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * prim_openmp.c -- the same loops by threads of OpenMP
 */
#include "primitives.h"

uint64_t prim_burn(int64_t steps)
{
    uint64_t x = 88172645463325252U;

    for (int64_t i = 0; i < steps; i++) { /* xorshift: each needs the last */
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
    }
    return x;
}

#if defined(_OPENMP)
bool prim_openmp_here(void)
{
    return true;
}

void prim_openmp_squares(const int64_t *x, int64_t *y, long count, int threads,
                         int chunk)
{
    if (chunk == 0) {
#pragma omp parallel for schedule(static) num_threads(threads)
        for (long i = 0; i < count; i++) {
            y[i] = x[i] * x[i];
        }
        return;
    }
#pragma omp parallel for schedule(dynamic, chunk) num_threads(threads)
    for (long i = 0; i < count; i++) {
        y[i] = x[i] * x[i];
    }
}

void prim_openmp_calls(prim_task *run, const int64_t *x, int64_t *y, long count,
                       int threads)
{
    prim_task *volatile hidden = run; /* not to be inlined */
    prim_task *call = hidden;

#pragma omp parallel for schedule(static) num_threads(threads)
    for (long i = 0; i < count; i++) {
        (void)call(&x[i], &y[i]);
    }
}

void prim_openmp_tasks(prim_task *run, const int64_t *x, int64_t *y, long count,
                       int threads)
{
#pragma omp parallel num_threads(threads)
#pragma omp single
    for (long i = 0; i < count; i++) {
#pragma omp task firstprivate(i)
        (void)run(&x[i], &y[i]);
    }
}

uint64_t prim_openmp_burn(const int64_t *steps, long count, int threads)
{
    uint64_t sum = 0;

#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)             \
    reduction(+ : sum)
    for (long i = 0; i < count; i++) {
        sum += prim_burn(steps[i]);
    }
    return sum;
}
#else
bool prim_openmp_here(void)
{
    return false;
}

void prim_openmp_squares(const int64_t *x, int64_t *y, long count, int threads,
                         int chunk)
{
    (void)threads;
    (void)chunk;
    for (long i = 0; i < count; i++) {
        y[i] = x[i] * x[i];
    }
}

void prim_openmp_calls(prim_task *run, const int64_t *x, int64_t *y, long count,
                       int threads)
{
    (void)threads;
    for (long i = 0; i < count; i++) {
        (void)run(&x[i], &y[i]);
    }
}

void prim_openmp_tasks(prim_task *run, const int64_t *x, int64_t *y, long count,
                       int threads)
{
    prim_openmp_calls(run, x, y, count, threads);
}

uint64_t prim_openmp_burn(const int64_t *steps, long count, int threads)
{
    uint64_t sum = 0;

    (void)threads;
    for (long i = 0; i < count; i++) {
        sum += prim_burn(steps[i]);
    }
    return sum;
}
#endif
