/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * memory_is_copied.c -- what a child and a task see of their parent's memory
 *
 *     $ ./memory_is_copied
 *     A child adds 1: plain memory has 0 then, shared memory has 1
 *     A map over a plain array: 1000 of 1000 tasks see a copy
 *     A map over a shared array: 0 of 1000 tasks see a copy
 */
#include <mp/mp.h>

#include <stdio.h>

enum { ITEMS = 1000 };
static int64_t plain[ITEMS];
static int64_t *shared; /* made before the processes that are to see it */

static int add_one(void *nothing)
{
    (void)nothing;
    plain[0]++; /* in the child's own copy */
    shared[0]++;
    return 0;
}

static int is_copy(const void *argument, void *result)
{
    *(int64_t *)result = argument != &shared[mp_task_index()] &&
                         argument != &plain[mp_task_index()];
    return 0;
}

static int run_child(void)
{
    mp_process *child = NULL;
    int error = mp_process_create(&child, add_one, NULL, NULL);

    error = error < 0 ? error : mp_process_start(child);
    error = error < 0 ? error : mp_process_join(child, MP_FOREVER);
    mp_process_destroy(child);
    printf("A child adds 1: plain memory has %d then, shared memory has %d\n",
           (int)plain[0], (int)shared[0]);
    return error;
}

static int map_over(mp_pool *pool, const char *kind, const int64_t *array)
{
    const mp_serializer *i64 = &mp_serializer_int64;
    const mp_task task = { .run = is_copy, .argument = i64, .result = i64 };
    int64_t copied[ITEMS] = { 0 };
    int copies = 0;
    int error = mp_pool_map(pool, &task, array, ITEMS, copied, NULL);

    for (int i = 0; i < ITEMS; i++) {
        copies += copied[i] != 0;
    }
    printf("A map over a %s array: %d of %d tasks see a copy\n", kind, copies,
           ITEMS);
    return error;
}

int main(void)
{
    void *memory = NULL;
    mp_pool *pool = NULL;
    int error = mp_shared_create(&memory, sizeof(plain));

    shared = memory;
    error = error < 0 ? error : run_child();
    error = error < 0 ? error : mp_pool_create(&pool, NULL);
    error = error < 0 ? error : map_over(pool, "plain", plain);
    error = error < 0 ? error : map_over(pool, "shared", shared);
    if (error < 0) {
        fprintf(stderr, "memory_is_copied: %s\n", mp_strerror(error));
    }
    mp_pool_destroy(pool);
    mp_shared_destroy(memory);
    return error < 0;
}
