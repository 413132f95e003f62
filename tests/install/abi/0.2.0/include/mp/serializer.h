/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * mp/serializer.h -- how objects of one type become bytes and come back
 */
#ifndef MP_SERIALIZER_H
#define MP_SERIALIZER_H

#include <stddef.h>
#include <stdint.h>

#include <mp/export.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mp_serializer mp_serializer;

/**
 * Copied by the calls that take one; what its pointers lead to must exist in
 * every process that uses it, at the same address. Its functions never run
 * while libmp holds a guard, and may not call back into the same pool.
 */
struct mp_serializer {
    /** For messages; may be NULL. */
    const char *name;

    /** sizeof one object, more than 0. */
    size_t object_size;

    /** Write at most `capacity` bytes to `buffer`, set *size to what the
     *  object needs. Larger than capacity: called again with room enough, and
     *  must need the same then. Returns 0, or a code < 0: MP_EENCODE. NULL
     *  with `decode` NULL: the object is plain memory. */
    int (*encode)(const mp_serializer *self, const void *object, void *buffer,
                  size_t capacity, size_t *size);

    /** Fill `object`, which is object_size zero bytes, from `bytes`, which
     *  are aligned for any type and not kept. Returns 0, or a code < 0; then
     *  nothing is released, so decode frees what it has made so far. The
     *  object may be moved by memcpy() afterwards: nothing in it may point to
     *  the object itself. */
    int (*decode)(const mp_serializer *self, void *object, const void *bytes,
                  size_t size);

    /** Free what decode put inside the object, not the object; NULL: nothing.
     *  It must accept an object of zero bytes, and do nothing then. */
    void (*release)(const mp_serializer *self, void *object);

    /** For the three functions. */
    void *context;

    uint64_t reserved[4]; /**< Must be zero. */
};

/** Any bytes; `data` comes from malloc() when libmp fills it in. */
typedef struct mp_bytes {
    void *data;
    size_t size;
} mp_bytes;

MP_API extern const mp_serializer mp_serializer_int64;  /**< int64_t */
MP_API extern const mp_serializer mp_serializer_double; /**< double */
/** char *, from malloc() when filled in; NULL travels as NULL. */
MP_API extern const mp_serializer mp_serializer_string;
MP_API extern const mp_serializer mp_serializer_bytes; /**< mp_bytes */
/** mp_value; the bytes are MessagePack. */
MP_API extern const mp_serializer mp_serializer_value;

/** A serializer for a struct without pointers inside:
 *  `static const mp_serializer s = MP_SERIALIZER_STRUCT(struct point);` */
/* clang-format off */
#define MP_SERIALIZER_STRUCT(type)                                             \
    { #type, sizeof(type), NULL, NULL, NULL, NULL, { 0 } }
/* clang-format on */

/** Release `count` objects in a row that libmp filled in, and zero them. Zero
 *  bytes are fine, so an array may be released whole. NULL does nothing. */
MP_API void mp_serializer_release(const mp_serializer *serializer,
                                  void *objects, size_t count);

#ifdef __cplusplus
}
#endif

#endif
