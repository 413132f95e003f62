/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_imap.c -- iterators: what a source gives, in order or as it is ready
 */
#include "support/fixture.h"
#include "support/pool_helpers.h"

#include "pool/owner/owner.h"

#include <mp/mp.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MANY 5000

/* Even numbers are fine. */
static int fail_odd(const void *argument, void *result)
{
    int64_t x = *(const int64_t *)argument;

    *(int64_t *)result = x;
    return x % 2 == 1 ? (int)x : 0;
}

static const mp_task odd_task = { .run = fail_odd,
                                  .argument = &mp_serializer_int64,
                                  .result = &mp_serializer_int64 };

static void imap_keeps_the_order(void **state)
{
    static int64_t numbers[MANY];
    mp_pool *pool = mp_test_pool_of(state);
    mp_iterator *iterator = NULL;
    int64_t got = 0;
    int64_t i;
    int chunk;

    mp_test_count_up(numbers, MANY);
    for (chunk = 0; chunk <= 100; chunk += 50) {
        assert_int_equal(
            mp_pool_imap(pool, &iterator, &mp_test_square_task,
                         &(mp_source){ .items = numbers, .count = MANY },
                         &(mp_call_options){ .chunk_size = chunk }),
            0);
        for (i = 0; i < MANY; i++) {
            assert_int_equal(mp_iterator_next(iterator, &got, NULL, MP_FOREVER),
                             1);
            assert_int_equal(got, i * i);
        }
        assert_int_equal(mp_iterator_next(iterator, &got, NULL, MP_FOREVER), 0);
        mp_iterator_destroy(iterator);
    }
    mp_pool_destroy(pool);
}

static void imap_unordered_gives_each_item_once(void **state)
{
    static int64_t numbers[MANY];
    static bool seen[MANY];
    mp_pool *pool = mp_test_pool_of(state);
    mp_iterator *iterator = NULL;
    mp_report report;
    int64_t got = 0;
    size_t count = 0;
    int next;

    mp_test_count_up(numbers, MANY);
    memset(seen, 0, sizeof(seen));
    assert_int_equal(mp_pool_imap_unordered(
                         pool, &iterator, &mp_test_square_task,
                         &(mp_source){ .items = numbers, .count = MANY }, NULL),
                     0);
    while ((next = mp_iterator_next(iterator, &got, &report, MP_FOREVER)) > 0) {
        assert_true(report.index < MANY && !seen[report.index]);
        assert_int_equal(got, (int64_t)(report.index * report.index));
        seen[report.index] = true;
        count++;
    }
    assert_int_equal(next, 0);
    assert_int_equal(count, MANY);
    mp_iterator_destroy(iterator);
    mp_pool_destroy(pool);
}

struct counter {
    int64_t next;
    int64_t end;
    int64_t most; /* taken and not handed out */
    int64_t handed;
    int error;
};

static int count_next(void *context, void *argument)
{
    struct counter *counter = context;

    if (counter->next == counter->end) {
        return counter->error;
    }
    *(int64_t *)argument = counter->next++;
    if (counter->next - counter->handed > counter->most) {
        counter->most = counter->next - counter->handed;
    }
    return 1;
}

static void a_source_is_read_ahead_by_a_bounded_amount(void **state)
{
    struct counter counter = { .end = 1000 };
    mp_pool *pool = mp_test_pool_of(state);
    mp_iterator *iterator = NULL;
    int64_t got = 0;

    assert_int_equal(
        mp_pool_imap(pool, &iterator, &mp_test_square_task,
                     &(mp_source){ .next = count_next, .context = &counter },
                     &(mp_call_options){ .look_ahead = 10 }),
        0);
    for (; counter.handed < 1000; counter.handed++) {
        assert_int_equal(mp_iterator_next(iterator, &got, NULL, MP_FOREVER), 1);
        assert_int_equal(got, counter.handed * counter.handed);
    }
    assert_int_equal(mp_iterator_next(iterator, &got, NULL, 0), 0);
    assert_in_range(counter.most, 1, 11);
    mp_iterator_destroy(iterator);
    mp_pool_destroy(pool);
}

enum { LONG_BYTES = 4 * 1024 * 1024, LONG_ITEMS = 60 };

struct long_source {
    mp_pool *pool;
    unsigned char *bytes;
    int64_t taken;
    uint32_t most; /* that workers had or were to have when one was taken */
};

static int give_long(void *context, void *argument)
{
    struct long_source *source = context;

    if (source->taken == LONG_ITEMS) {
        return 0;
    }
    source->taken++;
    if (source->pool->in_file_count > source->most) {
        source->most = source->pool->in_file_count;
    }
    *(mp_bytes *)argument = (mp_bytes){ source->bytes, LONG_BYTES };
    return 1;
}

static int measure(const void *argument, void *result)
{
    const mp_bytes *bytes = argument;

    *(int64_t *)result = (int64_t)bytes->size;
    return 0;
}

static const mp_task measure_task = { .run = measure,
                                      .argument = &mp_serializer_bytes,
                                      .result = &mp_serializer_int64 };

