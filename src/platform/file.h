/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * file.h -- bytes too many for a ring, in a file without a name
 *
 * Maps cannot grow after a fork, files can: what is too large for a shared
 * ring goes to a place in a sparse file that all processes inherited. It is
 * written and read by calls, or mapped once its memory is reserved (see also
 * window.h), so that a full disk is an error and not a SIGBUS.
 */
#ifndef MP__FILE_H
#define MP__FILE_H

#include <stddef.h>
#include <stdint.h>

/* A new descriptor, shared with every later fork; or -errno. */
int mp__file_create(void);

/* All of `size` bytes at `offset`, or -errno: -ENOSPC, -EFBIG past the file
 * size limit (no SIGXFSZ is raised), -EBADF when the host closed it. */
int mp__file_write(int fd, uint64_t offset, const void *bytes, size_t size);
int mp__file_read(int fd, uint64_t offset, void *bytes, size_t size);

/* Make sure that there is memory (or disk) behind these bytes, whatever they
 * are: 0 or -errno, as above. */
int mp__file_reserve(int fd, uint64_t offset, uint64_t size);

/* Map these bytes, which were reserved, in this process; `offset` is that of a
 * page. NULL: no address space, or the file is shorter. */
void *mp__file_map(int fd, uint64_t offset, size_t size);
void mp__file_unmap(void *memory, size_t size);

/* Its bytes, holes included: nothing that was written lies behind them.
 * UINT64_MAX when it cannot be told; a read will say why. */
uint64_t mp__file_size(int fd);

/* The most bytes that can have been written to it: memory behind it where that
 * is told, else as above. */
uint64_t mp__file_backed(int fd);

/* Give the memory behind these bytes back, where that can be done. */
void mp__file_give_back(int fd, uint64_t offset, uint64_t size);

/* Close this process's copy and set to -1. */
void mp__file_close(int *fd);

#endif
