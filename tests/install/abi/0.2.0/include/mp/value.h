/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * mp/value.h -- a value of any kind: null, number, text, list, map
 *
 * A plain tree, built without allocation and read without calls. One that
 * libmp filled in is a single block: release its root once, with
 * mp_serializer_release(&mp_serializer_value, &root, 1), and never a part of
 * it. One that you built borrows what it points to and is not released.
 * At most 128 levels of lists and maps can be sent.
 */
#ifndef MP_VALUE_H
#define MP_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mp/export.h>

#ifdef __cplusplus
extern "C" {
#endif

enum mp_value_type {
    MP_VALUE_NULL = 0,
    MP_VALUE_BOOLEAN,
    MP_VALUE_INTEGER,
    MP_VALUE_UNSIGNED, /**< Only what does not fit an integer. */
    MP_VALUE_REAL,
    MP_VALUE_STRING,
    MP_VALUE_BYTES,
    MP_VALUE_LIST,
    MP_VALUE_MAP,
    MP_VALUE_EXTENSION
};

typedef struct mp_value mp_value;

struct mp_value {
    enum mp_value_type type;
    int extension; /**< MessagePack's code, -128..127, of an EXTENSION. */
    /** Bytes of a string, bytes or extension; items of a list; pairs of a
     *  map. */
    size_t count;
    union {
        bool boolean;
        int64_t integer;
        uint64_t above_int64;
        double real;
        const char *string;    /**< Ends in a 0 byte that count leaves out. */
        const void *bytes;     /**< BYTES and EXTENSION. */
        const mp_value *items; /**< LIST; MAP: key, value, key, value, ... */
    } as;
};

MP_API mp_value mp_value_null(void);
MP_API mp_value mp_value_boolean(bool boolean);
MP_API mp_value mp_value_integer(int64_t integer);
MP_API mp_value mp_value_real(double real);

/** Borrows `string`; NULL gives a null value. */
MP_API mp_value mp_value_string(const char *string);

/** Borrows `bytes`. */
MP_API mp_value mp_value_bytes(const void *bytes, size_t size);

#ifndef __cplusplus
/** `MP_LIST(mp_value_integer(42), mp_value_null())`; lives as long as the
 *  block that it stands in. In C only. */
#define MP_LIST(...)                                                           \
    ((mp_value){ .type = MP_VALUE_LIST,                                        \
                 .count =                                                      \
                     sizeof((mp_value[]){ __VA_ARGS__ }) / sizeof(mp_value),   \
                 .as.items = (mp_value[]){ __VA_ARGS__ } })

/** Key, value, key, value, ...; likewise. */
#define MP_MAP(...)                                                            \
    ((mp_value){ .type = MP_VALUE_MAP,                                         \
                 .count = sizeof((mp_value[]){ __VA_ARGS__ }) /                \
                          sizeof(mp_value) / 2,                                \
                 .as.items = (mp_value[]){ __VA_ARGS__ } })
#endif

/** The value of the first pair whose key is the string `key`: inside `map`;
 *  NULL when there is none or `map` is no map. */
MP_API const mp_value *mp_value_find(const mp_value *map, const char *key);

/** Same type and same content, and the pairs of maps in the same order.
 *  Numbers of different types differ; NaN equals nothing; nor does a tree
 *  of more than 128 levels. */
MP_API bool mp_value_equal(const mp_value *one, const mp_value *other);

/** Write it as text, as snprintf() would: returns the length of the whole,
 *  and ends what fits of it in a 0 byte. `[42, null, "hello"]`. MP_EINVAL. */
MP_API int mp_value_format(const mp_value *value, char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif
