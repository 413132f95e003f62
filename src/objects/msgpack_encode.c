/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * msgpack_encode.c -- a value to MessagePack
 *
 * The tree is walked with a stack of our own. Bytes beyond the capacity are
 * counted and not written, so that one walk also tells the size.
 */
#include "objects/msgpack.h"

#include "mp/error.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

struct output {
    unsigned char *bytes;
    size_t capacity;
    size_t size;
};

static void put(struct output *out, const void *bytes, size_t size)
{
    if (size > 0 && out->size <= out->capacity &&
        size <= out->capacity - out->size) {
        memcpy(out->bytes + out->size, bytes, size);
    }
    out->size = size > SIZE_MAX - out->size ? SIZE_MAX : out->size + size;
}

/* A header byte and `width` bytes of `number`, most significant first. */
static void put_number(struct output *out, int format, uint64_t number,
                       int width)
{
    unsigned char bytes[9];
    int i;

    bytes[0] = (unsigned char)format;
    for (i = 0; i < width; i++) {
        bytes[1 + i] = (unsigned char)(number >> (8 * (width - 1 - i)));
    }
    put(out, bytes, (size_t)width + 1);
}

static void put_unsigned(struct output *out, uint64_t number)
{
    if (number < 0x80) {
        put_number(out, (int)number, 0, 0);
    } else if (number <= UINT8_MAX) {
        put_number(out, MP__UINT8, number, 1);
    } else if (number <= UINT16_MAX) {
        put_number(out, MP__UINT16, number, 2);
    } else if (number <= UINT32_MAX) {
        put_number(out, MP__UINT32, number, 4);
    } else {
        put_number(out, MP__UINT64, number, 8);
    }
}

static void put_integer(struct output *out, int64_t number)
{
    uint64_t bits = (uint64_t)number;

    if (number >= 0) {
        put_unsigned(out, bits);
    } else if (number >= -32) {
        put_number(out, (int)(bits & 0xff), 0, 0);
    } else if (number >= INT8_MIN) {
        put_number(out, MP__INT8, bits, 1);
    } else if (number >= INT16_MIN) {
        put_number(out, MP__INT16, bits, 2);
    } else if (number >= INT32_MIN) {
        put_number(out, MP__INT32, bits, 4);
    } else {
        put_number(out, MP__INT64, bits, 8);
    }
}

static void put_real(struct output *out, double real)
{
    uint64_t bits;

    _Static_assert(sizeof(bits) == sizeof(real), "IEEE 754 double");
    memcpy(&bits, &real, sizeof(bits));
    put_number(out, MP__FLOAT64, bits, 8);
}

/* The header of `count` bytes or items: in the header byte itself below
 * `fix_end`, else in 8 (where `format8` is not 0), 16 or 32 bits. */
static void put_count(struct output *out, size_t count, int fix, size_t fix_end,
                      int format8, int format16)
{
    if (count < fix_end) {
        put_number(out, fix | (int)count, 0, 0);
    } else if (format8 != 0 && count <= UINT8_MAX) {
        put_number(out, format8, count, 1);
    } else if (count <= UINT16_MAX) {
        put_number(out, format16, count, 2);
    } else {
        put_number(out, format16 + 1, count, 4);
    }
}

static void put_extension(struct output *out, const mp_value *value)
{
    unsigned char code = (unsigned char)(value->extension & 0xff);
    int fixed = MP__FIXEXT1;

    while (fixed <= MP__FIXEXT16 &&
           value->count != (size_t)1 << (fixed - MP__FIXEXT1)) {
        fixed++;
    }
    if (fixed <= MP__FIXEXT16) {
        put_number(out, fixed, 0, 0);
    } else {
        put_count(out, value->count, 0, 0, MP__EXT8, MP__EXT16);
    }
    put(out, &code, 1);
    put(out, value->as.bytes, value->count);
}

/* One value without its items. 0 or MP_EENCODE. */
static int put_value(struct output *out, const mp_value *value)
{
    switch (value->type) {
    case MP_VALUE_NULL:
        put_number(out, MP__NIL, 0, 0);
        return 0;
    case MP_VALUE_BOOLEAN:
        put_number(out, value->as.boolean ? MP__TRUE : MP__FALSE, 0, 0);
        return 0;
    case MP_VALUE_INTEGER:
        put_integer(out, value->as.integer);
        return 0;
    case MP_VALUE_UNSIGNED:
        put_unsigned(out, value->as.above_int64);
        return 0;
    case MP_VALUE_REAL:
        put_real(out, value->as.real);
        return 0;
    case MP_VALUE_STRING:
        put_count(out, value->count, MP__FIXSTR, 32, MP__STR8, MP__STR16);
        put(out, value->as.string, value->count);
        return 0;
    case MP_VALUE_BYTES:
        put_count(out, value->count, 0, 0, MP__BIN8, MP__BIN16);
        put(out, value->as.bytes, value->count);
        return 0;
    case MP_VALUE_LIST:
        put_count(out, value->count, MP__FIXARRAY, 16, 0, MP__ARRAY16);
        return 0;
    case MP_VALUE_MAP:
        put_count(out, value->count, MP__FIXMAP, 16, 0, MP__MAP16);
        return 0;
    case MP_VALUE_EXTENSION:
        if (value->extension < -128 || value->extension > 127) {
            return MP_EENCODE;
        }
        put_extension(out, value);
        return 0;
    }
    return MP_EENCODE;
}

static int is_sound(const mp_value *value)
{
    switch (value->type) {
    case MP_VALUE_STRING:
    case MP_VALUE_BYTES:
    case MP_VALUE_EXTENSION:
    case MP_VALUE_LIST:
    case MP_VALUE_MAP:
        return value->count == 0 ||
               (value->as.bytes != NULL && value->count <= UINT32_MAX &&
                value->count <= SIZE_MAX / 2 / sizeof(mp_value));
    default:
        return 1;
    }
}

static size_t items_of(const mp_value *value)
{
    if (value->type == MP_VALUE_LIST) {
        return value->count;
    }
    return value->type == MP_VALUE_MAP ? value->count * 2 : 0;
}

int mp__msgpack_encode(const mp_value *value, void *buffer, size_t capacity,
                       size_t *size)
{
    struct {
        const mp_value *next;
        size_t left;
    } stack[MP__VALUE_DEPTH];
    struct output out = { .bytes = buffer, .capacity = capacity };
    int depth = 0;

    for (;;) {
        if (!is_sound(value) || put_value(&out, value) < 0) {
            return MP_EENCODE;
        }
        if (items_of(value) > 0) {
            if (depth == MP__VALUE_DEPTH) {
                return MP_EENCODE;
            }
            stack[depth].next = value->as.items;
            stack[depth].left = items_of(value);
            depth++;
        }
        while (depth > 0 && stack[depth - 1].left == 0) {
            depth--;
        }
        if (depth == 0) {
            break;
        }
        value = stack[depth - 1].next++;
        stack[depth - 1].left--;
    }
    *size = out.size;
    return 0;
}
