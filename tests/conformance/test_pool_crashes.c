/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_pool_crashes.c -- rows PL-42 to PL-55: tasks, serializers and workers
 * that fail, and what the others notice of it: nothing
 */
#include "support/fixture.h"
#include "support/helpers.h"

#include <mp/mp.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LONG_MS 20000

static mp_pool *pool;

static int open_pool(void **state)
{
    (void)state;
    return mp_pool_create(&pool, &(mp_pool_options){ .workers = 2 }) < 0;
}

static int close_pool(void **state)
{
    (void)state;
    mp_pool_destroy(pool);
    return 0;
}

/* What to do with a number: even ones are squared, odd ones fail somehow. */
enum way { WAY_FAIL, WAY_KILL, WAY_SEGV, WAY_TERM, WAY_EXIT, WAY_QUIT, WAYS };

static void end_by(enum way way)
{
    switch (way) {
    case WAY_KILL:
        (void)raise(SIGKILL);
        break;
    case WAY_SEGV:
        (void)signal(SIGSEGV, SIG_DFL); /* sanitizers catch it */
        (void)kill(getpid(), SIGSEGV);
        mp_test_sleep_ms(LONG_MS);
        break;
    case WAY_TERM:
        (void)raise(SIGTERM);
        break;
    case WAY_EXIT:
        exit(7);
    case WAY_QUIT:
        _exit(8);
    default:
        break;
    }
}

static int status_of(enum way way)
{
    static const int statuses[WAYS] = { 0, -SIGKILL, -SIGSEGV, -SIGTERM, 7, 8 };

    return statuses[way];
}

/* The number says which way: 1 + 2 * way. */
static int square_even(const void *argument, void *result)
{
    int64_t x = *(const int64_t *)argument;

    *(int64_t *)result = x * x;
    if (x % 2 == 0) {
        return 0;
    }
    end_by((enum way)(x / 2));
    return mp_task_fail(EDOM, "%d is odd", (int)x);
}

static const mp_task square_task = { .run = square_even,
                                     .argument = &mp_serializer_int64,
                                     .result = &mp_serializer_int64 };

static void expect_service(void)
{
    int64_t number = 6;

    assert_int_equal(mp_pool_apply(pool, &square_task, &number, &number, NULL),
                     MP_OK);
    assert_int_equal(number, 36);
}

static void PL_42_a_failing_task_tells_code_and_text(void **state)
{
    mp_report report;
    mp_call_options options = { .report = &report };
    mp_pool_stats stats;
    int64_t number = 1;

    (void)state;
    assert_int_equal(
        mp_pool_apply(pool, &square_task, &number, &number, &options),
        MP_EFAILED);
    assert_int_equal(report.end, MP_TASK_FAILED);
    assert_int_equal(report.code, EDOM);
    assert_string_equal(report.text, "1 is odd");
    assert_non_null(strstr(report.file, "test_pool_crashes.c"));
    assert_true(report.line > 0);
    expect_service();
    assert_int_equal(mp_pool_get_stats(pool, &stats), MP_OK);
    assert_int_equal(stats.workers_lost, 0);
}

/* ---- serializers ---- */

/* Where a serializer goes wrong, and how. */
static struct fault {
    bool encode; /* else decode */
    bool in_owner;
    enum way way;
    pid_t owner;
} fault;

static int go_wrong(bool encode, int64_t number)
{
    if (encode == fault.encode && number % 2 != 0 &&
        (getpid() == fault.owner) == fault.in_owner) {
        end_by(fault.way);
        return -EIO;
    }
    return 0;
}

static int encode_number(const mp_serializer *self, const void *object,
                         void *buffer, size_t capacity, size_t *size)
{
    (void)self;
    *size = sizeof(int64_t);
    if (capacity >= *size) {
        memcpy(buffer, object, *size);
    }
    return go_wrong(true, *(const int64_t *)object);
}

