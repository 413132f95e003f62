/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_connections.c -- rows C-01 to C-06, C-11 to C-13 and C-16 to C-19: two
 * ends that carry messages
 */
#include "support/connection_helpers.h"
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/process_helpers.h"

#include <mp/mp.h>

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define LONG_MS 20000
#define LARGE   ((size_t)16 * 1024 * 1024)

/* Send back what comes until the end. */
static int echo(void *argument)
{
    int error = MP_OK;
    mp_bytes message;

    (void)argument;
    if (mp_connection_close(mp_test_ours) != MP_OK) {
        return 1;
    }
    while (error == MP_OK) {
        error = mp_connection_receive(mp_test_theirs, &message, LONG_MS);
        if (error == MP_OK) {
            error = mp_connection_send(mp_test_theirs, &message, LONG_MS);
            mp_serializer_release(&mp_serializer_bytes, &message, 1);
        }
    }
    return error == MP_ECLOSED ? 0 : 2;
}

static void C_01_both_ends_send_and_receive(void **state)
{
    static const char text[] = "raw bytes";
    mp_process *child = mp_test_start(echo, NULL, NULL);
    mp_value list;
    mp_value back;
    char buffer[64];
    size_t size = 0;

    (void)state;
    assert_int_equal(
        mp_connection_send_bytes(mp_test_ours, text, sizeof(text), LONG_MS),
        MP_OK);
    assert_int_equal(mp_connection_receive_bytes(
                         mp_test_ours, buffer, sizeof(buffer), &size, LONG_MS),
                     MP_OK);
    assert_int_equal(size, sizeof(text));
    assert_memory_equal(buffer, text, size);
    assert_int_equal(mp_connection_close(mp_test_theirs), MP_OK);
    assert_int_equal(mp_connection_close(mp_test_ours), MP_OK);
    mp_test_finish(child, 0);

    mp_test_make_one_way(&mp_serializer_value);
    list = MP_LIST(MP_LIST(mp_value_real(2.5)), mp_value_null(),
                   mp_value_string("deep"));
    assert_int_equal(mp_connection_send(mp_test_theirs, &list, 0), MP_OK);
    assert_int_equal(mp_connection_receive(mp_test_ours, &back, 0), MP_OK);
    assert_true(mp_value_equal(&list, &back));
    mp_serializer_release(&mp_serializer_value, &back, 1);
}

static void C_02_one_way_ends_have_a_direction(void **state)
{
    size_t size = 0;
    char byte = 0;

    (void)state;
    assert_int_equal(mp_connection_can_send(mp_test_ours), 1);
    assert_int_equal(mp_connection_can_receive(mp_test_theirs), 1);
    mp_test_make_one_way(NULL);
    assert_int_equal(mp_connection_can_send(mp_test_ours), 0);
    assert_int_equal(mp_connection_can_receive(mp_test_ours), 1);
    assert_int_equal(mp_connection_can_send(mp_test_theirs), 1);
    assert_int_equal(mp_connection_can_receive(mp_test_theirs), 0);
    assert_int_equal(mp_connection_send_bytes(mp_test_ours, "x", 1, MP_FOREVER),
                     MP_ESTATE);
    assert_int_equal(mp_connection_receive_bytes(mp_test_theirs, &byte, 1,
                                                 &size, MP_FOREVER),
                     MP_ESTATE);
    assert_int_equal(mp_connection_poll(mp_test_theirs, MP_FOREVER), MP_ESTATE);
}

static void C_03_messages_keep_their_sizes(void **state)
{
    static const size_t sizes[] = { 1, 100, 0, 16367, 16368, 16369, 40000, 3 };
    char *out = calloc(1, 40000);
    char *in = calloc(1, 40001);
    size_t size = 0;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        memset(out, (int)i + 1, sizes[i]);
        assert_int_equal(
            mp_connection_send_bytes(mp_test_ours, out, sizes[i], 0), MP_OK);
    }
    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        memset(out, (int)i + 1, sizes[i]);
        in[sizes[i]] = 'e';
        assert_int_equal(mp_connection_receive_bytes(mp_test_theirs, in, 40001,
                                                     &size, LONG_MS),
                         MP_OK);
        assert_int_equal(size, sizes[i]);
        assert_memory_equal(in, out, size);
        assert_int_equal(in[size], 'e');
    }
    assert_int_equal(mp_connection_poll(mp_test_theirs, 0), 0);
    free(out);
    free(in);
}

