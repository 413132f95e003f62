/*
 * test_pool.c -- apply, map, imap and the life of a pool, with 1, 2, 8 workers
 */
#include "support/fixture.h"
#include "support/helpers.h"

#include <mp/mp.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MANY 5000

static void nap_us(int64_t us)
{
    struct timespec span = { .tv_sec = (time_t)(us / 1000000),
                             .tv_nsec = (long)(us % 1000000) * 1000 };

    (void)nanosleep(&span, NULL);
}

static int square(const void *argument, void *result)
{
    int64_t x = *(const int64_t *)argument;

    *(int64_t *)result = x * x;
    return 0;
}

static int pid_of_worker(const void *argument, void *result)
{
    (void)argument;
    *(int64_t *)result = getpid();
    return 0;
}

static int index_of_item(const void *argument, void *result)
{
    (void)argument;
    *(int64_t *)result = (int64_t)mp_task_index();
    return 0;
}

/* Even numbers are fine, 7 says why not, other odd ones just fail. */
static int fail_odd(const void *argument, void *result)
{
    int64_t x = *(const int64_t *)argument;

    if (x == 7) {
        return mp_task_fail(ERANGE, "%d is unlucky", 7);
    }
    *(int64_t *)result = x;
    return x % 2 == 1 ? (int)x : 0;
}

static int die_at_three(const void *argument, void *result)
{
    int64_t x = *(const int64_t *)argument;

    if (x == 3) {
        (void)raise(SIGKILL);
    }
    *(int64_t *)result = x + 100;
    return 0;
}

static int exit_with(const void *argument, void *result)
{
    (void)result;
    exit((int)*(const int64_t *)argument);
}

static int nap_ms(const void *argument, void *result)
{
    (void)result;
    nap_us(*(const int64_t *)argument * 1000);
    return 0;
}

static int shout(const void *argument, void *result)
{
    const char *text = *(char *const *)argument;
    size_t size = strlen(text) + 2;
    char *loud = malloc(size);

    if (loud == NULL) {
        return ENOMEM;
    }
    (void)snprintf(loud, size, "%s!", text);
    *(char **)result = loud;
    return 0;
}

static int echo_bytes(const void *argument, void *result)
{
    const mp_bytes *in = argument;
    mp_bytes *out = result;

    out->data = malloc(in->size);
    if (out->data == NULL) {
        return ENOMEM;
    }
    memcpy(out->data, in->data, in->size);
    out->size = in->size;
    return 0;
}

static int fork_and_return(const void *argument, void *result)
{
    *(int64_t *)result = *(const int64_t *)argument;
    (void)fork(); /* returns twice; the copy must not commit */
    return 0;
}

static int start_pool_in_task(const void *argument, void *result)
{
    mp_pool *pool = NULL;

    (void)argument;
    *(int64_t *)result = mp_pool_create(&pool, NULL);
    mp_pool_destroy(pool);
    return 0;
}

static int owner_pid(const void *argument, void *result)
{
    (void)argument;
    *(int64_t *)result = mp_process_pid(mp_process_parent());
    return 0;
}

#define TASK_INT(function)                                                     \
    {                                                                          \
        .run = function, .argument = &mp_serializer_int64,                     \
        .result = &mp_serializer_int64,                                        \
    }
static const mp_task square_task = TASK_INT(square);
static const mp_task pid_task = TASK_INT(pid_of_worker);
static const mp_task index_task = TASK_INT(index_of_item);
static const mp_task odd_task = TASK_INT(fail_odd);
static const mp_task die_task = TASK_INT(die_at_three);
static const mp_task fork_task = TASK_INT(fork_and_return);
static const mp_task nested_task = TASK_INT(start_pool_in_task);
static const mp_task owner_task = TASK_INT(owner_pid);
static const mp_task exit_task = { .run = exit_with,
                                   .argument = &mp_serializer_int64 };
static const mp_task nap_task = { .run = nap_ms,
                                  .argument = &mp_serializer_int64 };
static const mp_task shout_task = { .run = shout,
                                    .argument = &mp_serializer_string,
                                    .result = &mp_serializer_string };
