/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_view.c -- results that are shown where their workers put them
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/pool_helpers.h"

#include <mp/mp.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { LONG_SIZE = 300000, MIB = 1024 * 1024 };

/* ---- what is shown ---- */

static void results_of_any_size_are_shown(void **state)
{
    const int64_t sizes[] = { 0,     1,         16,        17,      1000,
                              65536, 65537,     LONG_SIZE, 3 * MIB, 20 * MIB,
                              70000, LONG_SIZE, 5 };
    mp_pool *pool = mp_test_pool_of(state);
    mp_result *result = NULL;
    size_t i;

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct mp_test_order order = { sizes[i], (int64_t)i };
        const void *bytes = NULL;
        const void *again = NULL;
        size_t size = 0;

        assert_int_equal(mp_pool_apply_async(pool, &result, &mp_test_order_task,
                                             &order, NULL),
                         0);
        assert_int_equal(mp_result_view(result, &bytes, &size, MP_FOREVER), 0);
        mp_test_assert_shows(bytes, size, &order);
        assert_int_equal(mp_result_view(result, &again, &size, 0), 0);
        assert_ptr_equal(again, bytes); /* in place */
        mp_result_destroy(result);
    }
    mp_pool_destroy(pool);
}

/* In which serializer it comes: a copy that get gives is another matter. */
static void get_and_view_agree(void **state)
{
    struct mp_test_order order = { LONG_SIZE, 3 };
    mp_pool *pool = mp_test_pool_of(state);
    mp_result *result = NULL;
    mp_bytes copies[2] = { { NULL, 0 }, { NULL, 0 } };
    const void *bytes = NULL;
    size_t size = 0;

    assert_int_equal(
        mp_pool_apply_async(pool, &result, &mp_test_order_task, &order, NULL),
        0);
    assert_int_equal(mp_result_get(result, &copies[0], MP_FOREVER), 0);
    assert_int_equal(mp_result_view(result, &bytes, &size, 0), 0);
    assert_int_equal(mp_result_get(result, &copies[1], 0), 0);
    mp_test_assert_shows(copies[0].data, copies[0].size, &order);
    mp_test_assert_shows(copies[1].data, copies[1].size, &order);
    mp_test_assert_shows(bytes, size, &order);
    assert_ptr_not_equal(bytes, copies[0].data);
    mp_serializer_release(&mp_serializer_bytes, copies, 2);
    mp_result_destroy(result);
    mp_pool_destroy(pool);
}

struct slab {
    int64_t mark;
    unsigned char bytes[200000];
};

static int fill_slab(const void *argument, void *result)
{
    struct slab *slab = result;
    size_t i;

    for (i = 0; i < sizeof(*slab); i++) {
        if (((const unsigned char *)result)[i] != 0) {
            return 7; /* it begins as zero bytes */
        }
    }
    slab->mark = *(const int64_t *)argument;
    memset(slab->bytes, (int)slab->mark, sizeof(slab->bytes) / 2);
    return slab->mark == 4 ? mp_task_fail(5, "no slab %d", 4) : 0;
}

static const mp_serializer slab_serializer = MP_SERIALIZER_STRUCT(struct slab);
static const mp_task slab_task = { .run = fill_slab,
                                   .argument = &mp_serializer_int64,
                                   .result = &slab_serializer };

static void long_structs_are_shown_and_begin_as_zero_bytes(void **state)
{
    mp_pool *pool = mp_test_pool_of(state);
    mp_result *result = NULL;
    const struct slab *slab;
    const void *bytes = NULL;
    size_t size = 0;
    int64_t i;

    for (i = 1; i < 9; i++) {
        assert_int_equal(
            mp_pool_apply_async(pool, &result, &slab_task, &i, NULL), 0);
        assert_int_equal(mp_result_view(result, &bytes, &size, MP_FOREVER),
                         i == 4 ? MP_EFAILED : 0);
        if (i != 4) {
            slab = bytes;
            assert_int_equal(size, sizeof(*slab));
            assert_int_equal(slab->mark, i);
            assert_int_equal(slab->bytes[0], i);
            assert_int_equal(slab->bytes[sizeof(slab->bytes) - 1], 0);
        }
        mp_result_destroy(result);
    }
    mp_pool_destroy(pool);
}

static void release_nothing(const mp_serializer *self, void *object)
{
    (void)self;
    (void)object;
}

/* Its object is libmp's to release, so it is not the one that is shown. */
static void long_structs_that_are_released_are_shown(void **state)
{
    const mp_serializer released = { .name = "released",
                                     .object_size = sizeof(struct slab),
                                     .release = release_nothing };
    const mp_task task = { .run = fill_slab,
                           .argument = &mp_serializer_int64,
                           .result = &released };
    mp_pool *pool = mp_test_pool_of(state);
    mp_result *result = NULL;
    const void *bytes = NULL;
    size_t size = 0;
    int64_t i;

    for (i = 1; i < 4; i++) {
        assert_int_equal(mp_pool_apply_async(pool, &result, &task, &i, NULL),
                         0);
        assert_int_equal(mp_result_view(result, &bytes, &size, MP_FOREVER), 0);
        assert_int_equal(size, sizeof(struct slab));
        assert_int_equal(((const struct slab *)bytes)->mark, i);
        assert_int_equal(((const struct slab *)bytes)->bytes[99999], i);
        mp_result_destroy(result);
    }
    mp_pool_destroy(pool);
}

