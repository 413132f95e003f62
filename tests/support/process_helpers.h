/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * process_helpers.h -- a child of libmp's making, started and ended
 */
#ifndef MP_TEST_PROCESS_HELPERS_H
#define MP_TEST_PROCESS_HELPERS_H

#include <mp/mp.h>

/** Create and start; the test fails if that fails. */
mp_process *mp_test_start(mp_process_main *entry, void *argument,
                          const mp_process_options *options);

/** Join within 30 s, compare the exit status, destroy. */
void mp_test_finish(mp_process *process, int expected);

/** A child's function that succeeds at once. */
int mp_test_do_nothing(void *argument);

#endif