static const mp_task bytes_task = { .run = echo_bytes,
                                    .argument = &mp_serializer_bytes,
                                    .result = &mp_serializer_bytes };

static int one = 1;
static int two = 2;
static int eight = 8;
static int none = MP_WORKERS_INLINE;

static mp_pool *make_pool(void **state)
{
    mp_pool *pool = NULL;
    mp_pool_options options = { .workers = **(int **)state };

    assert_int_equal(mp_pool_create(&pool, &options), 0);
    return pool;
}

static void count_up(int64_t *numbers, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        numbers[i] = (int64_t)i;
    }
}

static void apply_gives_the_result(void **state)
{
    mp_pool *pool = make_pool(state);
    int64_t result = 0;
    int64_t i;

    for (i = 0; i < 1000; i++) {
        assert_int_equal(mp_pool_apply(pool, &square_task, &i, &result, NULL),
                         0);
        assert_int_equal(result, i * i);
    }
    mp_pool_destroy(pool);
}

static void map_keeps_the_order_with_any_chunk_size(void **state)
{
    static int64_t numbers[MANY];
    static int64_t results[MANY];
    const int sizes[] = { 0, 1, 2, 7, 1000, MANY, 100000 };
    mp_pool *pool = make_pool(state);
    size_t s;
    size_t i;

    count_up(numbers, MANY);
    for (s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        memset(results, 0, sizeof(results));
        assert_int_equal(
            mp_pool_map(pool, &square_task, numbers, MANY, results,
                        &(mp_call_options){ .chunk_size = sizes[s] }),
            0);
        for (i = 0; i < MANY; i++) {
            assert_int_equal(results[i], (int64_t)(i * i));
        }
    }
    mp_pool_destroy(pool);
}

static void tasks_know_their_index(void **state)
{
    int64_t numbers[100];
    int64_t results[100];
    mp_pool *pool = make_pool(state);
    size_t i;

    count_up(numbers, 100);
    assert_int_equal(mp_pool_map(pool, &index_task, numbers, 100, results,
                                 &(mp_call_options){ .chunk_size = 3 }),
                     0);
    for (i = 0; i < 100; i++) {
        assert_int_equal(results[i], (int64_t)i);
    }
    mp_pool_destroy(pool);
}

static void tasks_run_in_workers_only(void **state)
{
    mp_pool *pool = make_pool(state);
    int64_t pid = 0;
    int64_t owner = 0;
    int64_t zero = 0;

    assert_int_equal(mp_pool_apply(pool, &pid_task, &zero, &pid, NULL), 0);
    assert_int_equal(mp_pool_apply(pool, &owner_task, &zero, &owner, NULL), 0);
    assert_int_not_equal(pid, getpid());
    assert_int_equal(owner, getpid());
    assert_int_equal(mp_pool_workers(pool), **(int **)state);
    mp_pool_destroy(pool);
    assert_true(mp_test_pid_is_gone((pid_t)pid, 5000));
}

static void failures_are_of_their_item_alone(void **state)
{
    int64_t numbers[20];
    int64_t results[20];
    mp_pool *pool = make_pool(state);
    mp_report report;
    int64_t seven = 7;
    size_t i;

    count_up(numbers, 20);
    assert_int_equal(
        mp_pool_map(pool, &odd_task, numbers, 20, results,
                    &(mp_call_options){ .chunk_size = 5, .report = &report }),
        MP_EFAILED);
    assert_int_equal(report.index, 1);
    assert_int_equal(report.code, 1);
    assert_int_equal(report.end, MP_TASK_FAILED);
    assert_true(report.text[0] != '\0');
    for (i = 0; i < 20; i++) {
        assert_int_equal(results[i], i % 2 == 0 ? (int64_t)i : 0);
    }
    results[0] = 99;
    assert_int_equal(mp_pool_apply(pool, &odd_task, &seven, results,
                                   &(mp_call_options){ .report = &report }),
                     MP_EFAILED);
    assert_int_equal(results[0], 99);
    assert_int_equal(report.code, ERANGE);
    assert_string_equal(report.text, "7 is unlucky");
    assert_non_null(strstr(report.file, "test_pool.c"));
    assert_true(report.line > 0);
    mp_pool_destroy(pool);
}

