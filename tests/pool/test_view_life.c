/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_view_life.c -- how long a result stays where its worker put it
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/pool_helpers.h"

#include <mp/mp.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LONG_SIZE = 300000, MIB = 1024 * 1024 };

enum { MANY = 200 };

/* Many are held while others come and go, destroyed in an order of their own:
 * none is written over. */
static void held_results_stay_while_workers_go_on(void **state)
{
    static mp_result *held[MANY];
    struct mp_test_order orders[MANY];
    mp_pool *pool = mp_test_pool_of(state);
    mp_bytes copy = { NULL, 0 };
    const void *bytes = NULL;
    size_t size = 0;
    size_t i;

    for (i = 0; i < MANY; i++) {
        orders[i] = (struct mp_test_order){ 60000 + (int64_t)(i * 7919 % 90000),
                                            (int64_t)i };
        assert_int_equal(mp_pool_apply_async(pool, &held[i],
                                             &mp_test_order_task, &orders[i],
                                             NULL),
                         0);
        if (i % 3 == 2) { /* one that is read and gone */
            assert_int_equal(mp_pool_apply(pool, &mp_test_order_task,
                                           &orders[i], &copy, NULL),
                             0);
            mp_test_assert_shows(copy.data, copy.size, &orders[i]);
            mp_serializer_release(&mp_serializer_bytes, &copy, 1);
        }
        if (i % 5 == 4) {
            assert_int_equal(
                mp_result_view(held[i - 3], &bytes, &size, MP_FOREVER), 0);
            mp_test_assert_shows(bytes, size, &orders[i - 3]);
            mp_result_destroy(held[i - 3]);
            held[i - 3] = NULL;
        }
    }
    for (i = 0; i < MANY; i++) {
        if (held[i] != NULL) {
            assert_int_equal(mp_result_view(held[i], &bytes, &size, MP_FOREVER),
                             0);
            mp_test_assert_shows(bytes, size, &orders[i]);
            mp_result_destroy(held[i]);
        }
    }
    mp_pool_destroy(pool);
}

/* More than there are pins for one worker: the rest is copied. */
static void more_can_be_held_than_is_kept_in_place(void **state)
{
    enum { TOO_MANY = 1100 };
    static mp_result *held[TOO_MANY];
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 1 });
    const void *bytes = NULL;
    size_t size = 0;
    int64_t i;

    (void)state;
    for (i = 0; i < TOO_MANY; i++) {
        const struct mp_test_order order = { 65600, i };

        assert_int_equal(mp_pool_apply_async(pool, &held[i],
                                             &mp_test_order_task, &order, NULL),
                         0);
    }
    for (i = TOO_MANY - 1; i >= 0; i--) {
        const struct mp_test_order order = { 65600, i };

        assert_int_equal(mp_result_view(held[i], &bytes, &size, MP_FOREVER), 0);
        mp_test_assert_shows(bytes, size, &order);
        mp_result_destroy(held[i]);
    }
    mp_pool_destroy(pool);
}

static void a_view_outlives_its_pool(void **state)
{
    enum { COUNT = 6 };
    mp_pool *pool = mp_test_pool_of(state);
    mp_result *results[COUNT];
    struct mp_test_order orders[COUNT];
    const void *views[COUNT];
    size_t sizes[COUNT];
    mp_bytes copy = { NULL, 0 };
    size_t i;

    for (i = 0; i < COUNT; i++) {
        orders[i] =
            (struct mp_test_order){ (int64_t)(i + 1) * 50001, (int64_t)i };
        assert_int_equal(mp_pool_apply_async(pool, &results[i],
                                             &mp_test_order_task, &orders[i],
                                             NULL),
                         0);
    }
    for (i = 0; i < COUNT; i++) {
        assert_int_equal(
            mp_result_view(results[i], &views[i], &sizes[i], MP_FOREVER), 0);
    }
    mp_result_destroy(results[2]);
    mp_pool_destroy(pool);
    for (i = 0; i < COUNT; i++) {
        if (i == 2) {
            continue;
        }
        mp_test_assert_shows(views[i], sizes[i], &orders[i]);
        assert_int_equal(mp_result_get(results[i], &copy, 0), 0);
        mp_test_assert_shows(copy.data, copy.size, &orders[i]);
        mp_serializer_release(&mp_serializer_bytes, &copy, 1);
        mp_result_destroy(results[i]);
    }
}

/* What one order gives, and where it lies. */
static mp_result *submit_and_view(mp_pool *pool,
                                  const struct mp_test_order *order,
                                  const void **bytes, size_t *size)
{
    mp_result *result = NULL;

    assert_int_equal(
        mp_pool_apply_async(pool, &result, &mp_test_order_task, order, NULL),
        0);
    assert_int_equal(mp_result_view(result, bytes, size, MP_FOREVER), 0);
    return result;
}

