/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_account.c -- what is told of every item, and what it all adds up to
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/ignore.h"
#include "support/pool_helpers.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MS INT64_C(1000000)
#define MB ((size_t)1024 * 1024)

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now);
    return now.tv_sec * (1000 * MS) + now.tv_nsec;
}

enum kind { SPIN, NAP, TOUCH, FAIL, DIE, HANG, EXIT, KINDS };

enum { SPIN_MS = 300, NAP_MS = 300, LIMIT_MS = 700, TOUCHED = 64 };

static int do_kind(const void *argument, void *result)
{
    int64_t end = clock_ns(CLOCK_PROCESS_CPUTIME_ID) + SPIN_MS * MS;
    volatile char *memory; /* no compiler leaves it out */
    size_t i;

    (void)result;
    switch (*(const int64_t *)argument) {
    case SPIN:
        while (clock_ns(CLOCK_PROCESS_CPUTIME_ID) < end) {
            /* use it up */
        }
        return 0;
    case NAP:
        mp_test_sleep_ms(NAP_MS);
        return 0;
    case TOUCH:
        memory = malloc(TOUCHED * MB);
        if (memory == NULL) {
            return 1;
        }
        for (i = 0; i < TOUCHED * MB; i += 1024) {
            memory[i] = 1;
        }
        free((void *)memory);
        return 0;
    case FAIL:
        return mp_task_fail(42, "as told");
    case DIE:
        (void)raise(SIGKILL);
        return 0;
    case EXIT:
        exit(3);
    default:
        mp_test_sleep_ms(MP_TEST_LONG_MS);
        return 0;
    }
}

static const mp_task kind_task = { .run = do_kind,
                                   .argument = &mp_serializer_int64 };

static mp_report report_of(mp_pool *pool, enum kind kind)
{
    mp_task task = kind_task;
    int64_t argument = kind;
    mp_report report;

    task.limit_ms = kind == HANG ? LIMIT_MS : 0;
    memset(&report, 0x55, sizeof(report));
    ignore(mp_pool_apply(pool, &task, &argument, NULL,
                         &(mp_call_options){ .report = &report }));
    return report;
}

static void what_became_of_it_is_always_told(void **state)
{
    static const struct {
        enum mp_task_end end;
        int error;
        int code;
        int exit_status;
    } expected[KINDS] = {
        [SPIN] = { MP_TASK_DONE, 0, 0, 0 },
        [NAP] = { MP_TASK_DONE, 0, 0, 0 },
        [TOUCH] = { MP_TASK_DONE, 0, 0, 0 },
        [FAIL] = { MP_TASK_FAILED, MP_EFAILED, 42, 0 },
        [DIE] = { MP_TASK_CRASHED, MP_ECRASHED, 0, -SIGKILL },
        [HANG] = { MP_TASK_LIMITED, MP_ELIMIT, 0, -SIGKILL },
        [EXIT] = { MP_TASK_CRASHED, MP_ECRASHED, 0, 3 },
    };
    bool *account = *state;
    mp_pool *pool =
        mp_test_pool(&(mp_pool_options){ .workers = 1, .account = *account });
    mp_report report;
    int64_t pid;
    int kind;

    for (kind = 0; kind < KINDS; kind++) {
        pid = mp_test_ask(pool, &mp_test_pid_task);
        report = report_of(pool, (enum kind)kind);
        assert_int_equal(report.end, expected[kind].end);
        assert_int_equal(report.error, expected[kind].error);
        assert_int_equal(report.code, expected[kind].code);
        assert_int_equal(report.exit_status, expected[kind].exit_status);
        assert_int_equal(report.pid, pid);
        assert_int_equal(report.worker_index, 0);
        assert_int_equal(report.attempt, 1);
        assert_int_equal(report.index, 0);
        assert_false(report.set_aside);
        assert_int_equal(report.text[0] == '\0', report.error == 0);
        assert_int_equal(report.line != 0, kind == FAIL);
        assert_int_equal(report.start_ns != 0, *account);
        assert_int_equal(report.run_ns != 0, *account);
        if (!*account) {
            assert_int_equal(report.cpu_ns, 0);
            assert_int_equal(report.peak_bytes, 0);
        }
    }
    mp_pool_destroy(pool);
}

static int spin_in_init(void *argument, void **made)
{
    int64_t kind = SPIN;

    (void)argument;
    (void)made;
    return do_kind(&kind, NULL);
}

