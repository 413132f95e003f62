/*
 * w5_queue_small.c -- 64-byte messages, one producer, one consumer; beside it
 * the same bytes through a pipe
 */
#include "bench.h"

#include <mp/mp.h>

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MESSAGES = 3000000, PIPED = 300000, ROUNDS = 5, SIZE = 64 };

static int produce(void *queue)
{
    char message[SIZE] = { 0 };

    for (int i = 0; i < MESSAGES; i++) {
        if (mp_queue_put_bytes(queue, message, SIZE, MP_FOREVER) < 0) {
            return 1;
        }
    }
    return 0;
}

static double queue_once(mp_queue *queue)
{
    mp_process *producer = NULL;
    char message[SIZE];
    size_t size = 0;
    double began;

    if (mp_process_create(&producer, produce, queue, NULL) < 0 ||
        mp_process_start(producer) < 0) {
        return 0;
    }
    (void)mp_queue_get_bytes(queue, message, SIZE, &size, MP_FOREVER);
    began = bench_now_s();
    for (int i = 1; i < MESSAGES; i++) {
        (void)mp_queue_get_bytes(queue, message, SIZE, &size, MP_FOREVER);
    }
    began = bench_now_s() - began;
    (void)mp_process_join(producer, MP_FOREVER);
    mp_process_destroy(producer);
    return MESSAGES / began / 1e6;
}

static double pipe_once(void)
{
    char message[SIZE] = { 0 };
    int ends[2];
    double began;
    pid_t pid;

    if (pipe(ends) < 0) {
        return 0;
    }
    pid = fork();
    if (pid == 0) {
        for (int i = 0; i < PIPED; i++) {
            if (write(ends[1], message, SIZE) != SIZE) {
                _exit(1);
            }
        }
        _exit(0);
    }
    began = bench_now_s();
    for (int i = 0; i < PIPED; i++) {
        if (read(ends[0], message, SIZE) != SIZE) {
            break;
        }
    }
    began = bench_now_s() - began;
    (void)close(ends[0]);
    (void)close(ends[1]);
    (void)waitpid(pid, NULL, 0);
    return PIPED / began / 1e6;
}

void bench_queue_small(void)
{
    double libmp[ROUNDS];
    double piped[ROUNDS];
    mp_queue *queue = NULL;

    for (int i = 0; i < ROUNDS; i++) {
        if (mp_queue_create(&queue, NULL) < 0) {
            return;
        }
        libmp[i] = queue_once(queue);
        piped[i] = pipe_once();
        mp_queue_destroy(queue);
    }
    bench_line("libmp", "W5_queue_small", "1p1c", bench_median(libmp, ROUNDS),
               "million/s");
    bench_line("pipe", "W5_queue_small", "1p1c", bench_median(piped, ROUNDS),
               "million/s");
}
