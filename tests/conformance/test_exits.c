/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_exits.c -- rows MX-01 to MX-08, MX-17 and LG-04: what comes out of a
 * program and its children, and how they exit
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/process_helpers.h"

#include <mp/mp.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LONG_MS 20000

static int sleep_long(void *argument)
{
    (void)argument;
    mp_test_sleep_ms(60000);
    return 0;
}

/* ---- streams ---- */

struct program {
    int (*run)(void);
    int out; /* where its stdout and stderr go */
};

static int run_program(void *argument)
{
    struct program *program = argument;

    if (dup2(program->out, 1) < 0 || dup2(program->out, 2) < 0) {
        return 98;
    }
    (void)setvbuf(stdout, NULL, _IOFBF, BUFSIZ);
    return program->run();
}

/* Run it as a program of its own, with its output in `text`. */
static int output_of(int (*run)(void), char *text, size_t size)
{
    struct program program = { .run = run };
    ssize_t got;
    int ends[2];
    int status;

    assert_int_equal(pipe(ends), 0);
    program.out = ends[1];
    status = mp_test_in_child(run_program, &program);
    (void)close(ends[1]);
    got = read(ends[0], text, size - 1);
    text[got < 0 ? 0 : got] = '\0';
    (void)close(ends[0]);
    return status;
}

/* Start, join; its exit status. */
static int run_child(mp_process_main *entry)
{
    mp_process *child = NULL;
    int status = 97;

    if (mp_process_create(&child, entry, NULL, NULL) < 0 ||
        mp_process_start(child) < 0 || mp_process_join(child, LONG_MS) < 0 ||
        mp_process_exit_status(child, &status) < 0) {
        return 97;
    }
    mp_process_destroy(child);
    return status;
}

static int print_child(void *argument)
{
    (void)argument;
    (void)fputs("child ", stdout);
    (void)fputs("error ", stderr);
    return 3;
}

static int print_before_start(void)
{
    int status;

    (void)fputs("parent ", stdout);
    status = run_child(print_child);
    (void)fputs("end", stdout);
    (void)fflush(stdout);
    return status;
}

static void MX_01_buffered_text_is_not_printed_twice(void **state)
{
    char text[200];

    (void)state;
    assert_int_equal(output_of(print_before_start, text, sizeof(text)), 3);
    assert_int_equal(strncmp(text, "parent ", 7), 0);
    assert_null(strstr(text + 1, "parent"));
}

static void MX_02_a_childs_own_text_gets_out(void **state)
{
    char text[200];

    (void)state;
    assert_int_equal(output_of(print_before_start, text, sizeof(text)), 3);
    assert_string_equal(text, "parent error child end");
}

static void print_handler(void)
{
    (void)fputs("handler ", stdout);
    (void)fflush(stdout);
}

static int call_exit(void *argument)
{
    (void)argument;
    exit(4);
}

static int register_and_start(void)
{
    if (atexit(print_handler) != 0 || run_child(mp_test_do_nothing) != 0 ||
        run_child(print_child) != 3) {
        return 1;
    }
#if !defined(MP_PORTABLE) && defined(__GLIBC__) /* it needs on_exit() */
    if (run_child(call_exit) != 4) {
        return 2;
    }
#else
    (void)call_exit;
#endif
    exit(0);
}

static void
MX_03_exit_handlers_of_the_parent_do_not_run_in_a_child(void **state)
{
    char text[200];

    (void)state;
    assert_int_equal(output_of(register_and_start, text, sizeof(text)), 0);
    assert_string_equal(text, "error child handler ");
}

static int close_and_return(void *argument)
{
    (void)fclose(stderr);
    (void)close(1);
    return argument != NULL;
}

static int start_without_streams(void)
{
    (void)fclose(stdin);
    (void)close(1);
    (void)close(2);
    return run_child(mp_test_do_nothing) + run_child(close_and_return);
}

static void MX_04_closed_streams_break_nothing(void **state)
{
    char text[200];

    (void)state;
    assert_int_equal(output_of(start_without_streams, text, sizeof(text)), 0);
    mp_test_finish(mp_test_start(close_and_return, NULL, NULL), 0);
}

static int read_nothing(void *argument)
{
    char byte;

    (void)argument;
    return getchar() == EOF && read(0, &byte, 1) == 0 ? 0 : 1;
}

static int read_nothing_below(void *argument)
{
    (void)argument;
    return read_nothing(NULL) + run_child(read_nothing);
}

static int keep_input(void)
{
    int ends[2];
    char text[8] = "";

    if (pipe(ends) < 0 || write(ends[1], "input\n", 6) != 6 ||
        dup2(ends[0], 0) < 0) {
        return 9;
    }
    if (run_child(read_nothing_below) != 0) {
        return 1;
    }
    return fgets(text, sizeof(text), stdin) != NULL &&
                   strcmp(text, "input\n") == 0
               ? 0
               : 2;
}

static void MX_05_a_childs_stdin_is_empty_and_its_parents_is_left(void **state)
{
    char text[200];

    (void)state;
    assert_int_equal(output_of(keep_input, text, sizeof(text)), 0);
}

static int use_everything(void)
{
    mp_pool_options options = { .workers = 2 };
    mp_queue *queue = NULL;
    mp_pool *pool = NULL;
    char byte;
    size_t size;

    if (mp_queue_create(&queue, NULL) < 0 ||
        mp_queue_get_bytes(queue, &byte, 1, &size, 0) != MP_ETIMEDOUT ||
        mp_pool_create(&pool, &options) < 0 ||
        run_child(mp_test_do_nothing) != 0) {
        return 1;
    }
    mp_pool_destroy(pool);
    mp_queue_destroy(queue);
    return 0;
}