static void times_and_memory_are_those_of_the_run(void **state)
{
    mp_pool *pool = mp_test_pool(&(mp_pool_options){
        .workers = 1, .account = true, .init = spin_in_init });
    int64_t before = clock_ns(CLOCK_MONOTONIC);
    mp_report first = report_of(pool, NAP);
    mp_report spin = report_of(pool, SPIN);
    mp_report nap = report_of(pool, NAP);
    mp_report hang;
    mp_report touch;

    (void)state;
    assert_in_range(spin.start_ns, before, clock_ns(CLOCK_MONOTONIC));
    /* Some systems count by ticks, and not at every moment. */
    assert_in_range(spin.cpu_ns, SPIN_MS / 2 * MS, 3 * SPIN_MS * MS);
    assert_true(spin.run_ns >= SPIN_MS / 2 * MS);
    assert_in_range(nap.run_ns, NAP_MS * MS, 20000 * MS);
    assert_true(first.cpu_ns < 100 * MS); /* of init either */
    assert_true(nap.cpu_ns < 100 * MS);
    assert_true(nap.start_ns >= spin.start_ns + spin.run_ns);
    /* Nothing of what its worker did before is in it. */
    hang = report_of(pool, HANG);
    assert_true(hang.start_ns >= nap.start_ns + nap.run_ns);
    assert_in_range(hang.run_ns, LIMIT_MS * MS, 20000 * MS);
    assert_true(hang.cpu_ns < 200 * MS);
    touch = report_of(pool, TOUCH);
#ifdef MP_PORTABLE
    assert_int_equal(touch.peak_bytes, 0);
#else
    assert_true(spin.peak_bytes > 0);
    assert_true(nap.peak_bytes < TOUCHED * MB);
    assert_in_range(touch.peak_bytes, TOUCHED * MB, 2 * TOUCHED * MB);
    assert_true(hang.peak_bytes > 0 && hang.peak_bytes < TOUCHED * MB);
#endif
    mp_pool_destroy(pool);
}

#ifndef MP_PORTABLE
static int spin_for_ever(const void *argument, void *result)
{
    (void)argument;
    (void)result;
    while (getppid() != 0) {
        /* use it up */
    }
    return 0;
}
#endif

static void a_killed_run_has_its_cost_as_well(void **state)
{
#ifdef MP_PORTABLE
    (void)state;
    mp_test_skip("POSIX tells nothing of a dead child's use of the CPU");
#else
    static const mp_task task = { .run = spin_for_ever, .limit_ms = 500 };
    mp_pool *pool =
        mp_test_pool(&(mp_pool_options){ .workers = 1, .account = true });
    mp_report report;

    (void)state;
    assert_int_equal(mp_pool_apply(pool, &task, NULL, NULL,
                                   &(mp_call_options){ .report = &report }),
                     MP_ELIMIT);
    assert_true(report.run_ns >= 500 * MS);
    assert_true(report.cpu_ns > 20 * MS); /* on however busy a machine */
    assert_true(report.cpu_ns <= report.run_ns + 100 * MS);
    mp_pool_destroy(pool);
#endif
}

static void waiting_for_a_slow_owner_is_no_part_of_the_run(void **state)
{
    enum { ITEMS = 12, AWAY_MS = 2000 };
    static const mp_task task = { .run = mp_test_give_60_kb,
                                  .result = &mp_serializer_bytes };
    mp_pool *pool =
        mp_test_pool(&(mp_pool_options){ .workers = 1, .account = true });
    mp_result *result = NULL;
    mp_report report;
    size_t i;

    (void)state;
    assert_int_equal(
        mp_pool_map_async(pool, &result, &task, NULL, ITEMS,
                          &(mp_call_options){ .chunk_size = ITEMS }),
        0);
    mp_test_sleep_ms(AWAY_MS); /* the ring holds four of them */
    assert_int_equal(mp_result_get(result, NULL, 30000), 0);
    for (i = 0; i < ITEMS; i++) {
        assert_int_equal(mp_result_report(result, i, &report), 0);
        assert_true(report.run_ns < (AWAY_MS - 500) * MS);
    }
    mp_result_destroy(result);
    mp_pool_destroy(pool);
}

