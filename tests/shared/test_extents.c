/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_extents.c -- which bytes of a worker's part of the file are free
 */
#include "support/fixture.h"

#include "shared/extents.h"

#include <string.h>

#define GRAIN MP__EXTENT_GRAIN

struct part {
    mp__outbox *outbox;
    mp__pins *pins;
    _Atomic uint64_t end;
    mp__extents worker;
};

static struct part part_create(void)
{
    struct part part = { .outbox = NULL };

    assert_int_equal(mp__outbox_create(&part.outbox, 2), 0);
    assert_int_equal(mp__pins_create(&part.pins, 2), 0);
    return part;
}

static void part_destroy(struct part *part)
{
    mp__outbox_destroy(part->outbox);
    mp__pins_destroy(part->pins);
}

static void be_born(struct part *part)
{
    mp__extents_open(&part->worker, part->pins, part->outbox, 1, &part->end);
}

/* The worker publishes a record; it does not matter what is in it. */
static void publish(struct part *part)
{
    mp__record *record = mp__outbox_begin(part->outbox, 1, 8);

    record->kind = MP__RECORD_IN_FILE;
    mp__outbox_seal(part->outbox, 1, record);
    mp__outbox_publish(part->outbox, 1);
}

/* The worker gives a result of `size` bytes; where it lies. */
static uint64_t give(struct part *part, uint64_t size)
{
    uint64_t at = mp__extents_find(&part->worker, size);

    publish(part);
    mp__extents_sent(&part->worker, at, size,
                     mp__outbox_carried(part->outbox, 1));
    return at;
}

/* The owner reads one record. */
static void read_one(struct part *part)
{
    mp__arrival arrival;

    assert_int_equal(mp__outbox_next(part->outbox, 1, &arrival),
                     MP__ARRIVED_RECORD);
    mp__outbox_take(part->outbox, 1, &arrival);
    mp__outbox_release(part->outbox, 1);
}

static void what_was_read_is_free_again(void **state)
{
    struct part part = part_create();

    (void)state;
    be_born(&part);
    assert_int_equal(mp__extents_find(&part.worker, 1), 0);
    assert_int_equal(mp__extents_find(&part.worker, 1), 0); /* not used */
    assert_int_equal(give(&part, GRAIN + 1), 0);
    assert_int_equal(give(&part, GRAIN), 2 * GRAIN);
    assert_int_equal(give(&part, 1), 3 * GRAIN);
    read_one(&part);
    assert_int_equal(give(&part, 3 * GRAIN), 4 * GRAIN); /* no room before */
    assert_int_equal(give(&part, 2 * GRAIN), 0);
    assert_int_equal(atomic_load(&part.end), 7 * GRAIN);
    part_destroy(&part);
}

static void what_is_pinned_stays_until_it_is_not(void **state)
{
    struct part part = part_create();

    (void)state;
    be_born(&part);
    assert_int_equal(give(&part, GRAIN), 0);
    assert_int_equal(give(&part, GRAIN), GRAIN);
    mp__pins_set(part.pins, 1, 5, GRAIN, GRAIN - 1);
    mp__pins_set(part.pins, 0, 0, 0, GRAIN); /* of another part */
    read_one(&part);
    read_one(&part);
    assert_int_equal(mp__extents_find(&part.worker, GRAIN), 0);
    assert_int_equal(mp__extents_find(&part.worker, GRAIN + 1), 2 * GRAIN);
    mp__pins_clear(part.pins, 1, 5);
    assert_int_equal(mp__extents_find(&part.worker, GRAIN + 1), 0);
    assert_int_equal(mp__extents_cleared(&part.worker), 1);
    part_destroy(&part);
}

static void a_successor_leaves_alone_what_it_was_not_told_of(void **state)
{
    struct part part = part_create();

    (void)state;
    be_born(&part);
    assert_int_equal(give(&part, GRAIN), 0);
    assert_int_equal(give(&part, GRAIN), GRAIN);
    assert_int_equal(mp__extents_find(&part.worker, GRAIN), 2 * GRAIN);
    be_born(&part); /* its forerunner died while it wrote there */
    assert_int_equal(give(&part, GRAIN), 3 * GRAIN);
    read_one(&part);
    assert_int_equal(give(&part, GRAIN), 4 * GRAIN);
    read_one(&part); /* the last one before its birth */
    assert_int_equal(give(&part, 3 * GRAIN), 0);
    part_destroy(&part);
}