static void a_crash_costs_its_item_and_the_chunk_goes_on(void **state)
{
    int64_t numbers[10];
    int64_t results[10];
    mp_pool *pool = make_pool(state);
    mp_report report;
    int64_t before = 0;
    int64_t zero = 0;
    size_t i;

    count_up(numbers, 10);
    assert_int_equal(mp_pool_apply(pool, &pid_task, &zero, &before, NULL), 0);
    assert_int_equal(
        mp_pool_map(pool, &die_task, numbers, 10, results,
                    &(mp_call_options){ .chunk_size = 10, .report = &report }),
        MP_ECRASHED);
    assert_int_equal(report.index, 3);
    assert_int_equal(report.end, MP_TASK_CRASHED);
    assert_int_equal(report.exit_status, -SIGKILL);
    assert_true(report.pid > 0 && report.pid != getpid());
    assert_true(report.text[0] != '\0');
    for (i = 0; i < 10; i++) {
        assert_int_equal(results[i], i == 3 ? 0 : (int64_t)i + 100);
    }
    assert_int_equal(
        mp_pool_apply(pool, &square_task, &numbers[4], results, NULL), 0);
    assert_int_equal(results[0], 16);
    mp_pool_destroy(pool);
}

static void exit_in_a_task_is_a_crash_with_its_status(void **state)
{
    mp_pool *pool = make_pool(state);
    mp_report report;
    int64_t status;

    for (status = 0; status < 4; status++) {
        assert_int_equal(mp_pool_apply(pool, &exit_task, &status, NULL,
                                       &(mp_call_options){ .report = &report }),
                         MP_ECRASHED);
        assert_int_equal(report.exit_status, status);
    }
    mp_pool_destroy(pool);
}

static void a_get_that_timed_out_can_be_repeated(void **state)
{
    mp_pool *pool = make_pool(state);
    mp_result *result = NULL;
    int64_t ms = 300;
    int64_t started = mp_test_clock_ms();

    assert_int_equal(mp_pool_apply_async(pool, &result, &nap_task, &ms, NULL),
                     0);
    assert_int_equal(mp_result_ready(result), 0);
    assert_int_equal(mp_result_successful(result), MP_ESTATE);
    assert_int_equal(mp_result_get(result, NULL, 0), MP_ETIMEDOUT);
    assert_int_equal(mp_result_get(result, NULL, 50), MP_ETIMEDOUT);
    assert_true(mp_test_clock_ms() - started >= 50);
    assert_int_equal(mp_result_wait(result, MP_FOREVER), 0);
    assert_true(mp_test_clock_ms() - started >= 300);
    assert_int_equal(mp_result_get(result, NULL, 0), 0);
    assert_int_equal(mp_result_get(result, NULL, 0), 0);
    assert_int_equal(mp_result_successful(result), 1);
    assert_int_equal(mp_result_ready(result), 1);
    mp_result_destroy(result);
    mp_pool_destroy(pool);
}

static void polling_ready_is_enough(void **state)
{
    mp_pool *pool = make_pool(state);
    mp_result *result = NULL;
    int64_t five = 5;
    int64_t got = 0;

    assert_int_equal(
        mp_pool_apply_async(pool, &result, &square_task, &five, NULL), 0);
    while (mp_result_ready(result) == 0) {
        nap_us(100);
    }
    assert_int_equal(mp_result_get(result, &got, 0), 0);
    assert_int_equal(got, 25);
    mp_result_destroy(result);
    mp_pool_destroy(pool);
}

static void handles_may_be_read_in_any_order_and_after_the_pool(void **state)
{
    enum { COUNT = 3000 }; /* more than there are slots */
    static mp_result *results[COUNT];
    mp_pool *pool = make_pool(state);
    int64_t got = 0;
    int64_t i;

    for (i = 0; i < COUNT; i++) {
        assert_int_equal(
            mp_pool_apply_async(pool, &results[i], &square_task, &i, NULL), 0);
    }
    assert_int_equal(mp_result_get(results[COUNT - 1], &got, MP_FOREVER), 0);
    assert_int_equal(got, (int64_t)(COUNT - 1) * (COUNT - 1));
    assert_int_equal(mp_pool_close(pool), 0);
    assert_int_equal(mp_pool_join(pool, MP_FOREVER), 0);
    mp_pool_destroy(pool);
    for (i = COUNT - 1; i >= 0; i--) {
        assert_int_equal(mp_result_get(results[i], &got, 0), 0);
        assert_int_equal(got, i * i);
        mp_result_destroy(results[i]);
    }
}

