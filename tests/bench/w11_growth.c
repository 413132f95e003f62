/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * w11_growth.c -- what a task costs as one thing grows: the number of tasks,
 * the bytes of each, the workers; the others at 8 bytes and 2 workers
 *
 * A stream of tasks in chunks of 1, unordered. Memory is that of all processes
 * of the pool and its owner (Pss), half-way through the stream. plot_growth.py
 * makes a picture of the lines.
 */
#include "bench.h"
#include "pool_pids.h"
#include "primitives.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    WORKERS = 2,
    MIB = 1024 * 1024,
    FEW = 100000,
    REPEATS = 7,
    REPEATS_MAX = 200
};

struct point {
    int64_t amount; /* of the axis */
    long tasks;
    long repeats;
    bool memory; /* look at it */
};

static mp_pool *pool;
static pool_pids *pids;

static int identity(const void *argument, void *result)
{
    *(int64_t *)result = *(const int64_t *)argument;
    return 0;
}

static int touch(const void *argument, void *result)
{
    const mp_bytes *bytes = argument;

    *(int64_t *)result = (int64_t)bench_touch(bytes->data, bytes->size);
    return 0;
}

static const mp_task number_task = { .run = identity,
                                     .argument = &mp_serializer_int64,
                                     .result = &mp_serializer_int64 };
static const mp_task bytes_task = { .run = touch,
                                    .argument = &mp_serializer_bytes,
                                    .result = &mp_serializer_int64 };

/* The same bytes again and again, or numbers from 1. */
struct feed {
    long left;
    int64_t next;
    const mp_bytes *bytes;
};

static int feed_next(void *context, void *argument)
{
    struct feed *feed = context;

    if (feed->left == 0) {
        return 0;
    }
    feed->left--;
    if (feed->bytes != NULL) {
        *(mp_bytes *)argument = *feed->bytes;
    } else {
        *(int64_t *)argument = ++feed->next;
    }
    return 1;
}

static double memory_kib(void)
{
    double sum = bench_memory_kib((long)getpid(), "Pss:");

    for (int i = 0; i <= WORKERS; i++) {
        sum += bench_memory_kib(atomic_load(&pids->pids[i]), "Pss:");
    }
    return sum;
}

/* Seconds for `count` tasks on `on`, without those for a look at the memory;
 * < 0: wrong. The results add up to `sum`. */
static double stream(mp_pool *on, const mp_bytes *bytes, long count,
                     int64_t sum, double *memory)
{
    struct feed feed = { count, 0, bytes };
    const mp_source source = { .next = feed_next, .context = &feed };
    const mp_task *task = bytes == NULL ? &number_task : &bytes_task;
    mp_iterator *iterator = NULL;
    double began = bench_now_s();
    long done = 0;
    int error = mp_pool_imap_unordered(on, &iterator, task, &source,
                                       &(mp_call_options){ .chunk_size = 1 });

    while (error >= 0) {
        int64_t one = 0;

        error = mp_iterator_next(iterator, &one, NULL, MP_FOREVER);
        if (error <= 0) {
            break;
        }
        sum -= one;
        if (memory != NULL && ++done == count / 2) {
            double looked = bench_now_s();

            *memory = memory_kib();
            began += bench_now_s() - looked;
        }
    }
    mp_iterator_destroy(iterator);
    return error < 0 || sum != 0 ? -1 : bench_now_s() - began;
}

static int64_t sum_to(long count)
{
    return (int64_t)count * (count + 1) / 2;
}

/* The median of streams that are short beside a slice of the scheduler. */
static int by_tasks(const void *context, double *values)
{
    const struct point *point = context;
    double seconds[REPEATS_MAX] = { 0 };

    for (long i = 0; i < point->repeats; i++) {
        seconds[i] = stream(pool, NULL, point->tasks, sum_to(point->tasks),
                            point->memory ? &values[1] : NULL);
        if (seconds[i] < 0) {
            return BENCH_WRONG;
        }
    }
    values[0] = bench_median(seconds, (size_t)point->repeats) * 1e9 /
                (double)point->tasks;
    return BENCH_OK;
}

static int by_bytes(const void *context, double *values)
{
    const struct point *point = context;
    size_t size = (size_t)point->amount;
    mp_bytes bytes = { bench_touched(size), size };
    int64_t each = (int64_t)bench_touch(bytes.data, size);
    double seconds = stream(pool, &bytes, point->tasks, each * point->tasks,
                            NULL); /* warm: as many places are in use */

    if (seconds >= 0) {
        seconds = stream(pool, &bytes, point->tasks, each * point->tasks, NULL);
    }
    bench_untouch(bytes.data, size);
    values[0] = seconds * 1e9 / ((double)point->tasks * (double)size);
    return seconds < 0 ? BENCH_WRONG : BENCH_OK;
}

static int by_bytes_memcpy(const void *context, double *values)
{
    const struct point *point = context;
    prim_copy copy;
    double began;
    int wrong;

    prim_copy_start(&copy, (size_t)point->amount);
    wrong = prim_copy_once(&copy, 1);
    began = bench_now_s();
    for (long i = 0; i < point->tasks; i++) {
        wrong |= prim_copy_once(&copy, (unsigned char)i);
    }
    values[0] = (bench_now_s() - began) * 1e9 /
                ((double)point->tasks * (double)point->amount);
    prim_copy_stop(&copy);
    return wrong != 0 ? BENCH_WRONG : BENCH_OK;
}

