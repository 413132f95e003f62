/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * primitives.h -- what a C programmer would write by hand instead, one a file
 *
 * None of them survives the death of a peer: that is what libmp's figures
 * are to be compared with.
 */
#ifndef MP_BENCH_PRIMITIVES_H
#define MP_BENCH_PRIMITIVES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* pipe: a child that echoes bytes; a stream of whole messages. */
typedef struct prim_echo {
    int there;
    int back;
    pid_t pid;
} prim_echo;
int prim_echo_start(prim_echo *echo);
int prim_echo_trip(void *echo, long i); /* a bench_trip */
int prim_echo_stop(prim_echo *echo);    /* 0: it had echoed all */

/* spin: a child that answers on one shared word; neither side ever sleeps. */
typedef struct prim_spin {
    _Atomic uint64_t *word;
    pid_t pid;
} prim_spin;
int prim_spin_start(prim_spin *spin);
int prim_spin_trip(void *spin, long i);
int prim_spin_stop(prim_spin *spin);

/* decided: ping-pong over the lines of a task whose end one word decides. */
typedef struct prim_decided {
    struct prim_lines *lines;
    uint64_t trips;
    pid_t pid;
} prim_decided;
int prim_decided_start(prim_decided *decided);
int prim_decided_trip(void *decided, long i);
int prim_decided_stop(prim_decided *decided);

/* ring: many producers, many consumers, 64-byte messages, unprotected. */
typedef struct prim_ring prim_ring;
enum { PRIM_MESSAGE = 64 };
prim_ring *prim_ring_create(void);
void prim_ring_put(prim_ring *ring, const void *message);
void prim_ring_get(prim_ring *ring, void *message);
void prim_ring_destroy(prim_ring *ring);

/* futex_lock: 0 free, 1 held, 2 held and waited for; no owner, no robustness.
 * False where there is no futex. */
bool prim_futex_lock_here(void);
void prim_futex_acquire(atomic_int *lock);
void prim_futex_release(atomic_int *lock);

/* fork: a child that does nothing, waited for. 0 when it ended well. */
int prim_fork_once(void);
/* fork_careful: one that is known to live by a lock of its own, has no stdin and
 * none of its parent's handlers and half-written output, and is waited for by a
 * descriptor. */
int prim_fork_careful(void);

/* prefork_pipe: so many children, one byte to each and one back, then end of
 * file and waitpid. 0 when all went well. */
int prim_prefork_once(int workers);
/* prefork_supervised: the same by a child, which would notice their deaths. */
int prim_prefork_supervised(int workers);

/* memcpy: into a warm shared map and out of it, by one process. */
typedef struct prim_copy {
    char *from;
    char *shared;
    char *to;
    size_t size;
} prim_copy;
void prim_copy_start(prim_copy *copy, size_t size);
int prim_copy_once(prim_copy *copy, unsigned char mark);
void prim_copy_stop(prim_copy *copy);

/* slab: `workers` children fill slabs of a warm shared map, two each; the
 * caller takes every slab once, by copying it out or by touching its pages.
 * With copy_in, they fill by copying. Seconds for all; < 0: wrong. */
typedef struct prim_slabs {
    size_t size;
    int workers;
    long count; /* slabs in all, a multiple of workers */
    bool copy_in;
    bool copy_out;
    bool made;  /* what is copied in is made each time, in memory from malloc,
                * and what is copied out lands in such */
    bool dealt; /* the caller fills, and the children copy out to memory from
                 * malloc and touch that */
} prim_slabs;
double prim_slabs_run(const prim_slabs *plan);

/* claim: children take items by one compare-and-swap each and write what they
 * give into rings of their own. Seconds; < 0: wrong. */
double prim_claim_run(int workers, long count);

/* forked: y[i] by run(&x[i], &y[i]), arrays that the forks share. Seconds; < 0:
 * wrong. */
typedef int prim_task(const void *argument, void *result);
double prim_forked_map(prim_task *run, int64_t *x, int64_t *y, long count,
                       int workers);

/* watched: the same, and what may be asked of a task: its index, to stop. */
double prim_watched_map(prim_task *run, int64_t *x, int64_t *y, long count,
                        int workers);

/* handed: the same over arrays that only the caller sees: copied in and out. */
double prim_handed_map(prim_task *run, int64_t *x, int64_t *y, long count,
                       int workers);

/* openmp: threads. False where the compiler has it not. */
bool prim_openmp_here(void);
/* y[i] = x[i] * x[i]; `chunk` 0: static, else dynamic. */
void prim_openmp_squares(const int64_t *x, int64_t *y, long count, int threads,
                         int chunk);
/* schedule(static), a call through a pointer for each item. */
void prim_openmp_calls(prim_task *run, const int64_t *x, int64_t *y, long count,
                       int threads);
/* A task each, made by one of the threads, which then waits for all. */
void prim_openmp_tasks(prim_task *run, const int64_t *x, int64_t *y, long count,
                       int threads);
/* prim_burn() of each of `steps`, dynamic, 1; the results summed up. */
uint64_t prim_openmp_burn(const int64_t *steps, long count, int threads);

/* Work that no compiler shortens: so many dependent steps. */
uint64_t prim_burn(int64_t steps);

#endif