static void C_04_an_empty_message_is_a_message(void **state)
{
    size_t size = 9;
    char byte;

    (void)state;
    assert_int_equal(mp_connection_send_bytes(mp_test_ours, NULL, 0, 0), MP_OK);
    assert_int_equal(mp_connection_poll(mp_test_theirs, 0), 1);
    assert_int_equal(
        mp_connection_receive_bytes(mp_test_theirs, &byte, 1, &size, 0), MP_OK);
    assert_int_equal(size, 0);
    assert_int_equal(mp_connection_close(mp_test_ours), MP_OK);
    size = 9;
    assert_int_equal(
        mp_connection_receive_bytes(mp_test_theirs, &byte, 1, &size, 0),
        MP_ECLOSED);
    assert_int_equal(size, 9);
}

static int poll_often(void *argument)
{
    int i;

    (void)argument;
    for (i = 0; i < 100; i++) {
        if (mp_connection_poll(mp_test_theirs, 0) != 1) {
            return 1;
        }
    }
    return 0;
}

static void C_05_poll_takes_nothing(void **state)
{
    char text[8];
    size_t size = 0;

    (void)state;
    assert_int_equal(mp_connection_send_bytes(mp_test_ours, "stay", 5, 0),
                     MP_OK);
    mp_test_finish(mp_test_start(poll_often, NULL, NULL), 0);
    assert_int_equal(poll_often(NULL), 0);
    assert_int_equal(
        mp_connection_receive_bytes(mp_test_theirs, text, 8, &size, 0), MP_OK);
    assert_string_equal(text, "stay");
    assert_int_equal(mp_connection_poll(mp_test_theirs, 0), 0);
}

static int send_late(void *argument)
{
    (void)argument;
    mp_test_sleep_ms(30);
    return mp_connection_send_bytes(mp_test_ours, "late", 5, 0) == MP_OK ? 0
                                                                         : 1;
}

static void C_06_poll_of_an_empty_connection(void **state)
{
    mp_process *child;
    int64_t before;

    (void)state;
    assert_int_equal(mp_connection_poll(mp_test_theirs, 0), 0);
    assert_int_equal(mp_connection_poll(mp_test_theirs, -1), 0);
    assert_int_equal(mp_connection_poll(mp_test_theirs, INT_MIN), 0);
    before = mp_test_clock_ms();
    assert_int_equal(mp_connection_poll(mp_test_theirs, 40), 0);
    assert_true(mp_test_clock_ms() - before >= 40);
    child = mp_test_start(send_late, NULL, NULL);
    assert_int_equal(mp_connection_poll(mp_test_theirs, MP_FOREVER), 1);
    mp_test_finish(child, 0);
}

static void C_11_sixteen_mebibytes_come_back(void **state)
{
    mp_process *child = mp_test_start(echo, NULL, NULL);
    unsigned char *out = malloc(LARGE);
    mp_bytes message = { .data = out, .size = LARGE };
    mp_bytes back;
    size_t i;

    (void)state;
    assert_int_equal(mp_connection_close(mp_test_theirs), MP_OK);
    for (i = 0; i < LARGE; i++) {
        out[i] = (unsigned char)(i * 2654435761u >> 13);
    }
    assert_int_equal(mp_connection_send(mp_test_ours, &message, MP_FOREVER),
                     MP_OK);
    assert_int_equal(mp_connection_receive(mp_test_ours, &back, MP_FOREVER),
                     MP_OK);
    assert_int_equal(back.size, LARGE);
    assert_memory_equal(back.data, out, LARGE);
    mp_serializer_release(&mp_serializer_bytes, &back, 1);
    free(out);
    assert_int_equal(mp_connection_close(mp_test_ours), MP_OK);
    mp_test_finish(child, 0);
}

static void C_13_a_buffer_too_small_says_so(void **state)
{
    char buffer[16] = "................";
    size_t size = 0;

    (void)state;
    assert_int_equal(
        mp_connection_send_bytes(mp_test_ours, "0123456789", 10, 0), MP_OK);
    assert_int_equal(mp_connection_send_bytes(mp_test_ours, "next", 4, 0),
                     MP_OK);
    assert_int_equal(
        mp_connection_receive_bytes(mp_test_theirs, buffer, 9, &size, 0),
        MP_EMSGSIZE);
    assert_int_equal(size, 10);
    assert_memory_equal(buffer, "................", 16);
    assert_int_equal(
        mp_connection_receive_bytes(mp_test_theirs, NULL, 0, &size, 0),
        MP_EMSGSIZE);
    assert_int_equal(
        mp_connection_receive_bytes(mp_test_theirs, buffer + 3, 10, &size, 0),
        MP_OK);
    assert_int_equal(size, 10);
    assert_memory_equal(buffer, "...0123456789...", 16);
    assert_int_equal(
        mp_connection_receive_bytes(mp_test_theirs, buffer, 16, &size, 0),
        MP_OK);
    assert_int_equal(size, 4);
    assert_memory_equal(buffer, "next123456789...", 16);
}

