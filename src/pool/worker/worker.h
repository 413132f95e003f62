/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * worker.h -- pull a task, run it, commit the result
 */
#ifndef MP__WORKER_H
#define MP__WORKER_H

#include "pool/common/core.h"

/* The life of a worker, in a process that `supervisor` has just forked with
 * all signals blocked. */
_Noreturn void mp__worker_live(mp__core *core, uint32_t index,
                               pid_t supervisor);

#endif
