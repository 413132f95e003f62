/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * value_format.c -- a value as text
 *
 * JSON where JSON has a word for it; bytes as b"\x00", extensions as
 * ext(5, "\x00"), so that nothing is taken for what it is not.
 */
#include "mp/value.h"

#include "mp/error.h"
#include "objects/msgpack.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text {
    char *text;
    size_t size;
    size_t length; /* of the whole, also of what does not fit */
};

static void add(struct text *out, const char *bytes, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (out->length + 1 < out->size) {
            out->text[out->length] = bytes[i];
        }
        out->length++;
    }
}

static void add_word(struct text *out, const char *word)
{
    add(out, word, strlen(word));
}

static void add_escape(struct text *out, unsigned char byte, bool raw)
{
    char escape[8];

    (void)snprintf(escape, sizeof(escape), raw ? "\\x%02x" : "\\u%04x",
                   (unsigned)byte);
    add_word(out, escape);
}

/* Between quotes; `raw` bytes that are not ASCII are escaped as well. */
static void add_quoted(struct text *out, const void *bytes, size_t count,
                       bool raw)
{
    const unsigned char *next = bytes;
    size_t i;

    add_word(out, "\"");
    for (i = 0; i < count; i++) {
        char plain = (char)next[i];

        if (next[i] == '"' || next[i] == '\\') {
            add_word(out, "\\");
            add(out, &plain, 1);
        } else if (next[i] == '\n' && !raw) {
            add_word(out, "\\n");
        } else if (next[i] < 0x20 || next[i] == 0x7f ||
                   (raw && next[i] > 0x7f)) {
            add_escape(out, next[i], raw);
        } else {
            add(out, &plain, 1);
        }
    }
    add_word(out, "\"");
}

/* The shortest of 15 to 17 digits that reads back as the same number, with a
 * point whatever the locale, and never like an integer. */
static void add_real(struct text *out, double real)
{
    char digits[40];
    char *point;
    int precision;

    if (isnan(real) || isinf(real)) {
        add_word(out, isnan(real) ? "nan" : (real < 0 ? "-inf" : "inf"));
        return;
    }
    for (precision = 15; precision <= 17; precision++) {
        (void)snprintf(digits, sizeof(digits), "%.*g", precision, real);
        if (strtod(digits, NULL) == real) {
            break;
        }
    }
    point = digits + strspn(digits, "-0123456789");
    if (*point == '\0') {
        add_word(out, digits);
        add_word(out, ".0");
        return;
    }
    if (*point != 'e') {
        *point = '.';
    }
    add_word(out, digits);
}

static void add_scalar(struct text *out, const mp_value *value)
{
    char number[32];

    switch (value->type) {
    case MP_VALUE_NULL:
        add_word(out, "null");
        break;
    case MP_VALUE_BOOLEAN:
        add_word(out, value->as.boolean ? "true" : "false");
        break;
    case MP_VALUE_INTEGER:
        (void)snprintf(number, sizeof(number), "%lld",
                       (long long)value->as.integer);
        add_word(out, number);
        break;
    case MP_VALUE_UNSIGNED:
        (void)snprintf(number, sizeof(number), "%llu",
                       (unsigned long long)value->as.above_int64);
        add_word(out, number);
        break;
    case MP_VALUE_REAL:
        add_real(out, value->as.real);
        break;
    case MP_VALUE_STRING:
        add_quoted(out, value->as.string, value->count, false);
        break;
    case MP_VALUE_BYTES:
        add_word(out, "b");
        add_quoted(out, value->as.bytes, value->count, true);
        break;
    case MP_VALUE_EXTENSION:
        (void)snprintf(number, sizeof(number), "ext(%d, ", value->extension);
        add_word(out, number);
        add_quoted(out, value->as.bytes, value->count, true);
        add_word(out, ")");
        break;
    case MP_VALUE_LIST:
    case MP_VALUE_MAP:
        break;
    }
}

/* A list or map that is being written. */
struct level {
    const mp_value *next;
    size_t left;
    bool map;
};

static void add_separator(struct text *out, const struct level *level,
                          size_t all)
{
    if (level->left == all) {
        return; /* before the first */
    }
    add_word(out, level->map && level->left % 2 == 1 ? ": " : ", ");
}

static bool is_container(const mp_value *value)
{
    return value->type == MP_VALUE_LIST || value->type == MP_VALUE_MAP;
}

static size_t items_of(const mp_value *value)
{
    return value->type == MP_VALUE_MAP ? value->count * 2 : value->count;
}

static void add_tree(struct text *out, const mp_value *value)
{
    struct level stack[MP__VALUE_DEPTH];
    size_t all[MP__VALUE_DEPTH];
    int depth = 0;

    for (;;) {
        if (is_container(value) && depth == MP__VALUE_DEPTH) {
            add_word(out, "...");
        } else if (is_container(value)) {
            stack[depth] = (struct level){ value->as.items, items_of(value),
                                           value->type == MP_VALUE_MAP };
            all[depth] = items_of(value);
            add_word(out, stack[depth].map ? "{" : "[");
            depth++;
        } else {
            add_scalar(out, value);
        }
        while (depth > 0 && stack[depth - 1].left == 0) {
            depth--;
            add_word(out, stack[depth].map ? "}" : "]");
        }
        if (depth == 0) {
            return;
        }
        add_separator(out, &stack[depth - 1], all[depth - 1]);
        value = stack[depth - 1].next++;
        stack[depth - 1].left--;
    }
}

int mp_value_format(const mp_value *value, char *text, size_t size)
{
    struct text out = { .text = text, .size = size };

    if (value == NULL || (text == NULL && size > 0)) {
        return MP_EINVAL;
    }
    add_tree(&out, value);
    if (size > 0) {
        text[out.length < size ? out.length : size - 1] = '\0';
    }
    return out.length > INT_MAX ? INT_MAX : (int)out.length;
}
