/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * step_tracer.h -- stop another process at any of its instructions
 *
 * By ptrace, on x86. A run is recorded once, step by step: where the program
 * counter stood before each instruction. Later runs reach instruction k by a
 * hardware breakpoint at a place shortly before it, passed as often as the
 * recorded run passed it, and single steps from there. So a kill at each of n
 * instructions costs about n runs, and not n * n / 2 steps.
 */
#ifndef MP_STEP_TRACER_H
#define MP_STEP_TRACER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct mp_tracee {
    pid_t pid;
    uintptr_t end;      /* a place where the operation is over; 0: none */
    bool ends_asleep;   /* it is over when it sleeps, with nobody to wake it */
    void (*wake)(void); /* called once, when it sleeps; may be NULL */
} mp_tracee;

enum mp_step_stop {
    MP_STEP_STOPPED, /* where it was to stop, or after one instruction */
    MP_STEP_ENDED,   /* at `end`, or asleep */
    MP_STEP_LOST     /* it died, or did not stop within 60 s */
};

/* NULL, or why nothing can be traced here. */
const char *mp_step_obstacle(void);

/* Stop process `pid`, a descendant of ours, wherever it is. */
bool mp_step_seize(pid_t pid);

/* Run until it is at `place` for the `hits`th time. */
enum mp_step_stop mp_step_run_to(mp_tracee *tracee, uintptr_t place, long hits);

/* The places from here to the end, each before its instruction is run; how
 * many, or -1. `end` itself is not among them. */
long mp_step_record(mp_tracee *tracee, uintptr_t *places, long most);

/* How to reach an instruction: the `hits`th time at the place of instruction
 * `at`, then single steps. */
typedef struct mp_step_route {
    long at;
    long hits; /* 0: from the start */
} mp_step_route;

/* The cheapest routes to all of `count` instructions. */
void mp_step_find_routes(const uintptr_t *places, long count,
                         mp_step_route *routes);

/* Run from where the recorded run began to its instruction `k`. *strayed: it
 * took another way. */
enum mp_step_stop mp_step_reach(mp_tracee *tracee, const uintptr_t *places,
                                const mp_step_route *route, long k,
                                bool *strayed);

/* SIGKILL, and wait until it is a zombie. It stays one until reaped. */
bool mp_step_kill(pid_t pid);
void mp_step_reap(pid_t pid);

#endif