static int make_list(const void *argument, void *result)
{
    enum { COUNT = 20000 };
    int64_t from = *(const int64_t *)argument;
    mp_value *items = malloc(COUNT * sizeof(*items));
    mp_value *list = result;
    int64_t i;

    if (items == NULL) {
        return ENOMEM;
    }
    for (i = 0; i < COUNT; i++) {
        items[i] = mp_value_integer(1000000 + from + i);
    }
    *list = (mp_value){ .type = MP_VALUE_LIST, .count = COUNT };
    list->as.items = items;
    return 0;
}

/* A decoder that relies on what it has seen works on a copy. */
static void long_values_are_decoded_from_where_they_lie(void **state)
{
    const mp_task task = { .run = make_list,
                           .argument = &mp_serializer_int64,
                           .result = &mp_serializer_value };
    mp_pool *pool = mp_test_pool_of(state);
    mp_result *result = NULL;
    mp_value lists[2];
    int64_t from = 5;

    assert_int_equal(mp_pool_apply(pool, &task, &from, &lists[0], NULL), 0);
    from = 6;
    assert_int_equal(mp_pool_apply_async(pool, &result, &task, &from, NULL), 0);
    assert_int_equal(mp_result_get(result, &lists[1], MP_FOREVER), 0);
    assert_int_equal(lists[0].as.items[19999].as.integer, 1020004);
    assert_int_equal(lists[1].as.items[19999].as.integer, 1020005);
    mp_serializer_release(&mp_serializer_value, lists, 2);
    mp_result_destroy(result);
    mp_pool_destroy(pool);
}

/* ---- what is not ---- */

static void only_one_result_of_a_task_that_gives_one_is_shown(void **state)
{
    mp_pool *pool = mp_test_pool_of(state);
    mp_result *results[2] = { NULL, NULL };
    struct mp_test_order order = { 10, 1 };
    int64_t none = 0;
    const void *bytes = &none;
    size_t size = 77;

    assert_int_equal(mp_pool_map_async(pool, &results[0], &mp_test_order_task,
                                       &order, 1, NULL),
                     0);
    assert_int_equal(mp_result_wait(results[0], MP_FOREVER), 0);
    assert_int_equal(mp_result_view(results[0], &bytes, &size, 0), MP_EINVAL);
    assert_int_equal(mp_pool_apply_async(pool, &results[1], &mp_test_sleep_task,
                                         &none, NULL),
                     0);
    assert_int_equal(mp_result_view(results[1], &bytes, &size, MP_FOREVER),
                     MP_EINVAL);
    assert_int_equal(mp_result_view(results[1], NULL, &size, 0), MP_EINVAL);
    assert_int_equal(mp_result_view(results[1], &bytes, NULL, 0), MP_EINVAL);
    assert_int_equal(mp_result_view(NULL, &bytes, &size, 0), MP_EINVAL);
    assert_ptr_equal(bytes, &none);
    assert_int_equal(size, 77);
    mp_result_destroy(results[0]);
    mp_result_destroy(results[1]);
    mp_pool_destroy(pool);
}

static int wait_and_make(const void *argument, void *result)
{
    (void)argument;
    mp_test_wait_open();
    return mp_test_order_task.run(&(struct mp_test_order){ LONG_SIZE, 9 },
                                  result);
}

static int view_elsewhere(void *result)
{
    const void *bytes = NULL;
    size_t size = 0;

    return mp_result_view(result, &bytes, &size, 0) == MP_ESTATE ? 0 : 1;
}

static void a_view_that_comes_too_early_times_out(void **state)
{
    const mp_task task = { .run = wait_and_make,
                           .result = &mp_serializer_bytes };
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 1 });
    const struct mp_test_order order = { LONG_SIZE, 9 };
    mp_result *result = NULL;
    const void *bytes = NULL;
    size_t size = 0;

    (void)state;
    assert_int_equal(mp_pool_apply_async(pool, &result, &task, NULL, NULL), 0);
    assert_int_equal(mp_result_view(result, &bytes, &size, 20), MP_ETIMEDOUT);
    assert_null(bytes);
    atomic_store(&mp_test_shared->open, 1);
    assert_int_equal(mp_result_view(result, &bytes, &size, MP_TEST_LONG_MS), 0);
    mp_test_assert_shows(bytes, size, &order);
    assert_int_equal(mp_test_in_child(view_elsewhere, result), 0);
    mp_result_destroy(result);
    mp_pool_destroy(pool);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        MP_TEST_EVERYWHERE(results_of_any_size_are_shown),
        MP_TEST_EVERYWHERE(get_and_view_agree),
        MP_TEST_EVERYWHERE(long_structs_are_shown_and_begin_as_zero_bytes),
        MP_TEST_EVERYWHERE(long_structs_that_are_released_are_shown),
        MP_TEST_EVERYWHERE(long_values_are_decoded_from_where_they_lie),
        MP_TEST_EVERYWHERE(only_one_result_of_a_task_that_gives_one_is_shown),
        mp_test_setup_teardown(a_view_that_comes_too_early_times_out,
                               mp_test_board_setup, mp_test_board_teardown),
    };

    return mp_run_tests(tests);
}
