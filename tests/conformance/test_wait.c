/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_wait.c -- rows C-18 and C-20 to C-23: waiting for several things
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/process_helpers.h"

#include <mp/mp.h>

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LONG_MS  20000
#define WRITERS  4
#define MESSAGES 10

/* ---- C-18 ---- */

#define SENDERS 5
#define EACH    1000

struct post {
    mp_connection *in;
    mp_connection *out;
    mp_lock *lock;
};

/* Messages of all lengths, each full of its sender's letter. */
static int send_thousand(void *argument)
{
    struct post *post = argument;
    char letter = (char)('a' + getpid() % 26);
    char text[300];
    int i;

    memset(text, letter, sizeof(text));
    for (i = 0; i < EACH; i++) {
        if (mp_lock_acquire(post->lock, MP_FOREVER) < 0 ||
            mp_connection_send_bytes(post->out, text, (size_t)(i % 300) + 1,
                                     LONG_MS) < 0 ||
            mp_lock_release(post->lock) < 0) {
            return 1;
        }
    }
    return 0;
}

static void C_18_five_senders_under_a_lock_deliver_all_whole(void **state)
{
    mp_connection_options options = { .one_way = true };
    mp_process *children[SENDERS];
    struct post post;
    char text[301];
    size_t size = 0;
    size_t total = 0;
    int i;

    (void)state;
    assert_int_equal(mp_connection_pair(&post.in, &post.out, &options), MP_OK);
    assert_int_equal(mp_lock_create(&post.lock), MP_OK);
    for (i = 0; i < SENDERS; i++) {
        children[i] = mp_test_start(send_thousand, &post, NULL);
    }
    for (i = 0; i < SENDERS * EACH; i++) {
        assert_int_equal(mp_connection_receive_bytes(
                             post.in, text, sizeof(text), &size, LONG_MS),
                         MP_OK);
        text[size] = '\0';
        assert_int_equal(strspn(text, (char[]){ text[0], '\0' }), size);
        total += size;
    }
    for (i = 0; i < SENDERS; i++) {
        mp_test_finish(children[i], 0);
    }
    assert_int_equal(mp_connection_poll(post.in, 0), 0);
    /* 1 to 300, three times, and 1 to 100. */
    assert_int_equal(total, SENDERS * (3 * 45150 + 5050));
    mp_connection_destroy(post.in);
    mp_connection_destroy(post.out);
    mp_lock_destroy(post.lock);
}

/* ---- a set of everything ---- */

static mp_event *go; /* for the task */

struct set {
    mp_connection *here;
    mp_connection *there;
    mp_queue *queue;
    mp_pool *pool;
    mp_process *process;
    int ends[2];
    mp_wait_item items[5];
};

static int wait_for_kill(void *argument)
{
    (void)argument;
    mp_test_sleep_ms(60000);
    return 0;
}

static int make_set(void **state)
{
    mp_pool_options options = { .workers = 1 };
    struct set *set = calloc(1, sizeof(*set));

    if (set == NULL || mp_event_create(&go) < 0 ||
        mp_connection_pair(&set->here, &set->there, NULL) < 0 ||
        mp_queue_create(&set->queue, NULL) < 0 ||
        mp_pool_create(&set->pool, &options) < 0 || pipe(set->ends) < 0) {
        return 1;
    }
    set->process = mp_test_start(wait_for_kill, NULL, NULL);
    set->items[0].connection = set->here;
    set->items[1].queue = set->queue;
    set->items[2].pool = set->pool;
    set->items[3].process = set->process;
    set->items[4].descriptor = set->ends[0];
    *state = set;
    return 0;
}

static int destroy_set(void **state)
{
    struct set *set = *state;

    (void)mp_process_kill(set->process);
    (void)mp_process_join(set->process, MP_FOREVER);
    mp_process_destroy(set->process);
    mp_connection_destroy(set->here);
    mp_connection_destroy(set->there);
    mp_queue_destroy(set->queue);
    mp_pool_destroy(set->pool);
    mp_event_destroy(go);
    (void)close(set->ends[0]);
    (void)close(set->ends[1]);
    free(set);
    return 0;
}

/* Not over before it was submitted: the submitting call takes in what is. */
static int wait_to_go(const void *argument, void *result)
{
    (void)argument;
    (void)result;
    return mp_event_wait(go, LONG_MS) == MP_OK ? 0 : 1;
}

