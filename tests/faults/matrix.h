/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * matrix.h -- the rows of the fault matrix
 */
#ifndef MP_FAULTS_MATRIX_H
#define MP_FAULTS_MATRIX_H

#include "../stress/processes.h"

#include <mp/mp.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { CELL = 160, CELLS_MOST = 3, ROW_LIMIT_MS = 14000, WORKERS = 4 };

/* What a row and its tasks tell. */
struct shared {
    char cells[CELLS_MOST][CELL];
    _Atomic int pids[WORKERS];
    _Atomic int count; /* of them */
};

extern struct shared *shared;

/* Each runs in a process of its own, which has done nothing with libmp before,
 * fills in its cells and returns whether all was as promised. */
bool row_kill(void);
bool row_segv(void);
bool row_idle_one(void);
bool row_idle_two(void);
bool row_sigchld_ignored(void);
bool row_host_reaps(void);
bool row_owner_killed(void);
bool row_supervisor_killed(void);
bool row_chaos(void);

bool row_init_fails(void);
bool row_cannot_decode(void);
bool row_cannot_encode(void);
bool row_large_results(void);
bool row_deadline(void); /* three cells */
bool row_footprint(void);
bool row_throughput(void);

/* Fills in cell `number`. */
void say(int number, const char *format, ...) MP_PRINTF(2, 3);

/* A pool of `workers`; the row ends where there is none to be had. */
mp_pool *open_pool(int workers);

/* The state of a process as ps shows it; 0: there is none. */
int state_of(int pid);

/* How `count` results ended. */
struct tally {
    int ok;
    int failed; /* with `error` */
    int never;
    int error; /* of the last that failed */
};

/* Waits for all, until `limit_ms` is over. `into`: room for one result; NULL
 * where the task gives none. */
struct tally wait_for_all(mp_result **results, int count, void *into,
                          int limit_ms);

/* Eight tasks: how many succeeded within ten seconds. */
int eight_more(mp_pool *pool);

/* "fine", or what became of the eight. */
const char *after(int succeeded);

#endif
