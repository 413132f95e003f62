/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * step_pool.c -- worker, supervisor and owner of a pool, step by step
 *
 * What counts: every item has one end, only what the victim had in hand is
 * lost with it, totals add up, and the pool serves what comes later; with the
 * supervisor, that nothing is left open and a new pool works; with the owner,
 * that its processes go.
 */
#include "faults/step_stage.h"

#include "support/helpers.h"
#include "support/ignore.h"

#include <mp/mp.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ITEMS = 6, TRAP = 2, WORKERS_MOST = 2, GONE_MS = 2000, OVERDUE_MS = 30 };

/* What the items of a scenario do. */
enum behaviour {
    PLAIN,
    TRAPPED, /* item TRAP is the start, the next item the end */
    STUCK,   /* item TRAP waits to be killed */
    HELD_UP  /* all items wait to be killed */
};

static mp_pool *pool;
static mp_result *result;
static int count; /* of items */

static int square(const void *argument, void *out)
{
    int64_t x = *(const int64_t *)argument;
    int behaviour = mp_stage->behaviour;

    mp_stage->pids[mp_task_worker_index()] = getpid();
    if (behaviour == TRAPPED && x == TRAP) {
        mp_stage_enter_if_armed();
    } else if (behaviour != PLAIN && x == TRAP + 1) {
        mp_stage->returned = 1;
        mp_stage_end();
    } else if (behaviour == STUCK && x == TRAP &&
               __atomic_exchange_n(&mp_stage->prepared, 1, __ATOMIC_SEQ_CST) ==
                   0) {
        for (;;) {
            mp_stage_nap();
        }
    }
    while (behaviour == HELD_UP) {
        mp_stage_nap();
    }
    *(int64_t *)out = x * x;
    return 0;
}

static const mp_task square_task = { .run = square,
                                     .argument = &mp_serializer_int64,
                                     .result = &mp_serializer_int64 };

static int begin(void *argument, void **state)
{
    (void)argument;
    (void)state;
    mp_stage->pids[mp_task_worker_index()] = getpid();
    if (mp_stage->behaviour == STUCK) {
        mp_stage_enter_if_armed(); /* the heir of a dead worker */
    }
    return 0;
}

static void make_pool(int workers, bool with_init)
{
    mp_pool_options options = { .workers = workers,
                                .init = with_init ? begin : NULL,
                                .account = with_init };

    STEP_CHECK(mp_pool_create(&pool, &options) == 0);
}

static void submit_task(const mp_task *task, enum behaviour behaviour,
                        int items, int chunk_size)
{
    int64_t numbers[ITEMS];
    int i;

    for (i = 0; i < ITEMS; i++) {
        numbers[i] = i;
    }
    count = items;
    mp_stage->behaviour = (int)behaviour;
    STEP_CHECK(
        mp_pool_map_async(pool, &result, task, numbers, (size_t)items,
                          &(mp_call_options){ .chunk_size = chunk_size }) == 0);
    /* Whoever commits finds the bell armed and rings it. */
    STEP_CHECK(mp_pool_descriptor(pool) >= 0);
}

static void submit(enum behaviour behaviour, int items, int chunk_size)
{
    submit_task(&square_task, behaviour, items, chunk_size);
}

static void make_chunk(void)
{
    make_pool(1, false);
    mp_stage->armed = 1;
    submit(TRAPPED, ITEMS, ITEMS);
}

static void make_single_items(void)
{
    make_pool(1, false);
    mp_stage->armed = 1;
    submit(TRAPPED, ITEMS, 1);
}

/* With all that the clock brings; and what dies is tried again. */
static void make_retried(void)
{
    mp_task task = square_task;

    task.limit_ms = 10 * STEP_LIMIT_MS;
    task.retries = 1;
    make_pool(1, true);
    mp_stage->armed = 1;
    submit_task(&task, TRAPPED, ITEMS, ITEMS);
}

static void make_last_item(void)
{
    make_pool(2, false);
    mp_stage->armed = 1;
    submit(TRAPPED, TRAP + 1, TRAP + 1);
}

static void wait_until(volatile int *word)
{
    int64_t end = mp_test_clock_ms() + STEP_LIMIT_MS;

    while (*word == 0) {
        if (mp_test_clock_ms() > end) {
            STEP_FAIL("the pool does not come to the place");
            return;
        }
        mp_stage_nap();
    }
}

/* A chunk whose first worker has died at TRAP: its replacement is the victim.
 */
static void make_inherited(void)
{
    make_pool(1, true);
    submit(STUCK, ITEMS, ITEMS);
    wait_until(&mp_stage->prepared);
    mp_stage->armed = 1;
    STEP_CHECK(kill(mp_stage->pids[0], SIGKILL) == 0);
}

/* ---- after a worker's death ---- */

static bool is_crashed(int item)
{
    mp_report report;

    STEP_CHECK(mp_result_report(result, (size_t)item, &report) == 0);
    return report.end == MP_TASK_CRASHED;
}

