/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_value.c -- values, their MessagePack bytes and their text
 *
 * Byte vectors follow the formats of the MessagePack specification.
 */
#include "support/fixture.h"

#include <mp/mp.h>

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTES(...)                                                             \
    (const unsigned char[]){ __VA_ARGS__ },                                    \
        sizeof((const unsigned char[]){ __VA_ARGS__ })

static int decode(mp_value *value, const void *bytes, size_t size)
{
    /* In a block of its own, so that a sanitizer sees one byte too far. */
    unsigned char *copy = malloc(size == 0 ? 1 : size);
    int error;

    assert_non_null(copy);
    memcpy(copy, bytes, size);
    memset(value, 0, sizeof(*value));
    error = mp_serializer_value.decode(&mp_serializer_value, value, copy, size);
    free(copy);
    return error;
}

static void release(mp_value *value)
{
    mp_serializer_release(&mp_serializer_value, value, 1);
}

static size_t encode(const mp_value *value, unsigned char *bytes, size_t room)
{
    size_t size = 0;

    assert_int_equal(mp_serializer_value.encode(&mp_serializer_value, value,
                                                bytes, room, &size),
                     0);
    assert_true(size <= room);
    return size;
}

/* Both ways: `bytes` give `value`, and `value` gives `bytes`. */
static void same(const mp_value *value, const unsigned char *bytes, size_t size)
{
    unsigned char room[256];
    mp_value got;

    assert_int_equal(encode(value, room, sizeof(room)), size);
    assert_memory_equal(room, bytes, size);
    assert_int_equal(decode(&got, bytes, size), 0);
    assert_true(mp_value_equal(&got, value));
    release(&got);
}

/* One way: another writer's longer form. */
static void reads_as(const mp_value *value, const unsigned char *bytes,
                     size_t size)
{
    mp_value got;

    assert_int_equal(decode(&got, bytes, size), 0);
    assert_true(mp_value_equal(&got, value));
    release(&got);
}

static void refused(const unsigned char *bytes, size_t size)
{
    mp_value got;

    assert_true(decode(&got, bytes, size) < 0);
}

