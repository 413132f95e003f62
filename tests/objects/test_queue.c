/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_queue.c -- messages between processes, whoever dies
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/process_helpers.h"

#include <mp/mp.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static mp_queue *make_queue(const mp_serializer *serializer, size_t max_items,
                            size_t max_bytes)
{
    mp_queue *queue = NULL;
    mp_queue_options options = { .serializer = serializer,
                                 .max_items = max_items,
                                 .max_bytes = max_bytes };

    assert_int_equal(mp_queue_create(&queue, &options), 0);
    return queue;
}

static void messages_come_out_in_order(void **state)
{
    mp_queue *queue = make_queue(&mp_serializer_int64, 0, 0);
    int64_t got = 0;
    int64_t i;

    (void)state;
    errno = 4711;
    for (i = 0; i < 100000; i++) {
        assert_int_equal(mp_queue_put(queue, &i, 0), 0);
    }
    assert_int_equal(mp_queue_size(queue), 100000);
    for (i = 0; i < 100000; i++) {
        assert_int_equal(mp_queue_get(queue, &got, 0), 0);
        assert_int_equal(got, i);
    }
    assert_int_equal(mp_queue_size(queue), 0);
    assert_int_equal(errno, 4711);
    mp_queue_destroy(queue);
}

static void an_empty_queue_times_out(void **state)
{
    mp_queue *queue = make_queue(&mp_serializer_int64, 0, 0);
    int64_t got = 99;
    int64_t began = mp_test_clock_ms();

    (void)state;
    assert_int_equal(mp_queue_get(queue, &got, 0), MP_ETIMEDOUT);
    assert_int_equal(mp_queue_get(queue, &got, -5), MP_ETIMEDOUT);
    assert_true(mp_test_clock_ms() - began < 2000);
    assert_int_equal(mp_queue_get(queue, &got, 60), MP_ETIMEDOUT);
    assert_true(mp_test_clock_ms() - began >= 60);
    assert_int_equal(got, 99);
    mp_queue_destroy(queue);
}

static void max_items_bounds_the_queue(void **state)
{
    mp_queue *queue = make_queue(&mp_serializer_int64, 2, 0);
    int64_t i = 7;
    int64_t began;

    (void)state;
    assert_int_equal(mp_queue_put(queue, &i, 0), 0);
    assert_int_equal(mp_queue_put(queue, &i, 0), 0);
    assert_int_equal(mp_queue_put(queue, &i, 0), MP_ETIMEDOUT);
    began = mp_test_clock_ms();
    assert_int_equal(mp_queue_put(queue, &i, 40), MP_ETIMEDOUT);
    assert_true(mp_test_clock_ms() - began >= 40);
    assert_int_equal(mp_queue_size(queue), 2);
    assert_int_equal(mp_queue_get(queue, &i, 0), 0);
    assert_int_equal(mp_queue_put(queue, &i, 0), 0);
    mp_queue_destroy(queue);
}

static void max_bytes_bounds_it_and_a_larger_message_goes_alone(void **state)
{
    mp_queue *queue = make_queue(NULL, 0, 10000);
    static unsigned char block[50000];
    static unsigned char got[50000];
    size_t size = 0;
    int count = 0;

    (void)state;
    memset(block, 'b', sizeof(block));
    while (mp_queue_put_bytes(queue, block, 992, 0) == 0) {
        count++;
    }
    assert_int_equal(count, 10);
    assert_int_equal(mp_queue_put_bytes(queue, block, 50000, 0), MP_ETIMEDOUT);
    while (count-- > 0) {
        assert_int_equal(mp_queue_get_bytes(queue, got, 992, &size, 0), 0);
    }
    assert_int_equal(mp_queue_put_bytes(queue, block, 50000, 0), 0);
    assert_int_equal(mp_queue_put_bytes(queue, block, 1, 0), MP_ETIMEDOUT);
    assert_int_equal(mp_queue_get_bytes(queue, got, 50000, &size, 0), 0);
    assert_int_equal(size, 50000);
    assert_memory_equal(got, block, size);
    assert_int_equal(mp_queue_put_bytes(queue, block, 1, 0), 0);
    mp_queue_destroy(queue);
}

static void the_default_queue_holds_64_mib(void **state)
{
    mp_queue *queue = make_queue(NULL, 0, 0);
    unsigned char block[1024 - 8] = { 0 };
    size_t size = 0;
    int count = 0;
    int i;

    (void)state;
    while (mp_queue_put_bytes(queue, block, sizeof(block), 0) == 0) {
        count++;
        block[0] = (unsigned char)count;
    }
    assert_int_equal(count, 65536);
    for (i = 0; i < count; i++) {
        assert_int_equal(
            mp_queue_get_bytes(queue, block, sizeof(block), &size, 0), 0);
        assert_int_equal(block[0], (unsigned char)i);
    }
    mp_queue_destroy(queue);
}

