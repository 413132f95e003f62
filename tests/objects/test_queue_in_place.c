/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_queue_in_place.c -- messages written and read where they lie
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/queue_helpers.h"

#include <mp/mp.h>

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { SMALL = 100, KIB = 1024, BLOCK = 200 * KIB };

static const size_t sizes[] = { 0, 1, SMALL, 64 * KIB - 1, 64 * KIB, BLOCK };
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static void what_is_committed_can_be_borrowed_or_got(void **state)
{
    mp_queue *queue = mp_test_in_place_queue(0, 0);
    int value = 1;
    size_t i;

    (void)state;
    errno = 4711;
    for (i = 0; i < SIZES; i++, value++) {
        assert_int_equal(mp_test_send(queue, sizes[i], value, 0), 0);
        mp_test_borrow_expects(queue, sizes[i], value);
        assert_int_equal(mp_test_send(queue, sizes[i], value, 0), 0);
        mp_test_get_expects(queue, sizes[i], value);
    }
    assert_int_equal(mp_queue_size(queue), 0);
    assert_int_equal(errno, 4711);
    mp_queue_destroy(queue);
}

static void what_is_put_can_be_borrowed(void **state)
{
    static const size_t more[] = { 0, 1, SMALL, BLOCK, 3 << 20 };
    mp_queue *queue = mp_test_in_place_queue(0, 0);
    unsigned char *bytes = malloc(3 << 20);
    size_t i;

    (void)state;
    assert_non_null(bytes);
    for (i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
        memset(bytes, (int)i + 1, more[i]);
        assert_int_equal(mp_queue_put_bytes(queue, bytes, more[i], 0), 0);
    }
    for (i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
        mp_test_borrow_expects(queue, more[i], (int)i + 1);
    }
    free(bytes);
    mp_queue_destroy(queue);
}

/* Order is that of commits, and of puts among them. */
static void commits_and_puts_come_out_in_order(void **state)
{
    mp_queue *queue = mp_test_in_place_queue(0, 0);
    unsigned char byte = 2;

    (void)state;
    assert_int_equal(mp_test_send(queue, BLOCK, 1, 0), 0);
    assert_int_equal(mp_test_fill(queue, BLOCK, 3, 0), 0);
    assert_int_equal(mp_queue_put_bytes(queue, &byte, 1, 0), 0);
    assert_int_equal(mp_queue_commit(queue, BLOCK - 7), 0);
    assert_int_equal(mp_test_send(queue, SMALL, 4, 0), 0);
    assert_int_equal(mp_queue_size(queue), 4);
    mp_test_borrow_expects(queue, BLOCK, 1);
    mp_test_borrow_expects(queue, 1, 2);
    mp_test_borrow_expects(queue, BLOCK - 7, 3);
    mp_test_get_expects(queue, SMALL, 4);
    mp_queue_destroy(queue);
}

