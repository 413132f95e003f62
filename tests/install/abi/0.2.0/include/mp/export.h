/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * mp/export.h -- what marks a public symbol, and how public structs grow
 *
 * A struct that a caller fills ends in `reserved`, which must be zero: a call
 * refuses anything else as MP_EINVAL, so a program that sets a field which
 * came into being after the library that it runs with learns of it. Such
 * structs are filled in by designated initializers, or begin as `{ 0 }`. A
 * struct that libmp fills ends in `reserved`, too, and libmp writes zero there.
 * New fields are taken out of `reserved`: the size of no struct changes, so a
 * program runs with each later library whose file name has the same number.
 */
#ifndef MP_EXPORT_H
#define MP_EXPORT_H

#if defined(__GNUC__)
#define MP_API                 __attribute__((visibility("default")))
#define MP_PRINTF(text, first) __attribute__((format(printf, text, first)))
/* A call whose result must be looked at: without that, a caller cannot know
 * whether it has what it asked for. */
#define MP_MUST __attribute__((warn_unused_result))
#else
#define MP_API
#define MP_PRINTF(text, first)
#define MP_MUST
#endif

#endif
