/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * w10_large_result.c -- 64 results of 16 MiB from 2 workers
 *
 * copied     mp_serializer_bytes: the task makes the bytes in memory of its
 *            own, the owner gets a copy of its own
 * encoded    a serializer that makes the bytes where they are wanted, and
 *            copies them to memory that is there already: the passes over
 *            memory that the primitive makes
 * in place   the same made where mp_result_view() shows it, and one byte of
 *            each page read there
 */
#include "bench.h"
#include "primitives.h"

#include <mp/mp.h>

#include <stdlib.h>
#include <string.h>

enum {
    MIB = 1024 * 1024,
    SIZE = 16 * MIB,
    WORKERS = 2,
    RESULTS_MAX = 64,
    PAGE = 4096
};

static char *landing; /* where `encoded` results are copied to */

static int make_bytes(const void *argument, void *result)
{
    mp_bytes *bytes = result;

    bytes->data = malloc(SIZE);
    if (bytes->data == NULL) {
        return -1;
    }
    bytes->size = SIZE;
    memset(bytes->data, (int)*(const int64_t *)argument, SIZE);
    return 0;
}

static const mp_task copied = { .run = make_bytes,
                                .argument = &mp_serializer_int64,
                                .result = &mp_serializer_bytes };

static int make_mark(const void *argument, void *result)
{
    *(int64_t *)result = *(const int64_t *)argument;
    return 0;
}

static int encode_mark(const mp_serializer *self, const void *object,
                       void *buffer, size_t capacity, size_t *size)
{
    (void)self;
    *size = SIZE;
    if (capacity >= SIZE) {
        memset(buffer, (int)*(const int64_t *)object, SIZE);
    }
    return 0;
}

static int decode_mark(const mp_serializer *self, void *object,
                       const void *bytes, size_t size)
{
    (void)self;
    if (size != SIZE) {
        return -1;
    }
    memcpy(landing, bytes, size);
    *(int64_t *)object = landing[SIZE / 2];
    return 0;
}

static const mp_serializer mark_serializer = { .name = "mark",
                                               .object_size = sizeof(int64_t),
                                               .encode = encode_mark,
                                               .decode = decode_mark };
static const mp_task encoded = { .run = make_mark,
                                 .argument = &mp_serializer_int64,
                                 .result = &mark_serializer };

/* The sum of the marks in the middle of `count` results; < 0: an error. */
static int64_t receive(mp_pool *pool, const mp_task *task, long count)
{
    int64_t marks[RESULTS_MAX];
    const mp_source source = { .items = marks, .count = (size_t)count };
    mp_iterator *iterator = NULL;
    int64_t sum = 0;
    int error;

    for (long i = 0; i < count; i++) {
        marks[i] = i + 1;
    }
    error = mp_pool_imap_unordered(pool, &iterator, task, &source, NULL);
    while (error >= 0) {
        union {
            mp_bytes bytes;
            int64_t mark;
        } result = { { NULL, 0 } };

        error = mp_iterator_next(iterator, &result, NULL, MP_FOREVER);
        if (error <= 0) {
            break;
        }
        sum += task == &encoded ? result.mark
                                : ((char *)result.bytes.data)[SIZE / 2];
        if (task == &copied) {
            mp_serializer_release(task->result, &result, 1);
        }
    }
    mp_iterator_destroy(iterator);
    return error < 0 ? -1 : sum;
}

/* The same by mp_result_view(), with AHEAD tasks under way. */
static int64_t look(mp_pool *pool, long count)
{
    enum { AHEAD = 2 * WORKERS };
    mp_result *results[AHEAD] = { NULL };
    const uint64_t pages = (SIZE + PAGE - 1) / PAGE;
    const void *bytes = NULL;
    size_t size = 0;
    int64_t sum = 0;
    int error = 0;

    for (long i = 0; i < count + AHEAD && error >= 0; i++) {
        mp_result **result = &results[i % AHEAD];
        int64_t mark = i + 1;

        if (*result != NULL) {
            error = mp_result_view(*result, &bytes, &size, MP_FOREVER);
            sum += error < 0 ? 0 : (int64_t)(bench_touch(bytes, size) / pages);
            mp_result_destroy(*result);
            *result = NULL;
        }
        if (i < count && error >= 0) {
            error = mp_pool_apply_async(pool, result, &encoded, &mark, NULL);
        }
    }
    for (int i = 0; i < AHEAD; i++) {
        mp_result_destroy(results[i]);
    }
    return error < 0 ? -1 : sum;
}

