/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * matrix.c -- what happens when processes die, as a table
 *
 * Each row runs in a process of its own, at most ROW_LIMIT_MS, and fills in
 * its cells. Fails when a row is not as promised, says "never" or "dead", or
 * leaves a process behind. The last column is what multiprocessing.Pool of
 * CPython 3.11 did in the same rows, measured once on a machine like this.
 */
#include "matrix.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct row {
    bool (*run)(void); /* NULL: it has filled in the row before's next cell */
    const char *fault;
    const char *peer;
};

static const struct row rows[] = {
    { row_kill, "1 of 16 tasks kills its own worker (signal 9)", "1 never" },
    { row_segv, "the same, SIGSEGV", "1 never" },
    { row_idle_one, "kill -9 of one idle worker, then 8 tasks (4 tries)",
      "3 fine, 1 all 8 never" },
    { row_idle_two, "kill -9 of two idle workers, then 8 tasks",
      "8 of 8 never" },
    { row_init_fails, "the init function fails", "never, respawns for ever" },
    { row_cannot_decode, "a result that the parent cannot decode",
      "never, then dead (an exception)" },
    { row_cannot_encode, "a result that the worker cannot encode", "1 failed" },
    { row_sigchld_ignored, "the host ignores SIGCHLD, 1 of 16 tasks dies",
      "1 never" },
    { row_host_reaps, "a host's thread reaps by waitpid(-1), 1 of 16 dies",
      "1 never" },
    { row_owner_killed,
      "the owner is killed by signal 9: workers alive 3 s later",
      "2 of 4 (the busy ones)" },
    { row_supervisor_killed,
      "the supervisor is killed by signal 9, 16 tasks pending", "has none" },
    { row_large_results, "8 results of 50 MB each", "fine" },
    { row_deadline, "a task's limit of 1.0 s: error seen after",
      "no deadlines" },
    { NULL, "3 innocent tasks of 1.5 s beside it", "-" },
    { NULL, "the child of the task that was ended is still alive", "-" },
    { row_footprint,
      "16 workers: descriptors added in parent / most in a child / threads in "
      "parent",
      "38 / 43 / 4" },
    { row_throughput, "trivial tasks per second, 2 workers, each on its own",
      "21,000" },
    { row_chaos,
      "400 tasks of 20 ms, a worker killed every 150 ms for 3 s: kills / ok / "
      "failed / never / 8 tasks afterwards",
      "20 / 387 / 0 / 13 / all 8 never" },
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

struct shared *shared;

/* ---- what rows use ---- */

void say(int number, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    (void)vsnprintf(shared->cells[number], CELL, format, values);
    va_end(values);
}

mp_pool *open_pool(int workers)
{
    mp_pool *pool = NULL;
    int error = mp_pool_create(&pool, &(mp_pool_options){ .workers = workers });

    if (error < 0) {
        say(0, "no pool: %s", mp_strerror(error));
        _exit(1);
    }
    return pool;
}

int state_of(int pid)
{
    char path[64];
    char line[512] = "";
    const char *rest;
    FILE *file;

    (void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    file = fopen(path, "r");
    if (file == NULL) {
        return 0;
    }
    rest = fgets(line, sizeof(line), file) == NULL ? NULL : strrchr(line, ')');
    (void)fclose(file);
    return rest == NULL ? 0 : rest[2];
}

struct tally wait_for_all(mp_result **results, int count, void *into,
                          int limit_ms)
{
    struct tally tally = { 0 };
    long long end = now_ms() + limit_ms;
    long long left;
    int error;
    int i;

    for (i = 0; i < count; i++) {
        left = end - now_ms();
        error = mp_result_get(results[i], into, left < 0 ? 0 : (int)left);
        tally.ok += error == 0;
        tally.never += error == MP_ETIMEDOUT;
        tally.failed += error < 0 && error != MP_ETIMEDOUT;
        tally.error = error < 0 ? error : tally.error;
        mp_result_destroy(results[i]);
    }
    return tally;
}

static int add_one(const void *argument, void *result)
{
    *(int64_t *)result = *(const int64_t *)argument + 1;
    return 0;
}

int eight_more(mp_pool *pool)
{
    static const mp_task task = { .run = add_one,
                                  .argument = &mp_serializer_int64,
                                  .result = &mp_serializer_int64 };
    mp_result *result = NULL;
    int64_t got = 0;
    int good = 0;
    int64_t i;

    for (i = 0; i < 8; i++) {
        if (mp_pool_apply_async(pool, &result, &task, &i, NULL) < 0) {
            return good;
        }
        good += mp_result_get(result, &got, good == i ? 10000 : 0) == 0 &&
                got == i + 1;
        mp_result_destroy(result);
    }
    return good;
}

const char *after(int succeeded)
{
    return succeeded == 8 ? "fine" : "dead";
}

/* ---- the table ---- */

/* Everybody that a row has left, the dead included, comes to us. Returns
 * whether all went by themselves within two seconds. */
static bool nobody_is_left(void)
{
    long long end = now_ms() + 2000;
    int child = 0;
    bool alone = true;

    while (children_of((int)getpid(), &child, 1) == 1) {
        if (waitpid(child, NULL, WNOHANG) == 0) {
            if (now_ms() > end) {
                alone = false;
                (void)kill(child, SIGKILL);
            }
            nap_us(1000);
        }
    }
    return alone;
}

static bool run_row(const struct row *row)
{
    long long end = now_ms() + ROW_LIMIT_MS;
    int status = 1;
    pid_t pid;

    memset(shared, 0, sizeof(*shared));
    (void)fflush(stdout);
    pid = fork();
    if (pid == 0) {
        _exit(row->run() ? 0 : 1);
    }
    while (pid > 0 && waitpid(pid, &status, WNOHANG) == 0) {
        if (now_ms() > end) {
            say(0, "never");
            (void)kill(pid, SIGKILL);
            (void)waitpid(pid, &status, 0);
            break;
        }
        nap_us(1000);
    }
    if (!nobody_is_left()) {
        printf("processes are left behind:\n");
        status = 1;
    }
    return status == 0;
}

static bool is_bad(const char *cell)
{
    return cell[0] == '\0' || strstr(cell, "never") != NULL ||
           strstr(cell, "dead") != NULL;
}

int main(void)
{
    void *memory = NULL;
    bool well = true;
    int failed = 0;
    int cell = 0;
    int i;

    if (mp_shared_create(&memory, sizeof(*shared)) < 0) {
        return 1;
    }
    shared = memory;
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    printf("| fault | libmp | Pool of CPython 3.11, as measured before |\n"
           "|---|---|---|\n");
    for (i = 0; i < ROWS; i++) {
        cell = rows[i].run == NULL ? cell + 1 : 0;
        well = rows[i].run == NULL ? well : run_row(&rows[i]);
        printf("| %s | %s | %s |\n", rows[i].fault, shared->cells[cell],
               rows[i].peer);
        if (!well || is_bad(shared->cells[cell])) {
            failed++;
            printf("the row above is not as promised\n");
        }
    }
    mp_shared_destroy(memory);
    return failed == 0 ? 0 : 1;
}