static int decode_number(const mp_serializer *self, void *object,
                         const void *bytes, size_t size)
{
    (void)self;
    if (size != sizeof(int64_t)) {
        return -1;
    }
    memcpy(object, bytes, size);
    return go_wrong(false, *(int64_t *)object);
}

static const mp_serializer faulty = { .name = "faulty",
                                      .object_size = sizeof(int64_t),
                                      .encode = encode_number,
                                      .decode = decode_number };

static int copy_number(const void *argument, void *result)
{
    *(int64_t *)result = *(const int64_t *)argument;
    return 0;
}

static const mp_task faulty_argument = { .run = copy_number,
                                         .argument = &faulty,
                                         .result = &mp_serializer_int64 };
static const mp_task faulty_result = { .run = copy_number,
                                       .argument = &mp_serializer_int64,
                                       .result = &faulty };

/* The pool is made anew, so that its workers know of the fault. */
static void expect_faults(const mp_task *task, struct fault how, int error)
{
    int64_t numbers[40];
    int64_t copies[40];
    int statuses[40];
    mp_call_options options = { .statuses = statuses, .chunk_size = 4 };
    int i;

    mp_pool_destroy(pool);
    fault = how;
    fault.owner = getpid();
    assert_int_equal(mp_pool_create(&pool, &(mp_pool_options){ .workers = 2 }),
                     MP_OK);
    for (i = 0; i < 40; i++) {
        numbers[i] = i % 4 == 1 ? i : 2 * i;
    }
    assert_int_equal(mp_pool_map(pool, task, numbers, 40, copies, &options),
                     error);
    for (i = 0; i < 40; i++) {
        assert_int_equal(statuses[i], i % 4 == 1 ? error : MP_OK);
        assert_int_equal(copies[i], i % 4 == 1 ? 0 : 2 * i);
    }
    fault.way = WAY_FAIL; /* in this process */
    expect_service();
}

static void PL_44_an_argument_that_cannot_be_encoded(void **state)
{
    struct fault how = { .encode = true, .in_owner = true };
    mp_result *result = NULL;
    int64_t number = 5;

    (void)state;
    expect_faults(&faulty_argument, how, MP_EENCODE);
    assert_int_equal(
        mp_pool_apply(pool, &faulty_argument, &number, &number, NULL),
        MP_EENCODE);
    assert_int_equal(
        mp_pool_apply_async(pool, &result, &faulty_argument, &number, NULL),
        MP_EENCODE);
    assert_null(result);
    assert_int_equal(mp_pool_close(pool), MP_OK);
    assert_int_equal(mp_pool_join(pool, LONG_MS), MP_OK);
}

static void PL_45_a_result_that_cannot_be_encoded(void **state)
{
    struct fault how = { .encode = true, .in_owner = false };
    mp_report report;
    mp_call_options options = { .report = &report };
    mp_pool_stats stats;
    int64_t number = 5;
    int i;

    (void)state;
    expect_faults(&faulty_result, how, MP_EENCODE);
    for (i = 0; i < 20; i++) {
        assert_int_equal(
            mp_pool_apply(pool, &faulty_result, &number, &number, &options),
            MP_EENCODE);
        assert_non_null(strstr(report.text, "faulty"));
    }
    assert_int_equal(mp_pool_get_stats(pool, &stats), MP_OK);
    assert_int_equal(stats.workers_lost, 0);
}

static void PL_46_an_argument_that_cannot_be_decoded(void **state)
{
    (void)state;
    expect_faults(&faulty_argument, (struct fault){ .in_owner = false },
                  MP_EDECODE);
}

static void PL_47_a_result_that_cannot_be_decoded(void **state)
{
    mp_result *result = NULL;
    int64_t number = 5;
    int64_t copy = 0;

    (void)state;
    expect_faults(&faulty_result, (struct fault){ .in_owner = true },
                  MP_EDECODE);
    assert_int_equal(
        mp_pool_apply_async(pool, &result, &faulty_result, &number, NULL),
        MP_OK);
    assert_int_equal(mp_result_get(result, &copy, LONG_MS), MP_EDECODE);
    mp_result_destroy(result);
    expect_service();
}