static void map_async_gives_all_items_in_order(void **state)
{
    int64_t numbers[100];
    int64_t got[100];
    mp_pool *pool = make_pool(state);
    mp_result *result = NULL;
    mp_report report;
    size_t i;

    count_up(numbers, 100);
    assert_int_equal(mp_pool_map_async(pool, &result, &odd_task, numbers, 100,
                                       &(mp_call_options){ .chunk_size = 9 }),
                     0);
    memset(numbers, 0xff, sizeof(numbers)); /* encoded before it returned */
    assert_int_equal(mp_result_get(result, got, MP_FOREVER), MP_EFAILED);
    for (i = 0; i < 100; i++) {
        assert_int_equal(got[i], i % 2 == 0 ? (int64_t)i : 0);
        assert_int_equal(mp_result_report(result, i, &report), 0);
        assert_int_equal(report.end,
                         i % 2 == 0 ? MP_TASK_DONE : MP_TASK_FAILED);
        assert_int_equal(report.index, i);
    }
    assert_int_equal(mp_result_report(result, 100, &report), MP_EINVAL);
    mp_result_destroy(result);
    mp_pool_destroy(pool);
}

static void empty_input_is_ready_at_once(void **state)
{
    mp_pool *pool = make_pool(state);
    mp_result *result = NULL;
    mp_iterator *iterator = NULL;

    assert_int_equal(mp_pool_map(pool, &square_task, NULL, 0, NULL, NULL), 0);
    assert_int_equal(
        mp_pool_map_async(pool, &result, &square_task, NULL, 0, NULL), 0);
    assert_int_equal(mp_result_ready(result), 1);
    assert_int_equal(mp_result_successful(result), 1);
    assert_int_equal(mp_result_get(result, NULL, 0), 0);
    mp_result_destroy(result);
    assert_int_equal(mp_pool_imap(pool, &iterator, &square_task,
                                  &(mp_source){ .count = 0 }, NULL),
                     0);
    assert_int_equal(mp_iterator_next(iterator, NULL, NULL, 0), 0);
    assert_int_equal(mp_iterator_next(iterator, NULL, NULL, 0), 0);
    mp_iterator_destroy(iterator);
    mp_pool_destroy(pool);
}

static void imap_keeps_the_order(void **state)
{
    static int64_t numbers[MANY];
    mp_pool *pool = make_pool(state);
    mp_iterator *iterator = NULL;
    int64_t got = 0;
    int64_t i;
    int chunk;

    count_up(numbers, MANY);
    for (chunk = 0; chunk <= 100; chunk += 50) {
        assert_int_equal(
            mp_pool_imap(pool, &iterator, &square_task,
                         &(mp_source){ .items = numbers, .count = MANY },
                         &(mp_call_options){ .chunk_size = chunk }),
            0);
        for (i = 0; i < MANY; i++) {
            assert_int_equal(mp_iterator_next(iterator, &got, NULL, MP_FOREVER),
                             1);
            assert_int_equal(got, i * i);
        }
        assert_int_equal(mp_iterator_next(iterator, &got, NULL, MP_FOREVER), 0);
        mp_iterator_destroy(iterator);
    }
    mp_pool_destroy(pool);
}

static void imap_unordered_gives_each_item_once(void **state)
{
    static int64_t numbers[MANY];
    static bool seen[MANY];
    mp_pool *pool = make_pool(state);
    mp_iterator *iterator = NULL;
    mp_report report;
    int64_t got = 0;
    size_t count = 0;
    int next;

    count_up(numbers, MANY);
    memset(seen, 0, sizeof(seen));
    assert_int_equal(mp_pool_imap_unordered(
                         pool, &iterator, &square_task,
                         &(mp_source){ .items = numbers, .count = MANY }, NULL),
                     0);
    while ((next = mp_iterator_next(iterator, &got, &report, MP_FOREVER)) > 0) {
        assert_true(report.index < MANY && !seen[report.index]);
        assert_int_equal(got, (int64_t)(report.index * report.index));
        seen[report.index] = true;
        count++;
    }
    assert_int_equal(next, 0);
    assert_int_equal(count, MANY);
    mp_iterator_destroy(iterator);
    mp_pool_destroy(pool);
}

