/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * print_lock.c -- a lock keeps the lines of ten children apart
 *
 *     $ ./print_lock (lines in any order)
 *     hello world 0
 *     hello world 1
 *     hello world 2
 *     hello world 3
 *     hello world 4
 *     hello world 5
 *     hello world 6
 *     hello world 7
 *     hello world 8
 *     hello world 9
 */
#include <mp/mp.h>

#include <stdio.h>

#define CHILDREN 10

struct job {
    mp_lock *lock;
    int number;
};

static int say_hello(void *argument)
{
    const struct job *job = argument;

    if (mp_lock_acquire(job->lock, MP_FOREVER) < 0) {
        return 1;
    }
    printf("hello ");
    (void)fflush(stdout); /* in two writes: only the lock keeps them together */
    printf("world %d\n", job->number);
    (void)fflush(stdout);
    return mp_lock_release(job->lock) < 0;
}

int main(void)
{
    mp_process *children[CHILDREN] = { NULL };
    struct job jobs[CHILDREN];
    mp_lock *lock = NULL;
    int error = mp_lock_create(&lock);
    int i;

    for (i = 0; i < CHILDREN && error >= 0; i++) {
        jobs[i] = (struct job){ .lock = lock, .number = i };
        error = mp_process_create(&children[i], say_hello, &jobs[i], NULL);
        if (error >= 0) {
            error = mp_process_start(children[i]);
        }
    }
    for (i = 0; i < CHILDREN && error >= 0; i++) {
        error = mp_process_join(children[i], MP_FOREVER);
    }
    if (error < 0) {
        fprintf(stderr, "print_lock: %s\n", mp_strerror(error));
    }
    for (i = 0; i < CHILDREN; i++) {
        mp_process_destroy(children[i]);
    }
    mp_lock_destroy(lock);
    return error < 0 ? 1 : 0;
}
