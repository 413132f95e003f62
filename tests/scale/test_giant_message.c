/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_giant_message.c -- 5 GiB through a queue, written and read in place
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/memory.h"
#include "support/process_helpers.h"

#include <mp/mp.h>

#include <stdbool.h>
#include <stdio.h>

enum { GIANT_GIB = 5, NEEDED_GIB = 8, LONG_MS = 200000 };

/* On 32 bits it is cut, and the test skipped. */
static const size_t giant = (size_t)((uint64_t)GIANT_GIB * MP_TEST_GIB);
static mp_queue *queue; /* made before the fork */

static uint64_t word_of(uint64_t place)
{
    return place * UINT64_C(0x9E3779B97F4A7C15) + 1;
}

static void skip_where_it_does_not_fit(void)
{
    int64_t available = mp_test_memory_available();
    char reason[96];

    if (sizeof(size_t) < sizeof(uint64_t)) {
        mp_test_skip("5 GiB are more than an address can tell");
    }
    (void)snprintf(reason, sizeof(reason),
                   "%d GiB of memory are needed, %lld MiB are available",
                   NEEDED_GIB, (long long)(available / MP_TEST_MIB));
    if (available < NEEDED_GIB * MP_TEST_GIB) {
        mp_test_skip(reason);
    }
}

static void fill(uint64_t *words)
{
    uint64_t i;

    for (i = 0; i < giant / sizeof(*words); i++) {
        words[i] = word_of(i);
    }
}

static bool is_as_filled(const uint64_t *words)
{
    uint64_t wrong = 0;
    uint64_t i;

    for (i = 0; i < giant / sizeof(*words); i++) {
        wrong += words[i] != word_of(i);
    }
    return wrong == 0;
}

/* The exit status says what was wrong. */
static int read_in_place(void *argument)
{
    const void *bytes = NULL;
    size_t size = 0;

    (void)argument;
    if (mp_queue_borrow(queue, &bytes, &size, LONG_MS) != 0) {
        return 1;
    }
    if (size != giant) {
        return 2;
    }
    if (!is_as_filled(bytes)) {
        return 3;
    }
    if (mp_queue_give_back(queue) != 0) {
        return 4;
    }
    /* The queue goes on with messages of any size. */
    return mp_queue_put_bytes(queue, "thanks", 6, LONG_MS) == 0 ? 0 : 5;
}

static void five_gib_are_written_and_read_in_place(void **state)
{
    int64_t before;
    int64_t after;
    int64_t began;
    int64_t written;
    mp_process *reader;
    void *room = NULL;
    size_t size = 0;
    char answer[8];

    (void)state;
    skip_where_it_does_not_fit();
    mp_test_deadline(280);
    assert_int_equal(mp_queue_create(&queue, NULL), 0);
    before = mp_test_memory_used();
    reader = mp_test_start(read_in_place, NULL, NULL);
    began = mp_test_clock_ms();
    assert_int_equal(mp_queue_reserve(queue, &room, (size_t)giant, LONG_MS), 0);
    fill(room);
    written = mp_test_clock_ms();
    assert_int_equal(mp_queue_commit(queue, (size_t)giant), 0);
    assert_int_equal(mp_process_join(reader, LONG_MS), 0);
    mp_test_finish(reader, 0);
    assert_int_equal(
        mp_queue_get_bytes(queue, answer, sizeof(answer), &size, 0), 0);
    assert_int_equal(size, 6);
    after = mp_test_memory_used();
    print_message("%d GiB: written in %lld ms, read in %lld; %lld MiB more in "
                  "use than before\n",
                  GIANT_GIB, (long long)(written - began),
                  (long long)(mp_test_clock_ms() - written),
                  (long long)((after - before) / MP_TEST_MIB));
    assert_in_range(after < before ? 0 : after - before, 0, 64 * MP_TEST_MIB);
    mp_queue_destroy(queue);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        mp_test(five_gib_are_written_and_read_in_place),
    };

    return mp_run_tests(tests);
}
