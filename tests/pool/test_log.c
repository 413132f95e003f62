/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_log.c -- LIBMP_LOG=stderr: births, deaths and kills, a line each
 *
 * The environment is looked at once in the life of a program, so each test
 * works in a fresh child, whose stderr is a pipe that the test reads.
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/ignore.h"

#include <mp/mp.h>

#include <fcntl.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char text[64 * 1024]; /* what a child has said */

/* Instead of the one in warm_up.c, which would use libmp. */
void mp_test_warm_up(void)
{
    (void)sysconf(_SC_PAGESIZE);
}

static int die(const void *argument, void *result)
{
    (void)argument;
    (void)result;
    (void)raise(SIGKILL);
    return 0;
}

static mp_event *running; /* set by a task that sleeps */

static int sleep_long(const void *argument, void *result)
{
    (void)argument;
    (void)result;
    if (running != NULL) {
        (void)mp_event_set(running);
    }
    mp_test_sleep_ms(60000);
    return 0;
}

static int kill_supervisor(const void *argument, void *result)
{
    (void)argument;
    (void)result;
    (void)kill(getppid(), SIGKILL);
    mp_test_sleep_ms(60000);
    return 0;
}

static int refuse(void *argument, void **state)
{
    (void)argument;
    (void)state;
    return mp_task_fail(5, "no licence for this machine");
}

static const mp_task die_task = { .run = die };
static const mp_task again_task = { .run = die, .retries = 4 };
static const mp_task slow_task = { .run = sleep_long, .limit_ms = 50 };
static const mp_task long_task = { .run = sleep_long };
static const mp_task kill_task = { .run = kill_supervisor };

struct scene {
    const char *log; /* of LIBMP_LOG; NULL: it is unset */
    int (*play)(void);
    int say_to; /* what becomes stderr; -1: closed */
};

static int play(void *argument)
{
    const struct scene *scene = argument;

    if (scene->log != NULL && setenv("LIBMP_LOG", scene->log, 1) < 0) {
        return 99;
    }
    if (scene->say_to < 0) {
        (void)close(STDERR_FILENO);
    } else if (dup2(scene->say_to, STDERR_FILENO) < 0) {
        return 99;
    } else {
        (void)close(scene->say_to);
    }
    return scene->play();
}

/* Play it and read to `text` what was said. */
static void listen_to(const char *log, int (*scene)(void))
{
    int ends[2];
    size_t size = 0;
    ssize_t got;

    assert_int_equal(pipe(ends), 0);
    assert_int_equal(
        mp_test_in_child(play, &(struct scene){ log, scene, ends[1] }), 0);
    assert_int_equal(close(ends[1]), 0);
    while ((got = read(ends[0], text + size, sizeof(text) - 1 - size)) > 0) {
        size += (size_t)got;
    }
    assert_int_equal(close(ends[0]), 0);
    text[size] = '\0';
}

/* How many lines match; all are whole lines of libmp's. */
static int count_lines(const char *pattern)
{
    char line[512];
    const char *from;
    const char *end;
    int count = 0;

    for (from = text; *from != '\0'; from = end + 1) {
        end = strchr(from, '\n');
        assert_non_null(end);
        assert_true((size_t)(end - from) < sizeof(line));
        memcpy(line, from, (size_t)(end - from));
        line[end - from] = '\0';
        assert_int_equal(strncmp(line, "libmp: ", 7), 0);
        count += fnmatch(pattern, line, 0) == 0;
    }
    return count;
}

static mp_pool *make_pool(int workers)
{
    mp_pool *pool = NULL;

    ignore(mp_pool_create(&pool, &(mp_pool_options){ .workers = workers }));
    return pool;
}

static int play_deaths(void)
{
    int wrong = mp_event_create(&running) != 0;
    mp_pool *pool = make_pool(2);
    mp_result *result = NULL;

    wrong += mp_pool_apply(pool, &die_task, NULL, NULL, NULL) != MP_ECRASHED;
    wrong += mp_pool_apply(pool, &slow_task, NULL, NULL, NULL) != MP_ELIMIT;
    wrong += mp_event_clear(running) != 0;
    wrong += mp_pool_apply_async(pool, &result, &long_task, NULL, NULL) != 0;
    wrong += mp_event_wait(running, 30000) != 0; /* else it is never killed */
    wrong += mp_result_cancel(result) != 0;
    mp_result_destroy(result);
    mp_pool_destroy(pool);
    mp_event_destroy(running);
    return wrong;
}

static void workers_deaths_and_kills_are_told(void **state)
{
    (void)state;
    listen_to("stderr", play_deaths);
    assert_int_equal(
        count_lines("libmp: pool [1-9]*: supervisor born, for 2 workers"), 1);
    assert_int_equal(
        count_lines("libmp: pool [1-9]*: worker [01] born, process [1-9]*"), 5);
    assert_int_equal(count_lines("libmp: pool [1-9]*: worker [01] ended with "
                                 "signal 9, process [1-9]*"),
                     3);
    assert_int_equal(count_lines("libmp: pool [1-9]*: worker [01] killed, "
                                 "process *: its item ran past its limit"),
                     1);
    assert_int_equal(count_lines("libmp: pool [1-9]*: worker [01] killed, "
                                 "process *: its item was cancelled"),
                     1);
    assert_int_equal(
        count_lines("libmp: pool [1-9]*: terminated; workers are killed"), 1);
    assert_int_equal(count_lines("libmp: pool [1-9]*: supervisor ended"), 1);
    assert_int_equal(count_lines("*"), 13);
}

