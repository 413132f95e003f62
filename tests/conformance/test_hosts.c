/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_hosts.c -- rows MX-16 and MX-18 to MX-20: children and descriptors of
 * the host and of libmp, side by side
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/process_helpers.h"

#include <mp/mp.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define LONG_MS 20000

static void MX_16_a_hosts_child_is_left_to_it(void **state)
{
    struct sigaction before;
    struct sigaction after;
    mp_process *child;
    int status = 0;
    pid_t pid;

    (void)state;
    assert_int_equal(sigaction(SIGCHLD, NULL, &before), 0);
    pid = fork();
    if (pid == 0) {
        _exit(6);
    }
    child = mp_test_start(mp_test_do_nothing, NULL, NULL);
    assert_int_equal(mp_process_join(child, LONG_MS), MP_OK);
    (void)mp_process_children(NULL, 0);
    mp_test_finish(child, 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 6);
    assert_int_equal(sigaction(SIGCHLD, NULL, &after), 0);
    assert_true(before.sa_handler == after.sa_handler);
}

static void MX_18_fifty_children_leave_no_descriptor(void **state)
{
    int before = mp_test_open_descriptors();
    int i;

    (void)state;
    for (i = 0; i < 50; i++) {
        mp_test_finish(mp_test_start(mp_test_do_nothing, NULL, NULL), 0);
        assert_int_equal(mp_test_open_descriptors(), before);
    }
}

static int write_there(void *fd)
{
    return write(*(int *)fd, "x", 1) != 1;
}

static void MX_19_a_hosts_descriptor_is_open_in_the_child(void **state)
{
    int ends[2];
    char byte = 0;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    mp_test_finish(mp_test_start(write_there, &ends[1], NULL), 0);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    assert_int_equal(byte, 'x');
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static int count_and_wait(void *argument)
{
    int count = mp_test_open_descriptors();

    return mp_event_wait(argument, LONG_MS) == MP_OK ? count : 0;
}

static void MX_20_younger_siblings_inherit_no_more_descriptors(void **state)
{
    mp_process *children[5];
    mp_event *go = NULL;
    int counts[5] = { 0 };
    int i;

    (void)state;
    assert_int_equal(mp_event_create(&go), MP_OK);
    for (i = 0; i < 5; i++) {
        children[i] = mp_test_start(count_and_wait, go, NULL);
    }
    assert_int_equal(mp_event_set(go), MP_OK);
    for (i = 0; i < 5; i++) {
        assert_int_equal(mp_process_join(children[i], LONG_MS), MP_OK);
        assert_int_equal(mp_process_exit_status(children[i], &counts[i]),
                         MP_OK);
        assert_int_equal(counts[i], counts[0]);
        mp_process_destroy(children[i]);
    }
    mp_event_destroy(go);
}

static const struct CMUnitTest tests[] = {
    mp_test(MX_16_a_hosts_child_is_left_to_it),
    mp_test(MX_18_fifty_children_leave_no_descriptor),
    mp_test(MX_19_a_hosts_descriptor_is_open_in_the_child),
    mp_test(MX_20_younger_siblings_inherit_no_more_descriptors),
};

int main(void)
{
    return mp_run_tests(tests);
}
