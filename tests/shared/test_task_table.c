/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_task_table.c -- one word per task decides its end
 */
#include "support/fixture.h"
#include "support/helpers.h"

#include "platform/clock.h"
#include "shared/bell.h"
#include "shared/outbox.h"
#include "shared/task_table.h"

#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static mp__task_table *make_table(uint32_t slots)
{
    mp__task_table *table = NULL;

    assert_int_equal(mp__task_table_create(&table, slots, 100, 2), 0);
    return table;
}

static uint32_t submit(mp__task_table *table, uint32_t slot)
{
    uint32_t generation = mp__task_table_queue(table, slot, 0);

    mp__task_table_announce(table, false);
    return generation;
}

static void a_task_is_claimed_once_and_committed_item_by_item(void **state)
{
    mp__task_table *table = make_table(8);
    mp__claim claim;
    mp__claim other;
    uint64_t seen = 0;

    (void)state;
    assert_int_equal(mp__task_table_claim(table, 0, &claim, &seen),
                     MP__CLAIM_NONE);
    assert_int_equal(submit(table, 3), 1);
    assert_true(mp__task_table_has_news(table, seen));
    assert_int_equal(mp__task_table_claim(table, 0, &claim, &seen),
                     MP__CLAIM_TASK);
    assert_int_equal(claim.slot, 3);
    assert_int_equal(claim.generation, 1);
    assert_int_equal(mp__task_table_claim(table, 1, &other, &seen),
                     MP__CLAIM_NONE);
    assert_true(mp__task_table_commit(table, &claim, 1, false));
    assert_int_equal(claim.item, 1);
    assert_true(mp__task_table_commit(table, &claim, 2, true));
    assert_false(mp__task_table_commit(table, &claim, 3, true));
    assert_int_equal(mp__word_state(mp__task_table_word(table, 3)),
                     MP__TASK_ENDED);
    mp__task_table_free(table, 3);
    assert_int_equal(submit(table, 3), 2);
    mp__task_table_destroy(table);
}

static void a_dead_workers_task_is_held_for_its_replacement(void **state)
{
    mp__task_table *table = make_table(8);
    mp__claim claim;
    mp__claim dead;
    mp__claim heir;
    uint64_t seen = 0;

    (void)state;
    assert_int_equal(mp__task_table_in_hand(table, 0, &dead), MP__TASK_FREE);
    (void)submit(table, 0);
    (void)mp__task_table_claim(table, 0, &claim, &seen);
    assert_true(mp__task_table_commit(table, &claim, 1, false));
    assert_false(mp__task_table_inherit(table, 0, &heir)); /* it lives */
    assert_int_equal(mp__task_table_in_hand(table, 1, &dead), MP__TASK_FREE);
    assert_int_equal(mp__task_table_in_hand(table, 0, &dead), MP__TASK_RUNNING);
    assert_int_equal(dead.item, 1);
    assert_true(
        mp__task_table_settle(table, &dead, MP__TASK_RUNNING, 2, false));
    assert_false(mp__task_table_commit(table, &claim, 2, false)); /* late */
    assert_int_equal(mp__task_table_in_hand(table, 0, &dead), MP__TASK_HELD);
    assert_true(mp__task_table_inherit(table, 0, &heir));
    assert_int_equal(heir.item, 2);
    assert_true(mp__task_table_commit(table, &heir, 3, true));
    mp__task_table_destroy(table);
}

/* Whoever wins the word first decides: the supervisor or the worker. */
static void a_condemned_item_cannot_be_committed(void **state)
{
    mp__task_table *table = make_table(8);
    mp__claim claim;
    mp__claim seen_by;
    uint64_t seen = 0;

    (void)state;
    (void)submit(table, 0);
    (void)mp__task_table_claim(table, 0, &claim, &seen);
    assert_int_equal(mp__task_table_in_hand(table, 0, &seen_by),
                     MP__TASK_RUNNING);
    assert_true(mp__task_table_commit(table, &claim, 1, false));
    assert_false(mp__task_table_condemn(table, &seen_by, MP__TASK_LIMITED));
    (void)mp__task_table_in_hand(table, 0, &seen_by);
    assert_true(mp__task_table_condemn(table, &seen_by, MP__TASK_LIMITED));
    assert_false(mp__task_table_commit(table, &claim, 2, false));
    assert_false(mp__task_table_give_up(table, &claim));
    assert_int_equal(mp__task_table_in_hand(table, 0, &seen_by),
                     MP__TASK_LIMITED);
    assert_true(
        mp__task_table_settle(table, &seen_by, MP__TASK_LIMITED, 2, false));
    assert_true(mp__task_table_inherit(table, 0, &claim));
    assert_int_equal(claim.item, 2);
    assert_true(mp__task_table_give_up(table, &claim));
    assert_int_equal(mp__task_table_in_hand(table, 0, &seen_by),
                     MP__TASK_LIMITED);
    assert_true(mp__task_table_retry(table, &seen_by, MP__TASK_LIMITED, 7));
    assert_int_equal(mp__word_state(mp__task_table_freeze(table, 0)),
                     MP__TASK_BROKEN);
    assert_false(mp__task_table_condemn(table, &claim, MP__TASK_CANCELED));
    mp__task_table_destroy(table);
}

