/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_pool_options.c -- rows PL-33 to PL-35 and what a pool can be asked:
 * renewal, statuses, bounds, figures, several results at once
 */
#include "support/fixture.h"
#include "support/helpers.h"

#include <mp/mp.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LONG_MS 20000

static mp_pool *pool;

static int close_pool(void **state)
{
    (void)state;
    mp_pool_destroy(pool);
    pool = NULL;
    return 0;
}

static void open_pool(mp_pool_options options)
{
    assert_int_equal(mp_pool_create(&pool, &options), MP_OK);
}

static int square(const void *argument, void *result)
{
    int64_t x = *(const int64_t *)argument;

    *(int64_t *)result = x * x;
    return x < 0 ? mp_task_fail(7, "%d is negative", (int)x) : 0;
}

static int pid_of_worker(const void *argument, void *result)
{
    (void)argument;
    *(int64_t *)result = getpid();
    return 0;
}

static int nap_ms(const void *argument, void *result)
{
    (void)result;
    mp_test_sleep_ms((int)*(const int64_t *)argument);
    return 0;
}

static int die(const void *argument, void *result)
{
    (void)argument;
    (void)result;
    (void)raise(SIGKILL);
    return 0;
}

static const mp_task square_task = { .run = square,
                                     .argument = &mp_serializer_int64,
                                     .result = &mp_serializer_int64 };
static const mp_task pid_task = { .run = pid_of_worker,
                                  .argument = &mp_serializer_int64,
                                  .result = &mp_serializer_int64 };
static const mp_task nap_task = { .run = nap_ms,
                                  .argument = &mp_serializer_int64 };
static const mp_task die_task = { .run = die };

/* ---- renewal ---- */

static int compare(const void *one, const void *other)
{
    int64_t a = *(const int64_t *)one;
    int64_t b = *(const int64_t *)other;

    return (a > b) - (a < b);
}

/* How many of each pid there are at most; *distinct: how many pids. */
static size_t most_of_one(int64_t *pids, size_t count, size_t *distinct)
{
    size_t most = 0;
    size_t run = 0;
    size_t i;

    qsort(pids, count, sizeof(*pids), compare);
    *distinct = 0;
    for (i = 0; i < count; i++) {
        run = i > 0 && pids[i] == pids[i - 1] ? run + 1 : 1;
        *distinct += run == 1;
        most = run > most ? run : most;
    }
    return most;
}

static void PL_33_workers_are_renewed_after_their_tasks(void **state)
{
    int64_t arguments[100] = { 0 };
    int64_t pids[100];
    mp_pool_stats stats;
    size_t distinct;

    (void)state;
    open_pool((mp_pool_options){ .workers = 3, .tasks_per_worker = 10 });
    assert_int_equal(mp_pool_map(pool, &pid_task, arguments, 100, pids,
                                 &(mp_call_options){ .chunk_size = 1 }),
                     MP_OK);
    assert_true(most_of_one(pids, 100, &distinct) <= 10);
    assert_true(distinct >= 10);
    assert_int_equal(mp_pool_workers(pool), 3);
    assert_int_equal(mp_pool_get_stats(pool, &stats), MP_OK);
    assert_int_equal(stats.workers_lost, 0);
    assert_true(stats.workers_renewed >= 7);
    assert_int_equal(stats.ends[MP_TASK_DONE], 100);
}

static void PL_33_renewal_loses_and_misplaces_nothing(void **state)
{
    int64_t arguments[300];
    int64_t results[300];
    int64_t i;

    (void)state;
    open_pool((mp_pool_options){ .workers = 2, .tasks_per_worker = 1 });
    for (i = 0; i < 300; i++) {
        arguments[i] = i;
    }
    assert_int_equal(mp_pool_map(pool, &square_task, arguments, 300, results,
                                 &(mp_call_options){ .chunk_size = 3 }),
                     MP_OK);
    for (i = 0; i < 300; i++) {
        assert_int_equal(results[i], i * i);
    }
}

static void PL_34_a_chunk_counts_as_one_task(void **state)
{
    int64_t arguments[6] = { 0 };
    int64_t pids[6];
    size_t distinct;

    (void)state;
    open_pool((mp_pool_options){ .workers = 2, .tasks_per_worker = 1 });
    assert_int_equal(mp_pool_map(pool, &pid_task, arguments, 6, pids,
                                 &(mp_call_options){ .chunk_size = 2 }),
                     MP_OK);
    assert_int_equal(pids[0], pids[1]);
    assert_int_equal(pids[2], pids[3]);
    assert_int_equal(pids[4], pids[5]);
    assert_int_equal(most_of_one(pids, 6, &distinct), 2);
    assert_int_equal(distinct, 3);
}

