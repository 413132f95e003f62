/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * memory.h -- how much memory there is, and how much of it is used
 */
#ifndef MP_TEST_MEMORY_H
#define MP_TEST_MEMORY_H

#include <stdint.h>

#define MP_TEST_MIB ((int64_t)1024 * 1024)
#define MP_TEST_GIB ((int64_t)1024 * 1024 * 1024)

/**
 * Bytes that may be used before somebody is killed for it: what the system has
 * available, or what the limits of our cgroups leave, whichever is less. -1
 * where nobody tells.
 */
int64_t mp_test_memory_available(void);

/** Bytes of this process in memory, shared ones included, and those in files
 *  without a name that it has open; -1: unknown. */
int64_t mp_test_memory_used(void);

#endif
