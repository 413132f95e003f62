/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_process.c -- children: their start, their end and what they see
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/process_helpers.h"

#include <mp/mp.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int status_of(void *status)
{
    return *(int *)status;
}

static int leave_with(void *status)
{
    mp_process_exit(*(int *)status);
    return 99;
}

static int exit_plainly(void *status)
{
    exit(*(int *)status);
}

static int sleep_long(void *unused)
{
    (void)unused;
    mp_test_sleep_ms(60000);
    return 0;
}

static int ignore_sigterm(void *ready)
{
    (void)signal(SIGTERM, SIG_IGN);
    *(volatile int *)ready = 1;
    return sleep_long(NULL);
}

static void before_its_start_a_process_is_nothing(void **state)
{
    mp_process *process = NULL;
    int status = 5;

    (void)state;
    assert_int_equal(mp_process_create(&process, status_of, &status, NULL), 0);
    assert_int_equal(mp_process_is_alive(process), 0);
    assert_int_equal(mp_process_pid(process), 0);
    assert_int_equal(mp_process_exit_status(process, &status), MP_EAGAIN);
    assert_int_equal(mp_process_children(NULL, 0), 0);
    assert_int_equal(mp_process_join(process, 0), MP_ESTATE);
    assert_int_equal(mp_process_terminate(process), MP_ESTATE);
    assert_int_equal(mp_process_kill(process), MP_ESTATE);
    assert_int_equal(mp_process_descriptor(process), MP_ESTATE);
    assert_int_equal(status, 5);
    mp_process_destroy(process);
}

static void exit_statuses_come_back_modulo_256(void **state)
{
    int statuses[] = { 0, 8, 255, 256, 300, -1 };
    int expected[] = { 0, 8, 255, 0, 44, 255 };
    size_t i;

    (void)state;
    for (i = 0; i < 6; i++) {
        mp_test_finish(mp_test_start(status_of, &statuses[i], NULL),
                       expected[i]);
        mp_test_finish(mp_test_start(leave_with, &statuses[i], NULL),
                       expected[i]);
        mp_test_finish(mp_test_start(exit_plainly, &statuses[i], NULL),
                       expected[i]);
    }
    mp_test_finish(mp_test_start(NULL, NULL, NULL), 0);
}

static void a_running_child_is_seen_to_run_and_to_end(void **state)
{
    mp_process *process = mp_test_start(sleep_long, NULL, NULL);
    mp_process *children[2] = { NULL, NULL };
    struct pollfd poll_set = { .fd = mp_process_descriptor(process),
                               .events = POLLIN };
    int64_t began = mp_test_clock_ms();
    int status = 0;

    (void)state;
    assert_int_equal(mp_process_is_alive(process), 1);
    assert_int_equal(mp_process_exit_status(process, &status), MP_EAGAIN);
    assert_int_equal(mp_process_children(children, 2), 1);
    assert_ptr_equal(children[0], process);
    assert_int_equal(mp_process_start(process), MP_ESTATE);
    assert_int_equal(mp_process_join(process, 0), MP_ETIMEDOUT);
    assert_int_equal(mp_process_join(process, -1), MP_ETIMEDOUT);
    assert_int_equal(mp_process_join(process, 50), MP_ETIMEDOUT);
    assert_in_range(mp_test_clock_ms() - began, 50, 5000);
    assert_int_equal(poll(&poll_set, 1, 0), 0);
    assert_int_equal(mp_process_terminate(process), 0);
    assert_int_equal(poll(&poll_set, 1, 5000), 1);
    assert_int_equal(mp_process_join(process, MP_FOREVER), 0);
    assert_int_equal(mp_process_join(process, 0), 0);
    assert_int_equal(mp_process_join(process, INT_MAX - 1), 0);
    assert_int_equal(mp_process_terminate(process), 0);
    assert_int_equal(mp_process_kill(process), 0);
    assert_int_equal(mp_process_is_alive(process), 0);
    assert_int_equal(mp_process_children(NULL, 0), 0);
    mp_test_finish(process, -SIGTERM);
}

