/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_domain.c -- idents, and the kernel's word for who is alive
 */
#include "support/fixture.h"
#include "support/helpers.h"

#include "platform/clock.h"
#include "platform/life.h"
#include "platform/self.h"
#include "shared/domain.h"
#include "shared/guard.h"

#include <mp/mp.h>

#include <signal.h>
#include <unistd.h>

static void an_ident_is_kept_for_life_and_never_inherited(void **state)
{
    mp__ident first = 0;
    mp__ident again = 0;
    mp__ident *child = NULL;
    void *memory = NULL;
    pid_t pid;

    (void)state;
    assert_int_equal(mp__domain_self(&first), 0);
    assert_int_equal(mp__domain_self(&again), 0);
    assert_int_equal(first, again);
    assert_true(mp__domain_is_alive(first));
    assert_false(mp__domain_is_pid(first, getpid() + 1));
    assert_int_equal(mp_shared_create(&memory, sizeof(*child)), 0);
    child = memory;
    pid = fork();
    if (pid == 0) {
        (void)mp__domain_self(child);
        (void)pause();
        _exit(0);
    }
    while (*(volatile mp__ident *)child == 0) {
        mp_test_sleep_ms(1);
    }
    assert_int_not_equal(*child, first);
    assert_true(mp__domain_is_alive(*child));
    assert_true(mp__domain_is_pid(*child, pid));
    assert_false(mp__domain_is_pid(*child, getpid()));
    assert_int_equal(kill(pid, SIGKILL), 0);
    while (mp__domain_is_alive(*child)) { /* a zombie counts as dead */
        mp_test_sleep_ms(1);
    }
    assert_int_equal(mp_test_wait_for_child(pid, 5000), -SIGKILL);
    assert_false(mp__domain_is_alive(*child));
    assert_false(mp__domain_is_alive(0));
    mp_shared_destroy(memory);
}

static int take_a_slot(void *unused)
{
    mp__ident ident;

    (void)unused;
    return mp__domain_self(&ident) < 0;
}

static void slots_of_the_dead_are_used_again(void **state)
{
    int i;

    (void)state;
    for (i = 0; i < MP__DOMAIN_SLOTS + 200; i++) {
        assert_int_equal(mp_test_in_child(take_a_slot, NULL), 0);
    }
}

#ifndef MP_PORTABLE
static int close_all_and_look(void *argument)
{
    mp__guard *guard = argument;
    mp__spin_budget budget = { 0 };
    mp__ident ident = 0;
    int fd;

    if (mp__guard_acquire(guard, MP__NEVER, &budget) != 0) {
        return 1;
    }
    for (fd = 3; fd < 256; fd++) {
        (void)close(fd); /* a host's closefrom() */
    }
    if (mp__domain_self(&ident) != 0 || !mp__domain_is_alive(ident)) {
        return 2;
    }
    mp_test_sleep_ms(300);
    return mp__guard_release(guard) < 0;
}
#endif

static void a_process_without_its_byte_lock_is_confirmed_alive(void **state)
{
#ifdef MP_PORTABLE
    (void)state;
    mp_test_skip("the portable build has no start times to confirm by");
#else
    mp__spin_budget budget = { 0 };
    void *memory = NULL;
    mp__guard *guard;
    pid_t pid;

    (void)state;
    assert_int_equal(mp_shared_create(&memory, sizeof(*guard)), 0);
    guard = memory;
    pid = fork();
    if (pid == 0) {
        _exit(close_all_and_look(guard));
    }
    while (mp__guard_holder(guard) == 0) {
        mp_test_sleep_ms(1);
    }
    mp_test_sleep_ms(50);
    assert_int_equal(mp__guard_acquire(guard, MP__AT_ONCE, &budget),
                     MP_ETIMEDOUT);
    /* It is released in the end, not taken over. */
    assert_int_equal(
        mp__guard_acquire(guard, mp__deadline_after(5000), &budget), 0);
    assert_int_equal(mp__guard_release(guard), 0);
    assert_int_equal(mp_test_wait_for_child(pid, 5000), 0);
    mp_shared_destroy(memory);
#endif
}

static void alone_means_that_no_sharer_lives(void **state)
{
    mp__ident self = 0;
    uint64_t moment;
    pid_t pid;
    void *memory = NULL;
    volatile mp__ident *child;

    (void)state;
    assert_int_equal(mp__domain_self(&self), 0);
    assert_int_equal(mp_shared_create(&memory, sizeof(*child)), 0);
    child = memory;
    moment = mp__domain_moment();
    assert_true(mp__domain_is_alone(moment, self));
    pid = fork();
    if (pid == 0) {
        mp__ident ident = 0;

        (void)mp__domain_self(&ident);
        *child = ident;
        (void)pause();
        _exit(0);
    }
    while (*child == 0) {
        mp_test_sleep_ms(1);
    }
    assert_false(mp__domain_is_alone(moment, self));
    assert_true(mp__domain_is_alone(mp__domain_moment(), self));
    assert_false(mp__domain_is_alone(mp__domain_moment(), *child));
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(mp_test_wait_for_child(pid, 5000), -SIGKILL);
    assert_true(mp__domain_is_alone(moment, self));
    mp_shared_destroy(memory);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        mp_test(an_ident_is_kept_for_life_and_never_inherited),
        mp_test(slots_of_the_dead_are_used_again),
        mp_test(a_process_without_its_byte_lock_is_confirmed_alive),
        mp_test(alone_means_that_no_sharer_lives),
    };

    return mp_run_tests(tests);
}
