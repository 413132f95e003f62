/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_pool_callbacks.c -- rows PL-37 to PL-40: `done` callbacks
 */
#include "support/fixture.h"
#include "support/helpers.h"

#include <mp/mp.h>

#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

#define LONG_MS 20000

static mp_pool *pool;

static int close_pool(void **state)
{
    (void)state;
    mp_pool_destroy(pool);
    pool = NULL;
    return 0;
}

static void open_pool(mp_pool_options options)
{
    assert_int_equal(mp_pool_create(&pool, &options), MP_OK);
}

static int square(const void *argument, void *result)
{
    int64_t x = *(const int64_t *)argument;

    *(int64_t *)result = x * x;
    return x < 0 ? mp_task_fail(7, "%d is negative", (int)x) : 0;
}

static int nap_ms(const void *argument, void *result)
{
    (void)result;
    mp_test_sleep_ms((int)*(const int64_t *)argument);
    return 0;
}

static const mp_task square_task = { .run = square,
                                     .argument = &mp_serializer_int64,
                                     .result = &mp_serializer_int64 };
static const mp_task nap_task = { .run = nap_ms,
                                  .argument = &mp_serializer_int64 };

struct call {
    mp_pool *pool;
    int calls;
    int error;
    int64_t values[3];
    pid_t pid;
    bool in_turn; /* the last call was after this one */
    int waited;
    int submitted;
};

static void note_call(mp_result *result, void *context)
{
    struct call *call = context;

    call->calls++;
    call->error = mp_result_get(result, call->values, 0);
    call->pid = getpid();
}

static void PL_37_a_callback_runs_once_in_the_owner(void **state)
{
    struct call calls[3] = { { .calls = 0 } };
    mp_call_options options = { .done = note_call };
    int64_t numbers[3] = { 2, 3, 4 };
    int64_t bad[3] = { 2, -3, -4 };
    mp_result *results[3];
    int i;

    (void)state;
    open_pool((mp_pool_options){ .workers = 2 });
    options.context = &calls[0];
    assert_int_equal(mp_pool_apply_async(pool, &results[0], &square_task,
                                         &numbers[1], &options),
                     MP_OK);
    options.context = &calls[1];
    assert_int_equal(mp_pool_map_async(pool, &results[1], &square_task, numbers,
                                       3, &options),
                     MP_OK);
    options.context = &calls[2];
    assert_int_equal(
        mp_pool_map_async(pool, &results[2], &square_task, bad, 3, &options),
        MP_OK);
    assert_int_equal(mp_result_wait_all(results, 3, LONG_MS), MP_OK);
    for (i = 0; i < 3; i++) {
        assert_int_equal(calls[i].calls, 1);
        assert_int_equal(calls[i].pid, getpid());
        mp_result_destroy(results[i]);
    }
    assert_int_equal(calls[0].error, MP_OK);
    assert_int_equal(calls[0].values[0], 9);
    assert_int_equal(calls[1].error, MP_OK);
    assert_int_equal(calls[1].values[2], 16);
    assert_int_equal(calls[2].error, MP_EFAILED);
    assert_int_equal(calls[2].values[0], 4);
    assert_int_equal(calls[2].values[1], 0);
    mp_pool_destroy(pool);
    pool = NULL;
    for (i = 0; i < 3; i++) {
        assert_int_equal(calls[i].calls, 1);
    }
}

static void PL_38_the_callback_has_run_before_get_returns(void **state)
{
    mp_result *result;
    int64_t number;

    (void)state;
    open_pool((mp_pool_options){ .workers = 2 });
    for (number = 0; number < 200; number++) {
        struct call call = { .calls = 0 };
        mp_call_options options = { .done = note_call, .context = &call };

        assert_int_equal(
            mp_pool_apply_async(pool, &result, &square_task, &number, &options),
            MP_OK);
        if (number % 2 == 0) {
            assert_int_equal(mp_result_wait(result, LONG_MS), MP_OK);
        } else {
            while (mp_result_ready(result) == 0) {
                mp_test_sleep_ms(1);
            }
        }
        assert_int_equal(call.calls, 1);
        assert_int_equal(call.values[0], number * number);
        mp_result_destroy(result);
    }
}

static void count_call(mp_result *result, void *context)
{
    (void)result;
    ++*(int *)context;
}

static void PL_39_callbacks_have_run_when_join_returns(void **state)
{
    int calls = 0;
    mp_call_options options = { .done = count_call, .context = &calls };
    mp_result *result;
    int64_t number;

    (void)state;
    open_pool((mp_pool_options){ .workers = 2 });
    for (number = 0; number < 50; number++) {
        /* Some without a handle, some whose handle is gone. */
        assert_int_equal(mp_pool_apply_async(pool,
                                             number % 2 == 0 ? &result : NULL,
                                             &square_task, &number, &options),
                         MP_OK);
        if (number % 2 == 0) {
            mp_result_destroy(result);
        }
    }
    assert_int_equal(mp_pool_close(pool), MP_OK);
    assert_int_equal(mp_pool_join(pool, LONG_MS), MP_OK);
    assert_int_equal(calls, 50);
}

static void PL_39_callbacks_run_for_what_is_terminated(void **state)
{
    int calls = 0;
    mp_call_options options = { .done = count_call, .context = &calls };
    int64_t long_nap = 60000;
    int i;

    (void)state;
    open_pool((mp_pool_options){ .workers = 1 });
    for (i = 0; i < 5; i++) {
        assert_int_equal(
            mp_pool_apply_async(pool, NULL, &nap_task, &long_nap, &options),
            MP_OK);
    }
    assert_int_equal(calls, 0);
    mp_pool_destroy(pool);
    pool = NULL;
    assert_int_equal(calls, 5);
}

