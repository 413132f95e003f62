/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_bundles.c -- items that go together are not seen to do so
 *
 * Which items go together depends on how fast those before were. Here the
 * source sees to it: it is called when an item is taken, and says so.
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/pool_helpers.h"

#include "pool/owner/owner.h"

#include <signal.h>
#include <stdbool.h>
#include <string.h>

enum { COUNT = 400, TOGETHER = 16, ODD_ONE = 100, WIDE = 200 };

/* What each item is told, and gives back. */
struct wide {
    int64_t number;
    int64_t items; /* of the call */
    unsigned char bytes[WIDE - 16];
};

static const mp_serializer wide_serializer = MP_SERIALIZER_STRUCT(struct wide);

struct source {
    mp_pool *pool;
    bool wide;
    int64_t given;
    int64_t count;
    uint32_t bundles; /* the most that were out at once */
};

static int give(void *context, void *argument)
{
    struct source *source = context;
    struct wide *wide = argument;

    if (source->given == source->count) {
        return 0;
    }
    source->pool->batches_last->together = TOGETHER;
    if (source->bundles < source->pool->bundles) {
        source->bundles = source->pool->bundles;
    }
    if (source->wide) {
        wide->items = source->count;
        memset(wide->bytes, (int)(source->given & 0xff), sizeof(wide->bytes));
    }
    *(int64_t *)argument = source->given++;
    return 1;
}

static mp_iterator *iterate(struct source *source, const mp_task *task)
{
    mp_iterator *iterator = NULL;

    assert_int_equal(mp_pool_imap_unordered(
                         source->pool, &iterator, task,
                         &(mp_source){ .next = give, .context = source }, NULL),
                     0);
    return iterator;
}

/* Counts the runs of each item. */
static void note_run(int64_t number)
{
    (void)atomic_fetch_add(&mp_test_shared->runs[number], 1);
    (void)atomic_fetch_add(&mp_test_shared->begun, 1);
}

static bool have_begun(int count)
{
    int64_t deadline = mp_test_clock_ms() + 30000;

    while (atomic_load(&mp_test_shared->begun) < count &&
           mp_test_clock_ms() < deadline) {
        mp_test_sleep_ms(1);
    }
    return atomic_load(&mp_test_shared->begun) >= count;
}

static void assert_each_has_run_once(int64_t count)
{
    int64_t i;

    for (i = 0; i < count; i++) {
        assert_int_equal(atomic_load(&mp_test_shared->runs[i]), 1);
    }
}

/* ---- one that takes long ---- */

/* The odd one ends when all others have begun, and not before. */
static int wait_for_others(const void *argument, void *result)
{
    const struct wide *in = argument;
    struct wide *out = result;
    size_t i;

    note_run(in->number);
    for (i = 0; i < sizeof(in->bytes); i++) {
        if (in->bytes[i] != (in->number & 0xff)) {
            return 1;
        }
    }
    if (in->number == ODD_ONE && !have_begun((int)in->items)) {
        return 2;
    }
    *out = *in;
    return 0;
}

static const mp_task wide_task = { .run = wait_for_others,
                                   .argument = &wide_serializer,
                                   .result = &wide_serializer };

static int wait_for_others_alone(const void *argument, void *result)
{
    int64_t number = *(const int64_t *)argument;

    note_run(number);
    if (number == ODD_ONE && !have_begun(COUNT)) {
        return 2;
    }
    *(int64_t *)result = number;
    return 0;
}

static const mp_task narrow_task = { .run = wait_for_others_alone,
                                     .argument = &mp_serializer_int64,
                                     .result = &mp_serializer_int64 };

static void read_all(mp_iterator *iterator, int64_t count, int64_t odd_error)
{
    static bool seen[COUNT];
    struct wide got;
    mp_report report;
    int64_t left;

    memset(seen, 0, sizeof(seen));
    for (left = count; left > 0; left--) {
        assert_int_equal(
            mp_iterator_next(iterator, &got, &report, MP_TEST_LONG_MS), 1);
        assert_true(report.index < (size_t)count && !seen[report.index]);
        seen[report.index] = true;
        assert_int_equal(report.error, report.index == ODD_ONE ? odd_error : 0);
        assert_true(report.error < 0 || got.number == (int64_t)report.index);
    }
    assert_int_equal(mp_iterator_next(iterator, &got, NULL, 1000), 0);
    mp_iterator_destroy(iterator);
}

static void read_rest(mp_iterator *iterator, int64_t count)
{
    int64_t got;

    while (count-- > 0) {
        assert_int_equal(
            mp_iterator_next(iterator, &got, NULL, MP_TEST_LONG_MS), 1);
    }
    assert_int_equal(mp_iterator_next(iterator, &got, NULL, 1000), 0);
    mp_iterator_destroy(iterator);
}

