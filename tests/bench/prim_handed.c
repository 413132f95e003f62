/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * prim_handed.c -- the least that a map by processes must do over arrays that
 * only the caller sees: it copies chunks of arguments into shared memory,
 * forked workers call for each item, on a copy of its own, and say after it how
 * far they are, and the caller copies the results out
 *
 * Three processes share the CPUs, so who has nothing to do yields.
 */
#include "bench.h"
#include "primitives.h"

#include <sched.h>
#include <stdatomic.h>
#include <string.h>

enum { CHUNK = 512, SLOTS = 16, LINE = 64, WORKERS_MAX = 8, PAUSES = 300 };

enum state { FREE = 0, ASKED, ANSWERED };

struct slot {
    _Alignas(LINE) atomic_int state;
    int items;
    int64_t *to; /* of the caller's */
    _Alignas(LINE) int64_t x[CHUNK];
    _Alignas(LINE) int64_t y[CHUNK];
};

struct job {
    prim_task *volatile run; /* not to be inlined */
    int64_t *x;
    int64_t *y; /* shared as well, for the caller to check */
    int workers;
    struct {
        _Alignas(LINE) _Atomic uint64_t done;
        _Alignas(LINE) atomic_int over;
        struct slot slots[SLOTS];
    } hands[WORKERS_MAX];
};

static void wait_a_moment(int *polls)
{
    if (++*polls < PAUSES) {
        bench_pause();
    } else {
        (void)sched_yield();
    }
}

static void answer(struct job *job, int worker, struct slot *slot)
{
    prim_task *run = job->run;
    int64_t copy;

    for (int i = 0; i < slot->items; i++) {
        copy = slot->x[i];
        slot->y[i] = 0;
        (void)run(&copy, &slot->y[i]);
        atomic_store_explicit(&job->hands[worker].done, (uint64_t)i,
                              memory_order_release);
    }
    atomic_store_explicit(&slot->state, ANSWERED, memory_order_release);
}

static void serve(struct job *job, int worker)
{
    struct slot *slots = job->hands[worker].slots;
    int polls = 0;

    for (int next = 0; atomic_load(&job->hands[worker].over) == 0;) {
        if (atomic_load_explicit(&slots[next].state, memory_order_acquire) ==
            ASKED) {
            answer(job, worker, &slots[next]);
            next = (next + 1) % SLOTS;
            polls = 0;
        } else {
            wait_a_moment(&polls);
        }
    }
    atomic_store(&job->hands[worker].over, 0);
}

/* How far the caller is. */
struct progress {
    long asked;
    long taken;
    unsigned next[WORKERS_MAX]; /* slot of each worker, in turn */
};

/* Take what the next slot of a worker answers, ask anew. False: it is not
 * done, or there is nothing to ask. */
static bool turn(struct job *job, int worker, struct progress *at, long count)
{
    struct slot *slot = &job->hands[worker].slots[at->next[worker] % SLOTS];
    int state = atomic_load_explicit(&slot->state, memory_order_acquire);
    long left = count - at->asked;

    if (state == ASKED || (state == FREE && left == 0)) {
        return false;
    }
    if (state == ANSWERED) {
        memcpy(slot->to, slot->y, (size_t)slot->items * sizeof(int64_t));
        at->taken += slot->items;
    }
    slot->items = left < CHUNK ? (int)left : CHUNK;
    slot->to = job->y + at->asked;
    memcpy(slot->x, job->x + at->asked, (size_t)slot->items * sizeof(int64_t));
    at->asked += slot->items;
    at->next[worker]++;
    atomic_store_explicit(&slot->state, slot->items > 0 ? ASKED : FREE,
                          memory_order_release);
    return true;
}

static void call(struct job *job, long count)
{
    struct progress at = { 0, 0, { 0 } };
    int polls = 0;

    while (at.taken < count) {
        bool went = false;

        for (int worker = 0; worker < job->workers; worker++) {
            went = turn(job, worker, &at, count) || went;
        }
        if (went) {
            polls = 0;
        } else {
            wait_a_moment(&polls);
        }
    }
    for (int worker = 0; worker < job->workers; worker++) {
        atomic_store(&job->hands[worker].over, 1);
    }
}

static int handed_role(void *context, int index, long count)
{
    struct job *job = context;

    if (index == 0) {
        call(job, count);
    } else {
        serve(job, index - 1);
    }
    return 0;
}

double prim_handed_map(prim_task *run, int64_t *x, int64_t *y, long count,
                       int workers)
{
    struct job *job = bench_shared(sizeof(*job));
    double seconds;

    job->run = run;
    job->x = x;
    job->y = y;
    job->workers = workers;
    seconds = bench_team(handed_role, job, workers + 1, count, count);
    bench_unshare(job, sizeof(*job));
    return seconds;
}
