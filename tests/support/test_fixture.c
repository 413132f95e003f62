/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_fixture.c -- the fixture catches what it is for
 *
 * Each misbehaving test runs in a test program of its own: this file's, called
 * again with the name of a case. Its exit status and what it says are checked.
 */
#define _GNU_SOURCE

#include "support/fixture.h"
#include "support/helpers.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *program;
static void *volatile kept; /* so that no leak is optimised away */

static void behaves(void **state)
{
    void *block = malloc(100);

    (void)state;
    assert_non_null(block);
    block = realloc(block, 200);
    free(block);
}

static void leaks_a_descriptor(void **state)
{
    (void)state;
    assert_true(open("/dev/null", O_RDONLY) >= 0);
}

static void leaks_malloc(void **state)
{
    (void)state;
    kept = malloc(10);
}

static void leaks_calloc(void **state)
{
    (void)state;
    kept = calloc(10, 10);
}

static void leaks_realloc(void **state)
{
    (void)state;
    kept = realloc(malloc(10), 1000);
}

static void leaves_a_zombie(void **state)
{
    pid_t pid = fork();
    siginfo_t info;

    (void)state;
    if (pid == 0) {
        _exit(0);
    }
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}

static void leaves_a_child(void **state)
{
    (void)state;
    if (fork() == 0) {
        (void)pause();
        _exit(0);
    }
}

static void leaves_an_orphan(void **state)
{
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        if (fork() == 0) {
            (void)pause();
        }
        _exit(0);
    }
    assert_int_equal(mp_test_wait_for_child(pid, 5000), 0);
}

static void leaves_a_handler(void **state)
{
    (void)state;
    (void)signal(SIGUSR1, SIG_IGN);
}

static void hangs(void **state)
{
    (void)state;
    mp_test_deadline(1);
    for (;;) {
        (void)pause();
    }
}

static void comes_back_twice(void **state)
{
    pid_t pid = fork();

    (void)state;
    if (pid > 0) {
        assert_int_equal(mp_test_wait_for_child(pid, 5000), MP_TEST_CAME_BACK);
    }
}

static void crashes(void **state)
{
    (void)state;
    (void)raise(SIGSEGV);
}

#define CASE(name)                                                             \
    {                                                                          \
#name, mp_test(name)                                                   \
    }
static const struct {
    const char *name;
    struct CMUnitTest test;
} cases[] = {
    CASE(behaves),        CASE(leaks_a_descriptor), CASE(leaks_malloc),
    CASE(leaks_calloc),   CASE(leaks_realloc),      CASE(leaves_a_zombie),
    CASE(leaves_a_child), CASE(leaves_an_orphan),   CASE(leaves_a_handler),
    CASE(hangs),          CASE(comes_back_twice),   CASE(crashes),
};

static int run_case(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (strcmp(cases[i].name, name) == 0) {
            const struct CMUnitTest tests[] = { cases[i].test };

            return mp_run_tests(tests);
        }
    }
    return 99;
}

/* The case's exit status; what it printed in `said`. */
static int outcome(const char *name, char *said, size_t size)
{
    int ends[2];
    size_t got = 0;
    ssize_t part;
    pid_t pid;

    assert_int_equal(pipe(ends), 0);
    pid = fork();
    if (pid == 0) {
        (void)dup2(ends[1], 1);
        (void)dup2(ends[1], 2);
        (void)close(ends[0]);
        (void)close(ends[1]);
        (void)setenv("ASAN_OPTIONS", "detect_leaks=0:handle_segv=0", 1);
        execl(program, program, name, (char *)NULL);
        _exit(98);
    }
    (void)close(ends[1]);
    while (got < size - 1 &&
           (part = read(ends[0], said + got, size - 1 - got)) > 0) {
        got += (size_t)part;
    }
    said[got] = '\0';
    (void)close(ends[0]);
    return mp_test_wait_for_child(pid, 20000);
}

static void check(const char *name, bool fine, const char *expected)
{
    char said[8192];
    int status = outcome(name, said, sizeof(said));

    if ((status == 0) != fine || status == 98 || status == 99 ||
        strstr(said, expected) == NULL) {
        print_error("%s: exit status %d, and it said:\n%s\n", name, status,
                    said);
    }
    assert_int_equal(status == 0, fine);
    assert_in_range(status, 0, 97);
    assert_non_null(strstr(said, expected));
}

static void a_clean_test_passes(void **state)
{
    (void)state;
    check("behaves", true, "PASSED");
    check("comes_back_twice", true, "came back");
}

static void leaks_are_caught(void **state)
{
    (void)state;
    check("leaks_a_descriptor", false, "left behind descriptor");
    check("leaks_malloc", false, "left behind a heap block of 10 bytes");
    check("leaks_calloc", false, "left behind a heap block of 100 bytes");
    check("leaks_realloc", false, "left behind a heap block of 1000 bytes");
    check("leaves_a_handler", false, "signal 10");
}

static void processes_left_behind_are_caught(void **state)
{
    (void)state;
    check("leaves_a_zombie", false, "a zombie");
    check("leaves_a_child", false, "a running child");
    check("leaves_an_orphan", false, "a running orphan");
}

static void a_hang_is_ended_and_named(void **state)
{
    int64_t began = mp_test_clock_ms();

    (void)state;
    check("hangs", false, "hangs");
    assert_in_range(mp_test_clock_ms() - began, 1000, 15000);
}

static void a_crash_is_a_failure(void **state)
{
    (void)state;
    check("crashes", false, "crashes");
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        mp_test(a_clean_test_passes),
        mp_test(leaks_are_caught),
        mp_test(processes_left_behind_are_caught),
        mp_test(a_hang_is_ended_and_named),
        mp_test(a_crash_is_a_failure),
    };

    program = argv[0];
    return argc > 1 ? run_case(argv[1]) : mp_run_tests(tests);
}
