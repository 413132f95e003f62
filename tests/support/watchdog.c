/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * watchdog.c -- runs the tests in a child that cannot hang or leave orphans
 *
 * The process that main started is the watchdog; its child, the runner, runs
 * all the tests. So the watchdog is nobody's left-behind child, learns from
 * waitpid how the runner ended, and can kill it whatever state it is in. On
 * Linux it is a subreaper: a process below the tests whose parent died becomes
 * the watchdog's child, which reaps it as init would. Invariants:
 *
 *   - Only the runner writes `what`, `deadline_ms` and `done`; the watchdog
 *     reads them. `what` may be torn if the runner dies while it writes, and
 *     stays a string: its last byte is never written.
 *   - The runner sets `sweep`; the watchdog clears it once no orphan is left.
 *   - No descriptor connects the two, so a test may close whatever it likes.
 *   - Each kills only what it has to reap itself, so no pid can be stale.
 */
#define _GNU_SOURCE

#include "watchdog.h"

#include "helpers.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/prctl.h>
#endif

enum {
    SLICE_MS = 20,
    GRACE_MS = 2000, /* an orphaned worker may live for 1 s */
    MOST_ORPHANS = 64,
    EXIT_SECONDS = 60
};

typedef struct watch_words {
    _Atomic int64_t deadline_ms; /* 0: none */
    atomic_bool done;
    atomic_bool sweep;
    char what[256];
} watch_words;

static watch_words *words; /* NULL: nobody watches */
static pid_t watchdog_pid;
static const char *unseen = "nobody watches";

static void become_subreaper(void)
{
#if defined(PR_SET_CHILD_SUBREAPER)
    if (!mp_test__processes_are_listed()) {
        unseen = "there is no /proc";
    } else if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) {
        unseen = "this kernel has no child subreaper";
    } else {
        unseen = NULL;
    }
#else
    unseen = "this system has no child subreaper";
#endif
}

static void die_with_watchdog(void)
{
#if defined(__linux__)
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != watchdog_pid) {
        _exit(1);
    }
#endif
}

static int living_children(pid_t parent, pid_t except,
                           mp_test__process *children, int capacity)
{
    int count = mp_test__children_of(parent, children, capacity);
    int living = 0;

    for (int i = 0; i < count; i++) {
        if (children[i].pid != except && children[i].state != 'Z' &&
            children[i].state != 'X') {
            children[living++] = children[i];
        }
    }
    return living;
}

/* Reaps what has died; true once that was the runner. */
static bool reap(pid_t runner, int *status)
{
    bool ended = false;
    int one = 0;
    pid_t pid;

    while ((pid = waitpid(-1, &one, WNOHANG)) > 0) {
        if (pid == runner) {
            *status = one;
            ended = true;
        }
    }
    return ended;
}

static void end_late_runner(pid_t runner)
{
    dprintf(STDERR_FILENO,
            "fixture: %s: still running at its deadline; killed with these, "
            "and no further test runs:\n",
            words->what);
    mp_test__show_descendants(getpid());
    kill(runner, SIGKILL);
}

static int watch_runner(pid_t runner, const sigset_t *waiting_mask, bool *late)
{
    const struct timespec slice = { 0, SLICE_MS * 1000000L };
    int status = 0;

    while (!reap(runner, &status)) {
        int64_t deadline_ms = words->deadline_ms;

        if (!*late && deadline_ms != 0 && mp_test_clock_ms() >= deadline_ms) {
            end_late_runner(runner);
            *late = true;
        }
        if (words->sweep) {
            mp_test__end_children(runner);
            words->sweep = false;
        }
        pselect(0, NULL, NULL, NULL, &slice, waiting_mask);
    }
    return status;
}

