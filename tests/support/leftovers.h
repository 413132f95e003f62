/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * leftovers.h -- what a test left behind: said, then cleared away
 */
#ifndef MP_TEST_LEFTOVERS_H
#define MP_TEST_LEFTOVERS_H

/** Look at descriptors, heap and signals before a test. */
void mp_test__leftovers_begin(void);

/**
 * Compare with mp_test__leftovers_begin(), write a line for everything that
 * test `name` left behind, and clear it away as far as possible: processes are
 * killed and signals restored; descriptors and blocks stay and no longer
 * count. Returns the number of lines.
 */
int mp_test__leftovers_end(const char *name);

#endif
