/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * exercise.c -- the exercise: 5 workers, apply_async over 10 inputs
 *
 * Results that are not ready when they are asked for show as such; then they
 * are waited for.
 *
 *     $ ./exercise
 *     0: not ready
 *     1: not ready
 *     2: not ready
 *     3: not ready
 *     4: not ready
 *     5: not ready
 *     6: not ready
 *     7: not ready
 *     8: not ready
 *     9: not ready
 *     0 cubed is 0
 *     1 cubed is 1
 *     2 cubed is 8
 *     3 cubed is 27
 *     4 cubed is 64
 *     5 cubed is 125
 *     6 cubed is 216
 *     7 cubed is 343
 *     8 cubed is 512
 *     9 cubed is 729
 */
#include <mp/mp.h>

#include <stdio.h>
#include <unistd.h>

#define INPUTS 10

static int cube_slowly(const void *argument, void *result)
{
    int64_t x = *(const int64_t *)argument;

    (void)sleep(1);
    *(int64_t *)result = x * x * x;
    return 0;
}

int main(void)
{
    const mp_task task = { .run = cube_slowly,
                           .argument = &mp_serializer_int64,
                           .result = &mp_serializer_int64 };
    mp_result *results[INPUTS] = { NULL };
    mp_pool *pool = NULL;
    int64_t cube = 0;
    int64_t i;
    int error = mp_pool_create(&pool, &(mp_pool_options){ .workers = 5 });

    for (i = 0; i < INPUTS && error >= 0; i++) {
        error = mp_pool_apply_async(pool, &results[i], &task, &i, NULL);
    }
    for (i = 0; i < INPUTS && error >= 0; i++) {
        if (mp_result_get(results[i], &cube, 0) == MP_ETIMEDOUT) {
            printf("%d: not ready\n", (int)i);
        }
    }
    for (i = 0; i < INPUTS && error >= 0; i++) {
        error = mp_result_get(results[i], &cube, MP_FOREVER);
        if (error >= 0) {
            printf("%d cubed is %d\n", (int)i, (int)cube);
        }
    }
    if (error < 0) {
        fprintf(stderr, "exercise: %s\n", mp_strerror(error));
    }
    for (i = 0; i < INPUTS; i++) {
        mp_result_destroy(results[i]);
    }
    mp_pool_destroy(pool);
    return error < 0 ? 1 : 0;
}
