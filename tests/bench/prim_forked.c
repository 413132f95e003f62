/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * prim_forked.c -- the least that a map by processes must do: forked ones take
 * chunks of shared arrays by one addition each, call for each item, and say
 * after it how far they are, so that a death would cost that item alone. And
 * what may be asked of a task besides: its index, to stop before its next item,
 * and not to go on in a child that it has forked.
 *
 * Unlike threads they each have page tables of their own.
 */
#include "bench.h"
#include "primitives.h"

#include <stdatomic.h>
#include <string.h>

enum { CHUNK = 4096, LINE = 64, WORKERS_MAX = 8 };

struct job {
    prim_task *volatile run; /* not to be inlined */
    int64_t *x;
    int64_t *y;
    bool watched;
    atomic_int asked;    /* to stop */
    atomic_long next[2]; /* of the round that warms up, and of the other */
    struct {
        _Alignas(LINE) _Atomic uint64_t done;
        int round;
    } workers[WORKERS_MAX];
};

/* What a task may ask for, in each process. */
static volatile long item_in_hand;
static atomic_int myself;

static bool may_go_on(const struct job *job, int index)
{
    return atomic_load_explicit(&myself, memory_order_relaxed) == index + 1 &&
           atomic_load_explicit(&job->asked, memory_order_acquire) == 0;
}

/* Made twice by the compiler: what is not `watched` pays nothing for it. */
static inline void map_chunk(struct job *job, int index, long first, long end,
                             bool watched)
{
    prim_task *run = job->run;

    for (long i = first; i < end; i++) {
        if (watched && !may_go_on(job, index)) {
            return;
        }
        if (watched) {
            item_in_hand = i;
        }
        job->y[i] = 0;
        (void)run(&job->x[i], &job->y[i]);
        atomic_store_explicit(&job->workers[index].done, (uint64_t)i,
                              memory_order_release);
    }
}

static int map_role(void *context, int index, long count)
{
    struct job *job = context;
    int round = job->workers[index].round++;
    long first;
    long end;

    atomic_store(&myself, index + 1);
    while ((first = atomic_fetch_add(&job->next[round], CHUNK)) < count) {
        end = first + CHUNK < count ? first + CHUNK : count;
        if (job->watched) {
            map_chunk(job, index, first, end, true);
        } else {
            map_chunk(job, index, first, end, false);
        }
    }
    if (round == 0 && index == 0) {
        /* As by the caller of a pool: the arrays are in another's caches. */
        memmove(job->x, job->x, (size_t)count * sizeof(int64_t));
        memset(job->y, 0xff, (size_t)count * sizeof(int64_t));
    }
    return 0;
}

static double map(prim_task *run, int64_t *x, int64_t *y, long count,
                  int workers, bool watched)
{
    struct job *job = bench_shared(sizeof(*job));
    double seconds;

    *job = (struct job){ .run = run, .x = x, .y = y, .watched = watched };
    seconds = bench_team(map_role, job, workers, count, count);
    bench_unshare(job, sizeof(*job));
    return seconds;
}

double prim_forked_map(prim_task *run, int64_t *x, int64_t *y, long count,
                       int workers)
{
    return map(run, x, y, count, workers, false);
}

double prim_watched_map(prim_task *run, int64_t *x, int64_t *y, long count,
                        int workers)
{
    return map(run, x, y, count, workers, true);
}
