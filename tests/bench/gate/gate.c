/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * gate.c -- one workload of the gate, run once: see gate.sh
 *
 *     gate                    the names of the workloads
 *     gate WORKLOAD [ROUNDS]  that one, so many rounds after one that warms up
 *
 * Built with GATE_COUNTS, for valgrind, it prints whom to look at, a line each:
 * `ROW PID ITEMS`. Otherwise it prints times: `ROW NS`, for an item.
 */
#include "turns.h"

#include <mp/mp.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef GATE_COUNTS
enum { COUNTS = 1 };
#else
enum { COUNTS = 0 };
#endif

enum { ITEMS_MOST = 40000, MESSAGE = 64 };

static struct {
    mp_pool *pool;
    mp_queue *queue;
    mp_lock *lock;
    int64_t *x; /* arguments and results of the maps */
    int64_t *y;
    mp_result *handles[ITEMS_MOST];
} with;

static int square(const void *argument, void *result)
{
    int64_t x = *(const int64_t *)argument;

    *(int64_t *)result = x * x;
    return 0;
}

static const mp_task task = { .run = square,
                              .argument = &mp_serializer_int64,
                              .result = &mp_serializer_int64 };

static double now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* ---- rounds of `count` items; < 0: it failed, or a result is wrong ---- */

static int applies(int count)
{
    int64_t y = 0;
    int error = 0;

    for (int64_t i = 0; i < count && error >= 0; i++) {
        error = mp_pool_apply(with.pool, &task, &i, &y, NULL);
        error = error < 0 || y != i * i ? -1 : 0;
    }
    return error;
}

static int asyncs(int count)
{
    int64_t y = 0;
    int error = 0;

    for (int64_t i = 0; i < count && error >= 0; i++) {
        error =
            mp_pool_apply_async(with.pool, &with.handles[i], &task, &i, NULL);
    }
    for (int64_t i = 0; i < count && error >= 0; i++) {
        error = mp_result_get(with.handles[i], &y, MP_FOREVER);
        error = error < 0 || y != i * i ? -1 : 0;
        mp_result_destroy(with.handles[i]);
    }
    return error;
}

static int map_in(int chunk_size, int count)
{
    const mp_call_options call = { .chunk_size = chunk_size };
    int last = count - 1;
    int error =
        mp_pool_map(with.pool, &task, with.x, (size_t)count, with.y, &call);

    return error < 0 || with.y[last] != (int64_t)last * last ? -1 : 0;
}

static int map(int count)
{
    return map_in(0, count);
}

static int map_singly(int count)
{
    return map_in(1, count);
}

struct numbers {
    int64_t next;
    int64_t end;
};

static int next_number(void *context, void *argument)
{
    struct numbers *numbers = context;

    if (numbers->next == numbers->end) {
        return 0;
    }
    *(int64_t *)argument = numbers->next++;
    return 1;
}

static int imap(int count)
{
    struct numbers numbers = { .end = count };
    const mp_source source = { .next = next_number, .context = &numbers };
    const int64_t n = count;
    mp_iterator *iterator = NULL;
    int64_t sum = 0;
    int64_t one = 0;
    int error =
        mp_pool_imap_unordered(with.pool, &iterator, &task, &source, NULL);

    while (error >= 0 &&
           (error = mp_iterator_next(iterator, &one, NULL, MP_FOREVER)) > 0) {
        sum += one;
    }
    mp_iterator_destroy(iterator);
    return error < 0 || sum != (n - 1) * n / 2 * (2 * n - 1) / 3 ? -1 : 0;
}

static int puts_all(int count)
{
    char message[MESSAGE] = "";
    int error = 0;

    for (int i = 0; i < count && error >= 0; i++) {
        memcpy(message, &i, sizeof(i));
        error = mp_queue_put_bytes(with.queue, message, MESSAGE, MP_FOREVER);
    }
    return error;
}