struct counter {
    int64_t next;
    int64_t end;
    int64_t most; /* taken and not handed out */
    int64_t handed;
    int error;
};

static int count_next(void *context, void *argument)
{
    struct counter *counter = context;

    if (counter->next == counter->end) {
        return counter->error;
    }
    *(int64_t *)argument = counter->next++;
    if (counter->next - counter->handed > counter->most) {
        counter->most = counter->next - counter->handed;
    }
    return 1;
}

static void a_source_is_read_ahead_by_a_bounded_amount(void **state)
{
    struct counter counter = { .end = 1000 };
    mp_pool *pool = make_pool(state);
    mp_iterator *iterator = NULL;
    int64_t got = 0;

    assert_int_equal(
        mp_pool_imap(pool, &iterator, &square_task,
                     &(mp_source){ .next = count_next, .context = &counter },
                     &(mp_call_options){ .look_ahead = 10 }),
        0);
    for (; counter.handed < 1000; counter.handed++) {
        assert_int_equal(mp_iterator_next(iterator, &got, NULL, MP_FOREVER), 1);
        assert_int_equal(got, counter.handed * counter.handed);
    }
    assert_int_equal(mp_iterator_next(iterator, &got, NULL, 0), 0);
    assert_in_range(counter.most, 1, 11);
    mp_iterator_destroy(iterator);
    mp_pool_destroy(pool);
}

static void an_error_of_the_source_comes_once_after_its_items(void **state)
{
    struct counter counter = { .end = 30, .error = -77 };
    mp_pool *pool = make_pool(state);
    mp_iterator *iterator = NULL;
    int64_t got = 0;
    int64_t i;

    assert_int_equal(
        mp_pool_imap(pool, &iterator, &square_task,
                     &(mp_source){ .next = count_next, .context = &counter },
                     &(mp_call_options){ .chunk_size = 4 }),
        0);
    for (i = 0; i < 30; i++) {
        counter.handed = i;
        assert_int_equal(mp_iterator_next(iterator, &got, NULL, MP_FOREVER), 1);
        assert_int_equal(got, i * i);
    }
    assert_int_equal(mp_iterator_next(iterator, &got, NULL, MP_FOREVER), -77);
    assert_int_equal(mp_iterator_next(iterator, &got, NULL, MP_FOREVER), 0);
    mp_iterator_destroy(iterator);
    mp_pool_destroy(pool);
}

static void a_timed_next_loses_nothing(void **state)
{
    int64_t naps[2] = { 200, 0 };
    mp_pool *pool = make_pool(state);
    mp_iterator *iterator = NULL;
    mp_report report;

    assert_int_equal(mp_pool_imap(pool, &iterator, &nap_task,
                                  &(mp_source){ .items = naps, .count = 2 },
                                  NULL),
                     0);
    assert_int_equal(mp_iterator_next(iterator, NULL, NULL, 0), MP_ETIMEDOUT);
    assert_int_equal(mp_iterator_next(iterator, NULL, NULL, 20), MP_ETIMEDOUT);
    assert_int_equal(mp_iterator_next(iterator, NULL, &report, MP_FOREVER), 1);
    assert_int_equal(report.index, 0);
    assert_int_equal(mp_iterator_next(iterator, NULL, &report, MP_FOREVER), 1);
    assert_int_equal(report.index, 1);
    assert_int_equal(mp_iterator_next(iterator, NULL, NULL, MP_FOREVER), 0);
    mp_iterator_destroy(iterator);
    mp_pool_destroy(pool);
}

