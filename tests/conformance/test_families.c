/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_families.c -- rows P-17 to P-27: handles, names, daemons, trees
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/process_helpers.h"

#include <mp/mp.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
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

static bool is_readable(int fd, int ms)
{
    struct pollfd set = { .fd = fd, .events = POLLIN };

    return poll(&set, 1, ms) == 1;
}

static void P_17_a_handle_may_go_before_its_child(void **state)
{
    mp_process *process = NULL;
    mp_process *children[2];
    pid_t pid;

    (void)state;
    mp_process_destroy(NULL);
    assert_int_equal(mp_process_create(&process, NULL, NULL, NULL), MP_OK);
    mp_process_destroy(process); /* never started */
    process = mp_test_start(sleep_long, NULL, NULL);
    pid = mp_process_pid(process);
    mp_process_destroy(process);
    assert_int_equal(kill(pid, 0), 0);
    assert_int_equal(mp_process_children(children, 2), 0);
    assert_int_equal(kill(pid, SIGKILL), 0);
    while (kill(pid, 0) == 0) {
        (void)mp_process_children(NULL, 0); /* reaps */
        mp_test_sleep_ms(1);
    }
}

static void P_19_a_descriptor_tells_the_end(void **state)
{
    mp_process *process = NULL;
    int fd;

    (void)state;
    assert_int_equal(mp_process_create(&process, sleep_long, NULL, NULL),
                     MP_OK);
    assert_int_equal(mp_process_descriptor(process), MP_ESTATE);
    assert_int_equal(mp_process_start(process), MP_OK);
    fd = mp_process_descriptor(process);
    assert_true(fd >= 0);
    assert_false(is_readable(fd, 20));
    assert_int_equal(mp_process_kill(process), MP_OK);
    assert_true(is_readable(fd, LONG_MS));
    assert_true(is_readable(fd, 0));
    assert_int_equal(mp_process_join(process, LONG_MS), MP_OK);
    assert_true(is_readable(mp_process_descriptor(process), 0));
    mp_process_destroy(process);
}