/* Bytes of memory behind files of libmp; -1: there are none to be found. */
static long long file_bytes(void)
{
    char path[64];
    char name[64];
    struct stat about;
    long long sum = -1;
    ssize_t length;
    int fd;

    for (fd = 3; fd < 200; fd++) {
        (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        length = readlink(path, name, sizeof(name) - 1);
        name[length < 0 ? 0 : length] = '\0';
        if (strstr(name, "memfd:libmp") != NULL && fstat(fd, &about) == 0) {
            sum = (sum < 0 ? 0 : sum) + (long long)about.st_blocks * 512;
        }
    }
    return sum;
}

/* What is warm stays for a moment, and what is held for ever. */
static void memory_is_given_back_when_workers_idle(void **state)
{
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 1 });
    const struct mp_test_order orders[2] = { { 40 * MIB, 1 }, { MIB, 2 } };
    mp_result *results[2] = { NULL };
    const void *views[2];
    size_t sizes[2];
    int i;

    (void)state;
    for (i = 0; i < 2; i++) {
        results[i] = submit_and_view(pool, &orders[i], &views[i], &sizes[i]);
    }
    if (file_bytes() < 0) {
        print_message("skipped: the pool's file is not to be found here\n");
    } else if (sizeof(void *) < sizeof(uint64_t)) {
        print_message("skipped: nothing is held in the file on 32 bits\n");
    } else {
        assert_true(file_bytes() >= 41 * MIB);
        mp_test_sleep_ms(1500); /* nothing of what is held */
        assert_true(file_bytes() >= 41 * MIB);
        mp_result_destroy(results[0]);
        results[0] = NULL;
        for (i = 0; i < 3000 && file_bytes() > 18 * MIB; i++) {
            mp_test_sleep_ms(10);
        }
        assert_true(file_bytes() <= 18 * MIB);
    }
    mp_test_assert_shows(views[1], sizes[1], &orders[1]);
    mp_result_destroy(results[0]);
    mp_result_destroy(results[1]);
    mp_pool_destroy(pool);
}

static int die(const void *argument, void *result)
{
    (void)argument;
    (void)result;
    return raise(SIGKILL);
}

static void a_view_outlives_its_worker(void **state)
{
    const mp_task die_task = { .run = die };
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 1 });
    const struct mp_test_order first = { LONG_SIZE, 1 };
    mp_result *results[9] = { NULL };
    const void *bytes = NULL;
    const void *other = NULL;
    size_t size = 0;
    int64_t i;

    (void)state;
    results[0] = submit_and_view(pool, &first, &bytes, &size);
    for (i = 1; i < 9; i++) { /* each of them of a new worker */
        const struct mp_test_order order = { LONG_SIZE, 100 + i };

        assert_int_equal(mp_pool_apply(pool, &die_task, NULL, NULL, NULL),
                         MP_ECRASHED);
        results[i] = submit_and_view(pool, &order, &other, &size);
        mp_test_assert_shows(other, size, &order);
        mp_test_assert_shows(bytes, LONG_SIZE, &first);
        if (i % 2 == 0) {
            mp_result_destroy(results[i]);
            results[i] = NULL;
        }
    }
    for (i = 0; i < 9; i++) {
        mp_result_destroy(results[i]);
    }
    mp_pool_destroy(pool);
}

/* A child that was forked gives back copies of pool and result, of which it
 * knows less than the parent does by then: that has lost nothing. */
static void a_forked_child_takes_nothing_away(void **state)
{
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 1 });
    const struct mp_test_order orders[2] = { { LONG_SIZE, 1 },
                                             { LONG_SIZE, 2 } };
    mp_result *results[2] = { NULL };
    const void *views[2];
    size_t sizes[2];
    pid_t child = -1;
    int status = -1;
    int i;

    (void)state;
    for (i = 0; i < 2; i++) {
        results[i] = submit_and_view(pool, &orders[i], &views[i], &sizes[i]);
        if (i == 0) {
            child = fork();
        }
        if (child == 0) {
            mp_test_wait_open();
            mp_result_destroy(results[0]);
            mp_pool_destroy(pool);
            _exit(0);
        }
    }
    atomic_store(&mp_test_shared->open, 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    mp_test_assert_shows(views[0], sizes[0], &orders[0]);
    mp_test_assert_shows(views[1], sizes[1], &orders[1]);
    mp_pool_destroy(pool);
    mp_test_assert_shows(views[0], sizes[0], &orders[0]);
    mp_test_assert_shows(views[1], sizes[1], &orders[1]);
    mp_result_destroy(results[0]);
    mp_result_destroy(results[1]);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        MP_TEST_EVERYWHERE(held_results_stay_while_workers_go_on),
        mp_test(more_can_be_held_than_is_kept_in_place),
        MP_TEST_EVERYWHERE(a_view_outlives_its_pool),
        mp_test(memory_is_given_back_when_workers_idle),
        mp_test(a_view_outlives_its_worker),
        mp_test_setup_teardown(a_forked_child_takes_nothing_away,
                               mp_test_board_setup, mp_test_board_teardown),
    };

    return mp_run_tests(tests);
}
