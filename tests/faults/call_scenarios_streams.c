/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * call_scenarios_streams.c -- connections
 */
#include "faults/call_scenarios.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static struct kit {
    mp_connection *here;
    mp_connection *there;
} kit;

static void forget_kit(void)
{
    mp_connection_destroy(kit.here);
    mp_connection_destroy(kit.there);
    memset(&kit, 0, sizeof(kit));
}

static int echo(void *unused)
{
    unsigned char *bytes = calloc(1, CALL_LARGE);
    size_t size = 0;
    int result = 0;

    (void)unused;
    if (bytes == NULL) {
        return CHILD_FAILED;
    }
    TRY(mp_connection_close(kit.here));
    TRY(mp_connection_receive_bytes(kit.there, bytes, CALL_LARGE, &size,
                                    LONG_MS));
    TRY(mp_connection_send_bytes(kit.there, bytes, size, LONG_MS));

done:
    free(bytes);
    return call_child_status(result);
}

static int run_connection(void)
{
    unsigned char *bytes = call_large_message();
    unsigned char *got = calloc(1, CALL_LARGE);
    mp_process *child = NULL;
    mp_wait_item item = { .ready = false };
    size_t size = 1;
    int result = 0;

    if (got == NULL) {
        return MP_ENOMEM;
    }
    result = mp_connection_pair(&kit.here, &kit.there, NULL);
    WANT(result >= 0 || (kit.here == NULL && kit.there == NULL));
    TRY(result);
    MAKE(child, call_child_start(&child, echo, NULL));
    TRY(mp_connection_close(kit.there));
    WANT(mp_connection_can_send(kit.here) == 1);
    TRY(mp_connection_send_bytes(kit.here, bytes, CALL_LARGE, LONG_MS));
    item.connection = kit.here;
    TRY(mp_wait(&item, 1, LONG_MS));
    TRY(mp_connection_poll(kit.here, LONG_MS));
    result =
        mp_connection_receive_bytes(kit.here, got, CALL_LARGE, &size, LONG_MS);
    WANT(result >= 0 ? size == CALL_LARGE : size == 1);
    TRY(result);
    WANT(memcmp(got, bytes, CALL_LARGE) == 0);
    result =
        mp_connection_receive_bytes(kit.here, got, CALL_LARGE, &size, LONG_MS);
    WANT(result < 0 && size == CALL_LARGE);
    TRY(result == MP_ECLOSED ? 0 : result);

done:
    if (kit.here != NULL) {
        (void)mp_connection_close(kit.here); /* it must not wait for us */
        (void)mp_connection_close(kit.there);
    }
    result = call_child_end(child, 0, result, __LINE__);
    forget_kit();
    free(got);
    return result;
}

static int run_one_way(void)
{
    mp_connection_options options = { .one_way = true,
                                      .serializer = &mp_serializer_int64 };
    int64_t number = 5;
    int64_t got = 0;
    int result = 0;

    result = mp_connection_pair(&kit.here, &kit.there, &options);
    WANT(result >= 0 || (kit.here == NULL && kit.there == NULL));
    TRY(result);
    TRY(mp_connection_descriptor(kit.here));
    WANT(mp_connection_can_receive(kit.there) == 0);
    TRY(mp_connection_send(kit.there, &number, LONG_MS));
    result = mp_connection_receive(kit.here, &got, LONG_MS);
    WANT(got == (result < 0 ? 0 : 5));
    TRY(result);
    result = mp_connection_receive(kit.here, &got, 1);
    WANT(result < 0);
    TRY(result == MP_ETIMEDOUT ? 0 : result);

done:
    forget_kit();
    return result;
}

/* A failed call leaves nothing half done: a second send or receive finds the
 * stream between two messages, or the connection closed. */
static int run_again(void)
{
    enum { SIZE = 40000 }; /* three frames */
    unsigned char *bytes = call_large_message();
    static unsigned char got[CALL_LARGE];
    size_t size = 0;
    int sent;
    int error;
    int result = 0;

    TRY(mp_connection_pair(&kit.here, &kit.there, NULL));
    error = mp_connection_send_bytes(kit.here, bytes, SIZE, LONG_MS);
    sent = error < 0 ? mp_connection_send_bytes(kit.here, bytes, SIZE, LONG_MS)
                     : 0;
    WANT(sent == 0 || (error < 0 && sent == MP_ECLOSED));
    result =
        mp_connection_receive_bytes(kit.there, got, CALL_LARGE, &size, LONG_MS);
    if (sent == 0 && result < 0) {
        error = result;
        result = mp_connection_receive_bytes(kit.there, got, CALL_LARGE, &size,
                                             LONG_MS);
    }
    WANT(sent == 0 ? result == 0 : result < 0);
    WANT(sent < 0 || (size == SIZE && memcmp(got, bytes, SIZE) == 0));
    TRY(error);

done:
    forget_kit();
    return result;
}

/* Half a message, which nobody reads: the connection is of no use then. */
static int run_half_sent(void)
{
    unsigned char *bytes = call_large_message();
    int i;
    int result = 0;

    TRY(mp_connection_pair(&kit.here, &kit.there, NULL));
    for (i = 0; i < 100 && result == 0; i++) {
        result = mp_connection_send_bytes(kit.here, bytes, CALL_LARGE, 1);
    }
    WANT(result < 0);
    if (result == MP_ETIMEDOUT) {
        WANT(mp_connection_send_bytes(kit.here, bytes, 1, 1) == MP_ECLOSED);
        result = 0;
    }
    TRY(result);

done:
    forget_kit();
    return result;
}

const call_scenario call_scenarios_streams[] = {
    { "connection", run_connection },
    { "one-way", run_one_way },
    { "again", run_again },
    { "half-sent", run_half_sent },
    { NULL, NULL },
};
