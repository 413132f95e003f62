/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * call_scenarios.h -- small programs that use every public call
 *
 * A scenario gives 0 when all went well, a named error (less than 0) when a
 * call said no, or the number of the line where something was wrong: a wrong
 * result, a wait that came to its end, an out-parameter touched by a failed
 * call. Whatever it gives, nothing of it is left.
 */
#ifndef MP_TEST_CALL_SCENARIOS_H
#define MP_TEST_CALL_SCENARIOS_H

#include <mp/mp.h>

enum {
    LONG_MS = 30000,     /* a wait that must not come to its end */
    CALL_LARGE = 300000, /* bytes of a message that no pipe takes at once */
    CHILD_FAILED = 77,   /* exit status: a call of the child said no */
    CHILD_WRONG = 78     /* exit status: something was wrong */
};

typedef struct call_scenario {
    const char *name;
    int (*run)(void);
} call_scenario;

extern const call_scenario call_scenarios_objects[];
extern const call_scenario call_scenarios_processes[];
extern const call_scenario call_scenarios_streams[];
extern const call_scenario call_scenarios_pools[];
extern const call_scenario call_scenarios_tasks[];

/** All of them; an entry without a name ends the list. */
const call_scenario *call_scenario_at(int index);

/** `error` when it has a name and is no MP_ETIMEDOUT; else `line`. */
int call_named(int error, int line);

/** Away for so long; no call of the plan. */
void call_nap(int ms);

/** CALL_LARGE bytes, always the same. */
unsigned char *call_large_message(void);

/** Start `entry` in a child. */
int call_child_start(mp_process **child, mp_process_main *entry,
                     void *argument);

/**
 * Join, compare the exit status, destroy. CHILD_FAILED is MP_EFAILED here, and
 * so is a status that nobody knows; a child that does not come to its end is
 * killed and wrong. With `child` NULL it gives `result`, as it does when
 * result is not 0.
 */
int call_child_end(mp_process *child, int expected, int result, int line);

/** What a child gives whose work gave `result`. */
int call_child_status(int result);

#define TRY(call)                                                              \
    do {                                                                       \
        result = (call);                                                       \
        if (result < 0) {                                                      \
            result = call_named(result, __LINE__);                             \
            goto done;                                                         \
        }                                                                      \
        result = 0;                                                            \
    } while (0)

/** A call that makes something: a failed one leaves `handle` NULL. */
#define MAKE(handle, call)                                                     \
    do {                                                                       \
        result = (call);                                                       \
        if (result < 0) {                                                      \
            result =                                                           \
                (handle) != NULL ? __LINE__ : call_named(result, __LINE__);    \
            goto done;                                                         \
        }                                                                      \
        result = 0;                                                            \
    } while (0)

#define WANT(condition)                                                        \
    do {                                                                       \
        if (!(condition)) {                                                    \
            result = __LINE__;                                                 \
            goto done;                                                         \
        }                                                                      \
    } while (0)

#endif
