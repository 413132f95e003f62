/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_pool_calls.c -- rows PL-10 to PL-20: apply and map
 */
#include "support/fixture.h"
#include "support/helpers.h"

#include <mp/mp.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LONG_MS 20000
#define MANY    1000

/* What tasks and tests tell each other; made before the pool. */
struct board {
    _Atomic int running;
    _Atomic int most;
    _Atomic int done;
};

static mp_pool *pool;
static struct board *board;
static mp_semaphore *gate;
static mp_lock *lock;
static mp_queue *queue;
static mp_event *event;
static mp_barrier *together;

static int make_board(void **state)
{
    mp_queue_options numbers = { .serializer = &mp_serializer_int64 };
    void *memory;

    (void)state;
    if (mp_shared_create(&memory, sizeof(*board)) < 0 ||
        mp_semaphore_create(&gate, 0, 0) < 0 || mp_lock_create(&lock) < 0 ||
        mp_event_create(&event) < 0 || mp_queue_create(&queue, &numbers) < 0) {
        return 1;
    }
    board = memory;
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    mp_pool_destroy(pool);
    pool = NULL;
    mp_semaphore_destroy(gate);
    mp_lock_destroy(lock);
    mp_event_destroy(event);
    mp_queue_destroy(queue);
    mp_shared_destroy(board);
    return 0;
}

static void open_pool(int workers)
{
    mp_pool_options options = { .workers = workers };

    assert_int_equal(mp_pool_create(&pool, &options), MP_OK);
}

static int square(const void *argument, void *result)
{
    int64_t x = *(const int64_t *)argument;

    *(int64_t *)result = x * x;
    return 0;
}

static int nap(const void *argument, void *result)
{
    (void)result;
    mp_test_sleep_ms((int)*(const int64_t *)argument);
    atomic_fetch_add(&board->done, 1);
    return 0;
}

static int wait_at_gate(const void *argument, void *result)
{
    int now = atomic_fetch_add(&board->running, 1) + 1;
    int most = atomic_load(&board->most);

    (void)argument;
    (void)result;
    while (most < now &&
           !atomic_compare_exchange_weak(&board->most, &most, now)) {
        /* `most` is fresh */
    }
    now = mp_semaphore_acquire(gate, LONG_MS);
    atomic_fetch_sub(&board->running, 1);
    return now == MP_OK ? 0 : 1;
}

static const mp_task square_task = { .run = square,
                                     .argument = &mp_serializer_int64,
                                     .result = &mp_serializer_int64 };
static const mp_task nap_task = { .run = nap,
                                  .argument = &mp_serializer_int64 };
static const mp_task gate_task = { .run = wait_at_gate };

static int meet(const void *argument, void *result)
{
    (void)argument;
    (void)result;
    return mp_barrier_wait(together, LONG_MS) >= 0 ? 0 : 1;
}

static void PL_10_tasks_run_at_the_same_time(void **state)
{
    static const mp_task task = { .run = meet };
    mp_call_options options = { .chunk_size = 1 };

    (void)state;
    assert_int_equal(mp_barrier_create(&together, 4, NULL, NULL), MP_OK);
    open_pool(4);
    /* None of the four ends before all of them run. */
    assert_int_equal(mp_pool_map(pool, &task, NULL, 4, NULL, &options), MP_OK);
    mp_barrier_destroy(together);
}

static void PL_11_submitting_does_not_block(void **state)
{
    mp_result *results[30];
    mp_pool_stats stats;
    int64_t number = 1;
    int i;

    (void)state;
    open_pool(2);
    for (i = 0; i < 30; i++) {
        assert_int_equal(
            mp_pool_apply_async(pool, &results[i], &gate_task, NULL, NULL),
            MP_OK);
    }
    for (i = 0; i < 100; i++) {
        assert_int_equal(
            mp_pool_apply_async(pool, NULL, &square_task, &number, NULL),
            MP_OK);
    }
    assert_int_equal(mp_pool_get_stats(pool, &stats), MP_OK);
    assert_int_equal(stats.workers, 2);
    while (atomic_load(&board->running) < 2) {
        mp_test_sleep_ms(1);
    }
    for (i = 0; i < 30; i++) {
        assert_int_equal(mp_semaphore_release(gate), MP_OK);
    }
    assert_int_equal(mp_result_wait_all(results, 30, LONG_MS), MP_OK);
    assert_int_equal(atomic_load(&board->most), 2);
    for (i = 0; i < 30; i++) {
        assert_int_equal(mp_result_get(results[i], NULL, 0), MP_OK);
        mp_result_destroy(results[i]);
    }
}