static void an_item_that_takes_long_holds_up_no_other(void **state)
{
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 2 });
    struct source narrow = { .pool = pool, .count = COUNT };
    struct source wide = { .pool = pool, .wide = true, .count = COUNT };

    (void)state;
    read_all(iterate(&narrow, &narrow_task), COUNT, 0);
    assert_true(narrow.bundles > 0);
    assert_each_has_run_once(COUNT);
    memset(mp_test_shared, 0, sizeof(*mp_test_shared));
    read_all(iterate(&wide, &wide_task), COUNT, 0);
    assert_true(wide.bundles > 0);
    assert_each_has_run_once(COUNT);
    mp_test_serves(pool);
    mp_pool_destroy(pool);
}

/* As users write it: whatever goes together there, it must end. */
static void a_map_in_chunks_of_one_is_held_up_by_none(void **state)
{
    int64_t *numbers = NULL;
    int64_t results[COUNT];
    mp_pool *pool;
    int in_place;

    (void)state;
    assert_int_equal(
        mp_shared_create((void **)&numbers, COUNT * sizeof(int64_t)), 0);
    mp_test_count_up(numbers, COUNT);
    pool = mp_test_pool(&(mp_pool_options){ .workers = 2 });
    for (in_place = 0; in_place < 2; in_place++) {
        int64_t copy[COUNT];

        memcpy(copy, numbers, sizeof(copy));
        memset(mp_test_shared, 0, sizeof(*mp_test_shared));
        assert_int_equal(mp_pool_map(pool, &narrow_task,
                                     in_place ? numbers : copy, COUNT, results,
                                     &(mp_call_options){ .chunk_size = 1 }),
                         0);
        assert_memory_equal(results, numbers, sizeof(results));
        assert_each_has_run_once(COUNT);
    }
    mp_pool_destroy(pool);
    mp_shared_destroy(numbers);
}

/* ---- one that dies ---- */

static int die_if_odd_one(const void *argument, void *result)
{
    int64_t number = *(const int64_t *)argument;

    note_run(number);
    if (number == ODD_ONE) {
        (void)raise(SIGKILL);
    }
    *(int64_t *)result = number;
    return 0;
}

static const mp_task mortal_task = { .run = die_if_odd_one,
                                     .argument = &mp_serializer_int64,
                                     .result = &mp_serializer_int64 };

static void a_death_takes_no_other_item_along(void **state)
{
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 2 });
    struct source source = { .pool = pool, .count = COUNT };

    (void)state;
    read_all(iterate(&source, &mortal_task), COUNT, MP_ECRASHED);
    assert_true(source.bundles > 0);
    assert_each_has_run_once(COUNT);
    mp_test_serves(pool);
    mp_pool_destroy(pool);
}

/* ---- one that is given up ---- */

static int wait_for_word(const void *argument, void *result)
{
    int64_t number = *(const int64_t *)argument;

    note_run(number);
    if (number >= ODD_ONE) {
        mp_test_wait_open();
    }
    *(int64_t *)result = number;
    return 0;
}

static const mp_task waiting_task = { .run = wait_for_word,
                                      .argument = &mp_serializer_int64,
                                      .result = &mp_serializer_int64 };

static void what_has_not_begun_does_not_after_its_iterator(void **state)
{
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 2 });
    struct source source = { .pool = pool, .count = COUNT };
    mp_iterator *iterator = iterate(&source, &waiting_task);
    mp_pool_stats stats;
    int64_t got;
    int i;

    (void)state;
    for (i = 0; i < ODD_ONE; i++) {
        assert_int_equal(
            mp_iterator_next(iterator, &got, NULL, MP_TEST_LONG_MS), 1);
    }
    assert_int_equal(mp_iterator_next(iterator, &got, NULL, 20), MP_ETIMEDOUT);
    assert_true(source.bundles > 0);
    mp_iterator_destroy(iterator);
    i = atomic_load(&mp_test_shared->begun);
    atomic_store(&mp_test_shared->open, 1);
    assert_int_equal(mp_pool_close(pool), 0);
    assert_int_equal(mp_pool_join(pool, MP_TEST_LONG_MS), 0);
    assert_int_equal(atomic_load(&mp_test_shared->begun), i);
    stats = mp_test_stats(pool);
    assert_int_equal(stats.ends[MP_TASK_PENDING], 0);
    assert_int_equal(stats.ends[MP_TASK_RUNNING], 0);
    assert_int_equal(stats.ends[MP_TASK_DONE], i);
    assert_true(stats.ends[MP_TASK_CANCELED] > 0);
    mp_pool_destroy(pool);
}

