/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * call_scenarios_pools.c -- a pool's life, and each way to give it work
 */
#include "faults/call_scenarios.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

enum { ITEMS = 12, LARGE = 200000 };

static int square(const void *argument, void *result)
{
    int64_t number = *(const int64_t *)argument;

    *(int64_t *)result = number * number;
    return 0;
}

static const mp_task square_task = { .run = square,
                                     .argument = &mp_serializer_int64,
                                     .result = &mp_serializer_int64 };

static const mp_pool_options two = { .workers = 2 };

/* Every item has one end; whatever was asked of the pool. */
static int account(mp_pool *pool, int result)
{
    mp_pool_stats stats;
    uint64_t sum = 0;

    if (pool == NULL || result > 0) {
        return result;
    }
    if (mp_pool_get_stats(pool, &stats) < 0) {
        return __LINE__;
    }
    for (int end = 0; end < MP_TASK_ENDS; end++) {
        sum += stats.ends[end];
    }
    return sum == stats.submitted ? result : __LINE__;
}

static int end_pool(mp_pool *pool, int result)
{
    result = account(pool, result);
    mp_pool_destroy(pool);
    return result;
}

static int run_apply(void)
{
    mp_pool *pool = NULL;
    int64_t number = 12;
    int64_t squared = -1;
    int result = 0;

    MAKE(pool, mp_pool_create(&pool, &two));
    WANT(mp_pool_workers(pool) == 2);
    result = mp_pool_apply(pool, &square_task, &number, &squared, NULL);
    WANT(squared == (result < 0 ? -1 : 144));
    TRY(result);
    TRY(mp_pool_close(pool));
    WANT(mp_pool_apply(pool, &square_task, &number, &squared, NULL) ==
         MP_ECLOSED);
    TRY(mp_pool_join(pool, LONG_MS));

done:
    return end_pool(pool, result);
}

static void number_items(int64_t numbers[ITEMS])
{
    for (int i = 0; i < ITEMS; i++) {
        numbers[i] = i;
    }
}

/* An item that is done has its square, any other a named error. */
static int check_map(const int64_t squares[ITEMS], const int statuses[ITEMS],
                     int result)
{
    for (int i = 0; i < ITEMS; i++) {
        if (statuses[i] == 0 ? squares[i] != i * (int64_t)i
                             : call_named(statuses[i], 1) > 0) {
            return __LINE__;
        }
        if (statuses[i] != 0 && result == 0) {
            return __LINE__; /* it says that all went well */
        }
    }
    return result;
}

static int run_map(void)
{
    mp_pool *pool = NULL;
    int64_t numbers[ITEMS];
    int64_t squares[ITEMS] = { 0 };
    int statuses[ITEMS];
    mp_call_options options = { .chunk_size = 3, .statuses = statuses };
    int result = 0;

    number_items(numbers);
    for (int i = 0; i < ITEMS; i++) {
        statuses[i] = MP_ENOMEM;
    }
    MAKE(pool, mp_pool_create(&pool, &two));
    result = mp_pool_map(pool, &square_task, numbers, ITEMS, squares, &options);
    result = check_map(squares, statuses, result);
    WANT(result <= 0);
    TRY(result);

done:
    return end_pool(pool, result);
}

static void count_calls(mp_result *unused, void *count)
{
    (void)unused;
    ++*(int *)count;
}

