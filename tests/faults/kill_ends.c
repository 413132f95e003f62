/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * kill_ends.c -- limits, cancels, retries, renewals and ends, with deaths
 */
#define _GNU_SOURCE

#include "faults/kill_ledger.h"

#include "mp/error.h"
#include "support/ignore.h"

#include <stddef.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

enum { LONG_MS = LEDGER_LONG_MS, FOR_EVER_US = 60000000, LIMIT_MS = 15 };

static int sleep_long(const void *argument, void *result)
{
    (void)argument;
    (void)result;
    stage_nap_us(FOR_EVER_US);
    return 0;
}

/* Stops when it is told to, in its first attempt. */
static int stop_when_told(const void *argument, void *result)
{
    (void)argument;
    (void)result;
    if (mp_task_attempt() > 1) {
        return 0;
    }
    while (!mp_task_should_stop()) {
        stage_nap_us(500);
    }
    return 1;
}

static int nap(const void *argument, void *result)
{
    (void)result;
    stage_nap_us((long)*(const int64_t *)argument);
    return 0;
}

static const mp_task sleep_task = { .run = sleep_long };
static const mp_task short_task = { .run = sleep_long, .limit_ms = LIMIT_MS };
static const mp_task polite_task = { .run = stop_when_told,
                                     .limit_ms = LIMIT_MS,
                                     .retries = 1 };
static const mp_task nap_task = { .run = nap,
                                  .argument = &mp_serializer_int64 };

/* ---- limits and cancels ---- */

/* Not begun, under way, or done: a cancelled one ends as one of these. */
static void end_cancelled(mp_result *result, size_t count)
{
    mp_report report;
    size_t i;
    int error;

    if (result == NULL) {
        return;
    }
    error = mp_result_cancel(result);
    CHECK_RESULT(error == 0 || error == MP_ESTATE || error == MP_EBROKEN,
                 error);
    error = mp_result_wait(result, LONG_MS);
    CHECK_RESULT(error == 0, error);
    for (i = 0; i < count; i++) {
        CHECK(mp_result_report(result, i, &report) == 0);
        if (report.error != 0) {
            ledger_item(report.error, MP_ECANCELED);
        }
    }
    mp_result_destroy(result);
}

static void end_result(mp_result *result, int expected)
{
    if (result != NULL) {
        ledger_item(mp_result_get(result, NULL, LONG_MS), expected);
        mp_result_destroy(result);
    }
}

static void begin(mp_pool *pool, mp_result **result, const mp_task *task)
{
    ledger_item(mp_pool_apply_async(pool, result, task, NULL, NULL), 0);
}

static void limit_items(void)
{
    const mp_pool_options options = { .workers = 2,
                                      .grace_ms = 20,
                                      .account = true };
    mp_pool *pool = ledger_pool(&options);
    const int64_t naps[3] = { 1, 1, 1 };
    int statuses[3] = { 0 };
    mp_result *results[3] = { NULL };
    int i;

    ignore(mp_pool_map(
        pool, &nap_task, naps, 3, NULL,
        &(mp_call_options){ .chunk_size = 3, .statuses = statuses }));
    for (i = 0; i < 3; i++) {
        ledger_item(statuses[i], 0);
    }
    begin(pool, &results[0], &short_task);
    begin(pool, &results[1], &polite_task);
    begin(pool, &results[2], &sleep_task);
    end_result(results[0], MP_ELIMIT);
    end_result(results[1], 0);
    end_cancelled(results[2], 1);
    ledger_close(pool, &options);
}

static void cancel_items(void)
{
    const mp_pool_options options = { .workers = 1, .grace_ms = 30 };
    const int64_t naps[4] = { 6000, 6000, 6000, 6000 };
    mp_pool *pool = ledger_pool(&options);
    mp_result *chunk = NULL;
    mp_result *queued = NULL;

    ledger_item(mp_pool_map_async(pool, &chunk, &nap_task, naps, 4,
                                  &(mp_call_options){ .chunk_size = 4 }),
                0);
    begin(pool, &queued, &sleep_task);
    stage_nap_us(3000); /* the first nap is under way */
    end_cancelled(queued, 1);
    end_cancelled(chunk, 4);
    ledger_close(pool, &options);
}

static int die_late(const void *argument, void *result)
{
    (void)nap(argument, result);
    stage_die();
}

