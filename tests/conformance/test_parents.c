/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_parents.c -- rows CP-01 to CP-06: parents and children
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/process_helpers.h"

#include <mp/mp.h>

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define LONG_MS 20000

static int do_nothing(void *argument)
{
    (void)argument;
    return 0;
}

static int sleep_long(void *argument)
{
    (void)argument;
    mp_test_sleep_ms(60000);
    return 0;
}

struct told {
    _Atomic int grandchild;
    _Atomic int step;
    char name[64];
    char parent_name[64];
    pid_t pid;
    pid_t parent_pid;
    int daemon;
    int alive;
    int has_status;
};

static struct told *told;

static int make_told(void **state)
{
    void *memory;

    (void)state;
    if (mp_shared_create(&memory, sizeof(*told)) < 0) {
        return 1;
    }
    told = memory;
    return 0;
}

static int destroy_told(void **state)
{
    (void)state;
    mp_shared_destroy(told);
    return 0;
}

static int tell_self(void *argument)
{
    mp_process *self = mp_process_current();
    mp_process *parent = mp_process_parent();
    int status = 0;

    (void)argument;
    told->pid = mp_process_pid(self);
    told->daemon = mp_process_is_daemon(self);
    told->alive = mp_process_is_alive(self);
    told->has_status = mp_process_exit_status(self, &status) == MP_OK;
    told->parent_pid = mp_process_pid(parent);
    (void)strncpy(told->name, mp_process_name(self), sizeof(told->name) - 1);
    (void)strncpy(told->parent_name, mp_process_name(parent),
                  sizeof(told->parent_name) - 1);
    return told->pid == getpid() ? 0 : 1;
}

static void CP_01_everybody_knows_who_they_are(void **state)
{
    mp_process_options options = { .name = "Eve", .daemon = MP_DAEMON_ON };
    mp_process *self = mp_process_current();
    int status = 0;

    (void)state;
    assert_non_null(self);
    assert_int_equal(mp_process_pid(self), getpid());
    assert_int_equal(mp_process_is_alive(self), 1);
    assert_int_equal(mp_process_is_daemon(self), 0);
    assert_true(mp_process_exit_status(self, &status) < 0);
    mp_test_finish(mp_test_start(tell_self, NULL, &options), 0);
    assert_string_equal(told->name, "Eve");
    assert_int_equal(told->daemon, 1);
    assert_int_equal(told->alive, 1);
    assert_int_equal(told->has_status, 0);
}

static void CP_02_a_child_knows_its_parent(void **state)
{
    (void)state;
    assert_null(mp_process_parent());
    mp_test_finish(mp_test_start(tell_self, NULL, NULL), 0);
    assert_int_equal(told->parent_pid, getpid());
    assert_string_equal(told->parent_name,
                        mp_process_name(mp_process_current()));
}

/* Step 1: the parent lives; 2: its death was seen. */
static int watch_parent(void *argument)
{
    mp_process *parent = mp_process_parent();

    (void)argument;
    if (mp_process_is_alive(parent) != 1 ||
        mp_process_join(parent, 20) != MP_ETIMEDOUT) {
        return 1;
    }
    atomic_store(&told->step, 1);
    if (mp_process_join(parent, LONG_MS) == MP_OK &&
        mp_process_is_alive(parent) == 0) {
        atomic_store(&told->step, 2);
    }
    return 0;
}

/* Start a watcher and, after it, a sibling that outlives us. */
static int be_parent(void *with_sibling)
{
    mp_process *watcher = NULL;
    mp_process *sibling = NULL;

    if (mp_process_create(&watcher, watch_parent, NULL, NULL) < 0 ||
        mp_process_start(watcher) < 0) {
        return 1;
    }
    if (*(int *)with_sibling != 0 &&
        mp_process_create(&sibling, sleep_long, NULL, NULL) == MP_OK &&
        mp_process_start(sibling) == MP_OK) {
        atomic_store(&told->grandchild, (int)mp_process_pid(sibling));
    }
    return sleep_long(NULL);
}

static bool reach(int step)
{
    int64_t end = mp_test_clock_ms() + LONG_MS;

    while (atomic_load(&told->step) < step && mp_test_clock_ms() < end) {
        mp_test_sleep_ms(1);
    }
    return atomic_load(&told->step) >= step;
}

static void CP_03_a_child_sees_its_parents_death(void **state)
{
    int alone = 0;
    mp_process *parent = mp_test_start(be_parent, &alone, NULL);

    (void)state;
    assert_true(reach(1));
    assert_int_equal(mp_process_kill(parent), MP_OK);
    mp_test_finish(parent, -SIGKILL);
    assert_true(reach(2));
}

static void CP_04_siblings_do_not_hide_a_parents_death(void **state)
{
    int with_sibling = 1;
    mp_process *parent = mp_test_start(be_parent, &with_sibling, NULL);
    pid_t sibling;

    (void)state;
    assert_true(reach(1));
    while ((sibling = atomic_load(&told->grandchild)) == 0) {
        mp_test_sleep_ms(1);
    }
    assert_int_equal(mp_process_kill(parent), MP_OK);
    mp_test_finish(parent, -SIGKILL);
    assert_true(reach(2));
    assert_int_equal(kill(sibling, 0), 0);
    assert_int_equal(kill(sibling, SIGKILL), 0);
    assert_true(mp_test_pid_is_gone(sibling, LONG_MS));
}

static int count_children(void *argument)
{
    (void)argument;
    return mp_process_children(NULL, 0);
}

static void CP_06_children_are_listed_and_reaped(void **state)
{
    mp_process *lives = mp_test_start(sleep_long, NULL, NULL);
    mp_process *ends = mp_test_start(do_nothing, NULL, NULL);
    mp_process *children[3] = { NULL };
    pid_t pid = mp_process_pid(ends);

    (void)state;
    mp_test_finish(mp_test_start(count_children, NULL, NULL), 0);
    while (mp_process_children(children, 3) > 1) {
        mp_test_sleep_ms(1);
    }
    assert_ptr_equal(children[0], lives);
    assert_int_equal(kill(pid, 0), -1); /* not even a zombie, unjoined */
    assert_int_equal(errno, ESRCH);
    mp_test_finish(ends, 0);
    assert_int_equal(mp_process_kill(lives), MP_OK);
    mp_test_finish(lives, -SIGKILL);
}

#define ROW(name) mp_test_setup_teardown(name, make_told, destroy_told)

static const struct CMUnitTest tests[] = {
    ROW(CP_01_everybody_knows_who_they_are),
    ROW(CP_02_a_child_knows_its_parent),
    ROW(CP_03_a_child_sees_its_parents_death),
    ROW(CP_04_siblings_do_not_hide_a_parents_death),
    mp_test(CP_06_children_are_listed_and_reaped),
};

int main(void)
{
    return mp_run_tests(tests);
}