static void more_than_is_remembered_is_not_used_twice(void **state)
{
    struct part part = part_create();
    uint64_t last = 0;
    uint64_t at;
    int i;

    (void)state;
    be_born(&part);
    for (i = 0; i < MP__EXTENTS_SENT + 50; i++) {
        at = give(&part, GRAIN);
        assert_true(i == 0 || at > last);
        last = at;
    }
    for (i = 0; i < MP__EXTENTS_SENT; i++) {
        read_one(&part);
        assert_true(mp__extents_find(&part.worker, 1) > last);
    }
    read_one(&part); /* the one too many */
    assert_int_equal(give(&part, GRAIN), 0);
    part_destroy(&part);
}

static void a_part_has_an_end(void **state)
{
    struct part part = part_create();

    (void)state;
    be_born(&part);
    assert_true(mp__extents_find(&part.worker, UINT64_MAX) == UINT64_MAX);
    assert_true(mp__extents_find(&part.worker, MP__EXTENT_PART + 1) ==
                UINT64_MAX);
    assert_int_equal(give(&part, MP__EXTENT_PART - GRAIN), 0);
    assert_true(mp__extents_find(&part.worker, GRAIN + 1) == UINT64_MAX);
    assert_true(mp__extents_find(&part.worker, GRAIN) ==
                MP__EXTENT_PART - GRAIN);
    read_one(&part);
    assert_int_equal(mp__extents_find(&part.worker, MP__EXTENT_PART), 0);
    part_destroy(&part);
}

static void holes_are_between_what_is_in_use(void **state)
{
    struct part part = part_create();
    uint64_t begin = 0;
    uint64_t end = 0;

    (void)state;
    be_born(&part);
    assert_false(mp__extents_hole(&part.worker, 0, &begin, &end));
    (void)give(&part, 10 * GRAIN);
    read_one(&part);
    mp__pins_set(part.pins, 1, 0, 3 * GRAIN, 2 * GRAIN);
    mp__pins_set(part.pins, 1, 1, 7 * GRAIN, 1);
    assert_true(mp__extents_hole(&part.worker, GRAIN, &begin, &end));
    assert_int_equal(begin, GRAIN);
    assert_int_equal(end, 3 * GRAIN);
    assert_true(mp__extents_hole(&part.worker, end, &begin, &end));
    assert_int_equal(begin, 5 * GRAIN);
    assert_int_equal(end, 7 * GRAIN);
    assert_true(mp__extents_hole(&part.worker, end, &begin, &end));
    assert_int_equal(begin, 8 * GRAIN);
    assert_int_equal(end, 10 * GRAIN);
    assert_false(mp__extents_hole(&part.worker, end, &begin, &end));
    mp__extents_trim(&part.worker, GRAIN);
    assert_int_equal(atomic_load(&part.end), 8 * GRAIN);
    mp__pins_clear(part.pins, 1, 0);
    mp__pins_clear(part.pins, 1, 1);
    publish(&part); /* not known to the next, who may not give it back */
    be_born(&part);
    assert_false(mp__extents_hole(&part.worker, 0, &begin, &end));
    mp__extents_trim(&part.worker, GRAIN);
    assert_int_equal(atomic_load(&part.end), 8 * GRAIN);
    read_one(&part);
    mp__extents_trim(&part.worker, GRAIN);
    assert_int_equal(atomic_load(&part.end), GRAIN);
    part_destroy(&part);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        mp_test(what_was_read_is_free_again),
        mp_test(what_is_pinned_stays_until_it_is_not),
        mp_test(a_successor_leaves_alone_what_it_was_not_told_of),
        mp_test(more_than_is_remembered_is_not_used_twice),
        mp_test(a_part_has_an_end),
        mp_test(holes_are_between_what_is_in_use),
    };

    return mp_run_tests(tests);
}
