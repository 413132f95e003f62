/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * hello_process.c -- call a function in a child process
 *
 *     $ ./hello_process
 *     Hello bob
 */
#include <mp/mp.h>

#include <stdio.h>

static int greet(void *name)
{
    printf("Hello %s\n", (const char *)name);
    return 0;
}

int main(void)
{
    char name[] = "bob";
    mp_process *child = NULL;
    int status = 1;
    int error = mp_process_create(&child, greet, name, NULL);

    if (error >= 0) {
        error = mp_process_start(child);
    }
    if (error >= 0) {
        error = mp_process_join(child, MP_FOREVER);
    }
    if (error >= 0) {
        error = mp_process_exit_status(child, &status);
    }
    if (error < 0) {
        fprintf(stderr, "hello_process: %s\n", mp_strerror(error));
    }
    mp_process_destroy(child);
    return status;
}
