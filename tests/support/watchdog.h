/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * watchdog.h -- runs the tests in a child that cannot hang or leave orphans
 */
#ifndef MP_TEST_WATCHDOG_H
#define MP_TEST_WATCHDOG_H

#include "descendants.h"

/**
 * Fork; call `run` in the child, which exits with its result, and watch over
 * it here. Returns what main should return: 0 only if the child ended with 0,
 * called mp_test__watchdog_done() and left no orphans.
 *
 * With MP_TEST_IN_PLACE in the environment, which is for debuggers, `run` is
 * called here and nobody watches.
 */
int mp_test__watch(int (*run)(void *argument), void *argument);

/** From now on this is what runs, for at most `seconds`. Keeps no pointer. */
void mp_test__watchdog_expect(const char *what, int seconds);

/** What was expected may take `seconds` from now. */
void mp_test__watchdog_extend(int seconds);

/** All tests have run: to exit is right from now on. */
void mp_test__watchdog_done(void);

/** NULL if orphans come to the watchdog; else why they cannot be seen. */
const char *mp_test__orphans_unseen(void);

/** Copy up to `capacity` living orphans of the tests; returns their number. */
int mp_test__orphans(mp_test__process *orphans, int capacity);

/** Let the watchdog kill and reap all orphans; returns when it has. */
void mp_test__end_orphans(void);

#endif
