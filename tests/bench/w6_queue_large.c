/*
 * w6_queue_large.c -- messages of 1 MiB and of 64 MiB, copied in and out
 *
 * Two copies a message are asked for, and memcpy makes the same two. GB/s are
 * of messages, not of copies.
 */
#include "bench.h"
#include "primitives.h"

#include <mp/mp.h>

#include <string.h>

enum { MIB = 1024 * 1024 };

struct plan {
    size_t size;
    long count;
    size_t max_bytes; /* 0: the default, where 64 MiB go in alone */
};

struct stream {
    size_t size;
    mp_queue *queue;
    char *message; /* each process's own; shared until it writes */
};

static int role(void *context, int index, long count)
{
    struct stream *stream = context;
    size_t size = stream->size;
    int wrong = 0;

    if (stream->message == NULL) {
        stream->message = bench_touched(size);
    }
    for (long i = 0; i < count && !wrong; i++) {
        size_t got = 0;
        char mark = (char)(i + 1);

        if (index == 0) {
            stream->message[0] = mark;
            stream->message[size - 1] = mark;
            wrong = mp_queue_put_bytes(stream->queue, stream->message, size,
                                       MP_FOREVER) < 0;
            continue;
        }
        wrong = mp_queue_get_bytes(stream->queue, stream->message, size, &got,
                                   MP_FOREVER) < 0 ||
                got != size || stream->message[0] != mark ||
                stream->message[size - 1] != mark;
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
    struct stream stream = { plan->size, NULL, NULL };
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

static int slab(const void *context, double *values)
{
    const struct plan *plan = context;
    const prim_slabs slabs = { plan->size, 1, plan->count, true, true };
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

void bench_queue_large(void)
{
    const struct plan small = { MIB, bench_size(1000, 40), 0 };
    const struct plan large = { (size_t)64 * MIB, bench_size(12, 2), 0 };
    const struct plan roomy = { (size_t)64 * MIB, bench_size(12, 2),
                                (size_t)300 * MIB };
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
        { "libmp", ROOMY, libmp, &roomy },
        { "slab", ROOMY, slab, &roomy },
    };

    bench_compare("W6_queue_large", cases, bench_quick ? 8 : 10);
    bench_absent("W6_queue_large",
                 "in place: there is no mp_queue_reserve or _borrow yet");
}
