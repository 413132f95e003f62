/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * shared.h -- which memory of mp_shared_create() this process has
 */
#ifndef MP__OBJECTS_SHARED_H
#define MP__OBJECTS_SHARED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many have been made so far, here and before the forks to here. */
uint64_t mp__shared_count(void);

/* Are these `size` bytes inside one that is mapped here, and that was made
 * when mp__shared_count() was less than `before`? */
bool mp__shared_holds(const void *memory, size_t size, uint64_t before);

#endif
