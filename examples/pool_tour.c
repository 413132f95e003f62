/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * pool_tour.c -- what a pool can do, step by step as in the notebook
 *
 *     $ ./pool_tour
 *     Using .map
 *     [0, 1, 4, 9, 16, 25, 36, 49, 64, 81]
 *     Using .imap_unordered
 *     0
 *     1
 *     4
 *     16
 *     9
 *     36
 *     25
 *     49
 *     81
 *     64
 *     Using .apply_async
 *     400
 *     Using .apply_async
 *     <pid>
 *     Using .apply_async in a list
 *     [<pid>, <pid>, <pid>, <pid>]
 *     Using .apply_async knowing it will timeout
 *     We lacked patience and got a multiprocessing.TimeoutError
 *     For the moment, the pool remains available for more work
 *     Now the pool is closed and no longer available
 */
#include <mp/mp.h>

#include <stdio.h>
#include <unistd.h>

enum { NUMBERS = 10, TASKS = 4, LONG = 60000 /* ms; it only ends a hang */ };
static const mp_serializer *const i64 = &mp_serializer_int64;
static mp_barrier *meeting; /* from before the pool: its workers share it */

static int square(const void *argument, void *result)
{
    int64_t x = *(const int64_t *)argument;

    *(int64_t *)result = x * x;
    return 0;
}

/* Of four that meet none ends before all run: each in a worker of its own. */
static int tell_pid(const void *meet, void *result)
{
    *(int64_t *)result = getpid();
    return *(const int64_t *)meet && mp_barrier_wait(meeting, LONG) < 0;
}

static int nap(const void *seconds, void *result)
{
    *(int64_t *)result = sleep((unsigned)*(const int64_t *)seconds);
    return 0;
}

static void print_list(const int64_t *numbers, int count)
{
    for (int i = 0; i < count; i++) {
        printf("%s%d", i > 0 ? ", " : "[", (int)numbers[i]);
    }
    puts("]");
}

static int use_maps(mp_pool *pool)
{
    const mp_task task = { .run = square, .argument = i64, .result = i64 };
    int64_t numbers[NUMBERS] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 };
    int64_t squares[NUMBERS] = { 0 }, x = 0;
    const mp_source source = { .items = numbers, .count = NUMBERS };
    mp_iterator *it = NULL;
    int error = mp_pool_map(pool, &task, numbers, NUMBERS, squares, NULL);

    puts("Using .map");
    print_list(squares, NUMBERS);
    puts("Using .imap_unordered");
    error = error < 0 ? error
                      : mp_pool_imap_unordered(pool, &it, &task, &source, NULL);
    while (error >= 0 && (error = mp_iterator_next(it, &x, NULL, LONG)) > 0) {
        printf("%d\n", (int)x);
    }
    mp_iterator_destroy(it);
    return error;
}

static int start_and_get(mp_pool *pool, int (*run)(const void *, void *),
                         int64_t argument, int count, int64_t *got, int wait_ms)
{
    const mp_task task = { .run = run, .argument = i64, .result = i64 };
    mp_result *results[TASKS] = { NULL };
    int error = 0;

    for (int i = 0; i < count && error >= 0; i++) {
        error = mp_pool_apply_async(pool, &results[i], &task, &argument, NULL);
    }
    for (int i = 0; i < count; i++) {
        error = error < 0 ? error : mp_result_get(results[i], &got[i], wait_ms);
        mp_result_destroy(results[i]);
    }
    return error;
}

int main(void)
{
    const mp_pool_options four = { .workers = TASKS };
    mp_pool *pool = NULL;
    int64_t got[TASKS] = { 0 };
    int error = mp_barrier_create(&meeting, TASKS, NULL, NULL);

    error = error < 0 ? error : mp_pool_create(&pool, &four);
    error = error < 0 ? error : use_maps(pool);
    error = error < 0 ? error : start_and_get(pool, square, 20, 1, got, LONG);
    printf("Using .apply_async\n%d\n", (int)got[0]);
    error = error < 0 ? error : start_and_get(pool, tell_pid, 0, 1, got, LONG);
    printf("Using .apply_async\n%d\n", (int)got[0]);
    error = error < 0 ? error : start_and_get(pool, tell_pid, 1, 4, got, LONG);
    puts("Using .apply_async in a list");
    print_list(got, TASKS);
    puts("Using .apply_async knowing it will timeout");
    error = error < 0 ? error : start_and_get(pool, nap, 10, 1, got, 1000);
    if (error == MP_ETIMEDOUT) {
        puts("We lacked patience and got a multiprocessing.TimeoutError");
        error = start_and_get(pool, square, 5, 1, got, LONG);
    }
    if (error >= 0) {
        puts("For the moment, the pool remains available for more work");
        error = mp_pool_terminate(pool);
    }
    if (start_and_get(pool, square, 5, 1, got, LONG) == MP_ECLOSED) {
        puts("Now the pool is closed and no longer available");
    }
    if (error < 0) {
        fprintf(stderr, "pool_tour: %s\n", mp_strerror(error));
    }
    mp_pool_destroy(pool);
    mp_barrier_destroy(meeting);
    return error < 0;
}
