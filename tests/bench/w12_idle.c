/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * w12_idle.c -- a pool of 64 that has nothing to do: CPU time and wake-ups of
 * all its processes and its owner, private memory of each worker beyond that
 * of a bare fork
 *
 * The ten seconds are five windows of two. Figures of the kernel's accounts,
 * in /proc, so only where these are.
 */
#include "bench.h"
#include "pool_pids.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WORKERS = 64, WARM = 1000 };

struct idle {
    pool_pids *pids;
    pid_t bare; /* a fork that does nothing */
    double window_s;
};

static int one_more(const void *argument, void *result)
{
    *(int64_t *)result = *(const int64_t *)argument + 1;
    return 0;
}

static const mp_task task = { .run = one_more,
                              .argument = &mp_serializer_int64,
                              .result = &mp_serializer_int64 };

static void sleep_s(double seconds)
{
    struct timespec left = {
        (time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)
    };

    while (nanosleep(&left, &left) < 0) {
        /* a signal */
    }
}

/* Nanoseconds that it ran and how often it was put on a CPU, added. */
static bool add_schedstat(long pid, double *ran, double *times)
{
    char path[64];
    unsigned long long ns = 0;
    unsigned long long waited = 0;
    unsigned long long slices = 0;
    FILE *file;
    bool read;

    (void)snprintf(path, sizeof(path), "/proc/%ld/schedstat", pid);
    file = fopen(path, "r");
    if (file == NULL) {
        return false;
    }
    read = fscanf(file, "%llu %llu %llu", &ns, &waited, &slices) == 3;
    (void)fclose(file);
    *ran += (double)ns;
    *times += (double)slices;
    return read;
}

static bool add_all(const struct idle *idle, double *ran, double *times)
{
    bool read = true;

    for (int i = 0; i <= WORKERS && read; i++) {
        read = add_schedstat(idle->pids->pids[i], ran, times);
    }
    return read;
}

static double private_kib_each(const struct idle *idle)
{
    double sum = 0;

    for (int i = 1; i <= WORKERS; i++) {
        sum += bench_memory_kib(idle->pids->pids[i], "Private_");
    }
    return sum / WORKERS;
}

static int libmp(const void *context, double *values)
{
    const struct idle *idle = context;
    double ran[2] = { 0, 0 };
    double times[2] = { 0, 0 };
    double began = bench_now_s();
    double seconds;

    if (!add_all(idle, &ran[0], &times[0])) {
        return BENCH_ABSENT;
    }
    sleep_s(idle->window_s);
    if (!add_all(idle, &ran[1], &times[1])) {
        return BENCH_WRONG; /* a process of the pool is gone */
    }
    seconds = bench_now_s() - began;
    values[0] = (ran[1] - ran[0]) / 1e9 / seconds * 100;
    values[1] = (times[1] - times[0]) / seconds;
    values[3] = private_kib_each(idle);
    values[2] = values[3] - bench_memory_kib(idle->bare, "Private_");
    return BENCH_OK;
}

static int bare_fork(const void *context, double *values)
{
    const struct idle *idle = context;

    values[0] = bench_memory_kib(idle->bare, "Private_");
    return values[0] < 0 ? BENCH_ABSENT : BENCH_OK;
}

static pid_t fork_bare(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        for (;;) {
            (void)pause();
        }
    }
    return pid;
}

void bench_idle(void)
{
    struct idle idle = { NULL, 0, bench_quick ? 0.3 : 2.0 };
    const bench_case cases[] = {
        { "libmp",
          { { "cpu", "%" },
            { "wakeups", "/s" },
            { "memory", "KiB/worker" },
            { "memory_whole", "KiB/worker" } },
          libmp,
          &idle },
        { "fork", { { "memory_whole", "KiB/worker" } }, bare_fork, &idle },
        { "cpython",
          { { "cpu", "%" },
            { "wakeups", "/s" },
            { "memory_whole", "KiB/worker" } },
          bench_cpython,
          bench_quick ? "idle 64 0.3" : "idle 64 2" },
    };
    mp_pool *pool = pool_pids_create(&idle.pids, WORKERS);
    int error = pool == NULL ? -1 : 0;

    idle.bare = fork_bare();
    for (int64_t i = 0; i < WARM && error >= 0; i++) {
        int64_t x = i;

        error = mp_pool_apply(pool, &task, &x, &x, NULL);
    }
    if (error < 0) {
        bench_wrong("W12_idle", "the pool of 64");
    } else {
        sleep_s(0.5); /* what spins for a while has given up */
        bench_compare("W12_idle", cases, sizeof(cases) / sizeof(*cases));
    }
    (void)kill(idle.bare, SIGKILL);
    (void)waitpid(idle.bare, NULL, 0);
    if (pool != NULL) {
        pool_pids_destroy(pool, idle.pids);
    }
}
