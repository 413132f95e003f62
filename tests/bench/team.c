/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * team.c -- processes that start together, are timed, and tell whether all
 * went well; eaters of CPU time
 */
#include "bench.h"

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEAM_MAX = 64 };

struct start {
    atomic_int forked; /* so that none runs while others are made */
    atomic_int warm;
    double began[TEAM_MAX];
    double ended[TEAM_MAX];
};

static void meet(atomic_int *arrived, int size)
{
    atomic_fetch_add(arrived, 1);
    while (atomic_load(arrived) < size) {
        (void)sched_yield();
    }
}

static int member(struct start *start, bench_role *role, void *context,
                  int index, int size, long warm, long count)
{
    int wrong;

    meet(&start->forked, size);
    wrong = warm > 0 ? role(context, index, warm) : 0;
    meet(&start->warm, size);
    start->began[index] = bench_now_s();
    wrong |= role(context, index, count);
    start->ended[index] = bench_now_s();
    return wrong != 0;
}

/* Whether it exited with 0. */
static bool ended_well(pid_t pid)
{
    int status = 0;

    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

double bench_team(bench_role *role, void *context, int size, long warm,
                  long count)
{
    struct start *start = bench_shared(sizeof(*start));
    pid_t pids[TEAM_MAX];
    bool well = true;
    double first;
    double last;

    for (int i = 0; i < size; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            _exit(member(start, role, context, i, size, warm, count));
        }
        if (pids[i] < 0) {
            perror("bench: fork");
            exit(2);
        }
    }
    for (int i = 0; i < size; i++) {
        well = ended_well(pids[i]) && well;
    }
    first = start->began[0];
    last = start->ended[0];
    for (int i = 1; i < size; i++) {
        first = start->began[i] < first ? start->began[i] : first;
        last = start->ended[i] > last ? start->ended[i] : last;
    }
    bench_unshare(start, sizeof(*start));
    return well ? last - first : -1;
}

int bench_apart(int (*once)(const void *context, double *values),
                const void *context, double *values)
{
    struct answer {
        int outcome;
        double values[BENCH_VALUES];
    } *answer = bench_shared(sizeof(*answer));
    pid_t pid = fork();
    int outcome = BENCH_WRONG;

    if (pid == 0) {
        answer->outcome = once(context, answer->values);
        _exit(0);
    }
    if (pid > 0 && ended_well(pid)) {
        outcome = answer->outcome;
        memcpy(values, answer->values, sizeof(answer->values));
    }
    bench_unshare(answer, sizeof(*answer));
    return outcome;
}

static pid_t burners[TEAM_MAX];

void bench_burn_start(void)
{
    for (int i = 0; i < bench_cpus(); i++) {
        burners[i] = fork();
        if (burners[i] == 0) {
            pid_t owner = getppid();

            (void)bench_pin(i);
            while (getppid() == owner) { /* an orphan leaves */
                for (volatile long spin = 0; spin < 1000000; spin++) {
                }
            }
            _exit(0);
        }
    }
}

void bench_burn_stop(void)
{
    for (int i = 0; i < bench_cpus(); i++) {
        if (burners[i] > 0) {
            (void)kill(burners[i], SIGKILL);
            (void)waitpid(burners[i], NULL, 0);
        }
        burners[i] = 0;
    }
}
