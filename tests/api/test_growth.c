/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_growth.c -- public structs can grow without breaking a program
 *
 * Their sizes stay what they were in 0.2.0. A word of the tail that a caller
 * must leave zero is refused, by each call that takes the struct and before
 * anything is done; the tail that libmp fills is zero.
 */
#include "support/fixture.h"
#include "support/pool_helpers.h"

#include <mp/mp.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>

#if defined(__LP64__) || defined(__i386__)
#ifdef __LP64__
#define HAS_SIZE(type, lp64, i386)                                             \
    _Static_assert(sizeof(type) == (lp64), "the size of " #type)
#else
#define HAS_SIZE(type, lp64, i386)                                             \
    _Static_assert(sizeof(type) == (i386), "the size of " #type)
#endif
HAS_SIZE(mp_call_options, 168, 152);
HAS_SIZE(mp_connection_options, 80, 72);
HAS_SIZE(mp_pool_options, 320, 292);
HAS_SIZE(mp_pool_stats, 288, 284);
HAS_SIZE(mp_process_options, 144, 136);
HAS_SIZE(mp_queue_options, 88, 76);
HAS_SIZE(mp_report, 496, 484);
HAS_SIZE(mp_serializer, 80, 56);
HAS_SIZE(mp_source, 96, 80);
HAS_SIZE(mp_task, 104, 88);
HAS_SIZE(mp_wait_item, 88, 72);
#endif

#define WORDS(object) (sizeof((object).reserved) / sizeof(uint64_t))

/* With each word of the tail of `object` set in turn, `call` is refused. */
#define REFUSES(object, call)                                                  \
    do {                                                                       \
        for (size_t word = 0; word < WORDS(object); word++) {                  \
            (object).reserved[word] = (uint64_t)1 << (word % 64);              \
            assert_int_equal((call), MP_EINVAL);                               \
            (object).reserved[word] = 0;                                       \
        }                                                                      \
    } while (0)

/* ---- what a caller fills ---- */

static void objects_refuse_options_they_do_not_know(void **state)
{
    mp_process_options process_options = { .name = "somebody" };
    mp_connection_options connection_options = { .one_way = true };
    mp_queue_options queue_options = { .max_items = 7 };
    mp_process *process = NULL;
    mp_connection *ends[2] = { NULL };
    mp_queue *queue = NULL;

    (void)state;
    REFUSES(process_options,
            mp_process_create(&process, NULL, NULL, &process_options));
    assert_null(process);
    REFUSES(connection_options,
            mp_connection_pair(&ends[0], &ends[1], &connection_options));
    assert_null(ends[0]);
    assert_null(ends[1]);
    REFUSES(queue_options, mp_queue_create(&queue, &queue_options));
    assert_null(queue);
}

static void a_serializer_is_refused_wherever_it_is_given(void **state)
{
    mp_serializer odd = mp_serializer_int64;
    const mp_connection_options connection_options = { .serializer = &odd };
    const mp_queue_options queue_options = { .serializer = &odd };
    const mp_task takes = { .run = mp_test_sleep_task.run, .argument = &odd };
    const mp_task gives = { .run = mp_test_add_task.run, .result = &odd };
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 1 });
    mp_connection *ends[2] = { NULL };
    mp_queue *queue = NULL;
    int64_t number = 1;

    (void)state;
    REFUSES(odd, mp_connection_pair(&ends[0], &ends[1], &connection_options));
    REFUSES(odd, mp_queue_create(&queue, &queue_options));
    REFUSES(odd, mp_pool_apply(pool, &takes, &number, NULL, NULL));
    REFUSES(odd, mp_pool_apply(pool, &gives, NULL, &number, NULL));
    assert_int_equal(mp_test_stats(pool).submitted, 0);
    assert_int_equal(mp_pool_apply(pool, &takes, &number, NULL, NULL), MP_OK);
    mp_pool_destroy(pool);
}

static void a_pool_refuses_options_it_does_not_know(void **state)
{
    mp_pool_options options = { .workers = 1 };
    mp_pool *pool = NULL;

    (void)state;
    REFUSES(options, mp_pool_create(&pool, &options));
    assert_null(pool);
}

/* Every call that submits, on the same task, options and source. */
static int submit(mp_pool *pool, int call, const mp_task *task,
                  const mp_source *source, const mp_call_options *options)
{
    static int64_t numbers[2];
    mp_result *result = NULL;
    mp_iterator *iterator = NULL;
    int error = MP_EINVAL;

    switch (call) {
    case 0:
        error = mp_pool_apply(pool, task, numbers, NULL, options);
        break;
    case 1:
        error = mp_pool_apply_async(pool, &result, task, numbers, options);
        break;
    case 2:
        error = mp_pool_map(pool, task, numbers, 2, NULL, options);
        break;
    case 3:
        error = mp_pool_map_async(pool, &result, task, numbers, 2, options);
        break;
    case 4:
        error = mp_pool_imap(pool, &iterator, task, source, options);
        break;
    default:
        error = mp_pool_imap_unordered(pool, &iterator, task, source, options);
        break;
    }
    mp_result_destroy(result);
    mp_iterator_destroy(iterator);
    return error;
}