static int run_async(void)
{
    int called = 0;
    mp_call_options options = { .done = count_calls, .context = &called };
    mp_pool *pool = NULL;
    mp_result *results[3] = { NULL };
    int64_t numbers[ITEMS];
    int64_t squares[ITEMS] = { 0 };
    int expected = 0;
    int result = 0;

    number_items(numbers);
    MAKE(pool, mp_pool_create(&pool, &two));
    MAKE(results[0], mp_pool_apply_async(pool, &results[0], &square_task,
                                         &numbers[3], &options));
    expected++;
    MAKE(results[1], mp_pool_map_async(pool, &results[1], &square_task, numbers,
                                       ITEMS, &options));
    expected++;
    MAKE(results[2], mp_pool_apply_async(pool, &results[2], &square_task,
                                         &numbers[4], NULL));
    TRY(mp_result_wait_any(results, 3, LONG_MS));
    TRY(mp_result_wait_all(results, 3, LONG_MS));
    TRY(mp_result_get(results[0], squares, LONG_MS));
    WANT(squares[0] == 9 && mp_result_successful(results[0]) == 1);
    TRY(mp_result_get(results[1], squares, LONG_MS));
    WANT(squares[5] == 25);
    TRY(mp_result_get(results[2], squares, LONG_MS));
    WANT(squares[0] == 16);

done:
    result = end_pool(pool, result);
    if (result <= 0 && called != expected) {
        result = __LINE__;
    }
    for (int i = 0; i < 3; i++) {
        mp_result_destroy(results[i]);
    }
    return result;
}

static int drain(mp_iterator *iterator, int *items)
{
    int64_t number = 0;
    mp_report report;
    int got;

    while ((got = mp_iterator_next(iterator, &number, &report, LONG_MS)) > 0) {
        if (report.error == 0 &&
            number != (int64_t)(report.index * report.index)) {
            return __LINE__;
        }
        ++*items;
        if (report.error < 0 && call_named(report.error, 1) > 0) {
            return __LINE__;
        }
    }
    return got;
}

static int run_imap(void)
{
    mp_pool *pool = NULL;
    mp_iterator *first = NULL;
    mp_iterator *second = NULL;
    int64_t numbers[ITEMS];
    mp_source source = { .items = numbers, .count = ITEMS };
    int items = 0;
    int result = 0;

    number_items(numbers);
    MAKE(pool, mp_pool_create(&pool, &two));
    MAKE(first, mp_pool_imap(pool, &first, &square_task, &source, NULL));
    result = drain(first, &items);
    WANT(result <= 0);
    TRY(result);
    WANT(items == ITEMS);
    MAKE(second,
         mp_pool_imap_unordered(pool, &second, &square_task, &source, NULL));
    result = drain(second, &items);
    WANT(result <= 0);
    TRY(result);
    WANT(items == 2 * ITEMS);

done:
    mp_iterator_destroy(first);
    mp_iterator_destroy(second);
    return end_pool(pool, result);
}

/* ---- arguments and results that no ring can hold ---- */

static int add_one(const void *argument, void *result)
{
    const mp_bytes *in = argument;
    mp_bytes *out = result;
    unsigned char *bytes = malloc(in->size);

    if (bytes == NULL) {
        return mp_task_fail(ENOMEM, "no memory");
    }
    for (size_t i = 0; i < in->size; i++) {
        bytes[i] = (unsigned char)(((const unsigned char *)in->data)[i] + 1);
    }
    *out = (mp_bytes){ .data = bytes, .size = in->size };
    return 0;
}

static bool is_one_more(const mp_bytes *bytes)
{
    for (size_t i = 0; i < bytes->size; i++) {
        if (((const unsigned char *)bytes->data)[i] !=
            (unsigned char)(i * 7 + 1)) {
            return false;
        }
    }
    return bytes->size == LARGE;
}

static int run_large_items(void)
{
    static unsigned char bytes[LARGE];
    const mp_task task = { .run = add_one,
                           .argument = &mp_serializer_bytes,
                           .result = &mp_serializer_bytes };
    mp_bytes in[2] = { { bytes, LARGE }, { bytes, LARGE } };
    mp_bytes out[2] = { { NULL, 0 }, { NULL, 0 } };
    int statuses[2] = { 0, 0 };
    mp_call_options options = { .chunk_size = 1, .statuses = statuses };
    mp_pool *pool = NULL;
    int result = 0;

    for (size_t i = 0; i < LARGE; i++) {
        bytes[i] = (unsigned char)(i * 7);
    }
    MAKE(pool, mp_pool_create(&pool, &two));
    result = mp_pool_map(pool, &task, in, 2, out, &options);
    for (int i = 0; i < 2; i++) {
        WANT(statuses[i] != 0 || result == MP_ENOMEM || is_one_more(&out[i]));
        WANT(statuses[i] == 0 || call_named(statuses[i], 1) < 0);
    }
    TRY(result);

done:
    mp_serializer_release(&mp_serializer_bytes, out, 2);
    return end_pool(pool, result);
}

