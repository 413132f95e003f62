/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_processes.c -- rows P-01 to P-16: start, join, end of a process
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/process_helpers.h"

#include <mp/mp.h>

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LONG_MS 20000

static int return_status(void *argument)
{
    return *(int *)argument;
}

static int sleep_long(void *argument)
{
    (void)argument;
    mp_test_sleep_ms(60000);
    return 0;
}

static void P_01_before_start_all_questions_have_answers(void **state)
{
    mp_process *process = NULL;
    mp_process *children[2];
    int status = 77;

    (void)state;
    assert_int_equal(mp_process_create(&process, sleep_long, NULL, NULL),
                     MP_OK);
    assert_int_equal(mp_process_is_alive(process), 0);
    assert_int_equal(mp_process_pid(process), 0);
    assert_int_equal(mp_process_exit_status(process, &status), MP_EAGAIN);
    assert_int_equal(status, 77);
    assert_int_equal(mp_process_children(children, 2), 0);
    mp_process_destroy(process);
}

struct told {
    pid_t pid;
    size_t length;
    char text[64];
};

static int tell_pid(void *argument)
{
    struct told *told = argument;

    told->pid = getpid();
    return 0;
}

static void P_02_started_it_lives_and_joined_it_is_gone(void **state)
{
    mp_process *children[2] = { NULL };
    mp_process *process;
    void *memory;
    int status = 77;

    (void)state;
    assert_int_equal(mp_shared_create(&memory, sizeof(struct told)), MP_OK);
    process = mp_test_start(sleep_long, NULL, NULL);
    assert_int_equal(mp_process_is_alive(process), 1);
    assert_int_equal(mp_process_exit_status(process, &status), MP_EAGAIN);
    assert_int_equal(mp_process_children(children, 2), 1);
    assert_ptr_equal(children[0], process);
    assert_int_equal(mp_process_kill(process), MP_OK);
    mp_test_finish(process, -SIGKILL);
    process = mp_test_start(tell_pid, memory, NULL);
    assert_int_equal(mp_process_join(process, LONG_MS), MP_OK);
    assert_int_equal(mp_process_pid(process), ((struct told *)memory)->pid);
    assert_int_equal(mp_process_exit_status(process, &status), MP_OK);
    assert_int_equal(status, 0);
    assert_int_equal(mp_process_is_alive(process), 0);
    assert_int_equal(mp_process_children(children, 2), 0);
    mp_process_destroy(process);
    mp_shared_destroy(memory);
}

struct errand {
    struct told *told; /* shared */
    const char *text;
    size_t length;
};

static int copy_text(void *argument)
{
    struct errand *errand = argument;

    errand->told->pid = getpid();
    errand->told->length = errand->length;
    memcpy(errand->told->text, errand->text, errand->length);
    return 0;
}

static void P_03_the_child_gets_its_argument_as_it_is(void **state)
{
    struct errand errand = { .text = "bytes \0 and all", .length = 15 };
    mp_process *process;
    void *memory;

    (void)state;
    assert_int_equal(mp_shared_create(&memory, sizeof(struct told)), MP_OK);
    errand.told = memory;
    mp_test_finish(mp_test_start(copy_text, &errand, NULL), 0);
    assert_int_not_equal(errand.told->pid, getpid());
    assert_int_equal(errand.told->length, 15);
    assert_memory_equal(errand.told->text, errand.text, 15);
    assert_int_equal(mp_process_create(&process, NULL, NULL, NULL), MP_OK);
    assert_int_equal(mp_process_start(process), MP_OK);
    mp_test_finish(process, 0);
    mp_shared_destroy(memory);
}

static void P_05_the_child_never_comes_back_from_start(void **state)
{
    mp_process *process;
    int *after;
    void *memory;
    int i;

    (void)state;
    assert_int_equal(mp_shared_create(&memory, sizeof(int)), MP_OK);
    after = memory;
    for (i = 1; i <= 5; i++) {
        assert_int_equal(mp_process_create(&process, NULL, NULL, NULL), MP_OK);
        assert_int_equal(mp_process_start(process), MP_OK);
        ++*after; /* shared: a child that came here would be counted */
        mp_test_finish(process, 0);
        assert_int_equal(*after, i);
    }
    mp_shared_destroy(memory);
}

