/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * call_run.c -- one scenario in a process of its own, and what is left of it
 *
 * A case is a process that has not used libmp before, so that what is made
 * once in a process is made under failure, too. It tells what it holds when
 * all is over; what no scenario gives back (the domain) is known from a run
 * without failure. Descendants that outlive it come to us, the subreaper.
 */
#define _GNU_SOURCE

#include "faults/call_run.h"

#include "support/descendants.h"
#include "support/descriptors.h"
#include "support/heap_watch.h"
#include "support/helpers.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { DEADLINE_MS = 120000, ORPHANS_MS = 20000, CHILDREN_MS = 20000 };

static char verdict[256];

#define SAY(...)                                                               \
    ((void)snprintf(verdict, sizeof(verdict), __VA_ARGS__), verdict)

call_case *call_case_create(void)
{
    call_case *one = mmap(NULL, sizeof(*one), PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (one == MAP_FAILED) {
        perror("call_case_create");
        exit(1);
    }
    return one;
}

static int count_shared_maps(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512];
    char rights[8];
    int count = 0;

    if (maps == NULL) {
        return 0;
    }
    while (fgets(line, sizeof(line), maps) != NULL) {
        if (sscanf(line, "%*s %7s", rights) == 1 && rights[3] == 's') {
            count++;
        }
    }
    (void)fclose(maps);
    return count;
}

/* Children that end now are given a moment to do so. */
static int count_children(void)
{
    int64_t end_ms = mp_test_clock_ms() + CHILDREN_MS;
    siginfo_t info;

    for (;;) {
        (void)mp_process_children(NULL, 0); /* reaps what has no handle */
        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0) {
            return 0;
        }
        if (mp_test_clock_ms() >= end_ms) {
            return 1;
        }
        call_nap(1);
    }
}

static void look(call_holdings *now, uint64_t mark)
{
    now->children = count_children();
    now->heap_blocks = (int)mp_test__heap_younger(mark, NULL, 0);
    now->descriptors = mp_test_open_descriptors();
    now->shared_maps = count_shared_maps();
}

static void show_blocks(uint64_t mark)
{
    mp_test__block blocks[8];
    size_t count = mp_test__heap_younger(mark, blocks, 8);

    for (size_t i = 0; i < count && i < 8; i++) {
        dprintf(STDERR_FILENO, "calls:   a block of %zu bytes from %p\n",
                blocks[i].size, blocks[i].caller);
    }
}

static _Noreturn void live(call_case *one, const call_scenario *scenario,
                           const call_holdings *usual)
{
    int maps = count_shared_maps();
    int descriptors = mp_test_open_descriptors();
    uint64_t mark;
    call_holdings held;

    call_plan_enter(&one->plan);
    mp_test__heap_watch();
    mark = mp_test__heap_mark();
    call_plan_begin();
    one->first = scenario->run();
    call_plan_end();
    one->second = scenario->run();
    look(&held, mark);
    if (usual == NULL) { /* is it more each time? */
        (void)scenario->run();
        look(&one->later, mark);
        one->later.shared_maps -= maps;
        one->later.descriptors -= descriptors;
    }
    held.shared_maps -= maps;
    held.descriptors -= descriptors;
    one->after = held;
    if (usual != NULL && held.heap_blocks > usual->heap_blocks) {
        show_blocks(mark);
    }
    atomic_store(&one->done, 1);
    _exit(0);
}

/* The status of the case's process; -1: it has not ended in time. */
static int wait_for_case(pid_t pid)
{
    const struct timespec step = { 1, 0 };
    int64_t end_ms = mp_test_clock_ms() + DEADLINE_MS;
    sigset_t set;
    int status = 0;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGCHLD);
    while (waitpid(pid, &status, WNOHANG) != pid) {
        if (mp_test_clock_ms() >= end_ms) {
            return -1;
        }
        (void)sigtimedwait(&set, NULL, &step);
    }
    return status;
}

/* Are there processes that have outlived the case for long? */
static bool has_orphans(void)
{
    int64_t end_ms = mp_test_clock_ms() + ORPHANS_MS;

    while (waitpid(-1, NULL, WNOHANG) >= 0) {
        if (mp_test_clock_ms() >= end_ms) {
            return true;
        }
        call_nap(1);
    }
    return false;
}

static const char *compare(const call_case *one, const call_holdings *usual)
{
    const call_holdings *held = &one->after;

    if (one->first > 0) {
        return SAY("it went wrong at line %d of the scenario", one->first);
    }
    if (one->first < 0 && usual == NULL) {
        return SAY("it gave %d though no call failed once", one->first);
    }
    if (one->second != 0) {
        return SAY("without failure it gave %d afterwards", one->second);
    }
    if (held->children != 0) {
        return SAY("a child is left");
    }
    if (atomic_load(&one->plan.crashes) != 0) {
        return SAY("a process of the library crashed");
    }
    usual = usual == NULL ? held : usual;
    held = usual == held ? &one->later : held;
    if (held->descriptors > usual->descriptors) {
        return SAY("%d descriptors are left",
                   held->descriptors - usual->descriptors);
    }
    if (held->shared_maps > usual->shared_maps) {
        return SAY("%d maps are left", held->shared_maps - usual->shared_maps);
    }
    if (held->heap_blocks > usual->heap_blocks) {
        return SAY("%d heap blocks are left",
                   held->heap_blocks - usual->heap_blocks);
    }
    return NULL;
}

const char *call_case_run(call_case *one, const call_scenario *scenario,
                          const call_holdings *usual)
{
    pid_t pid;
    int status;

    atomic_store(&one->done, 0);
    (void)fflush(NULL);
    pid = fork();
    if (pid < 0) {
        return SAY("no process to be had for the case");
    }
    if (pid == 0) {
        sigset_t none;

        (void)sigemptyset(&none);
        (void)sigprocmask(SIG_SETMASK, &none, NULL);
        live(one, scenario, usual);
    }
    status = wait_for_case(pid);
    if (status == -1) {
        mp_test__show_descendants(getpid());
        mp_test__end_children(0);
        return SAY("it hangs");
    }
    if (has_orphans()) {
        mp_test__show_descendants(getpid());
        mp_test__end_children(0);
        return SAY("a process has outlived it");
    }
    if (atomic_load(&one->done) == 0) {
        return SAY("it crashed, wait status %#x", (unsigned)status);
    }
    return compare(one, usual);
}

void call_run_prepare(void)
{
    sigset_t set;

    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
}
