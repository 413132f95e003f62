/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * pool_helpers.h -- what tests of pools need again and again
 *
 * The board is shared memory that test, workers and whatever they fork see:
 * make it before the pool.
 */
#ifndef MP_TEST_POOL_HELPERS_H
#define MP_TEST_POOL_HELPERS_H

#include <mp/mp.h>

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

enum { MP_TEST_LONG_MS = 60000, MP_TEST_COUNTERS = 4096 };

/** Zero at first. */
typedef struct mp_test_board {
    _Atomic int begun;  /**< Runs of tasks that say so. */
    _Atomic int open;   /**< mp_test_wait_open() ends when it is not 0. */
    _Atomic int births; /**< Init functions that say so. */
    _Atomic int pids[8];
    _Atomic int runs[MP_TEST_COUNTERS]; /**< By item. */
} mp_test_board;

/** That of the test that runs. */
extern mp_test_board *mp_test_shared;

/** Make and give back the board: setup and teardown of a test. */
int mp_test_board_setup(void **state);
int mp_test_board_teardown(void **state);

/** Create a pool; the test fails if that fails. */
mp_pool *mp_test_pool(const mp_pool_options *options);

/** The same, with as many workers as *state points to. */
mp_pool *mp_test_pool_of(void **state);

/** Entries for mp_run_tests(): a test with 1, 2 and 8 workers, and inline. */
#define MP_TEST_WITH_WORKERS(name)                                             \
    mp_test_data(name, "1 worker", &mp_test_one),                              \
        mp_test_data(name, "2 workers", &mp_test_two),                         \
        mp_test_data(name, "8 workers", &mp_test_eight)
#define MP_TEST_EVERYWHERE(name)                                               \
    MP_TEST_WITH_WORKERS(name), mp_test_data(name, "inline", &mp_test_inline)
extern int mp_test_one;
extern int mp_test_two;
extern int mp_test_eight;
extern int mp_test_inline;

/** Wait up to 30 s until *counter is at least `value`; the test fails if it
 *  does not become so. */
void mp_test_wait_for(const _Atomic int *counter, int value);

/** In a task: wait until the board is open. */
void mp_test_wait_open(void);

/** What the pool has done; the test fails if that does not add up. */
mp_pool_stats mp_test_stats(mp_pool *pool);

/** What one task that takes nothing gives; the test fails if it fails. */
int64_t mp_test_ask(mp_pool *pool, const mp_task *task);

/** The pool is as good as new: eight tasks succeed. */
void mp_test_serves(mp_pool *pool);

/** The same with a single task, without limit. */
void mp_test_serves_once(mp_pool *pool);

/** Number the items from 0 on. */
void mp_test_count_up(int64_t *numbers, size_t count);

/** Tasks: sleep so many ms (int64), count as begun and sleep for long, give
 *  the worker's pid, give the supervisor's, square an int64, add 1
 *  to one. */
extern const mp_task mp_test_sleep_task;
extern const mp_task mp_test_hang_task;
extern const mp_task mp_test_pid_task;
extern const mp_task mp_test_supervisor_task;
extern const mp_task mp_test_square_task;
extern const mp_task mp_test_add_task;

/** For a task that gives an mp_bytes of so many bytes, which tell `mark`. */
struct mp_test_order {
    int64_t size;
    int64_t mark;
};
extern const mp_serializer mp_test_order_serializer;
extern const mp_task mp_test_order_task;

/** These are the bytes that the task gives for `order`, aligned for any type;
 *  the test fails if not. */
void mp_test_assert_shows(const void *bytes, size_t size,
                          const struct mp_test_order *order);

/** `run` of a task without argument: gives an mp_bytes of 60,000 zero bytes. */
int mp_test_give_60_kb(const void *argument, void *result);

#endif
