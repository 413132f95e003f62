/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * chunk.c -- many items as one task: how their arguments lie in bytes
 *
 * Plain memory lies object after object. Other arguments have their size
 * before them and are padded, so that each starts where any type may.
 */
#include "pool/common/chunk.h"

#include "mp/error.h"

#include <stdlib.h>
#include <string.h>

#define ALIGNMENT ((size_t)16)

static size_t padded(size_t size)
{
    return (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
}

mp__chunk mp__chunk_of(const mp_task *task)
{
    mp__chunk chunk = { .run = task->run,
                        .limit_ms = task->limit_ms,
                        .retries = task->retries };

    if (task->argument != NULL) {
        chunk.has_argument = true;
        chunk.argument = *task->argument;
    }
    if (task->result != NULL) {
        chunk.has_result = true;
        chunk.result = *task->result;
    }
    return chunk;
}

static void use_own(mp__pack *pack)
{
    pack->bytes = pack->own.bytes;
    pack->capacity = pack->own.capacity;
}

/* It is in memory of its own: that becomes `wanted` bytes. */
static int grow(mp__pack *pack, size_t wanted)
{
    void *grown = realloc(pack->own.bytes, wanted);

    if (grown == NULL) {
        return MP_ENOMEM;
    }
    pack->own.bytes = grown;
    pack->own.capacity = wanted;
    use_own(pack);
    return 0;
}

/* What it was lent is not enough. */
static int move_out(mp__pack *pack, size_t wanted)
{
    const unsigned char *lent = pack->bytes;
    int error = mp__scratch_reserve(&pack->own, wanted);

    if (error == 0) {
        use_own(pack);
        memcpy(pack->bytes, lent, pack->size);
    }
    return error;
}

/* Room for `size` more bytes; the content stays. */
static int pack_reserve(mp__pack *pack, size_t size)
{
    size_t wanted;

    if (size <= pack->capacity - pack->size) {
        return 0;
    }
    if (size > SIZE_MAX / 2 - pack->size) {
        return MP_ENOMEM;
    }
    wanted = pack->size + size;
    wanted = wanted < 2 * pack->capacity ? 2 * pack->capacity : wanted;
    wanted = wanted < 1024 ? 1024 : wanted;
    return pack->bytes == pack->own.bytes ? grow(pack, wanted)
                                          : move_out(pack, wanted);
}

unsigned char *mp__pack_room(mp__pack *pack, size_t size)
{
    /* A task may take nothing, and there is room for that, too. */
    return pack_reserve(pack, size > 0 ? size : 1) < 0
               ? NULL
               : pack->bytes + pack->size;
}

static int add_plain(mp__pack *pack, const mp_serializer *serializer,
                     const void *object)
{
    unsigned char *room = mp__pack_room(pack, serializer->object_size);

    if (room == NULL) {
        return MP_ENOMEM;
    }
    memcpy(room, object, serializer->object_size);
    pack->size += serializer->object_size;
    return 0;
}

static int add_sized(mp__pack *pack, const mp_serializer *serializer,
                     const void *object)
{
    uint64_t header[2] = { 0, 0 };
    size_t size = 0;
    size_t room = serializer->object_size + 64; /* a first guess */
    int tries;
    int error;

    for (tries = 0; tries < 2; tries++) {
        error = pack_reserve(pack, sizeof(header) + padded(room));
        if (error < 0) {
            return error;
        }
        room = pack->capacity - pack->size - sizeof(header);
        error = mp__serializer_encode_into(
            serializer, object, pack->bytes + pack->size + sizeof(header), room,
            &size);
        if (error < 0) {
            return error;
        }
        if (size <= room) {
            break;
        }
        if (size > SIZE_MAX / 4) {
            return MP_ENOMEM;
        }
        room = size;
    }
    if (size > pack->capacity - pack->size - sizeof(header)) {
        return MP_EENCODE; /* it asks for more than it asked for */
    }
    error = pack_reserve(pack, sizeof(header) + padded(size));
    if (error < 0) {
        return error;
    }
    header[0] = size;
    memcpy(pack->bytes + pack->size, header, sizeof(header));
    /* What lay in the heap before goes to no other process. */
    memset(pack->bytes + pack->size + sizeof(header) + size, 0,
           padded(size) - size);
    pack->size += sizeof(header) + padded(size);
    return 0;
}

int mp__pack_add(mp__pack *pack, const mp__chunk *chunk, const void *object)
{
    int error = 0;

    if (chunk->has_argument) {
        error = mp__serializer_is_plain(&chunk->argument)
                    ? add_plain(pack, &chunk->argument, object)
                    : add_sized(pack, &chunk->argument, object);
    }
    if (error == 0) {
        pack->count++;
    }
    return error;
}

void mp__pack_clear(mp__pack *pack)
{
    mp__pack_clear_into(pack, pack->own.bytes, pack->own.capacity);
}

void mp__pack_clear_into(mp__pack *pack, unsigned char *lent, size_t capacity)
{
    pack->bytes = lent;
    pack->capacity = capacity;
    pack->size = 0;
    pack->count = 0;
}

void mp__pack_trim(mp__pack *pack, size_t keep)
{
    mp__scratch_trim(&pack->own, keep);
    mp__pack_clear(pack);
}

void mp__pack_free(mp__pack *pack)
{
    mp__scratch_free(&pack->own);
    mp__pack_clear(pack);
}

bool mp__unpack_sized(mp__unpack *unpack, const void **bytes, size_t *size)
{
    uint64_t header = 0;
    size_t whole;

    if (unpack->left < ALIGNMENT) {
        return false;
    }
    memcpy(&header, unpack->next, sizeof(header));
    if (header > unpack->left - ALIGNMENT) {
        return false;
    }
    *bytes = unpack->next + ALIGNMENT;
    *size = (size_t)header;
    whole = ALIGNMENT + padded(*size);
    whole = whole > unpack->left ? unpack->left : whole;
    unpack->next += whole;
    unpack->left -= whole;
    return true;
}
