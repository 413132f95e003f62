/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_connection_ends.c -- rows C-07 to C-10 and C-15: how a connection ends,
 * and what its other end is told
 */
#include "support/connection_helpers.h"
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/process_helpers.h"

#include <mp/mp.h>

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define LONG_MS 20000
#define LARGE   ((size_t)16 * 1024 * 1024)

static void C_07_the_end_comes_after_what_was_sent(void **state)
{
    char text[8];
    size_t size = 0;
    int i;

    (void)state;
    assert_int_equal(mp_connection_send_bytes(mp_test_ours, "one", 4, 0),
                     MP_OK);
    assert_int_equal(mp_connection_send_bytes(mp_test_ours, "two", 4, 0),
                     MP_OK);
    assert_int_equal(mp_connection_close(mp_test_ours), MP_OK);
    assert_int_equal(
        mp_connection_receive_bytes(mp_test_theirs, text, 8, &size, 0), MP_OK);
    assert_string_equal(text, "one");
    assert_int_equal(
        mp_connection_receive_bytes(mp_test_theirs, text, 8, &size, 0), MP_OK);
    assert_string_equal(text, "two");
    for (i = 0; i < 3; i++) {
        assert_int_equal(mp_connection_poll(mp_test_theirs, MP_FOREVER), 1);
        assert_int_equal(mp_connection_receive_bytes(mp_test_theirs, text, 8,
                                                     &size, MP_FOREVER),
                         MP_ECLOSED);
    }
}

static int hold_open(void *argument)
{
    (void)argument;
    (void)mp_connection_close(mp_test_theirs);
    mp_test_sleep_ms(60000);
    return 0;
}

static void C_08_every_copy_must_be_closed(void **state)
{
    mp_process *child = mp_test_start(hold_open, NULL, NULL);
    size_t size = 0;
    char byte;

    (void)state;
    assert_int_equal(mp_connection_poll(mp_test_theirs, 20), 0);
    assert_int_equal(mp_connection_close(mp_test_ours), MP_OK);
    assert_int_equal(mp_connection_poll(mp_test_theirs, 50), 0);
    assert_int_equal(mp_process_kill(child), MP_OK);
    assert_int_equal(mp_connection_receive_bytes(mp_test_theirs, &byte, 1,
                                                 &size, MP_FOREVER),
                     MP_ECLOSED);
    mp_test_finish(child, -SIGKILL);
}

/* Send a message that nobody can take in whole. */
static int send_large(void *argument)
{
    char *bytes = calloc(1, LARGE);

    (void)argument;
    return bytes == NULL ||
           mp_connection_send_bytes(mp_test_ours, bytes, LARGE, LONG_MS) < 0;
}

static void kill_inside_a_message(void)
{
    mp_process *child = mp_test_start(send_large, NULL, NULL);
    size_t size = 0;
    char byte;

    /* It fills the socket and waits; stopped, it sends no more when we take
     * some of that. */
    assert_int_equal(mp_connection_poll(mp_test_theirs, MP_FOREVER), 1);
    assert_int_equal(kill(mp_process_pid(child), SIGSTOP), 0);
    assert_int_equal(
        mp_connection_receive_bytes(mp_test_theirs, &byte, 1, &size, 50),
        MP_ETIMEDOUT);
    assert_int_equal(mp_process_kill(child), MP_OK);
    mp_test_finish(child, -SIGKILL);
}

static void C_09_a_peer_that_dies_inside_a_message_is_told(void **state)
{
    char buffer[16];
    size_t size = 7;

    (void)state;
    kill_inside_a_message();
    /* Our own copy of its end lives on: only its death tells. */
    assert_int_equal(mp_connection_receive_bytes(mp_test_theirs, buffer, 16,
                                                 &size, MP_FOREVER),
                     MP_ECRASHED);
    assert_int_equal(size, 7);
    assert_int_equal(mp_connection_send_bytes(mp_test_ours, "next", 5, 0),
                     MP_OK);
    assert_int_equal(
        mp_connection_receive_bytes(mp_test_theirs, buffer, 16, &size, 0),
        MP_OK);
    assert_string_equal(buffer, "next");
    kill_inside_a_message();
    assert_int_equal(mp_connection_close(mp_test_ours), MP_OK);
    assert_int_equal(mp_connection_receive_bytes(mp_test_theirs, buffer, 16,
                                                 &size, MP_FOREVER),
                     MP_ECRASHED);
    assert_int_equal(mp_connection_receive_bytes(mp_test_theirs, buffer, 16,
                                                 &size, MP_FOREVER),
                     MP_ECLOSED);
}