static void a_running_item_can_be_looked_at(void **state)
{
    mp_pool *pool =
        mp_test_pool(&(mp_pool_options){ .workers = 1, .account = true });
    mp_task task = mp_test_hang_task;
    mp_result *result = NULL;
    mp_report report;
    mp_pool_stats stats;

    (void)state;
    task.retries = 1;
    assert_int_equal(mp_pool_map_async(pool, &result, &task, NULL, 3,
                                       &(mp_call_options){ .chunk_size = 3 }),
                     0);
    mp_test_wait_for(&mp_test_shared->begun, 1);
    assert_int_equal(mp_result_report(result, 0, &report), 0);
    assert_int_equal(report.end, MP_TASK_RUNNING);
    assert_int_equal(report.error, 0);
    assert_int_equal(report.pid, atomic_load(&mp_test_shared->pids[0]));
    assert_int_equal(report.worker_index, 0);
    assert_int_equal(report.attempt, 1);
    assert_in_range(report.start_ns, 1, clock_ns(CLOCK_MONOTONIC));
    assert_true(report.run_ns > 0);
    assert_int_equal(mp_result_report(result, 1, &report), 0);
    assert_int_equal(report.end, MP_TASK_PENDING);
    assert_int_equal(report.pid, 0);
    assert_int_equal(report.worker_index, -1);
    assert_int_equal(report.index, 1);
    stats = mp_test_stats(pool);
    assert_int_equal(stats.ends[MP_TASK_RUNNING], 1);
    assert_int_equal(stats.ends[MP_TASK_PENDING], 2);
    assert_int_equal(
        kill((pid_t)atomic_load(&mp_test_shared->pids[0]), SIGKILL), 0);
    mp_test_wait_for(&mp_test_shared->begun, 2);
    assert_int_equal(mp_result_report(result, 0, &report), 0);
    assert_int_equal(report.end, MP_TASK_RUNNING);
    assert_int_equal(report.attempt, 2);
    mp_result_destroy(result);
    mp_pool_destroy(pool);
}

static void workers_are_counted(void **state)
{
    mp_pool *pool =
        mp_test_pool(&(mp_pool_options){ .workers = 3, .tasks_per_worker = 4 });
    int64_t dies = DIE;
    int64_t hangs = HANG;
    mp_task quick = kind_task;
    mp_pool_stats stats;
    int i;

    (void)state;
    assert_int_equal(mp_test_stats(pool).workers, 3);
    assert_int_equal(mp_pool_workers(pool), 3);
    quick.limit_ms = 50;
    for (i = 0; i < 5; i++) {
        assert_int_equal(mp_pool_apply(pool, &kind_task, &dies, NULL, NULL),
                         MP_ECRASHED);
        assert_int_equal(mp_pool_apply(pool, &quick, &hangs, NULL, NULL),
                         MP_ELIMIT);
    }
    for (i = 0; i < 24; i++) {
        (void)mp_test_ask(pool, &mp_test_pid_task);
    }
    assert_int_equal(mp_pool_close(pool), 0);
    assert_int_equal(mp_pool_join(pool, 30000), 0);
    stats = mp_test_stats(pool);
    assert_int_equal(stats.workers, 0);
    assert_int_equal(stats.workers_lost, 10);
    /* 24 tasks by workers of 4 each, of which three may have some left. */
    assert_in_range(stats.workers_renewed, 3, 6);
    assert_int_equal(stats.submitted, 34);
    assert_int_equal(stats.ends[MP_TASK_DONE], 24);
    assert_int_equal(stats.ends[MP_TASK_CRASHED], 5);
    assert_int_equal(stats.ends[MP_TASK_LIMITED], 5);
    mp_pool_destroy(pool);
}

/* Fast ends of every kind. */
static int any_end(const void *argument, void *result)
{
    int64_t i = *(const int64_t *)argument;

    (void)result;
    if (i % 53 == 7) {
        (void)raise(SIGKILL);
    }
    if (i % 71 == 9) {
        mp_test_sleep_ms(MP_TEST_LONG_MS);
    }
    return i % 5 == 0 ? mp_task_fail(1, "five") : 0;
}

enum { STEPS = 600, HANDLES = 16 };

