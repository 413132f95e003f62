/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * w6_queue_large.c -- messages of 1 MiB and of 64 MiB, copied or in place
 *
 * Copied: two copies a message are asked for, and memcpy makes the same two.
 * In place: one is, into what was reserved; what is borrowed is read there, a
 * byte of each page, and memcpy makes that copy and reads as much. GB/s are of
 * messages, not of copies.
 */
#include "bench.h"
#include "primitives.h"

#include <mp/mp.h>

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { MIB = 1024 * 1024 };

struct plan {
    size_t size;
    long count;
    size_t max_bytes; /* 0: the default, where 64 MiB go in alone */
    bool in_place;
};

struct stream {
    size_t size;
    bool in_place;
    mp_queue *queue;
    char *message; /* each process's own; shared until it writes */
};

static int write_one(const struct stream *stream)
{
    void *room = NULL;

    if (!stream->in_place) {
        return mp_queue_put_bytes(stream->queue, stream->message, stream->size,
                                  MP_FOREVER);
    }
    if (mp_queue_reserve(stream->queue, &room, stream->size, MP_FOREVER) < 0) {
        return -1;
    }
    memcpy(room, stream->message, stream->size);
    return mp_queue_commit(stream->queue, stream->size);
}

/* 0 when it is all there, with this mark at both ends. */
static int read_one(const struct stream *stream, char mark)
{
    const void *bytes = stream->message;
    const char *text;
    uint64_t sum = 1;
    size_t size = 0;
    int wrong;

    if (!stream->in_place) {
        wrong = mp_queue_get_bytes(stream->queue, stream->message, stream->size,
                                   &size, MP_FOREVER) < 0;
    } else {
        wrong = mp_queue_borrow(stream->queue, &bytes, &size, MP_FOREVER) < 0;
        sum = wrong ? 1 : bench_touch(bytes, size);
    }
    text = bytes;
    wrong = wrong || size != stream->size || sum == 0 || text[0] != mark ||
            text[size - 1] != mark;
    return wrong || (stream->in_place && mp_queue_give_back(stream->queue) < 0);
}

static int role(void *context, int index, long count)
{
    struct stream *stream = context;
    size_t size = stream->size;
    int wrong = 0;

    if (stream->message == NULL) {
        stream->message = bench_touched(size);
    }
    for (long i = 0; i < count && !wrong; i++) {
        char mark = (char)(i + 1);

        if (index == 0) {
            stream->message[0] = mark;
            stream->message[size - 1] = mark;
            wrong = write_one(stream) < 0;
        } else {
            wrong = read_one(stream, mark);
        }
    }
    return wrong;
}

static double rate(const struct plan *plan, double seconds)
{
    return (double)plan->size * (double)plan->count / seconds / 1e9;
}

static int libmp(const void *context, double *values)
{
    const struct plan *plan = context;
    const mp_queue_options options = { .max_bytes = plan->max_bytes };
    struct stream stream = { plan->size, plan->in_place, NULL, NULL };
    double seconds;

    if (mp_queue_create(&stream.queue, &options) < 0) {
        return BENCH_WRONG;
    }
    seconds = bench_team(role, &stream, 2, plan->count / 4 + 1, plan->count);
    mp_queue_destroy(stream.queue);
    values[0] = rate(plan, seconds);
    return seconds < 0 ? BENCH_WRONG : BENCH_OK;
}

static int copy_here(const void *context, double *values)
{
    const struct plan *plan = context;
    prim_copy copy;
    double began;
    int wrong;

    prim_copy_start(&copy, plan->size);
    wrong = prim_copy_once(&copy, 1);
    began = bench_now_s();
    for (long i = 0; i < plan->count; i++) {
        wrong |= prim_copy_once(&copy, (unsigned char)i);
    }
    values[0] = rate(plan, bench_now_s() - began);
    prim_copy_stop(&copy);
    return wrong != 0 ? BENCH_WRONG : BENCH_OK;
}

static int place_here(const void *context, double *values)
{
    const struct plan *plan = context;
    uint64_t sum = 0;
    prim_copy copy;
    double began;

    prim_copy_start(&copy, plan->size);
    began = bench_now_s();
    for (long i = 0; i < plan->count; i++) {
        copy.from[0] = (char)(i + 1);
        memcpy(copy.shared, copy.from, plan->size);
        __asm__ volatile("" ::: "memory");
        sum += bench_touch(copy.shared, plan->size);
    }
    values[0] = rate(plan, bench_now_s() - began);
    prim_copy_stop(&copy);
    return sum == 0 ? BENCH_WRONG : BENCH_OK;
}

static int slab(const void *context, double *values)
{
    const struct plan *plan = context;
    const prim_slabs slabs = { .size = plan->size,
                               .workers = 1,
                               .count = plan->count,
                               .copy_in = true,
                               .copy_out = !plan->in_place };
    double seconds = prim_slabs_run(&slabs);

    values[0] = rate(plan, seconds);
    return seconds < 0 ? BENCH_WRONG : BENCH_OK;
}

#define SMALL                                                                  \
    {                                                                          \
        {                                                                      \
            "1MiB_copied", "GB/s"                                              \
        }                                                                      \
    }
#define LARGE                                                                  \
    {                                                                          \
        {                                                                      \
            "64MiB_copied", "GB/s"                                             \
        }                                                                      \
    }
#define ROOMY                                                                  \
    {                                                                          \
        {                                                                      \
            "64MiB_copied_room4", "GB/s"                                       \
        }                                                                      \
    }

#define SMALL_IN_PLACE                                                         \
    {                                                                          \
        {                                                                      \
            "1MiB_in_place", "GB/s"                                            \
        }                                                                      \
    }
#define LARGE_IN_PLACE                                                         \
    {                                                                          \
        {                                                                      \
            "64MiB_in_place", "GB/s"                                           \
        }                                                                      \
    }

void bench_queue_large(void)
{
    const struct plan small = { MIB, bench_size(1000, 40), 0, false };
    const struct plan large = { (size_t)64 * MIB, bench_size(12, 2), 0, false };
    const struct plan roomy = { (size_t)64 * MIB, bench_size(12, 2),
                                (size_t)300 * MIB, false };
    const struct plan small_in_place = { MIB, bench_size(1000, 40), 0, true };
    const struct plan large_in_place = { (size_t)64 * MIB, bench_size(12, 2), 0,
                                         true };
    const bench_case cases[] = {
        { "libmp", SMALL, libmp, &small },
        { "memcpy", SMALL, copy_here, &small },
        { "slab", SMALL, slab, &small },
        { "cpython", SMALL, bench_cpython,
          bench_quick ? "large 10 1048576" : "large 200 1048576" },
        { "libmp", LARGE, libmp, &large },
        { "memcpy", LARGE, copy_here, &large },
        { "slab", LARGE, slab, &large },
        { "cpython", LARGE, bench_cpython,
          bench_quick ? "large 1 67108864" : "large 4 67108864" },
        { "libmp", SMALL_IN_PLACE, libmp, &small_in_place },
        { "memcpy", SMALL_IN_PLACE, place_here, &small_in_place },
        { "slab", SMALL_IN_PLACE, slab, &small_in_place },
        { "libmp", LARGE_IN_PLACE, libmp, &large_in_place },
        { "memcpy", LARGE_IN_PLACE, place_here, &large_in_place },
        { "slab", LARGE_IN_PLACE, slab, &large_in_place },
        { "libmp", ROOMY, libmp, &roomy },
        { "slab", ROOMY, slab, &roomy },
    };

    bench_compare("W6_queue_large", cases, bench_quick ? 14 : 16);
}
