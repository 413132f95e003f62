/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_pool_serializers.c -- serializers that refuse, crash, exit or dawdle
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/pool_helpers.h"

#include <mp/mp.h>

#include <stdlib.h>
#include <string.h>

static int no_encode(const mp_serializer *self, const void *object,
                     void *buffer, size_t capacity, size_t *size)
{
    (void)self;
    (void)buffer;
    (void)capacity;
    *size = 8;
    return *(const int64_t *)object < 0 ? -1
           : capacity < 8               ? 0
                                        : (memcpy(buffer, object, 8), 0);
}

static int odd_decode(const mp_serializer *self, void *object,
                      const void *bytes, size_t size)
{
    int64_t x = 0;

    (void)self;
    memcpy(&x, bytes, size);
    switch (x) {
    case 1:
        return -1;
    case 2:
        abort();
    case 3:
        exit(3);
    case 4:
        mp_test_sleep_ms(1000);
        break;
    default:
        break;
    }
    *(int64_t *)object = x;
    return 0;
}

/* Runs as a result serializer in a worker, or as an argument's there. */
static int odd_encode(const mp_serializer *self, const void *object,
                      void *buffer, size_t capacity, size_t *size)
{
    int64_t copy = 0;

    *size = 8;
    if (odd_decode(self, &copy, object, 8) < 0) {
        return -1;
    }
    if (capacity >= 8) {
        memcpy(buffer, object, 8);
    }
    return 0;
}

static int plain_decode(const mp_serializer *self, void *object,
                        const void *bytes, size_t size)
{
    (void)self;
    memcpy(object, bytes, size);
    return 0;
}

static int copy_number(const void *argument, void *result)
{
    *(int64_t *)result = *(const int64_t *)argument;
    return 0;
}

static void check_odd(mp_pool *pool, const mp_task *task)
{
    const int errors[] = { 0, MP_EDECODE, MP_ECRASHED, MP_ECRASHED, 0, 0 };
    int64_t x;
    int64_t got;
    int error;

    for (x = 0; x < 6; x++) {
        got = -1;
        error = mp_pool_apply(pool, task, &x, &got, NULL);
        if (x == 1) {
            assert_true(error == MP_EDECODE || error == MP_EENCODE);
        } else {
            assert_int_equal(error, errors[x]);
        }
        assert_int_equal(got, error < 0 ? -1 : x);
        mp_test_serves_once(pool);
    }
}

static void serializers_that_misbehave_harm_their_task_alone(void **state)
{
    /* All of it automatic, and made after the workers. */
    mp_pool *pool = mp_test_pool_of(state);
    mp_serializer argument = { .name = "odd argument",
                               .object_size = 8,
                               .encode = no_encode,
                               .decode = odd_decode };
    mp_serializer result = { .name = "odd result",
                             .object_size = 8,
                             .encode = odd_encode,
                             .decode = plain_decode };
    mp_task decoding = { .run = copy_number,
                         .argument = &argument,
                         .result = &mp_serializer_int64 };
    mp_task encoding = { .run = copy_number,
                         .argument = &mp_serializer_int64,
                         .result = &result };
    int64_t numbers[5] = { 5, -1, 6, -1, 7 };
    int64_t got[5];
    mp_result *handle = NULL;
    mp_report report;
    int64_t x = -1;

    check_odd(pool, &decoding);
    check_odd(pool, &encoding);
    assert_int_equal(mp_pool_apply(pool, &decoding, &x, got, NULL), MP_EENCODE);
    assert_int_equal(mp_pool_apply_async(pool, &handle, &decoding, &x, NULL),
                     MP_EENCODE);
    assert_null(handle);
    assert_int_equal(
        mp_pool_map(pool, &decoding, numbers, 5, got,
                    &(mp_call_options){ .report = &report, .chunk_size = 5 }),
        MP_EENCODE);
    assert_int_equal(report.index, 1);
    assert_int_equal(got[0], 5);
    assert_int_equal(got[1], 0);
    assert_int_equal(got[2], 6);
    assert_int_equal(got[3], 0);
    assert_int_equal(got[4], 7);
    mp_pool_destroy(pool);
}

static int encoded; /* so often, here */

static int counting_encode(const mp_serializer *self, const void *object,
                           void *buffer, size_t capacity, size_t *size)
{
    encoded++;
    return no_encode(self, object, buffer, capacity, size);
}

static void an_argument_is_encoded_once(void **state)
{
    mp_pool *pool = mp_test_pool_of(state);
    mp_serializer argument = { .name = "counted",
                               .object_size = 8,
                               .encode = counting_encode,
                               .decode = plain_decode };
    mp_task task = { .run = copy_number,
                     .argument = &argument,
                     .result = &mp_serializer_int64 };
    mp_result *handles[3];
    int64_t got;
    int64_t i;

    encoded = 0;
    for (i = 0; i < 3; i++) {
        assert_int_equal(
            mp_pool_apply_async(pool, &handles[i], &task, &i, NULL), 0);
        assert_int_equal(encoded, i + 1);
    }
    for (i = 0; i < 3; i++) {
        assert_int_equal(mp_result_get(handles[i], &got, MP_FOREVER), 0);
        assert_int_equal(got, i);
        mp_result_destroy(handles[i]);
    }
    assert_int_equal(mp_pool_apply(pool, &task, &i, &got, NULL), 0);
    assert_int_equal(got, 3);
    assert_int_equal(encoded, 4);
    mp_pool_destroy(pool);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        MP_TEST_WITH_WORKERS(serializers_that_misbehave_harm_their_task_alone),
        MP_TEST_EVERYWHERE(an_argument_is_encoded_once),
    };

    return mp_run_tests(tests);
}
