/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * queue_helpers.c -- messages written and read in place, for tests
 */
#include "support/queue_helpers.h"

#include "support/fixture.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

mp_queue *mp_test_in_place_queue(size_t max_items, size_t max_bytes)
{
    mp_queue *queue = NULL;
    mp_queue_options options = { .max_items = max_items,
                                 .max_bytes = max_bytes };

    assert_int_equal(mp_queue_create(&queue, &options), 0);
    return queue;
}

/* Reserve and fill; 0 or the error. */
int mp_test_fill(mp_queue *queue, size_t size, int value, int timeout_ms)
{
    void *room = NULL;
    int error = mp_queue_reserve(queue, &room, size, timeout_ms);

    if (error == 0) {
        memset(room, value, size);
    }
    return error;
}

int mp_test_send(mp_queue *queue, size_t size, int value, int timeout_ms)
{
    int error = mp_test_fill(queue, size, value, timeout_ms);

    return error < 0 ? error : mp_queue_commit(queue, size);
}

bool mp_test_is_all(const void *bytes, size_t size, int value)
{
    const unsigned char *next = bytes;
    size_t i;

    for (i = 0; i < size; i++) {
        if (next[i] != (unsigned char)value) {
            return false;
        }
    }
    return true;
}

void mp_test_borrow_expects(mp_queue *queue, size_t size, int value)
{
    const void *bytes = NULL;
    size_t got = size + 1;

    assert_int_equal(mp_queue_borrow(queue, &bytes, &got, MP_TEST_PATIENCE_MS),
                     0);
    assert_int_equal(got, size);
    assert_non_null(bytes);
    assert_int_equal((uintptr_t)bytes % _Alignof(max_align_t), 0);
    assert_true(mp_test_is_all(bytes, size, value));
    assert_int_equal(mp_queue_give_back(queue), 0);
}

void mp_test_get_expects(mp_queue *queue, size_t size, int value)
{
    unsigned char *buffer = malloc(size + 1);
    size_t got = 0;

    assert_non_null(buffer);
    assert_int_equal(
        mp_queue_get_bytes(queue, buffer, size, &got, MP_TEST_PATIENCE_MS), 0);
    assert_int_equal(got, size);
    assert_true(mp_test_is_all(buffer, size, value));
    free(buffer);
}