struct told {
    _Atomic int grandchild;
    char name[64];
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

static int leave_grandchild(void *argument)
{
    pid_t pid = fork();

    (void)argument;
    if (pid == 0) {
        mp_test_sleep_ms(60000);
        _exit(0);
    }
    atomic_store(&told->grandchild, (int)pid);
    return pid < 0;
}

static void
P_20_an_ended_child_has_ended_though_a_grandchild_lives(void **state)
{
    mp_process *process = mp_test_start(leave_grandchild, NULL, NULL);
    int status = 9;

    (void)state;
    assert_int_equal(mp_process_join(process, LONG_MS), MP_OK);
    assert_int_equal(kill(atomic_load(&told->grandchild), 0), 0);
    assert_int_equal(mp_process_is_alive(process), 0);
    assert_int_equal(mp_process_exit_status(process, &status), MP_OK);
    assert_int_equal(status, 0);
#ifndef MP_PORTABLE
    assert_true(is_readable(mp_process_descriptor(process), 0));
#endif
    assert_int_equal(kill(atomic_load(&told->grandchild), SIGKILL), 0);
    mp_process_destroy(process);
    assert_true(mp_test_pid_is_gone(atomic_load(&told->grandchild), LONG_MS));
}

static int tell_name(void *argument)
{
    (void)argument;
    (void)strncpy(told->name, mp_process_name(mp_process_current()),
                  sizeof(told->name) - 1);
    return 0;
}

static int tell_name_of_child(void *argument)
{
    mp_process *child = NULL;

    (void)argument;
    return mp_process_create(&child, tell_name, NULL, NULL) < 0 ||
           mp_process_start(child) < 0 || mp_process_join(child, LONG_MS) < 0;
}

static void P_21_names_are_distinct_and_nest(void **state)
{
    mp_process_options empty = { .name = "" };
    mp_process_options named = { .name = "Ada" };
    mp_process *one = NULL;
    mp_process *other = NULL;

    (void)state;
    assert_int_equal(mp_process_create(&one, tell_name, NULL, NULL), MP_OK);
    assert_int_equal(mp_process_create(&other, tell_name, NULL, &empty), MP_OK);
    assert_memory_equal(mp_process_name(one), "Process-", 8);
    assert_memory_equal(mp_process_name(other), "Process-", 8);
    assert_string_not_equal(mp_process_name(one), mp_process_name(other));
    assert_int_equal(mp_process_start(one), MP_OK);
    assert_int_equal(mp_process_join(one, LONG_MS), MP_OK);
    assert_string_equal(told->name, mp_process_name(one));
    mp_process_destroy(one);
    mp_process_destroy(other);
    mp_test_finish(mp_test_start(tell_name, NULL, &named), 0);
    assert_string_equal(told->name, "Ada");
    one = mp_test_start(tell_name_of_child, NULL, NULL);
    assert_int_equal(mp_process_join(one, LONG_MS), MP_OK);
    /* Process-7's first child is Process-7:1. */
    assert_memory_equal(told->name, mp_process_name(one),
                        strlen(mp_process_name(one)));
    assert_string_equal(told->name + strlen(mp_process_name(one)), ":1");
    mp_process_destroy(one);
}

/* Bits: 1 a plain child is a daemon, 2 one made so, 4 one made not so. */
static int daemons_of(void *argument)
{
    static const enum mp_daemon kinds[] = { MP_DAEMON_INHERIT, MP_DAEMON_ON,
                                            MP_DAEMON_OFF };
    int bits = 0;
    int i;

    (void)argument;
    for (i = 0; i < 3; i++) {
        mp_process_options options = { .daemon = kinds[i] };
        mp_process *child = NULL;

        if (mp_process_create(&child, NULL, NULL, &options) < 0) {
            return 99;
        }
        bits |= mp_process_is_daemon(child) << i;
        mp_process_destroy(child);
    }
    return bits;
}

static void P_22_daemons_are_inherited_or_chosen(void **state)
{
    mp_process_options on = { .daemon = MP_DAEMON_ON };
    mp_process_options wrong = { .daemon = (enum mp_daemon)17 };
    mp_process *process = NULL;

    (void)state;
    assert_int_equal(daemons_of(NULL), 2);
    mp_test_finish(mp_test_start(daemons_of, NULL, &on), 3);
    mp_test_finish(mp_test_start(daemons_of, NULL, NULL), 2);
    assert_int_equal(mp_process_create(&process, NULL, NULL, &wrong),
                     MP_EINVAL);
}

static int start_in_daemon(void *argument)
{
    mp_process *child = NULL;
    int error = mp_process_create(&child, NULL, NULL, NULL);

    (void)argument;
    if (error == MP_OK) {
        error = mp_process_start(child);
    }
    return error == MP_ESTATE && mp_process_pid(child) == 0 &&
                   mp_process_children(NULL, 0) == 0
               ? 0
               : 1;
}

static void P_23_daemons_start_no_children(void **state)
{
    mp_process_options on = { .daemon = MP_DAEMON_ON };

    (void)state;
    mp_test_finish(mp_test_start(start_in_daemon, NULL, &on), 0);
}

static int use_foreign_handle(void *argument)
{
    int status = 0;

    return mp_process_start(argument) == MP_ESTATE &&
                   mp_process_join(argument, MP_FOREVER) == MP_ESTATE &&
                   mp_process_is_alive(argument) == MP_ESTATE &&
                   mp_process_exit_status(argument, &status) == MP_ESTATE &&
                   mp_process_kill(argument) == MP_ESTATE
               ? 0
               : 1;
}

static void P_24_handles_serve_their_maker_only(void **state)
{
    mp_process *process = mp_test_start(sleep_long, NULL, NULL);

    (void)state;
    assert_int_equal(mp_test_in_child(use_foreign_handle, process), 0);
    assert_int_equal(mp_process_is_alive(process), 1);
    assert_int_equal(mp_process_kill(process), MP_OK);
    mp_test_finish(process, -SIGKILL);
}

struct branch {
    int depth;
    int number;
    mp_connection *out;
};

/* Say who we are, then let two children do so, one after the other. */
static int grow(void *argument)
{
    struct branch *branch = argument;
    int i;

    if (mp_connection_send_bytes(branch->out, &branch->number,
                                 sizeof(branch->number), LONG_MS) < 0) {
        return 1;
    }
    for (i = 1; i <= 2 && branch->depth > 0; i++) {
        struct branch next = { branch->depth - 1, branch->number * 10 + i,
                               branch->out };
        mp_process *child = NULL;

        if (mp_process_create(&child, grow, &next, NULL) < 0 ||
            mp_process_start(child) < 0 ||
            mp_process_join(child, LONG_MS) < 0) {
            return 1;
        }
        mp_process_destroy(child);
    }
    return 0;
}

static void P_25_a_tree_of_children_reports_depth_first(void **state)
{
    static const int order[] = { 1, 11, 111, 112, 12, 121, 122 };
    mp_connection_options one_way = { .one_way = true };
    mp_connection *in = NULL;
    struct branch root = { .depth = 2, .number = 1 };
    size_t size = 0;
    size_t i;
    int number = 0;

    (void)state;
    assert_int_equal(mp_connection_pair(&in, &root.out, &one_way), MP_OK);
    mp_test_finish(mp_test_start(grow, &root, NULL), 0);
    for (i = 0; i < 7; i++) {
        assert_int_equal(
            mp_connection_receive_bytes(in, &number, sizeof(number), &size, 0),
            MP_OK);
        assert_int_equal(number, order[i]);
    }
    assert_int_equal(mp_connection_poll(in, 0), 0);
    mp_connection_destroy(in);
    mp_connection_destroy(root.out);
}

static int change(void *argument)
{
    *(int *)argument = 2;
    return *(int *)argument == 2 ? 0 : 1;
}

static void P_26_ordinary_memory_is_copied(void **state)
{
    int number = 1;

    (void)state;
    mp_test_finish(mp_test_start(change, &number, NULL), 0);
    assert_int_equal(number, 1);
}

static int start_without_processes(void *argument)
{
    struct rlimit none = { 0, 0 };
    struct rlimit before;
    mp_process *process = NULL;
    int descriptors;
    int error;

    (void)argument;
    if (getuid() == 0 && setuid(65534) < 0) {
        return 2; /* root may always fork */
    }
    if (mp_process_create(&process, do_nothing, NULL, NULL) < 0 ||
        getrlimit(RLIMIT_NPROC, &before) < 0) {
        return 3;
    }
    none.rlim_max = before.rlim_max;
    descriptors = mp_test_open_descriptors();
    (void)setrlimit(RLIMIT_NPROC, &none);
    error = mp_process_start(process);
    (void)setrlimit(RLIMIT_NPROC, &before);
    if (error != -EAGAIN || mp_process_pid(process) != 0 ||
        mp_test_open_descriptors() != descriptors) {
        return 4;
    }
    return mp_process_start(process) == MP_OK &&
                   mp_process_join(process, LONG_MS) == MP_OK
               ? 0
               : 5;
}

static void P_27_a_failed_fork_leaves_it_to_be_started(void **state)
{
    (void)state;
    assert_int_equal(mp_test_in_child(start_without_processes, NULL), 0);
}

#define ROW(name) mp_test_setup_teardown(name, make_told, destroy_told)

static const struct CMUnitTest tests[] = {
    mp_test(P_17_a_handle_may_go_before_its_child),
    mp_test(P_19_a_descriptor_tells_the_end),
    ROW(P_20_an_ended_child_has_ended_though_a_grandchild_lives),
    ROW(P_21_names_are_distinct_and_nest),
    mp_test(P_22_daemons_are_inherited_or_chosen),
    mp_test(P_23_daemons_start_no_children),
    mp_test(P_24_handles_serve_their_maker_only),
    mp_test(P_25_a_tree_of_children_reports_depth_first),
    mp_test(P_26_ordinary_memory_is_copied),
    mp_test(P_27_a_failed_fork_leaves_it_to_be_started),
};

int main(void)
{
    return mp_run_tests(tests);
}
