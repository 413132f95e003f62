/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_iterators.c -- rows PL-22 to PL-32: sources, iterators and failures
 */
#include "support/fixture.h"
#include "support/helpers.h"

#include <mp/mp.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LONG_MS 20000
#define MANY    1000

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

/* Negative numbers fail. */
static int square(const void *argument, void *result)
{
    int64_t x = *(const int64_t *)argument;

    if (x < 0) {
        return mp_task_fail(EDOM, "%d is negative", (int)x);
    }
    *(int64_t *)result = x * x;
    return 0;
}

static int nap(const void *argument, void *result)
{
    int64_t ms = *(const int64_t *)argument;

    mp_test_sleep_ms((int)ms);
    *(int64_t *)result = ms;
    return 0;
}

static const mp_task square_task = { .run = square,
                                     .argument = &mp_serializer_int64,
                                     .result = &mp_serializer_int64 };
static const mp_task nap_task = { .run = nap,
                                  .argument = &mp_serializer_int64,
                                  .result = &mp_serializer_int64 };

/* Numbers from 0 on; fails at `fail_at`, ends at `end`. */
struct numbers {
    int64_t next;
    int64_t end;
    int64_t fail_at; /* -1: never */
    int asked_after; /* how often it was asked after its end */
    bool over;
};

static int next_number(void *context, void *argument)
{
    struct numbers *numbers = context;

    numbers->asked_after += numbers->over;
    if (numbers->next == numbers->fail_at) {
        numbers->over = true;
        return -EIO;
    }
    if (numbers->next == numbers->end) {
        numbers->over = true;
        return 0;
    }
    *(int64_t *)argument = numbers->next++;
    return 1;
}

typedef int imap_call(mp_pool *pool, mp_iterator **iterator,
                      const mp_task *task, const mp_source *source,
                      const mp_call_options *options);

static void check_failing_source(imap_call *imap, int64_t fail_at,
                                 int chunk_size)
{
    struct numbers numbers = { .end = 50, .fail_at = fail_at };
    mp_source source = { .next = next_number, .context = &numbers };
    mp_call_options options = { .chunk_size = chunk_size };
    mp_iterator *iterator = NULL;
    bool seen[50] = { false };
    int64_t count = 0;
    int64_t value = 0;
    int got;

    assert_int_equal(imap(pool, &iterator, &square_task, &source, &options),
                     MP_OK);
    while ((got = mp_iterator_next(iterator, &value, NULL, LONG_MS)) == 1) {
        int64_t i = 0;

        while (i < 50 && i * i != value) {
            i++;
        }
        assert_in_range(i, 0, fail_at - 1);
        assert_false(seen[i]);
        seen[i] = true;
        if (imap == mp_pool_imap) {
            assert_int_equal(i, count);
        }
        count++;
    }
    assert_int_equal(count, fail_at);
    assert_int_equal(got, -EIO);
    assert_int_equal(mp_iterator_next(iterator, &value, NULL, LONG_MS), 0);
    assert_int_equal(mp_iterator_next(iterator, &value, NULL, 0), 0);
    assert_int_equal(numbers.asked_after, 0);
    mp_iterator_destroy(iterator);
    value = 5;
    assert_int_equal(mp_pool_apply(pool, &square_task, &value, &value, NULL),
                     MP_OK);
    assert_int_equal(value, 25);
}

/* What takes input of unknown length is imap. */
static void PL_22_a_source_that_fails_ends_the_call_with_its_error(void **state)
{
    (void)state;
    check_failing_source(mp_pool_imap, 0, 1);
    check_failing_source(mp_pool_imap, 0, 1);
    check_failing_source(mp_pool_imap, 30, 1);
}

static void PL_29_what_came_before_a_failing_source_is_handed_out(void **state)
{
    (void)state;
    check_failing_source(mp_pool_imap, 7, 3);
    check_failing_source(mp_pool_imap_unordered, 0, 1);
    check_failing_source(mp_pool_imap_unordered, 7, 3);
    check_failing_source(mp_pool_imap_unordered, 49, 1);
}

