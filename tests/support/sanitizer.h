/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * sanitizer.h -- does the address sanitizer watch this build?
 *
 * It keeps what was freed, maps terabytes and makes every place its own:
 * tests that count memory or run short of it ask here.
 */
#ifndef MP_TEST_SANITIZER_H
#define MP_TEST_SANITIZER_H

#if defined(__SANITIZE_ADDRESS__)
#define MP_TEST_WATCHED 1
#elif defined(__has_feature)
#define MP_TEST_WATCHED __has_feature(address_sanitizer)
#else
#define MP_TEST_WATCHED 0
#endif

#endif
