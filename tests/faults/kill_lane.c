/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * kill_lane.c -- plays one case after the other, several lanes side by side
 *
 * A lane is a process that forks the main process of a scenario and is told
 * of every end of its descendants, since orphans come to it. After a run none
 * may be left, soon.
 */
#define _GNU_SOURCE

#include "faults/kill_lane.h"

#include "support/descendants.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

enum {
    RUN_MS = 60000,      /* longer is a hang */
    GONE_POOL_MS = 2000, /* what a pool's owner leaves behind */
    BROKEN_MS = 3000,    /* until MP_EBROKEN; an idle machine needs 100 */
    GONE_MS = 30000      /* others end by themselves, at their deadlines */
};

int lane_begin(void)
{
    sigset_t death;

    (void)sigemptyset(&death);
    (void)sigaddset(&death, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &death, NULL);
#ifdef PR_SET_CHILD_SUBREAPER
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
#endif
    stage = mmap(NULL, sizeof(*stage), PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return stage == MAP_FAILED ? -1 : 0;
}

int lane_point(const char *name)
{
    size_t i;

    for (i = 0; i < mp__kill_points_count(); i++) {
        if (strcmp(mp__kill_point_at(i)->name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static void set_stage(const struct scenario *scenario,
                      const struct mp__kill *kills, int count)
{
    struct mp__kill *next = stage->plan.kills;
    int i;

    memset(stage, 0, sizeof(*stage));
    for (i = 0; i < MP__KILLS_MOST; i++) {
        stage->plan.kills[i].point = -1;
    }
    for (i = 0; i < 2 && scenario->first[i].point != NULL; i++) {
        next->point = lane_point(scenario->first[i].point);
        next->role = (int32_t)scenario->first[i].role;
        next->pass = 1;
        if (next->point < 0) {
            printf("%s: no point %s\n", scenario->name,
                   scenario->first[i].point);
            abort();
        }
        next++;
    }
    for (i = 0; i < count; i++) {
        next->point = kills[i].point;
        next->role = kills[i].role;
        next->pass = kills[i].pass;
        next++;
    }
}

static int open_descriptors(void)
{
    int count = 0;
    int fd;

    for (fd = 0; fd < 128; fd++) {
        count += fcntl(fd, F_GETFD) >= 0;
    }
    return count;
}

/* One that libmp keeps for the life of a process. */
enum { KEPT_DESCRIPTORS = 1 };

static _Noreturn void be_main(const struct scenario *scenario)
{
    sigset_t none;
    int before = open_descriptors();
    int after;

    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    stage->main = getpid();
    mp__kill_points_follow(&stage->plan);
    mp__kill_point_role(scenario->role);
    scenario->run();
    mp__kill_point_role(MP__ROLE_NONE);
    after = open_descriptors();
    CHECK_RESULT(after <= before + KEPT_DESCRIPTORS, after - before);
    CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
    _exit(0);
}

/* A worker may find its supervisor gone by SIGPIPE, where the kernel has not
 * ended it before. */
static bool may_die_of(int number)
{
    return number == SIGKILL || number == SIGTERM ||
           (number == SIGPIPE && stage_killed(MP__ROLE_SUPERVISOR) > 0);
}

/* Wait up to `until_ns` for the end of `pid`, or with 0 of all descendants.
 * Others that end are reaped on the way. False: time is up. */
static bool wait_for(pid_t pid, int64_t until_ns, int *status, int *strange)
{
    const struct timespec slice = { 0, 20000000 };
    sigset_t death;
    int how = 0;
    pid_t got;

    (void)sigemptyset(&death);
    (void)sigaddset(&death, SIGCHLD);
    for (;;) {
        got = waitpid(-1, &how, WNOHANG);
        if (got < 0 && errno == ECHILD) {
            return true;
        }
        if (got > 0 && got == pid) {
            *status = how;
            return true;
        }
        if (got > 0) {
            if (WIFSIGNALED(how) && !may_die_of(WTERMSIG(how))) {
                *strange = WTERMSIG(how);
            }
            continue;
        }
        if (stage_clock_ns() > until_ns) {
            return false;
        }
        (void)sigtimedwait(&death, NULL, &slice);
    }
}

static void say(struct outcome *outcome, const char *what, int number)
{
    if (outcome->well) {
        outcome->well = false;
        (void)snprintf(outcome->why, sizeof(outcome->why), what, number);
    }
}

/* Something is left: show it, then end it. */
static void clear_stage(struct outcome *outcome, const char *what)
{
    say(outcome, what, 0);
    mp_test__show_descendants(getpid());
    mp_test__end_children(0);
}

/* Where the kernel does not end a worker with its supervisor, one that is busy
 * sees to its end itself, at its next step. */
static bool may_leave_workers(void)
{
#ifdef MP_PORTABLE
    return stage_killed(MP__ROLE_OWNER) > 0 &&
           stage_killed(MP__ROLE_SUPERVISOR) > 0;
#else
    return false;
#endif
}

static void look_at_main(struct outcome *outcome, int status)
{
    bool planned = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL &&
                   stage_killed_any() > 0;

    if (atomic_load(&stage->failed) != 0 && outcome->well) {
        outcome->well = false;
        (void)snprintf(outcome->why, sizeof(outcome->why), "%s", stage->text);
    }
    if (!planned && WIFSIGNALED(status)) {
        say(outcome, "the main process died of signal %d", WTERMSIG(status));
    } else if (!planned && status != 0) {
        say(outcome, "the main process ended with %d", WEXITSTATUS(status));
    }
}

static void look_at_kills(struct outcome *outcome, int own)
{
    const struct mp__kill *kill;
    int64_t since = 0;
    int i;

    for (i = 0; i < MP__KILLS_MOST; i++) {
        kill = &stage->plan.kills[i];
        if (kill->point >= 0 && i >= own) {
            outcome->fired[i - own] = atomic_load(&kill->fired) != 0;
        }
        if (kill->point >= 0 && atomic_load(&kill->fired) != 0 &&
            kill->role == MP__ROLE_SUPERVISOR) {
            since = atomic_load(&kill->when_ns);
        }
    }
    if (since != 0 && atomic_load(&stage->broken_ns) > since) {
        outcome->broken_ms =
            (double)(atomic_load(&stage->broken_ns) - since) / 1e6;
    }
}

void lane_play(const struct scenario *scenario, const struct mp__kill *kills,
               int count, struct outcome *outcome)
{
    int status = 0;
    int strange = 0;
    int own = 0;
    int64_t end_ns;
    pid_t main_pid;

    *outcome = (struct outcome){ .well = true };
    while (own < 2 && scenario->first[own].point != NULL) {
        own++;
    }
    set_stage(scenario, kills, count);
    main_pid = fork();
    if (main_pid == 0) {
        be_main(scenario);
    }
    if (main_pid < 0) {
        say(outcome, "fork failed: %d", errno);
        return;
    }
    if (!wait_for(main_pid, stage_clock_ns() + RUN_MS * INT64_C(1000000),
                  &status, &strange)) {
        clear_stage(outcome, "it hangs");
        return;
    }
    end_ns = stage_clock_ns();
    if (!wait_for(0,
                  end_ns + (scenario->role == MP__ROLE_OWNER ? GONE_POOL_MS
                                                             : GONE_MS) *
                               INT64_C(1000000),
                  &status, &strange)) {
        if (may_leave_workers()) {
            mp_test__end_children(0);
        } else {
            clear_stage(outcome, "processes are left behind");
        }
    }
    outcome->gone_ms = (double)(stage_clock_ns() - end_ns) / 1e6;
    look_at_main(outcome, status);
    if (strange != 0) {
        say(outcome, "a process died of signal %d", strange);
    }
    look_at_kills(outcome, own);
    if (outcome->broken_ms > BROKEN_MS) {
        say(outcome, "MP_EBROKEN came after %d ms", (int)outcome->broken_ms);
    }
}