static void PL_23_a_map_with_failures_ends_when_all_have_ended(void **state)
{
    int64_t numbers[100];
    int64_t squares[100];
    int statuses[100];
    mp_report report;
    mp_call_options options = { .chunk_size = 1,
                                .statuses = statuses,
                                .report = &report };
    mp_pool_stats stats;
    int i;

    (void)state;
    for (i = 0; i < 100; i++) {
        numbers[i] = i % 10 == 4 ? -i : i;
    }
    assert_int_equal(
        mp_pool_map(pool, &square_task, numbers, 100, squares, &options),
        MP_EFAILED);
    assert_int_equal(report.index, 4); /* the first in order, not in time */
    assert_int_equal(report.code, EDOM);
    assert_int_equal(mp_pool_get_stats(pool, &stats), MP_OK);
    assert_int_equal(stats.ends[MP_TASK_DONE], 90);
    assert_int_equal(stats.ends[MP_TASK_FAILED], 10);
    for (i = 0; i < 100; i++) {
        assert_int_equal(statuses[i], i % 10 == 4 ? MP_EFAILED : MP_OK);
        assert_int_equal(squares[i], i % 10 == 4 ? 0 : i * i);
    }
}

#define LARGE 1048576

/* A failing task has as much to say as it likes; so do those that succeed. */
static int fail_with_much(const void *argument, void *result)
{
    mp_bytes *bytes = result;

    bytes->data = calloc(1, LARGE);
    bytes->size = LARGE;
    return *(const int64_t *)argument % 2 == 0
               ? 0
               : mp_task_fail(EIO, "%0*d", 100000, 1);
}

static void PL_24_large_failures_do_not_stop_close_and_join(void **state)
{
    static const mp_task task = { .run = fail_with_much,
                                  .argument = &mp_serializer_int64,
                                  .result = &mp_serializer_bytes };
    mp_result *results[20];
    mp_bytes bytes;
    int64_t i;

    (void)state;
    for (i = 0; i < 20; i++) {
        assert_int_equal(
            mp_pool_apply_async(pool, &results[i], &task, &i, NULL), MP_OK);
    }
    assert_int_equal(mp_pool_close(pool), MP_OK);
    assert_int_equal(mp_pool_join(pool, LONG_MS), MP_OK);
    for (i = 0; i < 20; i++) {
        int error = mp_result_get(results[i], &bytes, 0);

        assert_int_equal(error, i % 2 == 0 ? MP_OK : MP_EFAILED);
        assert_int_equal(bytes.size, i % 2 == 0 ? LARGE : 0);
        mp_serializer_release(&mp_serializer_bytes, &bytes, 1);
        mp_result_destroy(results[i]);
    }
}

static void check_imap(int chunk_size)
{
    struct numbers numbers = { .end = MANY, .fail_at = -1 };
    mp_source source = { .next = next_number, .context = &numbers };
    mp_call_options options = { .chunk_size = chunk_size };
    mp_iterator *iterator = NULL;
    int64_t value;
    int64_t i;

    assert_int_equal(
        mp_pool_imap(pool, &iterator, &square_task, &source, &options), MP_OK);
    for (i = 0; i < MANY; i++) {
        assert_int_equal(mp_iterator_next(iterator, &value, NULL, LONG_MS), 1);
        assert_int_equal(value, i * i);
    }
    for (i = 0; i < 3; i++) {
        assert_int_equal(mp_iterator_next(iterator, &value, NULL, MP_FOREVER),
                         0);
    }
    mp_iterator_destroy(iterator);
}

static void PL_25_imap_keeps_the_order(void **state)
{
    static const int64_t naps[] = { 1, 1, 60000 };
    mp_source source = { .items = naps, .count = 3 };
    mp_iterator *iterator = NULL;
    int64_t value = 0;

    (void)state;
    check_imap(1);
    check_imap(100);
    /* Early ones come while a later one runs. */
    assert_int_equal(mp_pool_imap(pool, &iterator, &nap_task, &source, NULL),
                     MP_OK);
    assert_int_equal(mp_iterator_next(iterator, &value, NULL, LONG_MS), 1);
    assert_int_equal(mp_iterator_next(iterator, &value, NULL, LONG_MS), 1);
    assert_int_equal(mp_iterator_next(iterator, &value, NULL, 0), MP_ETIMEDOUT);
    mp_iterator_destroy(iterator);
}

