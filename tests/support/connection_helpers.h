/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * connection_helpers.h -- a pair of connected ends for each test
 */
#ifndef MP_TEST_CONNECTION_HELPERS_H
#define MP_TEST_CONNECTION_HELPERS_H

#include <mp/mp.h>

/** Those of the test that runs. */
extern mp_connection *mp_test_ours;
extern mp_connection *mp_test_theirs;

/** Make and give back a pair that sends both ways: setup and teardown. */
int mp_test_pair_setup(void **state);
int mp_test_pair_teardown(void **state);

/** Have one that sends from theirs to ours only, instead; the test fails if
 *  that fails. */
void mp_test_make_one_way(const mp_serializer *serializer);

#endif