static void failed_items_of_an_iterator_are_items_with_a_report(void **state)
{
    int64_t numbers[6];
    mp_pool *pool = make_pool(state);
    mp_iterator *iterator = NULL;
    mp_report report;
    int64_t got = 0;
    int64_t i;

    count_up(numbers, 6);
    assert_int_equal(mp_pool_imap(pool, &iterator, &odd_task,
                                  &(mp_source){ .items = numbers, .count = 6 },
                                  NULL),
                     0);
    assert_int_equal(mp_iterator_next(iterator, &got, NULL, MP_FOREVER), 1);
    assert_int_equal(mp_iterator_next(iterator, &got, NULL, MP_FOREVER),
                     MP_EFAILED);
    for (i = 2; i < 6; i++) {
        assert_int_equal(mp_iterator_next(iterator, &got, &report, 5000), 1);
        assert_int_equal(report.error, i % 2 == 0 ? 0 : MP_EFAILED);
        assert_int_equal(got, i % 2 == 0 ? i : 0);
    }
    mp_iterator_destroy(iterator);
    mp_pool_destroy(pool);
}

static void strings_travel_both_ways(void **state)
{
    const char *texts[3] = { "a", "bc", "" };
    char *results[3] = { NULL, NULL, NULL };
    mp_pool *pool = make_pool(state);

    assert_int_equal(mp_pool_map(pool, &shout_task, texts, 3, results, NULL),
                     0);
    assert_string_equal(results[0], "a!");
    assert_string_equal(results[1], "bc!");
    assert_string_equal(results[2], "!");
    mp_serializer_release(&mp_serializer_string, results, 3);
    mp_pool_destroy(pool);
}

/* Below and above what goes through shared memory itself. */
static void arguments_and_results_of_any_size_come_back(void **state)
{
    const size_t sizes[] = {
        1, 4000, 4096, 65000, 65536, 70000, (size_t)3 << 20, (size_t)20 << 20
    };
    mp_pool *pool = make_pool(state);
    mp_bytes in;
    mp_bytes out = { NULL, 0 };
    size_t i;
    size_t k;

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        in.size = sizes[i];
        in.data = malloc(in.size);
        assert_non_null(in.data);
        for (k = 0; k < in.size; k++) {
            ((unsigned char *)in.data)[k] = (unsigned char)(k * 31 + i);
        }
        assert_int_equal(mp_pool_apply(pool, &bytes_task, &in, &out, NULL), 0);
        assert_int_equal(out.size, in.size);
        assert_memory_equal(out.data, in.data, in.size);
        mp_serializer_release(&mp_serializer_bytes, &out, 1);
        free(in.data);
    }
    mp_pool_destroy(pool);
}

/* Far more than all rings hold, collected only at the end. */
static void large_results_nobody_reads_do_not_deadlock(void **state)
{
    enum { COUNT = 300 };
    static mp_result *results[COUNT];
    static unsigned char block[100000];
    mp_pool *pool = make_pool(state);
    mp_bytes in = { block, sizeof(block) };
    mp_bytes out = { NULL, 0 };
    int i;

    for (i = 0; i < COUNT; i++) {
        block[0] = (unsigned char)i;
        assert_int_equal(
            mp_pool_apply_async(pool, &results[i], &bytes_task, &in, NULL), 0);
    }
    for (i = COUNT - 1; i >= 0; i--) {
        assert_int_equal(mp_result_get(results[i], &out, MP_FOREVER), 0);
        assert_int_equal(out.size, sizeof(block));
        assert_int_equal(((unsigned char *)out.data)[0], (unsigned char)i);
        mp_serializer_release(&mp_serializer_bytes, &out, 1);
        mp_result_destroy(results[i]);
    }
    mp_pool_destroy(pool);
}

static void workers_go_on_while_the_owner_is_elsewhere(void **state)
{
    int64_t naps[6] = { 20, 20, 20, 20, 20, 20 };
    mp_pool *pool = make_pool(state);
    mp_result *result = NULL;

    assert_int_equal(mp_pool_map_async(pool, &result, &nap_task, naps, 6,
                                       &(mp_call_options){ .chunk_size = 1 }),
                     0);
    nap_us(1000000);
    assert_int_equal(mp_result_get(result, NULL, 0), 0);
    mp_result_destroy(result);
    mp_pool_destroy(pool);
}