static void a_child_that_ignores_sigterm_is_killed(void **state)
{
    void *ready = NULL;
    mp_process *process;

    (void)state;
    assert_int_equal(mp_shared_create(&ready, sizeof(int)), 0);
    process = mp_test_start(ignore_sigterm, ready, NULL);
    while (*(volatile int *)ready == 0) {
        mp_test_sleep_ms(1);
    }
    assert_int_equal(mp_process_terminate(process), 0);
    assert_int_equal(mp_process_join(process, 50), MP_ETIMEDOUT);
    assert_int_equal(mp_process_kill(process), 0);
    mp_test_finish(process, -SIGKILL);
    mp_shared_destroy(ready);
}

static void a_hundred_children_all_end(void **state)
{
    static mp_process *processes[100];
    int zero = 0;
    int i;

    (void)state;
    for (i = 0; i < 100; i++) {
        processes[i] = mp_test_start(status_of, &zero, NULL);
    }
    for (i = 0; i < 100; i++) {
        mp_test_finish(processes[i], 0);
    }
    for (i = 0; i < 100; i++) {
        processes[i] = mp_test_start(sleep_long, NULL, NULL);
        assert_int_equal(mp_process_terminate(processes[i]), 0);
    }
    for (i = 0; i < 100; i++) {
        mp_test_finish(processes[i], -SIGTERM);
    }
}

static int check_names(void *expected)
{
    mp_process *grandchild = NULL;
    int wrong = strcmp(mp_process_name(mp_process_current()), expected) != 0;

    wrong |= mp_process_pid(mp_process_current()) != getpid();
    wrong |= mp_process_is_alive(mp_process_current()) != 1;
    wrong |= mp_process_pid(mp_process_parent()) != getppid();
    wrong |= mp_process_is_alive(mp_process_parent()) != 1;
    wrong |= mp_process_join(mp_process_parent(), 0) != MP_ETIMEDOUT;
    wrong |= mp_process_children(NULL, 0) != 0;
    wrong |= mp_process_create(&grandchild, NULL, NULL, NULL) != 0;
    wrong |= strncmp(mp_process_name(grandchild), "Process-", 8) != 0;
    wrong |= strchr(mp_process_name(grandchild), ':') == NULL;
    mp_process_destroy(grandchild);
    return wrong;
}

static void processes_know_their_names_and_parents(void **state)
{
    mp_process *process = NULL;
    mp_process *other = NULL;
    unsigned number = 0;
    unsigned next = 0;
    char bob[] = "bob";

    (void)state;
    assert_string_equal(mp_process_name(mp_process_current()), "MainProcess");
    assert_int_equal(mp_process_pid(mp_process_current()), getpid());
    assert_null(mp_process_parent());
    mp_test_finish(
        mp_test_start(check_names, bob, &(mp_process_options){ .name = "bob" }),
        0);
    assert_int_equal(mp_process_create(&process, NULL, NULL, NULL), 0);
    assert_int_equal(mp_process_create(&other, NULL, NULL,
                                       &(mp_process_options){ .name = "" }),
                     0);
    assert_int_equal(sscanf(mp_process_name(process), "Process-%u", &number),
                     1);
    assert_int_equal(sscanf(mp_process_name(other), "Process-%u", &next), 1);
    assert_int_equal(next, number + 1);
    mp_process_destroy(process);
    mp_process_destroy(other);
}

static int try_to_start(void *unused)
{
    mp_process *process = NULL;
    int error = mp_process_create(&process, NULL, NULL, NULL);

    (void)unused;
    error = error < 0 ? error : mp_process_start(process);
    mp_process_destroy(process);
    return error == MP_ESTATE ? 0 : 1;
}

static void daemons_start_no_children(void **state)
{
    mp_process *process = mp_test_start(
        try_to_start, NULL, &(mp_process_options){ .daemon = MP_DAEMON_ON });

    (void)state;
    assert_int_equal(mp_process_is_daemon(process), 1);
    mp_test_finish(process, 0);
}

static int use_foreign(void *argument)
{
    mp_process *process = argument;
    int status = 0;

    if (mp_process_join(process, 0) != MP_ESTATE ||
        mp_process_is_alive(process) != MP_ESTATE ||
        mp_process_exit_status(process, &status) != MP_ESTATE ||
        mp_process_kill(process) != MP_ESTATE ||
        mp_process_start(process) != MP_ESTATE) {
        return 1;
    }
    mp_process_destroy(process);
    return 0;
}

