/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * kill_pools.c -- every item of a pool held to account, with deaths
 */
#include "faults/kill_ledger.h"

#include "mp/error.h"
#include "support/ignore.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { ITEMS = 12, MORTAL = 7, NOBODY = -1, LONG_MS = LEDGER_LONG_MS };

/* False: the pool was broken before, and no status was written. */
static bool run_map(mp_pool *pool, const mp_task *task, const void *arguments,
                    int count, int chunk, int64_t *results, int *statuses)
{
    const mp_call_options options = { .chunk_size = chunk,
                                      .statuses = statuses };
    int i;
    int error;

    for (i = 0; i < count; i++) {
        statuses[i] = 1;
    }
    error =
        mp_pool_map(pool, task, arguments, (size_t)count, results, &options);
    return error != MP_EBROKEN || statuses[0] != 1; /* else it was before */
}

/* ---- map: chunks, and one item that kills its worker ---- */

/* 1, 2, 3 and so on squared; `mortal`: that one is -1, which kills, or none. */
static bool map_squares(mp_pool *pool, const mp_task *task, int mortal)
{
    int64_t numbers[ITEMS];
    int64_t squares[ITEMS];
    int statuses[ITEMS];
    int i;

    for (i = 0; i < ITEMS; i++) {
        numbers[i] = i == mortal ? -1 : i + 1;
    }
    if (!run_map(pool, task, numbers, ITEMS, 3, squares, statuses)) {
        return false;
    }
    for (i = 0; i < ITEMS; i++) {
        ledger_item(statuses[i], numbers[i] == -1 ? MP_ECRASHED : 0);
        CHECK(squares[i] == (statuses[i] == 0 ? numbers[i] * numbers[i] : 0));
    }
    return true;
}

static void map_numbers(void)
{
    const mp_pool_options options = { .workers = 2 };
    mp_pool *pool = ledger_pool(&options);
    int round;

    stage_nap_us(1000); /* the workers sleep */
    for (round = 0; round < 2 && map_squares(pool, &square_task,
                                             round == 0 ? MORTAL : NOBODY);
         round++) {
        ledger_totals(pool, true);
    }
    ledger_close(pool, &options);
}

/* ---- map: items that take a while, and their owner sleeps until the last ---- */

static int square_slowly(const void *argument, void *result)
{
    stage_nap_us(200);
    return square_task.run(argument, result);
}

static const mp_task slow_task = { .run = square_slowly,
                                   .argument = &mp_serializer_int64,
                                   .result = &mp_serializer_int64 };

static void map_patiently(void)
{
    const mp_pool_options options = { .workers = 2 };
    mp_pool *pool = ledger_pool(&options);

    (void)map_squares(pool, &slow_task, NOBODY);
    ledger_totals(pool, true);
    ledger_close(pool, &options);
}

/* ---- map: runs of many items, of decoded arguments and in place ---- */

enum { LONG_RUN = 40, FATAL = 29 };

static int measure(const void *argument, void *result)
{
    const char *text = *(char *const *)argument;

    if (text[0] == '!') {
        (void)raise(SIGKILL);
    }
    *(int64_t *)result = (int64_t)strlen(text);
    return 0;
}

static const mp_task measure_task = { .run = measure,
                                      .argument = &mp_serializer_string,
                                      .result = &mp_serializer_int64 };

static void check_run(const int *statuses, const int64_t *results, bool square)
{
    int64_t good;
    int i;

    for (i = 0; i < LONG_RUN; i++) {
        ledger_item(statuses[i], i == FATAL ? MP_ECRASHED : 0);
        good = square ? (int64_t)(i + 1) * (i + 1) : 3;
        CHECK(results[i] == (statuses[i] == 0 ? good : 0));
    }
}

