/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * kill_stage.c -- where a scenario is played, and who is killed in it
 */
#include "faults/kill_stage.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct stage *stage;

_Noreturn void stage_fail(const char *file, int line, const char *what,
                          int result)
{
    int nobody = 0;
    const char *name = strrchr(file, '/');

    if (atomic_compare_exchange_strong(&stage->failed, &nobody, 1)) {
        (void)snprintf(stage->text, sizeof(stage->text),
                       "%s:%d: not so: %s (result %d: %s)",
                       name == NULL ? file : name + 1, line, what, result,
                       mp_strerror(result));
    }
    _exit(1);
}

int stage_killed(enum mp__kill_role role)
{
    int count = 0;
    int i;

    for (i = 0; i < MP__KILLS_MOST && stage->plan.kills[i].point >= 0; i++) {
        count += atomic_load(&stage->plan.kills[i].fired) != 0 &&
                 stage->plan.kills[i].role == (int32_t)role;
    }
    return count;
}

int stage_killed_any(void)
{
    int count = 0;
    int role;

    for (role = 0; role < MP__ROLES; role++) {
        count += stage_killed((enum mp__kill_role)role);
    }
    return count;
}

bool stage_main_is_gone(void)
{
    return getpid() != stage->main && getppid() != stage->main;
}

int64_t stage_clock_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void stage_nap_us(long us)
{
    struct timespec span = { us / 1000000, us % 1000000 * 1000 };

    while (nanosleep(&span, &span) < 0 && errno == EINTR) {
        /* go on */
    }
}

_Noreturn void stage_die(void)
{
    (void)kill(getpid(), SIGKILL);
    abort();
}

pid_t actor_start(enum mp__kill_role role, void (*run)(int number), int number)
{
    pid_t pid = fork();

    if (pid == 0) {
        mp__kill_point_role(role);
        run(number);
        _exit(0);
    }
    CHECK(pid > 0);
    return pid;
}

static bool look_at_status(int status)
{
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
        return true;
    }
    CHECK_RESULT(status == 0, status);
    return false;
}

bool actor_wait(pid_t pid)
{
    int status = 0;
    pid_t got;

    do {
        got = waitpid(pid, &status, 0);
    } while (got < 0 && errno == EINTR);
    CHECK(got == pid);
    return look_at_status(status);
}

bool actor_wait_any(void)
{
    int status = 0;
    pid_t got;

    for (;;) {
        got = waitpid(-1, &status, 0);
        if (got > 0 && look_at_status(status)) {
            return true;
        }
        if (got < 0 && errno != EINTR) {
            return false;
        }
    }
}

void actors_wait(void)
{
    while (actor_wait_any()) {
        /* go on */
    }
}