static int reverse(const void *argument, void *result)
{
    const mp_bytes *in = argument;
    mp_bytes *out = result;
    size_t i;

    out->data = malloc(in->size);
    out->size = in->size;
    for (i = 0; i < in->size; i++) {
        ((char *)out->data)[i] = ((const char *)in->data)[in->size - 1 - i];
    }
    return 0;
}

static void PL_12_large_tasks_collected_at_the_end_do_not_deadlock(void **state)
{
    static const mp_task task = { .run = reverse,
                                  .argument = &mp_serializer_bytes,
                                  .result = &mp_serializer_bytes };
    static mp_result *results[MANY];
    char block[20000];
    mp_bytes argument = { .data = block, .size = sizeof(block) };
    mp_bytes back;
    int i;

    (void)state;
    open_pool(2);
    memset(block, 'r', sizeof(block));
    for (i = 0; i < MANY; i++) {
        memcpy(block, &i, sizeof(i));
        assert_int_equal(
            mp_pool_apply_async(pool, &results[i], &task, &argument, NULL),
            MP_OK);
    }
    for (i = MANY - 1; i >= 0; i--) {
        unsigned char first[sizeof(i)];
        size_t k;

        assert_int_equal(mp_result_get(results[i], &back, LONG_MS), MP_OK);
        assert_int_equal(back.size, sizeof(block));
        memcpy(first, &i, sizeof(i));
        for (k = 0; k < sizeof(i); k++) {
            assert_int_equal(((unsigned char *)back.data)[back.size - 1 - k],
                             first[k]);
        }
        mp_serializer_release(&mp_serializer_bytes, &back, 1);
        mp_result_destroy(results[i]);
    }
}

static void PL_13_tasks_go_on_while_the_owner_is_elsewhere(void **state)
{
    int64_t short_nap = 20;
    int64_t end = mp_test_clock_ms() + LONG_MS;
    int i;

    (void)state;
    open_pool(2);
    for (i = 0; i < 6; i++) {
        assert_int_equal(
            mp_pool_apply_async(pool, NULL, &nap_task, &short_nap, NULL),
            MP_OK);
    }
    while (atomic_load(&board->done) < 6 && mp_test_clock_ms() < end) {
        mp_test_sleep_ms(5); /* no call into the pool */
    }
    assert_int_equal(atomic_load(&board->done), 6);
}

/* Change the argument, count under the lock, set, put. */
static int use_objects(const void *argument, void *result)
{
    int64_t *copy = (int64_t *)(uintptr_t)argument;
    int64_t number = *copy;

    (void)result;
    *copy = -1;
    if (mp_lock_acquire(lock, MP_FOREVER) < 0) {
        return 1;
    }
    /* Not atomic but for the lock. */
    atomic_store(&board->done, atomic_load(&board->done) + 1);
    (void)mp_lock_release(lock);
    return mp_event_set(event) < 0 || mp_queue_put(queue, &number, 0) < 0;
}

static void PL_14_tasks_have_copies_and_use_shared_objects(void **state)
{
    static const mp_task task = { .run = use_objects,
                                  .argument = &mp_serializer_int64 };
    int64_t numbers[100];
    int64_t sum = 0;
    int64_t number;
    int i;

    (void)state;
    open_pool(3);
    for (i = 0; i < 100; i++) {
        numbers[i] = i;
    }
    assert_int_equal(mp_pool_map(pool, &task, numbers, 100, NULL, NULL), MP_OK);
    for (i = 0; i < 100; i++) {
        assert_int_equal(numbers[i], i);
        assert_int_equal(mp_queue_get(queue, &number, 0), MP_OK);
        sum += number;
    }
    assert_int_equal(sum, 4950);
    assert_int_equal(atomic_load(&board->done), 100);
    assert_int_equal(mp_event_is_set(event), 1);
}

