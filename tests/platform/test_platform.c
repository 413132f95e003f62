/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_platform.c -- time, descriptors, files, parking: what the rest leans on
 */
#include "support/fixture.h"
#include "support/helpers.h"

#include "platform/clock.h"
#include "platform/cpu.h"
#include "platform/fd.h"
#include "platform/file.h"
#include "platform/life.h"
#include "platform/map.h"
#include "platform/park.h"
#include "platform/self.h"

#include <mp/mp.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void deadlines_are_absolute_and_never_early(void **state)
{
    int64_t now = mp__clock_ns();

    (void)state;
    assert_int_equal(mp__deadline_after(0), MP__AT_ONCE);
    assert_int_equal(mp__deadline_after(-1), MP__AT_ONCE);
    assert_true(mp__deadline_after(MP_FOREVER) == MP__NEVER);
    assert_true(mp__deadline_after(INT_MAX - 1) > now);
    assert_true(mp__deadline_passed(MP__AT_ONCE));
    assert_false(mp__deadline_passed(MP__NEVER));
    assert_false(mp__deadline_passed(mp__deadline_after(1000)));
    assert_int_equal(mp__deadline_poll_ms(MP__NEVER, 250), 250);
    assert_int_equal(mp__deadline_poll_ms(MP__AT_ONCE, 250), 0);
    assert_in_range(mp__deadline_poll_ms(mp__clock_ns() + 1500000, 250), 1, 2);
    assert_true(mp__deadline_slice(MP__NEVER, MP__MS) < MP__NEVER);
}

static void descriptors_stay_off_the_standard_streams(void **state)
{
    int one = -1;
    int other = -1;

    (void)state;
    errno = 4711;
    assert_int_equal(mp__fd_pipe(&one, &other), 0);
    assert_true(one >= 3 && other >= 3);
    assert_int_equal(mp__fd_wait(one, -1, 0), 0);
    mp__fd_ring(other);
    assert_int_equal(mp__fd_wait(-1, one, 1000), 2);
    assert_false(mp__fd_drain(one));
    mp__fd_close(&other);
    assert_int_equal(other, -1);
    assert_true(mp__fd_drain(one)); /* end of file */
    mp__fd_close(&one);
    mp__fd_close(&one);
    assert_int_equal(errno, 4711);
}

static int use_low_numbers(void *unused)
{
    int one = -1;
    int other = -1;

    (void)unused;
    (void)close(0);
    (void)close(1);
    (void)close(2);
    return mp__fd_pipe(&one, &other) < 0 || one < 3 || other < 3;
}

static void closed_streams_do_not_get_our_descriptors(void **state)
{
    (void)state;
    assert_int_equal(mp_test_in_child(use_low_numbers, NULL), 0);
}

static int ring_into_nothing(void *unused)
{
    int one = -1;
    int other = -1;

    (void)unused;
    (void)signal(SIGPIPE, SIG_DFL);
    if (mp__fd_link(&one, &other) < 0) {
        return 1;
    }
    mp__fd_close(&other);
    mp__fd_ring_link(one);
    return 0;
}

static void a_link_without_other_end_raises_no_signal(void **state)
{
    (void)state;
    assert_int_equal(mp_test_in_child(ring_into_nothing, NULL), 0);
}

static int write_past_the_limit(void *unused)
{
    struct rlimit limit = { 0, 0 };
    int fd = mp__file_create();

    (void)unused;
    (void)signal(SIGXFSZ, SIG_DFL); /* would end us */
    if (fd < 0 || getrlimit(RLIMIT_FSIZE, &limit) < 0) {
        return 1;
    }
    limit.rlim_cur = 1000;
    if (setrlimit(RLIMIT_FSIZE, &limit) < 0) {
        return 1;
    }
    return mp__file_write(fd, 2000, "x", 1) == -EFBIG ? 0 : 2;
}

