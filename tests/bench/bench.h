/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * bench.h -- what every workload uses: samples taken in turn, their figures,
 * the machine
 *
 * A workload is a list of cases, each a peer that does the same work. One
 * sample of each is taken in turn, round after round, so that what disturbs
 * the machine disturbs all of them. A sample warms up what it measures.
 */
#ifndef MP_BENCH_H
#define MP_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    BENCH_OK = 0,
    BENCH_WRONG = -1, /* a wrong result, or a call that failed */
    BENCH_ABSENT = 1, /* this machine has it not */
    BENCH_VALUES = 4, /* most figures of one sample */
    BENCH_ROUNDS_MAX = 9
};

typedef struct bench_value {
    const char *param;
    const char *unit;
} bench_value;

/** One peer at one workload. `once` takes a sample: one value for each of
 *  `values`, which end at the first without a name. */
typedef struct bench_case {
    const char *peer;
    bench_value values[BENCH_VALUES];
    int (*once)(const void *context, double *values);
    const void *context;
} bench_case;

/* bench.c */
extern bool bench_quick;
/** The full size of something, or the one for --quick. */
long bench_size(long full, long quick);

/* compare.c */
/** Before anything else. */
void bench_results_start(void);
/** Sample all cases in turn; keep and print their figures. */
void bench_compare(const char *workload, const bench_case *cases, size_t count);
/** A wrong result that is no sample's. */
void bench_wrong(const char *workload, const char *what);
bool bench_any_wrong(void);
/** Say on stderr what is not measured, and why. */
void bench_absent(const char *workload, const char *what);
/** The middle one; sorts `values`. */
double bench_median(double *values, size_t count);

/* Figures kept, for the table. */
typedef struct bench_figure {
    char workload[24];
    char peer[24];
    char param[32];
    char unit[16];
    double samples[BENCH_ROUNDS_MAX]; /* by round */
    size_t count;
} bench_figure;
size_t bench_figures(const bench_figure **figures);

/* table.c */
void bench_table(void);

/* machine.c */
double bench_now_s(void);
/** CPU time of this process and of its children that were waited for. */
double bench_cpu_s(void);
/** To CPU `cpu`, and every process forked from now on; < 0: to all it had at
 *  the start. False where that cannot be done. */
bool bench_pin(int cpu);
int bench_cpus(void);
void bench_pause(void);
/** Zeroed memory seen by all forks; ends the program when there is none. */
void *bench_shared(size_t size);
void bench_unshare(void *memory, size_t size);
/** Private memory, every page of it written to. */
char *bench_touched(size_t size);
void bench_untouch(char *memory, size_t size);
/** Read a byte of every page: their sum. */
uint64_t bench_touch(const void *memory, size_t size);
/** Field `name` (as in "Pss:") of /proc/<pid>/smaps_rollup, in KiB; every
 *  field that starts so is added. < 0 where there is no such file. */
double bench_memory_kib(long pid, const char *name);

/* team.c */
/** Does `count` operations; 0 when all went well. */
typedef int bench_role(void *context, int index, long count);
/** Fork `size` processes that run `role` for `warm` operations, wait for each
 *  other, then run it for `count`. Seconds from the first one's start of that
 *  to the last one's end; < 0 when one failed. */
double bench_team(bench_role *role, void *context, int size, long warm,
                  long count);
/** Run `once` in a child of its own, so that its threads end with it. */
int bench_apart(int (*once)(const void *context, double *values),
                const void *context, double *values);
/** One processor eater for each CPU, at equal priority. */
void bench_burn_start(void);
void bench_burn_stop(void);

/* trips.c */
/** One round trip; 0 when it went well. */
typedef int bench_trip(void *context, long i);
typedef struct bench_trip_plan {
    long warm; /* trips before */
    long count;
    double limit_s; /* when it is reached sooner */
} bench_trip_plan;
/** Time each trip of the plan; p50 and p99 in values[0] and [1], in us.
 *  BENCH_OK or BENCH_WRONG. */
int bench_trips(bench_trip *trip, void *context, const bench_trip_plan *plan,
                double *values);

/* cpython.c */
/** A sample by cpython.py; `context` is its command, for %s a string. */
int bench_cpython(const void *context, double *values);
void bench_cpython_stop(void);

/* One file each, named after the workload. */
void bench_process_spawn(void);
void bench_roundtrip(void);
void bench_map_tiny(void);
void bench_unordered(void);
void bench_queue_small(void);
void bench_queue_large(void);
void bench_lock(void);
void bench_cpu_scaling(void);
void bench_pool_startup(void);
void bench_large_result(void);
void bench_growth(void);
void bench_idle(void);
void bench_busy(void);

/* Samples that W13 takes once more, each of its plan. */
int bench_roundtrip_libmp(const void *trip_plan, double *values);
int bench_roundtrip_pipe(const void *trip_plan, double *values);
typedef struct bench_stream_plan {
    int pairs; /* of a producer and a consumer */
    long count;
} bench_stream_plan;
int bench_queue_small_libmp(const void *stream_plan, double *values);
int bench_queue_small_pipe(const void *stream_plan, double *values);

/** And nothing else, for a system call trace. */
int bench_applies(int count);

#endif