/* A worker has the first item in hand, or nobody will have it any more. */
static void wait_until_begun(mp_result *result)
{
    mp_report report = { .end = MP_TASK_PENDING };
    int tries;

    for (tries = 0; tries < 5000 && report.end == MP_TASK_PENDING; tries++) {
        stage_nap_us(100);
        CHECK(mp_result_report(result, 0, &report) == 0);
    }
}

/* The first item dies when nobody wants the others any more. */
static void cancel_dying(void)
{
    static const mp_task dying = { .run = die_late,
                                   .argument = &mp_serializer_int64 };
    const mp_pool_options options = { .workers = 1, .grace_ms = 200 };
    const int64_t naps[3] = { 20000, 20000, 20000 };
    mp_pool *pool = ledger_pool(&options);
    mp_result *chunk = NULL;
    mp_report report;
    size_t i;

    ledger_item(mp_pool_map_async(pool, &chunk, &dying, naps, 3,
                                  &(mp_call_options){ .chunk_size = 3 }),
                0);
    if (chunk != NULL) {
        wait_until_begun(chunk);
        stage_nap_us(2500); /* the worker looks no more before this item */
        (void)mp_result_cancel(chunk);
        CHECK(mp_result_wait(chunk, LONG_MS) == 0);
        for (i = 0; i < 3; i++) {
            CHECK(mp_result_report(chunk, i, &report) == 0);
            if (report.error != MP_ECRASHED) { /* all of them may be too late */
                ledger_item(report.error, MP_ECANCELED);
            }
        }
        mp_result_destroy(chunk);
    }
    ledger_close(pool, &options);
}

/* The supervisor dies between its word and its deed; the worker, which the
 * kernel does not end, finds that it may not commit. */
static int outlive(const void *argument, void *result)
{
    int tries = 5000;

    (void)argument;
    (void)result;
#ifdef PR_SET_PDEATHSIG
    (void)prctl(PR_SET_PDEATHSIG, 0);
#endif
    while (stage_killed(MP__ROLE_SUPERVISOR) == 0 && tries-- > 0) {
        stage_nap_us(1000);
    }
    return 0;
}

static void be_doomed(void)
{
    static const mp_task outlive_task = { .run = outlive,
                                          .limit_ms = LIMIT_MS };
    const mp_pool_options options = { .workers = 1 };
    mp_pool *pool = ledger_pool(&options);
    mp_result *result = NULL;
    int tries = 5000;

    begin(pool, &result, &outlive_task);
    while (stage_killed_any() == 0 && tries-- > 0) {
        stage_nap_us(1000); /* in code of our own */
    }
    stage_nap_us(15000);
    end_result(result, MP_ELIMIT);
    ledger_close(pool, &options);
}

/* ---- retries ---- */

static void retry_items(void)
{
    const mp_pool_options options = { .workers = 1 };
    mp_pool *pool = ledger_pool(&options);
    mp_task task = square_task;
    int64_t number = -2;
    int64_t square = 0;
    int error;

    task.retries = 1;
    error = mp_pool_apply(pool, &task, &number, &square, NULL);
    ledger_item(error, 0);
    CHECK(error != 0 || square == 4);
    task.retries = 6; /* and the brake goes on */
    number = -1;
    ledger_item(mp_pool_apply(pool, &task, &number, &square, NULL),
                MP_ECRASHED);
    ledger_close(pool, &options);
}

/* ---- renewal, init and exit ---- */

static void leave_well(void *state)
{
    (void)state;
}

static void leave_slowly(void *state)
{
    (void)state;
    stage_nap_us(FOR_EVER_US);
}

static int begin_well(void *argument, void **state)
{
    (void)argument;
    *state = NULL;
    return 0;
}

static int refuse(void *argument, void **state)
{
    (void)argument;
    (void)state;
    return mp_task_fail(5, "no");
}

static int die_early(void *argument, void **state)
{
    (void)argument;
    (void)state;
    stage_die();
}

static int begin_slowly(void *argument, void **state)
{
    (void)argument;
    (void)state;
    stage_nap_us(FOR_EVER_US);
    return 0;
}

