/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * bench.c -- run the workloads and print their figures
 *
 *     mp_bench                 all of them, in under five minutes
 *     mp_bench --quick         all of them, smaller, in under half a minute
 *     mp_bench --only W5       one of them
 *     mp_bench applies N       N applies with both sides awake, for strace
 *
 * First a line for each figure, then a table of ratios and goals. The exit
 * status tells of wrong results alone, never of a time.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool bench_quick;

static const struct workload {
    const char *name;
    void (*run)(void);
} workloads[] = {
    { "W1", bench_process_spawn }, { "W2", bench_roundtrip },
    { "W3", bench_map_tiny },      { "W4", bench_unordered },
    { "W5", bench_queue_small },   { "W6", bench_queue_large },
    { "W7", bench_lock },          { "W8", bench_cpu_scaling },
    { "W9", bench_pool_startup },  { "W10", bench_large_result },
    { "W11", bench_growth },       { "W12", bench_idle },
    { "W13", bench_busy },
};
enum { WORKLOADS = sizeof(workloads) / sizeof(*workloads) };

long bench_size(long full, long quick)
{
    return bench_quick ? quick : full;
}

static int usage(void)
{
    fputs("usage: mp_bench [--quick] [--only W1..W13] | mp_bench applies N\n",
          stderr);
    return 2;
}

/* In a process of its own, or its parents would carry what an earlier one left
 * in the heap. */
static int run_apart(const void *workload, double *values)
{
    (void)values;
    ((const struct workload *)workload)->run();
    bench_cpython_stop();
    return fflush(stdout) == 0 ? BENCH_OK : BENCH_WRONG;
}

/* All of them when `only` is NULL. */
static int run(const char *only)
{
    bool found = false;
    double began = bench_now_s();

    bench_results_start();
    puts("peer,workload,param,value,unit");
    for (size_t i = 0; i < WORKLOADS; i++) {
        double none[BENCH_VALUES];
        double started = bench_now_s();
        double used = bench_cpu_s();

        if (only != NULL && strcmp(only, workloads[i].name) != 0) {
            continue;
        }
        found = true;
        (void)fflush(stdout);
        if (bench_apart(run_apart, &workloads[i], none) != BENCH_OK) {
            bench_wrong(workloads[i].name, "it did not come to its end");
        }
        fprintf(stderr, "%s took %.1f s, %.1f s of CPU\n", workloads[i].name,
                bench_now_s() - started, bench_cpu_s() - used);
    }
    if (!found) {
        return usage();
    }
    bench_table();
    printf("\n%.0f s in all%s\n", bench_now_s() - began,
           bench_any_wrong() ? "; WRONG RESULTS, see stderr" : "");
    return bench_any_wrong() ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    const char *only = NULL;

    if (argc == 3 && strcmp(argv[1], "applies") == 0) {
        return bench_applies(atoi(argv[2]));
    }
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--quick") == 0) {
            bench_quick = true;
        } else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc) {
            only = argv[++i];
        } else {
            return usage();
        }
    }
    return run(only);
}
