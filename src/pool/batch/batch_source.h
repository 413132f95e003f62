/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * batch_source.h -- items that a batch takes from its source
 */
#ifndef MP__BATCH_SOURCE_H
#define MP__BATCH_SOURCE_H

#include "pool/batch/batch.h"
#include "pool/common/chunk.h"

#include <stddef.h>
#include <stdint.h>

/* Items taken from a source, to be handed out. */
typedef struct mp__taken {
    size_t first; /* index */
    uint32_t count;
    const void *bytes; /* their arguments, encoded */
    size_t size;
} mp__taken;

/* Are its arguments packed? If not, they are used where they lie. */
static inline bool mp__batch_packs(const mp__batch *batch)
{
    return batch->source.next != NULL ||
           !mp__chunk_argument_is_plain(&batch->work->chunk);
}

/* Take items from the source, up to a chunk of them and at most `most`. Their
 * arguments lie in `pack`, which is empty before, or in the caller's array, until
 * the next take. Items that cannot be encoded end here and now. */
void mp__batch_take(mp__batch *batch, mp__pack *pack, uint64_t most,
                    mp__taken *taken);

/* Take the one item it has, whose argument is `size` bytes, encoded. */
void mp__batch_take_one(mp__batch *batch, const void *bytes, size_t size,
                        mp__taken *taken);

/* Nothing more comes: items not taken end as `news` says (DIRECT, STORED), or
 * the source ends with its error (others). */
void mp__batch_end_source(mp__batch *batch, const mp__news *news);

#endif