static int gets_all(int count)
{
    char message[MESSAGE];
    size_t size = 0;
    int error = 0;

    for (int i = 0; i < count && error >= 0; i++) {
        error =
            mp_queue_get_bytes(with.queue, message, MESSAGE, &size, MP_FOREVER);
        error = error < 0 || memcmp(message, &i, sizeof(i)) != 0 ? -1 : 0;
    }
    return error;
}

static int locks(int count)
{
    int error = 0;

    for (int i = 0; i < count && error >= 0; i++) {
        error = mp_lock_acquire(with.lock, MP_FOREVER) != 0 ? -1 : 0;
        error = error < 0 ? error : mp_lock_release(with.lock);
    }
    return error;
}

/* ---- the workloads ---- */

/* The names of the rows are those of its first and second process. */
static const struct workload {
    const char *name;
    int (*round)(int count);
    int (*second)(int count); /* NULL: that is a pool's worker */
    const char *rows[2];
    int count;  /* items of a round */
    int rounds; /* that are counted, */
    int timed;  /* or timed: some 20 ms */
    bool shared;
    size_t pending; /* when counted: most items that are handed out in a turn */
} workloads[] = {
    { .name = "apply",
      .round = applies,
      .rows = { "apply owner", "apply worker" },
      .count = 500,
      .rounds = 1,
      .timed = 40 },
    { .name = "apply_async",
      .round = asyncs,
      .rows = { "apply_async owner", "apply_async worker" },
      .count = 500,
      .rounds = 2,
      .timed = 60 },
    { .name = "map",
      .round = map,
      .rows = { "map owner", "map worker" },
      .count = 10000,
      .rounds = 4,
      .timed = 200 },
    { .name = "map_shared",
      .round = map,
      .rows = { "map_shared owner", "map_shared worker" },
      .count = 10000,
      .rounds = 4,
      .timed = 400,
      .shared = true },
    { .name = "map_chunk1",
      .round = map_singly,
      .rows = { "map_chunk1 owner", "map_chunk1 worker" },
      .count = 40000,
      .rounds = 1,
      .timed = 10,
      .pending = 256 },
    { .name = "imap_unordered",
      .round = imap,
      .rows = { "imap_unordered owner", "imap_unordered worker" },
      .count = 40000,
      .rounds = 1,
      .timed = 5 },
    { .name = "queue",
      .round = puts_all,
      .second = gets_all,
      .rows = { "queue put", "queue get" },
      .count = 256,
      .rounds = 8,
      .timed = 500 },
    { .name = "lock",
      .round = locks,
      .second = locks,
      .rows = { "lock owner", "lock second" },
      .count = 1000,
      .rounds = 2,
      .timed = 200 },
};
enum { WORKLOADS = sizeof(workloads) / sizeof(*workloads) };

static const struct workload *chosen;

/* One round of a side, on its clock. */
static int run_round(enum turns_side side)
{
    double began = now_s();
    int error = side == TURNS_SECOND ? chosen->second(chosen->count)
                                     : chosen->round(chosen->count);

    turns_board()->busy_s[side] += now_s() - began;
    return error;
}

/* A second process has its turn after each round. */
static int run_rounds(int rounds)
{
    int error = 0;

    for (int i = 0; i < rounds && error >= 0; i++) {
        error = run_round(TURNS_FIRST);
        if (chosen->second != NULL) {
            (void)turns_pass();
        }
    }
    return error;
}

static int measure(int rounds)
{
    int error = run_rounds(1); /* warm */

    turns_board()->busy_s[TURNS_FIRST] = 0;
    turns_board()->busy_s[TURNS_SECOND] = 0;
    if (error >= 0) {
        turns_count(true);
        error = run_rounds(rounds);
        turns_count(false);
    }
    turns_end();
    return error;
}

/* ---- with a pool ---- */

static int join_as_worker(void *argument, void **state)
{
    (void)argument;
    (void)state;
    return turns_join(TURNS_SECOND) ? 0 : 1;
}