static void attempts_and_requests_are_about_one_item(void **state)
{
    mp__task_table *table = make_table(8);
    mp__claim claim;
    uint64_t seen = 0;

    (void)state;
    (void)submit(table, 0);
    (void)mp__task_table_claim(table, 0, &claim, &seen);
    assert_int_equal(mp__task_table_attempt(table, &claim), 1);
    assert_true(mp__task_table_retry(table, &claim, MP__TASK_RUNNING, 7));
    assert_true(mp__task_table_inherit(table, 0, &claim));
    assert_int_equal(mp__task_table_attempt(table, &claim), 2);
    assert_int_equal(claim.item, 0);
    assert_true(mp__task_table_commit(table, &claim, 1, false));
    assert_int_equal(mp__task_table_attempt(table, &claim), 1);
    assert_int_equal(mp__task_table_asked(table, &claim), MP__ASKED_NOTHING);
    mp__task_table_ask(table, 0, false);
    assert_int_equal(mp__task_table_asked(table, &claim), MP__ASKED_DROP);
    mp__task_table_ask(table, 0, true);
    assert_int_equal(mp__task_table_asked(table, &claim), MP__ASKED_KILL);
    assert_true(mp__task_table_commit(table, &claim, 2, true));
    mp__task_table_free(table, 0);
    (void)submit(table, 0);
    (void)mp__task_table_claim(table, 0, &claim, &seen);
    assert_int_equal(mp__task_table_asked(table, &claim), MP__ASKED_NOTHING);
    assert_int_equal(mp__task_table_attempt(table, &claim), 1);
    mp__task_table_destroy(table);
}

static void withdrawn_and_frozen_tasks_are_claimed_by_nobody(void **state)
{
    mp__task_table *table = make_table(8);
    mp__claim claim;
    uint64_t seen = 0;
    uint64_t word;

    (void)state;
    (void)submit(table, 0);
    (void)submit(table, 1);
    (void)submit(table, 2);
    assert_true(mp__task_table_withdraw(table, 0));
    assert_false(mp__task_table_withdraw(table, 0));
    assert_int_equal(mp__task_table_claim(table, 1, &claim, &seen),
                     MP__CLAIM_TASK);
    assert_int_equal(claim.slot, 1);
    assert_false(mp__task_table_withdraw(table, 1));
    assert_true(mp__task_table_commit(table, &claim, 1, false));
    word = mp__task_table_freeze(table, 1);
    assert_int_equal(mp__word_state(word), MP__TASK_BROKEN);
    assert_int_equal(mp__word_item(word), 1);
    assert_int_equal(mp__word_worker(word), 1);
    assert_false(mp__task_table_commit(table, &claim, 2, true));
    (void)mp__task_table_freeze(table, 2);
    assert_int_equal(mp__task_table_claim(table, 1, &claim, &seen),
                     MP__CLAIM_NONE);
    mp__task_table_close(table);
    assert_int_equal(mp__task_table_claim(table, 1, &claim, &seen),
                     MP__CLAIM_CLOSED);
    assert_true(mp__task_table_is_closed(table));
    assert_false(mp__task_table_has_queued(table));
    mp__task_table_destroy(table);
}

static void the_queue_of_slots_is_never_overrun(void **state)
{
    mp__task_table *table = make_table(8);
    mp__claim claim;
    uint64_t seen = 0;
    int i;

    (void)state;
    (void)submit(table, 7); /* waits all the time */
    for (i = 0; i < 15; i++) {
        assert_true(mp__task_table_has_place(table));
        (void)submit(table, 0);
        assert_true(mp__task_table_withdraw(table, 0));
        mp__task_table_free(table, 0);
    }
    assert_false(mp__task_table_has_place(table));
    assert_int_equal(mp__task_table_claim(table, 0, &claim, &seen),
                     MP__CLAIM_TASK);
    assert_int_equal(claim.slot, 7);
    assert_true(mp__task_table_has_place(table));
    mp__task_table_destroy(table);
}

