/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * leave.h -- a worker leaves that has lost its supervisor, its item or itself
 */
#ifndef MP__LEAVE_H
#define MP__LEAVE_H

#include "pool/worker/worker_state.h"

/* If its supervisor is dead, the worker leaves. Every sleep looks. */
void mp__worker_leave_orphan(const mp__worker *w);
/* Somebody else ended what is in hand, and its SIGKILL is on the way. If none
 * is, since the word was overwritten, our end is for the supervisor to see. */
_Noreturn void mp__worker_wait_for_death(const mp__worker *w);
/* The supervisor has said that init is overdue. */
_Noreturn void mp__worker_wait_for_kill(const mp__worker *w);
/* Nothing can be in the hand of an idle worker, unless somebody has written
 * that it is. Nobody would ever end that task: our end does. */
void mp__worker_leave_nonsense(const mp__worker *w);
/* Is this a copy of the worker that a task has forked? Then it ends here. */
void mp__worker_leave_copy(const mp__worker *w);

#endif
