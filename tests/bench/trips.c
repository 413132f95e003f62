/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * trips.c -- the median and the 99th percentile of many round trips
 *
 * The clock is read once a trip, at its end, which is where the next begins;
 * its 30 ns or so are in every figure of every peer.
 */
#include "bench.h"

#include <stdlib.h>

/* Times of up to `count` trips, from number `from`: how many; < 0: wrong. */
static long time_trips(bench_trip *trip, void *context, long from, long count,
                       double limit_s, double *us)
{
    double began = bench_now_s();
    double before = began;
    long done = 0;

    while (done < count && before - began < limit_s) {
        double now;

        if (trip(context, from + done) != 0) {
            return -1;
        }
        now = bench_now_s();
        us[done++] = (now - before) * 1e6;
        before = now;
    }
    return done;
}

int bench_trips(bench_trip *trip, void *context, const bench_trip_plan *plan,
                double *values)
{
    long most = plan->warm > plan->count ? plan->warm : plan->count;
    double *us = malloc((size_t)most * sizeof(*us));
    long done = -1;

    if (us != NULL) {
        done = time_trips(trip, context, 0, plan->warm, plan->limit_s, us);
    }
    if (done >= 0) {
        done = time_trips(trip, context, done, plan->count, plan->limit_s, us);
    }
    if (done > 0) {
        values[0] = bench_median(us, (size_t)done);
        values[1] = us[done * 99 / 100];
    }
    free(us);
    return done > 0 ? BENCH_OK : BENCH_WRONG;
}
