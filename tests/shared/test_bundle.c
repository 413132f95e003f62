/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_bundle.c -- each item of a bundle is its worker's or its owner's
 */
#include "support/fixture.h"
#include "support/helpers.h"

#include "platform/map.h"
#include "shared/bundle.h"

#include <sched.h>
#include <unistd.h>

enum { GENERATION = 77, ITEMS = 16, ROUNDS = 5000 };

static mp__bundle look(_Atomic uint64_t *word)
{
    return (mp__bundle){ .word = word, .seen = atomic_load(word) };
}

static void a_worker_reaches_item_after_item(void **state)
{
    _Atomic uint64_t word = mp__bundle_word(0, 3, GENERATION);
    mp__bundle bundle = look(&word);

    (void)state;
    assert_true(mp__bundle_reach(&bundle, 0)); /* in hand from the start */
    assert_true(mp__bundle_reach(&bundle, 1));
    assert_true(mp__bundle_reach(&bundle, 1)); /* asked again */
    assert_true(mp__bundle_reach(&bundle, 2));
    assert_false(mp__bundle_reach(&bundle, 3));
    assert_int_equal(atomic_load(&word), mp__bundle_word(2, 3, GENERATION));
}

static void what_is_in_hand_is_not_taken_back(void **state)
{
    _Atomic uint64_t word = mp__bundle_word(0, 5, GENERATION);
    mp__bundle worker = look(&word);
    mp__bundle owner = look(&word);
    uint32_t from = 0;

    (void)state;
    assert_true(mp__bundle_reach(&worker, 1));
    assert_true(mp__bundle_take_back(&owner, &from)); /* it had seen less */
    assert_int_equal(from, 2);
    assert_int_equal(mp__bundle_end(&owner), 2);
    assert_false(mp__bundle_reach(&worker, 2));
    assert_true(mp__bundle_reach(&worker, 1));
    assert_false(mp__bundle_take_back(&owner, &from)); /* nothing is left */
    assert_int_equal(atomic_load(&word), mp__bundle_word(1, 2, GENERATION));
}

static void no_word_leads_a_worker_astray(void **state)
{
    const uint64_t words[] = { 0, 1, UINT64_MAX, UINT64_C(5) << 32,
                               UINT64_C(0xffff0000) << 32 };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        _Atomic uint64_t word = words[i];
        mp__bundle bundle = { .word = &word,
                              .seen = mp__bundle_word(0, 4, GENERATION) };
        uint32_t from = 0;

        /* Overwritten: whatever it says, both come back. */
        (void)mp__bundle_reach(&bundle, 1);
        bundle = look(&word);
        (void)mp__bundle_take_back(&bundle, &from);
        assert_true(from <= 0x10000);
    }
}

/* Of a worker and an owner that run into each other. */
struct race {
    _Atomic uint64_t word;
    _Atomic uint32_t round;   /* that the worker is to play */
    _Atomic uint32_t played;  /* by it */
    _Atomic uint32_t reached; /* items it had */
};

static int play(void *argument)
{
    struct race *race = argument;
    mp__bundle bundle;
    uint32_t round;
    uint32_t next;

    for (round = 1; round <= ROUNDS; round++) {
        while (atomic_load(&race->round) != round) {
            (void)sched_yield();
        }
        bundle = look(&race->word);
        for (next = 1; mp__bundle_reach(&bundle, next); next++) {
            /* go on */
        }
        atomic_store(&race->reached, next);
        atomic_store(&race->played, round);
    }
    return 0;
}

static void every_item_is_one_sides_and_no_more(void **state)
{
    struct race *race = mp__map_shared(mp__map_round(sizeof(*race)));
    int cut = 0; /* rounds in which there was something to take back */
    uint32_t round;
    uint32_t from;
    mp__bundle bundle;
    pid_t pid;
    int i;

    (void)state;
    assert_non_null(race);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        _exit(play(race));
    }
    for (round = 1; round <= ROUNDS; round++) {
        atomic_store(&race->word, mp__bundle_word(0, ITEMS, round));
        atomic_store(&race->round, round);
        for (i = 0; i < (int)(round % 64); i++) {
            (void)atomic_load(&race->round); /* some rounds a bit later */
        }
        bundle = look(&race->word);
        from = ITEMS;
        cut += mp__bundle_take_back(&bundle, &from);
        while (atomic_load(&race->played) != round) {
            (void)sched_yield();
        }
        if (atomic_load(&race->reached) !=
            mp__bundle_end(&(mp__bundle){ .seen = race->word })) {
            break;
        }
    }
    assert_int_equal(mp_test_wait_for_child(pid, 60000), 0);
    assert_int_equal(round, ROUNDS + 1);
    assert_true(cut > 0);
    mp__map_free(race, mp__map_round(sizeof(*race)));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        mp_test(a_worker_reaches_item_after_item),
        mp_test(what_is_in_hand_is_not_taken_back),
        mp_test(no_word_leads_a_worker_astray),
        mp_test(every_item_is_one_sides_and_no_more),
    };

    return mp_run_tests(tests);
}
