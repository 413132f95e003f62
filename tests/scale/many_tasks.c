/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * many_tasks.c -- ten million tasks: as a stream, and queued all at once
 *
 *     many_tasks stream | map | map_kept | apply
 *
 * Prints what a task costs in time and memory. Exit status 0: every task ended
 * exactly once, and the memory stayed within its bounds; 77: skipped, and why.
 * Not under the test fixture, whose watch over the heap would itself need a
 * gigabyte for as many blocks.
 */
#include "support/memory.h"
#include "support/sanitizer.h"

#include <mp/mp.h>

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    WORKERS = 2,
    TASKS = 10000000,
    INSTRUMENTED_TASKS = 100000, /* instruments need more than the tasks do */
    SKIPPED = 77
};

/* Seen by the workers too. */
typedef struct board {
    _Atomic int waiting;
    _Atomic int open;
    _Atomic int64_t first[WORKERS]; /* bytes of a worker in memory, at first */
    _Atomic int64_t most[WORKERS];  /* and later */
    _Atomic unsigned char runs[TASKS];
} board;

static board *shared;
static int64_t *numbers; /* 0, 1, 2, ... */
static int failures;

static void expect(int true_so, const char *what)
{
    if (!true_so) {
        failures++;
        printf("wrong: %s\n", what);
    }
}

static double now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void nap_ms(int ms)
{
    const struct timespec nap = { .tv_nsec = ms * 1000000L };

    (void)nanosleep(&nap, NULL);
}

/* ---- tasks ---- */

static void note_memory(void)
{
    int64_t bytes = mp_test_memory_used();
    int w = mp_task_worker_index();

    if (atomic_load(&shared->first[w]) == 0) {
        atomic_store(&shared->first[w], bytes);
    }
    if (bytes > atomic_load(&shared->most[w])) {
        atomic_store(&shared->most[w], bytes);
    }
}

static int count_run(const void *argument, void *result)
{
    int64_t number = *(const int64_t *)argument;

    (void)result;
    (void)atomic_fetch_add(&shared->runs[number], 1);
    if (number % 65536 == 0) {
        note_memory();
    }
    return 0;
}

static int count_and_give(const void *argument, void *result)
{
    *(int64_t *)result = *(const int64_t *)argument;
    return count_run(argument, NULL);
}

static int wait_until_open(const void *argument, void *result)
{
    (void)argument;
    (void)result;
    (void)atomic_fetch_add(&shared->waiting, 1);
    while (atomic_load(&shared->open) == 0) {
        nap_ms(1);
    }
    return 0;
}

static const mp_task count_task = { .run = count_run,
                                    .argument = &mp_serializer_int64 };
static const mp_task give_task = { .run = count_and_give,
                                   .argument = &mp_serializer_int64,
                                   .result = &mp_serializer_int64 };
static const mp_task gate_task = { .run = wait_until_open };

/* ---- what all have in common ---- */

static int64_t tasks_here(void)
{
    if (MP_TEST_WATCHED) {
        printf("%d tasks instead of %d, for the sake of the sanitizer\n",
               INSTRUMENTED_TASKS, TASKS);
    }
    return MP_TEST_WATCHED ? INSTRUMENTED_TASKS : TASKS;
}

static void check_ends(mp_pool *pool, int64_t done, int64_t runs)
{
    mp_pool_stats stats = { .submitted = 0 };
    int64_t wrong = 0;
    int64_t i;

    expect(mp_pool_get_stats(pool, &stats) == 0, "there are no stats");
    expect((int64_t)stats.submitted == done, "not all were submitted");
    expect((int64_t)stats.ends[MP_TASK_DONE] == done, "not all are done");
    expect(stats.workers_lost == 0, "a worker was lost");
    for (i = 0; i < runs; i++) {
        wrong += atomic_load(&shared->runs[i]) != 1;
    }
    expect(wrong == 0, "a task did not run exactly once");
}

/* ---- a stream: memory stays as it is ---- */

static void stream(mp_pool *pool, int64_t count)
{
    const mp_source source = { .items = numbers, .count = (size_t)count };
    const int64_t warm = count / 100;
    mp_iterator *iterator = NULL;
    double began = now_s();
    int64_t sum = 0;
    int64_t number = 0;
    int64_t first = 0;
    int64_t most = 0;
    int64_t bytes;
    int64_t got = 0;
    int w;

    expect(mp_pool_imap_unordered(pool, &iterator, &give_task, &source, NULL) ==
               0,
           "imap_unordered failed");
    while (mp_iterator_next(iterator, &number, NULL, MP_FOREVER) > 0) {
        sum += number;
        got++;
        if (got % warm == 0) {
            bytes = mp_test_memory_used();
            first = first == 0 ? bytes : first;
            most = bytes > most ? bytes : most;
        }
    }
    began = now_s() - began;
    mp_iterator_destroy(iterator);
    expect(got == count, "a result is missing");
    expect(sum == (count - 1) * count / 2, "a result is wrong");
    check_ends(pool, count, count);
    printf("stream: %lld tasks in %.1f s, %.2f million a second; memory of "
           "the owner %lld KiB at first, %lld KiB at most\n",
           (long long)count, began, (double)count / began * 1e-6,
           (long long)(first / 1024), (long long)(most / 1024));
    expect(most - first < 4 * MP_TEST_MIB, "the owner has grown");
    for (w = 0; w < WORKERS; w++) {
        first = atomic_load(&shared->first[w]);
        most = atomic_load(&shared->most[w]);
        printf("stream: worker %d %lld KiB at first, %lld KiB at most\n", w,
               (long long)(first / 1024), (long long)(most / 1024));
        /* The counts of the runs are in its memory too. */
        expect(most - first < count + 4 * MP_TEST_MIB, "a worker has grown");
    }
}