static void check_map(int64_t count, int chunk_size)
{
    static int64_t numbers[MANY];
    static int64_t squares[MANY];
    mp_call_options options = { .chunk_size = chunk_size };
    mp_result *result = NULL;
    int64_t i;

    for (i = 0; i < count; i++) {
        numbers[i] = i;
    }
    assert_int_equal(mp_pool_map(pool, &square_task, numbers, (size_t)count,
                                 squares, &options),
                     MP_OK);
    for (i = 0; i < count; i++) {
        assert_int_equal(squares[i], i * i);
    }
    memset(squares, 0, sizeof(squares));
    assert_int_equal(mp_pool_map_async(pool, &result, &square_task, numbers,
                                       (size_t)count, &options),
                     MP_OK);
    assert_int_equal(mp_result_get(result, squares, LONG_MS), MP_OK);
    for (i = 0; i < count; i++) {
        assert_int_equal(squares[i], i * i);
    }
    mp_result_destroy(result);
}

static void PL_16_map_keeps_the_order(void **state)
{
    (void)state;
    open_pool(3);
    check_map(MANY, 0);
    check_map(1, 0);
}

static void PL_17_any_chunk_size_gives_the_same(void **state)
{
    static const int sizes[] = { 1, 7, 10, 100, 101, 65535, INT_MAX };
    size_t i;

    (void)state;
    open_pool(2);
    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        check_map(100, sizes[i]);
    }
}

static void PL_19_a_negative_chunk_size_is_refused(void **state)
{
    mp_call_options options = { .chunk_size = -1 };
    mp_source source = { .items = NULL };
    mp_iterator *iterator = NULL;
    mp_result *result = NULL;

    (void)state;
    open_pool(1);
    assert_int_equal(mp_pool_map(pool, &square_task, NULL, 0, NULL, &options),
                     MP_EINVAL);
    assert_int_equal(
        mp_pool_map_async(pool, &result, &square_task, NULL, 0, &options),
        MP_EINVAL);
    assert_int_equal(
        mp_pool_imap(pool, &iterator, &square_task, &source, &options),
        MP_EINVAL);
    assert_int_equal(mp_pool_imap_unordered(pool, &iterator, &square_task,
                                            &source, &options),
                     MP_EINVAL);
    assert_null(result);
    assert_null(iterator);
}

static void PL_20_empty_input_is_ready_at_once(void **state)
{
    static const int sizes[] = { 0, 5 };
    mp_source source = { .items = NULL };
    size_t i;

    (void)state;
    open_pool(1);
    for (i = 0; i < 2; i++) {
        mp_call_options options = { .chunk_size = sizes[i] };
        mp_iterator *iterator = NULL;
        mp_result *result = NULL;

        assert_int_equal(
            mp_pool_map(pool, &square_task, NULL, 0, NULL, &options), MP_OK);
        assert_int_equal(
            mp_pool_map_async(pool, &result, &square_task, NULL, 0, &options),
            MP_OK);
        assert_int_equal(mp_result_ready(result), 1);
        assert_int_equal(mp_result_successful(result), 1);
        mp_result_destroy(result);
        assert_int_equal(
            mp_pool_imap(pool, &iterator, &square_task, &source, &options),
            MP_OK);
        assert_int_equal(mp_iterator_next(iterator, NULL, NULL, 0), 0);
        assert_int_equal(mp_iterator_next(iterator, NULL, NULL, 0), 0);
        mp_iterator_destroy(iterator);
        assert_int_equal(mp_pool_imap_unordered(pool, &iterator, &square_task,
                                                &source, &options),
                         MP_OK);
        assert_int_equal(mp_iterator_next(iterator, NULL, NULL, 0), 0);
        mp_iterator_destroy(iterator);
    }
}

#define ROW(name) mp_test_setup_teardown(name, make_board, close_all)

static const struct CMUnitTest tests[] = {
    ROW(PL_10_tasks_run_at_the_same_time),
    ROW(PL_11_submitting_does_not_block),
    ROW(PL_12_large_tasks_collected_at_the_end_do_not_deadlock),
    ROW(PL_13_tasks_go_on_while_the_owner_is_elsewhere),
    ROW(PL_14_tasks_have_copies_and_use_shared_objects),
    ROW(PL_16_map_keeps_the_order),
    ROW(PL_17_any_chunk_size_gives_the_same),
    ROW(PL_19_a_negative_chunk_size_is_refused),
    ROW(PL_20_empty_input_is_ready_at_once),
};

int main(void)
{
    return mp_run_tests(tests);
}
