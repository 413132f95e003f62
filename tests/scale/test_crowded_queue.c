/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_crowded_queue.c -- one queue, a hundred producers, a hundred consumers
 *
 * Every message has a mark of its own in shared memory, which whoever got it
 * counts up. A producer writes down what it is about to put and what it has
 * put, so that after its death the count that must arrive is known: all that
 * it has put, and the one it was putting perhaps.
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/process_helpers.h"

#include <mp/mp.h>

#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <unistd.h>

enum {
    PRODUCERS = 100,
    CONSUMERS = 100,
    EACH = 5000, /* messages of one producer */
    LONG_MS = 60000
};

/* What kills some of them. */
enum killing { NOBODY, THEMSELVES, THE_PARENT };

typedef struct crowd {
    mp_queue *queue;
    enum killing killing;
    _Atomic int started;
    _Atomic int open;
    _Atomic int64_t got; /* messages, by all */
    _Atomic int putting[PRODUCERS];
    _Atomic int put[PRODUCERS];
    _Atomic int taken[CONSUMERS];
    _Atomic unsigned char marks[PRODUCERS][EACH];
} crowd;

typedef struct message {
    int producer;
    int number;
    uint64_t check;
    char filling[48];
} message;

static uint64_t check_of(int producer, int number)
{
    return (uint64_t)producer * UINT64_C(0x9E3779B97F4A7C15) ^
           (uint64_t)number * UINT64_C(0xC2B2AE3D27D4EB4F);
}

static crowd *all; /* made before every fork */
static int numbers[PRODUCERS > CONSUMERS ? PRODUCERS : CONSUMERS];

static int setup(void **state)
{
    void *memory = NULL;

    (void)state;
    if (mp_shared_create(&memory, sizeof(*all)) < 0) {
        return -1;
    }
    all = memory;
    /* So small that both kinds must wait for each other. */
    return mp_queue_create(&all->queue,
                           &(mp_queue_options){ .max_bytes = 65536 });
}

static int teardown(void **state)
{
    (void)state;
    mp_queue_destroy(all->queue);
    mp_shared_destroy(all);
    all = NULL;
    return 0;
}

static void begin_together(void)
{
    (void)atomic_fetch_add(&all->started, 1);
    while (atomic_load(&all->open) == 0) {
        mp_test_sleep_ms(1);
    }
}

/* Every tenth of a kind dies when it has done so much, at a moment when what it has done is
 * known: the number of the others must come out exact. */
static void die_if_due(int number, int done, int due)
{
    if (all->killing == THEMSELVES && number % 10 == 3 && done == due) {
        (void)raise(SIGKILL);
    }
}

static int produce(void *argument)
{
    message text = { .producer = *(int *)argument };
    int error = 0;

    begin_together();
    for (; text.number < EACH && error == 0; text.number++) {
        text.check = check_of(text.producer, text.number);
        atomic_store(&all->putting[text.producer], text.number + 1);
        error = mp_queue_put_bytes(all->queue, &text, sizeof(text), LONG_MS);
        if (error == 0) {
            atomic_store(&all->put[text.producer], text.number + 1);
            die_if_due(text.producer, text.number + 1, EACH / 2);
        }
    }
    return error != 0;
}

/* 1: it is not one of ours. */
static int mark(const message *text, size_t size)
{
    if (size != sizeof(*text) || text->producer < 0 ||
        text->producer >= PRODUCERS || text->number < 0 ||
        text->number >= EACH ||
        text->check != check_of(text->producer, text->number)) {
        return 1;
    }
    (void)atomic_fetch_add(&all->marks[text->producer][text->number], 1);
    (void)atomic_fetch_add(&all->got, 1);
    return 0;
}

static int consume(void *argument)
{
    int me = *(int *)argument;
    int wrong = 0;
    int error = 0;
    message text;
    size_t size;

    begin_together();
    while (error == 0 && wrong == 0) {
        error =
            mp_queue_get_bytes(all->queue, &text, sizeof(text), &size, LONG_MS);
        if (error == 0) {
            wrong = mark(&text, size);
            (void)atomic_fetch_add(&all->taken[me], 1);
            die_if_due(me, atomic_load(&all->taken[me]), EACH / 50);
        }
    }
    return error != MP_ECLOSED || wrong != 0;
}