static void make_ready(struct set *set, int which)
{
    static const mp_task task = { .run = wait_to_go };

    switch (which) {
    case 0:
        assert_int_equal(mp_connection_send_bytes(set->there, "x", 1, 0),
                         MP_OK);
        break;
    case 1:
        assert_int_equal(mp_queue_put_bytes(set->queue, "x", 1, 0), MP_OK);
        break;
    case 2:
        assert_int_equal(
            mp_pool_apply_async(set->pool, NULL, &task, NULL, NULL), MP_OK);
        assert_int_equal(mp_event_set(go), MP_OK);
        break;
    case 3:
        assert_int_equal(mp_process_kill(set->process), MP_OK);
        break;
    default:
        assert_int_equal(write(set->ends[1], "x", 1), 1);
        break;
    }
}

static void C_20_every_ready_member_is_told_and_no_other(void **state)
{
    struct set *set = *state;
    int which;
    int i;

    assert_int_equal(mp_wait(set->items, 5, 0), 0);
    for (which = 0; which < 5; which++) {
        make_ready(set, which);
        /* The new one alone, from the moment it is ready. */
        assert_int_equal(mp_wait(&set->items[which], 1, LONG_MS), 1);
        assert_true(set->items[which].ready);
        /* And with those before, which still are. */
        assert_int_equal(mp_wait(set->items, 5, LONG_MS), which + 1);
        for (i = 0; i < 5; i++) {
            assert_int_equal(set->items[i].ready, i <= which);
        }
    }
    assert_int_equal(mp_pool_step(set->pool), 1);
    assert_int_equal(mp_wait(set->items, 5, 0), 4);
    assert_false(set->items[2].ready);
    assert_int_equal(mp_pool_step(set->pool), 0);
}

static void C_21_a_wait_keeps_its_time(void **state)
{
    static const int at_once[] = { 0, -1, INT_MIN };
    struct set *set = *state;
    int64_t before = mp_test_clock_ms();
    size_t i;

    assert_int_equal(mp_wait(set->items, 5, 60), 0);
    assert_true(mp_test_clock_ms() - before >= 60);
    make_ready(set, 4);
    for (i = 0; i < 3; i++) {
        assert_int_equal(mp_wait(set->items, 4, at_once[i]), 0);
        assert_int_equal(mp_wait(set->items, 5, at_once[i]), 1);
        assert_true(set->items[4].ready);
    }
}

/* Ten messages, at leisure if asked. */
static int write_ten(void *argument)
{
    mp_connection **pair = argument;
    int i;

    (void)mp_connection_close(pair[0]);
    for (i = 0; i < MESSAGES; i++) {
        if (getpid() % 2 == 0) {
            mp_test_sleep_ms(i % 3);
        }
        if (mp_connection_send_bytes(pair[1], &i, sizeof(i), LONG_MS) < 0) {
            return 1;
        }
    }
    return 0;
}

static void C_22_a_wait_loop_collects_four_writers(void **state)
{
    mp_connection *pairs[WRITERS][2];
    mp_process *children[WRITERS];
    mp_wait_item items[WRITERS];
    int got[WRITERS] = { 0 };
    size_t left = WRITERS;
    size_t size = 0;
    size_t i;
    int number;

    (void)state;
    memset(items, 0, sizeof(items));
    for (i = 0; i < WRITERS; i++) {
        assert_int_equal(mp_connection_pair(&pairs[i][0], &pairs[i][1], NULL),
                         MP_OK);
        children[i] = mp_test_start(write_ten, pairs[i], NULL);
        assert_int_equal(mp_connection_close(pairs[i][1]), MP_OK);
        items[i].connection = pairs[i][0];
    }
    while (left > 0) {
        assert_true(mp_wait(items, left, LONG_MS) > 0);
        for (i = left; i-- > 0;) {
            int error;
            size_t w = 0;

            while (items[i].connection != pairs[w][0]) {
                w++;
            }
            if (!items[i].ready) {
                continue;
            }
            error = mp_connection_receive_bytes(items[i].connection, &number,
                                                sizeof(number), &size, 0);
            if (error == MP_ECLOSED) {
                items[i] = items[--left];
                continue;
            }
            assert_int_equal(error, MP_OK);
            assert_int_equal(number, got[w]++);
        }
    }
    for (i = 0; i < WRITERS; i++) {
        assert_int_equal(got[i], MESSAGES);
        mp_test_finish(children[i], 0);
        mp_connection_destroy(pairs[i][0]);
        mp_connection_destroy(pairs[i][1]);
    }
}