static void PL_26_a_timed_next_loses_nothing(void **state)
{
    static const int64_t naps[] = { 150, 0, 1 };
    static const int at_once[] = { 0, -1, INT_MIN };
    mp_source source = { .items = naps, .count = 3 };
    mp_iterator *iterator = NULL;
    int64_t value = 77;
    int64_t before;
    size_t i;

    (void)state;
    assert_int_equal(mp_pool_imap(pool, &iterator, &nap_task, &source, NULL),
                     MP_OK);
    for (i = 0; i < 3; i++) {
        assert_int_equal(mp_iterator_next(iterator, &value, NULL, at_once[i]),
                         MP_ETIMEDOUT);
    }
    before = mp_test_clock_ms();
    assert_int_equal(mp_iterator_next(iterator, &value, NULL, 20),
                     MP_ETIMEDOUT);
    assert_true(mp_test_clock_ms() - before >= 20);
    assert_int_equal(value, 77);
    for (i = 0; i < 3; i++) {
        assert_int_equal(mp_iterator_next(iterator, &value, NULL, LONG_MS), 1);
        assert_int_equal(value, naps[i]);
    }
    assert_int_equal(mp_iterator_next(iterator, &value, NULL, 0), 0);
    mp_iterator_destroy(iterator);
}

static void check_failing_items(int chunk_size)
{
    static const int64_t numbers[] = { 1, 2, -3, 4, -5, 6 };
    mp_source source = { .items = numbers, .count = 6 };
    mp_call_options options = { .chunk_size = chunk_size };
    mp_iterator *iterator = NULL;
    mp_report report;
    int64_t value;
    int i;

    assert_int_equal(
        mp_pool_imap(pool, &iterator, &square_task, &source, &options), MP_OK);
    for (i = 0; i < 6; i++) {
        value = 77;
        assert_int_equal(mp_iterator_next(iterator, &value, NULL, LONG_MS),
                         numbers[i] < 0 ? MP_EFAILED : 1);
        assert_int_equal(value, numbers[i] < 0 ? 77 : numbers[i] * numbers[i]);
    }
    assert_int_equal(mp_iterator_next(iterator, &value, NULL, LONG_MS), 0);
    mp_iterator_destroy(iterator);
    assert_int_equal(mp_pool_imap_unordered(pool, &iterator, &square_task,
                                            &source, &options),
                     MP_OK);
    for (i = 0; i < 6; i++) {
        assert_int_equal(mp_iterator_next(iterator, &value, &report, LONG_MS),
                         1);
        assert_int_equal(report.error,
                         numbers[report.index] < 0 ? MP_EFAILED : MP_OK);
    }
    assert_int_equal(mp_iterator_next(iterator, &value, &report, LONG_MS), 0);
    mp_iterator_destroy(iterator);
}

static void PL_27_a_failing_item_stands_at_its_place(void **state)
{
    (void)state;
    check_failing_items(1);
}

static void PL_28_a_failing_item_leaves_its_chunk_alone(void **state)
{
    (void)state;
    check_failing_items(3);
    check_failing_items(6);
}

static void PL_30_imap_unordered_gives_each_once_as_it_comes(void **state)
{
    static const int chunks[] = { 1, 7 };
    bool seen[MANY];
    int64_t value;
    size_t c;
    int i;

    (void)state;
    for (c = 0; c < 2; c++) {
        struct numbers numbers = { .end = MANY, .fail_at = -1 };
        mp_source source = { .next = next_number, .context = &numbers };
        mp_call_options options = { .chunk_size = chunks[c] };
        mp_iterator *iterator = NULL;
        mp_report report;

        memset(seen, 0, sizeof(seen));
        assert_int_equal(mp_pool_imap_unordered(pool, &iterator, &square_task,
                                                &source, &options),
                         MP_OK);
        for (i = 0; i < MANY; i++) {
            assert_int_equal(
                mp_iterator_next(iterator, &value, &report, LONG_MS), 1);
            assert_int_equal(value, report.index * report.index);
            assert_false(seen[report.index]);
            seen[report.index] = true;
        }
        assert_int_equal(mp_iterator_next(iterator, NULL, NULL, LONG_MS), 0);
        mp_iterator_destroy(iterator);
    }
}