static void calls_out_of_turn_are_refused(void **state)
{
    mp_queue *queue = mp_test_in_place_queue(0, 0);
    void *room = NULL;
    void *other = &other;
    const void *bytes = &other;
    size_t size = 77;

    (void)state;
    assert_int_equal(mp_queue_reserve(NULL, &room, 1, 0), MP_EINVAL);
    assert_int_equal(mp_queue_reserve(queue, NULL, 1, 0), MP_EINVAL);
    assert_int_equal(mp_queue_commit(NULL, 0), MP_EINVAL);
    assert_int_equal(mp_queue_abandon(NULL), MP_EINVAL);
    assert_int_equal(mp_queue_borrow(NULL, &bytes, &size, 0), MP_EINVAL);
    assert_int_equal(mp_queue_borrow(queue, NULL, &size, 0), MP_EINVAL);
    assert_int_equal(mp_queue_borrow(queue, &bytes, NULL, 0), MP_EINVAL);
    assert_int_equal(mp_queue_give_back(NULL), MP_EINVAL);
    assert_int_equal(mp_queue_commit(queue, 0), MP_ESTATE);
    assert_int_equal(mp_queue_abandon(queue), MP_ESTATE);
    assert_int_equal(mp_queue_give_back(queue), MP_ESTATE);
    assert_int_equal(mp_queue_borrow(queue, &bytes, &size, 0), MP_ETIMEDOUT);
    assert_ptr_equal(bytes, &other);
    assert_int_equal(size, 77);

    assert_int_equal(mp_queue_reserve(queue, &room, BLOCK, 0), 0);
    assert_int_equal(mp_queue_reserve(queue, &other, 1, 0), MP_ESTATE);
    assert_ptr_equal(other, &other);
    assert_int_equal(mp_queue_commit(queue, BLOCK + 1), MP_EINVAL);
    memset(room, 9, BLOCK);
    assert_int_equal(mp_queue_commit(queue, BLOCK), 0);
    assert_int_equal(mp_queue_commit(queue, BLOCK), MP_ESTATE);
    assert_int_equal(mp_test_send(queue, SMALL, 8, 0), 0);

    assert_int_equal(mp_queue_borrow(queue, &bytes, &size, 0), 0);
    assert_int_equal(mp_queue_borrow(queue, &bytes, &size, 0), MP_ESTATE);
    assert_true(mp_test_is_all(bytes, BLOCK, 9));
    assert_int_equal(mp_queue_size(queue), 1);
    assert_int_equal(mp_queue_give_back(queue), 0);
    assert_int_equal(mp_queue_give_back(queue), MP_ESTATE);
    mp_test_get_expects(queue, SMALL, 8);
    mp_queue_destroy(queue);
}

static void what_is_reserved_counts_as_a_message(void **state)
{
    mp_queue *queue = mp_test_in_place_queue(2, 0);
    unsigned char byte = 1;
    int64_t began;

    (void)state;
    assert_int_equal(mp_queue_put_bytes(queue, &byte, 1, 0), 0);
    assert_int_equal(mp_test_fill(queue, SMALL, 2, 0), 0);
    assert_int_equal(mp_queue_put_bytes(queue, &byte, 1, 0), MP_ETIMEDOUT);
    began = mp_test_clock_ms();
    assert_int_equal(mp_queue_put_bytes(queue, &byte, 1, 40), MP_ETIMEDOUT);
    assert_true(mp_test_clock_ms() - began >= 40);
    assert_int_equal(mp_queue_size(queue), 1);
    assert_int_equal(mp_queue_abandon(queue), 0);
    assert_int_equal(mp_queue_put_bytes(queue, &byte, 1, 0), 0);
    assert_int_equal(mp_test_fill(queue, SMALL, 2, 0), MP_ETIMEDOUT);
    mp_test_get_expects(queue, 1, 1);
    assert_int_equal(mp_test_send(queue, SMALL, 3, 0), 0);
    mp_test_get_expects(queue, 1, 1);
    mp_test_get_expects(queue, SMALL, 3);
    mp_queue_destroy(queue);
}

static void max_bytes_counts_what_is_reserved_and_in_blocks(void **state)
{
    mp_queue *queue = mp_test_in_place_queue(0, 3 * BLOCK);
    unsigned char *bytes = calloc(1, BLOCK);

    (void)state;
    assert_non_null(bytes);
    assert_int_equal(mp_test_send(queue, BLOCK, 1, 0), 0);
    assert_int_equal(mp_test_fill(queue, BLOCK, 2, 0), 0);
    assert_int_equal(mp_queue_put_bytes(queue, bytes, BLOCK, 0), MP_ETIMEDOUT);
    assert_int_equal(mp_queue_put_bytes(queue, bytes, BLOCK - 24, 0), 0);
    assert_int_equal(mp_queue_commit(queue, BLOCK), 0);
    assert_int_equal(mp_queue_put_bytes(queue, bytes, 1, 0), MP_ETIMEDOUT);
    mp_test_get_expects(queue, BLOCK, 1);
    assert_int_equal(mp_queue_put_bytes(queue, bytes, BLOCK, 0), 0);
    mp_test_get_expects(queue, BLOCK - 24, 0);
    mp_test_get_expects(queue, BLOCK, 2);
    mp_test_get_expects(queue, BLOCK, 0);
    free(bytes);
    mp_queue_destroy(queue);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return *seed >> 33;
}

