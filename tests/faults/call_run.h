/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * call_run.h -- one scenario in a process of its own, and what is left of it
 */
#ifndef MP_TEST_CALL_RUN_H
#define MP_TEST_CALL_RUN_H

#include "faults/call_plan.h"
#include "faults/call_scenarios.h"

/** What a process holds when a scenario has run. */
typedef struct call_holdings {
    int descriptors;
    int shared_maps;
    int heap_blocks;
    int children;
} call_holdings;

/** Shared between the runner and the process of the case. */
typedef struct call_case {
    call_plan plan;
    int first;  /* what the scenario gave with the failure */
    int second; /* and then without */
    call_holdings after;
    call_holdings later; /* after a third run, when nothing was to fail */
    _Atomic int done;
} call_case;

call_case *call_case_create(void);

/**
 * Run `scenario` twice in a fresh process, first with what the plan of
 * `one` says and then without the failure. Returns NULL, or what was wrong, in
 * a static buffer. `usual` is what is held after runs without failure. NULL:
 * nothing is to fail but what always does, and that is found out.
 */
const char *call_case_run(call_case *one, const call_scenario *scenario,
                          const call_holdings *usual);

/** Orphans of cases come to this process from now on. */
void call_run_prepare(void);

#endif
