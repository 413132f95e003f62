/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * fuzz_connection.c -- any bytes into the receiving end
 *
 * Raw ones, and frames whose fields are chosen. A receiver takes what it can
 * in between; once the other end is closed it must come to an end of its own,
 * with no time limit.
 */
#include "fuzz/fuzz.h"

#include "objects/connection_parts.h"

#include <mp/mp.h>

#include <string.h>
#include <sys/socket.h>

static void send_raw(mp_connection *to, const void *bytes, size_t size)
{
    (void)send(mp_connection_descriptor(to), bytes, size,
               MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void send_frame(struct fuzz_input *input, mp_connection *to)
{
    uint64_t shape = fuzz_take(input, 1);
    size_t size = fuzz_size(input, 20000);
    mp__frame frame = { .mark = MP__MARK_FIRST + (uint32_t)(shape & 1),
                        .left = size };
    unsigned char *bytes;

    (void)mp__domain_self(&frame.sender);
    frame.sender =
        (shape & 2) != 0 ? (uint32_t)fuzz_take(input, 4) : frame.sender;
    if ((shape & 4) != 0) {
        frame.left = fuzz_take(input, 3);
    } else if ((shape & 8) != 0) {
        frame.left = fuzz_take(input, 8) | UINT64_C(1) << 60;
    }
    bytes = fuzz_bytes(input, size + sizeof(frame));
    memcpy(bytes, &frame, sizeof(frame));
    send_raw(to, bytes, size + sizeof(frame));
    free(bytes);
}

static int receive(mp_connection *from, bool as_bytes, int timeout_ms)
{
    mp_value value;
    unsigned char buffer[300];
    size_t size = 0;
    int error;

    if (as_bytes) {
        error = mp_connection_receive_bytes(from, buffer, sizeof(buffer), &size,
                                            timeout_ms);
        fuzz_require(error < 0 || size <= sizeof(buffer));
    } else {
        memset(&value, 0, sizeof(value));
        error = mp_connection_receive(from, &value, timeout_ms);
        if (error == 0) {
            mp_serializer_release(&mp_serializer_value, &value, 1);
        }
    }
    return error;
}

static bool goes_on(int error)
{
    return error == 0 || error == MP_EDECODE || error == MP_ECRASHED;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { .next = data, .left = size };
    mp_connection *from = NULL;
    mp_connection *to = NULL;
    unsigned char *bytes;
    int error = 0;
    int calls;

    fuzz_begin();
    fuzz_require(mp_connection_pair(&from, &to,
                                    &(mp_connection_options){
                                        .serializer = &mp_serializer_value }) ==
                 0);
    while (input.left > 0) {
        uint64_t step = fuzz_take(&input, 1);
        size_t count;

        switch (step % 4) {
        case 0:
            count = fuzz_size(&input, 4096);
            bytes = fuzz_bytes(&input, count);
            send_raw(to, bytes, count);
            free(bytes);
            break;
        case 1:
        case 2:
            send_frame(&input, to);
            break;
        default:
            (void)receive(from, (step & 4) != 0, (step & 8) != 0 ? 200 : 0);
            break;
        }
    }
    (void)mp_connection_close(to);
    for (calls = 0; calls < 2000 && goes_on(error); calls++) {
        error = receive(from, false, MP_FOREVER);
    }
    fuzz_require(error == MP_ECLOSED || error == MP_ENOMEM);
    mp_connection_destroy(from);
    mp_connection_destroy(to);
    return 0;
}
