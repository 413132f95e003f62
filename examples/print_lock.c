/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * print_lock.c -- without a lock the lines of ten children are torn
 *
 *     $ ./print_lock (line ends of the first half are left out here)
 *     Without a lock the parts of lines come in any order:
 *     hello hello hello hello world 0 hello hello world 2 world 1 hello hello
 *     world 3 hello world 4 hello world 5 world 6 world 7 world 8 world 9
 *     With a lock whole lines come in any order:
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
#include <time.h>

enum { CHILDREN = 10 };
static mp_lock *lock;

static int say_hello(void *number)
{
    printf("hello ");
    (void)fflush(stdout);
    /* As long as work between two parts may take: others print meanwhile. */
    (void)nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
    printf("world %d\n", *(const int *)number);
    (void)fflush(stdout);
    return 0;
}

static int say_hello_locked(void *number)
{
    if (mp_lock_acquire(lock, MP_FOREVER) < 0) {
        return 1;
    }
    (void)say_hello(number);
    return mp_lock_release(lock) < 0;
}

static int run_children(mp_process_main *entry)
{
    mp_process *child[CHILDREN] = { NULL };
    int numbers[CHILDREN], status = 0, error = 0;

    for (int i = 0; i < CHILDREN && error >= 0; i++) {
        numbers[i] = i;
        error = mp_process_create(&child[i], entry, &numbers[i], NULL);
        error = error < 0 ? error : mp_process_start(child[i]);
    }
    for (int i = 0; i < CHILDREN; i++) {
        error = error < 0 ? error : mp_process_join(child[i], MP_FOREVER);
        error = error < 0 ? error : mp_process_exit_status(child[i], &status);
        error = status != 0 ? MP_EFAILED : error;
        mp_process_destroy(child[i]);
    }
    return error;
}

int main(void)
{
    int error = mp_lock_create(&lock);

    puts("Without a lock the parts of lines come in any order:");
    error = error < 0 ? error : run_children(say_hello);
    puts("With a lock whole lines come in any order:");
    error = error < 0 ? error : run_children(say_hello_locked);
    if (error < 0) {
        fprintf(stderr, "print_lock: %s\n", mp_strerror(error));
    }
    mp_lock_destroy(lock);
    return error < 0;
}
