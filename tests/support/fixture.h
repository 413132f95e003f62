/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * fixture.h -- fails a test that leaves something behind, kills one that hangs
 *
 *     static const struct CMUnitTest tests[] = {
 *         mp_test(get_returns_what_was_put),
 *         mp_test_setup_teardown(get_times_out, create_queue, destroy_queue),
 *         mp_test_data(map_keeps_the_order, "8 workers", &eight),
 *     };
 *
 *     int main(void)
 *     {
 *         return mp_run_tests(tests);
 *     }
 *
 * The tests run in a child of the process that main started, which watches
 * over it. After its teardown a test fails if, compared with the moment before
 * its setup,
 *
 *   - a descriptor was opened, closed, or refers to something else;
 *   - a child runs or was not waited for (what is left is killed and reaped);
 *   - an orphan, a descendant whose parent died, still runs 2 s later (Linux;
 *     orphans go to the watchdog, which reaps them as init would);
 *   - a block from malloc, calloc or realloc was not freed (with the linker's
 *     --wrap; calls inside libc are not seen);
 *   - the handling of a signal or the signal mask is another.
 *
 * A test also fails when it passes its deadline (it and all its descendants are
 * killed), crashes or calls exit; then no further test runs. A forked child
 * that comes back out of a test function, or asserts, exits with status 97.
 *
 * Environment: MP_TEST_FILTER runs only the tests that match a pattern with
 * '*' and '?'; MP_TEST_IN_PLACE does without watchdog, for debuggers.
 */
#ifndef MP_TEST_FIXTURE_H
#define MP_TEST_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { MP_TEST_CAME_BACK = 97 /* exit status of a child that did */ };

/** A test function as an entry of the array for mp_run_tests(). */
#define mp_test(name)                                                          \
    {                                                                          \
#name, name, NULL, NULL, NULL                                          \
    }

/** The same, with `int setup(void **)` and `int teardown(void **)` or NULL. */
#define mp_test_setup_teardown(name, setup, teardown)                          \
    {                                                                          \
#name, name, setup, teardown, NULL                                     \
    }

/** The same test on given data: *state is `initial`; `label` says which. */
#define mp_test_data(name, label, initial)                                     \
    {                                                                          \
#name ", " label, name, NULL, NULL, initial                            \
    }

/** Both: setup finds `initial` in *state and may replace it. */
#define mp_test_data_setup_teardown(name, label, initial, setup, teardown)     \
    {                                                                          \
#name ", " label, name, setup, teardown, initial                       \
    }

/** Run all tests of an array; gives what main is to return. */
#define mp_run_tests(tests)                                                    \
    mp_test_run_all(__FILE__, tests, sizeof(tests) / sizeof((tests)[0]))

/** Say why this test cannot run here, and end it as skipped. */
#define mp_test_skip(reason)                                                   \
    do {                                                                       \
        print_message("[  SKIPPED ] because %s\n", (reason));                  \
        skip();                                                                \
    } while (0)

/** See mp_run_tests(). `file` is shown as the name of the group. */
int mp_test_run_all(const char *file, const struct CMUnitTest *tests,
                    size_t count);

/** This test may take `seconds` from now, instead of 60 from its setup. */
void mp_test_deadline(int seconds);

/**
 * Called once before the first test; what it leaves open or allocated stays
 * uncounted. The one in warm_up.c makes libmp set up what it keeps for the life
 * of a process; a test program may define its own instead.
 */
void mp_test_warm_up(void);

#endif
