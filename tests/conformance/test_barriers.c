/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_barriers.c -- rows L-23 to L-28: barrier
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/process_helpers.h"

#include <mp/mp.h>

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#define PARTIES 5
#define LONG_MS 20000

struct board {
    _Atomic int rounds;  /* passes that an action has seen */
    _Atomic int inside;  /* arrivals of all rounds */
    _Atomic int zeros;   /* who came first */
    _Atomic int indices; /* sum */
    _Atomic int fails;
};

static mp_barrier *barrier;
static struct board *board;

static int make_board(void **state)
{
    void *memory;

    (void)state;
    if (mp_shared_create(&memory, sizeof(*board)) < 0) {
        return 1;
    }
    board = memory;
    return 0;
}

static int destroy_all(void **state)
{
    (void)state;
    mp_barrier_destroy(barrier);
    barrier = NULL;
    mp_shared_destroy(board);
    return 0;
}

static int act(void *argument)
{
    (void)argument;
    atomic_fetch_add(&board->rounds, 1);
    return 0;
}

/* Pass it `*rounds` times; in each, all must have arrived and the action must
 * have run before anybody goes on. */
static int pass_rounds(void *rounds)
{
    int count = *(int *)rounds;
    int i;
    int index;

    for (i = 0; i < count; i++) {
        atomic_fetch_add(&board->inside, 1);
        index = mp_barrier_wait(barrier, LONG_MS);
        if (index < 0 || index >= PARTIES) {
            return 1;
        }
        if (atomic_load(&board->rounds) < i + 1 ||
            atomic_load(&board->inside) < (i + 1) * PARTIES) {
            return 2;
        }
        atomic_fetch_add(&board->indices, index);
        atomic_fetch_add(&board->zeros, index == 0);
    }
    return 0;
}

static void run_parties(int rounds)
{
    mp_process *children[PARTIES - 1];
    int i;

    assert_int_equal(mp_barrier_create(&barrier, PARTIES, act, NULL), MP_OK);
    for (i = 0; i < PARTIES - 1; i++) {
        children[i] = mp_test_start(pass_rounds, &rounds, NULL);
    }
    assert_int_equal(pass_rounds(&rounds), 0);
    for (i = 0; i < PARTIES - 1; i++) {
        mp_test_finish(children[i], 0);
    }
}

static void L_23_parties_go_in_lockstep(void **state)
{
    (void)state;
    assert_int_equal(mp_barrier_create(&barrier, 1, NULL, NULL), MP_OK);
    assert_int_equal(mp_barrier_wait(barrier, 0), 0);
    assert_int_equal(mp_barrier_wait(barrier, MP_FOREVER), 0);
    mp_barrier_destroy(barrier);
    run_parties(10);
    assert_int_equal(mp_barrier_parties(barrier), PARTIES);
    assert_int_equal(mp_barrier_waiting(barrier), 0);
    assert_int_equal(mp_barrier_is_broken(barrier), 0);
}

static void L_23_a_thousand_rounds(void **state)
{
    (void)state;
    run_parties(1000);
    assert_int_equal(atomic_load(&board->rounds), 1000);
}

static void L_24_indices_are_distinct_and_the_action_runs_once(void **state)
{
    (void)state;
    run_parties(100);
    assert_int_equal(atomic_load(&board->rounds), 100);
    assert_int_equal(atomic_load(&board->zeros), 100);
    assert_int_equal(atomic_load(&board->indices),
                     100 * (PARTIES * (PARTIES - 1) / 2));
}

static int refuse(void *argument)
{
    (void)argument;
    return 1;
}

/* 0 passed, 1 broken, 2 otherwise; stays a while to be counted. */
static int wait_once(void *timeout_ms)
{
    int result = mp_barrier_wait(barrier, *(int *)timeout_ms);

    return result >= 0 ? 0 : result == MP_EBROKEN ? 1 : 2;
}

static int long_ms = LONG_MS;

static void start_waiters(mp_process *children[], int count)
{
    int64_t end = mp_test_clock_ms() + LONG_MS;
    int i;

    for (i = 0; i < count; i++) {
        children[i] = mp_test_start(wait_once, &long_ms, NULL);
    }
    while (mp_barrier_waiting(barrier) < count && mp_test_clock_ms() < end) {
        mp_test_sleep_ms(1);
    }
    assert_int_equal(mp_barrier_waiting(barrier), count);
}

static void finish_all(mp_process *children[], int count, int expected)
{
    int i;

    for (i = 0; i < count; i++) {
        mp_test_finish(children[i], expected);
    }
}

static void
L_25_failing_action_breaks_it_and_no_parties_are_refused(void **state)
{
    mp_process *child;

    (void)state;
    assert_int_equal(mp_barrier_create(&barrier, 0, NULL, NULL), MP_EINVAL);
    assert_int_equal(mp_barrier_create(&barrier, -1, NULL, NULL), MP_EINVAL);
    assert_int_equal(mp_barrier_create(&barrier, 2, refuse, NULL), MP_OK);
    start_waiters(&child, 1);
    assert_int_equal(mp_barrier_wait(barrier, LONG_MS), MP_EBROKEN);
    mp_test_finish(child, 1);
    assert_int_equal(mp_barrier_is_broken(barrier), 1);
}