static void handles_are_of_use_to_their_maker_only(void **state)
{
    mp_process *process = mp_test_start(sleep_long, NULL, NULL);

    (void)state;
    assert_int_equal(mp_test_in_child(use_foreign, process), 0);
    mp_test_finish(mp_test_start(use_foreign, process, NULL), 0);
    assert_int_equal(mp_process_is_alive(process), 1);
    assert_int_equal(mp_process_kill(process), 0);
    mp_test_finish(process, -SIGKILL);
}

static int fork_and_leave(void *unused)
{
    (void)unused;
    if (fork() == 0) {
        mp_test_sleep_ms(1500); /* keeps what it has inherited */
        _exit(0);
    }
    return 7;
}

static void a_child_ends_although_a_grandchild_lives_on(void **state)
{
    int64_t began = mp_test_clock_ms();

    (void)state;
    mp_test_finish(mp_test_start(fork_and_leave, NULL, NULL), 7);
    assert_true(mp_test_clock_ms() - began < 1200);
    mp_test_sleep_ms(1600);
}

static void a_status_that_was_stolen_is_unknown(void **state)
{
    mp_process *process = mp_test_start(NULL, NULL, NULL);
    int status = 5;

    (void)state;
    assert_int_equal(waitpid(mp_process_pid(process), NULL, 0),
                     mp_process_pid(process));
    assert_int_equal(mp_process_join(process, 5000), 0);
    assert_int_equal(mp_process_exit_status(process, &status), MP_EUNKNOWN);
    assert_int_equal(status, 5);
    assert_int_equal(mp_process_kill(process), 0);
    mp_process_destroy(process);
}

static void join_works_where_sigchld_is_ignored(void **state)
{
    struct sigaction before;
    mp_process *process;
    int status = 5;

    (void)state;
    assert_int_equal(sigaction(SIGCHLD, NULL, &before), 0);
    (void)signal(SIGCHLD, SIG_IGN);
    process = mp_test_start(NULL, NULL, NULL);
    assert_int_equal(mp_process_join(process, 5000), 0);
    assert_int_equal(mp_process_exit_status(process, &status), MP_EUNKNOWN);
    mp_process_destroy(process);
    assert_int_equal(sigaction(SIGCHLD, &before, NULL), 0);
}

static void a_hosts_own_child_is_left_to_it(void **state)
{
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        _exit(3);
    }
    mp_test_finish(mp_test_start(NULL, NULL, NULL), 0);
    assert_int_equal(mp_process_children(NULL, 0), 0);
    assert_int_equal(mp_test_wait_for_child(pid, 5000), 3);
}

static int read_stdin(void *unused)
{
    char byte;

    (void)unused;
    return getchar() != EOF || read(0, &byte, 1) != 0;
}

static void a_childs_stdin_is_empty(void **state)
{
    (void)state;
    mp_test_finish(mp_test_start(read_stdin, NULL, NULL), 0);
    /* Also of what its parent has put there before it has read anything. */
    assert_int_equal(ungetc('x', stdin), 'x');
    mp_test_finish(mp_test_start(read_stdin, NULL, NULL), 0);
    assert_int_equal(getchar(), 'x');
}

static void detached_children_are_reaped_later(void **state)
{
    mp_process *process = NULL;
    int i;

    (void)state;
    for (i = 0; i < 20; i++) {
        process = mp_test_start(NULL, NULL, NULL);
        mp_process_destroy(process);
    }
    while (mp_process_children(NULL, 0) > 0 ||
           waitid(P_ALL, 0, &(siginfo_t){ .si_pid = 0 },
                  WEXITED | WNOHANG | WNOWAIT) == 0) {
        mp_test_sleep_ms(1);
    }
    assert_int_equal(errno, ECHILD);
}

static void descriptors_do_not_pile_up(void **state)
{
    int before = mp_test_open_descriptors();
    int i;

    (void)state;
    for (i = 0; i < 50; i++) {
        mp_test_finish(mp_test_start(NULL, NULL, NULL), 0);
    }
    assert_int_equal(mp_test_open_descriptors(), before);
}

