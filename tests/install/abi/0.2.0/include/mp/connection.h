/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * mp/connection.h -- two ends that carry whole messages
 *
 * An end is shared by the process that made it and by every process forked
 * from it since: each has a copy, and closes the one it does not use. A
 * message is received whole or not at all. When all copies of the other end
 * are gone, what was sent before still comes, then MP_ECLOSED again and again;
 * so close the copy of the other end that a fork gave you, or its end never
 * comes.
 *
 * A sender that dies inside a message is told by MP_ECRASHED, once: what it
 * had sent of that message is dropped, and the next message is received as
 * usual. Messages of more than 16 KiB from several processes on one end need
 * a lock around each send, and several receivers on one end a lock around
 * each receive: a message that others have mixed or divided is MP_ECRASHED.
 *
 * Descriptors stay in blocking mode; a connection keeps one for each end.
 */
#ifndef MP_CONNECTION_H
#define MP_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mp/export.h>
#include <mp/serializer.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mp_connection mp_connection;

/** Zero means "the default" in every field; NULL options set none. */
typedef struct mp_connection_options {
    /** The first end only receives, the second only sends. Default: both do
     *  both. */
    bool one_way;

    /** Copied. Default: mp_serializer_bytes. */
    const mp_serializer *serializer;

    uint64_t reserved[8]; /**< Must be zero. */
} mp_connection_options;

/** Make two connected ends; the caller owns both until
 *  mp_connection_destroy(). Returns 0, MP_EINVAL, MP_ENOMEM or -errno. */
MP_API MP_MUST int mp_connection_pair(mp_connection **first,
                                      mp_connection **second,
                                      const mp_connection_options *options);

/**
 * Encode `object` and send it, waiting up to `timeout_ms` for room. The object
 * stays the caller's.
 *
 * Returns 0; MP_ETIMEDOUT, and nothing was sent, unless part of the message
 * had gone when the time was over (or before an -errno): then the connection
 * is of no use any more, this end is closed and the other gets MP_ECRASHED;
 * MP_EENCODE, and nothing was sent; MP_ECLOSED when nobody can receive it any
 * more (no SIGPIPE is raised) or this end is closed here; MP_ESTATE at an end
 * that only receives; MP_EINVAL; MP_ENOMEM; -errno.
 */
MP_API MP_MUST int mp_connection_send(mp_connection *connection,
                                      const void *object, int timeout_ms);

/**
 * Wait up to `timeout_ms` for a message and decode it to `object`; the caller
 * owns what is inside. Returns 0; MP_ETIMEDOUT, and nothing is lost;
 * MP_ECLOSED at the end, or when this end is closed here; MP_ECRASHED: a
 * sender died inside a message, which is dropped; MP_EDECODE, and the message
 * is gone; MP_ESTATE at an end that only sends; MP_EINVAL; MP_ENOMEM, and the
 * message stays; -errno.
 */
MP_API MP_MUST int mp_connection_receive(mp_connection *connection,
                                         void *object, int timeout_ms);

/** As mp_connection_send(), with `size` bytes as they are, which may be none:
 *  that is a message too. */
MP_API MP_MUST int mp_connection_send_bytes(mp_connection *connection,
                                            const void *bytes, size_t size,
                                            int timeout_ms);

/** As mp_connection_receive(), with the bytes as they are, *size of them; what
 *  lies behind them in `buffer` is untouched. MP_EMSGSIZE when they do not fit
 *  `capacity`: *size is their number, and the message stays, for this process
 *  alone. */
MP_API MP_MUST int mp_connection_receive_bytes(mp_connection *connection,
                                               void *buffer, size_t capacity,
                                               size_t *size, int timeout_ms);

/** Wait up to `timeout_ms` until a receive will not wait, also at the end: 1;
 *  else 0. Takes nothing. MP_ECLOSED and MP_ESTATE as above; MP_EINVAL. */
MP_API int mp_connection_poll(mp_connection *connection, int timeout_ms);

/** To poll for reading; borrowed. MP_ECLOSED when closed here; MP_EINVAL. */
MP_API int mp_connection_descriptor(const mp_connection *connection);

/** 1 or 0; MP_ECLOSED when closed here; MP_EINVAL. */
MP_API int mp_connection_can_send(const mp_connection *connection);
MP_API int mp_connection_can_receive(const mp_connection *connection);

/** Close this process's copy of this end. Returns 0, again and again;
 *  MP_EINVAL. */
MP_API int mp_connection_close(mp_connection *connection);

/** Close, and give the handle back; other processes keep theirs. NULL does
 *  nothing. */
MP_API void mp_connection_destroy(mp_connection *connection);

#ifdef __cplusplus
}
#endif

#endif
