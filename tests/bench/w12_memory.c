/*
 * w12_memory.c -- private memory of a pool of 2: what /proc says of its
 * supervisor and workers, beside as many bare forks
 */
#include "bench.h"

#include <mp/mp.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS = 2 };

static double private_kib(long pid)
{
    char path[64];
    char line[256];
    double sum = 0;
    FILE *file;

    (void)snprintf(path, sizeof(path), "/proc/%ld/smaps_rollup", pid);
    file = fopen(path, "r");
    if (file == NULL) {
        return 0;
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, "Private_", 8) == 0) {
            sum += strtod(strchr(line, ':') + 1, NULL);
        }
    }
    (void)fclose(file);
    return sum;
}

static int both_pids(const void *argument, void *result)
{
    (void)argument;
    ((int64_t *)result)[0] = getpid();
    ((int64_t *)result)[1] = getppid();
    return 0;
}

static double bare_fork_kib(void)
{
    double kib;
    pid_t pid = fork();

    if (pid == 0) {
        (void)pause();
        _exit(0);
    }
    (void)sleep(1);
    kib = private_kib(pid);
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
    return kib;
}

void bench_memory(void)
{
    const mp_serializer pair = { "pair", 16, NULL, NULL, NULL, NULL };
    const mp_task task = { .run = both_pids, .result = &pair };
    mp_pool *pool = NULL;
    int64_t pids[2] = { 0, 0 };
    double sum;

    if (mp_pool_create(&pool, &(mp_pool_options){ .workers = WORKERS }) < 0) {
        return;
    }
    for (int i = 0; i < 100; i++) {
        (void)mp_pool_apply(pool, &task, NULL, pids, NULL);
    }
    /* The supervisor, and each worker like this one. */
    sum = private_kib((long)pids[1]) + WORKERS * private_kib((long)pids[0]);
    bench_line("libmp", "W12_memory", "pool of 2", sum, "KiB private");
    bench_line("fork", "W12_memory", "3 bare forks", 3 * bare_fork_kib(),
               "KiB private");
    mp_pool_destroy(pool);
}
