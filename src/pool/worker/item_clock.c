/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * item_clock.c -- the clock of what a worker runs, which its supervisor reads
 */
#include "pool/worker/item_clock.h"

#include "platform/clock.h"

void mp__worker_start_clock(mp__worker *w, int64_t now)
{
    w->start = now;
    mp__task_table_set_clock(w->core->table, w->index, now);
}

void mp__worker_stop_clock(mp__worker *w)
{
    mp__task_table_set_clock(w->core->table, w->index, 0);
}

void mp__worker_tell_supervisor(mp__worker *w, int limit_ms)
{
    if (limit_ms > 0) {
        mp__alarm_lower(&w->core->control->alarm,
                        w->start +
                            ((int64_t)limit_ms + w->core->grace_ms) * MP__MS,
                        w->alarm_end);
    }
}
