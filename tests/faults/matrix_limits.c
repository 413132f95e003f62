/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * matrix_limits.c -- the rows of errors, limits and sizes
 */
#include "matrix.h"
#include "support/ignore.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    TASKS = 16,
    LARGE = 50 * 1000 * 1000,
    THROUGHPUT_MS = 1000,
    BATCH = 5000
};

/* ---- init, and serializers that refuse ---- */

static int refuse_init(void *argument, void **state)
{
    (void)argument;
    (void)state;
    return mp_task_fail(13, "the licence has run out");
}

static int echo(const void *argument, void *result)
{
    *(int64_t *)result = *(const int64_t *)argument;
    return 0;
}

static const mp_task echo_task = { .run = echo,
                                   .argument = &mp_serializer_int64,
                                   .result = &mp_serializer_int64 };

bool row_init_fails(void)
{
    mp_pool *pool = NULL;
    mp_report report = { .end = MP_TASK_PENDING };
    int64_t x = 1;
    long long began = now_ms();
    int error = mp_pool_create(
        &pool, &(mp_pool_options){ .workers = 2, .init = refuse_init });

    if (error < 0) {
        return false;
    }
    error = mp_pool_apply(pool, &echo_task, &x, &x,
                          &(mp_call_options){ .report = &report });
    say(0, "error after %lld ms, with its text", now_ms() - began);
    mp_pool_destroy(pool);
    if (error != MP_EBROKEN || strstr(report.text, "licence") == NULL) {
        say(0, "error %d: %s", error, report.text);
        return false;
    }
    return now_ms() - began < 5000;
}

static int encode_number(const mp_serializer *self, const void *object,
                         void *buffer, size_t capacity, size_t *size)
{
    int64_t number = *(const int64_t *)object;

    *size = sizeof(number);
    if (number == 5 && self->context != NULL) {
        return -1;
    }
    if (capacity >= sizeof(number)) {
        memcpy(buffer, &number, sizeof(number));
    }
    return 0;
}

static int decode_number(const mp_serializer *self, void *object,
                         const void *bytes, size_t size)
{
    (void)self;
    memcpy(object, bytes, size);
    return *(int64_t *)object == 5 ? -1 : 0;
}

/* 16 tasks, the result of one of which `serializer` refuses. */
static bool one_is_refused(const mp_serializer *serializer, int expected)
{
    mp_task task = echo_task;
    mp_pool *pool = open_pool(WORKERS);
    mp_result *results[TASKS] = { NULL };
    struct tally tally;
    int64_t got = 0;
    int64_t i;
    int more;

    task.result = serializer;
    for (i = 0; i < TASKS; i++) {
        ignore(mp_pool_apply_async(pool, &results[i], &task, &i, NULL));
    }
    tally = wait_for_all(results, TASKS, &got, 8000);
    more = eight_more(pool);
    say(0, "%d failed, %s", tally.failed + tally.never, after(more));
    mp_pool_destroy(pool);
    return tally.failed == 1 && tally.never == 0 && tally.error == expected &&
           more == 8;
}

bool row_cannot_decode(void)
{
    static const mp_serializer serializer = { .name = "refused",
                                              .object_size = sizeof(int64_t),
                                              .encode = encode_number,
                                              .decode = decode_number };

    return one_is_refused(&serializer, MP_EDECODE);
}

bool row_cannot_encode(void)
{
    static char refuse[] = "refuse";
    static const mp_serializer serializer = { .name = "refused",
                                              .object_size = sizeof(int64_t),
                                              .encode = encode_number,
                                              .decode = decode_number,
                                              .context = refuse };

    return one_is_refused(&serializer, MP_EENCODE);
}

/* ---- sizes ---- */

static int make_large(const void *argument, void *result)
{
    mp_bytes *bytes = result;

    bytes->data = malloc(LARGE);
    if (bytes->data == NULL) {
        return mp_task_fail(1, "no memory");
    }
    memset(bytes->data, (int)*(const int64_t *)argument, LARGE);
    bytes->size = LARGE;
    return 0;
}

static const mp_task large_task = { .run = make_large,
                                    .argument = &mp_serializer_int64,
                                    .result = &mp_serializer_bytes };

bool row_large_results(void)
{
    mp_pool *pool = open_pool(WORKERS);
    mp_result *results[8] = { NULL };
    mp_bytes bytes = { .data = NULL };
    const unsigned char *data;
    int good = 0;
    int64_t i;

    for (i = 0; i < 8; i++) {
        ignore(mp_pool_apply_async(pool, &results[i], &large_task, &i, NULL));
    }
    for (i = 0; i < 8; i++) {
        if (mp_result_get(results[i], &bytes, 10000) == 0) {
            data = bytes.data;
            good += bytes.size == LARGE && data[0] == i && data[LARGE - 1] == i;
            mp_serializer_release(&mp_serializer_bytes, &bytes, 1);
        }
        mp_result_destroy(results[i]);
    }
    mp_pool_destroy(pool);
    say(0, good == 8 ? "fine" : "%d of 8 never", 8 - good);
    return good == 8;
}