static void renew_workers(void)
{
    const mp_pool_options options = { .workers = 2,
                                      .init = begin_well,
                                      .exit = leave_well,
                                      .tasks_per_worker = 1 };
    mp_pool *pool = ledger_pool(&options);
    int64_t numbers[6] = { 1, 2, 3, 4, 5, 6 };
    int64_t squares[6];
    int statuses[6] = { 1, 1, 1, 1, 1, 1 };
    int i;

    if (mp_pool_map(pool, &square_task, numbers, 6, squares,
                    &(mp_call_options){ .chunk_size = 1,
                                        .statuses = statuses }) != MP_EBROKEN ||
        statuses[0] != 1) {
        for (i = 0; i < 6; i++) {
            ledger_item(statuses[i], 0);
            CHECK(squares[i] == (statuses[i] == 0 ? (i + 1) * (i + 1) : 0));
        }
    }
    ledger_close(pool, &options);
}

/* A pool whose init cannot succeed is broken, and says so soon. */
static void break_pool(int (*init)(void *argument, void **state), int limit_ms)
{
    const mp_pool_options options = { .workers = 2,
                                      .init = init,
                                      .limit_ms = limit_ms };
    mp_pool *pool = ledger_pool(&options);
    const int64_t three = 3;
    int64_t nine = 0;
    mp_report report = { .error = 0 };
    int error = mp_pool_apply(pool, &square_task, &three, &nine,
                              &(mp_call_options){ .report = &report });

    CHECK_RESULT(error == MP_EBROKEN && nine == 0, error);
    ledger_totals(pool, true);
    mp_pool_destroy(pool);
}

static void init_refuses(void)
{
    break_pool(refuse, 0);
}

static void init_dies(void)
{
    break_pool(die_early, 0);
}

static void init_is_slow(void)
{
    break_pool(begin_slowly, LIMIT_MS);
}

static void exit_is_slow(void)
{
    const mp_pool_options options = { .workers = 2,
                                      .exit = leave_slowly,
                                      .limit_ms = LIMIT_MS };
    mp_pool *pool = ledger_pool(&options);
    int error;

    stage_nap_us(1000);
    CHECK(mp_pool_close(pool) == 0);
    error = mp_pool_join(pool, LONG_MS);
    CHECK_RESULT(error == 0, error);
    ledger_totals(pool, true);
    mp_pool_destroy(pool);
}

/* ---- terminate and destroy ---- */

static void end_busy_pool(bool destroy)
{
    const mp_pool_options options = { .workers = 2 };
    mp_pool *pool = ledger_pool(&options);
    mp_result *results[4] = { NULL };
    int error;
    int i;

    for (i = 0; i < 4; i++) {
        begin(pool, &results[i], &sleep_task);
    }
    stage_nap_us(2000);
    if (!destroy) {
        CHECK(mp_pool_terminate(pool) == 0);
        ledger_totals(pool, true);
        error = mp_pool_join(pool, LONG_MS);
        CHECK_RESULT(error == 0, error);
    }
    mp_pool_destroy(pool);
    for (i = 0; i < 4; i++) {
        end_result(results[i], MP_ETERMINATED);
    }
}

static void terminate_pool(void)
{
    end_busy_pool(false);
}

static void destroy_pool(void)
{
    end_busy_pool(true);
}

const struct scenario end_scenarios[] = {
    { "limit", limit_items, MP__ROLE_OWNER, { { 0 } } },
    { "cancel", cancel_items, MP__ROLE_OWNER, { { 0 } } },
    { "cancel_dying", cancel_dying, MP__ROLE_OWNER, { { 0 } } },
    { "doomed",
      be_doomed,
      MP__ROLE_OWNER,
      { { MP__ROLE_SUPERVISOR, "condemn.won" } } },
    { "retry", retry_items, MP__ROLE_OWNER, { { 0 } } },
    { "renew", renew_workers, MP__ROLE_OWNER, { { 0 } } },
    { "init_refuses", init_refuses, MP__ROLE_OWNER, { { 0 } } },
    { "init_dies", init_dies, MP__ROLE_OWNER, { { 0 } } },
    { "init_slow", init_is_slow, MP__ROLE_OWNER, { { 0 } } },
    { "exit_slow", exit_is_slow, MP__ROLE_OWNER, { { 0 } } },
    { "terminate", terminate_pool, MP__ROLE_OWNER, { { 0 } } },
    { "destroy", destroy_pool, MP__ROLE_OWNER, { { 0 } } },
    { 0 },
};
