/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * task.h -- what a running task may ask, and what it says of its failure
 */
#ifndef MP__TASK_H
#define MP__TASK_H

#include "mp/task.h"

/* What mp_task_fail() said. */
typedef struct mp__fault {
    int32_t code;
    int32_t line;
    char file[64];
    char text[256]; /* last: only what is used of it travels */
} mp__fault;

/* What else a running item may ask. */
typedef struct mp__turn {
    int attempt;
    int64_t soft_end; /* when its limit passes; MP__NEVER */
    bool (*is_canceled)(const void *context);
    const void *context;
} mp__turn;

/* All that is known of what runs in this process; all zero: nothing. */
typedef struct mp__here {
    int worker; /* index + 1; 0: no worker */
    size_t index;
    void *state;
    mp__turn turn;
    bool spoke; /* one of the next two is set */
    int told;   /* to stop, and why */
    mp__fault fault;
} mp__here;

/* From here on the caller runs tasks as worker `index`. */
void mp__task_enter(int index);
/* Around that, where it ends again: a task may use a pool without processes
 * and is a task still afterwards. */
void mp__task_save(mp__here *outer);
void mp__task_restore(const mp__here *outer);
void mp__task_set_state(void *state);

/* What the running item was told when it asked whether it should stop: 0,
 * MP_ELIMIT, MP_ECANCELED. */
int mp__task_told(void);

extern mp__here mp__task_here;

/* Of the items that run from here on, until the next turn. */
static inline void mp__task_set_turn(const mp__turn *turn)
{
    mp__task_here.turn = *turn;
}

/* What the last item said, or was told, is forgotten. */
void mp__task_hush(void);

/* The item that runs next. */
static inline void mp__task_set_index(size_t index)
{
    mp__task_here.index = index;
    if (mp__task_here.spoke) {
        mp__task_hush();
    }
}

/* What the running item said; its text is empty when it said nothing. */
const mp__fault *mp__task_fault(void);

/* Write a fault of libmp's own. */
void mp__fault_say(mp__fault *fault, int code, const char *format, ...)
    MP_PRINTF(3, 4);

#endif
