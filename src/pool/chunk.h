/*
 * chunk.h -- many items as one task: how their arguments lie in bytes
 */
#ifndef MP__CHUNK_H
#define MP__CHUNK_H

#include "mp/task.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a worker must know of a task. Stands at the start of the task slot's
 * body, written by the owner while the slot is FREE. */
typedef struct mp__chunk {
    int (*run)(const void *argument, void *result);
    mp_serializer argument;
    mp_serializer result;
    bool has_argument;
    bool has_result;
    int limit_ms; /* of one run; 0: none */
    int retries;
    bool in_file;   /* the arguments are not behind this, but in the file */
    uint32_t count; /* of items */
    uint64_t first; /* index of the first of them in its call */
    uint64_t size;  /* of all arguments, in bytes */
} mp__chunk;

/* Arguments up to this many bytes lie in the slot itself. */
#define MP__CHUNK_INLINE ((size_t)4096)
#define MP__CHUNK_HEAD   ((sizeof(mp__chunk) + 63) / 64 * 64)
#define MP__CHUNK_BODY   (MP__CHUNK_HEAD + MP__CHUNK_INLINE)

/* Without items yet. */
mp__chunk mp__chunk_of(const mp_task *task);

/* Arguments being packed; all zero is empty. Memory from malloc. */
typedef struct mp__pack {
    unsigned char *bytes;
    size_t size;
    size_t capacity;
    uint32_t count;
} mp__pack;

/* Add one argument (ignored where the task takes none). 0, MP_EENCODE or
 * MP_ENOMEM, and then the pack is as before. */
int mp__pack_add(mp__pack *pack, const mp__chunk *chunk, const void *object);
void mp__pack_clear(mp__pack *pack); /* keeps the memory */
void mp__pack_free(mp__pack *pack);

/* Arguments being unpacked. */
typedef struct mp__unpack {
    const unsigned char *next;
    size_t left;
} mp__unpack;

/* The bytes of the next argument; false when they are damaged. */
bool mp__unpack_next(mp__unpack *unpack, const mp__chunk *chunk,
                     const void **bytes, size_t *size);

#endif
