/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * goals.c -- the goals, as a table
 */
#include "goals.h"

#include <string.h>

static const bench_goal goals[] = {
    { "W1_process_spawn", "10MB", "fork", false, 1.1 },
    { "W1_process_spawn", "10MB", "fork_careful", false, 1.1 },
    { "W1_process_spawn", "1GB", "fork", false, 1.1 },
    { "W1_process_spawn", "1GB", "fork_careful", false, 1.1 },
    { "W2_roundtrip", "p50", "spin", false, 2.0 },
    { "W2_roundtrip", "p50", "decided", false, 2.0 },
    { "W2_roundtrip", "1cpu_p50", "pipe", false, 1.3 },
    { "W3_map_tiny", "default", NULL, false, 3 },
    { "W3_map_tiny", "default", "handed", false, 1.3 },
    { "W3_map_tiny", "chunk1", NULL, false, 80 },
    { "W3_map_tiny", "shared", "openmp_static", false, 1.3 },
    { "W3_map_tiny", "shared", "openmp_call", false, 1.3 },
    { "W3_map_tiny", "shared", "forked", false, 1.3 },
    { "W3_map_tiny", "shared", "watched", false, 1.3 },
    { "W4_unordered", "1w", "openmp_2threads", true, 1.0 },
    { "W4_unordered", "2w", "openmp_dynamic", true, 1.0 },
    { "W4_unordered", "async", NULL, true, 5e6 },
    { "W5_queue_small", "1p1c", NULL, true, 20e6 },
    { "W5_queue_small", "2p2c", NULL, true, 12e6 },
    { "W6_queue_large", "1MiB_copied", "memcpy", true, 0.9 },
    { "W6_queue_large", "64MiB_copied", "memcpy", true, 0.6 },
    { "W6_queue_large", "1MiB_in_place", "memcpy", true, 0.9 },
    { "W6_queue_large", "1MiB_in_place", "slab", true, 0.9 },
    { "W6_queue_large", "64MiB_in_place", "memcpy", true, 0.6 },
    { "W7_lock", "uncontended", "futex_lock", false, 1.3 },
    { "W7_lock", "contended2", "futex_lock", false, 1.5 },
    { "W8_cpu_scaling", "equal", "openmp_dynamic", true, 0.97 },
    { "W8_cpu_scaling", "unequal", "openmp_dynamic", true, 0.97 },
    { "W9_pool_startup", "2w_10MB", "prefork_pipe", false, 2.0 },
    { "W9_pool_startup", "2w_10MB", "prefork_supervised", false, 2.0 },
    { "W9_pool_startup", "64w_10MB", "prefork_pipe", false, 1.5 },
    { "W9_pool_startup", "2w_1GB", "prefork_pipe", false, 2.0 },
    { "W9_pool_startup", "64w_1GB", "prefork_pipe", false, 1.5 },
    { "W10_large_result", "64x16MiB_copied", "slab", true, 0.9 },
    { "W10_large_result", "64x16MiB_copied", "slab_made", true, 0.9 },
    { "W10_large_result", "64x16MiB_in_place", "slab", true, 0.9 },
    { "W11_growth", "bytes=1048576", "dealt", false, 1.2 },
    { "W11_growth", "bytes=8388608", "dealt", false, 1.2 },
    { "W11_growth", "bytes=67108864", "dealt", false, 1.2 },
    { "W12_idle", "cpu", NULL, false, 0.1 },
    { "W12_idle", "memory", NULL, false, 150 },
    { "W13_busy", "W2_p50", "pipe", false, 1.2 },
    { "W13_busy", "W5_1p1c", "pipe", true, 1 / 1.2 },
};

static const bench_flat flats[] = {
    /* Below that the start of a call shows: a wake-up across CPUs. */
    { "W11_growth", { "tasks=100000", "tasks=1000000", "tasks=10000000" } },
    { "W11_growth", { "memory=100000", "memory=1000000", "memory=10000000" } },
    { "W11_growth", { "bytes=1048576", "bytes=8388608", "bytes=67108864" } },
    { "W11_growth", { "workers=1", "workers=2" } },
};

const bench_goal *bench_goal_of(const char *workload, const char *param,
                                const char *beside)
{
    for (size_t i = 0; i < sizeof(goals) / sizeof(*goals); i++) {
        bool same = beside == NULL ? goals[i].beside == NULL
                                   : goals[i].beside != NULL &&
                                         strcmp(goals[i].beside, beside) == 0;

        if (same && strcmp(goals[i].workload, workload) == 0 &&
            strcmp(goals[i].param, param) == 0) {
            return &goals[i];
        }
    }
    return NULL;
}

size_t bench_flats(const bench_flat **all)
{
    *all = flats;
    return sizeof(flats) / sizeof(*flats);
}