static void a_task_that_forks_and_returns_twice_ends_once(void **state)
{
    mp_pool *pool = make_pool(state);
    int64_t got = 0;
    int64_t i;

    for (i = 0; i < 20; i++) {
        assert_int_equal(mp_pool_apply(pool, &fork_task, &i, &got, NULL), 0);
        assert_int_equal(got, i);
    }
    mp_pool_destroy(pool);
}

static void a_worker_may_not_have_a_pool(void **state)
{
    mp_pool *pool = make_pool(state);
    int64_t zero = 0;
    int64_t error = 0;

    assert_int_equal(mp_pool_apply(pool, &nested_task, &zero, &error, NULL), 0);
    assert_int_equal(error, MP_ESTATE);
    mp_pool_destroy(pool);
}

static void close_refuses_and_finishes_and_join_waits(void **state)
{
    int64_t naps[10] = { 10, 10, 10, 10, 10, 10, 10, 10, 10, 10 };
    mp_pool *pool = make_pool(state);
    mp_result *result = NULL;
    mp_iterator *iterator = NULL;

    assert_int_equal(mp_pool_join(pool, 0), MP_ESTATE);
    assert_int_equal(mp_pool_map_async(pool, &result, &nap_task, naps, 10,
                                       &(mp_call_options){ .chunk_size = 1 }),
                     0);
    assert_int_equal(mp_pool_imap(pool, &iterator, &nap_task,
                                  &(mp_source){ .items = naps, .count = 10 },
                                  &(mp_call_options){ .look_ahead = 1 }),
                     0);
    assert_int_equal(mp_pool_close(pool), 0);
    assert_int_equal(mp_pool_close(pool), 0);
    assert_int_equal(mp_pool_apply(pool, &nap_task, naps, NULL, NULL),
                     MP_ECLOSED);
    assert_int_equal(mp_pool_map(pool, &square_task, NULL, 0, NULL, NULL),
                     MP_ECLOSED);
    assert_int_equal(mp_pool_join(pool, MP_FOREVER), 0);
    assert_int_equal(mp_pool_join(pool, 0), 0);
    assert_int_equal(mp_pool_terminate(pool), 0);
    assert_int_equal(mp_result_get(result, NULL, 0), 0);
    /* The rest of its items ran as well. */
    for (int i = 0; i < 10; i++) {
        assert_int_equal(mp_iterator_next(iterator, NULL, NULL, 0), 1);
    }
    assert_int_equal(mp_iterator_next(iterator, NULL, NULL, 0), 0);
    mp_iterator_destroy(iterator);
    mp_result_destroy(result);
    mp_pool_destroy(pool);
}

static void terminate_ends_what_is_pending(void **state)
{
    static int64_t naps[2000];
    mp_pool *pool = make_pool(state);
    mp_result *result = NULL;
    mp_iterator *iterator = NULL;
    mp_report report;
    int64_t started;
    size_t i;

    for (i = 0; i < 2000; i++) {
        naps[i] = 60000;
    }
    assert_int_equal(mp_pool_map_async(pool, &result, &nap_task, naps, 2000,
                                       &(mp_call_options){ .chunk_size = 1 }),
                     0);
    assert_int_equal(mp_pool_imap(pool, &iterator, &nap_task,
                                  &(mp_source){ .items = naps, .count = 100 },
                                  NULL),
                     0);
    started = mp_test_clock_ms();
    assert_int_equal(mp_pool_terminate(pool), 0);
    assert_int_equal(mp_result_get(result, NULL, MP_FOREVER), MP_ETERMINATED);
    assert_int_equal(mp_result_report(result, 1999, &report), 0);
    assert_int_equal(report.end, MP_TASK_TERMINATED);
    assert_int_equal(mp_iterator_next(iterator, NULL, NULL, MP_FOREVER),
                     MP_ETERMINATED);
    assert_int_equal(mp_iterator_next(iterator, NULL, NULL, MP_FOREVER), 0);
    assert_int_equal(mp_pool_apply(pool, &nap_task, naps, NULL, NULL),
                     MP_ECLOSED);
    assert_int_equal(mp_pool_join(pool, MP_FOREVER), 0);
    assert_true(mp_test_clock_ms() - started < 5000);
    mp_iterator_destroy(iterator);
    mp_result_destroy(result);
    mp_pool_destroy(pool);
}

