/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * call_scenarios_tasks.c -- tasks that crash, run too long, or are not wanted
 */
#include "faults/call_scenarios.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

static int do_nothing(const void *argument, void *nothing)
{
    (void)argument;
    (void)nothing;
    return 0;
}

static int crash(const void *argument, void *nothing)
{
    (void)argument;
    (void)nothing;
    (void)raise(SIGKILL);
    return 0;
}

static int crash_once(const void *argument, void *nothing)
{
    if (mp_task_attempt() == 1) {
        return crash(argument, nothing);
    }
    return 0;
}

static int sleep_long(const void *argument, void *nothing)
{
    (void)argument;
    (void)nothing;
    call_nap(LONG_MS);
    return 0;
}

static const mp_task nothing_task = { .run = do_nothing };

/* The pool does its work after all of that, or says that it cannot. */
static int works_still(mp_pool *pool)
{
    int error = mp_pool_apply(pool, &nothing_task, NULL, NULL, NULL);

    return error;
}

/* One of the errors is expected; any other may come from the failing call. */
static int run_one(const mp_task *task, int expected, bool *came)
{
    mp_pool *pool = NULL;
    mp_report report = { .error = 1 };
    mp_call_options options = { .report = &report };
    int error;
    int result = 0;

    MAKE(pool, mp_pool_create(&pool, &(mp_pool_options){ .workers = 2 }));
    error = mp_pool_apply(pool, task, NULL, NULL, &options);
    WANT(error == expected || (error < 0 && call_named(error, 1) < 0));
    *came = error == expected;
    WANT(error >= 0 || report.error == error || report.error == 1);
    TRY(works_still(pool));
    TRY(*came ? 0 : (error < 0 ? error : MP_EUNKNOWN));

done:
    mp_pool_destroy(pool);
    return result;
}

static int run_crash(void)
{
    const mp_task task = { .run = crash };
    bool came = false;

    return run_one(&task, MP_ECRASHED, &came);
}

static int run_retry(void)
{
    const mp_task task = { .run = crash_once, .retries = 2 };
    bool came = false;

    return run_one(&task, MP_OK, &came);
}

static int run_limit(void)
{
    const mp_task task = { .run = sleep_long, .limit_ms = 10 };
    bool came = false;

    return run_one(&task, MP_ELIMIT, &came);
}

static int run_cancel(void)
{
    const mp_task task = { .run = sleep_long };
    mp_pool *pool = NULL;
    mp_result *handles[3] = { NULL };
    int result = 0;
    int error;

    MAKE(pool, mp_pool_create(&pool, &(mp_pool_options){ .workers = 2 }));
    for (int i = 0; i < 3; i++) {
        MAKE(handles[i],
             mp_pool_apply_async(pool, &handles[i], &task, NULL, NULL));
    }
    for (int i = 2; i >= 0; i--) {
        error = mp_result_cancel(handles[i]);
        WANT(error >= 0 || call_named(error, 1) < 0);
        error = mp_result_get(handles[i], NULL, LONG_MS);
        WANT(error < 0);
        TRY(error == MP_ECANCELED ? 0 : error);
    }
    TRY(works_still(pool));

done:
    mp_pool_destroy(pool);
    for (int i = 0; i < 3; i++) {
        mp_result_destroy(handles[i]);
    }
    return result;
}

static int run_terminate(void)
{
    const mp_task task = { .run = sleep_long };
    mp_pool *pool = NULL;
    mp_result *handle = NULL;
    int result = 0;
    int error;

    MAKE(pool, mp_pool_create(&pool, &(mp_pool_options){ .workers = 2 }));
    MAKE(handle, mp_pool_apply_async(pool, &handle, &task, NULL, NULL));
    TRY(mp_pool_terminate(pool));
    TRY(mp_pool_join(pool, LONG_MS));
    error = mp_result_get(handle, NULL, 0);
    WANT(error < 0);
    TRY(error == MP_ETERMINATED ? 0 : error);

done:
    mp_pool_destroy(pool);
    mp_result_destroy(handle);
    return result;
}

static int make_state(void *argument, void **state)
{
    *state = argument;
    return 0;
}

static void end_state(void *state)
{
    (void)state;
}

/* A worker lives for one chunk; the pool goes on. */
static int run_renewal(void)
{
    const mp_pool_options options = { .workers = 1,
                                      .tasks_per_worker = 1,
                                      .init = make_state,
                                      .exit = end_state,
                                      .account = true };
    mp_pool *pool = NULL;
    int result = 0;

    MAKE(pool, mp_pool_create(&pool, &options));
    for (int i = 0; i < 3; i++) {
        TRY(mp_pool_apply(pool, &nothing_task, NULL, NULL, NULL));
    }
    TRY(mp_pool_close(pool));
    TRY(mp_pool_join(pool, LONG_MS));

done:
    mp_pool_destroy(pool);
    return result;
}

static int refuse(void *argument, void **state)
{
    (void)argument;
    (void)state;
    return mp_task_fail(5, "no");
}

static int run_bad_init(void)
{
    const mp_pool_options options = { .workers = 1, .init = refuse };
    mp_pool *pool = NULL;
    int result = 0;
    int error;

    MAKE(pool, mp_pool_create(&pool, &options));
    error = mp_pool_apply(pool, &nothing_task, NULL, NULL, NULL);
    WANT(error < 0);
    TRY(error == MP_EBROKEN ? 0 : error);

done:
    mp_pool_destroy(pool);
    return result;
}

const call_scenario call_scenarios_tasks[] = {
    { "crash", run_crash },         { "retry", run_retry },
    { "limit", run_limit },         { "cancel", run_cancel },
    { "terminate", run_terminate }, { "renewal", run_renewal },
    { "bad-init", run_bad_init },   { NULL, NULL },
};