static void start_all(mp_process **producers, mp_process **consumers)
{
    int i;

    for (i = 0; i < PRODUCERS || i < CONSUMERS; i++) {
        numbers[i] = i;
        if (i < PRODUCERS) {
            producers[i] = mp_test_start(produce, &numbers[i], NULL);
        }
        if (i < CONSUMERS) {
            consumers[i] = mp_test_start(consume, &numbers[i], NULL);
        }
    }
    while (atomic_load(&all->started) < PRODUCERS + CONSUMERS) {
        mp_test_sleep_ms(1);
    }
    atomic_store(&all->open, 1);
}

/* Both end as 0 or by SIGKILL; how many by that. */
static int join_all(mp_process **processes, int count)
{
    int killed = 0;
    int status;
    int i;

    for (i = 0; i < count; i++) {
        assert_int_equal(mp_process_join(processes[i], LONG_MS), 0);
        assert_int_equal(mp_process_exit_status(processes[i], &status), 0);
        if (status != 0) {
            assert_int_equal(status, -SIGKILL);
            killed++;
        }
        mp_process_destroy(processes[i]);
    }
    return killed;
}

/* SIGKILL to every tenth of both kinds, each a bit later than the one before,
 * wherever it is. It may have ended already. */
static void kill_some(mp_process **producers, mp_process **consumers)
{
    int i;

    for (i = 3; i < PRODUCERS && i < CONSUMERS; i += 10) {
        (void)mp_process_kill(producers[i]);
        (void)mp_process_kill(consumers[i + 1]);
        mp_test_sleep_ms(2);
    }
}

/* Messages that must have come out and did not. No message came out twice, and
 * none that was not put. */
static int count_missing(void)
{
    int missing = 0;
    int marked;
    int p;
    int n;

    for (p = 0; p < PRODUCERS; p++) {
        for (n = 0; n < EACH; n++) {
            marked = atomic_load(&all->marks[p][n]);
            assert_in_range(marked, 0, n < atomic_load(&all->putting[p]));
            missing += n < atomic_load(&all->put[p]) && marked == 0;
        }
    }
    return missing;
}

static void run(enum killing killing, const char *title)
{
    static mp_process *producers[PRODUCERS];
    static mp_process *consumers[CONSUMERS];
    int64_t began = mp_test_clock_ms();
    int64_t ms;
    int dead_producers;
    int dead_consumers;
    int missing;

    mp_test_deadline(240);
    all->killing = killing;
    start_all(producers, consumers);
    ms = mp_test_clock_ms();
    if (killing == THE_PARENT) {
        kill_some(producers, consumers);
    }
    dead_producers = join_all(producers, PRODUCERS);
    assert_int_equal(mp_queue_shutdown(all->queue), 0);
    dead_consumers = join_all(consumers, CONSUMERS);
    ms = mp_test_clock_ms() - ms;
    missing = count_missing();
    print_message("%s: %d and %d killed of %d producers and %d consumers, "
                  "%lld messages in %lld ms (and %lld to start), %d went with "
                  "their takers\n",
                  title, dead_producers, dead_consumers, PRODUCERS, CONSUMERS,
                  (long long)atomic_load(&all->got), (long long)ms,
                  (long long)(mp_test_clock_ms() - began - ms), missing);
    assert_int_equal(mp_queue_size(all->queue), 0);
    if (killing == THE_PARENT) {
        assert_in_range(missing, 0, dead_consumers); /* one in each hand */
        return;
    }
    assert_int_equal(missing, 0);
    assert_int_equal(dead_producers, killing == NOBODY ? 0 : PRODUCERS / 10);
    assert_int_equal(atomic_load(&all->got),
                     PRODUCERS * EACH - dead_producers * (EACH - EACH / 2));
}

static void two_hundred_processes_share_a_queue(void **state)
{
    (void)state;
    run(NOBODY, "all live");
}

static void the_dead_take_nothing_along_that_they_had_finished(void **state)
{
    (void)state;
    run(THEMSELVES, "killed between two calls");
}

static void killed_anywhere_they_take_along_one_message_at_most(void **state)
{
    (void)state;
    run(THE_PARENT, "killed anywhere");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        mp_test_setup_teardown(two_hundred_processes_share_a_queue, setup,
                               teardown),
        mp_test_setup_teardown(
            the_dead_take_nothing_along_that_they_had_finished, setup,
            teardown),
        mp_test_setup_teardown(
            killed_anywhere_they_take_along_one_message_at_most, setup,
            teardown),
    };

    return mp_run_tests(tests);
}
