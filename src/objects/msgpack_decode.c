/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * msgpack_decode.c -- MessagePack to a value
 *
 * Two passes over the bytes. The first checks all of them and adds up what
 * the tree needs; no count is believed before it was compared with the bytes
 * that remain. The second fills one block: first all nodes below the root, in
 * the order of the input's lists, then the bytes of strings and the like. So
 * nothing is allocated for input that turns out to be malformed.
 *
 * The block's address stands in the root: as `items` of a list or map that
 * has any, as the pointer of a string, bytes or extension. Other roots have
 * no block.
 */
#include "objects/msgpack.h"

#include "mp/error.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct input {
    const unsigned char *next;
    size_t left;
};

/* `width` bytes, most significant first; checked by the caller. */
static uint64_t take_number(struct input *in, size_t width)
{
    uint64_t number = 0;
    size_t i;

    for (i = 0; i < width; i++) {
        number = number << 8 | in->next[i];
    }
    in->next += width;
    in->left -= width;
    return number;
}

/* A number with `width` bytes, sign-extended. */
static int64_t take_signed(struct input *in, size_t width)
{
    unsigned shift = (unsigned)(64 - 8 * width);
    uint64_t number;
    int64_t value;

    assert(width >= 1 && width <= 8);
    number = take_number(in, width) << shift;
    memcpy(&value, &number, sizeof(value));
    /* Division, since shifting a negative number is up to the compiler. */
    return width == 8 ? value : value / (INT64_C(1) << shift);
}

static double take_real(struct input *in, size_t width)
{
    uint64_t bits = take_number(in, width);
    uint32_t half = (uint32_t)bits;
    double real;
    float single;

    if (width == 4) {
        memcpy(&single, &half, sizeof(single));
        return (double)single;
    }
    memcpy(&real, &bits, sizeof(real));
    return real;
}

static void set_unsigned(mp_value *value, uint64_t number)
{
    if (number <= INT64_MAX) {
        value->type = MP_VALUE_INTEGER;
        value->as.integer = (int64_t)number;
    } else {
        value->type = MP_VALUE_UNSIGNED;
        value->as.above_int64 = number;
    }
}

/* The bytes that follow header byte `format` and belong to the header: a
 * number, a count, a count and an extension code. */
static size_t header_rest(int format)
{
    static const unsigned char rest[] = {
        0, 0, 0, 0, 1, 2, 4, 2, 3, 5, 4, 8, 1, 2, 4, 8, /* c0..cf */
        1, 2, 4, 8, 1, 1, 1, 1, 1, 1, 2, 4, 2, 4, 2, 4  /* d0..df */
    };

    return format < MP__NIL || format >= MP__NEGATIVE_FIXINT
               ? 0
               : rest[format - MP__NIL];
}

static void set_counted(mp_value *value, enum mp_value_type type,
                        uint64_t count)
{
    value->type = type;
    value->count = (size_t)count; /* 32 bits at most */
}

/* Formats whose header byte is all there is, or holds a count. */
static bool take_fixed(int format, mp_value *value)
{
    if (format < MP__FIXMAP) {
        set_unsigned(value, (uint64_t)format);
    } else if (format < MP__FIXARRAY) {
        set_counted(value, MP_VALUE_MAP, (uint64_t)(format & 0x0f));
    } else if (format < MP__FIXSTR) {
        set_counted(value, MP_VALUE_LIST, (uint64_t)(format & 0x0f));
    } else if (format < MP__NIL) {
        set_counted(value, MP_VALUE_STRING, (uint64_t)(format & 0x1f));
    } else if (format >= MP__NEGATIVE_FIXINT) {
        value->type = MP_VALUE_INTEGER;
        value->as.integer = format - 0x100;
    } else {
        return false;
    }
    return true;
}

static void take_extension(struct input *in, int format, mp_value *value)
{
    size_t count = format >= MP__FIXEXT1
                       ? (size_t)1 << (format - MP__FIXEXT1)
                       : (size_t)take_number(in, header_rest(format) - 1);

    set_counted(value, MP_VALUE_EXTENSION, count);
    value->extension = (int)take_signed(in, 1);
}

/* Read one header: everything of a value but its bytes or items. */
static int take_header(struct input *in, mp_value *value)
{
    int format;
    size_t rest;

    memset(value, 0, sizeof(*value));
    if (in->left == 0) {
        return MP_EDECODE;
    }
    format = (int)take_number(in, 1);
    rest = header_rest(format);
    if (rest > in->left || format == MP__NIL + 1) {
        return MP_EDECODE; /* cut off, or the byte that is never used */
    }
    if (take_fixed(format, value)) {
        return 0;
    }
    if (format == MP__NIL) {
        value->type = MP_VALUE_NULL;
    } else if (format <= MP__TRUE) {
        value->type = MP_VALUE_BOOLEAN;
        value->as.boolean = format == MP__TRUE;
    } else if ((format >= MP__EXT8 && format <= MP__EXT32) ||
               (format >= MP__FIXEXT1 && format <= MP__FIXEXT16)) {
        take_extension(in, format, value);
    } else if (format <= MP__BIN32) {
        set_counted(value, MP_VALUE_BYTES, take_number(in, rest));
    } else if (format <= MP__FLOAT64) {
        value->type = MP_VALUE_REAL;
        value->as.real = take_real(in, rest);
    } else if (format <= MP__UINT64) {
        set_unsigned(value, take_number(in, rest));
    } else if (format <= MP__INT64) {
        value->type = MP_VALUE_INTEGER;
        value->as.integer = take_signed(in, rest);
    } else if (format <= MP__STR32) {
        set_counted(value, MP_VALUE_STRING, take_number(in, rest));
    } else if (format <= MP__ARRAY32) {
        set_counted(value, MP_VALUE_LIST, take_number(in, rest));
    } else {
        set_counted(value, MP_VALUE_MAP, take_number(in, rest));
    }
    return 0;
}

