/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * kill_lane.h -- plays one case after the other, several lanes side by side
 */
#ifndef KILL_LANE_H
#define KILL_LANE_H

#include "faults/kill_stage.h"

/* What one run has shown. */
struct outcome {
    bool well;
    char why[400];
    bool fired[MP__KILLS_MOST];
    double gone_ms;   /* from the main process's end until all were gone */
    double broken_ms; /* from a supervisor's death until MP_EBROKEN; or 0 */
};

/* Must be called once in each process that plays: orphans come to it. */
int lane_begin(void);

/* Play `scenario` with `count` kills after its own ones. */
void lane_play(const struct scenario *scenario, const struct mp__kill *kills,
               int count, struct outcome *outcome);

/* The index of a point; -1: there is none of that name. */
int lane_point(const char *name);

#endif