/* Submits, cancels, drops and renews; looks at the account after each step. */
static void make_trouble(mp_pool *pool, mp_result **handles)
{
    static const mp_task task = { .run = any_end,
                                  .argument = &mp_serializer_int64,
                                  .limit_ms = 60,
                                  .retries = 1 };
    int64_t items[40];
    unsigned seed = 20261124;
    int step;
    int i;

    for (step = 0; step < STEPS; step++) {
        mp_result **handle;

        seed = seed * 1103515245 + 12345;
        handle = &handles[(seed >> 16) % HANDLES];
        if (*handle != NULL) {
            if ((seed >> 8) % 2 == 0) {
                (void)mp_result_cancel(*handle);
            } else if ((seed >> 9) % 2 == 0) {
                (void)mp_result_wait(*handle, 5);
            }
            mp_result_destroy(*handle);
            *handle = NULL;
        }
        for (i = 0; i < 40; i++) {
            items[i] = step + i;
        }
        ignore(mp_pool_map_async(
            pool, handle, &task, items, 40,
            &(mp_call_options){ .chunk_size = 1 + (int)(seed >> 20) % 9 }));
        (void)mp_test_stats(pool);
    }
}

enum ending { CLOSED, TERMINATED, BROKEN };
static enum ending closed = CLOSED;
static enum ending terminated = TERMINATED;
static enum ending broken = BROKEN;

static void totals_add_up_at_every_moment(void **state)
{
    enum ending ending = *(enum ending *)*state;
    mp_pool *pool = NULL;
    mp_result *handles[HANDLES] = { NULL };
    mp_pool_stats stats;
    pid_t supervisor;
    int i;

    mp_test_deadline(200);
    pool = mp_test_pool(
        &(mp_pool_options){ .workers = 3, .tasks_per_worker = 50 });
    supervisor = (pid_t)mp_test_ask(pool, &mp_test_supervisor_task);
    make_trouble(pool, handles);
    if (ending == BROKEN) {
        assert_int_equal(kill(supervisor, SIGKILL), 0);
    }
    if (ending == TERMINATED) {
        assert_int_equal(mp_pool_terminate(pool), 0);
    } else {
        assert_int_equal(mp_pool_close(pool), 0);
    }
    while (mp_pool_join(pool, 20) == MP_ETIMEDOUT) {
        (void)mp_test_stats(pool);
    }
    stats = mp_test_stats(pool);
    print_message(
        "%d done, %d failed, %d crashed, %d limited, %d cancelled, "
        "%d terminated, %d broken; workers: %d lost, %d renewed\n",
        (int)stats.ends[MP_TASK_DONE], (int)stats.ends[MP_TASK_FAILED],
        (int)stats.ends[MP_TASK_CRASHED], (int)stats.ends[MP_TASK_LIMITED],
        (int)stats.ends[MP_TASK_CANCELED], (int)stats.ends[MP_TASK_TERMINATED],
        (int)stats.ends[MP_TASK_BROKEN], (int)stats.workers_lost,
        (int)stats.workers_renewed);
    assert_int_equal(stats.submitted, 1 + STEPS * 40);
    assert_int_equal(stats.ends[MP_TASK_PENDING], 0);
    assert_int_equal(stats.ends[MP_TASK_RUNNING], 0);
    assert_int_equal(stats.ends[MP_TASK_TERMINATED] > 0, ending == TERMINATED);
    assert_int_equal(stats.ends[MP_TASK_BROKEN] > 0, ending == BROKEN);
    assert_true(stats.ends[MP_TASK_CANCELED] > 0);
    for (i = 0; i < HANDLES; i++) {
        mp_result_destroy(handles[i]);
    }
    mp_pool_destroy(pool);
}

static bool yes = true;
static bool no = false;

#define on_board(name, label, initial)                                         \
    mp_test_data_setup_teardown(name, label, initial, mp_test_board_setup,     \
                                mp_test_board_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        on_board(what_became_of_it_is_always_told, "with account", &yes),
        on_board(what_became_of_it_is_always_told, "without", &no),
        on_board(times_and_memory_are_those_of_the_run, "1 worker", NULL),
        on_board(a_killed_run_has_its_cost_as_well, "1 worker", NULL),
        on_board(waiting_for_a_slow_owner_is_no_part_of_the_run, "1 worker",
                 NULL),
        on_board(a_running_item_can_be_looked_at, "1 worker", NULL),
        on_board(workers_are_counted, "3 workers", NULL),
        on_board(totals_add_up_at_every_moment, "closed", &closed),
        on_board(totals_add_up_at_every_moment, "terminated", &terminated),
        on_board(totals_add_up_at_every_moment, "broken", &broken),
    };

    return mp_run_tests(tests);
}
