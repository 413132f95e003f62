/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * outcome.h -- how an item ended
 *
 * An outcome that is passed on is called news here, and mp__kept is one that is
 * kept until somebody asks.
 */
#ifndef MP__OUTCOME_H
#define MP__OUTCOME_H

#include "mp/pool.h"
#include "objects/serializer.h"
#include "pool/common/chunk.h"
#include "pool/batch/long_results.h"
#include "pool/common/task.h"
#include "shared/outbox.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* How one item ended, as the worker or whoever ended it has told. */
typedef struct mp__news {
    enum mp_task_end end;
    int error;
    int status; /* exit status of a dead worker */
    bool core_dumped;
    bool set_aside;
    pid_t pid; /* 0: no worker had it */
    int worker;
    int attempt;
    const mp__cost *cost; /* NULL: not known */
    const void *bytes;    /* DONE: the encoded result, aligned */
    size_t size;
    mp__extent extent; /* where `bytes` can be kept without a copy, if so */
    const mp__fault *fault; /* FAILED, BROKEN: may be NULL */
} mp__news;

#define MP__KEPT_INSIDE ((size_t)16)

/* How one item ended, kept until somebody asks. A result of at most
 * MP__KEPT_INSIDE bytes lies in `inside`, a longer one at `outside`. */
typedef struct mp__kept {
    enum mp_task_end end; /* PENDING: not yet */
    int error;
    int status;
    bool core_dumped;
    bool set_aside;
    pid_t pid;
    int worker;
    int attempt;
    mp__cost *cost; /* NULL: not known; from malloc */
    size_t index;
    size_t size;
    void *outside; /* more than go inside, or a fault; from malloc unless: */
    mp__retained *retained; /* it lies there, pinned */
    int pin;
    _Alignas(16) unsigned char inside[MP__KEPT_INSIDE];
} mp__kept;

/* Keep what came; without memory for it the item has failed. */
void mp__kept_fill(mp__kept *kept, size_t index, const mp__news *news);
/* Tell how an item ended. */
void mp__kept_report(const mp__kept *kept, mp_report *report);
static inline const void *mp__kept_bytes(const mp__kept *kept)
{
    return kept->size > sizeof(kept->inside) ? kept->outside : kept->inside;
}

/* Decode it to `object`, which is zero bytes after an error; its code. The
 * first is for all but a few plain bytes. */
int mp__kept_decode_other(const mp__chunk *chunk, const mp__kept *kept,
                          void *object);
static inline int mp__kept_decode(const mp__chunk *chunk, const mp__kept *kept,
                                  void *object)
{
    if (object != NULL && kept->error == 0 && chunk->has_result &&
        mp__serializer_is_plain(&chunk->result) &&
        kept->size == chunk->result.object_size &&
        kept->size <= sizeof(kept->inside)) {
        mp__copy_object(object, kept->inside, kept->size);
        return 0;
    }
    return mp__kept_decode_other(chunk, kept, object);
}

void mp__kept_drop(mp__kept *kept); /* what it has elsewhere */

static inline void mp__kept_free(mp__kept *kept)
{
    if (kept->outside != NULL || kept->cost != NULL) {
        mp__kept_drop(kept);
    }
    kept->end = MP_TASK_PENDING;
}

#endif
