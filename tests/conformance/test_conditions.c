/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_conditions.c -- rows L-14 to L-21: condition and event
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/process_helpers.h"

#include <mp/mp.h>

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#define WAITERS 6
#define LONG_MS 20000

/* What the processes of a test tell each other. */
struct board {
    _Atomic int waiting; /* have the lock, about to wait */
    _Atomic int woken;
    _Atomic int number;
};

static mp_lock *lock;
static mp_condition *condition;
static mp_event *event;
static struct board *board;

static int make_all(void **state)
{
    void *memory;

    (void)state;
    if (mp_lock_create(&lock) < 0 || mp_event_create(&event) < 0 ||
        mp_condition_create(&condition, lock) < 0 ||
        mp_shared_create(&memory, sizeof(*board)) < 0) {
        return 1;
    }
    board = memory;
    return 0;
}

static int destroy_all(void **state)
{
    (void)state;
    mp_condition_destroy(condition);
    mp_lock_destroy(lock);
    mp_event_destroy(event);
    mp_shared_destroy(board);
    return 0;
}

static bool reach(_Atomic int *value, int wanted)
{
    int64_t end = mp_test_clock_ms() + LONG_MS;

    while (atomic_load(value) < wanted && mp_test_clock_ms() < end) {
        mp_test_sleep_ms(1);
    }
    return atomic_load(value) >= wanted;
}

/* Wait `*timeout_ms`; exit status 0 notified, 1 timed out, 2 otherwise. */
static int wait_once(void *timeout_ms)
{
    int result;

    if (mp_lock_acquire(lock, MP_FOREVER) < 0) {
        return 2;
    }
    atomic_fetch_add(&board->waiting, 1);
    result = mp_condition_wait(condition, *(int *)timeout_ms);
    if (result == MP_OK) {
        atomic_fetch_add(&board->woken, 1);
    }
    if (mp_lock_release(lock) != MP_OK) {
        return 2; /* it was not held */
    }
    return result == MP_OK ? 0 : result == MP_ETIMEDOUT ? 1 : 2;
}

static int long_ms = LONG_MS;

static void start_waiters(mp_process *children[], int count)
{
    int before = atomic_load(&board->waiting);
    int i;

    for (i = 0; i < count; i++) {
        children[i] = mp_test_start(wait_once, &long_ms, NULL);
    }
    assert_true(reach(&board->waiting, before + count));
    /* Whoever has the lock now knows that all of them wait. */
    assert_int_equal(mp_lock_acquire(lock, MP_FOREVER), MP_OK);
}

static void L_14_notify_wakes_one_or_at_most_n(void **state)
{
    mp_process *children[WAITERS];
    int i;

    (void)state;
    start_waiters(children, WAITERS);
    assert_int_equal(mp_condition_notify(condition, 0), 0);
    assert_int_equal(mp_condition_notify(condition, 1), 1);
    assert_int_equal(mp_lock_release(lock), MP_OK);
    assert_true(reach(&board->woken, 1));
    assert_int_equal(mp_lock_acquire(lock, MP_FOREVER), MP_OK);
    assert_int_equal(mp_condition_notify(condition, 2), 2);
    assert_int_equal(mp_lock_release(lock), MP_OK);
    assert_true(reach(&board->woken, 3));
    mp_test_sleep_ms(50);
    assert_int_equal(atomic_load(&board->woken), 3);
    assert_int_equal(mp_lock_acquire(lock, MP_FOREVER), MP_OK);
    assert_int_equal(mp_condition_notify(condition, 100), WAITERS - 3);
    assert_int_equal(mp_lock_release(lock), MP_OK);
    for (i = 0; i < WAITERS; i++) {
        mp_test_finish(children[i], 0);
    }
    assert_int_equal(atomic_load(&board->woken), WAITERS);
}

static void L_14_a_notify_nobody_waits_for_is_forgotten(void **state)
{
    (void)state;
    assert_int_equal(mp_lock_acquire(lock, 0), MP_OK);
    assert_int_equal(mp_condition_notify(condition, 3), 0);
    assert_int_equal(mp_condition_notify_all(condition), 0);
    assert_int_equal(mp_condition_notify(condition, -1), MP_EINVAL);
    assert_int_equal(mp_condition_wait(condition, 20), MP_ETIMEDOUT);
    assert_int_equal(mp_lock_release(lock), MP_OK);
}