static void empty_and_odd_sizes_are_messages(void **state)
{
    mp_queue *queue = make_queue(NULL, 0, 0);
    unsigned char bytes[3000];
    unsigned char got[3000];
    size_t size = 99;
    size_t i;

    (void)state;
    assert_int_equal(mp_queue_put_bytes(queue, NULL, 0, 0), 0);
    assert_int_equal(mp_queue_get_bytes(queue, NULL, 0, &size, 0), 0);
    assert_int_equal(size, 0);
    for (i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (unsigned char)(i * 7);
    }
    for (i = 0; i < sizeof(bytes); i++) { /* many laps over warm memory */
        assert_int_equal(mp_queue_put_bytes(queue, bytes, i, 0), 0);
        assert_int_equal(mp_queue_put_bytes(queue, bytes, i / 2, 0), 0);
        assert_int_equal(mp_queue_get_bytes(queue, got, i, &size, 0), 0);
        assert_int_equal(size, i);
        assert_memory_equal(got, bytes, i);
        assert_int_equal(mp_queue_get_bytes(queue, got, i, &size, 0), 0);
        assert_int_equal(size, i / 2);
    }
    mp_queue_destroy(queue);
}

static void a_small_buffer_leaves_the_message(void **state)
{
    mp_queue *queue = make_queue(NULL, 0, 0);
    char got[6];
    size_t size = 0;

    (void)state;
    assert_int_equal(mp_queue_put_bytes(queue, "hello", 6, 0), 0);
    assert_int_equal(mp_queue_get_bytes(queue, got, 5, &size, 0), MP_EMSGSIZE);
    assert_int_equal(size, 6);
    assert_int_equal(mp_queue_get_bytes(queue, got, 6, &size, 0), 0);
    assert_string_equal(got, "hello");
    mp_queue_destroy(queue);
}

static int put_thousand(void *queue)
{
    int64_t i;

    for (i = 0; i < 1000; i++) {
        if (mp_queue_put(queue, &i, MP_FOREVER) < 0) {
            return 1;
        }
    }
    return 0;
}

struct sums {
    mp_queue *queue;
    mp_queue *totals;
};

static int get_until_minus_one(void *argument)
{
    struct sums *sums = argument;
    int64_t sum = 0;
    int64_t got = 0;

    while (got != -1) {
        if (mp_queue_get(sums->queue, &got, MP_FOREVER) < 0) {
            return 1;
        }
        sum += got == -1 ? 0 : got;
    }
    return mp_queue_put(sums->totals, &sum, MP_FOREVER) < 0;
}

static void many_producers_and_consumers_lose_nothing(void **state)
{
    struct sums sums = { make_queue(&mp_serializer_int64, 50, 0),
                         make_queue(&mp_serializer_int64, 0, 0) };
    mp_process *producers[3];
    mp_process *consumers[3];
    const int64_t stop = -1;
    int64_t sum = 0;
    int64_t part = 0;
    int i;

    (void)state;
    for (i = 0; i < 3; i++) {
        consumers[i] = mp_test_start(get_until_minus_one, &sums, NULL);
        producers[i] = mp_test_start(put_thousand, sums.queue, NULL);
    }
    for (i = 0; i < 3; i++) {
        mp_test_finish(producers[i], 0);
    }
    for (i = 0; i < 3; i++) {
        assert_int_equal(mp_queue_put(sums.queue, &stop, MP_FOREVER), 0);
    }
    for (i = 0; i < 3; i++) {
        mp_test_finish(consumers[i], 0);
        assert_int_equal(mp_queue_get(sums.totals, &part, 0), 0);
        sum += part;
    }
    assert_int_equal(sum, 3 * 999 * 1000 / 2);
    mp_queue_destroy(sums.queue);
    mp_queue_destroy(sums.totals);
}

static int wait_for_ever(void *queue)
{
    int64_t got = 0;

    return mp_queue_get(queue, &got, MP_FOREVER) < 0;
}