static void LG_04_libmp_prints_nothing(void **state)
{
    char text[200];

    (void)state;
    assert_int_equal(output_of(use_everything, text, sizeof(text)), 0);
    assert_string_equal(text, "");
}

/* ---- exits ---- */

static int print_late(void *argument)
{
    (void)argument;
    mp_test_sleep_ms(50);
    (void)fputs("late ", stdout);
    return 0;
}

static int start_and_exit(void)
{
    mp_process *child = NULL;

    if (mp_process_create(&child, print_late, NULL, NULL) < 0 ||
        mp_process_start(child) < 0) {
        return 1;
    }
    mp_process_destroy(child);
    exit(0);
}

static int start_and_return(void *argument)
{
    mp_process *child = NULL;

    (void)argument;
    return mp_process_create(&child, print_late, NULL, NULL) < 0 ||
           mp_process_start(child) < 0;
}

static int exit_of_a_child(void)
{
    int status = run_child(start_and_return);

    (void)fputs("then", stdout);
    (void)fflush(stdout);
    return status;
}

static void MX_06_exit_waits_for_children(void **state)
{
    char text[200];

    (void)state;
    assert_int_equal(output_of(start_and_exit, text, sizeof(text)), 0);
    assert_string_equal(text, "late ");
    assert_int_equal(output_of(exit_of_a_child, text, sizeof(text)), 0);
    assert_string_equal(text, "late then");
}

static int start_daemons_and_exit(void)
{
    mp_process_options daemon = { .daemon = MP_DAEMON_ON };
    mp_process *child = NULL;

    if (mp_process_create(&child, sleep_long, NULL, &daemon) < 0 ||
        mp_process_start(child) < 0) {
        return 1;
    }
    (void)printf("%d", (int)mp_process_pid(child));
    exit(0);
}

static void MX_07_exit_ends_daemons(void **state)
{
    char text[200];
    int64_t before = mp_test_clock_ms();

    (void)state;
    assert_int_equal(output_of(start_daemons_and_exit, text, sizeof(text)), 0);
    assert_true(mp_test_clock_ms() - before < LONG_MS);
    assert_true(mp_test_pid_is_gone((pid_t)atoi(text), 0));
}

static int ignore_sigterm_long(void *argument)
{
    (void)signal(SIGTERM, SIG_IGN);
    (void)mp_event_set(argument);
    return sleep_long(NULL);
}

static int start_stubborn_daemon_and_exit(void)
{
    mp_process_options daemon = { .daemon = MP_DAEMON_ON };
    mp_process *child = NULL;
    mp_event *ready = NULL;

    if (mp_event_create(&ready) < 0 ||
        mp_process_create(&child, ignore_sigterm_long, ready, &daemon) < 0 ||
        mp_process_start(child) < 0 || mp_event_wait(ready, LONG_MS) < 0) {
        return 1;
    }
    exit(0);
}

static void MX_08_a_daemon_that_ignores_sigterm_holds_up_no_exit(void **state)
{
    char text[200];
    int64_t before = mp_test_clock_ms();

    (void)state;
    assert_int_equal(
        output_of(start_stubborn_daemon_and_exit, text, sizeof(text)), 0);
    assert_true(mp_test_clock_ms() - before < LONG_MS);
}

static int join_with_sigchld_ignored(void *argument)
{
    mp_process *child = NULL;
    int status = 77;

    (void)argument;
    (void)signal(SIGCHLD, SIG_IGN);
    return mp_process_create(&child, print_late, NULL, NULL) == MP_OK &&
                   mp_process_start(child) == MP_OK &&
                   mp_process_join(child, MP_FOREVER) == MP_OK &&
                   mp_process_is_alive(child) == 0 &&
                   mp_process_exit_status(child, &status) == MP_EUNKNOWN &&
                   status == 77
               ? 0
               : 1;
}

static void MX_17_a_lost_status_is_unknown_and_never_0(void **state)
{
    mp_process *child = mp_test_start(mp_test_do_nothing, NULL, NULL);
    int status = 77;

    (void)state;
    assert_int_equal(waitpid(mp_process_pid(child), NULL, 0),
                     mp_process_pid(child));
    assert_int_equal(mp_process_join(child, MP_FOREVER), MP_OK);
    assert_int_equal(mp_process_is_alive(child), 0);
    assert_int_equal(mp_process_exit_status(child, &status), MP_EUNKNOWN);
    assert_int_equal(status, 77);
    assert_int_equal(mp_process_kill(child), MP_OK);
    mp_process_destroy(child);
    assert_int_equal(mp_test_in_child(join_with_sigchld_ignored, NULL), 0);
}

static const struct CMUnitTest tests[] = {
    mp_test(MX_01_buffered_text_is_not_printed_twice),
    mp_test(MX_02_a_childs_own_text_gets_out),
    mp_test(MX_03_exit_handlers_of_the_parent_do_not_run_in_a_child),
    mp_test(MX_04_closed_streams_break_nothing),
    mp_test(MX_05_a_childs_stdin_is_empty_and_its_parents_is_left),
    mp_test(MX_06_exit_waits_for_children),
    mp_test(MX_07_exit_ends_daemons),
    mp_test(MX_08_a_daemon_that_ignores_sigterm_holds_up_no_exit),
    mp_test(MX_17_a_lost_status_is_unknown_and_never_0),
    mp_test(LG_04_libmp_prints_nothing),
};

int main(void)
{
    return mp_run_tests(tests);
}
