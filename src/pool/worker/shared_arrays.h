/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * shared_arrays.h -- arrays of the caller's that a worker uses where they lie
 */
#ifndef MP__SHARED_ARRAYS_H
#define MP__SHARED_ARRAYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MP__ATTENDED_KNOWN 64

/* What a worker has attended already, by extents of 2 MiB: a bit for each
 * thirty-second of one. All zero: nothing. */
typedef struct mp__attended {
    struct {
        uintptr_t extent;  /* address / size of one; 0: none */
        uint32_t units[2]; /* to be read, to be written */
    } known[MP__ATTENDED_KNOWN];
} mp__attended;

/* Is this memory of mp_shared_create() that this process still has? A task may
 * have given it up. If so it is about to be used, `writable` or not. */
bool mp__attend(mp__attended *attended, const void *memory, size_t size,
                bool writable);

#endif