static void map_in_runs(void)
{
    const mp_pool_options options = { .workers = 1 };
    const char *texts[LONG_RUN];
    int statuses[LONG_RUN];
    int64_t *arrays = NULL;
    mp_pool *pool;
    int i;

    CHECK(mp_shared_create((void **)&arrays, 2 * LONG_RUN * sizeof(int64_t)) ==
          0);
    for (i = 0; i < LONG_RUN; i++) {
        texts[i] = i == FATAL ? "!" : "abc";
        arrays[i] = i == FATAL ? -1 : i + 1;
    }
    pool = ledger_pool(&options);
    if (run_map(pool, &square_task, arrays, LONG_RUN, LONG_RUN,
                arrays + LONG_RUN, statuses)) {
        check_run(statuses, arrays + LONG_RUN, true);
    }
    if (run_map(pool, &measure_task, texts, LONG_RUN, LONG_RUN, arrays,
                statuses)) {
        check_run(statuses, arrays, false);
    }
    ledger_totals(pool, true);
    ledger_close(pool, &options);
    mp_shared_destroy(arrays);
}

/* ---- apply: arguments and results that go to the file, callbacks ---- */

enum { LONG_ARGUMENT = 6000, LONG_RESULT = 100000 };

static int lengthen(const void *argument, void *result)
{
    const mp_bytes *in = argument;
    mp_bytes *out = result;

    stage_nap_us(1500); /* the owner sleeps meanwhile */
    out->data = malloc(LONG_RESULT);
    if (out->data == NULL) {
        return 1;
    }
    out->size = LONG_RESULT;
    memset(out->data, *(const unsigned char *)in->data, LONG_RESULT);
    return in->size == LONG_ARGUMENT ? 0 : 2;
}

static const mp_task lengthen_task = { .run = lengthen,
                                       .argument = &mp_serializer_bytes,
                                       .result = &mp_serializer_bytes };

static void check_long(const mp_bytes *bytes, int value)
{
    const unsigned char *at = bytes->data;
    size_t i;

    CHECK(bytes->size == LONG_RESULT);
    for (i = 0; i < bytes->size; i += 997) {
        CHECK(at[i] == value);
    }
}

static void count_call(mp_result *result, void *context)
{
    CHECK(mp_result_ready(result) == 1);
    (void)context;
    (void)atomic_fetch_add(&ledger()->calls, 1);
}

static void call_tasks(void)
{
    const mp_pool_options options = { .workers = 1 };
    const mp_call_options calling = { .done = count_call };
    unsigned char text[LONG_ARGUMENT];
    mp_bytes argument = { .data = text, .size = sizeof(text) };
    mp_bytes longer = { NULL, 0 };
    mp_pool *pool = ledger_pool(&options);
    mp_result *results[3] = { NULL };
    int called = 0;
    int error;
    int i;

    stage_nap_us(1000);
    for (i = 0; i < 3; i++) {
        memset(text, 'a' + i, sizeof(text));
        error = mp_pool_apply_async(pool, &results[i], &lengthen_task,
                                    &argument, &calling);
        called += error == 0;
        ledger_item(error, 0);
    }
    for (i = 0; i < 3; i++) {
        if (results[i] == NULL) {
            continue;
        }
        error = mp_result_get(results[i], &longer, LONG_MS);
        ledger_item(error, 0);
        if (error == 0) {
            check_long(&longer, 'a' + i);
            mp_serializer_release(&mp_serializer_bytes, &longer, 1);
        }
        mp_result_destroy(results[i]);
    }
    CHECK_RESULT(atomic_load(&ledger()->calls) == called, called);
    ledger_close(pool, &options);
}

/* ---- with poll() ---- */

/* Where files may not grow without end none is mapped: it is read by calls. */
static void call_tasks_unmapped(void)
{
    struct rlimit limit;

    CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    limit.rlim_cur /= 2; /* far away, if there was none */
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    call_tasks();
}