static void PL_30_one_slow_item_holds_nothing_back(void **state)
{
    static const int64_t naps[] = { 60000, 1, 2, 3 };
    mp_source source = { .items = naps, .count = 4 };
    mp_iterator *iterator = NULL;
    int64_t value = 0;
    int64_t i;

    (void)state;
    assert_int_equal(
        mp_pool_imap_unordered(pool, &iterator, &nap_task, &source, NULL),
        MP_OK);
    for (i = 1; i < 4; i++) {
        assert_int_equal(mp_iterator_next(iterator, &value, NULL, LONG_MS), 1);
        assert_int_equal(value, i);
    }
    assert_int_equal(mp_iterator_next(iterator, &value, NULL, 0), MP_ETIMEDOUT);
    mp_iterator_destroy(iterator);
}

static void PL_31_a_source_is_read_ahead_by_so_much(void **state)
{
    struct numbers numbers = { .end = MANY, .fail_at = -1 };
    mp_source source = { .next = next_number, .context = &numbers };
    mp_call_options options = { .look_ahead = 5 };
    mp_iterator *iterator = NULL;
    int64_t value;
    int64_t i;

    (void)state;
    assert_int_equal(
        mp_pool_imap(pool, &iterator, &square_task, &source, &options), MP_OK);
    for (i = 0; i < 100; i++) {
        assert_in_range(numbers.next, 0, i + 5);
        assert_int_equal(mp_iterator_next(iterator, &value, NULL, LONG_MS), 1);
        assert_int_equal(value, i * i);
    }
    mp_iterator_destroy(iterator);
}

static void PL_32_many_at_once_do_not_mix(void **state)
{
    static int64_t numbers[100];
    mp_source source = { .items = numbers, .count = 100 };
    mp_iterator *ordered = NULL;
    mp_iterator *unordered = NULL;
    mp_result *map = NULL;
    int64_t squares[100];
    int64_t value;
    int64_t i;

    (void)state;
    for (i = 0; i < 100; i++) {
        numbers[i] = i;
    }
    assert_int_equal(mp_pool_imap(pool, &ordered, &square_task, &source, NULL),
                     MP_OK);
    assert_int_equal(mp_pool_imap_unordered(
                         pool, &unordered, &nap_task,
                         &(mp_source){ .items = numbers, .count = 3 }, NULL),
                     MP_OK);
    assert_int_equal(
        mp_pool_map_async(pool, &map, &square_task, numbers, 100, NULL), MP_OK);
    for (i = 0; i < 50; i++) {
        assert_int_equal(mp_iterator_next(ordered, &value, NULL, LONG_MS), 1);
        assert_int_equal(value, i * i);
    }
    for (i = 0; i < 3; i++) {
        assert_int_equal(mp_iterator_next(unordered, &value, NULL, LONG_MS), 1);
        assert_in_range(value, 0, 2);
    }
    assert_int_equal(mp_result_get(map, squares, LONG_MS), MP_OK);
    assert_int_equal(squares[99], 9801);
    /* One dropped half-way, one not asked at all. */
    mp_iterator_destroy(ordered);
    assert_int_equal(mp_pool_imap(pool, &ordered, &square_task, &source, NULL),
                     MP_OK);
    mp_iterator_destroy(ordered);
    assert_int_equal(mp_pool_close(pool), MP_OK);
    assert_int_equal(mp_pool_join(pool, LONG_MS), MP_OK);
    mp_iterator_destroy(unordered);
    mp_result_destroy(map);
}

#define ROW(name) mp_test_setup_teardown(name, open_pool, close_pool)

static const struct CMUnitTest tests[] = {
    ROW(PL_22_a_source_that_fails_ends_the_call_with_its_error),
    ROW(PL_23_a_map_with_failures_ends_when_all_have_ended),
    ROW(PL_24_large_failures_do_not_stop_close_and_join),
    ROW(PL_25_imap_keeps_the_order),
    ROW(PL_26_a_timed_next_loses_nothing),
    ROW(PL_27_a_failing_item_stands_at_its_place),
    ROW(PL_28_a_failing_item_leaves_its_chunk_alone),
    ROW(PL_29_what_came_before_a_failing_source_is_handed_out),
    ROW(PL_30_imap_unordered_gives_each_once_as_it_comes),
    ROW(PL_30_one_slow_item_holds_nothing_back),
    ROW(PL_31_a_source_is_read_ahead_by_so_much),
    ROW(PL_32_many_at_once_do_not_mix),
};

int main(void)
{
    return mp_run_tests(tests);
}
