/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * supervisor.h -- fork, watch, replace and reap workers
 */
#ifndef MP__SUPERVISOR_H
#define MP__SUPERVISOR_H

#include "pool/common/core.h"

/* The life of the supervisor, in a process that the owner has just forked
 * with all signals blocked. */
_Noreturn void mp__supervisor_live(mp__core *core);

#endif