static void poll_pool(void)
{
    const mp_pool_options options = { .workers = 2 };
    mp_pool *pool = ledger_pool(&options);
    struct pollfd set = { .fd = mp_pool_descriptor(pool), .events = POLLIN };
    mp_result *results[4] = { NULL };
    int64_t number;
    int64_t square = 0;
    int i;
    int error;

    for (i = 0; i < 4; i++) {
        number = i == 2 ? -1 : i;
        ledger_item(
            mp_pool_apply_async(pool, &results[i], &square_task, &number, NULL),
            0);
    }
    for (i = 0; i < 4; i++) {
        while (results[i] != NULL && mp_result_ready(results[i]) == 0) {
            (void)poll(&set, 1, 250);
            CHECK(mp_pool_step(pool) >= 0);
        }
        if (results[i] != NULL) {
            error = mp_result_get(results[i], &square, 0);
            ledger_item(error, i == 2 ? MP_ECRASHED : 0);
            CHECK(error != 0 || square == i * i);
        }
        mp_result_destroy(results[i]);
    }
    ledger_close(pool, &options);
}

/* ---- imap ---- */

static void iterate(mp_pool *pool, bool ordered)
{
    int64_t numbers[ITEMS];
    const mp_source source = { .items = numbers, .count = ITEMS };
    const mp_call_options options = { .chunk_size = 2 };
    mp_iterator *iterator = NULL;
    mp_report report;
    int64_t square = 0;
    bool seen[ITEMS] = { false };
    int count = 0;
    int last = -1;
    int i;
    int error;

    for (i = 0; i < ITEMS; i++) {
        numbers[i] = i + 1;
    }
    error = ordered
                ? mp_pool_imap(pool, &iterator, &square_task, &source, &options)
                : mp_pool_imap_unordered(pool, &iterator, &square_task, &source,
                                         &options);
    if (error < 0) {
        ledger_item(error, 0);
        return;
    }
    while ((error = mp_iterator_next(iterator, &square, &report, LONG_MS)) >
           0) {
        CHECK(report.index < ITEMS && !seen[report.index]);
        CHECK(!ordered || (int)report.index > last);
        last = (int)report.index;
        seen[report.index] = true;
        count++;
        ledger_item(report.error, 0);
        i = (int)report.index + 1;
        CHECK(report.error != 0 || square == (int64_t)i * i);
    }
    /* What ends with the pool is told once, at the end. */
    ledger_item(error, 0);
    CHECK_RESULT(count == ITEMS || error == MP_EBROKEN, count);
    mp_iterator_destroy(iterator);
}

static void iterate_twice(void)
{
    const mp_pool_options options = { .workers = 2 };
    mp_pool *pool = ledger_pool(&options);

    iterate(pool, true);
    iterate(pool, false);
    ledger_close(pool, &options);
}

/* ---- more results than there is room for ---- */

struct wide {
    unsigned char bytes[60000];
};

static int widen(const void *argument, void *result)
{
    memset(result, (int)*(const int64_t *)argument, sizeof(struct wide));
    return 0;
}

