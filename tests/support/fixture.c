/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * fixture.c -- fails a test that leaves something behind, kills one that hangs
 *
 * Every entry is run by cmocka through begin, run_body and finish below, which
 * call the entry's own functions. Invariants:
 *
 *   - One test at a time, so what is known about it stands in `current`.
 *   - `current.test` is set from setup until the check for leftovers; a setup
 *     that fails gets no teardown from cmocka, and the next begin cleans up.
 *   - Only the runner checks: a forked child that gets here has come back out
 *     of a test by mistake, and ends.
 *   - cmocka answers a crash by longjmp, which in a forked child would run the
 *     rest of the tests again. So its handlers are undone before user code.
 */
#define _GNU_SOURCE

#include "fixture.h"

#include "heap_watch.h"
#include "helpers.h"
#include "leftovers.h"
#include "watchdog.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DEADLINE_SECONDS = 60 };

typedef struct test_group {
    const char *name;
    const struct CMUnitTest *tests;
    size_t count;
} test_group;

static const int crash_signals[] = { SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGSYS };
enum { CRASH_SIGNALS = sizeof(crash_signals) / sizeof(crash_signals[0]) };

static struct sigaction crash_actions[CRASH_SIGNALS];
static pid_t runner_pid;

static struct {
    const struct CMUnitTest *test; /* NULL between tests */
} current;

static void remember_crash_actions(void)
{
    for (int i = 0; i < CRASH_SIGNALS; i++) {
        sigaction(crash_signals[i], NULL, &crash_actions[i]);
    }
}

static void undo_crash_handlers(void)
{
    for (int i = 0; i < CRASH_SIGNALS; i++) {
        sigaction(crash_signals[i], &crash_actions[i], NULL);
    }
}

static void end_if_forked(void)
{
    static const char text[] =
        "fixture: a forked child came back out of its test\n";

    if (getpid() != runner_pid) {
        (void)!write(STDERR_FILENO, text, sizeof(text) - 1);
        _exit(MP_TEST_CAME_BACK);
    }
}

/* How many things the test left behind; all of them are gone then. */
static int check_leftovers(void)
{
    const char *name = current.test->name;
    int count;

    mp_test_signal_storm_end();
    mp_test_fail_allocation(0);
    count = mp_test__leftovers_end(name);
    current.test = NULL;
    mp_test__watchdog_expect("between two tests", DEADLINE_SECONDS);
    return count;
}

static int begin(void **state)
{
    const struct CMUnitTest *test = *state;
    int error = 0;

    end_if_forked();
    undo_crash_handlers();
    if (current.test != NULL) {
        check_leftovers();
    }
    current.test = test;
    mp_test__watchdog_expect(test->name, DEADLINE_SECONDS);
    mp_test__leftovers_begin();

    *state = test->initial_state;
    if (test->setup_func != NULL) {
        error = test->setup_func(state);
        end_if_forked();
    }
    return error;
}

static void run_body(void **state)
{
    undo_crash_handlers();
    current.test->test_func(state);
    end_if_forked();
}

static int finish(void **state)
{
    int error = 0;

    end_if_forked();
    undo_crash_handlers();
    if (current.test->teardown_func != NULL) {
        error = current.test->teardown_func(state);
        end_if_forked();
    }
    if (check_leftovers() > 0) {
        error = -1;
    }
    return error;
}

static void warm_up(void)
{
    mp_test__watchdog_expect("the warm-up", DEADLINE_SECONDS);
    mp_test_warm_up();
    if (mp_test__orphans_unseen() != NULL) {
        printf("fixture: skipped: to look for orphans, because %s\n",
               mp_test__orphans_unseen());
    }
}

static int run_group(void *argument)
{
    const test_group *group = argument;
    const char *filter = getenv("MP_TEST_FILTER");
    struct CMUnitTest *wrapped = calloc(group->count, sizeof(*wrapped));
    int failed;

    if (wrapped == NULL) {
        return 1;
    }
    runner_pid = getpid();
    for (size_t i = 0; i < group->count; i++) {
        wrapped[i].name = group->tests[i].name;
        wrapped[i].setup_func = begin;
        wrapped[i].test_func = run_body;
        wrapped[i].teardown_func = finish;
        /* The cast drops const: cmocka only carries the pointer to begin. */
        wrapped[i].initial_state = (void *)(uintptr_t)&group->tests[i];
    }
    if (filter != NULL) {
        cmocka_set_test_filter(filter);
    }
    mp_test__heap_watch();
    warm_up();
    remember_crash_actions();
    failed =
        _cmocka_run_group_tests(group->name, wrapped, group->count, NULL, NULL);
    if (current.test != NULL) {
        undo_crash_handlers();
        check_leftovers();
    }
    mp_test__heap_unwatch();
    free(wrapped);
    mp_test__watchdog_done();
    return failed == 0 ? 0 : 1;
}

int mp_test_run_all(const char *file, const struct CMUnitTest *tests,
                    size_t count)
{
    const char *slash = strrchr(file, '/');
    test_group group = { slash == NULL ? file : slash + 1, tests, count };

    /* A line at a time, also into a pipe: a kill loses no line. */
    setvbuf(stdout, NULL, _IOLBF, 0);
    return mp_test__watch(run_group, &group);
}

void mp_test_deadline(int seconds)
{
    mp_test__watchdog_extend(seconds);
}