/* ---- deaths ---- */

static void expect_death(enum way way)
{
    mp_report report;
    mp_call_options options = { .report = &report };
    int64_t number = 1 + 2 * (int64_t)way;

    assert_int_equal(
        mp_pool_apply(pool, &square_task, &number, &number, &options),
        MP_ECRASHED);
    assert_int_equal(report.end, MP_TASK_CRASHED);
    assert_int_equal(report.exit_status, status_of(way));
    assert_true(report.pid > 0);
    assert_true(strlen(report.text) > 0);
    expect_service();
}

static void PL_49_a_worker_killed_by_a_signal(void **state)
{
    (void)state;
    expect_death(WAY_KILL);
    expect_death(WAY_SEGV);
    expect_death(WAY_TERM);
}

static void PL_50_a_task_that_exits(void **state)
{
    (void)state;
    expect_death(WAY_EXIT);
    expect_death(WAY_QUIT);
}

static void PL_50_a_serializer_that_crashes_or_exits(void **state)
{
    static const enum way ways[] = { WAY_KILL, WAY_EXIT };
    size_t i;

    (void)state;
    for (i = 0; i < 2; i++) {
        struct fault how = { .way = ways[i] };

        expect_faults(&faulty_argument, how, MP_ECRASHED);
        how.encode = true;
        expect_faults(&faulty_result, how, MP_ECRASHED);
    }
}

static void PL_51_a_crash_inside_a_map(void **state)
{
    static const int chunks[] = { 1, 10 };
    int64_t numbers[50];
    int64_t squares[50];
    int statuses[50];
    mp_call_options options = { .statuses = statuses };
    size_t c;
    int i;

    (void)state;
    for (i = 0; i < 50; i++) {
        numbers[i] = i == 23 ? 1 + 2 * WAY_KILL : 2 * i;
    }
    for (c = 0; c < 2; c++) {
        options.chunk_size = chunks[c];
        assert_int_equal(
            mp_pool_map(pool, &square_task, numbers, 50, squares, &options),
            MP_ECRASHED);
        for (i = 0; i < 50; i++) {
            assert_int_equal(statuses[i], i == 23 ? MP_ECRASHED : MP_OK);
            assert_int_equal(squares[i], i == 23 ? 0 : numbers[i] * numbers[i]);
        }
    }
}

static void PL_51_a_crash_inside_an_imap(void **state)
{
    int64_t numbers[50];
    mp_source source = { .items = numbers, .count = 50 };
    mp_iterator *iterator = NULL;
    int64_t value;
    int i;

    (void)state;
    for (i = 0; i < 50; i++) {
        numbers[i] = i % 20 == 3 ? 1 + 2 * WAY_KILL : 2 * i;
    }
    assert_int_equal(mp_pool_imap(pool, &iterator, &square_task, &source, NULL),
                     MP_OK);
    for (i = 0; i < 50; i++) {
        assert_int_equal(mp_iterator_next(iterator, &value, NULL, LONG_MS),
                         i % 20 == 3 ? MP_ECRASHED : 1);
        assert_true(i % 20 == 3 || value == numbers[i] * numbers[i]);
    }
    assert_int_equal(mp_iterator_next(iterator, &value, NULL, LONG_MS), 0);
    mp_iterator_destroy(iterator);
}

static int die_of_bytes(const void *argument, void *result)
{
    (void)result;
    end_by(((const mp_bytes *)argument)->size > 0 ? WAY_KILL : WAY_FAIL);
    return 1;
}

static void PL_52_deaths_while_large_arguments_are_on_their_way(void **state)
{
    static const mp_task task = { .run = die_of_bytes,
                                  .argument = &mp_serializer_bytes };
    mp_result *results[10];
    mp_bytes argument = { .size = 4 * 1024 * 1024 };
    int i;

    (void)state;
    argument.data = calloc(1, argument.size);
    for (i = 0; i < 10; i++) {
        assert_int_equal(
            mp_pool_apply_async(pool, &results[i], &task, &argument, NULL),
            MP_OK);
    }
    for (i = 0; i < 10; i++) {
        assert_int_equal(mp_result_get(results[i], NULL, LONG_MS), MP_ECRASHED);
        mp_result_destroy(results[i]);
    }
    free(argument.data);
    expect_service();
}