static int with_pool(int rounds)
{
    const mp_pool_options options = { .workers = 1,
                                      .init = COUNTS ? join_as_worker : NULL,
                                      .max_pending =
                                          COUNTS ? chosen->pending : 0 };
    int error = mp_pool_create(&with.pool, &options);

    if (error >= 0 && COUNTS) {
        (void)turns_join(TURNS_FIRST);
        (void)turns_pass(); /* until it has nothing to do */
    }
    error = error < 0 ? error : measure(rounds);
    if (error >= 0) {
        error = mp_pool_close(with.pool);
    }
    if (error >= 0) {
        error = mp_pool_join(with.pool, MP_FOREVER);
    }
    mp_pool_destroy(with.pool);
    return error;
}

static int with_arrays(int rounds)
{
    const size_t size = ITEMS_MOST * sizeof(int64_t);
    void *x = NULL;
    void *y = NULL;
    int error = 0;

    if (chosen->shared) {
        error = mp_shared_create(&x, size);
        error = error < 0 ? error : mp_shared_create(&y, size);
    } else {
        x = malloc(size);
        y = malloc(size);
        error = x == NULL || y == NULL ? MP_ENOMEM : 0;
    }
    if (error >= 0) {
        with.x = x;
        with.y = y;
        for (int i = 0; i < ITEMS_MOST; i++) {
            with.x[i] = i;
            with.y[i] = -1;
        }
        error = with_pool(rounds);
    }
    if (chosen->shared) {
        mp_shared_destroy(x);
        mp_shared_destroy(y);
    } else {
        free(x);
        free(y);
    }
    return error;
}

/* ---- with a second process ---- */

static int be_second(void *argument)
{
    bool goes_on = turns_join(TURNS_SECOND);

    (void)argument;
    while (goes_on) {
        if (run_round(TURNS_SECOND) < 0) {
            return 1;
        }
        goes_on = turns_pass();
    }
    return 0;
}

static int with_second(int rounds)
{
    mp_process *second = NULL;
    int status = 1;
    int error = mp_queue_create(&with.queue, NULL);

    error = error < 0 ? error : mp_lock_create(&with.lock);
    error =
        error < 0 ? error : mp_process_create(&second, be_second, NULL, NULL);
    error = error < 0 ? error : mp_process_start(second);
    if (error >= 0) {
        (void)turns_join(TURNS_FIRST);
        error = measure(rounds);
        (void)mp_process_join(second, MP_FOREVER);
        (void)mp_process_exit_status(second, &status);
    }
    mp_process_destroy(second);
    mp_lock_destroy(with.lock);
    mp_queue_destroy(with.queue);
    return error < 0 ? error : -status;
}

static void tell(int rounds)
{
    const struct turns_board *board = turns_board();
    long items = (long)chosen->count * rounds;

    for (int side = 0; side < 2; side++) {
        if (COUNTS) {
            printf("%s %ld %ld\n", chosen->rows[side], (long)board->pids[side],
                   items);
        } else if (chosen->second != NULL) {
            printf("%s %.2f\n", chosen->rows[side],
                   board->busy_s[side] * 1e9 / (double)items);
        } else if (side == TURNS_FIRST) {
            printf("%s %.2f\n", chosen->name,
                   board->busy_s[side] * 1e9 / (double)items);
        }
    }
}

int main(int argc, char **argv)
{
    int rounds;
    int error;

    for (int i = 0; i < WORKLOADS; i++) {
        if (argc < 2) {
            puts(workloads[i].name);
        } else if (strcmp(argv[1], workloads[i].name) == 0) {
            chosen = &workloads[i];
        }
    }
    if (argc < 2) {
        return 0;
    }
    if (chosen == NULL || turns_prepare() < 0) {
        fprintf(stderr, "gate: there is no workload %s\n", argv[1]);
        return 2;
    }
    rounds = COUNTS ? chosen->rounds : chosen->timed;
    rounds = argc > 2 ? atoi(argv[2]) : rounds;
    error = chosen->second != NULL ? with_second(rounds) : with_arrays(rounds);
    if (error < 0) {
        fprintf(stderr, "gate: %s: %s\n", argv[1], mp_strerror(error));
        return 1;
    }
    tell(rounds);
    return 0;
}
