/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * many_processes.c -- start five children in a loop
 *
 *     $ ./many_processes (lines in any order)
 *     Worker: 0
 *     Worker: 1
 *     Worker: 2
 *     Worker: 3
 *     Worker: 4
 */
#include <mp/mp.h>

#include <stdio.h>

#define CHILDREN 5

static int work(void *number)
{
    printf("Worker: %d\n", *(const int *)number);
    return 0;
}

int main(void)
{
    mp_process *children[CHILDREN] = { NULL };
    int numbers[CHILDREN];
    int error = 0;
    int i;

    for (i = 0; i < CHILDREN && error >= 0; i++) {
        numbers[i] = i;
        error = mp_process_create(&children[i], work, &numbers[i], NULL);
        if (error >= 0) {
            error = mp_process_start(children[i]);
        }
    }
    for (i = 0; i < CHILDREN && error >= 0; i++) {
        error = mp_process_join(children[i], MP_FOREVER);
    }
    if (error < 0) {
        fprintf(stderr, "many_processes: %s\n", mp_strerror(error));
    }
    for (i = 0; i < CHILDREN; i++) {
        mp_process_destroy(children[i]);
    }
    return error < 0 ? 1 : 0;
}
