/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * value.c -- build, search and compare values
 */
#include "mp/value.h"

#include "objects/msgpack.h"

#include <string.h>

mp_value mp_value_null(void)
{
    return (mp_value){ .type = MP_VALUE_NULL };
}

mp_value mp_value_boolean(bool boolean)
{
    return (mp_value){ .type = MP_VALUE_BOOLEAN, .as.boolean = boolean };
}

mp_value mp_value_integer(int64_t integer)
{
    return (mp_value){ .type = MP_VALUE_INTEGER, .as.integer = integer };
}

mp_value mp_value_real(double real)
{
    return (mp_value){ .type = MP_VALUE_REAL, .as.real = real };
}

mp_value mp_value_string(const char *string)
{
    if (string == NULL) {
        return mp_value_null();
    }
    return (mp_value){ .type = MP_VALUE_STRING,
                       .count = strlen(string),
                       .as.string = string };
}

mp_value mp_value_bytes(const void *bytes, size_t size)
{
    return (
        mp_value){ .type = MP_VALUE_BYTES, .count = size, .as.bytes = bytes };
}

const mp_value *mp_value_find(const mp_value *map, const char *key)
{
    size_t length;
    size_t i;

    if (map == NULL || key == NULL || map->type != MP_VALUE_MAP) {
        return NULL;
    }
    length = strlen(key);
    for (i = 0; i < map->count; i++) {
        const mp_value *found = &map->as.items[2 * i];

        if (found->type == MP_VALUE_STRING && found->count == length &&
            memcmp(found->as.string, key, length) == 0) {
            return found + 1;
        }
    }
    return NULL;
}

/* Without their items. */
static bool equal_shallow(const mp_value *one, const mp_value *other)
{
    if (one->type != other->type) {
        return false;
    }
    switch (one->type) {
    case MP_VALUE_NULL:
        return true;
    case MP_VALUE_BOOLEAN:
        return one->as.boolean == other->as.boolean;
    case MP_VALUE_INTEGER:
        return one->as.integer == other->as.integer;
    case MP_VALUE_UNSIGNED:
        return one->as.above_int64 == other->as.above_int64;
    case MP_VALUE_REAL:
        return one->as.real == other->as.real;
    case MP_VALUE_EXTENSION:
        if (one->extension != other->extension) {
            return false;
        }
        /* fall through */
    case MP_VALUE_STRING:
    case MP_VALUE_BYTES:
        return one->count == other->count &&
               (one->count == 0 ||
                memcmp(one->as.bytes, other->as.bytes, one->count) == 0);
    case MP_VALUE_LIST:
    case MP_VALUE_MAP:
        return one->count == other->count;
    }
    return false;
}

static size_t items_of(const mp_value *value)
{
    if (value->type == MP_VALUE_LIST) {
        return value->count;
    }
    return value->type == MP_VALUE_MAP ? value->count * 2 : 0;
}

bool mp_value_equal(const mp_value *one, const mp_value *other)
{
    struct {
        const mp_value *one;
        const mp_value *other;
        size_t left;
    } stack[MP__VALUE_DEPTH];
    int depth = 0;

    if (one == NULL || other == NULL) {
        return one == other;
    }
    for (;;) {
        if (!equal_shallow(one, other)) {
            return false;
        }
        if (items_of(one) > 0) {
            if (depth == MP__VALUE_DEPTH) {
                return false; /* deeper than anything that can be sent */
            }
            stack[depth].one = one->as.items;
            stack[depth].other = other->as.items;
            stack[depth].left = items_of(one);
            depth++;
        }
        while (depth > 0 && stack[depth - 1].left == 0) {
            depth--;
        }
        if (depth == 0) {
            return true;
        }
        one = stack[depth - 1].one++;
        other = stack[depth - 1].other++;
        stack[depth - 1].left--;
    }
}
