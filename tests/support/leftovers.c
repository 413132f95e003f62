/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * leftovers.c -- what a test left behind: said, then cleared away
 */
#define _GNU_SOURCE

#include "leftovers.h"

#include "descriptors.h"
#include "heap_watch.h"
#include "watchdog.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__GLIBC__)
#include <execinfo.h>
#endif

enum { MOST_PROCESSES = 64, MOST_BLOCKS = 8, SIGNALS = 128 };

static mp_test__descriptors descriptors_before;
static mp_test__descriptors descriptors_after;
static uint64_t heap_before;
static struct sigaction actions_before[SIGNALS];
static sigset_t mask_before;

static const char *test_name;
static int lines;

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    dprintf(STDERR_FILENO, "fixture: %s: %s\n", test_name, text);
    lines++;
}

static bool has_children(void)
{
    siginfo_t info;
    int result;

    do {
        result = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT);
    } while (result < 0 && errno == EINTR);
    return result == 0 || errno != ECHILD;
}

static void end_children(void)
{
    static mp_test__process children[MOST_PROCESSES];
    int count;

    if (!has_children()) {
        return;
    }
    count = mp_test__children_of(getpid(), children, MOST_PROCESSES);
    for (int i = 0; i < count; i++) {
        const char *what = children[i].state == 'Z'
                               ? "a zombie, never waited for"
                               : "a running child";

        say("left behind %s: process %ld (%s)", what, (long)children[i].pid,
            children[i].name);
    }
    if (count == 0) {
        say("left behind a child");
    }
    mp_test__end_children(0);
    if (has_children()) {
        say("cannot end what it left behind; no further test runs");
        _exit(1);
    }
}

static void end_orphans(void)
{
    static mp_test__process orphans[MOST_PROCESSES];
    int count = mp_test__orphans(orphans, MOST_PROCESSES);

    for (int i = 0; i < count; i++) {
        say("left behind a running orphan: process %ld (%s)",
            (long)orphans[i].pid, orphans[i].name);
    }
    if (count > 0) {
        mp_test__end_orphans();
    }
}

static void compare_descriptors(void)
{
    char what[256];

    mp_test__descriptors_look(&descriptors_after);
    for (size_t i = 0; i < descriptors_after.count; i++) {
        const mp_test__descriptor *now = &descriptors_after.all[i];
        const mp_test__descriptor *before =
            mp_test__descriptors_find(&descriptors_before, now->number);

        mp_test__descriptor_describe(now->number, what, sizeof(what));
        if (before == NULL) {
            say("left behind descriptor %d, %s", now->number, what);
        } else if (before->device != now->device ||
                   before->inode != now->inode) {
            say("replaced descriptor %d, now %s", now->number, what);
        }
    }
    for (size_t i = 0; i < descriptors_before.count; i++) {
        int number = descriptors_before.all[i].number;

        if (mp_test__descriptors_find(&descriptors_after, number) == NULL) {
            say("closed descriptor %d, which it had not opened", number);
        }
    }
    if (descriptors_after.left_out > descriptors_before.left_out) {
        say("left behind descriptors beyond %d", MP_TEST__DESCRIPTORS);
    }
}

static void show_caller(const void *caller)
{
#if defined(__GLIBC__)
    void *address = (void *)(uintptr_t)caller;

    dprintf(STDERR_FILENO, "fixture:   from ");
    backtrace_symbols_fd(&address, 1, STDERR_FILENO);
#else
    dprintf(STDERR_FILENO, "fixture:   from %p\n", caller);
#endif
}

static void compare_heap(void)
{
    mp_test__block blocks[MOST_BLOCKS];
    size_t count = mp_test__heap_younger(heap_before, blocks, MOST_BLOCKS);

    for (size_t i = 0; i < count && i < MOST_BLOCKS; i++) {
        say("left behind a heap block of %zu bytes", blocks[i].size);
        show_caller(blocks[i].caller);
    }
    if (count > MOST_BLOCKS) {
        say("left behind %zu heap blocks in all", count);
    }
}

static void look_at_signals(void)
{
    for (int number = 1; number < SIGNALS; number++) {
        actions_before[number].sa_handler = SIG_DFL;
        sigaction(number, NULL, &actions_before[number]);
    }
    sigprocmask(SIG_BLOCK, NULL, &mask_before);
}

static void compare_signals(void)
{
    /* libc adds flags of its own to what was once set. */
    const unsigned flags = (unsigned)SA_NOCLDSTOP | (unsigned)SA_NOCLDWAIT |
                           (unsigned)SA_NODEFER | (unsigned)SA_RESETHAND |
                           (unsigned)SA_RESTART | (unsigned)SA_SIGINFO;
    sigset_t mask;

    sigprocmask(SIG_SETMASK, &mask_before, &mask);
    for (int number = 1; number < SIGNALS; number++) {
        const struct sigaction *before = &actions_before[number];
        struct sigaction now = { .sa_handler = SIG_DFL };

        if (sigaction(number, NULL, &now) != 0) {
            continue; /* no such signal, or one that libc keeps for itself */
        }
        if (now.sa_handler != before->sa_handler ||
            ((unsigned)(now.sa_flags ^ before->sa_flags) & flags) != 0) {
            say("left the handling of signal %d changed", number);
            sigaction(number, before, NULL);
        }
        if (sigismember(&mask, number) != sigismember(&mask_before, number)) {
            say("left signal %d %s", number,
                sigismember(&mask, number) ? "blocked" : "unblocked");
        }
    }
}

void mp_test__leftovers_begin(void)
{
    look_at_signals();
    mp_test__descriptors_look(&descriptors_before);
    heap_before = mp_test__heap_mark();
}

int mp_test__leftovers_end(const char *name)
{
    test_name = name;
    lines = 0;
    end_children();
    end_orphans();
    compare_descriptors();
    compare_heap();
    compare_signals();
    return lines;
}
