/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * process_helpers.c -- a child of libmp's making, started and ended
 */
#include "support/process_helpers.h"

#include "support/fixture.h"

mp_process *mp_test_start(mp_process_main *entry, void *argument,
                          const mp_process_options *options)
{
    mp_process *process = NULL;

    assert_int_equal(mp_process_create(&process, entry, argument, options), 0);
    assert_int_equal(mp_process_start(process), 0);
    return process;
}

void mp_test_finish(mp_process *process, int expected)
{
    int status = 4711;

    assert_int_equal(mp_process_join(process, 30000), 0);
    assert_int_equal(mp_process_exit_status(process, &status), 0);
    assert_int_equal(status, expected);
    mp_process_destroy(process);
}

int mp_test_do_nothing(void *argument)
{
    (void)argument;
    return 0;
}
