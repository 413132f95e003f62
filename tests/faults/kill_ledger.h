/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * kill_ledger.h -- what may become of the items of a pool in which some die
 */
#ifndef KILL_LEDGER_H
#define KILL_LEDGER_H

#include "faults/kill_stage.h"

enum { LEDGER_LONG_MS = 20000 };

/* For pool scenarios: in stage->memory, before what they keep there. */
struct ledger {
    _Atomic int crashed; /* items that nothing but a planned kill explains */
    _Atomic int go;      /* for tasks that wait for a word */
    _Atomic int calls;   /* of callbacks */
};

struct ledger *ledger(void);

/* An item has ended so. `expected` is what it gives when nobody is killed. A
 * killed worker explains one crash, a killed supervisor MP_EBROKEN. */
void ledger_item(int error, int expected);

/* A pool; MP_EBROKEN is made up for when a supervisor was killed meanwhile. */
mp_pool *ledger_pool(const mp_pool_options *options);

/* All has ended: totals add up, and the next tasks succeed, in a new pool if
 * the supervisor was killed. Then close, join and destroy. */
void ledger_close(mp_pool *pool, const mp_pool_options *options);

/* Totals add up at any moment; with `over` nothing is pending. */
void ledger_totals(mp_pool *pool, bool over);

/* A task that gives the square; -1: dies; -2: dies in its first attempt. */
extern const mp_task square_task;

#endif
