/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * pool_helpers.c -- what tests of pools need again and again
 */
#include "support/pool_helpers.h"

#include "support/fixture.h"
#include "support/helpers.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <errno.h>
#include <stddef.h>

mp_test_board *mp_test_shared;

int mp_test_one = 1;
int mp_test_two = 2;
int mp_test_eight = 8;
int mp_test_inline = MP_WORKERS_INLINE;

int mp_test_board_setup(void **state)
{
    void *memory = NULL;

    (void)state;
    if (mp_shared_create(&memory, sizeof(*mp_test_shared)) < 0) {
        return -1;
    }
    mp_test_shared = memory;
    return 0;
}

int mp_test_board_teardown(void **state)
{
    (void)state;
    mp_shared_destroy(mp_test_shared);
    mp_test_shared = NULL;
    return 0;
}

mp_pool *mp_test_pool(const mp_pool_options *options)
{
    mp_pool *pool = NULL;

    assert_int_equal(mp_pool_create(&pool, options), 0);
    return pool;
}

mp_pool *mp_test_pool_of(void **state)
{
    return mp_test_pool(&(mp_pool_options){ .workers = **(int **)state });
}

void mp_test_wait_for(const _Atomic int *counter, int value)
{
    int64_t deadline = mp_test_clock_ms() + 30000;

    while (atomic_load(counter) < value) {
        assert_true(mp_test_clock_ms() < deadline);
        mp_test_sleep_ms(1);
    }
}

void mp_test_wait_open(void)
{
    while (atomic_load(&mp_test_shared->open) == 0) {
        mp_test_sleep_ms(1);
    }
}

mp_pool_stats mp_test_stats(mp_pool *pool)
{
    mp_pool_stats stats;
    uint64_t sum = 0;
    int end;

    assert_int_equal(mp_pool_get_stats(pool, &stats), 0);
    for (end = 0; end < MP_TASK_ENDS; end++) {
        sum += stats.ends[end];
    }
    assert_int_equal(sum, stats.submitted);
    return stats;
}

int64_t mp_test_ask(mp_pool *pool, const mp_task *task)
{
    int64_t answer = 0;

    assert_int_equal(mp_pool_apply(pool, task, NULL, &answer, NULL), 0);
    return answer;
}

static int add_one(const void *argument, void *result)
{
    *(int64_t *)result = *(const int64_t *)argument + 1;
    return 0;
}

void mp_test_serves(mp_pool *pool)
{
    /* With a limit of its own: the pool's may be a matter of milliseconds. */
    static const mp_task task = { .run = add_one,
                                  .argument = &mp_serializer_int64,
                                  .result = &mp_serializer_int64,
                                  .limit_ms = MP_TEST_LONG_MS };
    int64_t in[8] = { 0, 1, 2, 3, 4, 5, 6, 7 };
    int64_t out[8];
    int i;

    assert_int_equal(mp_pool_map(pool, &task, in, 8, out, NULL), 0);
    for (i = 0; i < 8; i++) {
        assert_int_equal(out[i], i + 1);
    }
}

void mp_test_serves_once(mp_pool *pool)
{
    int64_t x = 1;

    assert_int_equal(mp_pool_apply(pool, &mp_test_add_task, &x, &x, NULL), 0);
    assert_int_equal(x, 2);
}

void mp_test_count_up(int64_t *numbers, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        numbers[i] = (int64_t)i;
    }
}

static int sleep_ms(const void *argument, void *result)
{
    (void)result;
    mp_test_sleep_ms((int)*(const int64_t *)argument);
    return 0;
}

static int hang(const void *argument, void *result)
{
    (void)argument;
    (void)result;
    atomic_store(&mp_test_shared->pids[0], (int)getpid());
    (void)atomic_fetch_add(&mp_test_shared->begun, 1);
    mp_test_sleep_ms(MP_TEST_LONG_MS);
    return 0;
}

static int give_pid(const void *argument, void *result)
{
    (void)argument;
    *(int64_t *)result = getpid();
    return 0;
}

static int give_supervisor(const void *argument, void *result)
{
    (void)argument;
    *(int64_t *)result = getppid();
    return 0;
}

static int square(const void *argument, void *result)
{
    int64_t x = *(const int64_t *)argument;

    *(int64_t *)result = x * x;
    return 0;
}

const mp_task mp_test_sleep_task = { .run = sleep_ms,
                                     .argument = &mp_serializer_int64 };
const mp_task mp_test_hang_task = { .run = hang };
const mp_task mp_test_pid_task = { .run = give_pid,
                                   .result = &mp_serializer_int64,
                                   .limit_ms = MP_TEST_LONG_MS };
const mp_task mp_test_supervisor_task = { .run = give_supervisor,
                                          .result = &mp_serializer_int64,
                                          .limit_ms = MP_TEST_LONG_MS };
const mp_task mp_test_square_task = { .run = square,
                                      .argument = &mp_serializer_int64,
                                      .result = &mp_serializer_int64 };
const mp_task mp_test_add_task = { .run = add_one,
                                   .argument = &mp_serializer_int64,
                                   .result = &mp_serializer_int64 };

int mp_test_give_60_kb(const void *argument, void *result)
{
    mp_bytes *bytes = result;

    (void)argument;
    bytes->size = 60000;
    bytes->data = calloc(1, bytes->size);
    return bytes->data == NULL;
}

static unsigned char byte_at(const struct mp_test_order *order, size_t i)
{
    return (unsigned char)((uint64_t)order->mark * 31 + i / 1000 * 7 + i % 251);
}

static int make_order(const void *argument, void *result)
{
    const struct mp_test_order *order = argument;
    mp_bytes *bytes = result;
    unsigned char *data = malloc((size_t)order->size + 1);
    size_t i;

    if (data == NULL) {
        return ENOMEM;
    }
    for (i = 0; i < (size_t)order->size; i++) {
        data[i] = byte_at(order, i);
    }
    bytes->data = data;
    bytes->size = (size_t)order->size;
    return 0;
}

const mp_serializer mp_test_order_serializer =
    MP_SERIALIZER_STRUCT(struct mp_test_order);
const mp_task mp_test_order_task = { .run = make_order,
                                     .argument = &mp_test_order_serializer,
                                     .result = &mp_serializer_bytes };

void mp_test_assert_shows(const void *bytes, size_t size,
                          const struct mp_test_order *order)
{
    const unsigned char *data = bytes;
    size_t i;

    assert_int_equal(size, order->size);
    assert_int_equal((uintptr_t)bytes % _Alignof(max_align_t), 0);
    for (i = 0; i < size; i++) {
        if (data[i] != byte_at(order, i)) {
            fail_msg("byte %zu of result %d", i, (int)order->mark);
        }
    }
}