static void PL_35_close_lets_limited_workers_finish_all(void **state)
{
    mp_result *results[40];
    int64_t argument;
    int64_t value;
    int i;

    (void)state;
    open_pool((mp_pool_options){ .workers = 2, .tasks_per_worker = 3 });
    for (i = 0; i < 40; i++) {
        argument = i;
        assert_int_equal(mp_pool_apply_async(pool, &results[i], &square_task,
                                             &argument, NULL),
                         MP_OK);
    }
    assert_int_equal(mp_pool_close(pool), MP_OK);
    assert_int_equal(mp_pool_join(pool, LONG_MS), MP_OK);
    for (i = 0; i < 40; i++) {
        assert_int_equal(mp_result_get(results[i], &value, 0), MP_OK);
        assert_int_equal(value, i * i);
        mp_result_destroy(results[i]);
    }
}

static void PL_02_negative_limits_are_refused(void **state)
{
    mp_pool_options options = { .workers = -1 };

    (void)state;
    assert_int_equal(mp_pool_create(&pool, &options), MP_EINVAL);
    options = (mp_pool_options){ .workers = 1, .tasks_per_worker = -1 };
    assert_int_equal(mp_pool_create(&pool, &options), MP_EINVAL);
    assert_null(pool);
}

static void count_call(mp_result *result, void *context)
{
    (void)result;
    ++*(int *)context;
}

/* ---- statuses, bounds, figures ---- */

static void a_map_tells_the_status_of_every_item(void **state)
{
    int64_t numbers[5] = { 1, -1, 2, -2, 3 };
    int64_t results[5];
    int statuses[5] = { 9, 9, 9, 9, 9 };
    mp_call_options options = { .statuses = statuses, .chunk_size = 5 };
    mp_result *result;
    int i;

    (void)state;
    open_pool((mp_pool_options){ .workers = 2 });
    assert_int_equal(
        mp_pool_map(pool, &square_task, numbers, 5, results, &options),
        MP_EFAILED);
    for (i = 0; i < 5; i++) {
        assert_int_equal(statuses[i], i % 2 == 0 ? MP_OK : MP_EFAILED);
        assert_int_equal(results[i], i % 2 == 0 ? numbers[i] * numbers[i] : 0);
    }
    assert_int_equal(
        mp_pool_map_async(pool, &result, &square_task, numbers, 5, &options),
        MP_EINVAL);
    assert_int_equal(mp_pool_apply(pool, &square_task, numbers, results,
                                   &(mp_call_options){ .done = count_call }),
                     MP_EINVAL);
}

static void submitting_waits_while_max_pending_are_unfinished(void **state)
{
    int64_t nap = 40;
    int64_t numbers[30];
    int64_t squares[30];
    mp_result *result;
    mp_pool_stats stats;
    int64_t before;
    int i;

    (void)state;
    open_pool((mp_pool_options){ .workers = 2, .max_pending = 3 });
    before = mp_test_clock_ms();
    for (i = 0; i < 7; i++) {
        assert_int_equal(mp_pool_apply_async(pool, NULL, &nap_task, &nap, NULL),
                         MP_OK);
        assert_int_equal(mp_pool_get_stats(pool, &stats), MP_OK);
        assert_true(stats.ends[MP_TASK_PENDING] + stats.ends[MP_TASK_RUNNING] <=
                    3);
    }
    /* Two workers, four naps before the seventh had room. */
    assert_true(mp_test_clock_ms() - before >= 2 * nap);
    for (i = 0; i < 30; i++) {
        numbers[i] = i;
    }
    assert_int_equal(
        mp_pool_map_async(pool, &result, &square_task, numbers, 30, NULL),
        MP_OK);
    assert_int_equal(mp_pool_map(pool, &square_task, numbers, 30, squares,
                                 &(mp_call_options){ .chunk_size = 10 }),
                     MP_OK);
    assert_int_equal(squares[29], 29 * 29);
    assert_int_equal(mp_result_get(result, numbers, LONG_MS), MP_OK);
    assert_int_equal(numbers[7], 49);
    mp_result_destroy(result);
}

static uint64_t sum(const mp_pool_stats *stats)
{
    uint64_t all = 0;
    int end;

    for (end = 0; end < MP_TASK_ENDS; end++) {
        all += stats->ends[end];
    }
    return all;
}

static void figures_add_up_at_every_moment(void **state)
{
    int64_t numbers[10] = { 1, 2, 3, 4, 5, -6, 7, 8, 9, 10 };
    mp_pool_stats stats;
    mp_result *result;
    int64_t nap = 1;
    int i;

    (void)state;
    open_pool((mp_pool_options){ .workers = 2 });
    assert_int_equal(mp_pool_apply(pool, &die_task, NULL, NULL, NULL),
                     MP_ECRASHED);
    assert_int_equal(mp_pool_map(pool, &square_task, numbers, 10, NULL, NULL),
                     MP_EFAILED);
    for (i = 0; i < 50; i++) {
        assert_int_equal(mp_pool_apply_async(pool, NULL, &nap_task, &nap, NULL),
                         MP_OK);
        assert_int_equal(mp_pool_get_stats(pool, &stats), MP_OK);
        assert_int_equal(stats.submitted, 12 + i);
        assert_int_equal(sum(&stats), stats.submitted);
    }
    assert_int_equal(mp_pool_apply_async(pool, &result, &nap_task, &nap, NULL),
                     MP_OK);
    assert_int_equal(mp_result_wait(result, LONG_MS), MP_OK);
    mp_result_destroy(result);
    assert_int_equal(mp_pool_close(pool), MP_OK);
    assert_int_equal(mp_pool_join(pool, LONG_MS), MP_OK);
    assert_int_equal(mp_pool_get_stats(pool, &stats), MP_OK);
    assert_int_equal(stats.submitted, 62);
    assert_int_equal(stats.ends[MP_TASK_DONE], 60);
    assert_int_equal(stats.ends[MP_TASK_FAILED], 1);
    assert_int_equal(stats.ends[MP_TASK_CRASHED], 1);
    assert_int_equal(stats.workers_lost, 1);
    assert_int_equal(stats.workers, 0);
}