static void join_goes_on_after_signals(void **state)
{
    mp_process *process = mp_test_start(sleep_long, NULL, NULL);
    int64_t began = mp_test_clock_ms();

    (void)state;
    mp_test_signal_storm_begin(20);
    assert_int_equal(mp_process_join(process, 300), MP_ETIMEDOUT);
    assert_in_range(mp_test_clock_ms() - began, 300, 5000);
    mp_test_signal_storm_end();
    assert_int_equal(mp_process_kill(process), 0);
    mp_test_finish(process, -SIGKILL);
}

struct marks {
    volatile int child; /* a non-daemon reached its end */
    volatile int daemon;
    volatile int handler; /* the parent's exit handler ran in a child */
    volatile pid_t daemon_pid;
};
static struct marks *marks;

static int mark_late(void *unused)
{
    (void)unused;
    mp_test_sleep_ms(300);
    marks->child = 1;
    return 0;
}

static int daemon_main(void *unused)
{
    (void)unused;
    marks->daemon_pid = getpid();
    mp_test_sleep_ms(20000);
    marks->daemon = 1;
    return 0;
}

static void count_handler(void)
{
    marks->handler++;
}

/* A program of its own: start both kinds of children and leave. */
static int leave_with_children(void *unused)
{
    (void)unused;
    (void)atexit(count_handler);
    (void)mp_test_start(mark_late, NULL, NULL);
    (void)mp_test_start(daemon_main, NULL,
                        &(mp_process_options){ .daemon = MP_DAEMON_ON });
    while (marks->daemon_pid == 0) {
        mp_test_sleep_ms(1);
    }
    exit(5);
}

static void an_exit_minds_children(void **state)
{
    void *memory = NULL;
    int64_t began = mp_test_clock_ms();

    (void)state;
    assert_int_equal(mp_shared_create(&memory, sizeof(*marks)), 0);
    marks = memory;
    assert_int_equal(mp_test_in_child(leave_with_children, NULL), 5);
    assert_true(mp_test_clock_ms() - began >= 300);
    assert_int_equal(marks->child, 1);
    assert_int_equal(marks->daemon, 0);
    assert_int_equal(marks->handler, 1);
    assert_true(mp_test_pid_is_gone(marks->daemon_pid, 5000));
    mp_shared_destroy(memory);
}

static void bad_arguments_are_named(void **state)
{
    mp_process *process = NULL;

    (void)state;
    assert_int_equal(mp_process_create(NULL, NULL, NULL, NULL), MP_EINVAL);
    assert_int_equal(mp_process_create(&process, NULL, NULL,
                                       &(mp_process_options){ .daemon = 9 }),
                     MP_EINVAL);
    assert_null(process);
    assert_int_equal(mp_process_start(NULL), MP_EINVAL);
    assert_int_equal(mp_process_join(NULL, 0), MP_EINVAL);
    assert_int_equal(mp_process_is_alive(NULL), MP_EINVAL);
    assert_int_equal(mp_process_terminate(NULL), MP_EINVAL);
    assert_int_equal(mp_process_children(NULL, 1), MP_EINVAL);
    assert_int_equal(mp_process_pid(NULL), 0);
    assert_null(mp_process_name(NULL));
    mp_process_destroy(NULL);
    mp_process_destroy(mp_process_current());
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        mp_test(before_its_start_a_process_is_nothing),
        mp_test(exit_statuses_come_back_modulo_256),
        mp_test(a_running_child_is_seen_to_run_and_to_end),
        mp_test(a_child_that_ignores_sigterm_is_killed),
        mp_test(a_hundred_children_all_end),
        mp_test(processes_know_their_names_and_parents),
        mp_test(daemons_start_no_children),
        mp_test(handles_are_of_use_to_their_maker_only),
        mp_test(a_child_ends_although_a_grandchild_lives_on),
        mp_test(a_status_that_was_stolen_is_unknown),
        mp_test(join_works_where_sigchld_is_ignored),
        mp_test(a_hosts_own_child_is_left_to_it),
        mp_test(a_childs_stdin_is_empty),
        mp_test(detached_children_are_reaped_later),
        mp_test(descriptors_do_not_pile_up),
        mp_test(join_goes_on_after_signals),
        mp_test(an_exit_minds_children),
        mp_test(bad_arguments_are_named),
    };

    return mp_run_tests(tests);
}
