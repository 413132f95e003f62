/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * handle.h -- a handle of this process on memory that its forks share
 */
#ifndef MP__HANDLE_H
#define MP__HANDLE_H

#include <stddef.h>

/* Both zero bytes: *handle private, from malloc, and *shared for this process
 * and its later forks. 0, MP_ENOMEM or -errno: neither was made. */
int mp__handle_create(void **handle, size_t size, void **shared,
                      size_t shared_size);

/* Give both back here; other processes keep theirs. */
void mp__handle_destroy(void *handle, void *shared, size_t shared_size);

#endif