static void each_submit_refuses_what_it_does_not_know(void **state)
{
    static const int64_t numbers[2];
    mp_pool *pool = mp_test_pool_of(state);
    mp_task task = mp_test_add_task;
    mp_source source = { .items = numbers, .count = 2 };
    mp_call_options options = { .chunk_size = 0 };
    int call;

    for (call = 0; call < 6; call++) {
        REFUSES(task, submit(pool, call, &task, &source, &options));
        REFUSES(options, submit(pool, call, &task, &source, &options));
        if (call >= 4) {
            REFUSES(source, submit(pool, call, &task, &source, &options));
        }
    }
    assert_int_equal(mp_test_stats(pool).submitted, 0);
    for (call = 0; call < 6; call++) {
        assert_int_equal(submit(pool, call, &task, &source, &options), MP_OK);
    }
    mp_pool_destroy(pool);
}

static void a_wait_refuses_what_it_does_not_know(void **state)
{
    mp_queue *queue = NULL;
    mp_wait_item item = { .queue = NULL };

    (void)state;
    assert_int_equal(mp_queue_create(&queue, NULL), MP_OK);
    item.queue = queue;
    REFUSES(item, mp_wait(&item, 1, 0));
    assert_int_equal(mp_wait(&item, 1, 0), 0);
    mp_queue_destroy(queue);
}

/* ---- what libmp fills ---- */

static bool is_zero(const uint64_t *words, size_t count)
{
    static const uint64_t zero[64];

    assert_true(count <= 64);
    return memcmp(words, zero, count * sizeof(*words)) == 0;
}

#define IS_ZERO(object) assert_true(is_zero((object).reserved, WORDS(object)))

static void reports_and_figures_end_in_zero(void **state)
{
    static const int64_t numbers[2];
    mp_pool *pool = mp_test_pool_of(state);
    const mp_source source = { .items = numbers, .count = 2 };
    mp_iterator *iterator = NULL;
    mp_result *result = NULL;
    mp_report report;
    mp_pool_stats stats;
    int end;

    memset(&report, 'x', sizeof(report));
    assert_int_equal(mp_pool_apply(pool, &mp_test_add_task, numbers, NULL,
                                   &(mp_call_options){ .report = &report }),
                     MP_OK);
    IS_ZERO(report);
    assert_int_equal(
        mp_pool_apply_async(pool, &result, &mp_test_add_task, numbers, NULL),
        MP_OK);
    assert_int_equal(mp_result_wait(result, MP_TEST_LONG_MS), MP_OK);
    memset(&report, 'x', sizeof(report));
    assert_int_equal(mp_result_report(result, 0, &report), MP_OK);
    IS_ZERO(report);
    mp_result_destroy(result);
    assert_int_equal(
        mp_pool_imap(pool, &iterator, &mp_test_add_task, &source, NULL), MP_OK);
    memset(&report, 'x', sizeof(report));
    assert_int_equal(mp_iterator_next(iterator, NULL, &report, MP_TEST_LONG_MS),
                     1);
    IS_ZERO(report);
    mp_iterator_destroy(iterator);

    memset(&stats, 'x', sizeof(stats));
    assert_int_equal(mp_pool_get_stats(pool, &stats), MP_OK);
    IS_ZERO(stats);
    for (end = MP_TASK_BROKEN + 1; end < MP_TASK_ENDS; end++) {
        assert_int_equal(stats.ends[end], 0);
    }
    mp_pool_destroy(pool);
}

static void reports_of_a_broken_pool_end_in_zero(void **state)
{
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 1 });
    int64_t supervisor = mp_test_ask(pool, &mp_test_supervisor_task);
    mp_report report;
    int64_t number = 0;

    (void)state;
    assert_int_equal(kill((pid_t)supervisor, SIGKILL), 0);
    while (mp_pool_apply(pool, &mp_test_add_task, &number, NULL, NULL) !=
           MP_EBROKEN) {
        /* the pool has not noticed yet */
    }
    memset(&report, 'x', sizeof(report));
    assert_int_equal(mp_pool_apply(pool, &mp_test_add_task, &number, NULL,
                                   &(mp_call_options){ .report = &report }),
                     MP_EBROKEN);
    assert_int_equal(report.end, MP_TASK_BROKEN);
    IS_ZERO(report);
    mp_pool_destroy(pool);
}

/* ---- which library it is ---- */

static void the_version_is_told_alike_everywhere(void **state)
{
    char text[32];

    (void)state;
    (void)snprintf(text, sizeof(text), "%d.%d.%d", MP_VERSION_MAJOR,
                   MP_VERSION_MINOR, MP_VERSION_PATCH);
    assert_string_equal(text, MP_VERSION);
    assert_string_equal(mp_version(), MP_VERSION);
}

static const struct CMUnitTest tests[] = {
    mp_test(the_version_is_told_alike_everywhere),
    mp_test(objects_refuse_options_they_do_not_know),
    mp_test(a_serializer_is_refused_wherever_it_is_given),
    mp_test(a_pool_refuses_options_it_does_not_know),
    mp_test_data(each_submit_refuses_what_it_does_not_know, "2 workers",
                 &mp_test_two),
    mp_test_data(each_submit_refuses_what_it_does_not_know, "inline",
                 &mp_test_inline),
    mp_test(a_wait_refuses_what_it_does_not_know),
    mp_test_data(reports_and_figures_end_in_zero, "2 workers", &mp_test_two),
    mp_test_data(reports_and_figures_end_in_zero, "inline", &mp_test_inline),
    mp_test(reports_of_a_broken_pool_end_in_zero),
};

int main(void)
{
    return mp_run_tests(tests);
}
