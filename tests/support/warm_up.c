/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * warm_up.c -- makes libmp set up what it keeps for the life of a process
 *
 * That is at most two descriptors and some memory; the fixture counts neither,
 * because they are there before the first test.
 */
#include "fixture.h"

#include <mp/mp.h>

#include <stdio.h>

static int do_nothing(void *argument)
{
    (void)argument;
    return 0;
}

static void start_and_join(void)
{
    mp_process *process = NULL;
    int error = mp_process_create(&process, do_nothing, NULL, NULL);

    if (error >= 0) {
        error = mp_process_start(process);
    }
    if (error >= 0) {
        error = mp_process_join(process, MP_FOREVER);
    }
    if (error < 0) {
        fprintf(stderr, "fixture: warm-up: %s\n", mp_strerror(error));
    }
    mp_process_destroy(process);
}

__attribute__((weak)) void mp_test_warm_up(void)
{
    mp_lock *lock = NULL;
    int error = mp_lock_create(&lock);

    if (error < 0) {
        fprintf(stderr, "fixture: warm-up: %s\n", mp_strerror(error));
    }
    mp_lock_destroy(lock);
    start_and_join();
}
