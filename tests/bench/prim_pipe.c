/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * prim_pipe.c -- one byte there and back over two raw pipes
 */
#include "primitives.h"

#include <sys/wait.h>
#include <unistd.h>

int prim_echo_start(prim_echo *echo)
{
    int there[2];
    int back[2];
    char byte = 0;

    if (pipe(there) < 0 || pipe(back) < 0) {
        return -1;
    }
    echo->pid = fork();
    if (echo->pid == 0) {
        (void)close(there[1]);
        while (read(there[0], &byte, 1) == 1) {
            byte++;
            if (write(back[1], &byte, 1) != 1) {
                _exit(1);
            }
        }
        _exit(0);
    }
    (void)close(there[0]);
    (void)close(back[1]);
    echo->there = there[1];
    echo->back = back[0];
    return echo->pid < 0 ? -1 : 0;
}

int prim_echo_trip(void *context, long i)
{
    const prim_echo *echo = context;
    char byte = (char)i;

    return write(echo->there, &byte, 1) == 1 &&
                   read(echo->back, &byte, 1) == 1 && byte == (char)(i + 1)
               ? 0
               : -1;
}

int prim_echo_stop(prim_echo *echo)
{
    int status = 0;

    (void)close(echo->there);
    (void)close(echo->back);
    return waitpid(echo->pid, &status, 0) == echo->pid && status == 0 ? 0 : -1;
}
