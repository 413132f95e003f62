/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * reserved.h -- the end of a struct that a caller fills is zero
 *
 * A field that this library does not know lies there. A caller that sets one
 * was built for a later library, and is told so: to pass over the field would
 * be to promise what it asks for.
 */
#ifndef MP__RESERVED_H
#define MP__RESERVED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool mp__words_are_zero(const uint64_t *words, size_t count)
{
    uint64_t any = 0;
    size_t i;

    for (i = 0; i < count; i++) {
        any |= words[i];
    }
    return any == 0;
}

/* Is the reserved tail zero? `object` points to a struct that a caller fills. */
#define MP__RESERVED_IS_ZERO(object)                                           \
    mp__words_are_zero((object)->reserved,                                     \
                       sizeof((object)->reserved) / sizeof(uint64_t))

#endif
