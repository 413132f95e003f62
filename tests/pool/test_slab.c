/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_slab.c -- places that are taken and given back, in any order, also
 * after their pool has gone
 */
#include "support/fixture.h"
#include "support/memory.h"
#include "support/pool_helpers.h"
#include "support/sanitizer.h"

#include "platform/map.h"
#include "pool/batch/slab.h"

#include <mp/mp.h>

#include <stdbool.h>
#include <string.h>

enum { PLACES = 20000, SIZE = 500 }; /* several of the large shelves */

static unsigned char *places[PLACES];

static void take_all(mp__shelves *shelves)
{
    int i;

    for (i = 0; i < PLACES; i++) {
        places[i] = mp__shelf_take(shelves, SIZE);
        assert_non_null(places[i]);
        assert_int_equal((uintptr_t)places[i] % 16, 0);
        memset(places[i], i % 251, SIZE);
    }
}

/* Nobody else has written there. */
static void give(int i)
{
    int k;

    for (k = 0; k < SIZE; k++) {
        assert_int_equal(places[i][k], i % 251);
    }
    mp__shelf_give(places[i]);
}

static void no_two_have_the_same_place(void **state)
{
    mp__shelves shelves = { .open = NULL };
    int round;
    int i;

    (void)state;
    for (round = 0; round < 3; round++) {
        take_all(&shelves);
        for (i = 0; i < PLACES; i += 3) { /* some, and take them again */
            give(i);
        }
        for (i = 0; i < PLACES; i += 3) {
            places[i] = mp__shelf_take(&shelves, SIZE);
            assert_non_null(places[i]);
            memset(places[i], i % 251, SIZE);
        }
        for (i = 0; i < PLACES; i++) { /* in another order: 7 divides it not */
            give((int)((int64_t)i * 7 % PLACES));
        }
    }
    mp__shelves_leave(&shelves);
}

/* Are there any? Not where malloc is to see every place. */
static bool has_large_shelves(void)
{
#if MP_TEST_WATCHED
    return false;
#else
    size_t size = (size_t)2 * 1024 * 1024;
    void *memory = mp__map_private(size);

    mp__map_free(memory, size);
    return memory != NULL;
#endif
}

static void places_in_use_stay_when_their_shelves_are_left(void **state)
{
    int64_t before = mp_test_memory_used();
    int64_t full;
    int64_t after;
    mp__shelves shelves = { .open = NULL };
    int i;

    (void)state;
    take_all(&shelves);
    full = mp_test_memory_used();
    for (i = 0; i < PLACES; i += 2) {
        give(i);
    }
    mp__shelves_leave(&shelves);
    assert_null(shelves.open);
    assert_null(shelves.full);
    for (i = PLACES - 1; i > 0; i -= 2) {
        give(i);
    }
    after = mp_test_memory_used();
    if (before < 0 || !has_large_shelves()) {
        print_message("memory not compared: it may stay with malloc\n");
        return;
    }
    assert_true(full - before > PLACES / 2 * SIZE);
    assert_true(after - before < (full - before) / 2); /* it is given back */
}

static void results_are_read_when_their_pool_has_gone(void **state)
{
    static mp_result *results[PLACES];
    mp_pool *pool = mp_test_pool_of(state);
    int64_t i;
    int64_t square;

    for (i = 0; i < PLACES; i++) {
        assert_int_equal(mp_pool_apply_async(pool, &results[i],
                                             &mp_test_square_task, &i, NULL),
                         0);
        if (i % 5 == 4) { /* nobody asks for every fifth */
            mp_result_destroy(results[i]);
            results[i] = NULL;
        }
    }
    assert_int_equal(mp_pool_close(pool), 0);
    assert_int_equal(mp_pool_join(pool, MP_TEST_LONG_MS), 0);
    assert_int_equal(mp_test_stats(pool).ends[MP_TASK_DONE], PLACES);
    mp_pool_destroy(pool);
    for (i = PLACES - 1; i >= 0; i--) {
        if (results[i] != NULL) {
            assert_int_equal(mp_result_get(results[i], &square, 0), 0);
            assert_int_equal(square, i * i);
        }
        mp_result_destroy(results[i]);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        mp_test(no_two_have_the_same_place),
        mp_test(places_in_use_stay_when_their_shelves_are_left),
        MP_TEST_EVERYWHERE(results_are_read_when_their_pool_has_gone),
    };

    return mp_run_tests(tests);
}
