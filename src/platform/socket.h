/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * socket.h -- a pair of stream sockets that forks share
 *
 * In blocking mode, which belongs to all copies: a call that must not wait
 * says so itself. Functions give -errno, -EAGAIN where they would wait.
 */
#ifndef MP__SOCKET_H
#define MP__SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int mp__socket_pair(int *one, int *other);

/* Send `head` and then `body`, in one call: how many bytes went, which may be
 * less. -EPIPE when nobody can receive; no SIGPIPE. */
int64_t mp__socket_send(int fd, const void *head, size_t head_size,
                        const void *body, size_t body_size);

/* Receive into both, in one call: how many bytes came, 0 at the end. */
int64_t mp__socket_receive(int fd, void *head, size_t head_size, void *body,
                           size_t body_size);

/* Look at what comes next and leave it there. As receive. */
int64_t mp__socket_peek(int fd, void *bytes, size_t size);

/* Wait until there may be bytes (or room, with `to_send`), or the end, or the
 * deadline. True: try again. */
bool mp__socket_wait(int fd, bool to_send, int64_t deadline);

/* Has the other end gone for good? What it sent may still be there. */
bool mp__socket_is_ended(int fd);

/* Nothing more goes either way, for all who have a copy. */
void mp__socket_cut(int fd);

/* Close this process's copy and set to -1. */
void mp__socket_close(int *fd);

#endif