/* ---- event loops, several results ---- */

static void a_pool_can_be_polled_and_stepped(void **state)
{
    struct pollfd set = { .events = POLLIN };
    int calls = 0;
    mp_call_options options = { .done = count_call, .context = &calls };
    int64_t nap = 5;
    int i;

    (void)state;
    open_pool((mp_pool_options){ .workers = 2 });
    set.fd = mp_pool_descriptor(pool);
    assert_true(set.fd >= 0);
    assert_int_equal(mp_pool_step(pool), 0);
    for (i = 0; i < 20; i++) {
        assert_int_equal(
            mp_pool_apply_async(pool, NULL, &nap_task, &nap, &options), MP_OK);
    }
    while (calls < 20) {
        assert_int_equal(poll(&set, 1, LONG_MS), 1);
        assert_true(mp_pool_step(pool) >= 0);
    }
    /* Each worker may be about to ring for a result that was taken in when the
     * other one rang. Then it is quiet. */
    for (i = 0; i < 2 && poll(&set, 1, 20) == 1; i++) {
        assert_int_equal(mp_pool_step(pool), 0);
    }
    assert_int_equal(poll(&set, 1, 20), 0);
    /* The death of a worker is something to do as well. */
    assert_int_equal(mp_pool_apply_async(pool, NULL, &die_task, NULL, &options),
                     MP_OK);
    while (calls < 21) {
        assert_int_equal(poll(&set, 1, LONG_MS), 1);
        assert_true(mp_pool_step(pool) >= 0);
    }
}

static void AR_08_the_first_of_several_results(void **state)
{
    mp_pool *other = NULL;
    mp_result *results[4] = { NULL };
    int64_t naps[3] = { 60000, 60000, 10 };
    int64_t before;

    (void)state;
    open_pool((mp_pool_options){ .workers = 2 });
    assert_int_equal(mp_pool_create(&other, &(mp_pool_options){ .workers = 1 }),
                     MP_OK);
    assert_int_equal(mp_result_wait_any(results, 4, 0), MP_EINVAL);
    assert_int_equal(mp_result_wait_any(NULL, 2, 0), MP_EINVAL);
    assert_int_equal(mp_result_wait_all(NULL, 0, 0), MP_OK);
    assert_int_equal(
        mp_pool_apply_async(pool, &results[0], &nap_task, &naps[0], NULL),
        MP_OK);
    before = mp_test_clock_ms();
    assert_int_equal(mp_result_wait_any(results, 4, 40), MP_ETIMEDOUT);
    assert_true(mp_test_clock_ms() - before >= 40);
    assert_int_equal(
        mp_pool_apply_async(pool, &results[1], &nap_task, &naps[1], NULL),
        MP_OK);
    /* The one that ends first belongs to another pool. */
    assert_int_equal(
        mp_pool_apply_async(other, &results[3], &nap_task, &naps[2], NULL),
        MP_OK);
    assert_int_equal(mp_result_wait_any(results, 4, MP_FOREVER), 3);
    assert_int_equal(mp_result_wait_any(results, 4, 0), 3);
    assert_int_equal(mp_result_wait_all(results, 4, 20), MP_ETIMEDOUT);
    mp_pool_destroy(other);
    mp_pool_destroy(pool);
    pool = NULL;
    assert_int_equal(mp_result_wait_all(results, 4, MP_FOREVER), MP_OK);
    assert_int_equal(mp_result_wait_any(results, 4, MP_FOREVER), 0);
    assert_int_equal(mp_result_get(results[0], NULL, 0), MP_ETERMINATED);
    mp_result_destroy(results[0]);
    mp_result_destroy(results[1]);
    mp_result_destroy(results[3]);
}

#define ROW(name) mp_test_setup_teardown(name, NULL, close_pool)

static const struct CMUnitTest tests[] = {
    ROW(PL_02_negative_limits_are_refused),
    ROW(PL_33_workers_are_renewed_after_their_tasks),
    ROW(PL_33_renewal_loses_and_misplaces_nothing),
    ROW(PL_34_a_chunk_counts_as_one_task),
    ROW(PL_35_close_lets_limited_workers_finish_all),
    ROW(a_map_tells_the_status_of_every_item),
    ROW(submitting_waits_while_max_pending_are_unfinished),
    ROW(figures_add_up_at_every_moment),
    ROW(a_pool_can_be_polled_and_stepped),
    ROW(AR_08_the_first_of_several_results),
};

int main(void)
{
    return mp_run_tests(tests);
}
