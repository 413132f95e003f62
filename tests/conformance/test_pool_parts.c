/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_pool_parts.c -- parts of rows PL-01 to PL-32, tested apart
 */
#include "support/fixture.h"
#include "support/helpers.h"

#include <mp/mp.h>

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define LONG_MS 20000

struct board {
    _Atomic int started;
    _Atomic int done;
};

static mp_pool *pool;
static struct board *board;
static mp_event *event;
static mp_barrier *barrier;

static int make_board(void **state)
{
    void *memory;

    (void)state;
    if (mp_shared_create(&memory, sizeof(*board)) < 0 ||
        mp_event_create(&event) < 0 ||
        mp_barrier_create(&barrier, 3, NULL, NULL) < 0) {
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
    mp_event_destroy(event);
    mp_barrier_destroy(barrier);
    mp_shared_destroy(board);
    return 0;
}

static void open_pool(int workers)
{
    mp_pool_options options = { .workers = workers };

    assert_int_equal(mp_pool_create(&pool, &options), MP_OK);
}

/* Negative numbers fail, INT64_MAX waits for the event. */
static int square(const void *argument, void *result)
{
    int64_t x = *(const int64_t *)argument;

    atomic_fetch_add(&board->started, 1);
    if (x == INT64_MAX) {
        if (mp_event_wait(event, LONG_MS) < 0) {
            return 9;
        }
        x = 1000;
    }
    atomic_fetch_add(&board->done, 1);
    *(int64_t *)result = x * x;
    return x < 0 ? mp_task_fail(EDOM, "negative") : 0;
}

/* Three of them need three workers. */
static int meet(const void *argument, void *result)
{
    (void)argument;
    *(int64_t *)result = getpid();
    return mp_barrier_wait(barrier, LONG_MS) < 0 ? 1 : 0;
}

static const mp_task square_task = { .run = square,
                                     .argument = &mp_serializer_int64,
                                     .result = &mp_serializer_int64 };
static const mp_task meet_task = { .run = meet,
                                   .argument = &mp_serializer_int64,
                                   .result = &mp_serializer_int64 };

static mp_result *submit(int64_t number)
{
    mp_result *result = NULL;

    assert_int_equal(
        mp_pool_apply_async(pool, &result, &square_task, &number, NULL), MP_OK);
    return result;
}

static bool started(int count)
{
    int64_t end = mp_test_clock_ms() + LONG_MS;

    while (atomic_load(&board->started) < count && mp_test_clock_ms() < end) {
        mp_test_sleep_ms(1);
    }
    return atomic_load(&board->started) >= count;
}

static void PL_01_n_workers_meet_and_later_tasks_know_no_others(void **state)
{
    static const mp_call_options single = { .chunk_size = 1 };
    int64_t numbers[30] = { 0 };
    int64_t first[3];
    int64_t pids[30];
    int i;

    (void)state;
    open_pool(3);
    assert_int_equal(mp_pool_map(pool, &meet_task, numbers, 3, first, &single),
                     MP_OK);
    assert_true(first[0] != first[1] && first[1] != first[2] &&
                first[0] != first[2]);
    for (i = 0; i < 3; i++) {
        assert_int_not_equal(first[i], getpid());
        assert_int_equal(kill((pid_t)first[i], 0), 0);
    }
    assert_int_equal(mp_pool_map(pool, &meet_task, numbers, 30, pids, &single),
                     MP_OK);
    for (i = 0; i < 30; i++) {
        assert_true(pids[i] == first[0] || pids[i] == first[1] ||
                    pids[i] == first[2]);
    }
}

/* Room for `*argument` more processes, workers and supervisor together. */
static int create_with_room_for(void *argument)
{
    struct rlimit few = { 0, 0 };
    mp_pool_options options = { .workers = 12 };
    mp_pool *none = NULL;
    int descriptors = mp_test_open_descriptors();

    if (getuid() != 0 || setuid(64323) < 0) {
        return 2;
    }
    (void)getrlimit(RLIMIT_NPROC, &few);
    few.rlim_cur = (rlim_t) * (int *)argument + 1;
    if (setrlimit(RLIMIT_NPROC, &few) < 0) {
        return 3;
    }
    if (mp_pool_create(&none, &options) != -EAGAIN || none != NULL) {
        return 4;
    }
    if (mp_test_open_descriptors() != descriptors) {
        return 5;
    }
    if (waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD) {
        return 6;
    }
    /* The room is there again, so nobody of the pool is left. */
    options.workers = *(int *)argument - 1;
    if (options.workers > 0 && mp_pool_create(&none, &options) < 0) {
        return 7;
    }
    mp_pool_destroy(none);
    return 0;
}

static void PL_03_wherever_fork_fails_nothing_is_left(void **state)
{
    static const int room[] = { 0, 1, 2, 3, 6, 11, 12 };
    size_t i;

    (void)state;
    if (getuid() != 0) {
        mp_test_skip("only root can become a user without processes");
    }
    for (i = 0; i < sizeof(room) / sizeof(room[0]); i++) {
        int at = room[i];

        assert_int_equal(mp_test_in_child(create_with_room_for, &at), 0);
    }
}

static int fail_init_late(void *argument, void **state)
{
    (void)argument;
    (void)state;
    return mp_event_wait(event, LONG_MS) < 0 ? 1 : mp_task_fail(5, "no base");
}

static void PL_05_who_waits_already_is_told_of_the_failed_init(void **state)
{
    mp_pool_options options = { .workers = 2, .init = fail_init_late };
    int64_t numbers[10] = { 0 };
    mp_source source = { .items = numbers, .count = 10 };
    mp_iterator *iterator = NULL;
    mp_result *map = NULL;
    mp_result *one;
    int64_t before;

    (void)state;
    assert_int_equal(mp_pool_create(&pool, &options), MP_OK);
    one = submit(3);
    assert_int_equal(
        mp_pool_map_async(pool, &map, &square_task, numbers, 10, NULL), MP_OK);
    assert_int_equal(mp_pool_imap(pool, &iterator, &square_task, &source, NULL),
                     MP_OK);
    assert_int_equal(mp_result_ready(one), 0);
    before = mp_test_clock_ms();
    assert_int_equal(mp_event_set(event), MP_OK);
    assert_int_equal(mp_result_get(one, NULL, LONG_MS), MP_EBROKEN);
    assert_int_equal(mp_result_get(map, NULL, LONG_MS), MP_EBROKEN);
    assert_int_equal(mp_iterator_next(iterator, NULL, NULL, LONG_MS),
                     MP_EBROKEN);
    assert_int_equal(mp_iterator_next(iterator, NULL, NULL, LONG_MS), 0);
    assert_in_range(mp_test_clock_ms() - before, 0, 5000);
    assert_int_equal(mp_pool_close(pool), MP_OK);
    assert_int_equal(mp_pool_join(pool, LONG_MS), MP_OK);
    assert_int_equal(atomic_load(&board->started), 0);
    mp_iterator_destroy(iterator);
    mp_result_destroy(map);
    mp_result_destroy(one);
}

static void PL_11_quick_submissions_all_give_their_result(void **state)
{
    mp_result *results[100];
    int64_t value;
    int i;

    (void)state;
    open_pool(2);
    for (i = 0; i < 100; i++) {
        results[i] = submit(i);
    }
    for (i = 0; i < 100; i++) {
        assert_int_equal(mp_result_get(results[i], &value, LONG_MS), MP_OK);
        assert_int_equal(value, i * i);
        mp_result_destroy(results[i]);
    }
}

static void PL_20_empty_calls_touch_nothing_and_need_no_worker(void **state)
{
    static const int sizes[] = { 0, 1, 5 };
    int64_t untouched = 4711;
    size_t i;

    (void)state;
    open_pool(1);
    /* The one worker is busy: at once means without it. */
    mp_result *busy = submit(INT64_MAX);

    assert_true(started(1));
    for (i = 0; i < 3; i++) {
        mp_call_options options = { .chunk_size = sizes[i] };
        mp_result *result = NULL;

        assert_int_equal(
            mp_pool_map(pool, &square_task, NULL, 0, &untouched, &options),
            MP_OK);
        assert_int_equal(
            mp_pool_map_async(pool, &result, &square_task, NULL, 0, &options),
            MP_OK);
        assert_int_equal(mp_result_get(result, &untouched, 0), MP_OK);
        assert_int_equal(mp_result_wait(result, 0), MP_OK);
        mp_result_destroy(result);
        assert_int_equal(untouched, 4711);
    }
    assert_int_equal(mp_result_ready(busy), 0);
    assert_int_equal(mp_event_set(event), MP_OK);
    assert_int_equal(mp_result_wait(busy, LONG_MS), MP_OK);
    mp_result_destroy(busy);
}

static void PL_23_an_early_failure_does_not_end_an_async_map(void **state)
{
    int64_t numbers[4] = { -1, 2, INT64_MAX, 3 };
    int64_t squares[4] = { 7, 7, 7, 7 };
    mp_call_options options = { .chunk_size = 1 };
    mp_result *map = NULL;

    (void)state;
    open_pool(2);
    assert_int_equal(
        mp_pool_map_async(pool, &map, &square_task, numbers, 4, &options),
        MP_OK);
    assert_true(started(4));
    assert_int_equal(mp_result_get(map, squares, 50), MP_ETIMEDOUT);
    assert_int_equal(mp_result_successful(map), MP_ESTATE);
    assert_int_equal(squares[1], 7);
    assert_int_equal(mp_event_set(event), MP_OK);
    assert_int_equal(mp_result_get(map, squares, LONG_MS), MP_EFAILED);
    assert_int_equal(mp_result_successful(map), 0);
    assert_int_equal(atomic_load(&board->done), 4);
    assert_int_equal(squares[0], 0);
    assert_int_equal(squares[2], 1000000);
    mp_result_destroy(map);
}

static void PL_26_a_timed_next_of_unordered_loses_nothing(void **state)
{
    static const int64_t numbers[] = { INT64_MAX, 2 };
    static const int at_once[] = { 0, -1, INT_MIN };
    mp_source source = { .items = numbers, .count = 2 };
    mp_iterator *iterator = NULL;
    int64_t value = 0;
    int64_t before;
    size_t i;

    (void)state;
    open_pool(2);
    assert_int_equal(
        mp_pool_imap_unordered(pool, &iterator, &square_task, &source, NULL),
        MP_OK);
    assert_int_equal(mp_iterator_next(iterator, &value, NULL, LONG_MS), 1);
    assert_int_equal(value, 4);
    before = mp_test_clock_ms();
    for (i = 0; i < 3; i++) {
        assert_int_equal(mp_iterator_next(iterator, &value, NULL, at_once[i]),
                         MP_ETIMEDOUT);
    }
    assert_in_range(mp_test_clock_ms() - before, 0, 1000);
    assert_int_equal(mp_event_set(event), MP_OK);
    assert_int_equal(mp_iterator_next(iterator, &value, NULL, LONG_MS), 1);
    assert_int_equal(value, 1000000);
    assert_int_equal(mp_iterator_next(iterator, &value, NULL, 0), 0);
    mp_iterator_destroy(iterator);
}

struct numbers {
    int64_t next;
};

static int next_number(void *context, void *argument)
{
    *(int64_t *)argument = ((struct numbers *)context)->next++;
    return 1;
}

static void check_read_ahead(int (*imap)(mp_pool *, mp_iterator **,
                                         const mp_task *, const mp_source *,
                                         const mp_call_options *),
                             const mp_call_options *options, int64_t most)
{
    struct numbers numbers = { 0 };
    mp_source source = { .next = next_number, .context = &numbers };
    mp_iterator *iterator = NULL;
    int64_t i;

    assert_int_equal(imap(pool, &iterator, &square_task, &source, options),
                     MP_OK);
    for (i = 0; i < 2000; i++) {
        assert_in_range(numbers.next, 0, i + most);
        assert_int_equal(mp_iterator_next(iterator, NULL, NULL, LONG_MS), 1);
    }
    mp_iterator_destroy(iterator);
}

static void PL_31_endless_sources_are_read_by_the_documented_amount(void **s)
{
    (void)s;
    open_pool(2);
    check_read_ahead(mp_pool_imap, NULL, 512); /* 256 items, 2 workers */
    check_read_ahead(mp_pool_imap_unordered, NULL, 512);
    check_read_ahead(mp_pool_imap, &(mp_call_options){ .chunk_size = 3 }, 128);
    check_read_ahead(mp_pool_imap, &(mp_call_options){ .chunk_size = 20 }, 160);
    check_read_ahead(mp_pool_imap_unordered,
                     &(mp_call_options){ .look_ahead = 5 }, 5);
    check_read_ahead(mp_pool_imap,
                     &(mp_call_options){ .chunk_size = 9, .look_ahead = 2 }, 2);
    check_read_ahead(mp_pool_imap_unordered,
                     &(mp_call_options){ .look_ahead = 1 }, 1);
}

static void PL_32_iterators_taken_in_turns_keep_their_own(void **state)
{
    static int64_t numbers[3][100];
    mp_iterator *iterators[3] = { NULL, NULL, NULL };
    mp_result *handles[100];
    bool seen[100] = { false };
    mp_report report;
    int64_t value;
    int64_t i;
    int k;

    (void)state;
    open_pool(3);
    for (k = 0; k < 3; k++) {
        for (i = 0; i < 100; i++) {
            numbers[k][i] = i + 1000 * k;
        }
        assert_int_equal((k < 2 ? mp_pool_imap : mp_pool_imap_unordered)(
                             pool, &iterators[k], &square_task,
                             &(mp_source){ .items = numbers[k], .count = 100 },
                             &(mp_call_options){ .chunk_size = 1 + k * 3 }),
                         MP_OK);
    }
    for (i = 0; i < 100; i++) {
        handles[i] = submit(i + 5000);
        for (k = 0; k < 3; k++) {
            assert_int_equal(
                mp_iterator_next(iterators[k], &value, &report, LONG_MS), 1);
            assert_int_equal(value, numbers[k][report.index] *
                                        numbers[k][report.index]);
            if (k < 2) {
                assert_int_equal(report.index, i);
            } else {
                assert_false(seen[report.index]);
                seen[report.index] = true;
            }
        }
    }
    for (k = 0; k < 3; k++) {
        assert_int_equal(mp_iterator_next(iterators[k], NULL, NULL, 0), 0);
        mp_iterator_destroy(iterators[k]);
    }
    for (i = 99; i >= 0; i--) {
        assert_int_equal(mp_result_get(handles[i], &value, LONG_MS), MP_OK);
        assert_int_equal(value, (i + 5000) * (i + 5000));
        mp_result_destroy(handles[i]);
    }
}

static void PL_32_dropped_in_the_middle_join_still_ends(void **state)
{
    struct numbers numbers = { 0 };
    mp_source source = { .next = next_number, .context = &numbers };
    mp_iterator *dropped = NULL;
    mp_iterator *kept = NULL;
    int i;

    (void)state;
    open_pool(2);
    assert_int_equal(mp_pool_imap(pool, &dropped, &square_task, &source,
                                  &(mp_call_options){ .look_ahead = 50 }),
                     MP_OK);
    assert_int_equal(
        mp_pool_imap_unordered(pool, &kept, &square_task, &source, NULL),
        MP_OK);
    for (i = 0; i < 10; i++) {
        assert_int_equal(mp_iterator_next(dropped, NULL, NULL, LONG_MS), 1);
        assert_int_equal(mp_iterator_next(kept, NULL, NULL, LONG_MS), 1);
    }
    mp_iterator_destroy(dropped);
    assert_int_equal(mp_pool_close(pool), MP_OK);
    assert_int_equal(mp_pool_join(pool, LONG_MS), MP_OK);
    /* An endless source ends as CLOSED, once. */
    while ((i = mp_iterator_next(kept, NULL, NULL, LONG_MS)) == 1) {
        /* what was taken */
    }
    assert_int_equal(i, MP_ECLOSED);
    assert_int_equal(mp_iterator_next(kept, NULL, NULL, LONG_MS), 0);
    mp_iterator_destroy(kept);
}

#define ROW(name) mp_test_setup_teardown(name, make_board, close_all)

static const struct CMUnitTest tests[] = {
    ROW(PL_01_n_workers_meet_and_later_tasks_know_no_others),
    ROW(PL_03_wherever_fork_fails_nothing_is_left),
    ROW(PL_05_who_waits_already_is_told_of_the_failed_init),
    ROW(PL_11_quick_submissions_all_give_their_result),
    ROW(PL_20_empty_calls_touch_nothing_and_need_no_worker),
    ROW(PL_23_an_early_failure_does_not_end_an_async_map),
    ROW(PL_26_a_timed_next_of_unordered_loses_nothing),
    ROW(PL_31_endless_sources_are_read_by_the_documented_amount),
    ROW(PL_32_iterators_taken_in_turns_keep_their_own),
    ROW(PL_32_dropped_in_the_middle_join_still_ends),
};

int main(void)
{
    return mp_run_tests(tests);
}