static int play_back_off(void)
{
    mp_pool *pool = make_pool(1);
    int error = mp_pool_apply(pool, &again_task, NULL, NULL, NULL);

    mp_pool_destroy(pool);
    return error == MP_ECRASHED ? 0 : 1;
}

static void the_brake_is_told(void **state)
{
    (void)state;
    listen_to("stderr", play_back_off);
    assert_int_equal(
        count_lines("libmp: pool [1-9]*: worker 0 comes back in 10 ms"), 1);
}

static int play_broken(void)
{
    mp_pool *pool = NULL;
    int wrong =
        mp_pool_create(&pool,
                       &(mp_pool_options){ .workers = 1, .init = refuse }) != 0;

    wrong += mp_pool_apply(pool, &die_task, NULL, NULL, NULL) != MP_EBROKEN;
    mp_pool_destroy(pool);
    pool = make_pool(1);
    wrong += mp_pool_apply(pool, &kill_task, NULL, NULL, NULL) != MP_EBROKEN;
    mp_pool_destroy(pool);
    return wrong;
}

static void a_broken_pool_is_told_with_the_reason(void **state)
{
    (void)state;
    listen_to("stderr", play_broken);
    assert_int_equal(count_lines("libmp: pool [1-9]*: broken: no licence for "
                                 "this machine"),
                     1);
    assert_int_equal(count_lines("libmp: pool [1-9]*: supervisor ended; the "
                                 "pool is broken"),
                     2);
}

static int return_3(void *unused)
{
    (void)unused;
    return 3;
}

static int play_process(void)
{
    mp_process *process = NULL;
    int wrong = mp_process_create(&process, return_3, NULL, NULL) != 0;

    wrong += mp_process_start(process) != 0;
    wrong += mp_process_join(process, 30000) != 0;
    mp_process_destroy(process);
    return wrong;
}

static void processes_are_told(void **state)
{
    (void)state;
    listen_to("stderr", play_process);
    assert_int_equal(count_lines("libmp: Process-1 born, process [1-9]*"), 1);
    assert_int_equal(
        count_lines("libmp: Process-1 ended with status 3, process [1-9]*"), 1);
    assert_int_equal(count_lines("*"), 2);
}

/* Who dies is the owner: its supervisor tells. */
static int play_owner(void)
{
    mp_pool *pool = make_pool(1);

    if (pool != NULL) {
        (void)raise(SIGKILL);
    }
    return 1;
}

static int outlive_owner(void *scene)
{
    return mp_test_in_child(play, scene) == -SIGKILL ? 0 : 1;
}

static void the_owners_death_is_told(void **state)
{
    int ends[2];
    size_t size = 0;
    ssize_t got;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(
        outlive_owner(&(struct scene){ "stderr", play_owner, ends[1] }), 0);
    assert_int_equal(close(ends[1]), 0);
    /* The end of file comes when the last process of the pool is gone. */
    while ((got = read(ends[0], text + size, sizeof(text) - 1 - size)) > 0) {
        size += (size_t)got;
    }
    assert_int_equal(close(ends[0]), 0);
    text[size] = '\0';
    assert_int_equal(
        count_lines("libmp: pool [1-9]*: its owner died; workers are killed"),
        1);
}

static void nothing_is_said_unless_asked(void **state)
{
    (void)state;
    listen_to(NULL, play_deaths);
    assert_string_equal(text, "");
    listen_to("", play_process);
    assert_string_equal(text, "");
}

static void another_log_is_said_to_be_unknown(void **state)
{
    (void)state;
    listen_to("/tmp/log", play_process);
    assert_string_equal(
        text, "libmp: LIBMP_LOG=/tmp/log: there is no log but stderr\n");
}

/* Whatever stderr is, the pool works. */
static void a_log_that_nobody_reads_holds_up_nobody(void **state)
{
    char full[4096];
    int ends[2];

    (void)state;
    memset(full, 'x', sizeof(full));
    assert_int_equal(pipe(ends), 0);
    assert_int_not_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), -1);
    while (write(ends[1], full, sizeof(full)) > 0) {
        /* until it is full */
    }
    assert_int_not_equal(fcntl(ends[1], F_SETFL, 0), -1);
    assert_int_equal(
        mp_test_in_child(play,
                         &(struct scene){ "stderr", play_deaths, ends[1] }),
        0);
    assert_int_equal(close(ends[0]), 0);
    assert_int_equal(
        mp_test_in_child(play,
                         &(struct scene){ "stderr", play_deaths, ends[1] }),
        0);
    assert_int_equal(close(ends[1]), 0);
    assert_int_equal(
        mp_test_in_child(play, &(struct scene){ "stderr", play_deaths, -1 }),
        0);
}

static const struct CMUnitTest tests[] = {
    mp_test(workers_deaths_and_kills_are_told),
    mp_test(the_brake_is_told),
    mp_test(a_broken_pool_is_told_with_the_reason),
    mp_test(processes_are_told),
    mp_test(the_owners_death_is_told),
    mp_test(nothing_is_said_unless_asked),
    mp_test(another_log_is_said_to_be_unknown),
    mp_test(a_log_that_nobody_reads_holds_up_nobody),
};

int main(void)
{
    return mp_run_tests(tests);
}
