/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * group_items.h -- the loops over the items of a group
 */
#ifndef MP__GROUP_ITEMS_H
#define MP__GROUP_ITEMS_H

#include "pool/common/chunk.h"
#include "pool/worker/worker_state.h"
#include "shared/task_table.h"

#include <stddef.h>
#include <stdint.h>

/* A run in the making. */
typedef struct mp__run {
    mp__run_line line;
    unsigned char *place; /* of the next result */
    uint32_t item;        /* the next one */
    uint32_t end;
} mp__run;

/* Run items of `run`, the argument of the next of which is `size` bytes, until
 * one fails or something is in the way. 0, or how it failed. */
int mp__worker_run_items(mp__worker *w, const mp__chunk *chunk,
                         mp__unpack *unpack, const void *bytes, size_t size,
                         mp__run *run);

#endif
