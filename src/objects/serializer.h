/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * serializer.h -- objects to bytes and back, checked
 */
#ifndef MP__SERIALIZER_H
#define MP__SERIALIZER_H

#include "mp/serializer.h"
#include "objects/reserved.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Memory from malloc that is kept between calls; all zero is empty. */
typedef struct mp__scratch {
    void *bytes;
    size_t capacity;
} mp__scratch;

int mp__scratch_replace(mp__scratch *scratch, size_t size);
/* Room for `size` bytes at least; the content is not kept. 0, MP_ENOMEM. */
static inline int mp__scratch_reserve(mp__scratch *scratch, size_t size)
{
    return size <= scratch->capacity && scratch->bytes != NULL
               ? 0
               : mp__scratch_replace(scratch, size);
}
void mp__scratch_free(mp__scratch *scratch);
/* Give it back when it holds more than `keep`. */
static inline void mp__scratch_trim(mp__scratch *scratch, size_t keep)
{
    if (scratch->capacity > keep) {
        mp__scratch_free(scratch);
    }
}

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

/* The object is plain memory of object_size bytes. */
static inline bool mp__serializer_is_plain(const mp_serializer *serializer)
{
    return serializer->encode == NULL;
}

/* Its decode looks at each byte once, so bytes that somebody changes meanwhile
 * make another object and nothing worse: they need not be copied before. */
bool mp__serializer_reads_once(const mp_serializer *serializer);
/* Both or none of encode and decode, and objects of some size. */
static inline bool mp__serializer_is_valid(const mp_serializer *serializer)
{
    return serializer->object_size > 0 &&
           (serializer->encode == NULL) == (serializer->decode == NULL) &&
           MP__RESERVED_IS_ZERO(serializer);
}

/* One try: 0 with *size set (larger than capacity: nothing usable was
 * written), or MP_EENCODE. */
int mp__serializer_encode_into(const mp_serializer *serializer,
                               const void *object, void *buffer,
                               size_t capacity, size_t *size);
/* To scratch, which grows as asked. 0, MP_EENCODE, MP_ENOMEM. */
int mp__serializer_encode(const mp_serializer *serializer, const void *object,
                          mp__scratch *scratch, size_t *size);
/* Zero `object` and fill it from `bytes`, aligned for any type. 0; MP_EDECODE
 * or MP_ENOMEM, and the object is zero again. The first is for what is not
 * plain, or not of its size. */
int mp__serializer_decode_other(const mp_serializer *serializer, void *object,
                                const void *bytes, size_t size);
static inline int mp__serializer_decode(const mp_serializer *serializer,
                                        void *object, const void *bytes,
                                        size_t size)
{
    if (mp__serializer_is_plain(serializer) &&
        size == serializer->object_size) {
        mp__copy_object(object, bytes, size);
        return 0;
    }
    return mp__serializer_decode_other(serializer, object, bytes, size);
}

#endif
