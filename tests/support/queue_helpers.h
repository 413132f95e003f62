/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * queue_helpers.h -- messages written and read in place, for tests
 */
#ifndef MP_TEST_QUEUE_HELPERS_H
#define MP_TEST_QUEUE_HELPERS_H

#include <mp/mp.h>

#include <stdbool.h>
#include <stddef.h>

enum { MP_TEST_PATIENCE_MS = 20000 };

/** A new queue, with a limit where there is not 0. */
mp_queue *mp_test_in_place_queue(size_t max_items, size_t max_bytes);

/** Reserve, and set all bytes to `value`; 0 or the error. */
int mp_test_fill(mp_queue *queue, size_t size, int value, int timeout_ms);

/** The same, and commit. */
int mp_test_send(mp_queue *queue, size_t size, int value, int timeout_ms);

/** Are all bytes `value`? */
bool mp_test_is_all(const void *bytes, size_t size, int value);

/** The next message is this one: borrowed, or got. For the test's process. */
void mp_test_borrow_expects(mp_queue *queue, size_t size, int value);
void mp_test_get_expects(mp_queue *queue, size_t size, int value);

#endif
