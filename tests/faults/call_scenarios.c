/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * call_scenarios.c -- what the scenarios have in common
 */
#include "faults/call_scenarios.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

const call_scenario *call_scenario_at(int index)
{
    static const call_scenario *const lists[] = {
        call_scenarios_objects, call_scenarios_streams,
        call_scenarios_processes, call_scenarios_pools, call_scenarios_tasks
    };
    static const call_scenario none = { NULL, NULL };

    for (size_t list = 0; list < sizeof(lists) / sizeof(lists[0]); list++) {
        for (int i = 0; lists[list][i].name != NULL; i++) {
            if (index-- == 0) {
                return &lists[list][i];
            }
        }
    }
    return &none;
}

int call_named(int error, int line)
{
    return error == MP_ETIMEDOUT ||
                   strcmp(mp_strerror(error), "unknown error") == 0
               ? line
               : error;
}

void call_nap(int ms)
{
    const struct timespec span = { ms / 1000, (long)(ms % 1000) * 1000000 };

    (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &span, NULL);
}

unsigned char *call_large_message(void)
{
    static unsigned char bytes[CALL_LARGE];

    for (size_t i = 0; i < CALL_LARGE; i++) {
        bytes[i] = (unsigned char)(i * 31 + i / 256);
    }
    return bytes;
}

int call_child_start(mp_process **child, mp_process_main *entry, void *argument)
{
    mp_process *fresh = NULL;
    int error = mp_process_create(&fresh, entry, argument, NULL);

    if (error >= 0) {
        error = mp_process_start(fresh);
    }
    if (error < 0) {
        mp_process_destroy(fresh);
        return error;
    }
    *child = fresh;
    return 0;
}

int call_child_status(int result)
{
    return result == 0 ? 0 : (result < 0 ? CHILD_FAILED : CHILD_WRONG);
}

int call_child_end(mp_process *child, int expected, int result, int line)
{
    int status = 0;
    int error;

    if (child == NULL) {
        return result;
    }
    error = mp_process_join(child, LONG_MS);
    if (error < 0) {
        result = result > 0 ? result : line; /* it hangs, or was not found */
        (void)mp_process_kill(child);
        (void)mp_process_kill(child); /* one of the two may fail */
        (void)mp_process_join(child, LONG_MS);
    } else {
        error = mp_process_exit_status(child, &status);
        if (result == 0 && error == MP_EUNKNOWN) {
            result = MP_EUNKNOWN; /* somebody else has reaped it */
        } else if (result == 0 && error < 0) {
            result = line;
        } else if (error == 0 && status == CHILD_WRONG) {
            result = result > 0 ? result : line;
        } else if (result == 0 && status == CHILD_FAILED) {
            result = MP_EFAILED;
        } else if (result == 0 && status != expected) {
            result = line;
        }
    }
    mp_process_destroy(child);
    return result;
}
