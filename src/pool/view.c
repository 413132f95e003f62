/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * view.c -- the encoded result of one task, where it lies
 */
#include "mp/result.h"

#include "mp/error.h"
#include "pool/call.h"

int mp_result_view(mp_result *result, const void **bytes, size_t *size,
                   int timeout_ms)
{
    const mp__kept *kept;
    mp__batch *batch = NULL;
    int error = bytes == NULL || size == NULL
                    ? MP_EINVAL
                    : mp__result_batch(result, &batch);

    if (error < 0) {
        return error;
    }
    if (!batch->is_single || !batch->work->chunk.has_result) {
        return MP_EINVAL;
    }
    error = mp_result_wait(result, timeout_ms);
    if (error < 0) {
        return error;
    }
    kept = &batch->kept[0];
    if (kept->error < 0) {
        return kept->error;
    }
    *bytes = mp__kept_bytes(kept);
    *size = kept->size;
    return MP_OK;
}
