/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * msgpack.h -- a value as MessagePack
 *
 * As published at msgpack.org (spec.md): every format is read; the shortest
 * one is written, and always float 64 for reals.
 */
#ifndef MP__MSGPACK_H
#define MP__MSGPACK_H

#include "mp/value.h"

#include <stddef.h>

#define MP__VALUE_DEPTH 128

/* The header byte of each format; the fix formats hold a count as well. */
enum mp__msgpack_format {
    MP__FIXMAP = 0x80,
    MP__FIXARRAY = 0x90,
    MP__FIXSTR = 0xa0,
    MP__NIL = 0xc0,
    MP__FALSE = 0xc2,
    MP__TRUE = 0xc3,
    MP__BIN8 = 0xc4,
    MP__BIN16 = 0xc5,
    MP__BIN32 = 0xc6,
    MP__EXT8 = 0xc7,
    MP__EXT16 = 0xc8,
    MP__EXT32 = 0xc9,
    MP__FLOAT32 = 0xca,
    MP__FLOAT64 = 0xcb,
    MP__UINT8 = 0xcc,
    MP__UINT16 = 0xcd,
    MP__UINT32 = 0xce,
    MP__UINT64 = 0xcf,
    MP__INT8 = 0xd0,
    MP__INT16 = 0xd1,
    MP__INT32 = 0xd2,
    MP__INT64 = 0xd3,
    MP__FIXEXT1 = 0xd4,
    MP__FIXEXT16 = 0xd8,
    MP__STR8 = 0xd9,
    MP__STR16 = 0xda,
    MP__STR32 = 0xdb,
    MP__ARRAY16 = 0xdc,
    MP__ARRAY32 = 0xdd,
    MP__MAP16 = 0xde,
    MP__MAP32 = 0xdf,
    MP__NEGATIVE_FIXINT = 0xe0
};

/* As the encode function of a serializer; MP_EENCODE for a tree deeper than
 * 128, an unknown type, a count beyond 32 bits or without a pointer. */
int mp__msgpack_encode(const mp_value *value, void *buffer, size_t capacity,
                       size_t *size);

/* As the decode function: MP_EDECODE for malformed input, MP_ENOMEM. What it
 * fills in is one block, given back by mp__msgpack_release(). */
int mp__msgpack_decode(mp_value *value, const void *bytes, size_t size);
void mp__msgpack_release(mp_value *value);

#endif
