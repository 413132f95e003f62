/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * serializer.c -- objects to bytes and back, checked; the built-in ones
 */
#include "objects/serializer.h"

#include "mp/error.h"
#include "mp/value.h"
#include "objects/msgpack.h"
#include "platform/map.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int mp__scratch_replace(mp__scratch *scratch, size_t size)
{
    void *fresh;

    size = size < 256 ? 256 : size;
    fresh = malloc(size);
    if (fresh == NULL) {
        return MP_ENOMEM;
    }
    free(scratch->bytes);
    scratch->bytes = fresh;
    scratch->capacity = size;
    return 0;
}

void mp__scratch_free(mp__scratch *scratch)
{
    free(scratch->bytes);
    *scratch = (mp__scratch){ .bytes = NULL };
}

int mp__serializer_encode_into(const mp_serializer *serializer,
                               const void *object, void *buffer,
                               size_t capacity, size_t *size)
{
    if (mp__serializer_is_plain(serializer)) {
        *size = serializer->object_size;
        if (*size <= capacity) {
            memcpy(buffer, object, *size);
        }
        return 0;
    }
    return serializer->encode(serializer, object, buffer, capacity, size) < 0
               ? MP_EENCODE
               : 0;
}

int mp__serializer_encode(const mp_serializer *serializer, const void *object,
                          mp__scratch *scratch, size_t *size)
{
    int tries;
    int error = mp__scratch_reserve(scratch, serializer->object_size);

    for (tries = 0; error == 0 && tries < 2; tries++) {
        *size = 0;
        error = mp__serializer_encode_into(serializer, object, scratch->bytes,
                                           scratch->capacity, size);
        if (error < 0 || *size <= scratch->capacity) {
            return error;
        }
        error = mp__scratch_reserve(scratch, *size);
    }
    /* It was given what it asked for, and asks for more. */
    return error < 0 ? error : MP_EENCODE;
}

int mp__serializer_decode_other(const mp_serializer *serializer, void *object,
                                const void *bytes, size_t size)
{
    int error;

    memset(object, 0, serializer->object_size);
    if (mp__serializer_is_plain(serializer)) {
        return MP_EDECODE; /* of another size */
    }
    error = serializer->decode(serializer, object, bytes, size);
    if (error < 0) {
        memset(object, 0, serializer->object_size);
        return error == MP_ENOMEM ? MP_ENOMEM : MP_EDECODE;
    }
    return 0;
}

void mp_serializer_release(const mp_serializer *serializer, void *objects,
                           size_t count)
{
    unsigned char *object = objects;
    size_t i;

    if (serializer == NULL || objects == NULL) {
        return;
    }
    for (i = 0; i < count; i++) {
        if (serializer->release != NULL) {
            serializer->release(serializer, object);
        }
        memset(object, 0, serializer->object_size);
        object += serializer->object_size;
    }
}

/* A string is its bytes with the final 0; no bytes at all is NULL. */
static int string_encode(const mp_serializer *self, const void *object,
                         void *buffer, size_t capacity, size_t *size)
{
    const char *string = *(const char *const *)object;

    (void)self;
    *size = string == NULL ? 0 : strlen(string) + 1;
    if (*size > 0 && *size <= capacity) {
        memcpy(buffer, string, *size);
    }
    return 0;
}

/* Memory from malloc; NULL: there is none. */
static void *copy_of(const void *bytes, size_t size)
{
    void *copy = malloc(size);

    if (copy != NULL) {
        mp__map_fill_soon(copy, size);
        memcpy(copy, bytes, size);
    }
    return copy;
}

static int string_decode(const mp_serializer *self, void *object,
                         const void *bytes, size_t size)
{
    char *copy;

    (void)self;
    if (size == 0) {
        return 0; /* NULL */
    }
    copy = copy_of(bytes, size); /* first: see mp__serializer_reads_once */
    if (copy == NULL) {
        return MP_ENOMEM;
    }
    if (memchr(copy, 0, size) != copy + size - 1) {
        free(copy);
        return MP_EDECODE;
    }
    *(char **)object = copy;
    return 0;
}

static void string_release(const mp_serializer *self, void *object)
{
    (void)self;
    free(*(char **)object);
}

static int bytes_encode(const mp_serializer *self, const void *object,
                        void *buffer, size_t capacity, size_t *size)
{
    const mp_bytes *bytes = object;

    (void)self;
    if (bytes->data == NULL && bytes->size > 0) {
        return MP_EENCODE;
    }
    *size = bytes->size;
    if (*size > 0 && *size <= capacity) {
        memcpy(buffer, bytes->data, *size);
    }
    return 0;
}

static int bytes_decode(const mp_serializer *self, void *object,
                        const void *bytes, size_t size)
{
    mp_bytes *copy = object;

    (void)self;
    if (size == 0) {
        return 0;
    }
    copy->data = copy_of(bytes, size);
    if (copy->data == NULL) {
        return MP_ENOMEM;
    }
    copy->size = size;
    return 0;
}

static void bytes_release(const mp_serializer *self, void *object)
{
    (void)self;
    free(((mp_bytes *)object)->data);
}

static int value_encode(const mp_serializer *self, const void *object,
                        void *buffer, size_t capacity, size_t *size)
{
    (void)self;
    return mp__msgpack_encode(object, buffer, capacity, size);
}

static int value_decode(const mp_serializer *self, void *object,
                        const void *bytes, size_t size)
{
    (void)self;
    return mp__msgpack_decode(object, bytes, size);
}

static void value_release(const mp_serializer *self, void *object)
{
    (void)self;
    mp__msgpack_release(object);
}

bool mp__serializer_reads_once(const mp_serializer *serializer)
{
    return mp__serializer_is_plain(serializer) ||
           serializer->decode == string_decode ||
           serializer->decode == bytes_decode;
}

const mp_serializer mp_serializer_int64 = { .name = "int64",
                                            .object_size = sizeof(int64_t) };
const mp_serializer mp_serializer_double = { .name = "double",
                                             .object_size = sizeof(double) };
const mp_serializer mp_serializer_string = { .name = "string",
                                             .object_size = sizeof(char *),
                                             .encode = string_encode,
                                             .decode = string_decode,
                                             .release = string_release };
const mp_serializer mp_serializer_bytes = { .name = "bytes",
                                            .object_size = sizeof(mp_bytes),
                                            .encode = bytes_encode,
                                            .decode = bytes_decode,
                                            .release = bytes_release };
const mp_serializer mp_serializer_value = { .name = "value",
                                            .object_size = sizeof(mp_value),
                                            .encode = value_encode,
                                            .decode = value_decode,
                                            .release = value_release };
