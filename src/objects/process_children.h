/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * process_children.h -- the children of this process, until each is reaped
 */
#ifndef MP__PROCESS_CHILDREN_H
#define MP__PROCESS_CHILDREN_H

#include "objects/process_self.h"

#include <stdbool.h>
#include <stdint.h>

/* The list of started children. It changes under mp__self_lock(); entries of
 * another maker were copied by a fork. */
extern mp_process *mp__children;

/* Is it a handle of the calling process, and not one that a fork copied? */
bool mp__process_is_ours(const mp_process *process);
/* Was it seen already that the process has ended? */
bool mp__process_has_ended(const mp_process *process);
/* Look whether a started child has ended; true if so. */
bool mp__process_look(mp_process *process);
/* Free the record, which is in no list; NULL does nothing. */
void mp__process_free(mp_process *process);
/* Reap every child that has ended; free those without a handle. */
void mp__process_reap(void);
/* Get the pidfd of a started child: unreaped, so its number is pinned. */
void mp__process_watch(mp_process *process);
/* Wait for the end of a started child. 0 or MP_ETIMEDOUT. */
int mp__process_wait(mp_process *process, int64_t deadline);
/* As mp_process_terminate() and mp_process_kill(). */
int mp__process_signal(mp_process *process, int number);

#endif