static void files_hold_bytes_anywhere_and_respect_limits(void **state)
{
    char bytes[6] = "";
    int fd = mp__file_create();

    (void)state;
    assert_true(fd >= 3);
    assert_int_equal(mp__file_write(fd, (uint64_t)5 << 30, "hello", 6), 0);
    assert_int_equal(mp__file_read(fd, (uint64_t)5 << 30, bytes, 6), 0);
    assert_string_equal(bytes, "hello");
    assert_int_equal(mp__file_read(fd, (uint64_t)6 << 30, bytes, 1), -EIO);
    mp__file_give_back(fd, 0, (uint64_t)6 << 30);
    mp__file_close(&fd);
    assert_int_equal(mp__file_write(-1, 0, "x", 1), -EBADF);
    assert_int_equal(mp_test_in_child(write_past_the_limit, NULL), 0);
}

static void maps_are_shared_with_later_forks(void **state)
{
    size_t size = mp__map_round(100000);
    unsigned char *memory = mp__map_shared(size);
    pid_t pid;

    (void)state;
    assert_non_null(memory);
    assert_int_equal(size % mp__map_page_size(), 0);
    assert_int_equal(mp__map_round(SIZE_MAX), 0);
    pid = fork();
    if (pid == 0) {
        memory[99999] = 7;
        _exit(0);
    }
    assert_int_equal(mp_test_wait_for_child(pid, 5000), 0);
    assert_int_equal(memory[99999], 7);
    mp__map_give_back(memory, size);
    memory[0] = 1;
    mp__map_free(memory, size);
}

static int wake_later(void *argument)
{
    _Atomic uint32_t *word = argument;

    mp_test_sleep_ms(50);
    atomic_store(word, 1);
    (void)mp__park_wake(word, MP__PARK_ALL);
    return 0;
}

static void parking_ends_by_wake_by_change_and_by_deadline(void **state)
{
    void *memory = mp__map_shared(mp__map_round(8));
    _Atomic uint32_t *word = memory;
    _Atomic uint64_t wide = 0x1122334455667788;
    int64_t began = mp_test_clock_ms();
    pid_t pid;

    (void)state;
    assert_non_null(memory);
    mp__park_wait(word, 5, MP__NEVER); /* it is not 5: no sleep */
    while (mp_test_clock_ms() - began < 30) {
        mp__park_wait(word, 0, mp__clock_ns() + 30 * MP__MS);
    }
    pid = fork();
    if (pid == 0) {
        _exit(wake_later(memory));
    }
    while (atomic_load(word) == 0) {
        mp__park_wait(word, 0, mp__clock_ns() + 5000 * MP__MS);
    }
    assert_true(mp_test_clock_ms() - began < 5000);
    assert_int_equal(mp_test_wait_for_child(pid, 5000), 0);
    assert_int_equal(mp__park_wake(word, 1), 0);
    assert_int_equal(atomic_load(mp__park_low_half(&wide)), 0x55667788);
    mp__map_free(memory, mp__map_round(8));
}

static void spinning_is_bounded(void **state)
{
    mp__spin_budget budget = { .pauses = 0 };
    mp__spin spin;
    int turns = 0;

    (void)state;
    mp__spin_begin(&spin, &budget);
    while (mp__spin_once(&spin)) {
        turns++;
    }
    mp__spin_end(&spin, false);
    assert_true(turns > 0 && turns < 10000000);
    assert_true(mp__cpu_online() >= 1);
    assert_in_range(mp__cpu_usable(), 1, mp__cpu_online());
}

static void a_fork_forgets_what_the_process_was(void **state)
{
    pid_t pid;

    (void)state;
    atomic_store(&mp__self_get()->known, 1);
    pid = fork();
    if (pid == 0) {
        _exit((int)atomic_load(&mp__self_get()->known));
    }
    assert_int_equal(mp_test_wait_for_child(pid, 5000), 0);
    assert_int_equal(atomic_load(&mp__self_get()->known), 1);
    mp__self_lock();
    mp__self_unlock();
}

