/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * fuzz_value.c -- any bytes as MessagePack
 *
 * What decodes must encode, to bytes that decode to an equal value (except
 * where a NaN is inside, which equals nothing) and encode to themselves;
 * formatting never writes past its buffer and says how long it would be.
 */
#include "fuzz/fuzz.h"

#include <mp/mp.h>

#include <string.h>

static void format(const mp_value *value, size_t room)
{
    char *text = malloc(room == 0 ? 1 : room);
    int whole = mp_value_format(value, NULL, 0);
    int length = mp_value_format(value, text, room);

    fuzz_require(length == whole && length >= 0);
    if (room > 0) {
        fuzz_require(strlen(text) ==
                     ((size_t)length < room ? (size_t)length : room - 1));
    }
    free(text);
}

/* Encode into exactly what it asks for; from malloc(). */
static void *encode(const mp_value *value, size_t *size)
{
    const mp_serializer *by = &mp_serializer_value;
    void *bytes;
    size_t again = 0;

    *size = 0;
    fuzz_require(by->encode(by, value, NULL, 0, size) == 0 && *size > 0);
    bytes = malloc(*size);
    fuzz_require(bytes != NULL);
    fuzz_require(by->encode(by, value, bytes, *size, &again) == 0);
    fuzz_require(again == *size);
    return bytes;
}

static void find(const mp_value *map)
{
    size_t i;

    (void)mp_value_find(map, "");
    for (i = 0; map->type == MP_VALUE_MAP && i < map->count && i < 8; i++) {
        const mp_value *key = &map->as.items[2 * i];

        if (key->type == MP_VALUE_STRING &&
            strlen(key->as.string) == key->count) {
            fuzz_require(mp_value_find(map, key->as.string) != NULL);
        }
    }
}

static void round_trip(const mp_value *value)
{
    const mp_serializer *by = &mp_serializer_value;
    mp_value second = { .type = MP_VALUE_NULL };
    size_t size = 0;
    size_t size_again = 0;
    void *bytes = encode(value, &size);
    void *again;

    fuzz_require(by->decode(by, &second, bytes, size) == 0);
    again = encode(&second, &size_again);
    fuzz_require(size == size_again && memcmp(bytes, again, size) == 0);
    if (mp_value_equal(value, value)) { /* no NaN inside */
        fuzz_require(mp_value_equal(value, &second));
    }
    mp_serializer_release(by, &second, 1);
    free(bytes);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const mp_serializer *by = &mp_serializer_value;
    mp_value value;

    memset(&value, 0, sizeof(value));
    if (by->decode(by, &value, data, size) < 0) {
        return 0;
    }
    round_trip(&value);
    format(&value, size % 64);
    format(&value, 4096);
    find(&value);
    mp_serializer_release(by, &value, 1);
    return 0;
}
