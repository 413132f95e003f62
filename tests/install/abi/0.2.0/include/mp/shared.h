/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * mp/shared.h -- memory that later forks see
 *
 * Plain memory: use a lock where several processes write. Make it before the
 * processes, and the pools, that are to see it.
 */
#ifndef MP_SHARED_H
#define MP_SHARED_H

#include <stddef.h>

#include <mp/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Map `size` bytes, all zero and page-aligned, that every process forked
 * later sees at the same address. The caller owns the mapping until
 * mp_shared_destroy(). Returns 0; MP_EINVAL for NULL or size 0; MP_ENOMEM.
 */
MP_API MP_MUST int mp_shared_create(void **memory, size_t size);

/** Unmap it in this process; others keep theirs, and the memory goes with the
 *  last. `memory` as mp_shared_create() gave it; NULL does nothing. */
MP_API void mp_shared_destroy(void *memory);

#ifdef __cplusplus
}
#endif

#endif