static void P_06_join_of_an_ended_child_returns_at_once(void **state)
{
    static const int timeouts[] = {
        MP_FOREVER, -1, INT_MIN, 0, 1, INT_MAX - 1
    };
    int five = 5;
    mp_process *process = mp_test_start(return_status, &five, NULL);
    size_t i;

    (void)state;
    assert_int_equal(mp_process_join(process, MP_FOREVER), MP_OK);
    for (i = 0; i < sizeof(timeouts) / sizeof(timeouts[0]); i++) {
        int status = 0;

        assert_int_equal(mp_process_join(process, timeouts[i]), MP_OK);
        assert_int_equal(mp_process_exit_status(process, &status), MP_OK);
        assert_int_equal(status, 5);
    }
    mp_process_destroy(process);
}

static void P_07_join_without_time_says_still_running(void **state)
{
    static const int timeouts[] = { 0, -1, INT_MIN };
    mp_process *process = mp_test_start(sleep_long, NULL, NULL);
    size_t i;

    (void)state;
    for (i = 0; i < 3; i++) {
        int64_t before = mp_test_clock_ms();

        assert_int_equal(mp_process_join(process, timeouts[i]), MP_ETIMEDOUT);
        assert_true(mp_test_clock_ms() - before < 5000);
        assert_int_equal(mp_process_is_alive(process), 1);
    }
    assert_int_equal(mp_process_kill(process), MP_OK);
    mp_test_finish(process, -SIGKILL);
}

static void P_08_timed_join_is_never_early_and_can_be_repeated(void **state)
{
    mp_process *process = mp_test_start(sleep_long, NULL, NULL);
    int i;

    (void)state;
    for (i = 1; i <= 3; i++) {
        int64_t before = mp_test_clock_ms();

        assert_int_equal(mp_process_join(process, 20 * i), MP_ETIMEDOUT);
        assert_true(mp_test_clock_ms() - before >= 20 * i);
        assert_int_equal(mp_process_is_alive(process), 1);
    }
    assert_int_equal(mp_process_kill(process), MP_OK);
    mp_test_finish(process, -SIGKILL);
}

static void P_09_join_before_and_start_after_start_are_refused(void **state)
{
    mp_process *children[4];
    mp_process *process = NULL;

    (void)state;
    assert_int_equal(mp_process_create(&process, sleep_long, NULL, NULL),
                     MP_OK);
    assert_int_equal(mp_process_join(process, MP_FOREVER), MP_ESTATE);
    assert_int_equal(mp_process_join(process, 0), MP_ESTATE);
    assert_int_equal(mp_process_start(process), MP_OK);
    assert_int_equal(mp_process_start(process), MP_ESTATE);
    assert_int_equal(mp_process_children(children, 4), 1);
    assert_int_equal(mp_process_kill(process), MP_OK);
    assert_int_equal(mp_process_join(process, LONG_MS), MP_OK);
    assert_int_equal(mp_process_start(process), MP_ESTATE);
    assert_int_equal(mp_process_children(children, 4), 0);
    mp_process_destroy(process);
}

static int die_of(void *number)
{
    (void)signal(*(int *)number, SIG_DFL);
    (void)kill(getpid(), *(int *)number);
    mp_test_sleep_ms(60000);
    return 0;
}

static void P_10_a_signal_is_a_negative_status(void **state)
{
    int numbers[] = { SIGSEGV, SIGABRT, SIGTERM, SIGKILL, SIGUSR1, SIGALRM };
    mp_process *process = mp_test_start(sleep_long, NULL, NULL);
    size_t i;

    (void)state;
    assert_int_equal(mp_process_terminate(process), MP_OK);
    mp_test_finish(process, -SIGTERM);
    process = mp_test_start(sleep_long, NULL, NULL);
    assert_int_equal(mp_process_kill(process), MP_OK);
    mp_test_finish(process, -SIGKILL);
    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        mp_test_finish(mp_test_start(die_of, &numbers[i], NULL), -numbers[i]);
    }
}

static int exit_with(void *argument)
{
    exit(*(int *)argument);
}

static int exit_with_mp(void *argument)
{
    mp_process_exit(*(int *)argument);
    return 99;
}

static void P_11_statuses_are_modulo_256(void **state)
{
    int given[] = { 0, 1, 8, 255, 256, 300, -1, SIGKILL };
    int seen[] = { 0, 1, 8, 255, 0, 44, 255, SIGKILL };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
        mp_test_finish(mp_test_start(return_status, &given[i], NULL), seen[i]);
        mp_test_finish(mp_test_start(exit_with, &given[i], NULL), seen[i]);
        mp_test_finish(mp_test_start(exit_with_mp, &given[i], NULL), seen[i]);
    }
}