static void L_15_notify_all_wakes_those_who_wait_and_no_others(void **state)
{
    mp_process *children[WAITERS];
    int short_ms = 10;
    int i;

    (void)state;
    for (i = 0; i < 3; i++) {
        mp_test_finish(mp_test_start(wait_once, &short_ms, NULL), 1);
    }
    start_waiters(children, WAITERS);
    assert_int_equal(mp_condition_notify_all(condition), WAITERS);
    assert_int_equal(mp_condition_notify_all(condition), 0);
    assert_int_equal(mp_lock_release(lock), MP_OK);
    for (i = 0; i < WAITERS; i++) {
        mp_test_finish(children[i], 0);
    }
    start_waiters(children, 2);
    assert_int_equal(mp_condition_notify(condition, 1), 1);
    assert_int_equal(mp_condition_notify(condition, 1), 1);
    assert_int_equal(mp_lock_release(lock), MP_OK);
    mp_test_finish(children[0], 0);
    mp_test_finish(children[1], 0);
}

static void L_16_wait_tells_notified_from_timed_out(void **state)
{
    static const int at_once[] = { 0, -1, INT_MIN };
    mp_process *child;
    int64_t before;
    size_t i;

    (void)state;
    assert_int_equal(mp_condition_wait(condition, 0), MP_ESTATE);
    assert_int_equal(mp_condition_notify(condition, 1), MP_ESTATE);
    assert_int_equal(mp_condition_notify_all(condition), MP_ESTATE);
    start_waiters(&child, 1);
    assert_int_equal(mp_condition_notify_all(condition), 1);
    for (i = 0; i < 3; i++) {
        assert_int_equal(mp_condition_wait(condition, at_once[i]),
                         MP_ETIMEDOUT);
    }
    before = mp_test_clock_ms();
    assert_int_equal(mp_condition_wait(condition, 40), MP_ETIMEDOUT);
    assert_true(mp_test_clock_ms() - before >= 40);
    assert_int_equal(mp_lock_release(lock), MP_OK); /* it was held again */
    mp_test_finish(child, 0);
}

static bool number_is_four(void *argument)
{
    (void)argument;
    return atomic_load(&board->number) == 4;
}

static bool is_never(void *argument)
{
    ++*(int *)argument;
    return false;
}

static bool is_true(void *argument)
{
    (void)argument;
    return true;
}

static int count_to_four(void *argument)
{
    int i;

    (void)argument;
    for (i = 0; i < 4; i++) {
        if (mp_lock_acquire(lock, MP_FOREVER) < 0) {
            return 1;
        }
        atomic_fetch_add(&board->number, 1);
        (void)mp_condition_notify(condition, 1);
        (void)mp_lock_release(lock);
        mp_test_sleep_ms(5);
    }
    return 0;
}

static void L_18_wait_for_a_predicate(void **state)
{
    mp_process *child;
    int64_t before;
    int asked = 0;

    (void)state;
    assert_int_equal(mp_condition_wait_for(condition, is_true, NULL, 0),
                     MP_ESTATE);
    assert_int_equal(mp_lock_acquire(lock, 0), MP_OK);
    assert_int_equal(mp_condition_wait_for(condition, NULL, NULL, 0),
                     MP_EINVAL);
    assert_int_equal(mp_condition_wait_for(condition, is_true, NULL, -5),
                     MP_OK);
    child = mp_test_start(count_to_four, NULL, NULL);
    assert_int_equal(
        mp_condition_wait_for(condition, number_is_four, NULL, LONG_MS), MP_OK);
    assert_int_equal(atomic_load(&board->number), 4);
    assert_int_equal(mp_lock_release(lock), MP_OK);
    mp_test_finish(child, 0);
    child = mp_test_start(count_to_four, NULL, NULL);
    assert_int_equal(mp_lock_acquire(lock, MP_FOREVER), MP_OK);
    before = mp_test_clock_ms();
    assert_int_equal(mp_condition_wait_for(condition, is_never, &asked, 100),
                     MP_ETIMEDOUT);
    assert_true(mp_test_clock_ms() - before >= 100);
    assert_true(asked >= 2);
    assert_int_equal(mp_lock_release(lock), MP_OK);
    mp_test_finish(child, 0);
}

static int wait_for_event(void *argument)
{
    (void)argument;
    atomic_fetch_add(&board->waiting, 1);
    return mp_event_wait(event, LONG_MS) == MP_OK ? 0 : 1;
}

static void L_19_the_dead_do_not_stop_a_notify_or_a_set(void **state)
{
    mp_process *children[3];
    mp_process *at_event;
    int i;

    (void)state;
    start_waiters(children, 3);
    at_event = mp_test_start(wait_for_event, NULL, NULL);
    assert_true(reach(&board->waiting, 4));
    for (i = 0; i < 2; i++) {
        assert_int_equal(mp_process_kill(children[i]), MP_OK);
        mp_test_finish(children[i], -SIGKILL);
    }
    assert_int_equal(mp_process_kill(at_event), MP_OK);
    mp_test_finish(at_event, -SIGKILL);
    /* The dead are not counted: the one that lives gets it. */
    assert_int_equal(mp_condition_notify(condition, 1), 1);
    assert_int_equal(mp_lock_release(lock), MP_OK);
    mp_test_finish(children[2], 0);
    assert_int_equal(mp_event_set(event), MP_OK);
    assert_int_equal(mp_event_wait(event, 0), MP_OK);
}

