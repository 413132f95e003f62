/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_map_in_place.c -- maps over memory that the workers see, too; and runs
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/pool_helpers.h"

#include <mp/mp.h>

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 5000, FATAL = 1234, FAILING = 4321 };

struct arrays {
    int64_t *in;
    int64_t *out;
};

static struct arrays shared_arrays(size_t count)
{
    struct arrays arrays = { NULL, NULL };
    void *memory = NULL;
    size_t i;

    assert_int_equal(mp_shared_create(&memory, 2 * count * sizeof(int64_t)), 0);
    arrays.in = memory;
    arrays.out = arrays.in + count;
    for (i = 0; i < count; i++) {
        arrays.in[i] = (int64_t)i;
        arrays.out[i] = -1;
    }
    return arrays;
}

static int square(const void *argument, void *result)
{
    int64_t x = *(const int64_t *)argument;

    if (*(int64_t *)result != 0) {
        return 1; /* it starts as zero bytes */
    }
    *(int64_t *)result = x * x;
    return 0;
}

static const mp_task square_task = { .run = square,
                                     .argument = &mp_serializer_int64,
                                     .result = &mp_serializer_int64 };

static void check_squares(const int64_t *out, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        assert_int_equal(out[i], i * i);
    }
}

static void arrays_that_workers_see_are_used_where_they_lie(void **state)
{
    struct arrays arrays = shared_arrays(COUNT);
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 2 });

    (void)state;
    assert_int_equal(
        mp_pool_map(pool, &square_task, arrays.in, COUNT, arrays.out, NULL), 0);
    check_squares(arrays.out, COUNT);
    mp_pool_destroy(pool);
    mp_shared_destroy(arrays.in);
}

static int give_seven(const void *argument, void *result)
{
    *(int64_t *)result = argument == NULL ? 7 : 8;
    return 0;
}

static void results_may_not_lie_on_arguments(void **state)
{
    struct arrays arrays = shared_arrays(COUNT);
    static int64_t private[COUNT + 1];
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 1 });
    const mp_task no_argument = { .run = give_seven,
                                  .result = &mp_serializer_int64 };

    (void)state;
    assert_int_equal(
        mp_pool_map(pool, &square_task, arrays.in, COUNT, arrays.in, NULL),
        MP_EINVAL);
    assert_int_equal(
        mp_pool_map(pool, &square_task, arrays.in, COUNT, arrays.out - 1, NULL),
        MP_EINVAL);
    assert_int_equal(
        mp_pool_map(pool, &square_task, private + 1, COUNT, private, NULL),
        MP_EINVAL);
    assert_int_equal(arrays.in[COUNT - 1], COUNT - 1);
    assert_int_equal(arrays.out[0], -1);
    assert_int_equal(mp_test_stats(pool).submitted, 0);
    assert_int_equal(
        mp_pool_map(pool, &no_argument, private + 1, COUNT, private, NULL), 0);
    assert_int_equal(private[COUNT - 1], 7); /* they do not matter */
    mp_pool_destroy(pool);
    mp_shared_destroy(arrays.in);
}

/* The argument itself, seen by the task: where is it? */
static int where(const void *argument, void *result)
{
    memcpy(result, &argument, sizeof(argument));
    return 0;
}

static bool is_used_in_place(mp_pool *pool, const int64_t *in, int64_t *out)
{
    const mp_task task = { .run = where,
                           .argument = &mp_serializer_int64,
                           .result = &mp_serializer_int64 };
    const void *seen = NULL;

    assert_int_equal(mp_pool_map(pool, &task, in, COUNT, out, NULL), 0);
    memcpy(&seen, &out[COUNT - 1], sizeof(seen));
    return seen == &in[COUNT - 1];
}

/* The place of the result, told by the result. */
static int where_to(const void *argument, void *result)
{
    (void)argument;
    memcpy(result, &result, sizeof(result));
    return 0;
}

static bool is_made_in_place(mp_pool *pool, const int64_t *in, int64_t *out)
{
    const mp_task task = { .run = where_to,
                           .argument = &mp_serializer_int64,
                           .result = &mp_serializer_int64 };
    const void *seen = NULL;

    assert_int_equal(mp_pool_map(pool, &task, in, COUNT, out, NULL), 0);
    memcpy(&seen, &out[COUNT - 1], sizeof(seen));
    return seen == &out[COUNT - 1];
}

