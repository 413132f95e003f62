/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * step_stage.c -- what the scenarios of single_step share
 */
#define _GNU_SOURCE

#include "faults/step_stage.h"

#include "support/helpers.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

struct mp_stage *mp_stage;
bool mp_stage_over;
bool mp_stage_took;

static pid_t helper;
static pid_t corpse;

/* The marks are places for breakpoints: they must be functions, and called. */
__attribute__((noinline)) void mp_stage_start(void)
{
    __asm__ __volatile__("" ::: "memory");
}

__attribute__((noinline)) void mp_stage_end(void)
{
    __asm__ __volatile__("nop" ::: "memory");
}

void mp_stage_enter(void)
{
    mp_stage->victim = getpid();
    while (mp_stage->go == 0) {
        (void)sched_yield();
    }
    mp_stage_start();
}

void mp_stage_enter_if_armed(void)
{
    if (__atomic_exchange_n(&mp_stage->armed, 0, __ATOMIC_SEQ_CST) != 0) {
        mp_stage_enter();
    }
}

void mp_helper_start(int (*run)(void))
{
    mp_stage->helper_began = 0;
    mp_stage->helper_ended = 0;
    helper = fork();
    if (helper < 0) {
        abort();
    }
    if (helper == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        mp_stage->helper_began = 1;
        mp_stage->helper_result = run();
        mp_stage->helper_ended = 1;
        for (;;) {
            (void)pause(); /* it lives on: nobody is to profit by its death */
        }
    }
}

void mp_stage_nap(void)
{
    mp_test_sleep_ms(1);
}

void mp_helper_wait_asleep(void)
{
    int64_t end = mp_test_clock_ms() + STEP_LIMIT_MS;

    while (mp_stage->helper_began == 0 ||
           mp_test_process_state(helper) != 'S') {
        if (mp_test_clock_ms() > end) {
            STEP_FAIL("the helper does not sleep");
            return;
        }
        (void)sched_yield();
    }
}

bool mp_helper_has_ended(void)
{
    return mp_stage->helper_ended != 0;
}

int mp_helper_result(void)
{
    int64_t end = mp_test_clock_ms() + STEP_LIMIT_MS;

    while (mp_stage->helper_ended == 0) {
        if (mp_test_clock_ms() > end) {
            STEP_FAIL("the helper still waits");
            return -1;
        }
        mp_stage_nap();
    }
    return mp_stage->helper_result;
}

void mp_helper_end(void)
{
    (void)kill(helper, SIGKILL);
    (void)waitpid(helper, NULL, 0);
}

void mp_corpse_make(void (*run)(void))
{
    struct rlimit none = { 0, 0 };
    siginfo_t info;

    corpse = fork();
    if (corpse == 0) {
        (void)setrlimit(RLIMIT_CORE, &none);
        run();
        _exit(0);
    }
    STEP_CHECK(waitid(P_PID, (id_t)corpse, &info, WEXITED | WNOWAIT) == 0);
}

void mp_corpse_reap(void)
{
    (void)waitpid(corpse, NULL, 0);
}