static void integers_have_their_shortest_form(void **state)
{
    mp_value v;

    (void)state;
#define INTEGER(number, ...)                                                   \
    v = mp_value_integer(number);                                              \
    same(&v, BYTES(__VA_ARGS__))
    INTEGER(0, 0x00);
    INTEGER(127, 0x7f);
    INTEGER(128, 0xcc, 0x80);
    INTEGER(255, 0xcc, 0xff);
    INTEGER(256, 0xcd, 0x01, 0x00);
    INTEGER(65535, 0xcd, 0xff, 0xff);
    INTEGER(65536, 0xce, 0x00, 0x01, 0x00, 0x00);
    INTEGER(4294967295, 0xce, 0xff, 0xff, 0xff, 0xff);
    INTEGER(4294967296, 0xcf, 0, 0, 0, 1, 0, 0, 0, 0);
    INTEGER(INT64_MAX, 0xcf, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
    INTEGER(-1, 0xff);
    INTEGER(-32, 0xe0);
    INTEGER(-33, 0xd0, 0xdf);
    INTEGER(-128, 0xd0, 0x80);
    INTEGER(-129, 0xd1, 0xff, 0x7f);
    INTEGER(-32768, 0xd1, 0x80, 0x00);
    INTEGER(-32769, 0xd2, 0xff, 0xff, 0x7f, 0xff);
    INTEGER(INT32_MIN, 0xd2, 0x80, 0, 0, 0);
    INTEGER((int64_t)INT32_MIN - 1, 0xd3, 0xff, 0xff, 0xff, 0xff, 0x7f, 0xff,
            0xff, 0xff);
    INTEGER(INT64_MIN, 0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0);
    v = (mp_value){ .type = MP_VALUE_UNSIGNED, .as.above_int64 = UINT64_MAX };
    same(&v, BYTES(0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff));
}

static void longer_forms_of_others_are_read(void **state)
{
    mp_value v = mp_value_integer(1);

    (void)state;
    reads_as(&v, BYTES(0xcc, 1));
    reads_as(&v, BYTES(0xcd, 0, 1));
    reads_as(&v, BYTES(0xcf, 0, 0, 0, 0, 0, 0, 0, 1));
    reads_as(&v, BYTES(0xd0, 1));
    reads_as(&v, BYTES(0xd3, 0, 0, 0, 0, 0, 0, 0, 1));
    v = mp_value_real(1.5);
    reads_as(&v, BYTES(0xca, 0x3f, 0xc0, 0, 0)); /* float 32 */
    v = mp_value_string("a");
    reads_as(&v, BYTES(0xd9, 1, 'a'));
    reads_as(&v, BYTES(0xda, 0, 1, 'a'));
    reads_as(&v, BYTES(0xdb, 0, 0, 0, 1, 'a'));
    v = mp_value_bytes("a", 1);
    reads_as(&v, BYTES(0xc5, 0, 1, 'a'));
    reads_as(&v, BYTES(0xc6, 0, 0, 0, 1, 'a'));
    v = MP_LIST(mp_value_null());
    reads_as(&v, BYTES(0xdc, 0, 1, 0xc0));
    reads_as(&v, BYTES(0xdd, 0, 0, 0, 1, 0xc0));
    v = MP_MAP(mp_value_null(), mp_value_boolean(true));
    reads_as(&v, BYTES(0xde, 0, 1, 0xc0, 0xc3));
    reads_as(&v, BYTES(0xdf, 0, 0, 0, 1, 0xc0, 0xc3));
    v = (mp_value){
        .type = MP_VALUE_EXTENSION, .extension = -3, .count = 1, .as.bytes = "x"
    };
    reads_as(&v, BYTES(0xc7, 1, 0xfd, 'x'));
    reads_as(&v, BYTES(0xc8, 0, 1, 0xfd, 'x'));
    reads_as(&v, BYTES(0xc9, 0, 0, 0, 1, 0xfd, 'x'));
}

static void other_types_have_their_bytes(void **state)
{
    mp_value v = mp_value_null();
    char sixteen[16] = { 0 };
    size_t size;

    (void)state;
    same(&v, BYTES(0xc0));
    v = mp_value_boolean(false);
    same(&v, BYTES(0xc2));
    v = mp_value_boolean(true);
    same(&v, BYTES(0xc3));
    v = mp_value_real(1.0);
    same(&v, BYTES(0xcb, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0));
    v = mp_value_string("");
    same(&v, BYTES(0xa0));
    v = mp_value_string("hello");
    same(&v, BYTES(0xa5, 'h', 'e', 'l', 'l', 'o'));
    v = mp_value_bytes("\0\1", 2);
    same(&v, BYTES(0xc4, 2, 0, 1));
    v = mp_value_bytes(NULL, 0);
    same(&v, BYTES(0xc4, 0));
    v = (mp_value){ .type = MP_VALUE_LIST };
    same(&v, BYTES(0x90));
    v = (mp_value){ .type = MP_VALUE_MAP };
    same(&v, BYTES(0x80));
    v = MP_LIST(mp_value_integer(42), mp_value_null(),
                mp_value_string("hello"));
    same(&v, BYTES(0x93, 42, 0xc0, 0xa5, 'h', 'e', 'l', 'l', 'o'));
    v = MP_MAP(mp_value_string("a"), MP_LIST(mp_value_integer(1)));
    same(&v, BYTES(0x81, 0xa1, 'a', 0x91, 1));
    for (size = 1; size <= 16; size *= 2) {
        unsigned char header[18] = { 0 };

        header[0] = (unsigned char)(size == 1   ? 0xd4
                                    : size == 2 ? 0xd5
                                    : size == 4 ? 0xd6
                                    : size == 8 ? 0xd7
                                                : 0xd8);
        header[1] = 0x7f;
        v = (mp_value){ .type = MP_VALUE_EXTENSION,
                        .extension = 127,
                        .count = size,
                        .as.bytes = sixteen };
        same(&v, header, size + 2);
    }
    v = (mp_value){ .type = MP_VALUE_EXTENSION,
                    .extension = -128,
                    .count = 3,
                    .as.bytes = "abc" };
    same(&v, BYTES(0xc7, 3, 0x80, 'a', 'b', 'c'));
}

static void long_strings_and_lists_take_longer_headers(void **state)
{
    const size_t lengths[] = { 31, 32, 255, 256, 65535, 65536 };
    const size_t headers[] = { 1, 2, 2, 3, 3, 5 };
    char *text = malloc(65537);
    unsigned char *room = malloc(70000);
    mp_value v;
    mp_value got;
    size_t i;

    (void)state;
    assert_non_null(text);
    assert_non_null(room);
    for (i = 0; i < 6; i++) {
        memset(text, 'x', lengths[i]);
        text[lengths[i]] = '\0';
        v = mp_value_string(text);
        assert_int_equal(encode(&v, room, 70000), lengths[i] + headers[i]);
        assert_int_equal(decode(&got, room, lengths[i] + headers[i]), 0);
        assert_string_equal(got.as.string, text);
        release(&got);
    }
    free(text);
    free(room);
}

static void malformed_input_is_refused(void **state)
{
    unsigned char deep[300];
    mp_value got;

    (void)state;
    refused((const unsigned char *)"", 0);
    refused(BYTES(0xc1));
    refused(BYTES(0xc0, 0xc0));                   /* more than one value */
    refused(BYTES(0xdd, 0xff, 0xff, 0xff, 0xff)); /* four billion items */
    refused(BYTES(0xdf, 0xff, 0xff, 0xff, 0xff));
    refused(BYTES(0xdb, 0xff, 0xff, 0xff, 0xff));
    refused(BYTES(0xc6, 0xff, 0xff, 0xff, 0xff, 0));
    refused(BYTES(0xc9, 0xff, 0xff, 0xff, 0xff, 1));
    refused(BYTES(0x92, 0xdc, 0xff, 0xff, 0xc0)); /* nested promises */
    refused(BYTES(0x81, 0xc0));
    memset(deep, 0x91, sizeof(deep));
    deep[128] = 0xc0;
    assert_int_equal(decode(&got, deep, 129), 0);
    release(&got);
    deep[128] = 0x91;
    deep[129] = 0xc0;
    assert_int_equal(decode(&got, deep, 130), MP_EDECODE);
}

static void input_cut_anywhere_is_refused(void **state)
{
    const mp_value v =
        MP_MAP(mp_value_string("list"),
               MP_LIST(mp_value_integer(70000), mp_value_real(0.5),
                       mp_value_bytes("abc", 3)),
               mp_value_integer(-200), mp_value_boolean(true));
    unsigned char bytes[128];
    size_t size = encode(&v, bytes, sizeof(bytes));
    mp_value got;
    size_t cut;

    (void)state;
    for (cut = 0; cut < size; cut++) {
        assert_int_equal(decode(&got, bytes, cut), MP_EDECODE);
    }
    assert_int_equal(decode(&got, bytes, size), 0);
    assert_true(mp_value_equal(&got, &v));
    release(&got);
}

static void random_bytes_never_do_harm(void **state)
{
    unsigned char bytes[64];
    unsigned char again[512];
    uint32_t seed = 12345;
    unsigned good = 0;
    mp_value got;
    size_t size;
    size_t i;
    int round;

    (void)state;
    for (round = 0; round < 100000; round++) {
        for (i = 0; i < sizeof(bytes); i++) {
            seed = seed * 1664525 + 1013904223;
            bytes[i] = (unsigned char)(seed >> 24);
        }
        size = seed % 24 + 1;
        if (decode(&got, bytes, size) == 0) {
            size_t needed = 0;

            good++;
            assert_int_equal(mp_serializer_value.encode(&mp_serializer_value,
                                                        &got, again,
                                                        sizeof(again), &needed),
                             0);
            release(&got);
        }
    }
    assert_true(good > 1000);
}

static void trees_that_cannot_be_sent_are_refused(void **state)
{
    static mp_value chain[130];
    unsigned char room[256];
    size_t size = 0;
    mp_value v = { .type = (enum mp_value_type)99 };
    int i;

    (void)state;
#define REFUSED(value)                                                         \
    assert_true(mp_serializer_value.encode(&mp_serializer_value, value, room,  \
                                           sizeof(room), &size) < 0)
    REFUSED(&v);
    v = (mp_value){ .type = MP_VALUE_STRING, .count = 3 };
    REFUSED(&v);
    v = (mp_value){ .type = MP_VALUE_EXTENSION, .extension = 128 };
    REFUSED(&v);
    for (i = 0; i < 129; i++) {
        chain[i] = (mp_value){ .type = MP_VALUE_LIST,
                               .count = 1,
                               .as.items = &chain[i + 1] };
    }
    chain[129] = mp_value_null();
    REFUSED(&chain[0]);
    assert_int_equal(encode(&chain[1], room, sizeof(room)), 129);
}

static void text_of(const mp_value *value, const char *expected)
{
    char text[128];
    char small[4];
    int length = mp_value_format(value, text, sizeof(text));

    assert_string_equal(text, expected);
    assert_int_equal(length, strlen(expected));
    assert_int_equal(mp_value_format(value, NULL, 0), length);
    assert_int_equal(mp_value_format(value, small, sizeof(small)), length);
    assert_true(strncmp(small, expected, strlen(small)) == 0);
    assert_true(strlen(small) <= 3);
}

static void values_have_a_text(void **state)
{
    mp_value v = MP_LIST(mp_value_integer(42), mp_value_null(),
                         mp_value_string("hello"));

    (void)state;
    text_of(&v, "[42, null, \"hello\"]");
    v = MP_MAP(mp_value_string("a"), mp_value_boolean(true),
               mp_value_integer(2), (mp_value){ .type = MP_VALUE_LIST });
    text_of(&v, "{\"a\": true, 2: []}");
    v = mp_value_string("a\"b\\c\n\x01");
    text_of(&v, "\"a\\\"b\\\\c\\n\\u0001\"");
    v = mp_value_bytes("\0\xff", 2);
    text_of(&v, "b\"\\x00\\xff\"");
    v = (mp_value){
        .type = MP_VALUE_EXTENSION, .extension = 5, .count = 1, .as.bytes = "x"
    };
    text_of(&v, "ext(5, \"x\")");
    v = mp_value_real(1);
    text_of(&v, "1.0");
    v = mp_value_real(0.1);
    text_of(&v, "0.1");
    v = mp_value_real(1e300);
    text_of(&v, "1e+300");
    v = mp_value_real(-INFINITY);
    text_of(&v, "-inf");
    v = (mp_value){ .type = MP_VALUE_UNSIGNED, .as.above_int64 = UINT64_MAX };
    text_of(&v, "18446744073709551615");
    assert_int_equal(mp_value_format(NULL, NULL, 0), MP_EINVAL);
}

static void find_and_equal_look_at_content(void **state)
{
    mp_value map = MP_MAP(mp_value_string("a"), mp_value_integer(1),
                          mp_value_string("ab"), mp_value_integer(2));
    mp_value other = MP_MAP(mp_value_string("a"), mp_value_integer(1),
                            mp_value_string("ab"), mp_value_integer(3));
    mp_value nan_value = mp_value_real(NAN);
    mp_value null = mp_value_string(NULL);

    (void)state;
    assert_int_equal(mp_value_find(&map, "ab")->as.integer, 2);
    assert_null(mp_value_find(&map, "b"));
    assert_null(mp_value_find(&null, "b"));
    assert_null(mp_value_find(NULL, "b"));
    assert_true(mp_value_equal(&map, &map));
    assert_false(mp_value_equal(&map, &other));
    assert_false(mp_value_equal(&nan_value, &nan_value));
    assert_int_equal(null.type, MP_VALUE_NULL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        mp_test(integers_have_their_shortest_form),
        mp_test(longer_forms_of_others_are_read),
        mp_test(other_types_have_their_bytes),
        mp_test(long_strings_and_lists_take_longer_headers),
        mp_test(malformed_input_is_refused),
        mp_test(input_cut_anywhere_is_refused),
        mp_test(random_bytes_never_do_harm),
        mp_test(trees_that_cannot_be_sent_are_refused),
        mp_test(values_have_a_text),
        mp_test(find_and_equal_look_at_content),
    };

    return mp_run_tests(tests);
}
