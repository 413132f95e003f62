/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * connection_receive.c -- frames become a message again
 *
 * Frames are described at the head of connection.c.
 */
#include "objects/connection_parts.h"

#include "mp/error.h"
#include "platform/clock.h"
#include "platform/socket.h"

#include <errno.h>
#include <string.h>

#define DEATH_SLICE (100 * MP__MS)

/* How many bytes follow a header. */
static size_t body_of(const mp__frame *header)
{
    return header->left < MP__FRAME_BODY ? (size_t)header->left
                                         : MP__FRAME_BODY;
}

static void forget_message(mp_connection *connection)
{
    connection->begun = false;
    connection->whole = false;
    mp__scratch_trim(&connection->in, MP__SCRATCH_KEPT);
}

static int cut_message(mp_connection *connection)
{
    forget_message(connection);
    return MP_ECRASHED;
}

/* Nothing more that makes sense can come. */
static int give_up(mp_connection *connection)
{
    mp__socket_cut(connection->fd);
    (void)mp_connection_close(connection);
    return cut_message(connection);
}

/* All of `size` bytes: of a frame that began to come from `sender`. A system
 * that splits frames makes us wait for the rest. */
static int receive_rest(mp_connection *connection, mp__ident sender,
                        unsigned char *bytes, size_t size, int64_t deadline)
{
    bool dead = false; /* before we looked for more */
    int64_t got;

    while (size > 0) {
        got = mp__socket_receive(connection->fd, bytes, size, NULL, 0);
        if (got == 0) {
            return MP_ECRASHED;
        }
        if (got > 0) {
            bytes += got;
            size -= (size_t)got;
        } else if (got != -EAGAIN) {
            return (int)got;
        } else if (dead) {
            return MP_ECRASHED;
        } else if (!mp__socket_wait(
                       connection->fd, false,
                       mp__deadline_slice(deadline, DEATH_SLICE))) {
            if (mp__deadline_passed(deadline)) {
                return MP_ETIMEDOUT;
            }
            dead = !mp__domain_is_alive(sender);
        }
    }
    return 0;
}

/* Take the frame whose header was `seen`, its body to `to`. -EAGAIN: another
 * receiver was faster. After another -errno it is still there. */
static int take_frame(mp_connection *connection, const mp__frame *seen,
                      unsigned char *to, int64_t deadline)
{
    size_t size = body_of(seen);
    mp__frame header = { .mark = 0 };
    int64_t got =
        mp__socket_receive(connection->fd, &header, sizeof(header), to, size);
    size_t body;

    if (got < 0) {
        return (int)got; /* nothing was taken */
    }
    if (got < (int64_t)sizeof(header) ||
        memcmp(&header, seen, sizeof(header)) != 0) {
        return give_up(connection); /* receivers without a lock */
    }
    body = (size_t)got - sizeof(header);
    return receive_rest(connection, header.sender, to + body, size - body,
                        deadline) < 0
               ? give_up(connection)
               : 0;
}

/* The rest of a message whose beginning somebody else took, or lost. */
static int skip_frame(mp_connection *connection, const mp__frame *header,
                      int64_t deadline)
{
    int error = mp__scratch_reserve(&connection->in, MP__FRAME_BODY);

    return error < 0
               ? error
               : take_frame(connection, header, connection->in.bytes, deadline);
}

static int begin_message(mp_connection *connection, const mp__frame *header)
{
    int error;

    if (header->left > SIZE_MAX / 2) {
        return MP_ENOMEM;
    }
    error = mp__scratch_reserve(&connection->in, (size_t)header->left + 1);
    if (error == 0) {
        connection->begun = true;
        connection->sender = header->sender;
        connection->total = header->left;
        connection->have = 0;
    }
    return error;
}

/* The next frame of the message, or the first of one. */
static int add_frame(mp_connection *connection, const mp__frame *header,
                     int64_t deadline)
{
    int error = connection->begun ? 0 : begin_message(connection, header);

    if (error == 0) {
        error = take_frame(
            connection, header,
            (unsigned char *)connection->in.bytes + connection->have, deadline);
    }
    if (error == 0) {
        connection->have += body_of(header);
        connection->whole = connection->have == connection->total;
    } else if (connection->have == 0) {
        connection->begun = false; /* it is still there to be begun with */
    }
    return error;
}

/* A frame whose header was seen. 0: taken; -EAGAIN: look again; MP_ECRASHED;
 * or another error, and it stays. *skipped: it belongs to no message. */
