/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * named_processes.c -- processes have names, given or by default
 *
 *     $ ./named_processes (lines in any order)
 *     my_service Starting
 *     worker 1 Starting
 *     Process-3 Starting
 *     worker 1 Exiting
 *     Process-3 Exiting
 *     my_service Exiting
 */
#include <mp/mp.h>

#include <stdio.h>
#include <unistd.h>

#define CHILDREN 3

static int service(void *seconds)
{
    const char *name = mp_process_name(mp_process_current());

    printf("%s Starting\n", name);
    (void)fflush(stdout);
    (void)sleep(*(const unsigned *)seconds);
    printf("%s Exiting\n", name);
    return 0;
}

int main(void)
{
    /* The default name counts all processes made, hence Process-3. */
    static const char *const names[CHILDREN] = { "my_service", "worker 1",
                                                 NULL };
    unsigned seconds[CHILDREN] = { 3, 2, 2 };
    mp_process *children[CHILDREN] = { NULL };
    int error = 0;
    int i;

    for (i = 0; i < CHILDREN && error >= 0; i++) {
        mp_process_options options = { .name = names[i] };

        error = mp_process_create(&children[i], service, &seconds[i], &options);
    }
    for (i = 0; i < CHILDREN && error >= 0; i++) {
        error = mp_process_start(children[i]);
    }
    for (i = 0; i < CHILDREN && error >= 0; i++) {
        error = mp_process_join(children[i], MP_FOREVER);
    }
    if (error < 0) {
        fprintf(stderr, "named_processes: %s\n", mp_strerror(error));
    }
    for (i = 0; i < CHILDREN; i++) {
        mp_process_destroy(children[i]);
    }
    return error < 0 ? 1 : 0;
}