static void memory_made_after_the_pool_is_not(void **state)
{
    struct arrays early = shared_arrays(COUNT);
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 2 });
    struct arrays late = shared_arrays(COUNT);
    static int64_t private[COUNT];

    (void)state;
    assert_true(is_used_in_place(pool, early.in, early.out));
    assert_true(is_used_in_place(pool, early.in, private));
    assert_false(is_used_in_place(pool, late.in, late.out));
    assert_false(is_used_in_place(pool, private, early.out));
    assert_true(is_made_in_place(pool, early.in, early.out));
    assert_true(is_made_in_place(pool, private, early.out));
    assert_false(is_made_in_place(pool, early.in, private));
    assert_false(is_made_in_place(pool, early.in, late.out));
    mp_pool_destroy(pool);
    mp_shared_destroy(early.in);
    mp_shared_destroy(late.in);
}

static int square_or_end(const void *argument, void *result)
{
    int64_t x = *(const int64_t *)argument;

    *(int64_t *)result = -2; /* half-way */
    if (x == FATAL) {
        (void)raise(SIGKILL);
    }
    if (x == FAILING) {
        return mp_task_fail(7, "no square of %d", (int)x);
    }
    *(int64_t *)result = x * x;
    return 0;
}

static void check_ends(const int64_t *out, const int *statuses, int64_t count)
{
    int64_t i;

    for (i = 0; i < count; i++) {
        int expected = i == FATAL ? MP_ECRASHED : i == FAILING ? MP_EFAILED : 0;

        assert_int_equal(statuses[i], expected);
        assert_int_equal(out[i], expected == 0 ? i * i : 0);
    }
}

static void what_fails_is_zero_and_nothing_else_is_lost(void **state)
{
    struct arrays arrays = shared_arrays(COUNT);
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 2 });
    mp_task task = square_task;
    static int64_t private[COUNT];
    int statuses[COUNT];
    mp_report report;
    const mp_call_options options = { .statuses = statuses, .report = &report };

    (void)state;
    memset(private, 0xff, sizeof(private));
    task.run = square_or_end;
    assert_int_equal(
        mp_pool_map(pool, &task, arrays.in, COUNT, arrays.out, &options),
        MP_ECRASHED);
    check_ends(arrays.out, statuses, COUNT);
    assert_int_equal(report.index, FATAL);
    assert_int_equal(report.attempt, 1);
    assert_int_equal(
        mp_pool_map(pool, &task, arrays.in, COUNT, private, &options),
        MP_ECRASHED);
    check_ends(private, statuses, COUNT);
    assert_int_equal(mp_test_stats(pool).ends[MP_TASK_DONE], 2 * (COUNT - 2));
    assert_int_equal(mp_test_stats(pool).workers_lost, 2);
    mp_pool_destroy(pool);
    mp_shared_destroy(arrays.in);
}

static _Atomic int64_t *released; /* where workers count them */

static void count_release(const mp_serializer *self, void *object)
{
    (void)self;
    (void)object;
    (void)atomic_fetch_add(released, 1);
}

/* A worker gives back what it was given a copy of, and nothing else. */
static void what_lies_in_place_is_not_released(void **state)
{
    struct arrays arrays = shared_arrays(COUNT);
    const mp_serializer counted = { .name = "counted",
                                    .object_size = sizeof(int64_t),
                                    .release = count_release };
    mp_task task = square_task;
    static int64_t private[COUNT];
    void *memory = NULL;
    mp_pool *pool;

    (void)state;
    memcpy(private, arrays.in, sizeof(private));
    assert_int_equal(mp_shared_create(&memory, sizeof(*released)), 0);
    released = memory;
    task.argument = &counted;
    pool = mp_test_pool(&(mp_pool_options){ .workers = 2 });
    assert_int_equal(
        mp_pool_map(pool, &task, arrays.in, COUNT, arrays.out, NULL), 0);
    check_squares(arrays.out, COUNT);
    assert_int_equal(atomic_load(released), 0);
    assert_int_equal(mp_pool_map(pool, &task, private, COUNT, arrays.out, NULL),
                     0);
    check_squares(arrays.out, COUNT);
    assert_int_equal(atomic_load(released), COUNT);
    mp_pool_destroy(pool);
    mp_shared_destroy(memory);
    mp_shared_destroy(arrays.in);
}

/* Its owner sleeps until all is over: who fails, dies or has no more room for
 * results has to wake it. */
