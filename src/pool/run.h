/*
 * run.h -- one item: decode its argument, run the task, encode its result
 */
#ifndef MP__RUN_H
#define MP__RUN_H

#include "objects/serializer.h"
#include "pool/chunk.h"
#include "pool/task.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

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
void *mp__run_argument(mp__runner *runner, size_t size);

/* What a task's code that is not 0 means: its fault says more. */
int mp__run_failed(int code);

/* memcpy() and memset() whose sizes the compiler does not know cost more than
 * the smallest tasks. */
static inline void mp__copy_object(void *to, const void *from, size_t size)
{
    if (size == sizeof(uint64_t)) {
        memcpy(to, from, sizeof(uint64_t));
    } else {
        memcpy(to, from, size);
    }
}

static inline void mp__wipe_object(void *object, size_t size)
{
    if (size == sizeof(uint64_t)) {
        memset(object, 0, sizeof(uint64_t));
    } else {
        memset(object, 0, size);
    }
}

/* Item number `index`: argument and result are plain memory or NULL. `copy`:
 * where the task gets its argument; NULL: at `bytes` itself. 0 or the error. */
static inline int mp__run_plain(const mp__chunk *chunk, const void *bytes,
                                void *copy, void *result, size_t index)
{
    int code;

    mp__task_set_index(index);
    if (copy != NULL) {
        mp__copy_object(copy, bytes, chunk->argument.object_size);
        bytes = copy;
    }
    if (result != NULL) {
        mp__wipe_object(result, chunk->result.object_size);
    }
    code = chunk->run(bytes, result);
    if (copy != NULL && chunk->argument.release != NULL) {
        mp_serializer_release(&chunk->argument, copy, 1);
    }
    return code == 0 ? 0 : mp__run_failed(code);
}

/* The bytes of the last item are not needed any more. */
void mp__run_release(mp__runner *runner, const mp__chunk *chunk);
void mp__run_free(mp__runner *runner);

#endif
