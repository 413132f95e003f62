/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_unread_results.c -- a thousand results of 1 MiB that nobody reads
 * before all of them are there
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/memory.h"
#include "support/pool_helpers.h"

#include <mp/mp.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RESULTS = 1000, WORDS = 1024 * 1024 / 8, NEEDED_GIB = 3 };

static uint64_t word_of(int64_t result, size_t word)
{
    return ((uint64_t)result << 32 | word) * UINT64_C(0x9E3779B97F4A7C15);
}

static int give_1_mib(const void *argument, void *result)
{
    int64_t number = *(const int64_t *)argument;
    mp_bytes *bytes = result;
    uint64_t *words = malloc(sizeof(uint64_t) * WORDS);
    size_t i;

    if (words == NULL) {
        return ENOMEM;
    }
    for (i = 0; i < WORDS; i++) {
        words[i] = word_of(number, i);
    }
    bytes->data = words;
    bytes->size = sizeof(uint64_t) * WORDS;
    return 0;
}

static const mp_task give_task = { .run = give_1_mib,
                                   .argument = &mp_serializer_int64,
                                   .result = &mp_serializer_bytes };

static void check_result(mp_result *handle, int64_t number)
{
    mp_bytes bytes = { NULL, 0 };
    const uint64_t *words;
    size_t wrong = 0;
    size_t i;

    assert_int_equal(mp_result_get(handle, &bytes, 0), 0);
    assert_int_equal(bytes.size, sizeof(uint64_t) * WORDS);
    words = bytes.data;
    for (i = 0; i < WORDS; i++) {
        wrong += words[i] != word_of(number, i);
    }
    assert_int_equal(wrong, 0);
    mp_serializer_release(&mp_serializer_bytes, &bytes, 1);
}

static void skip_without_memory(void)
{
    int64_t available = mp_test_memory_available();
    char reason[96];

    (void)snprintf(reason, sizeof(reason),
                   "%d GiB of memory are needed, %lld MiB are available",
                   NEEDED_GIB, (long long)(available / MP_TEST_MIB));
    if (available < NEEDED_GIB * MP_TEST_GIB) {
        mp_test_skip(reason);
    }
}

/* The tasks between them are done as soon as they come: no worker waits for
 * anybody to read. */
static void a_thousand_unread_results_of_1_mib_stop_no_worker(void **state)
{
    static mp_result *handles[RESULTS];
    mp_pool *pool;
    int64_t began = mp_test_clock_ms();
    int64_t ready;
    int64_t before = mp_test_memory_used();
    int64_t after;
    int64_t i;

    (void)state;
    skip_without_memory();
    mp_test_deadline(240);
    pool = mp_test_pool(&(mp_pool_options){ .workers = 2 });
    for (i = 0; i < RESULTS; i++) {
        assert_int_equal(
            mp_pool_apply_async(pool, &handles[i], &give_task, &i, NULL), 0);
        if (i % 100 == 99) {
            mp_test_serves(pool);
        }
    }
    assert_int_equal(mp_result_wait_all(handles, RESULTS, 200000), 0);
    ready = mp_test_clock_ms();
    mp_test_serves(pool);
    after = mp_test_memory_used();
    for (i = 0; i < RESULTS; i++) {
        check_result(handles[i], i);
        check_result(handles[i], i); /* as often as one likes */
    }
    print_message("%d results of 1 MiB: all there in %lld ms, read twice in "
                  "%lld; %lld KiB each in the owner\n",
                  RESULTS, (long long)(ready - began),
                  (long long)(mp_test_clock_ms() - ready),
                  (long long)((after - before) / RESULTS / 1024));
    /* Where files have no holes, what came through them counts once more. */
    assert_in_range((after - before) / RESULTS, 0, 2200 * 1024);
    assert_int_equal(mp_test_stats(pool).workers_lost, 0);
    mp_pool_destroy(pool);
    for (i = 0; i < RESULTS; i++) {
        check_result(handles[i], i); /* they outlive their pool */
        mp_result_destroy(handles[i]);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        mp_test(a_thousand_unread_results_of_1_mib_stop_no_worker),
    };

    return mp_run_tests(tests);
}