static void a_map_of_many_items_may_fail_and_fill_rings(void **state)
{
    enum { MANY = 300000 };
    struct arrays arrays = shared_arrays(MANY);
    int64_t *private = malloc(MANY * sizeof(*private));
    int *statuses = malloc(MANY * sizeof(*statuses));
    const mp_call_options options = { .statuses = statuses };
    mp_task task = square_task;
    mp_pool *pool;
    int workers;

    (void)state;
    assert_non_null(private);
    assert_non_null(statuses);
    task.run = square_or_end;
    for (workers = 1; workers <= 3; workers++) {
        pool = mp_test_pool(&(mp_pool_options){ .workers = workers });
        assert_int_equal(
            mp_pool_map(pool, &task, arrays.in, MANY, arrays.out, &options),
            MP_ECRASHED);
        check_ends(arrays.out, statuses, MANY);
        assert_int_equal(
            mp_pool_map(pool, &task, arrays.in, MANY, private, &options),
            MP_ECRASHED);
        check_ends(private, statuses, MANY);
        mp_pool_destroy(pool);
    }
    free(statuses);
    free(private);
    mp_shared_destroy(arrays.in);
}

static int give_up(const void *argument, void *result)
{
    int64_t address;

    memcpy(&address, argument, sizeof(address));
    mp_shared_destroy((void *)(uintptr_t)address);
    (void)result;
    return 0;
}

static void a_worker_that_gave_them_up_says_so(void **state)
{
    struct arrays arrays = shared_arrays(COUNT);
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 1 });
    const mp_task giving_up = { .run = give_up,
                                .argument = &mp_serializer_int64 };
    const int64_t address = (int64_t)(uintptr_t)arrays.in;
    mp_report report;

    (void)state;
    assert_int_equal(mp_pool_apply(pool, &giving_up, &address, NULL, NULL), 0);
    assert_int_equal(mp_pool_map(pool, &square_task, arrays.in, COUNT,
                                 arrays.out,
                                 &(mp_call_options){ .report = &report }),
                     MP_ESTATE);
    assert_non_null(strstr(report.text, "arguments lost"));
    assert_int_equal(arrays.out[0], 0);
    mp_pool_destroy(pool);
    mp_shared_destroy(arrays.in);
}

static void results_alone_may_be_in_place_or_arguments(void **state)
{
    struct arrays arrays = shared_arrays(COUNT);
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 2 });
    static int64_t in[COUNT];
    static int64_t out[COUNT];

    (void)state;
    memcpy(in, arrays.in, sizeof(in));
    assert_int_equal(
        mp_pool_map(pool, &square_task, in, COUNT, arrays.out, NULL), 0);
    check_squares(arrays.out, COUNT);
    assert_int_equal(mp_pool_map(pool, &square_task, arrays.in, COUNT, out,
                                 &(mp_call_options){ .chunk_size = 1 }),
                     0);
    check_squares(out, COUNT);
    assert_int_equal(mp_pool_map(pool, &square_task, arrays.in, COUNT, out,
                                 &(mp_call_options){ .chunk_size = 37 }),
                     0);
    check_squares(out, COUNT);
    mp_pool_destroy(pool);
    mp_shared_destroy(arrays.in);
}

/* A run in which the items after some are slow: what came before is told, and
 * the next chunk too. */
static int sleep_at_times(const void *argument, void *result)
{
    if (*(const int64_t *)argument % 1000 == 999) {
        mp_test_sleep_ms(20);
    }
    return square(argument, result);
}

static void runs_adapt_to_what_takes_longer(void **state)
{
    struct arrays arrays = shared_arrays(COUNT);
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 2 });
    mp_task task = square_task;
    mp_iterator *iterator = NULL;
    int64_t sum = 0;
    int64_t one = 0;
    int count = 0;

    (void)state;
    task.run = sleep_at_times;
    assert_int_equal(
        mp_pool_imap(
            pool, &iterator, &task,
            &(mp_source){ .items = arrays.in, .count = COUNT },
            &(mp_call_options){ .chunk_size = 500, .look_ahead = 2000 }),
        0);
    while (mp_iterator_next(iterator, &one, NULL, 30000) == 1) {
        assert_int_equal(one, (int64_t)count * count);
        sum += one;
        count++;
    }
    assert_int_equal(count, COUNT);
    assert_true(sum > 0);
    mp_iterator_destroy(iterator);
    mp_pool_destroy(pool);
    mp_shared_destroy(arrays.in);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        mp_test(arrays_that_workers_see_are_used_where_they_lie),
        mp_test(memory_made_after_the_pool_is_not),
        mp_test(results_may_not_lie_on_arguments),
        mp_test(what_fails_is_zero_and_nothing_else_is_lost),
        mp_test(what_lies_in_place_is_not_released),
        mp_test(a_map_of_many_items_may_fail_and_fill_rings),
        mp_test(a_worker_that_gave_them_up_says_so),
        mp_test(results_alone_may_be_in_place_or_arguments),
        mp_test(runs_adapt_to_what_takes_longer),
    };

    return mp_run_tests(tests);
}
