/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * first_pool.c -- square ten numbers in a pool; one crashes, the others do not
 *
 *     $ ./first_pool
 *     0 1 4 9 16 25 36 0 64 81
 *     item 7: the worker died before the task had finished (signal 6)
 */
#include <mp/mp.h>
#include <signal.h>
#include <stdio.h>

static int square(const void *argument, void *result)
{
    int64_t x = *(const int64_t *)argument;

    *(int64_t *)result = x * x;
    return x == 7 ? raise(SIGABRT) : 0; /* 7 takes its worker down */
}

int main(void)
{
    const mp_serializer *i64 = &mp_serializer_int64;
    const mp_task task = { .run = square, .argument = i64, .result = i64 };
    int64_t numbers[10] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 }, squares[10];
    mp_report report = { .index = 0 };
    mp_pool *pool = NULL;
    int error = mp_pool_create(&pool, NULL); /* a worker for each CPU */

    if (error < 0) {
        fprintf(stderr, "first_pool: %s\n", mp_strerror(error));
        return 2;
    }
    error = mp_pool_map(pool, &task, numbers, 10, squares,
                        &(mp_call_options){ .report = &report });
    for (int i = 0; i < 10; i++) {
        printf("%d%s", (int)squares[i], i < 9 ? " " : "\n");
    }
    printf("item %zu: %s (signal %d)\n", report.index, mp_strerror(error),
           -report.exit_status);
    mp_pool_destroy(pool);
    return error != MP_ECRASHED;
}
