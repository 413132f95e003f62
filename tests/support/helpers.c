/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * helpers.c -- what tests of processes need again and again
 */
#define _GNU_SOURCE

#include "helpers.h"

#include "descendants.h"
#include "descriptors.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CHILD_TIMEOUT_MS = 30000, NO_STATUS = -1000 };

static bool storming;
static struct sigaction before_storm;

int64_t mp_test_clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void mp_test_sleep_ms(int ms)
{
    struct timespec left = { ms / 1000, (long)(ms % 1000) * 1000000 };

    while (nanosleep(&left, &left) < 0 && errno == EINTR) {
        /* go on */
    }
}

static void pause_1_ms(void)
{
    const struct timespec pause = { 0, 1000000 };

    nanosleep(&pause, NULL);
}

int mp_test_wait_for_child(pid_t pid, int timeout_ms)
{
    int64_t end_ms = mp_test_clock_ms() + timeout_ms;
    int flags = WNOHANG;
    int status = 0;
    pid_t reaped;

    while ((reaped = waitpid(pid, &status, flags)) != pid) {
        if (reaped < 0 && errno != EINTR) {
            return NO_STATUS;
        }
        if (flags == WNOHANG && mp_test_clock_ms() >= end_ms) {
            dprintf(STDERR_FILENO, "fixture: killed child %ld after %d ms\n",
                    (long)pid, timeout_ms);
            kill(pid, SIGKILL);
            flags = 0;
        } else if (flags == WNOHANG) {
            pause_1_ms();
        }
    }
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

int mp_test_in_child(int (*run)(void *argument), void *argument)
{
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid < 0) {
        return NO_STATUS;
    }
    if (pid == 0) {
        int status = run(argument);

        fflush(NULL);
        _exit(status);
    }
    return mp_test_wait_for_child(pid, CHILD_TIMEOUT_MS);
}

static void do_nothing(int signal_number)
{
    (void)signal_number;
}

void mp_test_signal_storm_begin(int every_ms)
{
    struct sigaction action = { .sa_handler = do_nothing };
    struct itimerval timer = { { 0, 0 }, { 0, 0 } };

    mp_test_signal_storm_end();
    sigemptyset(&action.sa_mask);
    sigaction(SIGALRM, &action, &before_storm);
    storming = true;
    timer.it_interval.tv_sec = every_ms / 1000;
    timer.it_interval.tv_usec = (suseconds_t)(every_ms % 1000) * 1000;
    timer.it_value = timer.it_interval;
    setitimer(ITIMER_REAL, &timer, NULL);
}

void mp_test_signal_storm_end(void)
{
    const struct itimerval none = { { 0, 0 }, { 0, 0 } };
    struct sigaction ignore = { .sa_handler = SIG_IGN };

    if (!storming) {
        return;
    }
    setitimer(ITIMER_REAL, &none, NULL);
    /* To ignore it discards one that is pending but blocked. */
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGALRM, &ignore, NULL);
    sigaction(SIGALRM, &before_storm, NULL);
    storming = false;
}

bool mp_test_pid_is_gone(pid_t pid, int within_ms)
{
    int64_t end_ms = mp_test_clock_ms() + within_ms;

    while (kill(pid, 0) == 0 || errno != ESRCH) {
        if (mp_test_clock_ms() >= end_ms) {
            return false;
        }
        pause_1_ms();
    }
    return true;
}

int mp_test_open_descriptors(void)
{
    static mp_test__descriptors now;

    mp_test__descriptors_look(&now);
    return (int)(now.count + now.left_out);
}

int mp_test_process_state(pid_t pid)
{
    mp_test__process process;

    return mp_test__process_look(pid, &process) ? process.state : 0;
}
