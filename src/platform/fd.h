/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * fd.h -- descriptors of ours: pipes, links, and one byte that means "look"
 *
 * Every descriptor is close-on-exec and numbered 3 or higher: a host may have
 * closed its standard streams, and nothing of ours may become its stdout.
 * Descriptors are owned by one process; a child that libmp forks closes the
 * inherited copies, except those it keeps and those made as shared.
 */
#ifndef MP__FD_H
#define MP__FD_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Take over `fd`, or -1 with errno set: the number moved to 3 or above and
 * close-on-exec, or -errno. On failure `fd` is closed. */
int mp__fd_adopt(int fd);

/* As mp__fd_adopt(), and owned by this process alone. For descriptors that
 * are close-on-exec already. */
int mp__fd_own(int fd);

/* Close a descriptor made by mp__fd_own() and the calls below, if a fork has
 * not closed this copy already, and set to -1; -1 does nothing. */
void mp__fd_close(int *fd);

/* In a child: this copy is ours now, do not close it with the others. */
void mp__fd_keep(int fd);

/* In a child: close every inherited descriptor that was its parent's. */
void mp__fd_close_inherited(void);

/* A pipe, both ends non-blocking and owned. */
int mp__fd_pipe(int *read_end, int *write_end);

/* A pair of connected stream sockets, non-blocking and owned. */
int mp__fd_link(int *one, int *other);

/* Put one byte in. A full pipe is fine: somebody will look anyway. A link
 * whose other end is gone is fine too, and raises no SIGPIPE. */
void mp__fd_ring(int pipe_end);
void mp__fd_ring_link(int link_end);

/* Take out all bytes. Returns true at end of file or when `fd` is not to be
 * used any more, false when it is merely empty. */
bool mp__fd_drain(int fd);

/* Wait until `first` or `second` (-1: none) is readable or at its end, or a
 * signal came, or `timeout_ms` is over. Returns a mask: 1 first, 2 second. */
int mp__fd_wait(int first, int second, int timeout_ms);

/* poll() that a signal ends early: how many are ready, or 0. */
int mp__fd_poll(struct pollfd *set, size_t count, int timeout_ms);

#endif
