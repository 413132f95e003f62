/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * prim_fork.c -- fork, _exit, waitpid; the same with some care; and as many
 * children with a pipe each
 */
#define _GNU_SOURCE

#include "primitives.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int ended_well(pid_t pid)
{
    int status = 0;

    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -1;
}

int prim_fork_once(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        _exit(0);
    }
    return ended_well(pid);
}

/* One byte of it is locked by each child that lives. */
static int life_file(void)
{
    static FILE *file;

    if (file == NULL) {
        file = tmpfile();
    }
    return file == NULL ? -1 : fileno(file);
}

static void leave_at_once(void)
{
    _exit(0); /* no handler of the parent's runs */
}

static _Noreturn void be_careful_child(int life, const sigset_t *mask)
{
    struct flock byte = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
    struct timespec born = { 0, 0 };
    char self[24];
    int bad = fcntl(life, F_SETLK, &byte) < 0;

    bad |= readlink("/proc/self", self, sizeof(self)) < 0;
    bad |= clock_gettime(CLOCK_MONOTONIC, &born) < 0;
    (void)close(STDIN_FILENO);
    bad |= open("/dev/null", O_RDONLY) != STDIN_FILENO;
    bad |= atexit(leave_at_once) != 0;
    (void)sigprocmask(SIG_SETMASK, mask, NULL);
    (void)fflush(NULL);
    _exit(bad);
}

/* Until the child has ended, as who has a deadline would. */
static void await(pid_t pid)
{
#ifdef SYS_pidfd_open
    struct pollfd end = { .fd = (int)syscall(SYS_pidfd_open, pid, 0),
                          .events = POLLIN };

    if (end.fd >= 0) {
        (void)poll(&end, 1, 60000);
        (void)close(end.fd);
    }
#else
    (void)pid;
#endif
}

int prim_fork_careful(void)
{
    int life = life_file();
    sigset_t all;
    sigset_t mask;
    pid_t pid;

    (void)fflush(NULL);
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, &mask);
    pid = fork();
    if (pid == 0) {
        be_careful_child(life, &mask);
    }
    (void)sigprocmask(SIG_SETMASK, &mask, NULL);
    if (pid > 0) {
        await(pid);
    }
    return ended_well(pid);
}

struct child {
    pid_t pid;
    int there;
    int back;
};

static int start_child(struct child *children, int index)
{
    int there[2];
    int back[2];
    char byte;

    if (pipe(there) < 0 || pipe(back) < 0) {
        return -1;
    }
    children[index].pid = fork();
    if (children[index].pid == 0) {
        for (int i = 0; i < index; i++) { /* or its end is never seen */
            (void)close(children[i].there);
            (void)close(children[i].back);
        }
        (void)close(there[1]);
        while (read(there[0], &byte, 1) == 1) {
            if (write(back[1], &byte, 1) != 1) {
                _exit(1);
            }
        }
        _exit(0);
    }
    (void)close(there[0]);
    (void)close(back[1]);
    children[index].there = there[1];
    children[index].back = back[0];
    return children[index].pid < 0 ? -1 : 0;
}

int prim_prefork_once(int workers)
{
    struct child *children = calloc((size_t)workers, sizeof(*children));
    int wrong = children == NULL;
    int started = 0;

    while (!wrong && started < workers) {
        wrong |= start_child(children, started) != 0;
        started++;
    }
    for (int i = 0; i < started; i++) {
        wrong |= write(children[i].there, "x", 1) != 1;
    }
    for (int i = 0; i < started; i++) {
        char byte = 0;

        wrong |= read(children[i].back, &byte, 1) != 1 || byte != 'x';
        (void)close(children[i].there);
    }
    for (int i = 0; i < started; i++) {
        wrong |= ended_well(children[i].pid) != 0;
        (void)close(children[i].back);
    }
    free(children);
    return wrong ? -1 : 0;
}

int prim_prefork_supervised(int workers)
{
    pid_t pid = fork();

    if (pid == 0) {
        _exit(prim_prefork_once(workers) == 0 ? 0 : 1);
    }
    return ended_well(pid);
}
