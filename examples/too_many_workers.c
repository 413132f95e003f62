/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * too_many_workers.c -- more workers than CPUs: the same work costs more
 *
 * The numbers are measured. Where workers outnumber CPUs, the tasks are done
 * no sooner, and each worker takes its time to be forked and to be ended.
 *
 *     $ ./too_many_workers
 *     <number> CPUs, 200 tasks that compute
 *     workers <number>: tasks <number> ms, start and end <number> ms
 *     workers <number>: tasks <number> ms, start and end <number> ms
 *     workers <number>: tasks <number> ms, start and end <number> ms
 *     workers <number>: tasks <number> ms, start and end <number> ms
 */
#include <mp/mp.h>

#include <stdio.h>
#include <time.h>

enum { TASKS = 200, STEPS = 500000, MOST = 200 /* workers */ };

static int compute(const void *seed, void *result)
{
    uint32_t x = (uint32_t) * (const int64_t *)seed;

    for (int i = 0; i < STEPS; i++) {
        x = x * 1664525 + 1013904223; /* each step needs the one before */
    }
    *(int64_t *)result = x;
    return 0;
}

static int64_t now_ms(void)
{
    struct timespec now = { .tv_sec = 0 };

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int measure(int workers)
{
    const mp_serializer *i64 = &mp_serializer_int64;
    const mp_task task = { .run = compute, .argument = i64, .result = i64 };
    static int64_t seeds[TASKS], results[TASKS];
    const mp_pool_options options = { .workers = workers };
    int64_t start_ms = now_ms(), tasks_ms = 0;
    mp_pool *pool = NULL;
    int error = mp_pool_create(&pool, &options);

    if (error >= 0) {
        tasks_ms = now_ms();
        error = mp_pool_map(pool, &task, seeds, TASKS, results, NULL);
        tasks_ms = now_ms() - tasks_ms;
    }
    mp_pool_destroy(pool);
    if (error >= 0) {
        printf("workers %d: tasks %d ms, start and end %d ms\n", workers,
               (int)tasks_ms, (int)(now_ms() - start_ms - tasks_ms));
    }
    return error;
}

int main(void)
{
    const mp_pool_options usable = { .workers = MP_WORKERS_USABLE };
    mp_pool *pool = NULL;
    int error = mp_pool_create(&pool, &usable);
    int cpus = error < 0 ? 1 : mp_pool_workers(pool);

    mp_pool_destroy(pool);
    printf("%d CPUs, %d tasks that compute\n", cpus, TASKS);
    error = error < 0 ? error : measure(1);
    for (int times = 1; times <= 16 && error >= 0; times *= 4) {
        error = measure(cpus * times < MOST ? cpus * times : MOST);
    }
    if (error < 0) {
        fprintf(stderr, "too_many_workers: %s\n", mp_strerror(error));
    }
    return error < 0;
}
