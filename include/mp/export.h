/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * mp/export.h -- what marks a public symbol
 */
#ifndef MP_EXPORT_H
#define MP_EXPORT_H

#if defined(__GNUC__)
#define MP_API                 __attribute__((visibility("default")))
#define MP_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define MP_API
#define MP_PRINTF(text, first)
#endif

#endif