static void PL_20_an_empty_async_map_is_ready_and_calls_back(void **state)
{
    int calls = 0;
    mp_call_options options = { .done = count_call, .context = &calls };
    mp_result *result;

    (void)state;
    open_pool((mp_pool_options){ .workers = 1 });
    assert_int_equal(
        mp_pool_map_async(pool, &result, &square_task, NULL, 0, &options),
        MP_OK);
    assert_int_equal(calls, 1);
    assert_int_equal(mp_result_ready(result), 1);
    assert_int_equal(mp_result_successful(result), 1);
    assert_int_equal(mp_result_get(result, NULL, 0), MP_OK);
    mp_result_destroy(result);
}

/* Submit another until five were; then try what is not allowed. */
static void submit_more(mp_result *result, void *context)
{
    struct call *call = context;
    mp_call_options options = { .done = submit_more, .context = call };
    mp_result *waited = NULL;
    int64_t nap = 20;
    int64_t number = ++call->calls;

    mp_result_destroy(result); /* also from in here */
    if (call->calls < 5) {
        call->submitted +=
            mp_pool_apply_async(call->pool, &waited, &square_task, &number,
                                &options) == MP_OK;
        return;
    }
    call->submitted += mp_pool_apply_async(call->pool, &waited, &nap_task, &nap,
                                           NULL) == MP_OK;
    call->waited += mp_result_wait(waited, LONG_MS) == MP_ESTATE;
    call->waited += mp_result_get(waited, NULL, 0) == MP_ETIMEDOUT;
    call->waited +=
        mp_pool_apply(call->pool, &nap_task, &nap, NULL, NULL) == MP_ESTATE;
    call->waited += mp_pool_join(call->pool, 0) == MP_ESTATE;
    call->waited += mp_pool_terminate(call->pool) == MP_ESTATE;
    mp_pool_destroy(call->pool);
    mp_result_destroy(waited);
}

static void PL_40_a_callback_may_submit_but_not_wait(void **state)
{
    struct call call = { .calls = 0 };
    mp_call_options options = { .done = submit_more, .context = &call };
    mp_result *result;
    int64_t number = 1;

    (void)state;
    open_pool((mp_pool_options){ .workers = 2 });
    call.pool = pool;
    assert_int_equal(
        mp_pool_apply_async(pool, &result, &square_task, &number, &options),
        MP_OK);
    while (call.calls < 5) {
        assert_true(mp_pool_step(pool) >= 0);
    }
    assert_int_equal(call.submitted, 5);
    assert_int_equal(call.waited, 5);
    assert_int_equal(mp_pool_close(pool), MP_OK);
    assert_int_equal(mp_pool_join(pool, LONG_MS), MP_OK);
}

static void callbacks_run_in_an_inline_pool_too(void **state)
{
    struct call call = { .calls = 0 };
    mp_call_options options = { .done = note_call, .context = &call };
    mp_result *result;
    int64_t number = 6;

    (void)state;
    open_pool((mp_pool_options){ .workers = MP_WORKERS_INLINE });
    assert_int_equal(
        mp_pool_apply_async(pool, &result, &square_task, &number, &options),
        MP_OK);
    assert_int_equal(call.calls, 1);
    assert_int_equal(call.values[0], 36);
    mp_result_destroy(result);
    assert_int_equal(mp_pool_descriptor(pool), MP_ESTATE);
    assert_int_equal(mp_pool_step(pool), 0);
}

static void destroy_handle(mp_result *result, void *calls)
{
    mp_result_destroy(result);
    ++*(int *)calls;
}

static int kill_supervisor(const void *argument, void *result)
{
    (void)result;
    if (*(const int64_t *)argument == 5) {
        (void)kill(getppid(), SIGKILL);
        mp_test_sleep_ms(60000); /* until that ends us, too */
    }
    return 0;
}

/* The pool ends, and its callbacks run, in the middle of the call that
 * submits: it waits for room. */
static void a_callback_may_destroy_what_is_being_submitted(void **state)
{
    static const mp_task deadly = { .run = kill_supervisor,
                                    .argument = &mp_serializer_int64 };
    int calls = 0;
    mp_call_options options = { .done = destroy_handle, .context = &calls };
    int64_t numbers[20];
    mp_result *result = NULL;
    int i;

    (void)state;
    open_pool((mp_pool_options){ .workers = 1, .max_pending = 2 });
    for (i = 0; i < 20; i++) {
        numbers[i] = i;
    }
    for (i = 1; i <= 10; i++) {
        assert_int_equal(mp_pool_map_async(pool, &result, &square_task, numbers,
                                           5, &options),
                         MP_OK);
        assert_true(calls <= i);
    }
    assert_int_equal(
        mp_pool_map_async(pool, &result, &deadly, numbers, 20, &options),
        MP_OK);
    while (calls < 11) {
        assert_true(mp_pool_step(pool) >= 0);
    }
    assert_int_equal(
        mp_pool_map_async(pool, &result, &deadly, numbers, 20, &options),
        MP_EBROKEN);
}

#define ROW(name) mp_test_setup_teardown(name, NULL, close_pool)

static const struct CMUnitTest tests[] = {
    ROW(PL_20_an_empty_async_map_is_ready_and_calls_back),
    ROW(PL_37_a_callback_runs_once_in_the_owner),
    ROW(PL_38_the_callback_has_run_before_get_returns),
    ROW(PL_39_callbacks_have_run_when_join_returns),
    ROW(PL_39_callbacks_run_for_what_is_terminated),
    ROW(PL_40_a_callback_may_submit_but_not_wait),
    ROW(a_callback_may_destroy_what_is_being_submitted),
    ROW(callbacks_run_in_an_inline_pool_too),
};

int main(void)
{
    return mp_run_tests(tests);
}
