/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * long_arguments.h -- arguments too long for a task slot, in the pool's file
 */
#ifndef MP__LONG_ARGUMENTS_H
#define MP__LONG_ARGUMENTS_H

#include "pool/common/core.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A process's own map of them; zero at first. */
typedef struct mp__arguments_view {
    unsigned char *window; /* on all slots; NULL: not mapped */
    bool no_window;        /* nor can it be */
} mp__arguments_view;

/* ---- the owner ---- */

typedef struct mp__arguments mp__arguments;

/* For the owner of `core`, which outlives it. NULL: no memory. */
mp__arguments *mp__arguments_create(const mp__core *core);
void mp__arguments_destroy(mp__arguments *arguments); /* NULL: nothing */

/* Memory of `slot`, which is free, to encode arguments into before they are put
 * there: *size bytes, of which `likely` are wanted. NULL: there is none. */
unsigned char *mp__arguments_window(mp__arguments *arguments, uint32_t slot,
                                    size_t likely, size_t *size);
/* Write those of `slot`, which is free. 0 or -errno. */
int mp__arguments_put(mp__arguments *arguments, uint32_t slot,
                      const void *bytes, size_t size);
/* `slot`, which has some, is free again. */
void mp__arguments_free(mp__arguments *arguments, uint32_t slot);
/* Some time has passed: give back memory that was not used since the last
 * call. */
void mp__arguments_rest(mp__arguments *arguments);

/* ---- a worker ---- */

/* Where those of `slot` lie, only to be read, for as long as that is in hand;
 * NULL: they must be read by calls. */
const void *mp__arguments_find(mp__arguments_view *view, const mp__core *core,
                               uint32_t slot, uint64_t size);

#endif