static void PL_53_the_dead_are_replaced_and_the_pool_serves_on(void **state)
{
    mp_pool_stats stats;
    int64_t end = mp_test_clock_ms() + LONG_MS;
    int64_t number;
    int i;

    (void)state;
    for (i = 0; i < 20; i++) {
        number = 1 + 2 * WAY_KILL;
        assert_int_equal(mp_pool_apply(pool, &square_task, &number, NULL, NULL),
                         MP_ECRASHED);
    }
    expect_service();
    do {
        assert_int_equal(mp_pool_get_stats(pool, &stats), MP_OK);
    } while (stats.workers < 2 && mp_test_clock_ms() < end);
    assert_int_equal(stats.workers, 2);
    assert_int_equal(stats.workers_lost, 20);
    assert_int_equal(stats.ends[MP_TASK_CRASHED], 20);
}

static int tell_pid(const void *argument, void *result)
{
    (void)argument;
    mp_test_sleep_ms(5);
    *(int64_t *)result = getpid();
    return 0;
}

static void PL_54_idle_workers_killed_pool_serves_on(void **state)
{
    static const mp_task pid_task = { .run = tell_pid,
                                      .result = &mp_serializer_int64 };
    mp_call_options options = { .chunk_size = 1 };
    int64_t pids[8];
    int round;
    int i;

    (void)state;
    for (round = 0; round < 10; round++) {
        assert_int_equal(mp_pool_map(pool, &pid_task, NULL, 8, pids, &options),
                         MP_OK);
        assert_int_equal(kill((pid_t)pids[0], SIGKILL), 0);
        for (i = 1; i < 8 && round % 2 == 0; i++) {
            if (pids[i] != pids[0]) {
                (void)kill((pid_t)pids[i], SIGKILL); /* all at once */
                break;
            }
        }
        expect_service();
    }
}

static void PL_55_a_crash_after_close(void **state)
{
    mp_result *results[4];
    int64_t number = 1 + 2 * WAY_KILL;
    int i;

    (void)state;
    for (i = 0; i < 4; i++) {
        assert_int_equal(
            mp_pool_apply_async(pool, &results[i], &square_task, &number, NULL),
            MP_OK);
    }
    assert_int_equal(mp_pool_close(pool), MP_OK);
    assert_int_equal(mp_pool_join(pool, LONG_MS), MP_OK);
    for (i = 0; i < 4; i++) {
        assert_int_equal(mp_result_get(results[i], NULL, 0), MP_ECRASHED);
        mp_result_destroy(results[i]);
    }
}

#define ROW(name) mp_test_setup_teardown(name, open_pool, close_pool)

static const struct CMUnitTest tests[] = {
    ROW(PL_42_a_failing_task_tells_code_and_text),
    ROW(PL_44_an_argument_that_cannot_be_encoded),
    ROW(PL_45_a_result_that_cannot_be_encoded),
    ROW(PL_46_an_argument_that_cannot_be_decoded),
    ROW(PL_47_a_result_that_cannot_be_decoded),
    ROW(PL_49_a_worker_killed_by_a_signal),
    ROW(PL_50_a_task_that_exits),
    ROW(PL_50_a_serializer_that_crashes_or_exits),
    ROW(PL_51_a_crash_inside_a_map),
    ROW(PL_51_a_crash_inside_an_imap),
    ROW(PL_52_deaths_while_large_arguments_are_on_their_way),
    ROW(PL_53_the_dead_are_replaced_and_the_pool_serves_on),
    ROW(PL_54_idle_workers_killed_pool_serves_on),
    ROW(PL_55_a_crash_after_close),
};

int main(void)
{
    return mp_run_tests(tests);
}