/* One end for each: returns how many have crashed. */
static int check_ends(int most_crashed)
{
    int64_t squares[ITEMS];
    mp_report report;
    int crashed = 0;
    int i;

    STEP_CHECK(mp_result_wait(result, STEP_LIMIT_MS) == 0);
    ignore(mp_result_get(result, squares, 0));
    for (i = 0; i < count; i++) {
        STEP_CHECK(mp_result_report(result, (size_t)i, &report) == 0);
        if (report.end == MP_TASK_CRASHED) {
            crashed++;
            STEP_CHECK(i == TRAP || i == TRAP + 1);
            STEP_CHECK(squares[i] == 0);
        } else {
            STEP_CHECK(report.end == MP_TASK_DONE && report.error == 0);
            STEP_CHECK(squares[i] == i * i);
        }
    }
    STEP_CHECK(crashed <= most_crashed);
    mp_stage_took = !is_crashed(TRAP);
    return crashed;
}

static void check_apply(void)
{
    mp_result *one = NULL;
    int64_t x = 5;

    STEP_CHECK(mp_pool_apply_async(pool, &one, &square_task, &x, NULL) == 0);
    STEP_CHECK(mp_result_wait(one, STEP_LIMIT_MS) == 0);
    STEP_CHECK(mp_result_get(one, &x, 0) == 0 && x == 25);
    mp_result_destroy(one);
}

static void check_totals(int crashed, int done, int lost)
{
    mp_pool_stats stats;

    STEP_CHECK(mp_pool_get_stats(pool, &stats) == 0);
    STEP_CHECK(stats.submitted == (uint64_t)(done + crashed));
    STEP_CHECK(stats.ends[MP_TASK_DONE] == (uint64_t)done);
    STEP_CHECK(stats.ends[MP_TASK_CRASHED] == (uint64_t)crashed);
    STEP_CHECK(stats.workers_lost == (uint64_t)lost);
}

static void check_later(int crashed, int applied, int lost)
{
    check_apply();
    STEP_CHECK(mp_pool_close(pool) == 0);
    STEP_CHECK(mp_pool_join(pool, STEP_LIMIT_MS) == 0);
    /* Not before: a worker is counted as lost when it is buried. */
    check_totals(crashed, count - crashed + applied + 1, lost);
}

static void nothing(void)
{
}

static void bury_in_chunk(void)
{
    int crashed = check_ends(1);

    STEP_CHECK(crashed == 1); /* TRAP or its successor is always in hand */
    STEP_CHECK(!mp_stage_over || is_crashed(TRAP + 1));
    check_later(crashed, 0, 1);
}

static void bury_between_chunks(void)
{
    int crashed = check_ends(1);

    STEP_CHECK(!mp_stage_over || is_crashed(TRAP + 1));
    check_later(crashed, 0, 1);
}

static void bury_retried(void)
{
    check_later(check_ends(0), 0, 1);
}

/* The other worker serves while the dead one is a zombie. */
static void check_other_worker(void)
{
    check_apply();
}

static void bury_last_item(void)
{
    check_later(check_ends(1), 1, 1);
}

static void bury_heir(void)
{
    int crashed = check_ends(2);

    STEP_CHECK(is_crashed(TRAP));
    mp_stage_took = crashed == 2; /* it had inherited the rest */
    STEP_CHECK(!mp_stage_over || crashed == 2);
    check_later(crashed, 0, 2);
}

static void destroy_pool(void)
{
    mp_result_destroy(result);
    mp_pool_destroy(pool);
    result = NULL;
    pool = NULL;
}

/* ---- the supervisor ---- */

static int pid_of_supervisor(const void *argument, void *out)
{
    (void)argument;
    *(int64_t *)out = getppid();
    return 0;
}

static const mp_task parent_task = { .run = pid_of_supervisor,
                                     .result = &mp_serializer_int64 };

static int64_t supervisor;

static void make_settling(void)
{
    make_pool(1, false);
    STEP_CHECK(mp_pool_apply(pool, &parent_task, NULL, &supervisor, NULL) == 0);
    submit(STUCK, ITEMS, 4);
    wait_until(&mp_stage->prepared);
    mp_stage->victim = (pid_t)supervisor;
}

/* The victim is stopped: what it is going to find is a dead worker. */
static void kill_worker(void)
{
    pid_t worker = mp_stage->pids[0];
    int64_t end = mp_test_clock_ms() + STEP_LIMIT_MS;

    STEP_CHECK(kill(worker, SIGKILL) == 0);
    while (mp_test_process_state(worker) != 'Z') {
        if (mp_test_clock_ms() > end) {
            STEP_FAIL("the worker does not die");
            return;
        }
        mp_stage_nap();
    }
}

/* An item is past its limit. */
static void make_overdue(void)
{
    mp_task task = square_task;

    task.limit_ms = OVERDUE_MS;
    make_pool(1, false);
    STEP_CHECK(mp_pool_apply(pool, &parent_task, NULL, &supervisor, NULL) == 0);
    submit_task(&task, STUCK, ITEMS, 4);
    wait_until(&mp_stage->prepared);
    mp_stage->victim = (pid_t)supervisor;
}

