/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_pool_sizes.c -- arguments and results of any size, there and back
 */
#include "support/fixture.h"
#include "support/pool_helpers.h"

#include <mp/mp.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int shout(const void *argument, void *result)
{
    const char *text = *(char *const *)argument;
    size_t size = strlen(text) + 2;
    char *loud;

    if (strcmp(text, "hush") == 0) {
        return 1;
    }
    loud = malloc(size);
    if (loud == NULL) {
        return ENOMEM;
    }
    (void)snprintf(loud, size, "%s!", text);
    *(char **)result = loud;
    return 0;
}

static int echo_bytes(const void *argument, void *result)
{
    const mp_bytes *in = argument;
    mp_bytes *out = result;

    out->data = malloc(in->size);
    if (out->data == NULL) {
        return ENOMEM;
    }
    memcpy(out->data, in->data, in->size);
    out->size = in->size;
    return 0;
}

static void check_and_release(const mp_bytes *in, mp_bytes *out, int count)
{
    int i;

    for (i = 0; i < count; i++) {
        assert_int_equal(out[i].size, in[i].size);
        assert_memory_equal(out[i].data, in[i].data, in[i].size);
    }
    mp_serializer_release(&mp_serializer_bytes, out, (size_t)count);
}

static const mp_task shout_task = { .run = shout,
                                    .argument = &mp_serializer_string,
                                    .result = &mp_serializer_string };
static const mp_task bytes_task = { .run = echo_bytes,
                                    .argument = &mp_serializer_bytes,
                                    .result = &mp_serializer_bytes };

static void strings_travel_both_ways(void **state)
{
    const char *texts[3] = { "a", "bc", "" };
    char *results[3] = { NULL, NULL, NULL };
    mp_pool *pool = mp_test_pool_of(state);

    assert_int_equal(mp_pool_map(pool, &shout_task, texts, 3, results, NULL),
                     0);
    assert_string_equal(results[0], "a!");
    assert_string_equal(results[1], "bc!");
    assert_string_equal(results[2], "!");
    mp_serializer_release(&mp_serializer_string, results, 3);
    mp_pool_destroy(pool);
}

static void a_string_that_failed_is_null_whatever_lay_there(void **state)
{
    const char *texts[3] = { "a", "hush", "c" };
    char rubbish = 'x';
    char *results[3] = { &rubbish, &rubbish, &rubbish };
    mp_pool *pool = mp_test_pool_of(state);

    assert_int_equal(mp_pool_map(pool, &shout_task, texts, 3, results, NULL),
                     MP_EFAILED);
    assert_string_equal(results[0], "a!");
    assert_null(results[1]);
    assert_string_equal(results[2], "c!");
    mp_serializer_release(&mp_serializer_string, results, 3);
    mp_pool_destroy(pool);
}

/* Below and above what goes through shared memory itself. */
static void arguments_and_results_of_any_size_come_back(void **state)
{
    const size_t sizes[] = {
        1, 4000, 4096, 65000, 65536, 70000, (size_t)3 << 20, (size_t)20 << 20
    };
    mp_pool *pool = mp_test_pool_of(state);
    mp_bytes in;
    mp_bytes out = { NULL, 0 };
    size_t i;
    size_t k;

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        in.size = sizes[i];
        in.data = malloc(in.size);
        assert_non_null(in.data);
        for (k = 0; k < in.size; k++) {
            ((unsigned char *)in.data)[k] = (unsigned char)(k * 31 + i);
        }
        assert_int_equal(mp_pool_apply(pool, &bytes_task, &in, &out, NULL), 0);
        check_and_release(&in, &out, 1);
        free(in.data);
    }
    mp_pool_destroy(pool);
}

/* They are encoded where those before them lay, or beside when that is not
 * enough. */
static void long_ones_after_one_another_come_back(void **state)
{
    static const size_t sizes[] = { 70000, 200000,  70001, 5000, 200001,
                                    66000, 1 << 20, 100,   1,    70000 };
    enum { KINDS = sizeof(sizes) / sizeof(sizes[0]), COUNT = 4 * KINDS };
    mp_pool *pool = mp_test_pool_of(state);
    mp_bytes in[COUNT];
    mp_bytes out[COUNT];
    int i;

    for (i = 0; i < COUNT; i++) {
        in[i].size = sizes[i % KINDS];
        in[i].data = malloc(in[i].size);
        assert_non_null(in[i].data);
        memset(in[i].data, i + 1, in[i].size);
    }
    for (i = 1; i <= 3; i++) {
        assert_int_equal(mp_pool_map(pool, &bytes_task, in, COUNT, out,
                                     &(mp_call_options){ .chunk_size = i }),
                         0);
        check_and_release(in, out, COUNT);
    }
    for (i = 0; i < COUNT; i++) {
        free(in[i].data);
    }
    mp_pool_destroy(pool);
}

/* Far more than all rings hold, collected only at the end. */
static void large_results_nobody_reads_do_not_deadlock(void **state)
{
    enum { COUNT = 300 };
    static mp_result *results[COUNT];
    static unsigned char block[100000];
    mp_pool *pool = mp_test_pool_of(state);
    mp_bytes in = { block, sizeof(block) };
    mp_bytes out = { NULL, 0 };
    int i;

    for (i = 0; i < COUNT; i++) {
        block[0] = (unsigned char)i;
        assert_int_equal(
            mp_pool_apply_async(pool, &results[i], &bytes_task, &in, NULL), 0);
    }
    for (i = COUNT - 1; i >= 0; i--) {
        assert_int_equal(mp_result_get(results[i], &out, MP_FOREVER), 0);
        assert_int_equal(out.size, sizeof(block));
        assert_int_equal(((unsigned char *)out.data)[0], (unsigned char)i);
        mp_serializer_release(&mp_serializer_bytes, &out, 1);
        mp_result_destroy(results[i]);
    }
    mp_pool_destroy(pool);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        MP_TEST_EVERYWHERE(strings_travel_both_ways),
        MP_TEST_EVERYWHERE(a_string_that_failed_is_null_whatever_lay_there),
        MP_TEST_EVERYWHERE(arguments_and_results_of_any_size_come_back),
        MP_TEST_EVERYWHERE(long_ones_after_one_another_come_back),
        MP_TEST_EVERYWHERE(large_results_nobody_reads_do_not_deadlock),
    };

    return mp_run_tests(tests);
}
