/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * turns.h -- two processes that run in turns, and what is counted of each
 *
 * A process that takes part runs until it gives its turn away, and then stands
 * still until the other one gives it back. So all that both do is the same in
 * every run, whatever else the machine does.
 */
#ifndef GATE_TURNS_H
#define GATE_TURNS_H

#include <stdbool.h>
#include <sys/types.h>

enum turns_side { TURNS_FIRST, TURNS_SECOND, TURNS_NOBODY };

/* What both processes see. */
struct turns_board {
    pid_t pids[2];
    double busy_s[2];             /* of each side, where it is measured */
    const volatile void *park[2]; /* the word on which a side sleeps */
};

/* In the process that becomes the first, before it forks. 0, or -1. */
int turns_prepare(void);

struct turns_board *turns_board(void);

/* Which side the calling process is at the moment. */
enum turns_side turns_side(void);

/* Take part. The second waits for its first turn; false: there is none. */
bool turns_join(enum turns_side side);

/* Give the turn away and wait for the next; false: it is all over, and both run
 * freely. Where nobody takes turns it does nothing. */
bool turns_pass(void);

/* The first says whether what both do from here on is counted. */
void turns_count(bool on);

/* The first ends it. */
void turns_end(void);

#endif
