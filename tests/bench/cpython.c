/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * cpython.c -- samples of CPython's multiprocessing, by cpython.py
 *
 * One interpreter stays for the whole run and sleeps in a read between its
 * samples: a command goes in as a line, its values come back as one.
 */
#include "bench.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t interpreter; /* 0: not tried yet; -1: there is none */
static FILE *commands;
static FILE *answers;

static bool start(void)
{
    char line[64] = "";
    int there[2];
    int back[2];

    if (interpreter != 0) {
        return interpreter > 0;
    }
    if (pipe(there) < 0 || pipe(back) < 0) {
        return false;
    }
    interpreter = fork();
    if (interpreter == 0) {
        (void)dup2(there[0], 0);
        (void)dup2(back[1], 1);
        for (int fd = 3; fd < 64; fd++) {
            (void)close(fd);
        }
        (void)execlp("python3", "python3", BENCH_SCRIPT, (char *)NULL);
        _exit(127);
    }
    (void)close(there[0]);
    (void)close(back[1]);
    commands = fdopen(there[1], "w");
    answers = fdopen(back[0], "r");
    if (commands == NULL || answers == NULL ||
        fgets(line, sizeof(line), answers) == NULL) {
        fputs("cpython: no python3 with multiprocessing here\n", stderr);
        bench_cpython_stop();
        interpreter = -1;
        return false;
    }
    return true;
}

int bench_cpython(const void *context, double *values)
{
    char line[256] = "";
    char *at = line;

    if (!start()) {
        return BENCH_ABSENT;
    }
    (void)fprintf(commands, "%s\n", (const char *)context);
    (void)fflush(commands);
    if (fgets(line, sizeof(line), answers) == NULL ||
        strncmp(line, "wrong", 5) == 0) {
        return BENCH_WRONG;
    }
    for (int i = 0; i < BENCH_VALUES; i++) {
        values[i] = strtod(at, &at);
    }
    return BENCH_OK;
}

void bench_cpython_stop(void)
{
    if (commands != NULL) {
        (void)fclose(commands);
        commands = NULL;
    }
    if (answers != NULL) {
        (void)fclose(answers);
        answers = NULL;
    }
    if (interpreter > 0) {
        (void)waitpid(interpreter, NULL, 0);
    }
    interpreter = 0;
}
