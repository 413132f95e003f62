/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * chunk.h -- many items as one task: how their arguments lie in bytes
 */
#ifndef MP__CHUNK_H
#define MP__CHUNK_H

#include "mp/task.h"
#include "objects/serializer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the arguments of a chunk lie. */
enum mp__arguments_in {
    MP__IN_SLOT = 0, /* behind this, in the slot's body */
    MP__IN_FILE,
    MP__IN_PLACE /* in the caller's array, which its workers see */
};

#define MP__CHUNK_SMALL ((size_t)16)

/* What a worker must know of a task. Stands at the start of the task slot's
 * body, written by the owner while the slot is FREE. */
typedef struct mp__chunk {
    uint32_t count; /* of items */
    enum mp__arguments_in where;
    uint64_t first;                 /* index of the first of them in its call */
    uint64_t size;                  /* of all arguments, in bytes */
    const unsigned char *arguments; /* IN_PLACE: of the first of them */
    /* IN_SLOT, when they are so few: in one cache line with the above. */
    _Alignas(16) unsigned char small[MP__CHUNK_SMALL];
    /* From here on the same for all chunks of a call. */
    int (*run)(const void *argument, void *result);
    mp_serializer argument;
    mp_serializer result;
    bool has_argument;
    bool has_result;
    int limit_ms; /* of one run; 0: none */
    int retries;
    unsigned char *results; /* of the call, made in place; NULL: they are not */
} mp__chunk;

/* Arguments up to this many bytes lie in the slot itself. */
#define MP__CHUNK_INLINE ((size_t)4096)
#define MP__CHUNK_HEAD   ((sizeof(mp__chunk) + 63) / 64 * 64)
#define MP__CHUNK_BODY   (MP__CHUNK_HEAD + MP__CHUNK_INLINE)

/* Without items yet. */
mp__chunk mp__chunk_of(const mp_task *task);

/* An argument is nothing or plain memory of that size, and so is a result. */
static inline bool mp__chunk_argument_is_plain(const mp__chunk *chunk)
{
    return !chunk->has_argument || chunk->argument.encode == NULL;
}

static inline size_t mp__chunk_argument_size(const mp__chunk *chunk)
{
    return chunk->has_argument ? chunk->argument.object_size : 0;
}

static inline bool mp__chunk_result_is_plain(const mp__chunk *chunk)
{
    return !chunk->has_result || chunk->result.encode == NULL;
}

static inline size_t mp__chunk_result_size(const mp__chunk *chunk)
{
    return chunk->has_result ? chunk->result.object_size : 0;
}

/* Arguments being packed; all zero is empty. */
typedef struct mp__pack {
    unsigned char *bytes; /* in memory of its own, or in what it was lent */
    size_t size;
    size_t capacity;
    uint32_t count;
    mp__scratch own; /* kept */
} mp__pack;

/* Room for `size` more bytes, aligned as those before are, to be written; NULL:
 * no memory. They are in the pack once mp__pack_grow() says so. */
unsigned char *mp__pack_room(mp__pack *pack, size_t size);
static inline void mp__pack_grow(mp__pack *pack, size_t size, uint32_t count)
{
    pack->size += size;
    pack->count += count;
}
/* Add one argument (ignored where the task takes none). 0, MP_EENCODE or
 * MP_ENOMEM, and then the pack is as before. */
int mp__pack_add(mp__pack *pack, const mp__chunk *chunk, const void *object);
/* Empty it, to be filled where it keeps memory, or in `capacity` bytes at
 * `lent` for as long as they are enough. */
void mp__pack_clear(mp__pack *pack);
void mp__pack_clear_into(mp__pack *pack, unsigned char *lent, size_t capacity);
/* Empty it, and give its memory back if that is more than `keep` bytes. */
void mp__pack_trim(mp__pack *pack, size_t keep);
void mp__pack_free(mp__pack *pack);

/* Arguments being unpacked. */
typedef struct mp__unpack {
    const unsigned char *next;
    size_t left;
} mp__unpack;

/* The bytes of the next argument, where each has its size before it. */
bool mp__unpack_sized(mp__unpack *unpack, const void **bytes, size_t *size);

/* The bytes of the next argument; false when they are damaged. */
static inline bool mp__unpack_next(mp__unpack *unpack, const mp__chunk *chunk,
                                   const void **bytes, size_t *size)
{
    if (!mp__chunk_argument_is_plain(chunk)) {
        return mp__unpack_sized(unpack, bytes, size);
    }
    *size = mp__chunk_argument_size(chunk);
    *bytes = *size == 0 ? NULL : unpack->next;
    if (*size > unpack->left) {
        return false;
    }
    unpack->next += *size;
    unpack->left -= *size;
    return true;
}

/* Pass over `count` plain arguments, which are there. */
static inline void mp__unpack_skip(mp__unpack *unpack, const mp__chunk *chunk,
                                   uint32_t count)
{
    unpack->next += count * mp__chunk_argument_size(chunk);
    unpack->left -= count * mp__chunk_argument_size(chunk);
}

#endif
