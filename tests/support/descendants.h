/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * descendants.h -- finds, shows and ends the processes below this one
 */
#ifndef MP_TEST_DESCENDANTS_H
#define MP_TEST_DESCENDANTS_H

#include <stdbool.h>
#include <sys/types.h>

/** What the system says about a process. */
typedef struct mp_test__process {
    pid_t pid;
    pid_t parent;
    char state;    /**< R, S, D, T, t, Z or X; as in ps. */
    char name[32]; /**< Of the program; for people. */
} mp_test__process;

/** False if there is no such process, or no way to ask. */
bool mp_test__process_look(pid_t pid, mp_test__process *process);

/** Whether this system lists its processes. */
bool mp_test__processes_are_listed(void);

/**
 * Copy up to `capacity` children of `parent`, dead ones included. Returns how
 * many it copied; 0 also where processes are not listed.
 */
int mp_test__children_of(pid_t parent, mp_test__process *children,
                         int capacity);

/**
 * SIGKILL and reap every child of this process except `spared` (0: none), and
 * whatever falls to it as their orphans, until none is left or 10 s passed.
 * Only the parent can do that safely: what it has not reaped keeps its pid.
 */
void mp_test__end_children(pid_t spared);

/** Write one line per descendant of `root` to standard error. */
void mp_test__show_descendants(pid_t root);

#endif
