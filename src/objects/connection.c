/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * connection.c -- two ends that carry whole messages
 *
 * A message goes as frames: a header, and up to 16 KiB less that. The header
 * says whether the frame begins a message, who sends it and how many bytes of
 * the message are left, so the next frame shows whether the last message was
 * cut. A frame is small enough that Linux queues it whole or not at all, and
 * the receiver looks at a header first and then takes header and body in one
 * call: whoever is killed in between has sent, or taken, whole frames.
 *
 * A message that cannot be finished ends the wait for it: its sender is dead
 * (asked by ident, since other copies of its end may live on), another
 * message begins, or nobody is left at all.
 */
#include "objects/connection_parts.h"

#include "mp/error.h"
#include "platform/clock.h"
#include "platform/kill_point.h"
#include "platform/socket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static mp_connection *connection_of(int fd, const mp_serializer *serializer,
                                    bool sends, bool receives)
{
    mp_connection *fresh = calloc(1, sizeof(*fresh));

    if (fresh != NULL) {
        fresh->fd = fd;
        fresh->serializer = *serializer;
        fresh->sends = sends;
        fresh->receives = receives;
    }
    return fresh;
}

int mp_connection_pair(mp_connection **first, mp_connection **second,
                       const mp_connection_options *options)
{
    static const mp_connection_options defaults;
    const mp_serializer *serializer;
    int one = -1;
    int other = -1;
    int error;

    options = options == NULL ? &defaults : options;
    serializer = options->serializer == NULL ? &mp_serializer_bytes
                                             : options->serializer;
    if (first == NULL || second == NULL || !MP__RESERVED_IS_ZERO(options) ||
        !mp__serializer_is_valid(serializer)) {
        return MP_EINVAL;
    }
    error = mp__domain_open();
    if (error == 0) {
        error = mp__socket_pair(&one, &other);
    }
    if (error < 0) {
        return error;
    }
    mp_connection *a = connection_of(one, serializer, !options->one_way, true);
    mp_connection *b =
        connection_of(other, serializer, true, !options->one_way);

    if (a == NULL || b == NULL) {
        free(a);
        free(b);
        mp__socket_close(&one);
        mp__socket_close(&other);
        return MP_ENOMEM;
    }
    *first = a;
    *second = b;
    return 0;
}

int mp__connection_check(const mp_connection *connection)
{
    if (connection == NULL) {
        return MP_EINVAL;
    }
    return connection->fd < 0 ? MP_ECLOSED : 0;
}

/* ---- sending ---- */

/* What is left to do of one frame. */
struct outgoing {
    const unsigned char *head;
    size_t head_left;
    const unsigned char *body;
    size_t body_left;
};

static void advance(struct outgoing *out, size_t sent)
{
    size_t of_head = sent < out->head_left ? sent : out->head_left;

    out->head += of_head;
    out->head_left -= of_head;
    if (sent > of_head) { /* an empty body may be NULL */
        out->body += sent - of_head;
        out->body_left -= sent - of_head;
    }
}

/* One frame. *any: something of the message has gone. */
static int send_frame(const mp_connection *connection, struct outgoing *out,
                      bool *any, int64_t deadline)
{
    int64_t sent;

    while (out->head_left + out->body_left > 0) {
        sent = mp__socket_send(connection->fd, out->head, out->head_left,
                               out->body, out->body_left);
        if (sent >= 0) {
            *any = true;
            advance(out, (size_t)sent);
        } else if (sent != -EAGAIN) {
            return sent == -EPIPE ? MP_ECLOSED : (int)sent;
        } else if (!mp__socket_wait(connection->fd, true, deadline) &&
                   mp__deadline_passed(deadline)) {
            return MP_ETIMEDOUT;
        }
    }
    return 0;
}