static int count_entries(const char *path)
{
    DIR *folder = opendir(path);
    int count = -2; /* "." and ".." */

    while (folder != NULL && readdir(folder) != NULL) {
        count++;
    }
    (void)closedir(folder);
    return count;
}

static int descriptors_of(int pid)
{
    char path[64];

    (void)snprintf(path, sizeof(path), "/proc/%d/fd", pid);
    return count_entries(path) - (pid == (int)getpid());
}

bool row_footprint(void)
{
    int before = descriptors_of((int)getpid());
    mp_pool *pool = open_pool(16);
    int added;
    int most;
    int workers[16];
    int supervisor = 0;
    int threads = count_entries("/proc/self/task");
    int count;
    int i;

    if (eight_more(pool) != 8 ||
        children_of((int)getpid(), &supervisor, 1) != 1) {
        return false;
    }
    added = descriptors_of((int)getpid()) - before;
    most = descriptors_of(supervisor);
    count = children_of(supervisor, workers, 16);
    for (i = 0; i < count; i++) {
        most = descriptors_of(workers[i]) > most ? descriptors_of(workers[i])
                                                 : most;
    }
    mp_pool_destroy(pool);
    say(0, "%d / %d / %d", added, most, threads);
    return count == 16 && added <= 5 && threads == 1;
}

bool row_throughput(void)
{
    static mp_result *results[BATCH];
    mp_pool *pool = open_pool(2);
    long long began = now_ms();
    long done = 0;
    int64_t i;
    int64_t got = 0;

    while (now_ms() - began < THROUGHPUT_MS) {
        for (i = 0; i < BATCH; i++) {
            ignore(
                mp_pool_apply_async(pool, &results[i], &echo_task, &i, NULL));
        }
        for (i = 0; i < BATCH; i++) {
            if (mp_result_get(results[i], &got, 10000) != 0 || got != i) {
                return false;
            }
            mp_result_destroy(results[i]);
            done++;
        }
    }
    done /= (long)(now_ms() - began); /* a millisecond */
    if (done < 1000) {
        say(0, "%ld,000", done);
    } else {
        say(0, "%ld,%03ld,000", done / 1000, done % 1000);
    }
    mp_pool_destroy(pool);
    return true;
}

/* ---- limits ---- */

static int hang_with_child(const void *argument, void *result)
{
    pid_t child = fork();

    (void)argument;
    (void)result;
    if (child > 0) {
        shared->pids[0] = (int)child;
    }
    nap_us(60 * 1000000L);
    return 0;
}

static int sleep_1500_ms(const void *argument, void *result)
{
    (void)argument;
    (void)result;
    nap_us(1500000);
    return 0;
}

static const mp_task hang_task = { .run = hang_with_child, .limit_ms = 1000 };
static const mp_task innocent_task = { .run = sleep_1500_ms };

bool row_deadline(void)
{
    mp_pool *pool = open_pool(WORKERS);
    mp_result *hung = NULL;
    mp_result *innocent[3] = { NULL };
    struct tally tally;
    long long began = now_ms();
    long long seen;
    long long end;
    int error;
    int state;
    int i;

    ignore(mp_pool_apply_async(pool, &hung, &hang_task, NULL, NULL));
    for (i = 0; i < 3; i++) {
        ignore(mp_pool_apply_async(pool, &innocent[i], &innocent_task, NULL,
                                   NULL));
    }
    error = mp_result_get(hung, NULL, 8000);
    seen = now_ms() - began;
    end = now_ms() + 1000;
    do { /* it was killed before; that it is dead takes a moment */
        state = shared->pids[0] == 0 ? '?' : state_of(shared->pids[0]);
        nap_us(1000);
    } while (state != 0 && state != 'Z' && now_ms() < end);
    tally = wait_for_all(innocent, 3, NULL, 5000);
    mp_result_destroy(hung);
    mp_pool_destroy(pool);
    say(0, error == MP_ELIMIT ? "%lld.%03lld s" : "never, or another error",
        seen / 1000, seen % 1000);
    say(1, tally.ok == 3 ? "fine" : "%d killed", 3 - tally.ok);
    say(2, "%s", state == 0 || state == 'Z' ? "no" : "yes");
    return error == MP_ELIMIT && seen >= 1000 && seen < 2000 && tally.ok == 3 &&
           (state == 0 || state == 'Z');
}
