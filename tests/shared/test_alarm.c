/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_alarm.c -- who starts a clock that runs out sooner wakes the watcher
 */
#include "support/fixture.h"

#include "shared/alarm.h"

#include <stdint.h>
#include <unistd.h>

static void only_the_first_of_those_due_sooner_rings(void **state)
{
    mp__alarm alarm = { 0 };
    int ends[2];
    char bytes[8];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    mp__alarm_lower(&alarm, 5, ends[1]); /* awake: no byte */
    mp__alarm_set(&alarm, 100);
    mp__alarm_lower(&alarm, 100, ends[1]); /* it looks by then */
    mp__alarm_lower(&alarm, 150, ends[1]);
    mp__alarm_lower(&alarm, 50, ends[1]); /* byte */
    mp__alarm_lower(&alarm, 60, ends[1]);
    mp__alarm_lower(&alarm, 40, ends[1]); /* byte */
    assert_int_equal(read(ends[0], bytes, sizeof(bytes)), 2);
    mp__alarm_set(&alarm, INT64_MAX);
    mp__alarm_lower(&alarm, 60, ends[1]); /* byte */
    assert_int_equal(read(ends[0], bytes, sizeof(bytes)), 1);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        mp_test(only_the_first_of_those_due_sooner_rings),
    };

    return mp_run_tests(tests);
}
