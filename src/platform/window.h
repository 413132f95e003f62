/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * window.h -- a file of file.h, mapped
 *
 * A file that is mapped can end its readers by SIGBUS: behind its end, and
 * where there is no room for a page that is touched first. So only a file that
 * is made for it may be mapped: it has its full size, sparse, from the start,
 * nobody can shrink it, and who writes to a page makes sure of it before.
 */
#ifndef MP__WINDOW_H
#define MP__WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Give `fd` its size for good. False: that cannot be had here, and the file
 * is to be read and written by calls alone. */
bool mp__window_prepare(int fd, uint64_t size);

/* Map `size` bytes at `offset`, whole pages; NULL: it cannot be done. */
void *mp__window_open(int fd, uint64_t offset, size_t size, bool to_write);

/* Pages for these bytes are there from now on, with the content that they
 * had; or -errno, as mp__file_write. */
int mp__window_reserve(int fd, uint64_t offset, uint64_t size);

/* Unmap whole pages; of a process that was the last to need what they hold:
 * their memory is given back too, whoever else maps it. */
void mp__window_drop(void *memory, size_t size);

#endif
