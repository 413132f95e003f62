/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * old_program.c -- a program of the day when the ABI last broke
 *
 * It is compiled with the headers that are kept beside it, and runs with the
 * library of today. Behind each struct that libmp fills lies a guard, which a
 * library that writes more than the program lent overwrites; items and objects
 * lie in arrays, where a struct of another size is looked for in the wrong
 * place. Prints "right", or the line that is not.
 */
#include <mp/mp.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT   10
#define BAD     6
#define LONG_MS 20000

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition)) {                                                    \
            printf("line %d: %s\n", __LINE__, #condition);                     \
            return 1;                                                          \
        }                                                                      \
    } while (0)

struct guarded_report {
    mp_report report;
    char guard[256];
};

struct guarded_stats {
    mp_pool_stats stats;
    char guard[256];
};

static int is_intact(const char *guard)
{
    for (int i = 0; i < 256; i++) {
        if (guard[i] != 'x') {
            return 0;
        }
    }
    return 1;
}

struct point {
    int64_t x, y;
};

static int square(const void *argument, void *result)
{
    int64_t x = *(const int64_t *)argument;

    if (x == BAD) {
        return mp_task_fail(7, "%d is bad", BAD);
    }
    *(int64_t *)result = x * x;
    return 0;
}

static int answer(void *queue)
{
    const struct point point = { 3, 4 };

    return mp_queue_put(queue, &point, LONG_MS) < 0;
}

static int use_objects(void)
{
    static const mp_serializer points = MP_SERIALIZER_STRUCT(struct point);
    const mp_queue_options queue_options = { .max_items = 5,
                                             .serializer = &points };
    const mp_connection_options one_way = { .one_way = true,
                                            .serializer =
                                                &mp_serializer_string };
    const mp_process_options named = { .name = "old" };
    mp_queue *queue = NULL;
    mp_process *child = NULL;
    mp_connection *in = NULL;
    mp_connection *out = NULL;
    const char *text = "whole";
    char *got = NULL;
    struct point point = { 0, 0 };
    int status = 1;

    CHECK(mp_queue_create(&queue, &queue_options) == 0);
    CHECK(mp_connection_pair(&in, &out, &one_way) == 0);
    CHECK(mp_process_create(&child, answer, queue, &named) == 0);
    CHECK(strcmp(mp_process_name(child), "old") == 0);
    CHECK(mp_process_start(child) == 0);
    {
        mp_wait_item items[3] = { { .connection = in },
                                  { .queue = queue },
                                  { .process = child } };
        CHECK(mp_connection_send(out, &text, LONG_MS) == 0);
        CHECK(mp_process_join(child, LONG_MS) == 0);
        CHECK(mp_wait(items, 3, LONG_MS) == 3);
        CHECK(items[0].ready && items[1].ready && items[2].ready);
    }
    CHECK(mp_queue_get(queue, &point, LONG_MS) == 0);
    CHECK(point.x == 3 && point.y == 4);
    CHECK(mp_connection_receive(in, &got, LONG_MS) == 0);
    CHECK(strcmp(got, "whole") == 0);
    free(got);
    CHECK(mp_process_exit_status(child, &status) == 0 && status == 0);
    mp_process_destroy(child);
    mp_connection_destroy(in);
    mp_connection_destroy(out);
    mp_queue_destroy(queue);
    return 0;
}

static int check_report(const struct guarded_report *told)
{
    CHECK(is_intact(told->guard));
    CHECK(told->report.end == MP_TASK_FAILED);
    CHECK(told->report.error == MP_EFAILED && told->report.code == 7);
    CHECK(told->report.index == BAD);
    CHECK(strcmp(told->report.text, "6 is bad") == 0);
    return 0;
}

static int use_calls(mp_pool *pool)
{
    const mp_task task = { .run = square,
                           .argument = &mp_serializer_int64,
                           .result = &mp_serializer_int64,
                           .retries = 2 };
    int64_t numbers[COUNT], squares[COUNT], x = 0;
    int statuses[COUNT];
    struct guarded_report told;
    const mp_source source = { .items = numbers, .count = COUNT };
    mp_iterator *iterator = NULL;
    mp_result *result = NULL;

    memset(&told, 'x', sizeof(told));
    for (int i = 0; i < COUNT; i++) {
        numbers[i] = i;
    }
    CHECK(mp_pool_map(pool, &task, numbers, COUNT, squares,
                      &(mp_call_options){ .report = &told.report,
                                          .statuses = statuses }) ==
          MP_EFAILED);
    CHECK(check_report(&told) == 0);
    for (int i = 0; i < COUNT; i++) {
        CHECK(statuses[i] == (i == BAD ? MP_EFAILED : MP_OK));
        CHECK(squares[i] == (i == BAD ? 0 : i * i));
    }
    CHECK(mp_pool_imap(pool, &iterator, &task, &source,
                       &(mp_call_options){ .chunk_size = 3 }) == 0);
    for (int i = 0; i < COUNT; i++) {
        CHECK(mp_iterator_next(iterator, &x, &told.report, LONG_MS) == 1);
        CHECK(i == BAD ? check_report(&told) == 0 : x == i * i);
    }
    CHECK(mp_iterator_next(iterator, &x, NULL, LONG_MS) == 0);
    mp_iterator_destroy(iterator);
    CHECK(mp_pool_map_async(pool, &result, &task, numbers, COUNT, NULL) == 0);
    CHECK(mp_result_get(result, squares, LONG_MS) == MP_EFAILED);
    CHECK(mp_result_report(result, BAD, &told.report) == 0);
    CHECK(check_report(&told) == 0);
    mp_result_destroy(result);
    return 0;
}

static int use_pool(int workers)
{
    struct guarded_stats done;
    mp_pool *pool = NULL;
    uint64_t sum = 0;

    memset(&done, 'x', sizeof(done));
    CHECK(mp_pool_create(&pool, &(mp_pool_options){ .workers = workers,
                                                    .account = true }) == 0);
    CHECK(use_calls(pool) == 0);
    CHECK(mp_pool_get_stats(pool, &done.stats) == 0);
    CHECK(is_intact(done.guard));
    for (int end = 0; end < MP_TASK_ENDS; end++) {
        sum += done.stats.ends[end];
    }
    CHECK(sum == 3 * COUNT && done.stats.submitted == sum);
    CHECK(done.stats.ends[MP_TASK_FAILED] == 3);
    mp_pool_destroy(pool);
    return 0;
}

int main(void)
{
    if (use_objects() != 0 || use_pool(2) != 0 ||
        use_pool(MP_WORKERS_INLINE) != 0) {
        return 1;
    }
    puts("right");
    return 0;
}