static void dropped_handles_and_iterators_leave_nothing(void **state)
{
    int64_t naps[50];
    mp_pool *pool = make_pool(state);
    mp_result *result = NULL;
    mp_iterator *iterator = NULL;
    size_t i;

    for (i = 0; i < 50; i++) {
        naps[i] = 1;
    }
    assert_int_equal(
        mp_pool_map_async(pool, &result, &nap_task, naps, 50, NULL), 0);
    mp_result_destroy(result);
    assert_int_equal(mp_pool_apply_async(pool, NULL, &nap_task, naps, NULL), 0);
    assert_int_equal(
        mp_pool_imap_unordered(pool, &iterator, &nap_task,
                               &(mp_source){ .items = naps, .count = 50 },
                               &(mp_call_options){ .look_ahead = 50 }),
        0);
    assert_int_equal(mp_iterator_next(iterator, NULL, NULL, MP_FOREVER), 1);
    mp_iterator_destroy(iterator);
    assert_int_equal(mp_pool_apply(pool, &nap_task, naps, NULL, NULL), 0);
    assert_int_equal(mp_pool_close(pool), 0);
    assert_int_equal(mp_pool_join(pool, MP_FOREVER), 0);
    mp_pool_destroy(pool);
}

static void errno_survives_successful_calls(void **state)
{
    mp_pool *pool;
    int64_t result = 0;
    int64_t four = 4;

    errno = 4711;
    pool = make_pool(state);
    assert_int_equal(errno, 4711);
    assert_int_equal(mp_pool_apply(pool, &square_task, &four, &result, NULL),
                     0);
    assert_int_equal(errno, 4711);
    mp_pool_destroy(pool);
    assert_int_equal(errno, 4711);
}

#define WITH_WORKERS(name)                                                     \
    mp_test_data(name, "1 worker", &one),                                      \
        mp_test_data(name, "2 workers", &two),                                 \
        mp_test_data(name, "8 workers", &eight)
#define EVERYWHERE(name) WITH_WORKERS(name), mp_test_data(name, "inline", &none)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        EVERYWHERE(apply_gives_the_result),
        EVERYWHERE(map_keeps_the_order_with_any_chunk_size),
        EVERYWHERE(tasks_know_their_index),
        WITH_WORKERS(tasks_run_in_workers_only),
        EVERYWHERE(failures_are_of_their_item_alone),
        WITH_WORKERS(a_crash_costs_its_item_and_the_chunk_goes_on),
        WITH_WORKERS(exit_in_a_task_is_a_crash_with_its_status),
        WITH_WORKERS(a_get_that_timed_out_can_be_repeated),
        EVERYWHERE(polling_ready_is_enough),
        EVERYWHERE(handles_may_be_read_in_any_order_and_after_the_pool),
        EVERYWHERE(map_async_gives_all_items_in_order),
        EVERYWHERE(empty_input_is_ready_at_once),
        EVERYWHERE(imap_keeps_the_order),
        EVERYWHERE(imap_unordered_gives_each_item_once),
        EVERYWHERE(a_source_is_read_ahead_by_a_bounded_amount),
        EVERYWHERE(an_error_of_the_source_comes_once_after_its_items),
        WITH_WORKERS(a_timed_next_loses_nothing),
        EVERYWHERE(failed_items_of_an_iterator_are_items_with_a_report),
        EVERYWHERE(strings_travel_both_ways),
        EVERYWHERE(arguments_and_results_of_any_size_come_back),
        EVERYWHERE(large_results_nobody_reads_do_not_deadlock),
        WITH_WORKERS(workers_go_on_while_the_owner_is_elsewhere),
        WITH_WORKERS(a_task_that_forks_and_returns_twice_ends_once),
        WITH_WORKERS(a_worker_may_not_have_a_pool),
        EVERYWHERE(close_refuses_and_finishes_and_join_waits),
        WITH_WORKERS(terminate_ends_what_is_pending),
        EVERYWHERE(dropped_handles_and_iterators_leave_nothing),
        EVERYWHERE(errno_survives_successful_calls),
    };

    return mp_run_tests(tests);
}
