/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * exercise.c -- 5 workers, apply_async over 10 inputs, and what a sleep changes
 *
 *     $ ./exercise
 *     Without a sleep
 *     Are you querying processes that are still running? <number> of 10
 *     0 1 8 27 64 125 216 343 512 729
 *     With a sleep
 *     Are you querying processes that are still running? <number> of 10
 *     0 1 8 27 64 125 216 343 512 729
 *     Does it change the results? No
 *     Can you make sure each is complete before you print? Yes, wait
 */
#include <mp/mp.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { INPUTS = 10 };

static int cube(const void *argument, void *result)
{
    int64_t x = *(const int64_t *)argument;

    *(int64_t *)result = x * x * x;
    return 0;
}

static int cube_slowly(const void *argument, void *result)
{
    (void)sleep(1);
    return cube(argument, result);
}

static int apply(mp_pool *pool, int (*f)(const void *, void *), int64_t *cubes)
{
    const mp_serializer *i64 = &mp_serializer_int64;
    const mp_task task = { .run = f, .argument = i64, .result = i64 };
    mp_result *results[INPUTS] = { NULL };
    int running = 0, error = 0;

    for (int64_t i = 0; i < INPUTS && error >= 0; i++) {
        error = mp_pool_apply_async(pool, &results[i], &task, &i, NULL);
    }
    for (int i = 0; i < INPUTS && error >= 0; i++) {
        running += mp_result_ready(results[i]) == 0;
    }
    printf("Are you querying processes that are still running? %d of 10\n",
           running);
    for (int i = 0; i < INPUTS && error >= 0; i++) {
        error = mp_result_get(results[i], &cubes[i], MP_FOREVER);
        printf("%d%s", (int)cubes[i], i + 1 < INPUTS ? " " : "\n");
    }
    for (int i = 0; i < INPUTS; i++) {
        mp_result_destroy(results[i]);
    }
    return error;
}

int main(void)
{
    int64_t quick[INPUTS] = { 0 }, slow[INPUTS] = { 0 };
    mp_pool *pool = NULL;
    int error = mp_pool_create(&pool, &(mp_pool_options){ .workers = 5 });

    puts("Without a sleep");
    error = error < 0 ? error : apply(pool, cube, quick);
    puts("With a sleep");
    error = error < 0 ? error : apply(pool, cube_slowly, slow);
    if (error >= 0) {
        printf("Does it change the results? %s\n",
               memcmp(quick, slow, sizeof(slow)) == 0 ? "No" : "Yes");
        puts("Can you make sure each is complete before you print? Yes, wait");
    } else {
        fprintf(stderr, "exercise: %s\n", mp_strerror(error));
    }
    mp_pool_destroy(pool);
    return error < 0;
}