static void long_arguments_are_not_all_taken_at_once(void **state)
{
    int workers = *(int *)*state;
    mp_pool *pool = mp_test_pool_of(state);
    struct long_source source = { .pool = pool,
                                  .bytes = calloc(1, LONG_BYTES) };
    mp_iterator *iterator = NULL;
    int64_t handed = 0;
    int64_t got = 0;

    assert_non_null(source.bytes);
    assert_int_equal(mp_pool_imap_unordered(
                         pool, &iterator, &measure_task,
                         &(mp_source){ .next = give_long, .context = &source },
                         NULL),
                     0);
    while (mp_iterator_next(iterator, &got, NULL, MP_TEST_LONG_MS) > 0) {
        assert_int_equal(got, LONG_BYTES);
        handed++;
    }
    assert_int_equal(handed, LONG_ITEMS);
    /* The next came when there were less than 16 MiB, or two a worker. */
    assert_in_range(source.most, 1, (workers > 2 ? 2 * workers : 4) - 1);
    assert_int_equal(pool->in_file, 0);
    mp_iterator_destroy(iterator);
    mp_pool_destroy(pool);
    free(source.bytes);
}

static void an_error_of_the_source_comes_once_after_its_items(void **state)
{
    struct counter counter = { .end = 30, .error = -77 };
    mp_pool *pool = mp_test_pool_of(state);
    mp_iterator *iterator = NULL;
    int64_t got = 0;
    int64_t i;

    assert_int_equal(
        mp_pool_imap(pool, &iterator, &mp_test_square_task,
                     &(mp_source){ .next = count_next, .context = &counter },
                     &(mp_call_options){ .chunk_size = 4 }),
        0);
    for (i = 0; i < 30; i++) {
        counter.handed = i;
        assert_int_equal(mp_iterator_next(iterator, &got, NULL, MP_FOREVER), 1);
        assert_int_equal(got, i * i);
    }
    assert_int_equal(mp_iterator_next(iterator, &got, NULL, MP_FOREVER), -77);
    assert_int_equal(mp_iterator_next(iterator, &got, NULL, MP_FOREVER), 0);
    mp_iterator_destroy(iterator);
    mp_pool_destroy(pool);
}

static void a_timed_next_loses_nothing(void **state)
{
    int64_t naps[2] = { 200, 0 };
    mp_pool *pool = mp_test_pool_of(state);
    mp_iterator *iterator = NULL;
    mp_report report;

    assert_int_equal(mp_pool_imap(pool, &iterator, &mp_test_sleep_task,
                                  &(mp_source){ .items = naps, .count = 2 },
                                  NULL),
                     0);
    assert_int_equal(mp_iterator_next(iterator, NULL, NULL, 0), MP_ETIMEDOUT);
    assert_int_equal(mp_iterator_next(iterator, NULL, NULL, 20), MP_ETIMEDOUT);
    assert_int_equal(mp_iterator_next(iterator, NULL, &report, MP_FOREVER), 1);
    assert_int_equal(report.index, 0);
    assert_int_equal(mp_iterator_next(iterator, NULL, &report, MP_FOREVER), 1);
    assert_int_equal(report.index, 1);
    assert_int_equal(mp_iterator_next(iterator, NULL, NULL, MP_FOREVER), 0);
    mp_iterator_destroy(iterator);
    mp_pool_destroy(pool);
}

static void failed_items_of_an_iterator_are_items_with_a_report(void **state)
{
    int64_t numbers[6];
    mp_pool *pool = mp_test_pool_of(state);
    mp_iterator *iterator = NULL;
    mp_report report;
    int64_t got = 0;
    int64_t i;

    mp_test_count_up(numbers, 6);
    assert_int_equal(mp_pool_imap(pool, &iterator, &odd_task,
                                  &(mp_source){ .items = numbers, .count = 6 },
                                  NULL),
                     0);
    assert_int_equal(mp_iterator_next(iterator, &got, NULL, MP_FOREVER), 1);
    assert_int_equal(mp_iterator_next(iterator, &got, NULL, MP_FOREVER),
                     MP_EFAILED);
    for (i = 2; i < 6; i++) {
        assert_int_equal(mp_iterator_next(iterator, &got, &report, 5000), 1);
        assert_int_equal(report.error, i % 2 == 0 ? 0 : MP_EFAILED);
        assert_int_equal(got, i % 2 == 0 ? i : 0);
    }
    mp_iterator_destroy(iterator);
    mp_pool_destroy(pool);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        MP_TEST_EVERYWHERE(imap_keeps_the_order),
        MP_TEST_EVERYWHERE(imap_unordered_gives_each_item_once),
        MP_TEST_EVERYWHERE(a_source_is_read_ahead_by_a_bounded_amount),
        MP_TEST_WITH_WORKERS(long_arguments_are_not_all_taken_at_once),
        MP_TEST_EVERYWHERE(an_error_of_the_source_comes_once_after_its_items),
        MP_TEST_WITH_WORKERS(a_timed_next_loses_nothing),
        MP_TEST_EVERYWHERE(failed_items_of_an_iterator_are_items_with_a_report),
    };

    return mp_run_tests(tests);
}