static void C_10_no_receiver_is_an_error_and_no_signal(void **state)
{
    struct sigaction action;

    (void)state;
    mp_test_make_one_way(NULL);
    assert_int_equal(sigaction(SIGPIPE, NULL, &action), 0);
    assert_true(action.sa_handler == SIG_DFL);
    assert_int_equal(mp_connection_close(mp_test_ours), MP_OK);
    assert_int_equal(mp_connection_send_bytes(mp_test_theirs, "x", 1, 0),
                     MP_ECLOSED);
    assert_int_equal(
        mp_connection_send_bytes(mp_test_theirs, "x", 1, MP_FOREVER),
        MP_ECLOSED);
    assert_int_equal(sigaction(SIGPIPE, NULL, &action), 0);
    assert_true(action.sa_handler == SIG_DFL);
}

static void C_15_after_close_every_call_says_closed(void **state)
{
    mp_wait_item item = { .connection = mp_test_ours };
    mp_bytes message = { .size = 0 };
    size_t size = 0;
    char byte;

    (void)state;
    assert_int_equal(mp_connection_close(mp_test_ours), MP_OK);
    assert_int_equal(mp_connection_close(mp_test_ours), MP_OK);
    assert_int_equal(mp_connection_send(mp_test_ours, &message, 0), MP_ECLOSED);
    assert_int_equal(mp_connection_send_bytes(mp_test_ours, "x", 1, 0),
                     MP_ECLOSED);
    assert_int_equal(mp_connection_receive(mp_test_ours, &message, 0),
                     MP_ECLOSED);
    assert_int_equal(
        mp_connection_receive_bytes(mp_test_ours, &byte, 1, &size, 0),
        MP_ECLOSED);
    assert_int_equal(mp_connection_poll(mp_test_ours, 0), MP_ECLOSED);
    assert_int_equal(mp_connection_descriptor(mp_test_ours), MP_ECLOSED);
    assert_int_equal(mp_connection_can_send(mp_test_ours), MP_ECLOSED);
    assert_int_equal(mp_connection_can_receive(mp_test_ours), MP_ECLOSED);
    assert_int_equal(mp_wait(&item, 1, 0), MP_ECLOSED);
}

static void a_send_timed_out_half_way_closes_the_connection(void **state)
{
    char *bytes = calloc(1, LARGE);
    size_t size = 0;

    (void)state;
    assert_int_equal(mp_connection_send_bytes(mp_test_ours, bytes, LARGE, 30),
                     MP_ETIMEDOUT);
    assert_int_equal(mp_connection_send_bytes(mp_test_ours, "x", 1, 0),
                     MP_ECLOSED);
    assert_int_equal(mp_connection_receive_bytes(mp_test_theirs, bytes, LARGE,
                                                 &size, MP_FOREVER),
                     MP_ECRASHED);
    assert_int_equal(mp_connection_receive_bytes(mp_test_theirs, bytes, LARGE,
                                                 &size, MP_FOREVER),
                     MP_ECLOSED);
    free(bytes);
}

static void foreign_bytes_are_no_message(void **state)
{
    static const char noise[64] = "this was not written by libmp at all";
    size_t size = 0;
    char buffer[64];

    (void)state;
    assert_int_equal(write(mp_connection_descriptor(mp_test_ours), noise, 64),
                     64);
    assert_int_equal(mp_connection_receive_bytes(mp_test_theirs, buffer, 64,
                                                 &size, MP_FOREVER),
                     MP_ECRASHED);
    assert_int_equal(mp_connection_receive_bytes(mp_test_theirs, buffer, 64,
                                                 &size, MP_FOREVER),
                     MP_ECLOSED);
}

#define ROW(name)                                                              \
    mp_test_setup_teardown(name, mp_test_pair_setup, mp_test_pair_teardown)

static const struct CMUnitTest tests[] = {
    ROW(C_07_the_end_comes_after_what_was_sent),
    ROW(C_08_every_copy_must_be_closed),
    ROW(C_09_a_peer_that_dies_inside_a_message_is_told),
    ROW(C_10_no_receiver_is_an_error_and_no_signal),
    ROW(C_15_after_close_every_call_says_closed),
    ROW(a_send_timed_out_half_way_closes_the_connection),
    ROW(foreign_bytes_are_no_message),
};

int main(void)
{
    return mp_run_tests(tests);
}
