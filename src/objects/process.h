/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * process.h -- what the rest of libmp needs to know of processes
 */
#ifndef MP__PROCESS_H
#define MP__PROCESS_H

#include "shared/domain.h"

#include <stdbool.h>
#include <sys/types.h>

/* May the calling process start no children? Daemons and workers may not. */
bool mp__process_is_daemonic(void);

/* In a child that the pool forked: be a daemon called `name`, with no
 * children, whose parent is the pool's owner. */
void mp__process_become(const char *name, pid_t parent_pid,
                        mp__ident parent_ident, const char *parent_name);

/* Call `hook` when this process exits, before its children are minded. It
 * counts for this process only, not for its children. One hook, the pool's;
 * registers the exit handler of this process too. 0 or MP_ENOMEM. */
int mp__process_on_exit(void (*hook)(void));

/* What every process does at its end: hook, then daemons are terminated, then
 * other children waited for. */
void mp__process_finish(void);

/* Has the calling process any child at all that was not reaped, once those
 * that ended under our eyes are? */
bool mp__process_has_children(void);

#endif
