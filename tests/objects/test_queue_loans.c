/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_queue_loans.c -- who forks, stops or dies with room or a message in hand
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/ignore.h"
#include "support/process_helpers.h"
#include "support/queue_helpers.h"

#include <mp/mp.h>

#include <signal.h>
#include <unistd.h>

enum { BLOCK = 200 * 1024 };

static mp_queue *shared;

static int child_has_no_share(void *unused)
{
    unsigned char byte = 5;
    size_t size = 0;

    (void)unused;
    return mp_queue_commit(shared, 1) == MP_ESTATE &&
                   mp_queue_abandon(shared) == MP_ESTATE &&
                   mp_queue_give_back(shared) == MP_ESTATE &&
                   mp_test_send(shared, BLOCK, 5, 0) == 0 &&
                   mp_test_fill(shared, BLOCK, 6, 0) == 0 &&
                   mp_queue_get_bytes(shared, &byte, 1, &size, 0) == MP_EMSGSIZE
               ? 0
               : 1; /* it dies with a reservation of its own */
}

static void a_forked_process_has_no_share_in_what_is_reserved(void **state)
{
    const void *bytes = NULL;
    size_t size = 0;

    (void)state;
    shared = mp_test_in_place_queue(0, 0);
    assert_int_equal(mp_test_send(shared, BLOCK, 1, 0), 0);
    assert_int_equal(mp_queue_borrow(shared, &bytes, &size, 0), 0);
    assert_int_equal(mp_test_fill(shared, BLOCK, 2, 0), 0);
    assert_int_equal(mp_test_in_child(child_has_no_share, NULL), 0);
    assert_true(mp_test_is_all(bytes, BLOCK, 1));
    assert_int_equal(mp_queue_commit(shared, BLOCK), 0);
    assert_int_equal(mp_queue_give_back(shared), 0);
    mp_test_borrow_expects(shared, BLOCK, 5);
    mp_test_borrow_expects(shared, BLOCK, 2);
    assert_int_equal(mp_queue_size(shared), 0);
    mp_queue_destroy(shared);
}

static int die_with_reservation(void *unused)
{
    (void)unused;
    if (mp_test_fill(shared, BLOCK, 1, 0) == 0) {
        (void)kill(getpid(), SIGKILL);
    }
    return 1;
}

static int die_with_loan(void *unused)
{
    const void *bytes = NULL;
    size_t size = 0;

    (void)unused;
    if (mp_queue_borrow(shared, &bytes, &size, MP_TEST_PATIENCE_MS) == 0) {
        (void)kill(getpid(), SIGKILL);
    }
    return 1;
}

/* What the dead had in hand neither counts nor stays away: more die here than
 * there are blocks. */
static void what_the_dead_had_in_hand_is_free_again(void **state)
{
    int i;

    (void)state;
    shared = mp_test_in_place_queue(2, 2 * BLOCK + 64);
    for (i = 0; i < 150; i++) {
        assert_int_equal(mp_test_in_child(die_with_reservation, NULL),
                         -SIGKILL);
        assert_int_equal(mp_queue_size(shared), 0);
        assert_int_equal(mp_test_send(shared, BLOCK, 7, 0), 0);
        assert_int_equal(mp_test_send(shared, BLOCK, 8, 0), 0);
        assert_int_equal(mp_test_in_child(die_with_loan, NULL), -SIGKILL);
        assert_int_equal(mp_queue_size(shared), 1);
        mp_test_borrow_expects(shared, BLOCK, 8);
    }
    mp_queue_destroy(shared);
}

static int write_for_ever(void *unused)
{
    (void)unused;
    if (mp_test_fill(shared, BLOCK, 1, 0) != 0) {
        return 1;
    }
    ignore(mp_queue_put_bytes(shared, "r", 1, 0));
    for (;;) {
        (void)pause();
    }
}

static void nobody_waits_for_one_who_writes(void **state)
{
    mp_process *child = NULL;
    int i;

    (void)state;
    shared = mp_test_in_place_queue(0, 0);
    assert_int_equal(mp_process_create(&child, write_for_ever, NULL, NULL), 0);
    assert_int_equal(mp_process_start(child), 0);
    mp_test_get_expects(shared, 1, 'r');
    assert_int_equal(kill(mp_process_pid(child), SIGSTOP), 0);
    for (i = 0; i < 50; i++) {
        assert_int_equal(mp_test_send(shared, BLOCK, i, 0), 0);
        assert_int_equal(mp_queue_put_bytes(shared, &i, 1, 0), 0);
        mp_test_borrow_expects(shared, BLOCK, i);
        mp_test_get_expects(shared, 1, i);
    }
    assert_int_equal(mp_process_kill(child), 0);
    assert_int_equal(mp_process_join(child, MP_TEST_PATIENCE_MS), 0);
    mp_process_destroy(child);
    mp_queue_destroy(shared);
}

static void what_is_borrowed_is_dealt_with_like_what_is_got(void **state)
{
    (void)state;
    shared = mp_test_in_place_queue(0, 0);
    assert_int_equal(mp_test_send(shared, BLOCK, 1, 0), 0);
    mp_test_borrow_expects(shared, BLOCK, 1);
    assert_int_equal(mp_queue_join(shared, 0), MP_ETIMEDOUT);
    assert_int_equal(mp_queue_task_done(shared), 0);
    assert_int_equal(mp_queue_join(shared, 0), 0);
    assert_int_equal(mp_test_send(shared, BLOCK, 1, 0), 0);
    assert_int_equal(mp_test_in_child(die_with_loan, NULL), -SIGKILL);
    assert_int_equal(mp_queue_join(shared, MP_TEST_PATIENCE_MS), MP_OWNERDEAD);
    mp_queue_destroy(shared);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        mp_test(a_forked_process_has_no_share_in_what_is_reserved),
        mp_test(what_the_dead_had_in_hand_is_free_again),
        mp_test(nobody_waits_for_one_who_writes),
        mp_test(what_is_borrowed_is_dealt_with_like_what_is_got),
    };

    return mp_run_tests(tests);
}