static void fill_outbox(void)
{
    static const mp_serializer wide = MP_SERIALIZER_STRUCT(struct wide);
    static const mp_task widen_task = { .run = widen,
                                        .argument = &mp_serializer_int64,
                                        .result = &wide };
    static struct wide out[8];
    const mp_pool_options options = { .workers = 1 };
    mp_pool *pool = ledger_pool(&options);
    mp_result *result = NULL;
    mp_report report;
    int64_t numbers[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    size_t i;
    int error;

    error = mp_pool_map_async(pool, &result, &widen_task, numbers, 8,
                              &(mp_call_options){ .chunk_size = 4 });
    ledger_item(error, 0);
    if (error == 0) {
        stage_nap_us(15000); /* the worker waits for room */
        ignore(mp_result_get(result, out, LONG_MS));
        for (i = 0; i < 8; i++) {
            CHECK(mp_result_report(result, i, &report) == 0);
            ledger_item(report.error, 0);
            CHECK(out[i].bytes[59999] == (report.error == 0 ? i + 1 : 0));
        }
        mp_result_destroy(result);
    }
    ledger_close(pool, &options);
}

/* ---- more withdrawn tasks than the order has places for ---- */

enum { MANY = 1000 };

static int wait_for_word(const void *argument, void *result)
{
    (void)argument;
    (void)result;
    while (atomic_load(&ledger()->go) == 0) {
        stage_nap_us(500);
    }
    return 0;
}

static void withdraw_many(mp_pool *pool)
{
    static int64_t numbers[MANY];
    mp_result *result = NULL;
    mp_report report;
    int error;
    size_t i;

    error = mp_pool_map_async(pool, &result, &square_task, numbers, MANY,
                              &(mp_call_options){ .chunk_size = 1 });
    ledger_item(error, 0);
    if (error < 0) {
        return;
    }
    error = mp_result_cancel(result);
    CHECK_RESULT(error == 0 || error == MP_ESTATE || error == MP_EBROKEN,
                 error);
    (void)mp_result_wait(result, LONG_MS);
    for (i = 0; i < MANY; i++) {
        CHECK(mp_result_report(result, i, &report) == 0);
        if (report.error != 0) { /* when a worker died, some may have run */
            ledger_item(report.error, MP_ECANCELED);
        }
    }
    mp_result_destroy(result);
}

static void pass_over(void)
{
    static const mp_task blocking = { .run = wait_for_word };
    const mp_pool_options options = { .workers = 1 };
    mp_pool *pool = ledger_pool(&options);
    mp_result *block = NULL;
    int i;

    ledger_item(mp_pool_apply_async(pool, &block, &blocking, NULL, NULL), 0);
    stage_nap_us(2000);
    for (i = 0; i < 3; i++) {
        withdraw_many(pool);
    }
    atomic_store(&ledger()->go, 1);
    if (block != NULL) {
        ledger_item(mp_result_get(block, NULL, LONG_MS), 0);
        mp_result_destroy(block);
    }
    ledger_close(pool, &options);
}

const struct scenario pool_scenarios[] = {
    { "map", map_numbers, MP__ROLE_OWNER, { { 0 } } },
    { "map_rolled",
      map_numbers,
      MP__ROLE_OWNER,
      { { MP__ROLE_WORKER, "commit.won" } } },
    { "map_unpublished",
      map_numbers,
      MP__ROLE_OWNER,
      { { MP__ROLE_WORKER, "commit.won" },
        { MP__ROLE_SUPERVISOR, "reap.found" } } },
    { "map_lost",
      map_numbers,
      MP__ROLE_OWNER,
      { { MP__ROLE_SUPERVISOR, "supervisor.sleeping" } } },
    { "map_orphaned",
      map_numbers,
      MP__ROLE_OWNER,
      { { MP__ROLE_OWNER, "submit.queued" } } },
    { "patient", map_patiently, MP__ROLE_OWNER, { { 0 } } },
    { "runs", map_in_runs, MP__ROLE_OWNER, { { 0 } } },
    { "runs_lost",
      map_in_runs,
      MP__ROLE_OWNER,
      { { MP__ROLE_WORKER, "run.item_noted" },
        { MP__ROLE_SUPERVISOR, "burial.closing_run" } } },
    { "apply", call_tasks, MP__ROLE_OWNER, { { 0 } } },
    { "apply_unmapped", call_tasks_unmapped, MP__ROLE_OWNER, { { 0 } } },
    { "poll", poll_pool, MP__ROLE_OWNER, { { 0 } } },
    { "imap", iterate_twice, MP__ROLE_OWNER, { { 0 } } },
    { "outbox", fill_outbox, MP__ROLE_OWNER, { { 0 } } },
    { "order", pass_over, MP__ROLE_OWNER, { { 0 } } },
    { 0 },
};
