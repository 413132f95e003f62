/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * w5_queue_small.c -- messages of 64 bytes, one producer and one consumer,
 * two and two
 */
#include "bench.h"
#include "primitives.h"

#include <mp/mp.h>

#include <string.h>
#include <unistd.h>

enum { PAIRS_MAX = 2 };

struct stream {
    int pairs;
    int (*put)(void *channel, const char *message);
    int (*get)(void *channel, char *message);
    void *channel;
    uint64_t *sums; /* shared: what each consumer got, added up */
};

static int queue_put(void *queue, const char *message)
{
    return mp_queue_put_bytes(queue, message, PRIM_MESSAGE, MP_FOREVER);
}

static int queue_get(void *queue, char *message)
{
    size_t size = 0;

    return mp_queue_get_bytes(queue, message, PRIM_MESSAGE, &size, MP_FOREVER) <
                       0 ||
                   size != PRIM_MESSAGE
               ? -1
               : 0;
}

static int ring_put(void *ring, const char *message)
{
    prim_ring_put(ring, message);
    return 0;
}

static int ring_get(void *ring, char *message)
{
    prim_ring_get(ring, message);
    return 0;
}

static int pipe_put(void *ends, const char *message)
{
    return write(((int *)ends)[1], message, PRIM_MESSAGE) == PRIM_MESSAGE ? 0
                                                                          : -1;
}

static int pipe_get(void *ends, char *message)
{
    return read(((int *)ends)[0], message, PRIM_MESSAGE) == PRIM_MESSAGE ? 0
                                                                         : -1;
}

/* A producer's messages are 1, 2, 3, ... and the same at the end. */
static int produce(const struct stream *stream, long count)
{
    char message[PRIM_MESSAGE] = { 0 };
    int wrong = 0;

    for (uint64_t i = 1; i <= (uint64_t)count && !wrong; i++) {
        memcpy(message, &i, sizeof(i));
        memcpy(message + PRIM_MESSAGE - sizeof(i), &i, sizeof(i));
        wrong = stream->put(stream->channel, message) < 0;
    }
    return wrong;
}

static int consume(const struct stream *stream, int index, long count)
{
    char message[PRIM_MESSAGE];
    uint64_t sum = 0;
    int wrong = 0;

    for (uint64_t i = 1; i <= (uint64_t)count && !wrong; i++) {
        uint64_t first;
        uint64_t last;

        wrong = stream->get(stream->channel, message) < 0;
        memcpy(&first, message, sizeof(first));
        memcpy(&last, message + PRIM_MESSAGE - sizeof(last), sizeof(last));
        wrong |= first != last || (stream->pairs == 1 && first != i);
        sum += first;
    }
    stream->sums[index] = sum; /* of the last call: the warm-up's goes */
    return wrong;
}

static int role(void *context, int index, long count)
{
    const struct stream *stream = context;

    return index % 2 == 0 ? produce(stream, count)
                          : consume(stream, index / 2, count);
}

static int run(struct stream *stream, long count, double *values)
{
    long each = count / stream->pairs;
    uint64_t sum = (uint64_t)each * ((uint64_t)each + 1) / 2;
    double seconds;

    stream->sums = bench_shared(PAIRS_MAX * sizeof(*stream->sums));
    seconds = bench_team(role, stream, 2 * stream->pairs, each / 10, each);
    sum *= (uint64_t)stream->pairs;
    for (int i = 0; i < stream->pairs; i++) {
        sum -= stream->sums[i];
    }
    bench_unshare(stream->sums, PAIRS_MAX * sizeof(*stream->sums));
    values[0] = (double)(each * stream->pairs) / seconds;
    return seconds < 0 || sum != 0 ? BENCH_WRONG : BENCH_OK;
}

int bench_queue_small_libmp(const void *context, double *values)
{
    const bench_stream_plan *plan = context;
    struct stream stream = { plan->pairs, queue_put, queue_get, NULL, NULL };
    mp_queue *queue = NULL;
    int outcome;

    if (mp_queue_create(&queue, NULL) < 0) {
        return BENCH_WRONG;
    }
    stream.channel = queue;
    outcome = run(&stream, plan->count, values);
    mp_queue_destroy(queue);
    return outcome;
}

static int ring(const void *context, double *values)
{
    const bench_stream_plan *plan = context;
    struct stream stream = { plan->pairs, ring_put, ring_get,
                             prim_ring_create(), NULL };
    int outcome = run(&stream, plan->count, values);

    prim_ring_destroy(stream.channel);
    return outcome;
}

int bench_queue_small_pipe(const void *context, double *values)
{
    const bench_stream_plan *plan = context;
    int ends[2];
    struct stream stream = { plan->pairs, pipe_put, pipe_get, ends, NULL };
    int outcome;

    if (pipe(ends) < 0) {
        return BENCH_WRONG;
    }
    outcome = run(&stream, plan->count, values);
    (void)close(ends[0]);
    (void)close(ends[1]);
    return outcome;
}

void bench_queue_small(void)
{
    const long fast = bench_size(3000000, 300000);
    const long slow = bench_size(400000, 50000);
    const bench_stream_plan one_fast = { 1, fast };
    const bench_stream_plan two_fast = { 2, fast };
    const bench_stream_plan one_slow = { 1, slow };
    const bench_stream_plan two_slow = { 2, slow };
    const bench_case cases[] = {
        { "libmp",
          { { "1p1c", "msg/s" } },
          bench_queue_small_libmp,
          &one_fast },
        { "ring", { { "1p1c", "msg/s" } }, ring, &one_fast },
        { "pipe", { { "1p1c", "msg/s" } }, bench_queue_small_pipe, &one_slow },
        { "cpython",
          { { "1p1c", "msg/s" } },
          bench_cpython,
          bench_quick ? "queue 1 5000 64" : "queue 1 50000 64" },
        { "libmp",
          { { "2p2c", "msg/s" } },
          bench_queue_small_libmp,
          &two_fast },
        { "ring", { { "2p2c", "msg/s" } }, ring, &two_fast },
        { "pipe", { { "2p2c", "msg/s" } }, bench_queue_small_pipe, &two_slow },
        { "cpython",
          { { "2p2c", "msg/s" } },
          bench_cpython,
          bench_quick ? "queue 2 5000 64" : "queue 2 50000 64" },
    };

    bench_compare("W5_queue_small", cases, sizeof(cases) / sizeof(*cases));
}
