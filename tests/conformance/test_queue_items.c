/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_queue_items.c -- rows of Q on what an item may be
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/process_helpers.h"

#include <mp/mp.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define LONG_MS 20000
#define MIB     ((size_t)1024 * 1024)

static mp_queue *queue;

static int destroy_queue(void **state)
{
    (void)state;
    mp_queue_destroy(queue);
    return 0;
}

static void open_queue(const mp_serializer *serializer, size_t max_items)
{
    mp_queue_options options = { .serializer = serializer,
                                 .max_items = max_items };

    assert_int_equal(mp_queue_create(&queue, &options), MP_OK);
}

static int put_number(int64_t number, int timeout_ms)
{
    return mp_queue_put(queue, &number, timeout_ms);
}

/* The next number, or an error. */
static int64_t get_number(int timeout_ms)
{
    int64_t number = 0;
    int error = mp_queue_get(queue, &number, timeout_ms);

    return error < 0 ? error : number;
}

static unsigned char *pattern(size_t size)
{
    unsigned char *bytes = malloc(size);
    size_t i;

    for (i = 0; i < size; i++) {
        bytes[i] = (unsigned char)(i * 31 + i / 251);
    }
    return bytes;
}

/* Start late, then get 8 MiB. */
static int get_large(void *argument)
{
    unsigned char *expected = pattern(8 * MIB);
    unsigned char *bytes = malloc(8 * MIB);
    size_t size = 0;
    int error;

    (void)argument;
    mp_test_sleep_ms(30);
    error = mp_queue_get_bytes(queue, bytes, 8 * MIB, &size, LONG_MS);
    error =
        error == MP_OK && size == 8 * MIB && memcmp(bytes, expected, size) == 0
            ? 0
            : 1;
    free(expected);
    free(bytes);
    return error;
}

static void Q_11_a_large_item_goes_whole_or_not_at_all(void **state)
{
    mp_queue_options options = { .max_bytes = 9 * MIB };
    unsigned char *bytes = pattern(8 * MIB);
    mp_process *child;
    int64_t before;
    size_t size = 0;
    char small[4];

    (void)state;
    assert_int_equal(mp_queue_create(&queue, &options), MP_OK);
    child = mp_test_start(get_large, NULL, NULL);
    assert_int_equal(mp_queue_put_bytes(queue, bytes, 8 * MIB, 1000), MP_OK);
    mp_test_finish(child, 0);
    /* No room beside another: in time, and no part of it is ever seen. */
    assert_int_equal(mp_queue_put_bytes(queue, bytes, 2 * MIB, 0), MP_OK);
    before = mp_test_clock_ms();
    assert_int_equal(mp_queue_put_bytes(queue, bytes, 8 * MIB, 30),
                     MP_ETIMEDOUT);
    assert_in_range(mp_test_clock_ms() - before, 30, 10000);
    assert_int_equal(mp_queue_put_bytes(queue, "end", 4, 0), MP_OK);
    assert_int_equal(mp_queue_get_bytes(queue, bytes, 8 * MIB, &size, 0),
                     MP_OK);
    assert_int_equal(size, 2 * MIB);
    assert_int_equal(mp_queue_get_bytes(queue, small, 4, &size, 0), MP_OK);
    assert_string_equal(small, "end");
    free(bytes);
}

static void Q_12_a_process_gets_its_own_large_item_back(void **state)
{
    unsigned char *bytes = pattern(8 * MIB);
    unsigned char *back = malloc(8 * MIB);
    size_t size = 0;

    (void)state;
    open_queue(NULL, 0);
    assert_int_equal(mp_queue_put_bytes(queue, bytes, 8 * MIB, 0), MP_OK);
    assert_int_equal(mp_queue_get_bytes(queue, back, 8 * MIB, &size, 0), MP_OK);
    assert_int_equal(size, 8 * MIB);
    assert_memory_equal(back, bytes, size);
    free(bytes);
    free(back);
}

static int refuse_odd(const mp_serializer *self, const void *object,
                      void *buffer, size_t capacity, size_t *size)
{
    (void)self;
    *size = sizeof(int64_t);
    if (capacity >= *size) {
        memcpy(buffer, object, *size);
    }
    return *(const int64_t *)object % 2 == 0 ? 0 : -1;
}

/* Decoding may use the queue: no lock of it is held. */
static int refuse_fours(const mp_serializer *self, void *object,
                        const void *bytes, size_t size)
{
    (void)self;
    if (size != sizeof(int64_t) || mp_queue_size(queue) < 0) {
        return -1;
    }
    memcpy(object, bytes, size);
    return *(int64_t *)object % 4 == 0 ? -1 : 0;
}

static const mp_serializer picky = { .name = "picky",
                                     .object_size = sizeof(int64_t),
                                     .encode = refuse_odd,
                                     .decode = refuse_fours };