static mp__record *put_record(mp__outbox *outbox, uint32_t slot,
                              uint32_t generation, uint16_t first,
                              size_t payload)
{
    mp__record *record = mp__outbox_begin(outbox, 0, payload);

    record->slot = slot;
    record->generation = generation;
    record->first = first;
    record->end = (uint16_t)(first + 1);
    record->kind = MP__RECORD_RESULT;
    record->costed = 0;
    record->size = payload;
    memset(mp__record_payload(record), (int)(payload & 0xff), payload);
    mp__outbox_seal(outbox, 0, record);
    return record;
}

/* Is there a next record? Then it is taken. */
static bool take(mp__outbox *outbox, mp__arrival *arrival)
{
    if (mp__outbox_next(outbox, 0, arrival) != MP__ARRIVED_RECORD) {
        return false;
    }
    mp__outbox_take(outbox, 0, arrival);
    return true;
}

static void records_come_out_whole_over_many_laps(void **state)
{
    mp__outbox *outbox = NULL;
    mp__arrival arrival;
    size_t payload;
    int i;

    (void)state;
    assert_int_equal(mp__outbox_create(&outbox, 2), 0);
    assert_false(take(outbox, &arrival));
    for (i = 0; i < 3000; i++) {
        payload = (size_t)(i * 977) % MP__PAYLOAD_MOST;
        assert_true(mp__outbox_has_room(outbox, 0, payload));
        (void)put_record(outbox, 1, 1, 0, payload);
        assert_false(take(outbox, &arrival)); /* not yet published */
        mp__outbox_publish(outbox, 0);
        assert_true(mp__outbox_has_news(outbox));
        assert_true(take(outbox, &arrival));
        assert_int_equal(arrival.payload_size, payload);
        assert_true(payload == 0 ||
                    (arrival.payload[0] == (payload & 0xff) &&
                     arrival.payload[payload - 1] == (payload & 0xff)));
        mp__outbox_release(outbox, 0);
        assert_false(mp__outbox_has_news(outbox));
    }
    mp__outbox_destroy(outbox);
}

static void a_full_ring_keeps_room_for_a_death(void **state)
{
    mp__outbox *outbox = NULL;
    mp__arrival arrival;
    int count = 0;

    (void)state;
    assert_int_equal(mp__outbox_create(&outbox, 1), 0);
    while (mp__outbox_has_room(outbox, 0, 1000)) {
        (void)put_record(outbox, 1, 1, 0, 1000);
        mp__outbox_publish(outbox, 0);
        count++;
    }
    assert_in_range(count, 200, 256);
    mp__outbox_wait_room(outbox, 0, 1000, mp__clock_ns() + 1000000);
    (void)put_record(outbox, 1, 1, 0, 0); /* the death; it never waits */
    mp__outbox_publish(outbox, 0);
    count++;
    while (take(outbox, &arrival)) {
        count--;
    }
    assert_int_equal(count, 0);
    mp__outbox_release(outbox, 0);
    assert_true(mp__outbox_has_room(outbox, 0, 1000));
    mp__outbox_destroy(outbox);
}

/* Whatever a task writes over its worker's ring, nothing beyond the ring is
 * read, and what no writer leaves is told from what one does. */
static void a_damaged_record_is_told(void **state)
{
    mp__outbox *outbox = NULL;
    mp__arrival arrival;
    mp__record *record;

    (void)state;
    assert_int_equal(mp__outbox_create(&outbox, 1), 0);
    record = put_record(outbox, 1, 1, 0, 1000);
    mp__outbox_publish(outbox, 0);
    assert_int_equal(mp__outbox_next(outbox, 0, &arrival), MP__ARRIVED_RECORD);
    record->size = 1200; /* past the tail */
    assert_int_equal(mp__outbox_next(outbox, 0, &arrival), MP__ARRIVED_DAMAGE);
    record->size = UINT64_MAX;
    assert_int_equal(mp__outbox_next(outbox, 0, &arrival), MP__ARRIVED_DAMAGE);
    record->size = 1000;
    record->kind = 77;
    assert_int_equal(mp__outbox_next(outbox, 0, &arrival), MP__ARRIVED_DAMAGE);
    record->kind = MP__RECORD_PAD;
    assert_int_equal(mp__outbox_next(outbox, 0, &arrival), MP__ARRIVED_DAMAGE);
    mp__outbox_destroy(outbox);
}

