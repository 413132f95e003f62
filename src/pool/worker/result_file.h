/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * result_file.h -- a worker's long results, into its part of the pool's file
 */
#ifndef MP__RESULT_FILE_H
#define MP__RESULT_FILE_H

#include "pool/common/core.h"
#include "shared/extents.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct mp__outlet {
    const mp__core *core;
    uint32_t w;
    mp__extents extents;
    unsigned char *window; /* of our part; NULL: not mapped */
    bool no_window;        /* nor can it be */
    /* Bytes of the part whose pages are known to be there. */
    uint64_t sure_begin;
    uint64_t sure_end;
    uint64_t kept;    /* pages in front of this are not given back */
    uint32_t cleared; /* pins, when pages were given back last */
    bool trimmed;     /* nothing was sent since */
} mp__outlet;

/* At the worker's birth. */
void mp__outlet_open(mp__outlet *outlet, const mp__core *core, uint32_t w);

/* Room for `size` bytes of a result, in the file itself and safe to write to;
 * the content is not defined. Until the next such call it is free, and nobody
 * has to give it back. NULL: there is none now; try write. */
void *mp__outlet_room(mp__outlet *outlet, size_t size);

/* The file offset of a result of `size` bytes, which may have been made in the
 * room. 0; -EAGAIN: not before the owner has read more; or -errno. */
int mp__outlet_write(mp__outlet *outlet, const void *bytes, size_t size,
                     uint64_t *offset);
/* The record that tells of it is published. */
void mp__outlet_sent(mp__outlet *outlet, uint64_t offset, size_t size);

/* Nothing is to be done for a while: give back memory that is not in use,
 * beyond what is kept warm. */
void mp__outlet_idle(mp__outlet *outlet);

#endif