/* The victim is stopped meanwhile. */
static void pass_limit(void)
{
    mp_test_sleep_ms(OVERDUE_MS + 1);
}

/* Orphans come to us, to be reaped. */
static void check_gone(pid_t pid, int within_ms)
{
    int64_t end = mp_test_clock_ms() + within_ms;

    while (pid > 0 && (waitpid(pid, NULL, WNOHANG) > 0 || kill(pid, 0) == 0)) {
        if (mp_test_clock_ms() > end) {
            STEP_FAIL("a process of the pool is left");
            return;
        }
        mp_stage_nap();
    }
}

static void check_broken(void)
{
    mp_report report;
    mp_pool_stats stats;
    uint64_t ends[MP_TASK_ENDS] = { 0 };
    int64_t x = 1;
    int i;

    STEP_CHECK(mp_result_wait(result, STEP_LIMIT_MS) == 0);
    for (i = 0; i < count; i++) {
        STEP_CHECK(mp_result_report(result, (size_t)i, &report) == 0);
        ends[report.end]++;
        STEP_CHECK(report.end == MP_TASK_DONE ||
                   (report.end == MP_TASK_CRASHED && i == TRAP) ||
                   (report.end == MP_TASK_LIMITED && i == TRAP) ||
                   (report.end == MP_TASK_BROKEN && i >= TRAP));
        STEP_CHECK(i != TRAP || report.end != MP_TASK_DONE);
        mp_stage_took =
            i == TRAP ? report.end != MP_TASK_BROKEN : mp_stage_took;
    }
    STEP_CHECK(mp_pool_apply(pool, &square_task, &x, &x, NULL) == MP_EBROKEN);
    STEP_CHECK(mp_pool_get_stats(pool, &stats) == 0);
    STEP_CHECK(stats.ends[MP_TASK_DONE] == ends[MP_TASK_DONE] + 1);
    STEP_CHECK(stats.ends[MP_TASK_CRASHED] == ends[MP_TASK_CRASHED]);
    STEP_CHECK(stats.submitted ==
               stats.ends[MP_TASK_DONE] + stats.ends[MP_TASK_CRASHED] +
                   stats.ends[MP_TASK_LIMITED] + stats.ends[MP_TASK_BROKEN]);
    destroy_pool();
    check_gone(mp_stage->pids[0], GONE_MS);
    mp_stage->behaviour = PLAIN;
    make_pool(1, false);
    check_apply();
}

/* ---- the owner ---- */

static void own_pool(void)
{
    int i;

    make_pool(WORKERS_MOST, true);
    for (i = 0; i < WORKERS_MOST; i++) {
        while (mp_stage->pids[i] == 0) {
            mp_stage_nap();
        }
    }
    if (mp_pool_apply(pool, &parent_task, NULL, &supervisor, NULL) != 0) {
        abort();
    }
    mp_stage->supervisor = (pid_t)supervisor;
    mp_stage->behaviour = HELD_UP; /* nothing comes back meanwhile */
}

static int submit_as_owner(void)
{
    static const int64_t numbers[ITEMS];

    return mp_pool_map_async(pool, &result, &square_task, numbers, ITEMS,
                             &(mp_call_options){ .chunk_size = 2 });
}

static void check_all_gone(void)
{
    int i;

    STEP_CHECK(!mp_stage_over || mp_stage->result == 0);
    for (i = 0; i < WORKERS_MOST; i++) {
        check_gone(mp_stage->pids[i], GONE_MS);
    }
    check_gone(mp_stage->supervisor, GONE_MS);
}

const mp_scenario mp_pool_scenarios[] = {
    { "worker: to the next item", make_chunk, .bury = bury_in_chunk,
      .tear_down = destroy_pool },
    { "worker: to the next task", make_single_items,
      .bury = bury_between_chunks, .tear_down = destroy_pool },
    { "worker: clocked, with a retry", make_retried, .bury = bury_retried,
      .tear_down = destroy_pool },
    { "worker: to its sleep", make_last_item, .check = check_other_worker,
      .bury = bury_last_item, .tear_down = destroy_pool, .ends_asleep = true },
    { "worker: inherits a task", make_inherited, .bury = bury_heir,
      .tear_down = destroy_pool },
    { "supervisor: buries a worker", make_settling, .seized = kill_worker,
      .check = check_broken, .tear_down = destroy_pool, .ends_asleep = true,
      .no_marks = true },
    { "supervisor: ends what is overdue", make_overdue, .seized = pass_limit,
      .check = check_broken, .tear_down = destroy_pool, .ends_asleep = true,
      .no_marks = true },
    { "owner: submits", nothing, .warm = own_pool, .operate = submit_as_owner,
      .check = check_all_gone, .tear_down = nothing },
    { .name = NULL },
};