/* After the runner; the orphans of an orderly exit have time to go. */
static int end_last_orphans(bool orderly)
{
    static mp_test__process left[MOST_ORPHANS];
    const struct timespec slice = { 0, SLICE_MS * 1000000L };
    int64_t end_ms = mp_test_clock_ms() + (orderly ? GRACE_MS : 0);
    int count = living_children(getpid(), 0, left, MOST_ORPHANS);

    while (count > 0 && mp_test_clock_ms() < end_ms) {
        nanosleep(&slice, NULL);
        count = living_children(getpid(), 0, left, MOST_ORPHANS);
    }
    if (orderly) {
        for (int i = 0; i < count; i++) {
            dprintf(STDERR_FILENO,
                    "fixture: left behind after the exit: process %ld (%s)\n",
                    (long)left[i].pid, left[i].name);
        }
    }
    mp_test__end_children(0);
    return count;
}

static int judge(int status, bool late)
{
    bool orderly = WIFEXITED(status) && words->done;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;

    if (WIFSIGNALED(status) && !late) {
        dprintf(STDERR_FILENO, "fixture: %s: killed by signal %d (%s)\n",
                words->what, WTERMSIG(status), strsignal(WTERMSIG(status)));
    } else if (WIFEXITED(status) && !words->done) {
        dprintf(STDERR_FILENO, "fixture: %s: the test called exit\n",
                words->what);
    }
    if (end_last_orphans(orderly) > 0 || !orderly) {
        code = code == 0 ? 1 : code;
    }
    return code;
}

static void do_nothing(int signal_number)
{
    (void)signal_number;
}

int mp_test__watch(int (*run)(void *argument), void *argument)
{
    struct sigaction wake_up = { .sa_handler = do_nothing };
    sigset_t blocked;
    sigset_t before;
    pid_t runner;
    bool late = false;
    int status;

    if (getenv("MP_TEST_IN_PLACE") != NULL) {
        return run(argument);
    }
    words = mmap(NULL, sizeof(*words), PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (words == MAP_FAILED) {
        perror("fixture: mmap");
        return 1;
    }
    watchdog_pid = getpid();
    become_subreaper();
    mp_test__watchdog_expect("before the first test", EXIT_SECONDS);

    sigemptyset(&blocked);
    sigaddset(&blocked, SIGCHLD);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    fflush(NULL);
    runner = fork();
    if (runner == 0) {
        die_with_watchdog();
        sigprocmask(SIG_SETMASK, &before, NULL);
        exit(run(argument));
    }
    if (runner < 0) {
        perror("fixture: fork");
        return 1;
    }
    sigemptyset(&wake_up.sa_mask);
    sigaction(SIGCHLD, &wake_up, NULL);
    sigdelset(&before, SIGCHLD);
    status = watch_runner(runner, &before, &late);
    return judge(status, late);
}

void mp_test__watchdog_expect(const char *what, int seconds)
{
    if (words != NULL) {
        words->deadline_ms = 0;
        snprintf(words->what, sizeof(words->what) - 1, "%s", what);
        mp_test__watchdog_extend(seconds);
    }
}

void mp_test__watchdog_extend(int seconds)
{
    if (words != NULL) {
        words->deadline_ms = mp_test_clock_ms() + (int64_t)seconds * 1000;
    }
}

void mp_test__watchdog_done(void)
{
    mp_test__watchdog_expect("after the last test", EXIT_SECONDS);
    if (words != NULL) {
        words->done = true;
    }
}

const char *mp_test__orphans_unseen(void)
{
    return unseen;
}

int mp_test__orphans(mp_test__process *orphans, int capacity)
{
    const struct timespec slice = { 0, SLICE_MS * 1000000L };
    int64_t end_ms = mp_test_clock_ms() + GRACE_MS;
    int count;

    if (unseen != NULL) {
        return 0;
    }
    while ((count = living_children(watchdog_pid, getpid(), orphans,
                                    capacity)) > 0 &&
           mp_test_clock_ms() < end_ms) {
        nanosleep(&slice, NULL);
    }
    return count;
}

void mp_test__end_orphans(void)
{
    const struct timespec slice = { 0, SLICE_MS * 1000000L };

    if (unseen != NULL) {
        return;
    }
    words->sweep = true;
    while (words->sweep) {
        nanosleep(&slice, NULL);
    }
}
