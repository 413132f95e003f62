/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * matrix_deaths.c -- the rows in which somebody is killed
 */
#include "matrix.h"
#include "support/ignore.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TASKS = 16, CHAOS_TASKS = 400, CHAOS_MS = 3000, CHAOS_EVERY_MS = 150 };

static int die_of(const void *argument, void *result)
{
    static const struct rlimit no_core = { 0, 0 };
    int number = (int)*(const int64_t *)argument;

    (void)result;
    if (number != 0) {
        (void)setrlimit(RLIMIT_CORE, &no_core);
        (void)signal(number, SIG_DFL);
        (void)raise(number);
    }
    nap_us(10000);
    return 0;
}

static int sleep_20_ms(const void *argument, void *result)
{
    (void)argument;
    (void)result;
    nap_us(20000);
    return 0;
}

static int sleep_minute(const void *argument, void *result)
{
    (void)argument;
    (void)result;
    nap_us(60 * 1000000L);
    return 0;
}

static const mp_task die_task = { .run = die_of,
                                  .argument = &mp_serializer_int64 };
static const mp_task short_task = { .run = sleep_20_ms };
static const mp_task long_task = { .run = sleep_minute };

/* The workers of a pool of ours, which is our only child. */
static int workers_of(int owner, int *workers, int *supervisor)
{
    return children_of(owner, supervisor, 1) == 1
               ? children_of(*supervisor, workers, WORKERS)
               : 0;
}

/* 16 tasks, one of which dies by a signal. */
static bool one_dies(int number)
{
    mp_pool *pool = open_pool(WORKERS);
    mp_result *results[TASKS] = { NULL };
    struct tally tally;
    int64_t argument;
    int more;
    int i;

    for (i = 0; i < TASKS; i++) {
        argument = i == 5 ? number : 0;
        if (mp_pool_apply_async(pool, &results[i], &die_task, &argument, NULL) <
            0) {
            return false;
        }
    }
    tally = wait_for_all(results, TASKS, NULL, 8000);
    more = eight_more(pool);
    if (tally.never > 0) {
        say(0, "%d failed, %d never, %s", tally.failed, tally.never,
            after(more));
    } else {
        say(0, "%d failed, %s", tally.failed, after(more));
    }
    mp_pool_destroy(pool);
    return tally.ok == TASKS - 1 && tally.failed == 1 && more == 8 &&
           tally.error == MP_ECRASHED;
}

bool row_kill(void)
{
    return one_dies(SIGKILL);
}

bool row_segv(void)
{
    return one_dies(SIGSEGV);
}

bool row_sigchld_ignored(void)
{
    (void)signal(SIGCHLD, SIG_IGN);
    return one_dies(SIGKILL);
}

static void *reap_everything(void *unused)
{
    for (;;) {
        if (waitpid(-1, NULL, 0) < 0) {
            nap_us(1000);
        }
    }
    return unused;
}

bool row_host_reaps(void)
{
    pthread_t thread;

    return pthread_create(&thread, NULL, reap_everything, NULL) == 0 &&
           one_dies(SIGKILL);
}

static int kill_idle(int count)
{
    mp_pool *pool = open_pool(WORKERS);
    int workers[WORKERS];
    int supervisor = 0;
    int more = eight_more(pool) - 8;
    int i;

    nap_us(100000); /* until all sleep */
    if (workers_of((int)getpid(), workers, &supervisor) == WORKERS) {
        for (i = 0; i < count; i++) {
            (void)kill(workers[i], SIGKILL);
        }
        more += eight_more(pool);
    }
    mp_pool_destroy(pool);
    return more;
}

bool row_idle_one(void)
{
    int fine = 0;
    int i;

    for (i = 0; i < 4; i++) {
        fine += kill_idle(1) == 8;
    }
    say(0, fine == 4 ? "fine (4 of 4)" : "%d of 4 dead", 4 - fine);
    return fine == 4;
}

bool row_idle_two(void)
{
    int more = kill_idle(2);

    say(0, "%s", after(more));
    return more == 8;
}

