/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * log.h -- births, deaths and kills, one line each, when LIBMP_LOG asks
 *
 * Off costs one look at a flag. A line is one write() to descriptor 2, never
 * the host's stdio, and is dropped where that would wait or raise SIGPIPE.
 */
#ifndef MP__LOG_H
#define MP__LOG_H

#include "mp/export.h"

#include <stdatomic.h>
#include <stdbool.h>

extern _Atomic bool mp__log_on;

/* mp__log("worker %u born", 3): a line "libmp: worker 3 born". */
#define mp__log(...)                                                           \
    do {                                                                       \
        if (atomic_load_explicit(&mp__log_on, memory_order_relaxed)) {         \
            mp__log_write(__VA_ARGS__);                                        \
        }                                                                      \
    } while (0)

/* The line is written whether or not a log is kept; cut at 511 bytes. Leaves
 * errno as it was. */
void mp__log_write(const char *format, ...) MP_PRINTF(1, 2);

#define MP__LOG_STATUS 48 /* bytes of the text that follows */

/* "status 3" or "signal 9", for `status` as in mp__exit. Returns `text`. */
const char *mp__log_status(char text[MP__LOG_STATUS], bool known, int status);

/* Look at the environment, before the first process or object is made. */
void mp__log_open(void);

#endif