static void L_26_abort_breaks_until_reset(void **state)
{
    mp_process *children[PARTIES - 1];

    (void)state;
    assert_int_equal(mp_barrier_create(&barrier, PARTIES, NULL, NULL), MP_OK);
    start_waiters(children, PARTIES - 1);
    assert_int_equal(mp_barrier_abort(barrier), MP_OK);
    finish_all(children, PARTIES - 1, 1);
    assert_int_equal(mp_barrier_is_broken(barrier), 1);
    assert_int_equal(mp_barrier_wait(barrier, LONG_MS), MP_EBROKEN);
    assert_int_equal(mp_barrier_abort(barrier), MP_OK);
    assert_int_equal(mp_barrier_reset(barrier), MP_OK);
    assert_int_equal(mp_barrier_is_broken(barrier), 0);
    start_waiters(children, PARTIES - 1);
    assert_int_equal(mp_barrier_wait(barrier, LONG_MS), PARTIES - 1);
    finish_all(children, PARTIES - 1, 0);
}

static void L_27_reset_breaks_only_those_who_wait(void **state)
{
    mp_process *children[PARTIES - 1];

    (void)state;
    assert_int_equal(mp_barrier_create(&barrier, PARTIES, NULL, NULL), MP_OK);
    start_waiters(children, PARTIES - 2);
    assert_int_equal(mp_barrier_reset(barrier), MP_OK);
    finish_all(children, PARTIES - 2, 1);
    assert_int_equal(mp_barrier_is_broken(barrier), 0);
    assert_int_equal(mp_barrier_waiting(barrier), 0);
    assert_int_equal(mp_barrier_reset(barrier), MP_OK);
    start_waiters(children, PARTIES - 1);
    assert_int_equal(mp_barrier_wait(barrier, LONG_MS), PARTIES - 1);
    finish_all(children, PARTIES - 1, 0);
}

static void L_28_a_timeout_breaks_it_for_all(void **state)
{
    static const int short_ms[] = { 30, 0, -1 };
    mp_process *children[PARTIES - 2];
    int64_t before;
    size_t i;

    (void)state;
    assert_int_equal(mp_barrier_create(&barrier, PARTIES, NULL, NULL), MP_OK);
    for (i = 0; i < 3; i++) {
        start_waiters(children, PARTIES - 2);
        before = mp_test_clock_ms();
        assert_int_equal(mp_barrier_wait(barrier, short_ms[i]), MP_EBROKEN);
        assert_true(mp_test_clock_ms() - before >= short_ms[i]);
        finish_all(children, PARTIES - 2, 1);
        assert_int_equal(mp_barrier_wait(barrier, LONG_MS), MP_EBROKEN);
        assert_int_equal(mp_barrier_reset(barrier), MP_OK);
    }
}

static void L_28_death_of_a_party_breaks_it_for_all(void **state)
{
    mp_process *children[PARTIES - 1];
    int dead;

    (void)state;
    assert_int_equal(mp_barrier_create(&barrier, PARTIES, NULL, NULL), MP_OK);
    for (dead = 0; dead < PARTIES - 1; dead++) {
        int i;

        start_waiters(children, PARTIES - 1);
        assert_int_equal(mp_process_kill(children[dead]), MP_OK);
        for (i = 0; i < PARTIES - 1; i++) {
            mp_test_finish(children[i], i == dead ? -SIGKILL : 1);
        }
        assert_int_equal(mp_barrier_is_broken(barrier), 1);
        assert_int_equal(mp_barrier_reset(barrier), MP_OK);
    }
}

static int wait_again(void *argument)
{
    *(int *)argument = mp_barrier_wait(barrier, MP_FOREVER);
    return 0;
}

static void an_action_that_waits_is_told_so(void **state)
{
    int result = 0;

    (void)state;
    assert_int_equal(mp_barrier_create(&barrier, 1, wait_again, &result),
                     MP_OK);
    assert_int_equal(mp_barrier_wait(barrier, MP_FOREVER), 0);
    assert_int_equal(result, MP_EDEADLK);
}

static int die(void *argument)
{
    (void)argument;
    (void)kill(getpid(), SIGKILL);
    return 0;
}

static void L_28_death_in_the_action_breaks_it_for_all(void **state)
{
    mp_process *last;

    (void)state;
    assert_int_equal(mp_barrier_create(&barrier, 2, die, NULL), MP_OK);
    last = mp_test_start(wait_once, &long_ms, NULL);
    while (mp_barrier_waiting(barrier) == 0) {
        mp_test_sleep_ms(1);
    }
    mp_test_finish(mp_test_start(wait_once, &long_ms, NULL), -SIGKILL);
    mp_test_finish(last, 1);
}

#define ROW(name) mp_test_setup_teardown(name, make_board, destroy_all)

static const struct CMUnitTest tests[] = {
    ROW(L_23_parties_go_in_lockstep),
    ROW(L_23_a_thousand_rounds),
    ROW(L_24_indices_are_distinct_and_the_action_runs_once),
    ROW(L_25_failing_action_breaks_it_and_no_parties_are_refused),
    ROW(L_26_abort_breaks_until_reset),
    ROW(L_27_reset_breaks_only_those_who_wait),
    ROW(L_28_a_timeout_breaks_it_for_all),
    ROW(L_28_death_of_a_party_breaks_it_for_all),
    ROW(an_action_that_waits_is_told_so),
    ROW(L_28_death_in_the_action_breaks_it_for_all),
};

int main(void)
{
    return mp_run_tests(tests);
}