static bool has_bytes(const mp_value *value)
{
    return value->type == MP_VALUE_STRING || value->type == MP_VALUE_BYTES ||
           value->type == MP_VALUE_EXTENSION;
}

/* Values that a list or map of this many entries holds. */
static uint64_t items_of(const mp_value *value)
{
    if (value->type == MP_VALUE_LIST) {
        return value->count;
    }
    return value->type == MP_VALUE_MAP ? (uint64_t)value->count * 2 : 0;
}

struct needs {
    size_t nodes; /* below the root */
    size_t bytes;
};

/* Check everything, and add up what the tree takes. */
static int measure(struct input in, struct needs *needs)
{
    uint64_t left[MP__VALUE_DEPTH + 1] = { 1 };
    uint64_t promised = 1; /* values still to come: each has a byte at least */
    mp_value value;
    int depth = 0;

    *needs = (struct needs){ 0 };
    while (depth >= 0) {
        if (left[depth] == 0) {
            depth--;
            continue;
        }
        left[depth]--;
        promised--;
        if (take_header(&in, &value) < 0) {
            return MP_EDECODE;
        }
        if (has_bytes(&value)) {
            if (value.count > in.left) {
                return MP_EDECODE;
            }
            in.next += value.count;
            in.left -= value.count;
            needs->bytes += value.count + 1;
        } else if (items_of(&value) > 0) {
            promised += items_of(&value);
            if (promised > in.left || depth == MP__VALUE_DEPTH) {
                return MP_EDECODE;
            }
            needs->nodes += (size_t)items_of(&value);
            left[++depth] = items_of(&value);
        }
    }
    return in.left == 0 ? 0 : MP_EDECODE;
}

struct block {
    mp_value *nodes;      /* next free */
    unsigned char *bytes; /* next free */
};

/* Copy the bytes of `value` into the block, with a 0 behind them. */
static void fill_bytes(struct input *in, mp_value *value, struct block *block)
{
    assert(block->bytes != NULL); /* measure() has counted them */
    if (value->count > 0) {
        memcpy(block->bytes, in->next, value->count);
    }
    block->bytes[value->count] = 0;
    value->as.bytes = block->bytes;
    block->bytes += value->count + 1;
    in->next += value->count;
    in->left -= value->count;
}

/* Build what measure() has found to be sound. */
static void fill(struct input in, mp_value *root, struct block block)
{
    struct {
        mp_value *next;
        uint64_t left;
    } stack[MP__VALUE_DEPTH + 1];
    mp_value *value;
    int depth = 0;

    stack[0].next = root;
    stack[0].left = 1;
    while (depth >= 0) {
        if (stack[depth].left == 0) {
            depth--;
            continue;
        }
        stack[depth].left--;
        value = stack[depth].next++;
        assert(value != NULL); /* measure() has counted it */
        (void)take_header(&in, value);
        if (has_bytes(value)) {
            fill_bytes(&in, value, &block);
        } else if (items_of(value) > 0) {
            value->as.items = block.nodes;
            depth++;
            stack[depth].next = block.nodes;
            stack[depth].left = items_of(value);
            block.nodes += items_of(value);
        }
    }
}

int mp__msgpack_decode(mp_value *value, const void *bytes, size_t size)
{
    struct input in = { .next = bytes, .left = size };
    struct block block = { .nodes = NULL };
    struct needs needs;
    size_t nodes_size;

    if (measure(in, &needs) < 0) {
        return MP_EDECODE;
    }
    /* A node is 32 bytes or less for a byte of input: only on 32 bits can
     * this overflow. */
    if (needs.nodes > (SIZE_MAX - needs.bytes) / sizeof(mp_value)) {
        return MP_ENOMEM;
    }
    nodes_size = needs.nodes * sizeof(mp_value);
    if (nodes_size + needs.bytes > 0) {
        block.nodes = malloc(nodes_size + needs.bytes);
        if (block.nodes == NULL) {
            return MP_ENOMEM;
        }
        block.bytes = (unsigned char *)block.nodes + nodes_size;
    }
    fill(in, value, block);
    return 0; /* NOLINT(clang-analyzer-unix.Malloc): the root has it now */
}

void mp__msgpack_release(mp_value *value)
{
    if (has_bytes(value) || items_of(value) > 0) {
        /* The tree is const for its readers; the block was ours. */
        union {
            const void *read;
            void *own;
        } block = { .read = value->as.bytes };

        free(block.own);
    }
}
