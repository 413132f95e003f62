/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * prim_memcpy.c -- bytes through a shared map whose pages are there already:
 * by one process, and from workers that fill slabs to an owner that takes them
 */
#include "bench.h"
#include "primitives.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void prim_copy_start(prim_copy *copy, size_t size)
{
    copy->size = size;
    copy->from = bench_touched(size);
    copy->to = bench_touched(size);
    copy->shared = bench_shared(size);
    memset(copy->shared, 1, size);
}

int prim_copy_once(prim_copy *copy, unsigned char mark)
{
    copy->from[0] = (char)mark;
    copy->from[copy->size - 1] = (char)mark;
    memcpy(copy->shared, copy->from, copy->size);
    /* Or a compiler might join the two copies. */
    __asm__ volatile("" ::: "memory");
    memcpy(copy->to, copy->shared, copy->size);
    __asm__ volatile("" ::: "memory");
    return (unsigned char)copy->to[0] == mark &&
                   (unsigned char)copy->to[copy->size - 1] == mark
               ? 0
               : -1;
}

void prim_copy_stop(prim_copy *copy)
{
    bench_untouch(copy->from, copy->size);
    bench_untouch(copy->to, copy->size);
    bench_unshare(copy->shared, copy->size);
}

enum { SLABS = 2, WORKERS_MAX = 8, PAUSES = 300, PAGE = 4096 };

struct flag {
    atomic_int full;
    char apart[60];
};

struct slabs {
    const prim_slabs *plan;
    struct flag *flags; /* [worker][slab] */
    char *memory;
    char *mine; /* of each member, made in its warm-up */
};

static void await(atomic_int *full, int wanted)
{
    for (int polls = 0;
         atomic_load_explicit(full, memory_order_acquire) != wanted; polls++) {
        if (polls < PAUSES) {
            bench_pause();
        } else {
            (void)sched_yield();
        }
    }
}

/* Whether slab(slabs, worker, i) is full. */
static atomic_int *flag(const struct slabs *slabs, int worker, long i)
{
    return &slabs->flags[worker * SLABS + i % SLABS].full;
}

static char *slab(const struct slabs *slabs, int worker, long i)
{
    return slabs->memory +
           (size_t)(worker * SLABS + i % SLABS) * slabs->plan->size;
}

/* As a task does it that gives bytes. */
static void fill_by_task(char *slab, int mark, size_t size)
{
    char *made = malloc(size);

    if (made == NULL) {
        _exit(1);
    }
    memset(made, mark, size);
    __asm__ volatile("" ::: "memory"); /* or one pass is enough */
    memcpy(slab, made, size);
    free(made);
}

/* Memory for what one slab holds, of the taker's or, as who asks for bytes gets
 * it, of its own. */
static char *landing(const struct slabs *slabs)
{
    return slabs->plan->made ? malloc(slabs->plan->size) : slabs->mine;
}

static void leave_landing(const struct slabs *slabs, char *to)
{
    if (to != slabs->mine) {
        free(to);
    }
}

static int fill(struct slabs *slabs, int worker, long count)
{
    const prim_slabs *plan = slabs->plan;

    for (long i = 0; i < count; i++) {
        atomic_int *full = flag(slabs, worker, i);

        await(full, 0);
        if (plan->made) {
            fill_by_task(slab(slabs, worker, i), (int)(i % 100 + 1),
                         plan->size);
        } else if (plan->copy_in) {
            memcpy(slab(slabs, worker, i), slabs->mine, plan->size);
        } else {
            memset(slab(slabs, worker, i), (int)(i % 100 + 1), plan->size);
        }
        atomic_store_explicit(full, 1, memory_order_release);
    }
    return 0;
}

static int take(struct slabs *slabs, long count)
{
    const prim_slabs *plan = slabs->plan;
    uint64_t pages = (plan->size + PAGE - 1) / PAGE;
    int wrong = 0;

    for (long i = 0; i < count; i++) {
        uint64_t mark =
            plan->copy_in && !plan->made ? 1 : (uint64_t)(i % 100 + 1);

        for (int worker = 0; worker < plan->workers; worker++) {
            atomic_int *full = flag(slabs, worker, i);
            const char *from = slab(slabs, worker, i);

            await(full, 1);
            if (plan->copy_out) {
                char *to = landing(slabs);

                wrong |= to == NULL;
                if (to != NULL) {
                    memcpy(to, from, plan->size);
                    wrong |= (uint64_t)to[plan->size / 2] != mark;
                    leave_landing(slabs, to);
                }
            } else {
                wrong |= bench_touch(from, plan->size) != pages * mark;
            }
            atomic_store_explicit(full, 0, memory_order_release);
        }
    }
    return wrong;
}

/* As a pool hands out arguments: to each worker in turn, which gets a copy in
 * memory of its own. */
static int deal(struct slabs *slabs, long count)
{
    for (long i = 0; i < count; i++) {
        for (int worker = 0; worker < slabs->plan->workers; worker++) {
            atomic_int *full = flag(slabs, worker, i);

            slabs->mine[slabs->plan->size / 2] = (char)(i % 100);
            await(full, 0);
            memcpy(slab(slabs, worker, i), slabs->mine, slabs->plan->size);
            atomic_store_explicit(full, 1, memory_order_release);
        }
    }
    return 0;
}

static int be_dealt(struct slabs *slabs, int worker, long count)
{
    int wrong = 0;

    for (long i = 0; i < count; i++) {
        atomic_int *full = flag(slabs, worker, i);
        char *to = malloc(slabs->plan->size);

        if (to == NULL) {
            return -1;
        }
        await(full, 1);
        memcpy(to, slab(slabs, worker, i), slabs->plan->size);
        atomic_store_explicit(full, 0, memory_order_release);
        wrong |= bench_touch(to, slabs->plan->size) == 0;
        wrong |= to[slabs->plan->size / 2] != (char)(i % 100);
        free(to);
    }
    return wrong;
}

/* Member 0 takes, the others fill; or the other way round. */
static int slab_role(void *context, int index, long count)
{
    struct slabs *slabs = context;
    long each = count / slabs->plan->workers;

    if (slabs->mine == NULL) {
        slabs->mine = bench_touched(slabs->plan->size);
    }
    if (slabs->plan->dealt) {
        return index == 0 ? deal(slabs, each)
                          : be_dealt(slabs, index - 1, each);
    }
    return index == 0 ? take(slabs, each) : fill(slabs, index - 1, each);
}

double prim_slabs_run(const prim_slabs *plan)
{
    size_t flags_size = WORKERS_MAX * SLABS * sizeof(struct flag);
    size_t size = (size_t)(plan->workers * SLABS) * plan->size;
    struct slabs slabs = { plan, bench_shared(flags_size), bench_shared(size),
                           NULL };
    double seconds;

    /* Each slab is filled and taken once before, and so is warm. */
    seconds = bench_team(slab_role, &slabs, plan->workers + 1,
                         SLABS * plan->workers, plan->count);
    bench_unshare(slabs.flags, flags_size);
    bench_unshare(slabs.memory, size);
    return seconds;
}
