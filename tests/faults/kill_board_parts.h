/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * kill_board_parts.h -- the board, as those who fill it and who play see it
 */
#ifndef KILL_BOARD_PARTS_H
#define KILL_BOARD_PARTS_H

#include "faults/kill_board.h"

enum {
    SCENARIOS_MOST = 64,
    CASES_MOST = 1 << 20,
    SINGLES_MOST = 1 << 15,
    CENSUS_RUNS = 3,
    PASSES_MOST = 3,
    FAILURES_SHOWN = 20,
    TRIES_MOST = 5, /* of a point that nobody has been killed at yet */
    BITS = MP__ROLES * MP__KILL_POINTS_MOST / 8
};

struct victim {
    int16_t point;
    uint8_t role;
    uint8_t pass;
};

struct attempt {
    uint8_t scenario;
    uint8_t count;
    uint8_t fired;
    struct victim victims[2];
};

struct board {
    _Atomic int next;
    _Atomic int failures;
    _Atomic int runs;
    _Atomic int fired; /* runs in which every planned kill came about */
    _Atomic int gone_us;
    _Atomic int broken_us;
    uint8_t census[SCENARIOS_MOST][MP__ROLES][MP__KILL_POINTS_MOST];
    _Atomic int killed[MP__ROLES][MP__KILL_POINTS_MOST];
    unsigned char after[SINGLES_MOST][BITS]; /* who passes what after a kill */
    struct attempt attempts[CASES_MOST];
};

extern struct board *board;
extern const struct scenario *scenarios[SCENARIOS_MOST];
extern int scenario_count;
extern int attempt_count;
extern const char *const role_names[MP__ROLES];

bool board_add(int scenario, const struct victim *victims, int count);
/* Play the attempt of this index, in a lane. */
void board_play(int index);
/* Play all attempts, or until `end_ns`. 0 when all went well. */
int board_play_all(int64_t end_ns);

#endif
