/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * kill_board.h -- which kills there are to be tried, and what became of them
 */
#ifndef KILL_BOARD_H
#define KILL_BOARD_H

#include "faults/kill_stage.h"

/* 0, or -1 without memory. */
int board_create(void);

/* Each gives 0 when all went well, 1 otherwise, having said why. */

/* Play each scenario without a further kill: who passes which points? */
int board_take_census(void);
/* One kill a run: at every point, by every role, up to its third pass. */
int board_run_singles(void);
/* A random sample of these for `seconds`; not every point need be hit. */
int board_run_sample(int seconds, unsigned seed);
/* Two kills a run: all that singles have shown to be possible, or a random
 * sample for `seconds`. */
int board_run_pairs(int seconds, unsigned seed);
/* `words`: POINT ROLE PASS, once or more. */
int board_run_one(const char *scenario, char **words, int count);

#endif