static void P_13_ended_children_get_no_signal(void **state)
{
    int zero = 0;
    mp_process *process = mp_test_start(return_status, &zero, NULL);
    int status = 9;

    (void)state;
    assert_int_equal(mp_process_join(process, LONG_MS), MP_OK);
    assert_int_equal(mp_process_terminate(process), MP_OK);
    assert_int_equal(mp_process_kill(process), MP_OK);
    assert_int_equal(mp_process_exit_status(process, &status), MP_OK);
    assert_int_equal(status, 0);
    mp_process_destroy(process);
}

static volatile sig_atomic_t signals;

static void count_signal(int number)
{
    (void)number;
    signals++;
}

static void P_14_terminate_before_start_sends_nothing(void **state)
{
    struct sigaction action = { .sa_handler = count_signal };
    struct sigaction before;
    mp_process *process = NULL;

    (void)state;
    signals = 0;
    assert_int_equal(sigaction(SIGTERM, &action, &before), 0);
    assert_int_equal(mp_process_create(&process, NULL, NULL, NULL), MP_OK);
    assert_int_equal(mp_process_terminate(process), MP_ESTATE);
    assert_int_equal(mp_process_kill(process), MP_ESTATE);
    mp_test_sleep_ms(5);
    assert_int_equal(signals, 0);
    assert_int_equal(sigaction(SIGTERM, &before, NULL), 0);
    mp_process_destroy(process);
}

#define HUNDRED 100

static void P_15_a_hundred_children_end_as_they_should(void **state)
{
    mp_process *children[HUNDRED];
    int zero = 0;
    int i;

    (void)state;
    for (i = 0; i < HUNDRED; i++) {
        children[i] = mp_test_start(return_status, &zero, NULL);
    }
    for (i = 0; i < HUNDRED; i++) {
        mp_test_finish(children[i], 0);
    }
    for (i = 0; i < HUNDRED; i++) {
        children[i] = mp_test_start(sleep_long, NULL, NULL);
        assert_int_equal(mp_process_terminate(children[i]), MP_OK);
    }
    for (i = 0; i < HUNDRED; i++) {
        mp_test_finish(children[i], -SIGTERM);
    }
}

static int ignore_sigterm(void *ready)
{
    (void)signal(SIGTERM, SIG_IGN);
    (void)mp_event_set(ready);
    return sleep_long(NULL);
}

static void P_16_ignoring_or_stopped_children_are_alive(void **state)
{
    mp_process *process;
    mp_event *ready = NULL;
    int status = 0;

    (void)state;
    assert_int_equal(mp_event_create(&ready), MP_OK);
    process = mp_test_start(ignore_sigterm, ready, NULL);
    assert_int_equal(mp_event_wait(ready, LONG_MS), MP_OK);
    assert_int_equal(mp_process_terminate(process), MP_OK);
    assert_int_equal(mp_process_join(process, 30), MP_ETIMEDOUT);
    assert_int_equal(kill(mp_process_pid(process), SIGSTOP), 0);
    assert_int_equal(mp_process_join(process, 30), MP_ETIMEDOUT);
    assert_int_equal(mp_process_is_alive(process), 1);
    assert_int_equal(mp_process_exit_status(process, &status), MP_EAGAIN);
    assert_int_equal(mp_process_kill(process), MP_OK);
    mp_test_finish(process, -SIGKILL);
    mp_event_destroy(ready);
}

static const struct CMUnitTest tests[] = {
    mp_test(P_01_before_start_all_questions_have_answers),
    mp_test(P_02_started_it_lives_and_joined_it_is_gone),
    mp_test(P_03_the_child_gets_its_argument_as_it_is),
    mp_test(P_05_the_child_never_comes_back_from_start),
    mp_test(P_06_join_of_an_ended_child_returns_at_once),
    mp_test(P_07_join_without_time_says_still_running),
    mp_test(P_08_timed_join_is_never_early_and_can_be_repeated),
    mp_test(P_09_join_before_and_start_after_start_are_refused),
    mp_test(P_10_a_signal_is_a_negative_status),
    mp_test(P_11_statuses_are_modulo_256),
    mp_test(P_13_ended_children_get_no_signal),
    mp_test(P_14_terminate_before_start_sends_nothing),
    mp_test(P_15_a_hundred_children_end_as_they_should),
    mp_test(P_16_ignoring_or_stopped_children_are_alive),
};

int main(void)
{
    return mp_run_tests(tests);
}