static void killing_a_waiting_consumer_shuts_nobody_out(void **state)
{
    mp_queue *queue = make_queue(&mp_serializer_int64, 0, 0);
    int64_t i = 5;
    int round;

    (void)state;
    for (round = 0; round < 20; round++) {
        mp_process *process = mp_test_start(wait_for_ever, queue, NULL);

        assert_int_equal(mp_queue_get(queue, &i, 3), MP_ETIMEDOUT);
        assert_int_equal(mp_process_kill(process), 0);
        mp_test_finish(process, -SIGKILL);
        assert_int_equal(mp_queue_put(queue, &i, 0), 0);
        assert_int_equal(mp_queue_get(queue, &i, 0), 0);
    }
    mp_queue_destroy(queue);
}

static void a_get_for_ever_ends_when_nobody_is_left(void **state)
{
    mp_queue *queue = make_queue(&mp_serializer_int64, 0, 0);
    mp_process *process = mp_test_start(put_thousand, queue, NULL);
    int64_t got = 0;
    int64_t i;

    (void)state;
    for (i = 0; i < 1000; i++) {
        assert_int_equal(mp_queue_get(queue, &got, MP_FOREVER), 0);
    }
    assert_int_equal(mp_queue_get(queue, &got, MP_FOREVER), MP_ECLOSED);
    mp_test_finish(process, 0);
    assert_int_equal(mp_queue_put(queue, &got, 0), 0);
    mp_queue_destroy(queue);
}

static int put_once_late(void *queue)
{
    int64_t one = 1;

    mp_test_sleep_ms(600);
    return mp_queue_put(queue, &one, 0) < 0;
}

static void a_child_of_plain_fork_is_waited_for(void **state)
{
    mp_queue *queue = make_queue(&mp_serializer_int64, 0, 0);
    int64_t got = 0;
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        _exit(put_once_late(queue));
    }
    assert_int_equal(mp_queue_get(queue, &got, MP_FOREVER), 0);
    assert_int_equal(got, 1);
    assert_int_equal(mp_test_wait_for_child(pid, 5000), 0);
    mp_queue_destroy(queue);
}

static int put_large(void *queue)
{
    size_t size = (size_t)100 << 20;
    char *bytes = malloc(size);
    int error;

    if (bytes == NULL) {
        return 1;
    }
    memset(bytes, 'L', size);
    bytes[size - 1] = 'E';
    error = mp_queue_put_bytes(queue, bytes, size, MP_FOREVER);
    free(bytes);
    return error < 0;
}

static void a_message_larger_than_the_queue_arrives_whole(void **state)
{
    mp_queue *queue = make_queue(NULL, 0, 0);
    mp_process *process = mp_test_start(put_large, queue, NULL);
    mp_bytes got = { NULL, 0 };

    (void)state;
    assert_int_equal(mp_queue_get(queue, &got, 30000), 0);
    assert_int_equal(got.size, (size_t)100 << 20);
    assert_int_equal(((char *)got.data)[0], 'L');
    assert_int_equal(((char *)got.data)[got.size - 1], 'E');
    mp_serializer_release(&mp_serializer_bytes, &got, 1);
    mp_test_finish(process, 0);
    mp_queue_destroy(queue);
}

static int refuse(const mp_serializer *self, const void *object, void *buffer,
                  size_t capacity, size_t *size)
{
    (void)self;
    (void)object;
    (void)buffer;
    (void)capacity;
    (void)size;
    return -1;
}

static int refuse_bytes(const mp_serializer *self, void *object,
                        const void *bytes, size_t size)
{
    (void)self;
    (void)object;
    (void)bytes;
    (void)size;
    return -1;
}

static void what_a_serializer_refuses_takes_no_place(void **state)
{
    const mp_serializer bad = { .name = "bad",
                                .object_size = 8,
                                .encode = refuse,
                                .decode = refuse_bytes };
    mp_queue *queue = make_queue(&bad, 1, 0);
    int64_t object = 99;

    (void)state;
    assert_int_equal(mp_queue_put(queue, &object, 0), MP_EENCODE);
    assert_int_equal(mp_queue_size(queue), 0);
    assert_int_equal(mp_queue_put_bytes(queue, "x", 1, 0), 0);
    assert_int_equal(mp_queue_get(queue, &object, 0), MP_EDECODE);
    assert_int_equal(object, 99);
    assert_int_equal(mp_queue_size(queue), 0);
    mp_queue_destroy(queue);
}

static void strings_travel_and_null_is_no_empty_string(void **state)
{
    mp_queue *queue = make_queue(&mp_serializer_string, 0, 0);
    const char *texts[3] = { "hello", "", NULL };
    char *got = NULL;
    int i;

    (void)state;
    for (i = 0; i < 3; i++) {
        assert_int_equal(mp_queue_put(queue, &texts[i], 0), 0);
    }
    for (i = 0; i < 3; i++) {
        assert_int_equal(mp_queue_get(queue, &got, 0), 0);
        assert_true((got == NULL) == (texts[i] == NULL));
        assert_true(got == NULL || strcmp(got, texts[i]) == 0);
        mp_serializer_release(&mp_serializer_string, &got, 1);
    }
    mp_queue_destroy(queue);
}

