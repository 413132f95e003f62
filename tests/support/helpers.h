/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * helpers.h -- what tests of processes need again and again
 *
 * Assert only in the test process. A child reports by its exit status.
 */
#ifndef MP_TEST_HELPERS_H
#define MP_TEST_HELPERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/** Monotonic time, in milliseconds. */
int64_t mp_test_clock_ms(void);

/** Be away for so long, whatever signals come. */
void mp_test_sleep_ms(int ms);

/**
 * Fork, without libmp, and call `run` with `argument` in the child; its result
 * becomes the exit status. Standard streams are flushed on both sides, and the
 * child leaves by _exit.
 *
 * Waits for the child and returns its exit status, 0 to 255, or -signal. After
 * 30 s it kills the child, says so and returns -SIGKILL. -1000: fork failed, or
 * somebody else reaped the child.
 */
int mp_test_in_child(int (*run)(void *argument), void *argument);

/**
 * Wait for child `pid` up to `timeout_ms`. Returns as mp_test_in_child(); on
 * time-out the child is killed and reaped.
 */
int mp_test_wait_for_child(pid_t pid, int timeout_ms);

/**
 * Interrupt this process's system calls every `every_ms` with a SIGALRM whose
 * handler does nothing and that restarts no call. Children forked meanwhile
 * have the handler, but no storm. The fixture ends a storm left running.
 */
void mp_test_signal_storm_begin(int every_ms);

/** End the storm and restore SIGALRM. Without a storm it does nothing. */
void mp_test_signal_storm_end(void);

/**
 * Wait up to `within_ms` until no process has this pid. A zombie still has it:
 * reap a child of yours first. Orphans are reaped by the fixture.
 */
bool mp_test_pid_is_gone(pid_t pid, int within_ms);

/** How many descriptors this process has open. */
int mp_test_open_descriptors(void);

/**
 * The state of process `pid` as ps shows it: 'R', 'S', 'D', 'T', 'Z', ...;
 * 0 if there is no such process or no /proc.
 */
int mp_test_process_state(pid_t pid);

#endif
