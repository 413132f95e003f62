/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * pool_tour.c -- what a pool can do, in the order of the notebook
 *
 *     $ ./pool_tour
 *     [0, 1, 4, 9, 16, 25, 36, 49, 64, 81]
 *     Using imap_unordered
 *     [0, 1, 4, 9, 16, 25, 36, 49, 64, 81]
 *     Using apply_async
 *     400
 *     <pid>
 *     [<pid>, <pid>, <pid>, <pid>]
 *     We lacked patience and gave up on a sleep of 10 s
 *     The pool remains available: 25
 *     The pool is closed and no longer available
 */
#include <mp/mp.h>

#include <stdio.h>
#include <unistd.h>

#define NUMBERS 10
#define TASKS   4

static int square(const void *argument, void *result)
{
    int64_t x = *(const int64_t *)argument;

    *(int64_t *)result = x * x;
    return 0;
}

static int worker_pid(const void *nothing, void *result)
{
    (void)nothing;
    *(int64_t *)result = getpid();
    return 0;
}

static int nap(const void *seconds, void *nothing)
{
    (void)nothing;
    (void)sleep((unsigned)*(const int64_t *)seconds);
    return 0;
}

static void print_list(const int64_t *numbers, int count)
{
    for (int i = 0; i < count; i++) {
        printf("%s%lld%s", i == 0 && count > 1 ? "[" : "",
               (long long)numbers[i], i + 1 < count ? ", " : "");
    }
    puts(count > 1 ? "]" : "");
}

static int use_maps(mp_pool *pool, const mp_task *task)
{
    int64_t numbers[NUMBERS] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 };
    int64_t squares[NUMBERS] = { 0 }, x = 0;
    mp_source source = { .items = numbers, .count = NUMBERS };
    mp_iterator *it = NULL;
    mp_report report;
    int error = mp_pool_map(pool, task, numbers, NUMBERS, squares, NULL);

    print_list(squares, NUMBERS);
    if (error >= 0) {
        puts("Using imap_unordered");
        error = mp_pool_imap_unordered(pool, &it, task, &source, NULL);
    }
    while (error >= 0 &&
           (error = mp_iterator_next(it, &x, &report, 5000)) > 0) {
        squares[report.index] = x; /* they come in any order */
    }
    print_list(squares, NUMBERS);
    mp_iterator_destroy(it);
    return error;
}

/* Start `count` tasks, wait up to 1 s for each, and print what they gave. */
static int use_async(mp_pool *pool, const mp_task *task,
                     const int64_t *argument, int count)
{
    mp_result *results[TASKS] = { NULL };
    int64_t got[TASKS] = { 0 };
    int error = 0;

    for (int i = 0; i < count && error >= 0; i++) {
        error = mp_pool_apply_async(pool, &results[i], task, argument, NULL);
    }
    for (int i = 0; i < count; i++) {
        if (error >= 0) {
            error = mp_result_get(results[i],
                                  task->result == NULL ? NULL : &got[i], 1000);
        }
        mp_result_destroy(results[i]);
    }
    if (error >= 0) {
        print_list(got, count);
    }
    return error;
}

static int tour(mp_pool *pool)
{
    const mp_serializer *i64 = &mp_serializer_int64;
    const mp_task squares = { .run = square, .argument = i64, .result = i64 };
    const mp_task pids = { .run = worker_pid, .result = i64 };
    const mp_task naps = { .run = nap, .argument = i64 };
    int64_t x[] = { 20, 10, 5 };
    int error = use_maps(pool, &squares);

    puts("Using apply_async");
    error = error < 0 ? error : use_async(pool, &squares, &x[0], 1);
    error = error < 0 ? error : use_async(pool, &pids, NULL, 1);
    error = error < 0 ? error : use_async(pool, &pids, NULL, TASKS);
    error = error < 0 ? error : use_async(pool, &naps, &x[1], 1);
    if (error == MP_ETIMEDOUT) {
        puts("We lacked patience and gave up on a sleep of 10 s");
        error = mp_pool_apply(pool, &squares, &x[2], x, NULL);
        printf("The pool remains available: %lld\n", (long long)x[0]);
        (void)mp_pool_terminate(pool);
    }
    if (mp_pool_apply(pool, &squares, &x[2], x, NULL) == MP_ECLOSED) {
        puts("The pool is closed and no longer available");
    }
    return error;
}

int main(void)
{
    mp_pool *pool = NULL;
    int error = mp_pool_create(&pool, &(mp_pool_options){ .workers = 4 });

    error = error < 0 ? error : tour(pool);
    if (error < 0) {
        fprintf(stderr, "pool_tour: %s\n", mp_strerror(error));
    }
    mp_pool_destroy(pool);
    return error < 0;
}