static int accept_frame(mp_connection *connection, const mp__frame *header,
                        bool *skipped, int64_t deadline)
{
    bool first = header->mark == MP__MARK_FIRST;

    if (!first && header->mark != MP__MARK_NEXT) {
        return give_up(connection); /* bytes that no libmp has sent */
    }
    if (!first && !connection->begun) {
        *skipped = true;
        return skip_frame(connection, header, deadline);
    }
    if (connection->begun &&
        (first || header->sender != connection->sender ||
         header->left != connection->total - connection->have)) {
        return cut_message(connection); /* and this frame stays */
    }
    return add_frame(connection, header, deadline);
}

/* Nothing is there. 0: look again; MP_ETIMEDOUT; MP_ECRASHED. */
static int wait_for_frame(mp_connection *connection, int64_t deadline)
{
    int64_t slice = mp__deadline_slice(deadline, DEATH_SLICE);

    if (mp__socket_wait(connection->fd, false,
                        connection->begun ? slice : deadline)) {
        return 0;
    }
    if (connection->begun && !mp__domain_is_alive(connection->sender) &&
        !mp__socket_wait(connection->fd, false, MP__AT_ONCE)) {
        return cut_message(connection);
    }
    return mp__deadline_passed(deadline) ? MP_ETIMEDOUT : 0;
}

/* `part` of a header is there: only where frames can be split, or when the
 * other end sends what is no frame. 0: look again; an error. */
static int wait_for_header(mp_connection *connection, int64_t part,
                           int64_t deadline)
{
    mp__frame header = { .mark = 0 };

    if (mp__socket_is_ended(connection->fd) &&
        mp__socket_peek(connection->fd, &header, sizeof(header)) == part) {
        return give_up(connection); /* the rest will never come */
    }
    mp__clock_sleep(MP__MS);
    return mp__deadline_passed(deadline) ? MP_ETIMEDOUT : 0;
}

/* Until a message is whole in `in`. */
static int receive_message(mp_connection *connection, int64_t deadline)
{
    mp__frame header = { .mark = 0 };
    bool skipped = false;
    int64_t got;
    int result = 0;

    while (!connection->whole && result >= 0) {
        got = mp__socket_peek(connection->fd, &header, sizeof(header));
        if (got == (int64_t)sizeof(header) &&
            !(skipped && header.mark == MP__MARK_FIRST)) {
            result = accept_frame(connection, &header, &skipped, deadline);
            result = result == -EAGAIN ? 0 : result;
        } else if (skipped) {
            result = MP_ECRASHED;
        } else if (got == 0) {
            result = connection->begun ? cut_message(connection) : MP_ECLOSED;
        } else if (got == -EAGAIN) {
            result = wait_for_frame(connection, deadline);
        } else if (got < 0) {
            result = (int)got;
        } else {
            result = wait_for_header(connection, got, deadline);
        }
    }
    return result < 0 ? result : 0;
}

int mp_connection_receive(mp_connection *connection, void *object,
                          int timeout_ms)
{
    int64_t deadline = mp__deadline_after(timeout_ms);
    size_t size;
    int error = mp__connection_check_receive(connection);

    if (error == 0 && object == NULL) {
        error = MP_EINVAL;
    }
    if (error < 0) {
        return error;
    }
    size = connection->serializer.object_size;
    error = mp__scratch_reserve(&connection->object, size);
    if (error == 0) {
        error = receive_message(connection, deadline);
    }
    if (error < 0) {
        return error;
    }
    error =
        mp__serializer_decode(&connection->serializer, connection->object.bytes,
                              connection->in.bytes, (size_t)connection->total);
    if (error == 0) {
        memcpy(object, connection->object.bytes, size);
    }
    forget_message(connection);
    return error;
}

int mp_connection_receive_bytes(mp_connection *connection, void *buffer,
                                size_t capacity, size_t *size, int timeout_ms)
{
    int64_t deadline = mp__deadline_after(timeout_ms);
    int error = mp__connection_check_receive(connection);

    if (error == 0 && (size == NULL || (buffer == NULL && capacity > 0))) {
        error = MP_EINVAL;
    }
    if (error == 0) {
        error = receive_message(connection, deadline);
    }
    if (error < 0) {
        return error;
    }
    *size = (size_t)connection->total;
    if (*size > capacity) {
        return MP_EMSGSIZE;
    }
    if (*size > 0) {
        memcpy(buffer, connection->in.bytes, *size);
    }
    forget_message(connection);
    return 0;
}
