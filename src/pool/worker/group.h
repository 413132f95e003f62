/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * group.h -- many small items, one record and one commit
 */
#ifndef MP__GROUP_H
#define MP__GROUP_H

#include "pool/common/chunk.h"
#include "pool/common/item.h"
#include "pool/worker/worker_state.h"
#include "shared/task_table.h"

#include <stdbool.h>
#include <stddef.h>

/* May items of this task share a record? */
bool mp__worker_makes_runs(const mp__worker *w, const mp__chunk *chunk);
/* Run items from the one in hand on, whose argument is `size` bytes, and commit
 * them. True; false: the item in hand then has failed, and *ran says how. */
bool mp__worker_run_on(mp__worker *w, mp__chunk *chunk,
                       const mp__run_line *line, mp__unpack *unpack,
                       const void *bytes, size_t size, mp__ran *ran);

#endif
