/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * connection_helpers.c -- a pair of connected ends for each test
 */
#include "support/connection_helpers.h"

#include "support/fixture.h"

#include <stdbool.h>

mp_connection *mp_test_ours;
mp_connection *mp_test_theirs;

int mp_test_pair_setup(void **state)
{
    (void)state;
    return mp_connection_pair(&mp_test_ours, &mp_test_theirs, NULL) < 0;
}

int mp_test_pair_teardown(void **state)
{
    (void)state;
    mp_connection_destroy(mp_test_ours);
    mp_connection_destroy(mp_test_theirs);
    return 0;
}

void mp_test_make_one_way(const mp_serializer *serializer)
{
    mp_connection_options options = { .one_way = true,
                                      .serializer = serializer };

    mp_connection_destroy(mp_test_ours);
    mp_connection_destroy(mp_test_theirs);
    assert_int_equal(
        mp_connection_pair(&mp_test_ours, &mp_test_theirs, &options), MP_OK);
}
