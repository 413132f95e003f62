/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * w1_process_spawn.c -- start and join a child that does nothing, from a
 * parent of 10 MB and one of 1 GB, all of it written to
 */
#include "bench.h"
#include "primitives.h"

#include <mp/mp.h>

enum { MB = 1000 * 1000 };

struct spawns {
    long count;
};

static int nothing(void *argument)
{
    (void)argument;
    return 0;
}

static int libmp_once(void)
{
    mp_process *child = NULL;
    int status = -1;
    int error = mp_process_create(&child, nothing, NULL, NULL);

    if (error >= 0) {
        error = mp_process_start(child);
    }
    if (error >= 0) {
        error = mp_process_join(child, MP_FOREVER);
    }
    if (error >= 0) {
        error = mp_process_exit_status(child, &status);
    }
    mp_process_destroy(child);
    return error < 0 || status != 0 ? -1 : 0;
}

static int timed(int (*once)(void), const void *context, double *values)
{
    const struct spawns *spawns = context;
    int wrong = once(); /* warm */
    double began = bench_now_s();

    for (long i = 0; i < spawns->count; i++) {
        wrong |= once();
    }
    values[0] = (bench_now_s() - began) / (double)spawns->count * 1e6;
    return wrong != 0 ? BENCH_WRONG : BENCH_OK;
}

static int libmp(const void *spawns, double *values)
{
    return timed(libmp_once, spawns, values);
}

static int raw(const void *spawns, double *values)
{
    return timed(prim_fork_once, spawns, values);
}

static int careful(const void *spawns, double *values)
{
    return timed(prim_fork_careful, spawns, values);
}

static void from_parent_of(size_t size, const char *param, long count,
                           const char *python)
{
    const struct spawns spawns = { count };
    const bench_case cases[] = {
        { "libmp", { { param, "us" } }, libmp, &spawns },
        { "fork", { { param, "us" } }, raw, &spawns },
        { "fork_careful", { { param, "us" } }, careful, &spawns },
        { "cpython", { { param, "us" } }, bench_cpython, python },
    };
    char *weight;

    if (size > 0) {
        weight = bench_touched(size);
        bench_compare("W1_process_spawn", cases,
                      sizeof(cases) / sizeof(*cases));
        bench_untouch(weight, size);
    }
}

void bench_process_spawn(void)
{
    if (bench_quick) {
        from_parent_of((size_t)10 * MB, "10MB", 20, "spawn 10 10");
        from_parent_of((size_t)100 * MB, "100MB", 5, "spawn 100 3");
        return;
    }
    from_parent_of((size_t)10 * MB, "10MB", 100, "spawn 10 50");
    from_parent_of((size_t)1000 * MB, "1GB", 10, "spawn 1000 5");
}