static double rate(long count, double seconds)
{
    return (double)count * SIZE / seconds / 1e9;
}

static int libmp(const mp_task *task, long count, double *values)
{
    mp_pool *pool = NULL;
    int64_t sum;
    double began;

    landing = bench_touched(SIZE);
    if (mp_pool_create(&pool, &(mp_pool_options){ .workers = WORKERS }) < 0) {
        return BENCH_WRONG;
    }
    (void)receive(pool, task, count); /* warm: workers may run ahead as far */
    began = bench_now_s();
    sum = receive(pool, task, count);
    values[0] = rate(count, bench_now_s() - began);
    mp_pool_destroy(pool);
    bench_untouch(landing, SIZE);
    return sum == (int64_t)count * (count + 1) / 2 ? BENCH_OK : BENCH_WRONG;
}

static int libmp_copied(const void *count, double *values)
{
    return libmp(&copied, *(const long *)count, values);
}

static int libmp_encoded(const void *count, double *values)
{
    return libmp(&encoded, *(const long *)count, values);
}

static int libmp_in_place(const void *context, double *values)
{
    const long count = *(const long *)context;
    mp_pool *pool = NULL;
    int64_t sum;
    double began;

    if (mp_pool_create(&pool, &(mp_pool_options){ .workers = WORKERS }) < 0) {
        return BENCH_WRONG;
    }
    (void)look(pool, count / 4 + 1); /* warm */
    began = bench_now_s();
    sum = look(pool, count);
    values[0] = rate(count, bench_now_s() - began);
    mp_pool_destroy(pool);
    return sum == (int64_t)count * (count + 1) / 2 ? BENCH_OK : BENCH_WRONG;
}

static int slab(const void *context, double *values)
{
    const prim_slabs *plan = context;
    double seconds = prim_slabs_run(plan);

    values[0] = rate(plan->count, seconds);
    values[1] = values[0];
    return seconds < 0 ? BENCH_WRONG : BENCH_OK;
}

void bench_large_result(void)
{
    const long count = bench_size(RESULTS_MAX, 4);
    const prim_slabs out = {
        .size = SIZE, .workers = WORKERS, .count = count, .copy_out = true
    };
    const prim_slabs touched = { .size = SIZE,
                                 .workers = WORKERS,
                                 .count = count };
    /* As a task does that gives bytes: they are made, copied in and out. */
    const prim_slabs made = { .size = SIZE,
                              .workers = WORKERS,
                              .count = count,
                              .copy_in = true,
                              .copy_out = true,
                              .made = true };
    const bench_case cases[] = {
        { "libmp", { { "64x16MiB_copied", "GB/s" } }, libmp_copied, &count },
        { "libmp", { { "64x16MiB_encoded", "GB/s" } }, libmp_encoded, &count },
        { "libmp",
          { { "64x16MiB_in_place", "GB/s" } },
          libmp_in_place,
          &count },
        { "slab",
          { { "64x16MiB_copied", "GB/s" }, { "64x16MiB_encoded", "GB/s" } },
          slab,
          &out },
        { "slab_made",
          { { "64x16MiB_copied", "GB/s" }, { "64x16MiB_encoded", "GB/s" } },
          slab,
          &made },
        { "slab", { { "64x16MiB_in_place", "GB/s" } }, slab, &touched },
        { "cpython",
          { { "64x16MiB_copied", "GB/s" } },
          bench_cpython,
          bench_quick ? "results 2" : "results 64" },
    };

    bench_compare("W10_large_result", cases, sizeof(cases) / sizeof(*cases));
}
