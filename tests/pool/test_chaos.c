/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_chaos.c -- LIBMP_CHAOS: deaths on purpose, and every item accounted for
 *
 * The environment is looked at once in the life of a program, so each test
 * works in a fresh child, and nothing of libmp is used before.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include "support/fixture.h"
#include "support/helpers.h"
#include "support/ignore.h"

#include <mp/mp.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ITEMS = 200 };

/* What children found, in memory shared with the test. */
struct found {
    int statuses[2][ITEMS];
    int error;
    mp_pool_stats stats;
    int sent;
    int got;
};
static struct found *found;

static int make_found(void **state)
{
    void *memory = mmap(NULL, sizeof(*found), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    (void)state;
    found = memory == MAP_FAILED ? NULL : memory;
    return found == NULL ? -1 : 0;
}

static int free_found(void **state)
{
    (void)state;
    return munmap(found, sizeof(*found));
}

/* Instead of the one in warm_up.c, which would use libmp. */
void mp_test_warm_up(void)
{
    (void)sysconf(_SC_PAGESIZE);
}

static int square(const void *argument, void *result)
{
    int64_t x = *(const int64_t *)argument;

    *(int64_t *)result = x * x;
    return 0;
}

static const mp_task square_task = { .run = square,
                                     .argument = &mp_serializer_int64,
                                     .result = &mp_serializer_int64 };
static const mp_task stubborn_task = { .run = square,
                                       .argument = &mp_serializer_int64,
                                       .result = &mp_serializer_int64,
                                       .retries = 30 };

/* Map ITEMS numbers; codes go to `statuses`. 0 when every item has one end of
 * the kinds that a killed worker explains, results are right, and all adds
 * up. */
static int map_and_account(const mp_task *task, int workers, int chunk,
                           int *statuses)
{
    static int64_t numbers[ITEMS];
    static int64_t squares[ITEMS];
    const uint64_t *ends = found->stats.ends;
    mp_pool *pool = NULL;
    uint64_t crashed = 0;
    int wrong = 0;
    int i;

    for (i = 0; i < ITEMS; i++) {
        numbers[i] = i + 1;
        statuses[i] = 1;
    }
    if (mp_pool_create(&pool, &(mp_pool_options){ .workers = workers }) < 0) {
        return 1;
    }
    ignore(mp_pool_map(
        pool, task, numbers, ITEMS, squares,
        &(mp_call_options){ .chunk_size = chunk, .statuses = statuses }));
    for (i = 0; i < ITEMS; i++) {
        crashed += statuses[i] == MP_ECRASHED;
        wrong += statuses[i] != MP_ECRASHED && statuses[i] != MP_OK;
        wrong += squares[i] !=
                 (statuses[i] == MP_OK ? numbers[i] * numbers[i] : INT64_C(0));
    }
    wrong += mp_pool_get_stats(pool, &found->stats) != 0;
    wrong += found->stats.submitted != ITEMS;
    wrong += ends[MP_TASK_CRASHED] != crashed;
    wrong += ends[MP_TASK_DONE] != ITEMS - crashed;
    mp_pool_destroy(pool);
    return wrong == 0 ? 0 : 2;
}

static int under_chaos(const char *chaos, int (*run)(void *), void *argument)
{
    int status;

    assert_int_equal(setenv("LIBMP_CHAOS", chaos, 1), 0);
    status = mp_test_in_child(run, argument);
    assert_int_equal(unsetenv("LIBMP_CHAOS"), 0);
    return status;
}

static int map_plainly(void *statuses)
{
    return map_and_account(&square_task, 3, 7, statuses);
}

static void with_kill_1_every_item_crashes_once(void **state)
{
    int i;

    (void)state;
    assert_int_equal(under_chaos("kill=1", map_plainly, found->statuses[0]), 0);
    for (i = 0; i < ITEMS; i++) {
        assert_int_equal(found->statuses[0][i], MP_ECRASHED);
    }
    /* A death is counted once its item's end is told: those of the last items
     * may not be yet. */
    assert_true(found->stats.workers_lost >= ITEMS - 3);
}

static void with_kill_0_nothing_crashes(void **state)
{
    (void)state;
    assert_int_equal(
        under_chaos("delay_ms=1,kill=0", map_plainly, found->statuses[0]), 0);
    assert_int_equal(found->stats.ends[MP_TASK_DONE], ITEMS);
    assert_int_equal(found->stats.workers_lost, 0);
}

static int map_with_retries(void *statuses)
{
    return map_and_account(&stubborn_task, 3, 7, statuses);
}

static void with_retries_a_map_gets_through(void **state)
{
    (void)state;
    assert_int_equal(under_chaos("kill=0.2,delay_ms=1,seed=3", map_with_retries,
                                 found->statuses[0]),
                     0);
    /* 31 attempts in a row are fatal once in 10^12. */
    assert_int_equal(found->stats.ends[MP_TASK_DONE], ITEMS);
    assert_true(found->stats.workers_lost > ITEMS / 4);
}

/* One worker at a time takes all chunks, so the plan is all that counts. */
static int map_by_one(void *statuses)
{
    return map_and_account(&square_task, 1, 7, statuses);
}

static void the_same_seed_is_the_same_plan(void **state)
{
    (void)state;
    assert_int_equal(
        under_chaos("kill=.1,seed=11", map_by_one, found->statuses[0]), 0);
    assert_true(found->stats.ends[MP_TASK_CRASHED] > 0);
    assert_int_equal(
        under_chaos("seed=11,kill=.1", map_by_one, found->statuses[1]), 0);
    assert_memory_equal(found->statuses[0], found->statuses[1],
                        sizeof(found->statuses[0]));
    assert_int_equal(
        under_chaos("seed=12,kill=.1", map_by_one, found->statuses[1]), 0);
    assert_memory_not_equal(found->statuses[0], found->statuses[1],
                            sizeof(found->statuses[0]));
}

struct line {
    mp_queue *queue;
    mp_lock *lock;
};

static int produce(void *argument)
{
    struct line *line = argument;
    int64_t i;

    for (i = 0; i < 1000; i++) {
        if (mp_lock_acquire(line->lock, MP_FOREVER) < 0 ||
            mp_queue_put(line->queue, &i, MP_FOREVER) < 0 ||
            mp_lock_release(line->lock) < 0) {
            return 1;
        }
        found->sent++;
    }
    return 0;
}

/* Children die in the midst of their calls; the main program, which makes the
 * same calls, does not, and loses nothing that was put. */
static int outlive_children(void *unused)
{
    struct line line;
    mp_process *child = NULL;
    int64_t got = 0;
    int deaths = 0;
    int status = 0;
    int i;

    (void)unused;
    if (mp_queue_create(
            &line.queue,
            &(mp_queue_options){ .serializer = &mp_serializer_int64 }) < 0 ||
        mp_lock_create(&line.lock) < 0) {
        return 1;
    }
    for (i = 0; i < 20; i++) {
        found->sent = 0;
        found->got = 0;
        if (mp_process_create(&child, produce, &line, NULL) < 0 ||
            mp_process_start(child) < 0 || mp_process_join(child, 30000) < 0 ||
            mp_process_exit_status(child, &status) < 0) {
            return 2;
        }
        mp_process_destroy(child);
        deaths += status == -SIGKILL;
        if (status != 0 && status != -SIGKILL) {
            return 3;
        }
        while (mp_queue_get(line.queue, &got, 0) == 0) {
            found->got += got == found->got;
        }
        if (found->got < found->sent || found->got > found->sent + 1) {
            return 4; /* at most the one whose put had not returned */
        }
        if (mp_lock_acquire(line.lock, 30000) < 0 ||
            mp_lock_release(line.lock) < 0) {
            return 5;
        }
    }
    mp_lock_destroy(line.lock);
    mp_queue_destroy(line.queue);
    return deaths > 10 ? 0 : 6;
}

static void children_are_killed_and_the_main_program_is_not(void **state)
{
    (void)state;
    assert_int_equal(under_chaos("kill=0.05,seed=5", outlive_children, NULL),
                     0);
}

static int return_9(void *unused)
{
    (void)unused;
    return 9;
}

/* What somebody forked by himself is not libmp's to kill. */
static int fork_inside(void *lock)
{
    int i;

    for (i = 0; i < 100; i++) {
        if (mp_lock_acquire(lock, MP_FOREVER) < 0 ||
            mp_lock_release(lock) < 0) {
            return 1;
        }
    }
    return 0;
}

static int fork_by_hand(void *unused)
{
    mp_lock *lock = NULL;
    int status;

    (void)unused;
    if (mp_lock_create(&lock) < 0) {
        return 1;
    }
    status = mp_test_in_child(fork_inside, lock);
    mp_lock_destroy(lock);
    return status;
}

static void a_child_forked_by_hand_is_not_killed(void **state)
{
    (void)state;
    assert_int_equal(under_chaos("kill=1", fork_by_hand, NULL), 0);
}

/* 0 when everything is refused, whatever is made and however often. */
static int make_things(void *unused)
{
    mp_pool *pool = NULL;
    mp_process *process = NULL;
    mp_queue *queue = NULL;
    mp_lock *lock = NULL;
    int wrong = 0;

    (void)unused;
    wrong += mp_lock_create(&lock) != MP_EINVAL;
    wrong += mp_queue_create(&queue, NULL) != MP_EINVAL;
    wrong += mp_pool_create(&pool, NULL) != MP_EINVAL;
    wrong += mp_process_create(&process, return_9, NULL, NULL) != 0;
    wrong += mp_process_start(process) != MP_EINVAL;
    mp_process_destroy(process);
    return wrong;
}

/* The same, with stderr to a pipe whose end is in `argument`. */
static int make_things_aside(void *argument)
{
    return dup2(*(int *)argument, STDERR_FILENO) < 0 ? 99 : make_things(NULL);
}

static void malformed_chaos_is_named_once_and_refused(void **state)
{
    static const char *const malformed[][2] = {
        { "kill=0.1,kill=0.2", "kill=0.2" },
        { "kill=1.1", "kill=1.1" },
        { "kill=", "kill=" },
        { "kill=.", "kill=." },
        { "kill=-0.1", "kill=-0.1" },
        { "kill=0,1", "1" },
        { "kill=1e-3", "kill=1e-3" },
        { "kill=0.1;seed=7", "kill=0.1;seed=7" },
        { "delay_ms=60001", "delay_ms=60001" },
        { "delay_ms=5ms", "delay_ms=5ms" },
        { "seed=0x7,kill=1", "seed=0x7" },
        { "seed=10000000000", "seed=10000000000" },
        { "kill=0.1,", "" },
        { "delay=5", "delay=5" },
        { "yes", "yes" },
    };
    char text[1024];
    char expected[128];
    int ends[2];
    ssize_t size;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
        assert_int_equal(pipe(ends), 0);
        assert_int_equal(
            under_chaos(malformed[i][0], make_things_aside, &ends[1]), 0);
        assert_int_equal(close(ends[1]), 0);
        size = read(ends[0], text, sizeof(text) - 1);
        assert_int_equal(close(ends[0]), 0);
        assert_true(size > 0);
        text[size] = '\0';
        (void)snprintf(expected, sizeof(expected),
                       "libmp: LIBMP_CHAOS=%s: cannot read \"%s\"",
                       malformed[i][0], malformed[i][1]);
        assert_ptr_equal(strstr(text, expected), text);
        assert_ptr_equal(strchr(text, '\n'), text + size - 1);
    }
}

static int makes_a_lock(void *unused)
{
    mp_lock *lock = NULL;
    int error = mp_lock_create(&lock);

    (void)unused;
    mp_lock_destroy(lock);
    return error == 0 ? 0 : 1;
}

static void an_empty_text_is_no_chaos(void **state)
{
    (void)state;
    assert_int_equal(under_chaos("", makes_a_lock, NULL), 0);
}

static const struct CMUnitTest tests[] = {
    mp_test_setup_teardown(with_kill_1_every_item_crashes_once, make_found,
                           free_found),
    mp_test_setup_teardown(with_kill_0_nothing_crashes, make_found, free_found),
    mp_test_setup_teardown(with_retries_a_map_gets_through, make_found,
                           free_found),
    mp_test_setup_teardown(the_same_seed_is_the_same_plan, make_found,
                           free_found),
    mp_test_setup_teardown(children_are_killed_and_the_main_program_is_not,
                           make_found, free_found),
    mp_test(a_child_forked_by_hand_is_not_killed),
    mp_test(malformed_chaos_is_named_once_and_refused),
    mp_test(an_empty_text_is_no_chaos),
};

int main(void)
{
    return mp_run_tests(tests);
}