/* Memory that is claimed in pieces is there for each, however the ring
 * stands: commit never waits. */
static void a_commit_finds_its_room_wherever_the_ring_stands(void **state)
{
    enum { MOST = 16384 };
    mp_queue *queue = mp_test_in_place_queue(0, MOST);
    unsigned char *bytes = calloc(1, MOST);
    uint64_t seed = 7;
    size_t got;
    int i;

    (void)state;
    assert_non_null(bytes);
    for (i = 0; i < 20000; i++) {
        size_t size = (size_t)(next_random(&seed) % (MOST / 2));

        if (mp_test_fill(queue, size, 5, 0) == 0) {
            while (mp_queue_put_bytes(queue, bytes,
                                      (size_t)(next_random(&seed) % 3000),
                                      0) == 0) {
                /* as much as goes in beside it */
            }
            assert_int_equal(mp_queue_commit(queue, size), 0);
        }
        while (next_random(&seed) % 4 != 0 &&
               mp_queue_get_bytes(queue, bytes, MOST, &got, 0) == 0) {
            /* some of it */
        }
    }
    free(bytes);
    mp_queue_destroy(queue);
}

static void one_larger_than_max_bytes_goes_alone(void **state)
{
    mp_queue *queue = mp_test_in_place_queue(0, 4096);
    unsigned char byte = 1;

    (void)state;
    assert_int_equal(mp_queue_put_bytes(queue, &byte, 1, 0), 0);
    assert_int_equal(mp_test_fill(queue, BLOCK, 2, 0), MP_ETIMEDOUT);
    mp_test_get_expects(queue, 1, 1);
    assert_int_equal(mp_test_fill(queue, BLOCK, 2, 0), 0);
    assert_int_equal(mp_queue_put_bytes(queue, &byte, 1, 0), MP_ETIMEDOUT);
    assert_int_equal(mp_queue_commit(queue, BLOCK), 0);
    assert_int_equal(mp_queue_put_bytes(queue, &byte, 1, 0), MP_ETIMEDOUT);
    assert_int_equal(mp_test_fill(queue, 1, 2, 0), MP_ETIMEDOUT);
    mp_test_borrow_expects(queue, BLOCK, 2);
    assert_int_equal(mp_queue_put_bytes(queue, &byte, 1, 0), 0);
    mp_test_get_expects(queue, 1, 1);
    mp_queue_destroy(queue);
}

static void what_is_borrowed_stays_while_the_queue_goes_on(void **state)
{
    mp_queue *queue = mp_test_in_place_queue(0, 0);
    const void *bytes = NULL;
    size_t size = 0;
    int i;
    int kind;

    (void)state;
    for (kind = 0; kind < 2; kind++) {
        size_t mine = kind == 0 ? BLOCK : SMALL;

        assert_int_equal(mp_test_send(queue, mine, 99, 0), 0);
        assert_int_equal(mp_queue_borrow(queue, &bytes, &size, 0), 0);
        for (i = 0; i < 300; i++) {
            assert_int_equal(mp_test_send(queue, BLOCK, i % 90, 0), 0);
            mp_test_get_expects(queue, BLOCK, i % 90);
        }
        assert_true(mp_test_is_all(bytes, mine, 99));
        assert_int_equal(mp_queue_give_back(queue), 0);
    }
    mp_queue_destroy(queue);
}

/* More than there are blocks, in all the ways. */
static void there_may_be_more_messages_than_blocks(void **state)
{
    enum { MANY = 300 };
    mp_queue *queue = mp_test_in_place_queue(0, (size_t)MANY * 2 * 65 * KIB);
    int i;

    (void)state;
    for (i = 0; i < MANY; i++) {
        assert_int_equal(mp_test_send(queue, 65 * KIB, i, 0), 0);
    }
    assert_int_equal(mp_queue_size(queue), MANY);
    for (i = 0; i < MANY; i++) {
        if (i % 2 == 0) {
            mp_test_borrow_expects(queue, 65 * KIB, i);
        } else {
            mp_test_get_expects(queue, 65 * KIB, i);
        }
    }
    mp_queue_destroy(queue);
}

