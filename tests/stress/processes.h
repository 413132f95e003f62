/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * processes.h -- time, and processes told apart though pids come round again
 */
#ifndef MP_STRESS_PROCESSES_H
#define MP_STRESS_PROCESSES_H

long long now_ms(void);
void nap_us(long us);

/* A pid alone may be somebody else's by now: numbers come round again while
 * thousands of processes are made. Parent and start time tell. */
struct identity {
    int pid;
    int parent;
    unsigned long long start; /* 0: there is no such process */
};

struct identity identify(int pid);

/* Orphans come to us where that can be arranged, or init reaps them. */
int is_gone(const struct identity *who);

/* Up to `capacity` pids of its children, the dead included; how many. */
int children_of(int pid, int *children, int capacity);

#endif
