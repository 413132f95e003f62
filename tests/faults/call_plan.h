/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * call_plan.h -- which call is to fail, in which process, and how
 *
 * A plan lies in memory that all processes of a scenario share. Roles are
 * told by descent: the host is who begins, its children are the supervisor of
 * a pool and processes that libmp starts, and workers are their children.
 */
#ifndef MP_TEST_CALL_PLAN_H
#define MP_TEST_CALL_PLAN_H

#include "faults/call_list.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { SHORT = -1 };

#define CALL_ID(id, ...) CALL_##id,
enum call_id { CALLS(CALL_ID) CALL_IDS };
#undef CALL_ID

enum call_role { ROLE_HOST, ROLE_CHILD, ROLE_GRANDCHILD, ROLES };

typedef struct call_failure {
    enum call_id id;
    enum call_role role;
    unsigned nth; /* 1 is the first; 0: nothing fails */
    int error;    /* errno or SHORT */
} call_failure;

typedef struct call_plan {
    _Atomic int active;
    call_failure once;
    int always[CALL_IDS]; /* errno of every such call, in every process */
    bool permanent;       /* `always` and `hide_proc` hold to the end */
    _Atomic bool hide_proc;
    _Atomic bool owes_echild;
    _Atomic unsigned hits;
    _Atomic unsigned crashes; /* children that a fault of ours has ended */
    _Atomic unsigned counts[CALL_IDS][ROLES];
} call_plan;

/** A plan in shared memory; the program ends when there is none. */
call_plan *call_plan_create(void);
void call_plan_destroy(call_plan *plan);

/** This process is the host of `plan` from here on. */
void call_plan_enter(call_plan *plan);

/** From here on calls are counted and fail; and no longer, but for those that
 *  always do in a permanent plan. */
void call_plan_begin(void);
void call_plan_end(void);

/** Forget counts, hits and all that was to fail. */
void call_plan_clear(call_plan *plan);

/** Must this call fail? 0, errno, or SHORT. For the wraps. */
int call_due(enum call_id id);

/** The same, errno set: true when it must fail. */
bool call_fails(enum call_id id);

/** This process was just forked. */
void call_plan_forked(void);

/** The plan of this process, while its failures are due; or NULL. */
call_plan *call_plan_now(void);

const char *call_name(enum call_id id);
const char *call_role_name(enum call_role role);
/** "ENOMEM", or the number. */
const char *call_error_name(int error);
/** 0 when there is none of that name. */
int call_error_of(const char *name);
/** The errors of a call; ends with 0. */
const int *call_errors(enum call_id id);

#endif