/* ---- queued at once ---- */

/* Every worker is in a task until the board is open. */
static void hold_workers(mp_pool *pool)
{
    int w;

    for (w = 0; w < WORKERS; w++) {
        expect(mp_pool_apply_async(pool, NULL, &gate_task, NULL, NULL) == 0,
               "apply_async failed");
    }
    while (atomic_load(&shared->waiting) < WORKERS) {
        (void)mp_pool_step(pool);
        nap_ms(1);
    }
}

/* All are queued, none has run; let them go, and wait for the last. */
static void queued(mp_pool *pool, const char *title, int64_t count,
                   int64_t before, int64_t most_each, double began)
{
    int64_t bytes = mp_test_memory_used() - before;
    double submitted = now_s();
    mp_pool_stats stats;

    expect(mp_pool_get_stats(pool, &stats) == 0 &&
               (int64_t)stats.ends[MP_TASK_PENDING] == count &&
               stats.ends[MP_TASK_RUNNING] == WORKERS,
           "not all are queued");
    atomic_store(&shared->open, 1);
    expect(mp_pool_close(pool) == 0, "close failed");
    expect(mp_pool_join(pool, 280000) == 0, "join failed");
    printf("%s: %lld tasks queued in %.1f s, %lld bytes of memory each; done "
           "in %.1f s; %lld MiB at last\n",
           title, (long long)count, submitted - began,
           (long long)(bytes / count), now_s() - submitted,
           (long long)(mp_test_memory_used() / MP_TEST_MIB));
    expect(bytes / count <= most_each * (MP_TEST_WATCHED ? 10 : 1),
           "a queued task takes too much memory");
    check_ends(pool, count + WORKERS, count);
}

/* One task each, and nobody will ask. */
static void map(mp_pool *pool, int64_t count)
{
    int64_t before = mp_test_memory_used();
    double began = now_s();

    hold_workers(pool);
    expect(mp_pool_map_async(pool, NULL, &count_task, numbers, (size_t)count,
                             &(mp_call_options){ .chunk_size = 1 }) == 0,
           "map_async failed");
    queued(pool, "map_async, chunks of 1", count, before, 100, began);
}

/* Together as the pool thinks best, and all results are kept. */
static void map_kept(mp_pool *pool, int64_t count)
{
    int64_t before = mp_test_memory_used();
    int64_t *results = calloc((size_t)count, sizeof(*results));
    mp_result *handle = NULL;
    double began = now_s();
    int64_t wrong = 0;
    int64_t i;

    hold_workers(pool);
    expect(results != NULL &&
               mp_pool_map_async(pool, &handle, &give_task, numbers,
                                 (size_t)count, NULL) == 0,
           "map_async failed");
    queued(pool, "map_async, results kept", count, before, 100, began);
    expect(mp_result_get(handle, results, 0) == 0, "get failed");
    for (i = 0; i < count; i++) {
        wrong += results[i] != i;
    }
    expect(wrong == 0, "a result is wrong");
    mp_result_destroy(handle);
    free(results);
}

/* A call each, and nobody will ask. */
static void apply(mp_pool *pool, int64_t count)
{
    int64_t before = mp_test_memory_used();
    double began = now_s();
    int64_t i;

    hold_workers(pool);
    for (i = 0; i < count; i++) {
        expect(mp_pool_apply_async(pool, NULL, &count_task, &numbers[i],
                                   NULL) == 0,
               "apply_async failed");
    }
    queued(pool, "apply_async", count, before, 1000, began);
}

static const struct scenario {
    const char *name;
    void (*run)(mp_pool *pool, int64_t count);
    int needs_mib;
    int part; /* a task takes so much that only one in so many is queued */
} scenarios[] = {
    { "stream", stream, 500, 1 },
    { "map", map, 1500, 1 },
    { "map_kept", map_kept, 1800, 1 },
    { "apply", apply, 1500, 10 },
};

static int run(const struct scenario *scenario)
{
    int64_t available = mp_test_memory_available();
    int64_t count = tasks_here() / scenario->part;
    mp_pool *pool = NULL;
    void *memory = NULL;
    int64_t i;

    if (available < scenario->needs_mib * MP_TEST_MIB) {
        printf("skipped: %d MiB of memory are needed, %lld are available\n",
               scenario->needs_mib, (long long)(available / MP_TEST_MIB));
        return SKIPPED;
    }
    numbers = malloc((size_t)count * sizeof(*numbers));
    if (numbers == NULL || mp_shared_create(&memory, sizeof(*shared)) < 0) {
        return 1;
    }
    shared = memory;
    for (i = 0; i < count; i++) {
        numbers[i] = i;
    }
    if (mp_pool_create(&pool, &(mp_pool_options){ .workers = WORKERS }) < 0) {
        return 1;
    }
    scenario->run(pool, count);
    mp_pool_destroy(pool);
    mp_shared_destroy(shared);
    free(numbers);
    return failures == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    size_t i;

    for (i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
        if (argc == 2 && strcmp(argv[1], scenarios[i].name) == 0) {
            return run(&scenarios[i]);
        }
    }
    (void)fprintf(stderr, "usage: many_tasks SCENARIO\n");
    return 2;
}
