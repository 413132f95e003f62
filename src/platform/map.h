/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * map.h -- memory that later forks share, at the same address
 */
#ifndef MP__MAP_H
#define MP__MAP_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroed memory, a whole number of pages; nothing is reserved until touched
 * where the system allows that. NULL: none to be had. */
void *mp__map_shared(size_t size);

/* As that, but of this process alone, and in large pages, where the system has
 * such: a fresh page costs a call of the kernel. NULL also where it has not. */
void *mp__map_private(size_t size);

/* These bytes from malloc() are about to be filled: in large pages where there
 * are so many that malloc() has them from the system each time anew. Nothing
 * where that cannot be. */
void mp__map_fill_soon(void *memory, size_t size);

/* Nobody who inherits it may write there from now on, nor do we. */
void mp__map_seal(void *memory, size_t size);

/* Unmap it in this process; other processes keep it. NULL does nothing. */
void mp__map_free(void *memory, size_t size);

/* Have the pages of these bytes of shared memory at hand, `writable` or not: one
 * call for all instead of a fault for each. Nothing where that cannot be. */
void mp__map_attend(const void *memory, size_t size, bool writable);

/* Give the whole pages inside back to the system, for all processes; they
 * read as zero or as before. Nothing where that cannot be done. */
void mp__map_give_back(void *memory, size_t size);

/* `size` rounded up to whole pages; 0 when that overflows. */
size_t mp__map_round(size_t size);

size_t mp__map_page_size(void);

#endif
