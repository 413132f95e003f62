/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * item.h -- one item: decode its argument, run the task, encode its result
 */
#ifndef MP__ITEM_H
#define MP__ITEM_H

#include "objects/serializer.h"
#include "pool/common/chunk.h"
#include "pool/common/task.h"

#include <stddef.h>
#include <stdint.h>

/* Memory kept from item to item; all zero is empty. */
typedef struct mp__runner {
    mp__scratch argument; /* the decoded object */
    mp__scratch result;   /* the object that the task fills in */
    mp__scratch encoded;
    /* Memory for the bytes of a long result where it is wanted, which nobody
     * has to give back; NULL when there is none. NULL: there never is. */
    void *(*room)(void *context, size_t size);
    void *context;
    void *object;  /* of the result: in `result`, or in such a room */
    size_t likely; /* the size of the last long result; 0: it was not long */
} mp__runner;

/* What came of it. */
typedef struct mp__ran {
    /* 0; MP_EFAILED, MP_ELIMIT, MP_ECANCELED, MP_EENCODE, MP_EDECODE,
     * MP_ENOMEM: then mp__task_fault() says more. */
    int error;
    const void *bytes; /* the encoded result, inside the runner or a room */
    size_t size;
} mp__ran;

/* Item number `index` of its call, whose argument is `size` bytes, aligned.
 * `bytes` NULL where the task takes none. */
mp__ran mp__run_item(mp__runner *runner, const mp__chunk *chunk,
                     const void *bytes, size_t size, size_t index);

/* The same where the task gives no result or one of plain memory: that is made
 * at `result` itself. Only the error of what came of it. */
int mp__run_into(mp__runner *runner, const mp__chunk *chunk, const void *bytes,
                 size_t size, size_t index, void *result);

/* Memory for the object of an argument; NULL: there is none. */
static inline void *mp__run_argument(mp__runner *runner, size_t size)
{
    return mp__scratch_reserve(&runner->argument, size) < 0
               ? NULL
               : runner->argument.bytes;
}

/* What a task's code that is not 0 means: its fault says more. */
int mp__run_failed(int code);

/* The bytes of the last item are not needed any more. */
void mp__run_release(mp__runner *runner, const mp__chunk *chunk);
void mp__run_free(mp__runner *runner);

#endif