static void C_16_descriptor_can_be_polled(void **state)
{
    struct pollfd set = { .fd = mp_connection_descriptor(mp_test_theirs),
                          .events = POLLIN };
    mp_wait_item item = { .descriptor = -1 };

    (void)state;
    assert_int_equal(poll(&set, 1, 0), 0);
    assert_int_equal(mp_connection_send_bytes(mp_test_ours, "x", 1, 0), MP_OK);
    assert_int_equal(poll(&set, 1, 0), 1);
    assert_int_equal(mp_wait(&item, 1, 0), MP_EINVAL);
    item.descriptor = 1000; /* not open */
    assert_int_equal(mp_wait(&item, 1, MP_FOREVER), MP_EINVAL);
}

static int refuse_three(const mp_serializer *self, const void *object,
                        void *buffer, size_t capacity, size_t *size)
{
    (void)self;
    *size = sizeof(int64_t);
    if (*(const int64_t *)object == 3) {
        return -1;
    }
    if (capacity >= sizeof(int64_t)) {
        memcpy(buffer, object, sizeof(int64_t));
    }
    return 0;
}

static int refuse_four(const mp_serializer *self, void *object,
                       const void *bytes, size_t size)
{
    (void)self;
    (void)size;
    memcpy(object, bytes, sizeof(int64_t));
    return *(int64_t *)object == 4 ? -1 : 0;
}

static void C_17_a_refused_object_harms_no_other(void **state)
{
    static const mp_serializer picky = { .name = "picky",
                                         .object_size = sizeof(int64_t),
                                         .encode = refuse_three,
                                         .decode = refuse_four };
    int64_t number;
    int64_t back = 77;

    (void)state;
    mp_test_make_one_way(&picky);
    number = 3;
    assert_int_equal(mp_connection_send(mp_test_theirs, &number, 0),
                     MP_EENCODE);
    assert_int_equal(mp_connection_poll(mp_test_ours, 0), 0);
    for (number = 4; number < 6; number++) {
        assert_int_equal(mp_connection_send(mp_test_theirs, &number, 0), MP_OK);
    }
    assert_int_equal(mp_connection_receive(mp_test_ours, &back, 0), MP_EDECODE);
    assert_int_equal(back, 77);
    assert_int_equal(mp_connection_receive(mp_test_ours, &back, 0), MP_OK);
    assert_int_equal(back, 5);
}

static void C_19_descriptors_stay_in_blocking_mode(void **state)
{
    size_t size = 0;
    char byte;

    (void)state;
    assert_int_equal(
        mp_connection_receive_bytes(mp_test_ours, &byte, 1, &size, 0),
        MP_ETIMEDOUT);
    assert_int_equal(
        mp_connection_receive_bytes(mp_test_ours, &byte, 1, &size, 20),
        MP_ETIMEDOUT);
    assert_int_equal(mp_connection_send_bytes(mp_test_ours, "x", 1, 0), MP_OK);
    assert_int_equal(
        fcntl(mp_connection_descriptor(mp_test_ours), F_GETFL) & O_NONBLOCK, 0);
    assert_int_equal(fcntl(mp_connection_descriptor(mp_test_theirs), F_GETFL) &
                         O_NONBLOCK,
                     0);
}

#define ROW(name)                                                              \
    mp_test_setup_teardown(name, mp_test_pair_setup, mp_test_pair_teardown)

static const struct CMUnitTest tests[] = {
    ROW(C_01_both_ends_send_and_receive),
    ROW(C_02_one_way_ends_have_a_direction),
    ROW(C_03_messages_keep_their_sizes),
    ROW(C_04_an_empty_message_is_a_message),
    ROW(C_05_poll_takes_nothing),
    ROW(C_06_poll_of_an_empty_connection),
    ROW(C_11_sixteen_mebibytes_come_back),
    ROW(C_13_a_buffer_too_small_says_so),
    ROW(C_16_descriptor_can_be_polled),
    ROW(C_17_a_refused_object_harms_no_other),
    ROW(C_19_descriptors_stay_in_blocking_mode),
};

int main(void)
{
    return mp_run_tests(tests);
}