static void C_23_odd_sets_are_harmless(void **state)
{
    struct set *set = *state;
    mp_wait_item twice[2] = { { .queue = set->queue },
                              { .queue = set->queue } };
    mp_wait_item both = { .queue = set->queue, .pool = set->pool };
    mp_wait_item queue_and_descriptor = { .queue = set->queue,
                                          .descriptor = 1 };
    mp_wait_item forgotten = { .queue = NULL };
    mp_wait_item closed = { .descriptor = 1000000 };
    mp_wait_item negative = { .descriptor = -1 };
    int64_t before = mp_test_clock_ms();

    assert_int_equal(mp_wait(NULL, 0, 40), 0);
    assert_true(mp_test_clock_ms() - before >= 40);
    assert_int_equal(mp_wait(NULL, 0, MP_FOREVER), MP_EINVAL);
    assert_int_equal(mp_wait(NULL, 1, 0), MP_EINVAL);
    assert_int_equal(mp_wait(&both, 1, 0), MP_EINVAL);
    assert_int_equal(mp_wait(&queue_and_descriptor, 1, 0), MP_EINVAL);
    assert_int_equal(mp_wait(&forgotten, 1, 0), MP_EINVAL);
    assert_int_equal(mp_wait(&closed, 1, 0), MP_EINVAL);
    assert_int_equal(mp_wait(&negative, 1, 0), MP_EINVAL);
    assert_int_equal(mp_wait(twice, 2, 0), 0);
    make_ready(set, 1);
    assert_int_equal(mp_wait(twice, 2, MP_FOREVER), 2);
}

/* Run in a child: descriptor 0 is the end of a pipe there. */
static int wait_for_stdin(void *unused)
{
    mp_wait_item item = { .descriptor = MP_STDIN };
    int ends[2];

    (void)unused;
    if (pipe(ends) < 0 || dup2(ends[0], STDIN_FILENO) < 0 ||
        mp_wait(&item, 1, 0) != 0 || write(ends[1], "x", 1) != 1 ||
        mp_wait(&item, 1, LONG_MS) != 1 || !item.ready) {
        return 1;
    }
    (void)close(STDIN_FILENO);
    return mp_wait(&item, 1, 0) != MP_EINVAL;
}

static void C_20_stdin_has_a_name_of_its_own(void **state)
{
    (void)state;
    mp_test_finish(mp_test_start(wait_for_stdin, NULL, NULL), 0);
}

static void C_20_death_of_a_supervisor_is_told(void **state)
{
    struct set *set = *state;
    mp_pool_stats stats;
    pid_t supervisor = 0;
    FILE *list;
    char line[64];

    /* Its only child beside `process`, found as ps would. */
    (void)snprintf(line, sizeof(line), "/proc/self/task/%d/children",
                   (int)getpid());
    list = fopen(line, "r");
    if (list == NULL) {
        mp_test_skip("/proc does not list children here");
    }
    while (fscanf(list, "%d", &supervisor) == 1 &&
           supervisor == mp_process_pid(set->process)) {
        /* look on */
    }
    (void)fclose(list);
    assert_int_equal(mp_wait(&set->items[2], 1, 0), 0);
    assert_int_equal(kill(supervisor, SIGKILL), 0);
    assert_int_equal(mp_wait(&set->items[2], 1, LONG_MS), 1);
    assert_true(mp_pool_step(set->pool) >= 0);
    assert_int_equal(mp_pool_get_stats(set->pool, &stats), MP_OK);
    assert_int_equal(stats.workers, 0);
}

#define ROW(name) mp_test_setup_teardown(name, make_set, destroy_set)

static const struct CMUnitTest tests[] = {
    mp_test(C_18_five_senders_under_a_lock_deliver_all_whole),
    ROW(C_20_every_ready_member_is_told_and_no_other),
    ROW(C_20_death_of_a_supervisor_is_told),
    mp_test(C_20_stdin_has_a_name_of_its_own),
    ROW(C_21_a_wait_keeps_its_time),
    mp_test(C_22_a_wait_loop_collects_four_writers),
    ROW(C_23_odd_sets_are_harmless),
};

int main(void)
{
    return mp_run_tests(tests);
}
