/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * w13_busy.c -- W2 and W5 while every CPU runs something else at equal
 * priority: who spins then takes the time that its peer needs
 */
#include "bench.h"

void bench_busy(void)
{
    const bench_trip_plan trips = { 50, bench_size(20000, 1000),
                                    bench_quick ? 0.1 : 0.7 };
    const bench_stream_plan messages = { 1, bench_size(200000, 10000) };
    const bench_case cases[] = {
        { "libmp",
          { { "W2_p50", "us" }, { "W2_p99", "us" } },
          bench_roundtrip_libmp,
          &trips },
        { "pipe",
          { { "W2_p50", "us" }, { "W2_p99", "us" } },
          bench_roundtrip_pipe,
          &trips },
        { "cpython",
          { { "W2_p50", "us" }, { "W2_p99", "us" } },
          bench_cpython,
          bench_quick ? "roundtrip 20" : "roundtrip 200" },
        { "libmp",
          { { "W5_1p1c", "msg/s" } },
          bench_queue_small_libmp,
          &messages },
        { "pipe",
          { { "W5_1p1c", "msg/s" } },
          bench_queue_small_pipe,
          &messages },
        { "cpython",
          { { "W5_1p1c", "msg/s" } },
          bench_cpython,
          bench_quick ? "queue 1 2000 64" : "queue 1 20000 64" },
    };

    bench_burn_start();
    bench_compare("W13_busy", cases, sizeof(cases) / sizeof(*cases));
    bench_burn_stop();
}