/* ---- who polls is not there to see ---- */

static void none_is_left_where_the_descriptor_is_polled(void **state)
{
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 2 });
    struct source source = { .pool = pool, .count = COUNT };
    mp_iterator *iterator = iterate(&source, &waiting_task);
    int64_t got;
    int i;

    (void)state;
    for (i = 0; i < ODD_ONE - TOGETHER; i++) {
        assert_int_equal(
            mp_iterator_next(iterator, &got, NULL, MP_TEST_LONG_MS), 1);
    }
    assert_true(pool->bundles > 0);
    assert_true(mp_pool_descriptor(pool) >= 0);
    for (i = 0; i < (int)mp__task_table_slots(pool->core.table); i++) {
        mp__bundle bundle = mp__task_table_bundle(pool->core.table, (uint32_t)i,
                                                  pool->uses[i].generation);

        assert_true(pool->uses[i].bundled == 0 ||
                    mp__bundle_at(&bundle) + 1 >= mp__bundle_end(&bundle));
    }
    atomic_store(&mp_test_shared->open, 1);
    read_rest(iterator, COUNT - (ODD_ONE - TOGETHER));
    assert_each_has_run_once(COUNT);
    mp_pool_destroy(pool);
}

/* ---- where they go singly ---- */

static void count_nothing(mp_result *result, void *context)
{
    (void)result;
    (void)context;
}

static bool bundles_in(const mp_pool_options *options, bool watched,
                       const mp_task *task, int chunk_size)
{
    mp_pool *pool = mp_test_pool(options);
    struct source source = { .pool = pool, .count = COUNT };
    mp_iterator *iterator = NULL;
    bool bundles;

    assert_true(!watched || mp_pool_descriptor(pool) >= 0);
    assert_int_equal(
        mp_pool_imap_unordered(pool, &iterator, task,
                               &(mp_source){ .next = give, .context = &source },
                               &(mp_call_options){ .chunk_size = chunk_size }),
        0);
    bundles = pool->batches_last->bundles;
    mp_iterator_destroy(iterator);
    mp_pool_destroy(pool);
    return bundles;
}

static void nothing_goes_together_that_could_be_seen_to(void **state)
{
    static const mp_task limited = { .run = die_if_odd_one,
                                     .argument = &mp_serializer_int64,
                                     .result = &mp_serializer_int64,
                                     .limit_ms = 60000 };
    static const mp_task retried = { .run = die_if_odd_one,
                                     .argument = &mp_serializer_int64,
                                     .result = &mp_serializer_int64,
                                     .retries = 1 };
    const mp_pool_options two = { .workers = 2 };
    mp_pool_options other = two;
    mp_result *result = NULL;
    int64_t numbers[COUNT];
    mp_pool *pool;

    (void)state;
    assert_true(bundles_in(&two, false, &narrow_task, 0));
    assert_true(bundles_in(&two, false, &narrow_task, 1));
    assert_false(bundles_in(&two, false, &narrow_task, 2));
    assert_false(bundles_in(&two, true, &narrow_task, 0));
    assert_false(bundles_in(&two, false, &limited, 0));
    assert_false(bundles_in(&two, false, &retried, 0));
    other.account = 1;
    assert_false(bundles_in(&other, false, &narrow_task, 0));
    other = two;
    other.tasks_per_worker = 10;
    assert_false(bundles_in(&other, false, &narrow_task, 0));
    other = two;
    other.limit_ms = 60000;
    assert_false(bundles_in(&other, false, &narrow_task, 0));

    mp_test_count_up(numbers, COUNT);
    pool = mp_test_pool(&two);
    assert_int_equal(
        mp_pool_map_async(
            pool, &result, &narrow_task, numbers, COUNT,
            &(mp_call_options){ .chunk_size = 1, .done = count_nothing }),
        0);
    assert_false(pool->batches_last->bundles); /* its owner may be away */
    mp_result_destroy(result);
    mp_pool_destroy(pool);
}

#define WITH_BOARD(name)                                                       \
    mp_test_setup_teardown(name, mp_test_board_setup, mp_test_board_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_BOARD(an_item_that_takes_long_holds_up_no_other),
        WITH_BOARD(a_map_in_chunks_of_one_is_held_up_by_none),
        WITH_BOARD(a_death_takes_no_other_item_along),
        WITH_BOARD(what_has_not_begun_does_not_after_its_iterator),
        WITH_BOARD(none_is_left_where_the_descriptor_is_polled),
        WITH_BOARD(nothing_goes_together_that_could_be_seen_to),
    };

    return mp_run_tests(tests);
}