static void shutdown_and_close_end_what_is_reserved(void **state)
{
    mp_queue *queue = mp_test_in_place_queue(0, 0);
    const void *bytes = NULL;
    size_t size = 0;

    (void)state;
    assert_int_equal(mp_test_send(queue, BLOCK, 1, 0), 0);
    assert_int_equal(mp_test_send(queue, BLOCK, 2, 0), 0);
    assert_int_equal(mp_test_fill(queue, BLOCK, 3, 0), 0);
    assert_int_equal(mp_queue_shutdown(queue), 0);
    assert_int_equal(mp_queue_commit(queue, BLOCK), MP_ECLOSED);
    assert_int_equal(mp_queue_commit(queue, BLOCK), MP_ESTATE);
    assert_int_equal(mp_test_fill(queue, BLOCK, 3, 0), MP_ECLOSED);
    mp_test_borrow_expects(queue, BLOCK, 1);
    assert_int_equal(mp_queue_borrow(queue, &bytes, &size, 0), 0);
    assert_int_equal(mp_queue_close(queue), 0);
    assert_int_equal(mp_test_fill(queue, 1, 1, 0), MP_ECLOSED);
    assert_true(mp_test_is_all(bytes, BLOCK, 2));
    assert_int_equal(mp_queue_give_back(queue), 0);
    assert_int_equal(mp_queue_borrow(queue, &bytes, &size, 0), MP_ECLOSED);
    mp_queue_destroy(queue);

    queue = mp_test_in_place_queue(0, 0);
    assert_int_equal(mp_test_fill(queue, BLOCK, 3, 0), 0);
    assert_int_equal(mp_queue_close(queue), 0);
    assert_int_equal(mp_queue_commit(queue, BLOCK), MP_ECLOSED);
    assert_int_equal(mp_queue_abandon(queue), MP_ESTATE);
    mp_queue_destroy(queue);

    queue = mp_test_in_place_queue(0, 0);
    assert_int_equal(mp_test_send(queue, BLOCK, 1, 0), 0);
    assert_int_equal(mp_queue_shutdown(queue), 0);
    mp_test_borrow_expects(queue, BLOCK, 1);
    assert_int_equal(mp_queue_borrow(queue, &bytes, &size, MP_FOREVER),
                     MP_ECLOSED);
    mp_queue_destroy(queue);
}

static void destroy_ends_what_is_in_hand(void **state)
{
    mp_queue *queue = mp_test_in_place_queue(0, 0);
    const void *bytes = NULL;
    size_t size = 0;

    (void)state;
    assert_int_equal(mp_test_send(queue, SMALL, 1, 0), 0);
    assert_int_equal(mp_test_send(queue, BLOCK, 1, 0), 0);
    mp_test_borrow_expects(queue, SMALL, 1);
    assert_int_equal(mp_queue_borrow(queue, &bytes, &size, 0), 0);
    assert_int_equal(mp_test_fill(queue, SMALL, 1, 0), 0);
    mp_queue_destroy(queue);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        mp_test(what_is_committed_can_be_borrowed_or_got),
        mp_test(what_is_put_can_be_borrowed),
        mp_test(commits_and_puts_come_out_in_order),
        mp_test(calls_out_of_turn_are_refused),
        mp_test(what_is_reserved_counts_as_a_message),
        mp_test(max_bytes_counts_what_is_reserved_and_in_blocks),
        mp_test(a_commit_finds_its_room_wherever_the_ring_stands),
        mp_test(one_larger_than_max_bytes_goes_alone),
        mp_test(what_is_borrowed_stays_while_the_queue_goes_on),
        mp_test(there_may_be_more_messages_than_blocks),
        mp_test(shutdown_and_close_end_what_is_reserved),
        mp_test(destroy_ends_what_is_in_hand),
    };

    return mp_run_tests(tests);
}