static int run_views(void)
{
    enum { COUNT = 3 };
    static unsigned char bytes[LARGE];
    const mp_task task = { .run = add_one,
                           .argument = &mp_serializer_bytes,
                           .result = &mp_serializer_bytes };
    mp_bytes in = { bytes, LARGE };
    mp_bytes shown = { NULL, 0 };
    mp_pool *pool = NULL;
    mp_result *results[COUNT] = { NULL };
    const void *view = NULL;
    int result = 0;

    for (size_t i = 0; i < LARGE; i++) {
        bytes[i] = (unsigned char)(i * 7);
    }
    MAKE(pool, mp_pool_create(&pool, &two));
    for (int i = 0; i < COUNT; i++) {
        MAKE(results[i],
             mp_pool_apply_async(pool, &results[i], &task, &in, NULL));
        if (i == 1) {
            TRY(mp_result_view(results[0], &view, &shown.size, LONG_MS));
            mp_result_destroy(results[0]); /* its bytes are used again */
            results[0] = NULL;
        }
    }
    TRY(mp_result_wait_all(results, COUNT, LONG_MS));
    WANT(account(pool, 0) == 0);
    mp_pool_destroy(pool);
    pool = NULL;
    for (int i = 1; i < COUNT; i++) {
        TRY(mp_result_view(results[i], &view, &shown.size, 0));
        shown.data = (void *)(uintptr_t)view;
        WANT(is_one_more(&shown));
    }

done:
    result = end_pool(pool, result);
    for (int i = 0; i < COUNT; i++) {
        mp_result_destroy(results[i]);
    }
    return result;
}

static int run_event_loop(void)
{
    mp_pool *pool = NULL;
    mp_result *handle = NULL;
    mp_wait_item item = { .ready = false };
    int64_t number = 6;
    int64_t squared = 0;
    int result = 0;
    int i;

    MAKE(pool, mp_pool_create(&pool, &two));
    TRY(mp_pool_descriptor(pool));
    MAKE(handle,
         mp_pool_apply_async(pool, &handle, &square_task, &number, NULL));
    item.pool = pool;
    for (i = 0; i < 1000 && mp_result_ready(handle) == 0; i++) {
        TRY(mp_wait(&item, 1, LONG_MS));
        TRY(mp_pool_step(pool));
    }
    WANT(mp_result_ready(handle) == 1);
    TRY(mp_result_get(handle, &squared, 0));
    WANT(squared == 36);

done:
    result = end_pool(pool, result);
    mp_result_destroy(handle);
    return result;
}

static int run_inline(void)
{
    const mp_pool_options none = { .workers = MP_WORKERS_INLINE };
    mp_pool *pool = NULL;
    int64_t number = 5;
    int64_t squared = 0;
    int result = 0;

    MAKE(pool, mp_pool_create(&pool, &none));
    TRY(mp_pool_apply(pool, &square_task, &number, &squared, NULL));
    WANT(squared == 25);

done:
    return end_pool(pool, result);
}

static int run_usable(void)
{
    const mp_pool_options usable = { .workers = MP_WORKERS_USABLE };
    mp_pool *pool = NULL;
    int result = 0;

    MAKE(pool, mp_pool_create(&pool, &usable));
    WANT(mp_pool_workers(pool) >= 1);

done:
    return end_pool(pool, result);
}

const call_scenario call_scenarios_pools[] = {
    { "apply", run_apply },
    { "map", run_map },
    { "async", run_async },
    { "imap", run_imap },
    { "large-items", run_large_items },
    { "views", run_views },
    { "event-loop", run_event_loop },
    { "inline", run_inline },
    { "usable", run_usable },
    { NULL, NULL },
};
