/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * consumer.c -- a program that uses an installed libmp
 */
#include <mp/mp.h>

#include <stdio.h>
#include <string.h>

static int answer(void *argument)
{
    (void)argument;
    return 42;
}

int main(void)
{
    mp_process *process = NULL;
    int status = 0;

    if (strcmp(mp_version(), MP_VERSION) != 0 ||
        mp_process_create(&process, answer, NULL, NULL) < 0 ||
        mp_process_start(process) < 0 || mp_process_join(process, 5000) < 0 ||
        mp_process_exit_status(process, &status) < 0) {
        return 1;
    }
    mp_process_destroy(process);
    printf("%d\n", status);
    return status == 42 ? 0 : 1;
}
