/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * goals.h -- what libmp is to reach: in ratio to a peer, or as it is
 */
#ifndef MP_BENCH_GOALS_H
#define MP_BENCH_GOALS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct bench_goal {
    const char *workload;
    const char *param;
    const char *beside; /* NULL: an absolute bound */
    bool at_least;
    double bound;
} bench_goal;

/** The figures of these params are to differ by no more than 20 %, each taken
 *  beside the first of the same round. */
typedef struct bench_flat {
    const char *workload;
    const char *params[8]; /* end at NULL */
} bench_flat;

enum { BENCH_FLAT_PERCENT = 20 };

const bench_goal *bench_goal_of(const char *workload, const char *param,
                                const char *beside);
size_t bench_flats(const bench_flat **flats);

#endif