static int by_bytes_dealt(const void *context, double *values)
{
    const struct point *point = context;
    const prim_slabs plan = { .size = (size_t)point->amount,
                              .workers = WORKERS,
                              .count = point->tasks / WORKERS * WORKERS,
                              .dealt = true };
    double seconds = prim_slabs_run(&plan);

    values[0] = seconds * 1e9 / ((double)plan.count * (double)point->amount);
    return seconds < 0 ? BENCH_WRONG : BENCH_OK;
}

static int by_workers(const void *context, double *values)
{
    const struct point *point = context;
    const mp_pool_options options = { .workers = (int)point->amount };
    mp_pool *on = NULL;
    double took[REPEATS] = { 0 };
    double seconds;

    if (mp_pool_create(&on, &options) < 0) {
        return BENCH_WRONG;
    }
    seconds = stream(on, NULL, point->tasks / 4, sum_to(point->tasks / 4),
                     NULL); /* warm */
    for (size_t i = 0; i < REPEATS && seconds >= 0; i++) {
        seconds = stream(on, NULL, point->tasks, sum_to(point->tasks), NULL);
        took[i] = seconds;
    }
    mp_pool_destroy(on);
    values[0] = bench_median(took, REPEATS) * 1e9 / (double)point->tasks;
    return seconds < 0 ? BENCH_WRONG : BENCH_OK;
}

/* The axes, each a list of cases of its own. */

static void compare_tasks(void)
{
    static const struct point points[] = {
        { 100, 100, 200, false },      { 1000, 1000, 50, false },
        { 10000, 10000, 30, false },   { 100000, 100000, 3, true },
        { 1000000, 1000000, 1, true }, { 10000000, 10000000, 1, true },
    };
    const bench_case cases[] = {
        { "libmp", { { "tasks=100", "ns/task" } }, by_tasks, &points[0] },
        { "libmp", { { "tasks=1000", "ns/task" } }, by_tasks, &points[1] },
        { "libmp", { { "tasks=10000", "ns/task" } }, by_tasks, &points[2] },
        { "libmp",
          { { "tasks=100000", "ns/task" }, { "memory=100000", "KiB" } },
          by_tasks,
          &points[3] },
        { "libmp",
          { { "tasks=1000000", "ns/task" }, { "memory=1000000", "KiB" } },
          by_tasks,
          &points[4] },
        { "libmp",
          { { "tasks=10000000", "ns/task" }, { "memory=10000000", "KiB" } },
          by_tasks,
          &points[5] },
    };

    bench_compare("W11_growth", cases, bench_quick ? 4 : 6);
}

enum { SIZES = 9, QUICK_SIZES = 7, CROWDS = 7 };

static void compare_bytes(void)
{
    static const struct size {
        const char *param;
        int64_t bytes;
    } sizes[SIZES] = {
        { "bytes=8", 8 },
        { "bytes=64", 64 },
        { "bytes=512", 512 },
        { "bytes=4096", 4096 },
        { "bytes=32768", 32768 },
        { "bytes=262144", 262144 },
        { "bytes=1048576", MIB },
        { "bytes=8388608", 8 * MIB },
        { "bytes=67108864", 64 * MIB },
    };
    struct point points[SIZES];
    bench_case cases[3 * SIZES] = { { .peer = NULL } };
    size_t count = bench_quick ? QUICK_SIZES : SIZES;

    for (size_t i = 0; i < count; i++) {
        int64_t tasks = bench_size(256, 4) * (int64_t)MIB / sizes[i].bytes;
        int64_t most = bench_size(20000, 2000);

        points[i].amount = sizes[i].bytes;
        points[i].tasks = (long)(tasks < 8 ? 8 : tasks > most ? most : tasks);
        cases[3 * i] = (bench_case){
            "libmp", { { sizes[i].param, "ns/byte" } }, by_bytes, &points[i]
        };
        cases[3 * i + 1] = (bench_case){ "memcpy",
                                         { { sizes[i].param, "ns/byte" } },
                                         by_bytes_memcpy,
                                         &points[i] };
        cases[3 * i + 2] = (bench_case){ "dealt",
                                         { { sizes[i].param, "ns/byte" } },
                                         by_bytes_dealt,
                                         &points[i] };
    }
    bench_compare("W11_growth", cases, 3 * count);
}

static void compare_workers(void)
{
    static const char *const params[CROWDS] = { "workers=1",  "workers=2",
                                                "workers=4",  "workers=8",
                                                "workers=16", "workers=32",
                                                "workers=64" };
    struct point points[CROWDS];
    bench_case cases[CROWDS] = { { .peer = NULL } };

    for (size_t i = 0; i < CROWDS; i++) {
        points[i].amount = (int64_t)1 << i;
        points[i].tasks = bench_size(FEW, FEW / 20);
        cases[i] = (bench_case){
            "libmp", { { params[i], "ns/task" } }, by_workers, &points[i]
        };
    }
    bench_compare("W11_growth", cases, CROWDS);
}

void bench_growth(void)
{
    pool = pool_pids_create(&pids, WORKERS);
    if (pool == NULL || stream(pool, NULL, FEW, sum_to(FEW), NULL) < 0) {
        bench_wrong("W11_growth", "the pool of 2");
    } else {
        compare_tasks();
        compare_bytes();
        compare_workers();
    }
    if (pool != NULL) {
        pool_pids_destroy(pool, pids);
    }
}
