/*
 * run.h -- one item: decode its argument, run the task, encode its result
 */
#ifndef MP__RUN_H
#define MP__RUN_H

#include "objects/serializer.h"
#include "pool/chunk.h"

#include <stddef.h>

/* Memory kept from item to item; all zero is empty. */
typedef struct mp__runner {
    mp__scratch argument; /* the decoded object */
    mp__scratch result;   /* the object that the task fills in */
    mp__scratch encoded;
} mp__runner;

/* What came of it. */
typedef struct mp__ran {
    /* 0; MP_EFAILED, MP_ELIMIT, MP_ECANCELED, MP_EENCODE, MP_EDECODE,
     * MP_ENOMEM: then mp__task_fault() says more. */
    int error;
    const void *bytes; /* the encoded result, inside the runner */
    size_t size;
} mp__ran;

/* Item number `index` of its call, whose argument is `size` bytes, aligned.
 * `bytes` NULL where the task takes none. */
mp__ran mp__run_item(mp__runner *runner, const mp__chunk *chunk,
                     const void *bytes, size_t size, size_t index);

/* The bytes of the last item are not needed any more. */
void mp__run_release(mp__runner *runner, const mp__chunk *chunk);
void mp__run_free(mp__runner *runner);

#endif
