/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * prim_claim.c -- the least a process pool can be: items claimed by one
 * compare-and-swap, results in a ring for each worker
 *
 * No wake-up, no end but "done", no death looked for. It bounds what any pool
 * over shared memory can reach here.
 */
#include "bench.h"
#include "primitives.h"

#include <sched.h>

enum { SLOTS = 4096, WORKERS_MAX = 8, LINE = 64 };

struct ring {
    _Atomic uint64_t written;
    char apart[LINE - sizeof(uint64_t)];
    _Atomic uint64_t read;
    char apart_too[LINE - sizeof(uint64_t)];
    struct {
        int64_t index;
        int64_t value;
    } slots[SLOTS];
};

struct shared {
    _Atomic uint64_t next;
    char apart[LINE - sizeof(uint64_t)];
    int workers;
    struct ring rings[WORKERS_MAX];
};

static int work(struct shared *shared, struct ring *ring, long count)
{
    uint64_t written = atomic_load(&ring->written);
    uint64_t room = 0;
    uint64_t mine = atomic_load(&shared->next);

    while (mine < (uint64_t)count) {
        if (!atomic_compare_exchange_weak(&shared->next, &mine, mine + 1)) {
            continue;
        }
        while (room == 0) {
            room = SLOTS - (written - atomic_load_explicit(
                                          &ring->read, memory_order_acquire));
            if (room == 0) {
                (void)sched_yield();
            }
        }
        ring->slots[written % SLOTS].index = (int64_t)mine;
        ring->slots[written % SLOTS].value = (int64_t)(mine * mine);
        written++;
        room--;
        atomic_store_explicit(&ring->written, written, memory_order_release);
        mine = atomic_load_explicit(&shared->next, memory_order_relaxed);
    }
    return 0;
}

static int collect(struct shared *shared, long count)
{
    uint64_t got[WORKERS_MAX] = { 0 };
    int64_t sum = 0;
    int64_t n = count;

    for (long left = count; left > 0;) {
        long before = left;

        for (int w = 0; w < shared->workers; w++) {
            struct ring *ring = &shared->rings[w];
            uint64_t written =
                atomic_load_explicit(&ring->written, memory_order_acquire);

            for (; got[w] < written; got[w]++, left--) {
                sum += ring->slots[got[w] % SLOTS].value;
            }
            atomic_store_explicit(&ring->read, got[w], memory_order_release);
        }
        if (left == before) {
            bench_pause();
        }
    }
    return sum != (n - 1) * n / 2 * (2 * n - 1) / 3;
}

static int claim_role(void *context, int index, long count)
{
    struct shared *shared = context;

    return index == 0 ? collect(shared, count)
                      : work(shared, &shared->rings[index - 1], count);
}

double prim_claim_run(int workers, long count)
{
    struct shared *shared = bench_shared(sizeof(*shared));
    double seconds;

    shared->workers = workers;
    for (int w = 0; w < workers; w++) { /* warm */
        for (size_t i = 0; i < SLOTS; i++) {
            shared->rings[w].slots[i].index = -1;
        }
    }
    seconds = bench_team(claim_role, shared, workers + 1, 0, count);
    bench_unshare(shared, sizeof(*shared));
    return seconds;
}