static int send_message(mp_connection *connection, const void *bytes,
                        size_t size, int64_t deadline)
{
    mp__frame header = { .mark = MP__MARK_FIRST };
    struct outgoing out;
    const unsigned char *body = bytes;
    bool any = false;
    size_t left = size;
    size_t part;
    int error = mp__domain_self(&header.sender);

    do {
        part = left < MP__FRAME_BODY ? left : MP__FRAME_BODY;
        header.left = left;
        out = (struct outgoing){ .head = (const unsigned char *)&header,
                                 .head_left = sizeof(header),
                                 .body = body,
                                 .body_left = part };
        MP_KILL_POINT("frame.sending");
        error =
            error < 0 ? error : send_frame(connection, &out, &any, deadline);
        MP_KILL_POINT("frame.sent");
        if (error < 0) {
            break;
        }
        header.mark = MP__MARK_NEXT;
        body = part == 0 ? body : body + part;
        left -= part;
    } while (left > 0);
    if (error < 0 && any) {
        /* Half a message is no message: the other end shall know. */
        mp__socket_cut(connection->fd);
        (void)mp_connection_close(connection);
    }
    return error;
}

static int check_send(const mp_connection *connection)
{
    int error = mp__connection_check(connection);

    return error < 0 || connection->sends ? error : MP_ESTATE;
}

int mp_connection_send(mp_connection *connection, const void *object,
                       int timeout_ms)
{
    int64_t deadline = mp__deadline_after(timeout_ms);
    size_t size = 0;
    int error = check_send(connection);

    if (error == 0 && object == NULL) {
        error = MP_EINVAL;
    }
    if (error < 0) {
        return error;
    }
    if (mp__serializer_is_plain(&connection->serializer)) {
        return send_message(connection, object,
                            connection->serializer.object_size, deadline);
    }
    error = mp__serializer_encode(&connection->serializer, object,
                                  &connection->out, &size);
    if (error == 0) {
        error = send_message(connection, connection->out.bytes, size, deadline);
    }
    mp__scratch_trim(&connection->out, MP__SCRATCH_KEPT);
    return error;
}

int mp_connection_send_bytes(mp_connection *connection, const void *bytes,
                             size_t size, int timeout_ms)
{
    int error = check_send(connection);

    if (error == 0 && bytes == NULL && size > 0) {
        error = MP_EINVAL;
    }
    return error < 0 ? error
                     : send_message(connection, bytes, size,
                                    mp__deadline_after(timeout_ms));
}

/* ---- looking ---- */

int mp__connection_check_receive(const mp_connection *connection)
{
    int error = mp__connection_check(connection);

    return error < 0 || connection->receives ? error : MP_ESTATE;
}

bool mp__connection_has_message(const mp_connection *connection)
{
    return connection->whole;
}

int mp_connection_poll(mp_connection *connection, int timeout_ms)
{
    int64_t deadline = mp__deadline_after(timeout_ms);
    int error = mp__connection_check_receive(connection);

    if (error < 0) {
        return error;
    }
    while (!connection->whole) {
        if (mp__socket_wait(connection->fd, false, deadline)) {
            return 1;
        }
        if (mp__deadline_passed(deadline)) {
            return 0;
        }
    }
    return 1;
}

int mp_connection_descriptor(const mp_connection *connection)
{
    int error = mp__connection_check(connection);

    return error < 0 ? error : connection->fd;
}

int mp_connection_can_send(const mp_connection *connection)
{
    int error = mp__connection_check(connection);

    return error < 0 ? error : (int)connection->sends;
}

int mp_connection_can_receive(const mp_connection *connection)
{
    int error = mp__connection_check(connection);

    return error < 0 ? error : (int)connection->receives;
}

int mp_connection_close(mp_connection *connection)
{
    if (connection == NULL) {
        return MP_EINVAL;
    }
    mp__socket_close(&connection->fd);
    return 0;
}

void mp_connection_destroy(mp_connection *connection)
{
    if (connection == NULL) {
        return;
    }
    (void)mp_connection_close(connection);
    mp__scratch_free(&connection->out);
    mp__scratch_free(&connection->object);
    mp__scratch_free(&connection->in);
    free(connection);
}