static int put_and_close(void *queue)
{
    int64_t one = 1;

    return mp_queue_put(queue, &one, 0) < 0 || mp_queue_close(queue) < 0 ||
           mp_queue_close(queue) < 0 ||
           mp_queue_put(queue, &one, 0) != MP_ECLOSED ||
           mp_queue_get(queue, &one, 0) != MP_ECLOSED;
}

static void close_is_for_the_calling_process(void **state)
{
    mp_queue *queue = make_queue(&mp_serializer_int64, 0, 0);
    int64_t got = 0;

    (void)state;
    mp_test_finish(mp_test_start(put_and_close, queue, NULL), 0);
    assert_int_equal(mp_queue_get(queue, &got, 0), 0);
    mp_queue_destroy(queue);
}

static void bad_arguments_are_named(void **state)
{
    const mp_serializer no_size = { .name = "none", .object_size = 0 };
    const mp_serializer half = { .name = "half",
                                 .object_size = 8,
                                 .encode = refuse };
    mp_queue *queue = NULL;
    size_t size = 0;

    (void)state;
    assert_int_equal(mp_queue_create(NULL, NULL), MP_EINVAL);
    assert_int_equal(
        mp_queue_create(&queue, &(mp_queue_options){ .serializer = &no_size }),
        MP_EINVAL);
    assert_int_equal(
        mp_queue_create(&queue, &(mp_queue_options){ .serializer = &half }),
        MP_EINVAL);
    assert_int_equal(
        mp_queue_create(&queue, &(mp_queue_options){ .max_bytes = SIZE_MAX }),
        MP_EINVAL);
    assert_null(queue);
    queue = make_queue(NULL, 0, 0);
    assert_int_equal(mp_queue_put(NULL, "", 0), MP_EINVAL);
    assert_int_equal(mp_queue_put(queue, NULL, 0), MP_EINVAL);
    assert_int_equal(mp_queue_put_bytes(queue, NULL, 1, 0), MP_EINVAL);
    assert_int_equal(mp_queue_get(queue, NULL, 0), MP_EINVAL);
    assert_int_equal(mp_queue_get_bytes(queue, NULL, 1, &size, 0), MP_EINVAL);
    assert_int_equal(mp_queue_get_bytes(queue, NULL, 0, NULL, 0), MP_EINVAL);
    assert_int_equal(mp_queue_size(NULL), MP_EINVAL);
    assert_int_equal(mp_queue_close(NULL), MP_EINVAL);
    mp_queue_destroy(NULL);
    mp_queue_destroy(queue);
}

static void a_timed_get_keeps_its_deadline_under_signals(void **state)
{
    mp_queue *queue = make_queue(&mp_serializer_int64, 0, 0);
    int64_t got = 0;
    int64_t began = mp_test_clock_ms();

    (void)state;
    mp_test_signal_storm_begin(20);
    assert_int_equal(mp_queue_get(queue, &got, 300), MP_ETIMEDOUT);
    mp_test_signal_storm_end();
    assert_in_range(mp_test_clock_ms() - began, 300, 5000);
    mp_queue_destroy(queue);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        mp_test(messages_come_out_in_order),
        mp_test(an_empty_queue_times_out),
        mp_test(max_items_bounds_the_queue),
        mp_test(max_bytes_bounds_it_and_a_larger_message_goes_alone),
        mp_test(the_default_queue_holds_64_mib),
        mp_test(empty_and_odd_sizes_are_messages),
        mp_test(a_small_buffer_leaves_the_message),
        mp_test(many_producers_and_consumers_lose_nothing),
        mp_test(killing_a_waiting_consumer_shuts_nobody_out),
        mp_test(a_get_for_ever_ends_when_nobody_is_left),
        mp_test(a_child_of_plain_fork_is_waited_for),
        mp_test(a_message_larger_than_the_queue_arrives_whole),
        mp_test(what_a_serializer_refuses_takes_no_place),
        mp_test(strings_travel_and_null_is_no_empty_string),
        mp_test(close_is_for_the_calling_process),
        mp_test(bad_arguments_are_named),
        mp_test(a_timed_get_keeps_its_deadline_under_signals),
    };

    return mp_run_tests(tests);
}