/* The writer died between commit and publish, or before the commit. */
static void only_what_was_committed_is_rolled_forward(void **state)
{
    mp__task_table *table = make_table(8);
    mp__outbox *outbox = NULL;
    mp__arrival arrival;
    mp__claim claim;
    uint64_t seen = 0;

    (void)state;
    assert_int_equal(mp__outbox_create(&outbox, 2), 0);
    (void)submit(table, 0);
    (void)mp__task_table_claim(table, 0, &claim, &seen);
    mp__outbox_roll_forward(outbox, 0, table);
    assert_false(take(outbox, &arrival));
    (void)put_record(outbox, claim.slot, claim.generation, 0, 40);
    assert_int_equal(mp__outbox_unpublished(outbox, 0, table, &arrival),
                     MP__ARRIVED_NOTHING);
    mp__outbox_roll_forward(outbox, 0, table);
    assert_false(take(outbox, &arrival));
    assert_true(mp__task_table_commit(table, &claim, 1, false));
    assert_int_equal(mp__outbox_unpublished(outbox, 0, table, &arrival),
                     MP__ARRIVED_RECORD);
    mp__outbox_roll_forward(outbox, 0, table);
    mp__outbox_roll_forward(outbox, 0, table); /* once */
    assert_true(take(outbox, &arrival));
    assert_false(take(outbox, &arrival));
    mp__outbox_destroy(outbox);
    mp__task_table_destroy(table);
}

static void the_bell_rings_once_for_each_sleep(void **state)
{
    mp__bell bell = { 0 };
    int ends[2];
    char bytes[8];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    (void)mp__bell_ring(&bell, ends[1], false); /* awake: no byte */
    mp__bell_arm(&bell, false);
    (void)mp__bell_ring(&bell, ends[1], false);
    (void)mp__bell_ring(&bell, ends[1], false); /* served already */
    assert_int_equal(read(ends[0], bytes, sizeof(bytes)), 1);
    mp__bell_arm(&bell, false);
    (void)mp__bell_ring(&bell, ends[1], false);
    assert_int_equal(read(ends[0], bytes, sizeof(bytes)), 1);
    mp__bell_arm(&bell, true);
    assert_false(mp__bell_ring(&bell, ends[1], false)); /* it can wait */
    assert_true(mp__bell_ring(&bell, ends[1], true));
    (void)mp__bell_ring(&bell, ends[1], true); /* served already */
    assert_int_equal(read(ends[0], bytes, sizeof(bytes)), 1);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

/* Claim what is queued, sleeping for it; 0: got it. */
static int sleep_and_claim(mp__task_table *table)
{
    mp__claim claim;
    uint64_t seen = 0;
    int64_t deadline = mp__clock_ns() + 30000 * MP__MS;

    mp__task_table_set_awake(table, 0, true);
    while (mp__task_table_claim(table, 0, &claim, &seen) != MP__CLAIM_TASK) {
        if (mp__deadline_passed(deadline)) {
            return 1;
        }
        mp__task_table_sleep(table, 0, seen, deadline);
    }
    return 0;
}

/* Queue one in slot 0, `sparing`, for a process that may sleep already. */
static void expect_claimed(mp__task_table *table,
                           void (*look_again)(mp__task_table *table))
{
    pid_t child = fork();
    int status = -1;

    if (child == 0) {
        _exit(sleep_and_claim(table));
    }
    mp_test_sleep_ms(20); /* likely, and not needed */
    (void)mp__task_table_queue(table, 0, 0);
    mp__task_table_announce(table, true);
    if (look_again != NULL) {
        look_again(table);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void a_spared_sleeper_is_woken_in_the_end(void **state)
{
    mp__task_table *table = make_table(8);

    (void)state;
    expect_claimed(table, NULL); /* nobody is awake */
    mp__task_table_destroy(table);
    table = make_table(8);
    mp__task_table_set_awake(table, 1, true); /* and never claims */
    expect_claimed(table, mp__task_table_wake_spared);
    mp__task_table_destroy(table);
    table = make_table(8);
    mp__task_table_set_awake(table, 1, true);
    expect_claimed(table, mp__task_table_wake_one);
    mp__task_table_destroy(table);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        mp_test(a_task_is_claimed_once_and_committed_item_by_item),
        mp_test(a_dead_workers_task_is_held_for_its_replacement),
        mp_test(a_condemned_item_cannot_be_committed),
        mp_test(attempts_and_requests_are_about_one_item),
        mp_test(withdrawn_and_frozen_tasks_are_claimed_by_nobody),
        mp_test(the_queue_of_slots_is_never_overrun),
        mp_test(records_come_out_whole_over_many_laps),
        mp_test(a_full_ring_keeps_room_for_a_death),
        mp_test(a_damaged_record_is_told),
        mp_test(only_what_was_committed_is_rolled_forward),
        mp_test(the_bell_rings_once_for_each_sleep),
        mp_test(a_spared_sleeper_is_woken_in_the_end),
    };

    return mp_run_tests(tests);
}