static void L_19_a_notice_of_the_dead_goes_to_the_living(void **state)
{
    mp_process *first;
    mp_process *second;

    (void)state;
    start_waiters(&first, 1);
    assert_int_equal(mp_lock_release(lock), MP_OK);
    start_waiters(&second, 1);
    assert_int_equal(mp_condition_notify(condition, 1), 1);
    /* The longest waiting has it, and cannot go on: we hold the lock. */
    assert_int_equal(mp_process_kill(first), MP_OK);
    mp_test_finish(first, -SIGKILL);
    assert_int_equal(mp_lock_release(lock), MP_OK);
    mp_test_finish(second, 0);
}

static int die_with_lock(void *argument)
{
    (void)argument;
    if (mp_lock_acquire(lock, MP_FOREVER) == MP_OK) {
        (void)mp_condition_notify_all(condition);
        (void)kill(getpid(), SIGKILL);
    }
    return 1;
}

static void L_19_death_of_the_notifier_shows_as_owner_dead(void **state)
{
    (void)state;
    mp_process *child;

    assert_int_equal(mp_lock_acquire(lock, MP_FOREVER), MP_OK);
    child = mp_test_start(die_with_lock, NULL, NULL);
    assert_int_equal(mp_condition_wait(condition, LONG_MS), MP_OWNERDEAD);
    assert_int_equal(mp_lock_release(lock), MP_OK);
    mp_test_finish(child, -SIGKILL);
}

static void L_20_event_is_set_and_cleared(void **state)
{
    int64_t before;
    int i;

    (void)state;
    assert_int_equal(mp_event_is_set(event), 0);
    for (i = 0; i < 2; i++) {
        assert_int_equal(mp_event_wait(event, 0), MP_ETIMEDOUT);
        assert_int_equal(mp_event_wait(event, -3), MP_ETIMEDOUT);
        before = mp_test_clock_ms();
        assert_int_equal(mp_event_wait(event, 30), MP_ETIMEDOUT);
        assert_true(mp_test_clock_ms() - before >= 30);
        assert_int_equal(mp_event_set(event), MP_OK);
        assert_int_equal(mp_event_set(event), MP_OK);
        assert_int_equal(mp_event_is_set(event), 1);
        assert_int_equal(mp_event_wait(event, 0), MP_OK);
        assert_int_equal(mp_event_wait(event, MP_FOREVER), MP_OK);
        assert_int_equal(mp_event_clear(event), MP_OK);
        assert_int_equal(mp_event_clear(event), MP_OK);
        assert_int_equal(mp_event_is_set(event), 0);
    }
}

static int set_event(void *argument)
{
    (void)argument;
    mp_test_sleep_ms(20);
    return mp_event_set(event) == MP_OK ? 0 : 1;
}

static void L_21_event_set_by_a_child_lets_the_parent_go(void **state)
{
    mp_process *child = mp_test_start(set_event, NULL, NULL);

    (void)state;
    assert_int_equal(mp_event_wait(event, MP_FOREVER), MP_OK);
    mp_test_finish(child, 0);
}

static void L_21_event_set_and_cleared_at_once_lets_all_go(void **state)
{
    mp_process *children[WAITERS];
    int i;

    (void)state;
    for (i = 0; i < WAITERS; i++) {
        children[i] = mp_test_start(wait_for_event, NULL, NULL);
    }
    assert_true(reach(&board->waiting, WAITERS));
    mp_test_sleep_ms(50); /* they have said so; now they wait */
    assert_int_equal(mp_event_set(event), MP_OK);
    assert_int_equal(mp_event_clear(event), MP_OK);
    for (i = 0; i < WAITERS; i++) {
        mp_test_finish(children[i], 0);
    }
}

#define ROW(name) mp_test_setup_teardown(name, make_all, destroy_all)

static const struct CMUnitTest tests[] = {
    ROW(L_14_notify_wakes_one_or_at_most_n),
    ROW(L_14_a_notify_nobody_waits_for_is_forgotten),
    ROW(L_15_notify_all_wakes_those_who_wait_and_no_others),
    ROW(L_16_wait_tells_notified_from_timed_out),
    ROW(L_18_wait_for_a_predicate),
    ROW(L_19_the_dead_do_not_stop_a_notify_or_a_set),
    ROW(L_19_a_notice_of_the_dead_goes_to_the_living),
    ROW(L_19_death_of_the_notifier_shows_as_owner_dead),
    ROW(L_20_event_is_set_and_cleared),
    ROW(L_21_event_set_by_a_child_lets_the_parent_go),
    ROW(L_21_event_set_and_cleared_at_once_lets_all_go),
};

int main(void)
{
    return mp_run_tests(tests);
}