/* In the owner that is killed: two workers are busy, two idle. */
static void own_and_wait(void)
{
    mp_pool *pool = open_pool(WORKERS);
    int i;

    if (eight_more(pool) != 8) {
        _exit(1);
    }
    for (i = 0; i < 2; i++) {
        ignore(mp_pool_apply_async(pool, NULL, &long_task, NULL, NULL));
    }
    nap_us(200000);
    shared->count = 1;
    nap_us(60 * 1000000L);
    _exit(1);
}

static int count_alive(const struct identity *all, int count)
{
    int alive = 0;
    int i;

    for (i = 0; i < count; i++) {
        alive += identify(all[i].pid).start == all[i].start &&
                 state_of(all[i].pid) != 'Z';
    }
    return alive;
}

bool row_owner_killed(void)
{
    struct identity all[WORKERS + 1];
    int workers[WORKERS];
    int supervisor = 0;
    long long killed;
    long long gone = 0;
    int alive;
    int i;
    pid_t owner = fork();

    if (owner == 0) {
        own_and_wait();
    }
    while (shared->count == 0) {
        nap_us(1000);
    }
    if (workers_of((int)owner, workers, &supervisor) != WORKERS) {
        return false;
    }
    for (i = 0; i < WORKERS; i++) {
        all[i] = identify(workers[i]);
    }
    all[WORKERS] = identify(supervisor);
    killed = now_ms();
    (void)kill(owner, SIGKILL);
    (void)waitpid(owner, NULL, 0);
    do {
        alive = count_alive(all, WORKERS + 1);
        gone = alive == 0 && gone == 0 ? now_ms() : gone;
        nap_us(1000);
    } while (now_ms() - killed < 3000 && gone == 0);
    say(0, "%d of %d (gone after %lld ms)", alive, WORKERS,
        gone == 0 ? -1 : gone - killed);
    return alive == 0;
}

bool row_supervisor_killed(void)
{
    mp_pool *pool = open_pool(WORKERS);
    mp_result *results[TASKS] = { NULL };
    struct tally tally;
    int workers[WORKERS];
    int supervisor = 0;
    long long killed;
    long long took;
    int more;
    int i;

    for (i = 0; i < TASKS; i++) {
        ignore(mp_pool_apply_async(pool, &results[i], &long_task, NULL, NULL));
    }
    nap_us(100000);
    (void)workers_of((int)getpid(), workers, &supervisor);
    killed = now_ms();
    (void)kill(supervisor, SIGKILL);
    tally = wait_for_all(results, TASKS, NULL, 8000);
    took = now_ms() - killed;
    mp_pool_destroy(pool);
    pool = open_pool(WORKERS);
    more = eight_more(pool);
    mp_pool_destroy(pool);
    say(0, "%d of %d `MP_EBROKEN` after %lld ms, a new pool is %s",
        tally.failed, TASKS, took, after(more));
    return tally.failed == TASKS && tally.error == MP_EBROKEN && took < 1000 &&
           more == 8;
}

bool row_chaos(void)
{
    static mp_result *results[CHAOS_TASKS];
    mp_pool *pool = open_pool(WORKERS);
    struct tally tally;
    int workers[WORKERS];
    int supervisor = 0;
    int kills = 0;
    int count;
    int more;
    int i;
    long long end = now_ms() + CHAOS_MS;

    srand(7);
    for (i = 0; i < CHAOS_TASKS; i++) {
        ignore(mp_pool_apply_async(pool, &results[i], &short_task, NULL, NULL));
    }
    while (now_ms() < end) {
        (void)mp_result_wait(results[CHAOS_TASKS - 1], 0); /* as a host does */
        nap_us(CHAOS_EVERY_MS * 1000L);
        count = workers_of((int)getpid(), workers, &supervisor);
        if (count > 0 && kill(workers[rand() % count], SIGKILL) == 0) {
            kills++;
        }
    }
    tally = wait_for_all(results, CHAOS_TASKS, NULL, 8000);
    more = eight_more(pool);
    mp_pool_destroy(pool);
    say(0, "%d / %d / %d / %d / %d of 8 ok", kills, tally.ok, tally.failed,
        tally.never, more);
    return tally.never == 0 && tally.ok + tally.failed == CHAOS_TASKS &&
           tally.failed <= kills && kills > 0 && more == 8;
}
