/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_queue_room.c -- a queue takes what max_bytes says, whatever came before
 *
 * The tail of a queue turns back to warm memory early. That must not be seen:
 * a put that may not wait succeeds exactly while the records fit.
 */
#include "support/fixture.h"

#include <mp/mp.h>

#include <stdbool.h>
#include <string.h>

enum { MOST = 1024 * 1024, LONGEST = 20000, QUEUED = MOST / 8 };

/* The message with this number: it can be told by its length and its bytes. */
struct plan {
    mp_queue *queue;
    uint64_t seed;
    size_t sizes[QUEUED]; /* of what is queued, by number modulo QUEUED */
    size_t first;
    size_t next;
    size_t bytes; /* of all records in it */
    int longest;
};

static uint64_t next_random(uint64_t *seed)
{
    *seed =
        *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 33;
}

static size_t record(size_t size)
{
    return 8 + (size + 7) / 8 * 8;
}

/* False: it was refused, and rightly so. */
static bool put(struct plan *plan)
{
    static unsigned char message[LONGEST];
    size_t size =
        (size_t)(next_random(&plan->seed) % ((uint64_t)plan->longest + 1));
    bool fits =
        plan->first == plan->next || plan->bytes + record(size) <= (size_t)MOST;

    memset(message, (int)(plan->next % 251), size);
    assert_int_equal(mp_queue_put_bytes(plan->queue, message, size, 0),
                     fits ? MP_OK : MP_ETIMEDOUT);
    if (fits) {
        plan->sizes[plan->next % QUEUED] = size;
        plan->next++;
        plan->bytes += record(size);
    }
    return fits;
}

static void get(struct plan *plan)
{
    static unsigned char message[LONGEST];
    size_t expected = plan->sizes[plan->first % QUEUED];
    size_t size = 0;

    assert_int_equal(
        mp_queue_get_bytes(plan->queue, message, sizeof(message), &size, 0),
        MP_OK);
    assert_int_equal(size, expected);
    if (size > 0) {
        assert_int_equal(message[0], plan->first % 251);
        assert_int_equal(message[size - 1], plan->first % 251);
    }
    plan->first++;
    plan->bytes -= record(size);
}

/* Up to a random fill, then down to one, many times. */
static void swing(int longest, int rounds)
{
    static struct plan plan;
    mp_queue_options options = { .max_bytes = MOST };
    int round;

    plan = (struct plan){ .seed = (uint64_t)longest, .longest = longest };
    assert_int_equal(mp_queue_create(&plan.queue, &options), 0);
    for (round = 0; round < rounds; round++) {
        uint64_t fill = next_random(&plan.seed) % (MOST * 5 / 4);
        uint64_t rest = next_random(&plan.seed) % (fill / 2 + 1);

        rest = round % 3 == 0 ? 0 : rest;
        while (plan.bytes < fill && put(&plan)) {
            /* until it is filled so far, or full */
        }
        while (plan.first < plan.next && plan.bytes > rest) {
            get(&plan);
        }
    }
    mp_queue_destroy(plan.queue);
}

static void a_queue_of_small_messages_holds_max_bytes_at_any_time(void **state)
{
    (void)state;
    swing(64, 200);
}

static void a_queue_of_mixed_messages_holds_max_bytes_at_any_time(void **state)
{
    (void)state;
    swing(LONGEST, 2000);
}

/* As a program does that tells its children something, and then queues all
 * their work before it starts them. */
static void a_backlog_after_little_traffic_is_no_deadlock(void **state)
{
    char message[64] = { 0 };
    size_t size = 0;
    mp_queue *queue = NULL;
    int i;

    (void)state;
    assert_int_equal(mp_queue_create(&queue, NULL), 0);
    for (i = 0; i < 260000; i++) {
        assert_int_equal(mp_queue_put_bytes(queue, message, sizeof(message), 0),
                         0);
    }
    for (i = 0; i < 10; i++) {
        assert_int_equal(
            mp_queue_get_bytes(queue, message, sizeof(message), &size, 0), 0);
    }
    for (i = 0; i < 260000; i++) {
        assert_int_equal(mp_queue_put_bytes(queue, message, sizeof(message), 0),
                         0);
    }
    mp_queue_destroy(queue);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        mp_test(a_queue_of_small_messages_holds_max_bytes_at_any_time),
        mp_test(a_queue_of_mixed_messages_holds_max_bytes_at_any_time),
        mp_test(a_backlog_after_little_traffic_is_no_deadlock),
    };

    return mp_run_tests(tests);
}
