/*
 * w2_roundtrip.c -- apply of a trivial task, one worker, both sides awake;
 * beside it a ping-pong over two pipes
 */
#include "bench.h"

#include <mp/mp.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { APPLIES = 50000, PINGS = 5000 };

static int add_one(const void *argument, void *result)
{
    *(int64_t *)result = *(const int64_t *)argument + 1;
    return 0;
}

static const mp_task task = { .run = add_one,
                              .argument = &mp_serializer_int64,
                              .result = &mp_serializer_int64 };

static void measure_applies(mp_pool *pool, double *us, int count)
{
    int64_t x = 0;

    for (int i = 0; i < count; i++) {
        double began = bench_now_s();

        if (mp_pool_apply(pool, &task, &x, &x, NULL) < 0) {
            return;
        }
        us[i] = (bench_now_s() - began) * 1e6;
    }
}

static void measure_pipe(double *us)
{
    int there[2];
    int back[2];
    char byte = 0;
    pid_t pid;

    if (pipe(there) < 0 || pipe(back) < 0) {
        return;
    }
    pid = fork();
    if (pid == 0) {
        (void)close(there[1]);
        while (read(there[0], &byte, 1) == 1 && write(back[1], &byte, 1) == 1) {
            /* echo */
        }
        _exit(0);
    }
    for (int i = 0; i < PINGS; i++) {
        double began = bench_now_s();

        if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1) {
            break;
        }
        us[i] = (bench_now_s() - began) * 1e6;
    }
    (void)close(there[0]);
    (void)close(there[1]);
    (void)close(back[0]);
    (void)close(back[1]);
    (void)waitpid(pid, NULL, 0);
}

void bench_roundtrip(void)
{
    double *us = calloc(APPLIES, sizeof(*us));
    mp_pool *pool = NULL;

    if (us == NULL ||
        mp_pool_create(&pool, &(mp_pool_options){ .workers = 1 }) < 0) {
        free(us);
        return;
    }
    measure_applies(pool, us, 1000); /* warm */
    measure_applies(pool, us, APPLIES);
    bench_line("libmp", "W2_roundtrip", "p50", bench_median(us, APPLIES), "us");
    bench_line("libmp", "W2_roundtrip", "p99", us[APPLIES * 99 / 100], "us");
    mp_pool_destroy(pool);
    measure_pipe(us);
    bench_line("pipe", "W2_roundtrip", "p50", bench_median(us, PINGS), "us");
    free(us);
}

int bench_applies(int count)
{
    mp_pool *pool = NULL;
    int64_t x = 0;
    int error = mp_pool_create(&pool, &(mp_pool_options){ .workers = 1 });

    for (int i = 0; i < count && error >= 0; i++) {
        error = mp_pool_apply(pool, &task, &x, &x, NULL);
    }
    mp_pool_destroy(pool);
    return error < 0;
}