static void the_kernel_tells_who_holds_a_byte(void **state)
{
    int fd = mp__life_open();
    int ends[2];
    char byte;
    pid_t pid;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(pipe(ends), 0);
    pid = fork();
    if (pid == 0) {
        byte = (char)mp__life_lock(fd, 9);
        (void)!write(ends[1], &byte, 1);
        (void)pause();
        _exit(0);
    }
    assert_int_equal(read(ends[0], &byte, 1), 1);
    assert_int_equal(byte, 0);
    assert_int_equal(mp__life_is_locked(fd, 9), 1);
    assert_int_equal(mp__life_is_locked(fd, 8), 0);
    assert_int_equal(mp__life_lock(fd, 9), -EAGAIN);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(mp_test_wait_for_child(pid, 5000), -SIGKILL);
    assert_int_equal(mp__life_is_locked(fd, 9), 0);
    assert_false(mp__life_confirm(pid, 1));
    (void)close(ends[0]);
    (void)close(ends[1]);
    mp__file_close(&fd);
}

static void who_started_after_the_moment_is_somebody_else(void **state)
{
    uint64_t before = mp__life_moment();
    pid_t pid;

    (void)state;
    if (before == 0) {
        mp_test_skip("there are no start times to be had");
    }
    mp_test_sleep_ms(50); /* their unit is 10 ms */
    pid = fork();
    if (pid == 0) {
        (void)pause();
        _exit(0);
    }
    assert_true(mp__life_confirm(getpid(), before));
    assert_false(mp__life_confirm(pid, before));
    assert_true(mp__life_confirm(pid, mp__life_moment()));
    assert_false(mp__life_confirm(pid, 0));
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(mp_test_wait_for_child(pid, 5000), -SIGKILL);
    assert_false(mp__life_confirm(pid, mp__life_moment()));
}

static void every_error_has_a_text(void **state)
{
    int code;

    (void)state;
    assert_string_equal(mp_version(), MP_VERSION);
    for (code = MP_ESTATE; code <= MP_EUNKNOWN; code++) {
        assert_string_not_equal(mp_strerror(code), "unknown error");
    }
    assert_string_equal(mp_strerror(-99999), "unknown error");
    assert_string_equal(mp_strerror(3), "success");
    assert_string_not_equal(mp_strerror(-EMFILE), "unknown error");
}

static bool yields(mp__spin_budget *budget)
{
    mp__spin spin;

    mp__spin_begin(&spin, budget);
    while (mp__spin_once(&spin)) {
        /* nothing comes */
    }
    mp__spin_end(&spin, false);
    return spin.yields_end != 0;
}

static void where_yields_cost_a_slice_some_waits_do_without(void **state)
{
    mp__spin_budget budget = { .pauses = 300, .crowded = 2 };

    (void)state;
    assert_false(yields(&budget));
    assert_false(yields(&budget));
    assert_int_equal(budget.pauses, 300); /* nothing was learnt */
    assert_true(yields(&budget));
}

static void a_yield_that_took_long_is_remembered(void **state)
{
    mp__spin_budget budget = { .pauses = -1 };
    mp__spin spin;

    (void)state;
    mp__spin_begin(&spin, &budget);
    assert_true(mp__spin_once(&spin));
    mp_test_sleep_ms(5); /* as if another process had the CPU meanwhile */
    mp__spin_end(&spin, true);
    assert_true(budget.crowded > 0);
    assert_false(yields(&budget));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        mp_test(deadlines_are_absolute_and_never_early),
        mp_test(descriptors_stay_off_the_standard_streams),
        mp_test(closed_streams_do_not_get_our_descriptors),
        mp_test(a_link_without_other_end_raises_no_signal),
        mp_test(files_hold_bytes_anywhere_and_respect_limits),
        mp_test(maps_are_shared_with_later_forks),
        mp_test(parking_ends_by_wake_by_change_and_by_deadline),
        mp_test(spinning_is_bounded),
        mp_test(where_yields_cost_a_slice_some_waits_do_without),
        mp_test(a_yield_that_took_long_is_remembered),
        mp_test(a_fork_forgets_what_the_process_was),
        mp_test(the_kernel_tells_who_holds_a_byte),
        mp_test(who_started_after_the_moment_is_somebody_else),
        mp_test(every_error_has_a_text),
    };

    return mp_run_tests(tests);
}