static void Q_16_a_refused_item_takes_no_slot(void **state)
{
    (void)state;
    open_queue(&picky, 1);
    assert_int_equal(put_number(1, MP_FOREVER), MP_EENCODE);
    assert_int_equal(mp_queue_size(queue), 0);
    assert_int_equal(put_number(2, 0), MP_OK);
    assert_int_equal(put_number(3, 0), MP_EENCODE);
    assert_int_equal(mp_queue_size(queue), 1);
    assert_int_equal(get_number(0), 2);
}

static void Q_18_put_takes_the_item_as_it_is(void **state)
{
    char text[] = "before";
    mp_bytes item = { .data = text, .size = sizeof(text) };
    mp_bytes back;

    (void)state;
    open_queue(&mp_serializer_bytes, 0);
    assert_int_equal(mp_queue_put(queue, &item, 0), MP_OK);
    memcpy(text, "after!", 6);
    assert_int_equal(mp_queue_get(queue, &back, 0), MP_OK);
    assert_string_equal(back.data, "before");
    mp_serializer_release(&mp_serializer_bytes, &back, 1);
}

static int put_mixed(void *argument)
{
    mp_value list = MP_LIST(mp_value_integer(42), mp_value_null(),
                            mp_value_string("hello"));

    (void)argument;
    return mp_queue_put(queue, &list, 0) == MP_OK ? 0 : 1;
}

static void Q_19_null_and_empty_are_items(void **state)
{
    mp_value null = mp_value_null();
    mp_value back;
    size_t size = 9;
    char text[64];

    (void)state;
    open_queue(&mp_serializer_value, 0);
    assert_int_equal(mp_queue_put(queue, &null, 0), MP_OK);
    assert_int_equal(mp_queue_put_bytes(queue, NULL, 0, 0), MP_OK);
    assert_int_equal(mp_queue_size(queue), 2);
    assert_int_equal(mp_queue_get(queue, &back, 0), MP_OK);
    assert_int_equal(back.type, MP_VALUE_NULL);
    assert_int_equal(mp_queue_get_bytes(queue, text, 1, &size, 0), MP_OK);
    assert_int_equal(size, 0);
    assert_int_equal(mp_queue_get(queue, &back, 0), MP_ETIMEDOUT);
    mp_test_finish(mp_test_start(put_mixed, NULL, NULL), 0);
    assert_int_equal(mp_queue_get(queue, &back, 0), MP_OK);
    assert_true(mp_value_format(&back, text, sizeof(text)) > 0);
    assert_string_equal(text, "[42, null, \"hello\"]");
    mp_serializer_release(&mp_serializer_value, &back, 1);
}

static int put_large_for_ever(void *argument)
{
    unsigned char *bytes = pattern(MIB);

    (void)argument;
    while (mp_queue_put_bytes(queue, bytes, MIB, LONG_MS) == MP_OK) {
        /* until killed */
    }
    return 1;
}

static void Q_22_killing_a_producer_leaves_whole_items(void **state)
{
    unsigned char *expected = pattern(MIB);
    unsigned char *bytes = malloc(MIB);
    size_t size = 0;
    int round;

    (void)state;
    open_queue(NULL, 0);
    for (round = 0; round < 10; round++) {
        mp_process *child = mp_test_start(put_large_for_ever, NULL, NULL);

        assert_int_equal(mp_queue_get_bytes(queue, bytes, MIB, &size, LONG_MS),
                         MP_OK);
        assert_int_equal(mp_process_kill(child), MP_OK);
        mp_test_finish(child, -SIGKILL);
        do {
            assert_int_equal(size, MIB);
            assert_memory_equal(bytes, expected, MIB);
        } while (mp_queue_get_bytes(queue, bytes, MIB, &size, 0) == MP_OK);
    }
    free(bytes);
    free(expected);
}

static void Q_23_a_decode_error_takes_its_item_and_no_more(void **state)
{
    int64_t object = 99;

    (void)state;
    open_queue(&picky, 0);
    assert_int_equal(put_number(4, 0), MP_OK);
    assert_int_equal(put_number(6, 0), MP_OK);
    assert_int_equal(mp_queue_get(queue, &object, 0), MP_EDECODE);
    assert_int_equal(object, 99);
    assert_int_equal(get_number(0), 6);
    assert_int_equal(mp_queue_size(queue), 0);
}

#define ROW(name) mp_test_setup_teardown(name, NULL, destroy_queue)

static const struct CMUnitTest tests[] = {
    ROW(Q_11_a_large_item_goes_whole_or_not_at_all),
    ROW(Q_12_a_process_gets_its_own_large_item_back),
    ROW(Q_16_a_refused_item_takes_no_slot),
    ROW(Q_18_put_takes_the_item_as_it_is),
    ROW(Q_19_null_and_empty_are_items),
    ROW(Q_22_killing_a_producer_leaves_whole_items),
    ROW(Q_23_a_decode_error_takes_its_item_and_no_more),
};

int main(void)
{
    return mp_run_tests(tests);
}
