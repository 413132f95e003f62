/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * processes.c -- time, and processes told apart though pids come round again
 */
#include "processes.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

long long now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void nap_us(long us)
{
    struct timespec span = { us / 1000000, us % 1000000 * 1000 };

    (void)nanosleep(&span, NULL);
}

struct identity identify(int pid)
{
    struct identity who = { .pid = pid };
    char path[64];
    char line[512] = "";
    const char *rest;
    FILE *file;

    (void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    file = pid > 0 ? fopen(path, "r") : NULL;
    if (file == NULL) {
        return who;
    }
    if (fgets(line, sizeof(line), file) != NULL &&
        (rest = strrchr(line, ')')) != NULL) {
        (void)sscanf(rest + 1,
                     " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u "
                     "%*d %*d %*d %*d %*d %*d %llu",
                     &who.parent, &who.start);
    }
    (void)fclose(file);
    return who;
}

int is_gone(const struct identity *who)
{
    if (who->start == 0) {
        return 1;
    }
    while (waitpid(who->pid, NULL, WNOHANG) > 0) {
        /* go on */
    }
    return identify(who->pid).start != who->start;
}

int children_of(int pid, int *children, int capacity)
{
    char path[64];
    FILE *file;
    int count = 0;

    (void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
    file = pid > 0 ? fopen(path, "r") : NULL;
    if (file == NULL) {
        return 0;
    }
    while (count < capacity && fscanf(file, "%d", &children[count]) == 1) {
        count++;
    }
    (void)fclose(file);
    return count;
}
