/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * child.h -- fork, watch, signal and reap one child
 *
 * Flush stdio, then fork; signals stay blocked in the child until it has set
 * itself up. Only one pid is ever waited for, and no handler is installed:
 * those belong to the host.
 */
#ifndef MP__CHILD_H
#define MP__CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum mp__reap {
    MP__REAP_RUNNING = 0,
    MP__REAP_ENDED, /* status is known */
    MP__REAP_LOST   /* it ended, but somebody else took the status */
};

/* What a process has used so far; zero where nobody tells. */
typedef struct mp__usage {
    int64_t cpu_ns; /* of user and system */
    uint64_t peak_bytes;
} mp__usage;

/* How a child ended: 0..255, or -signal. */
typedef struct mp__exit {
    int status;
    bool core_dumped;
    mp__usage usage; /* of the child and those it reaped */
} mp__exit;

/* Fork. The parent gets the pid, or -errno; its signal mask is as before. The
 * child gets 0 with every signal blocked and *mask to restore: it calls one
 * of the two below as soon as it can take a signal. */
pid_t mp__child_fork(sigset_t *mask);

/* A child of the host's making: its mask, its handlers, an empty stdin. */
void mp__child_begin_user(const sigset_t *mask);

/* One of ours: handlers back to default, nothing blocked, an empty stdin, a
 * process group of its own, `title` as its name, SIGTTOU ignored. */
void mp__child_begin_ours(const char *title);

/* The same for a child of one of ours that has run nothing of the user's:
 * handlers, SIGTTOU and stdin are inherited as they have to be. */
void mp__child_begin_below(const char *title);

/* Run `leave` when the child calls exit(), before its parent's exit handlers;
 * `leave` must not return. Nothing where libc has no on_exit(). */
void mp__child_on_exit(void (*leave)(int status));

/* What was printed to stdout is out. */
void mp__child_flush_printed(void);
/* Flush stdio and leave at once, running no exit handlers. */
_Noreturn void mp__child_leave(int status);

/* Leave at once and touch nothing: for a process that runs no user code. */
_Noreturn void mp__child_quit(int status);

/* Ask the kernel to SIGKILL us when `parent` dies, where it can. Leaves at
 * once when it is dead already. */
void mp__child_die_with(pid_t parent);

/* Will the kernel do so, as it stands now? A change of user takes it back. */
bool mp__child_dies_with_parent(void);

/* Is `parent` our parent no more? */
bool mp__child_is_orphan(pid_t parent);

/* From now on the death of any child puts a byte into a pipe, whose read end
 * this gives. Installs a SIGCHLD handler: for processes of our own only. */
int mp__child_death_pipe(int *read_end);
/* Its write end, owned, for children that may wake us in the same way. */
int mp__child_death_pipe_end(void);

/* Before a fork: hold a place for what mp__child_watch() will give. To be
 * closed in parent and child alike, before it is asked; -errno: there will be
 * nothing to watch by. */
int mp__child_watch_hold(void);
void mp__child_watch_release(int place);

/* A descriptor that polls readable once `pid`, an unreaped child, has ended;
 * -errno where there is none. Owned. */
int mp__child_watch(pid_t pid);

/* What the calling process has used. */
mp__usage mp__child_own_usage(void);

/* Look, without waiting, whether `pid` has ended. */
enum mp__reap mp__child_reap(pid_t pid, mp__exit *how);

/* Of any child, without reaping it: its pid, 0: none has ended, -1: there is
 * no child at all. Only for processes that own all their children. */
pid_t mp__child_peek(void);

/* Send `signal` to a child that was not reaped; through `watch` (a descriptor
 * of mp__child_watch, or -1) it can never hit a reused pid. 0, or -EPERM: it
 * has become another user's. */
int mp__child_signal(pid_t pid, int watch, int signal);

/* SIGKILL the group that `pid` leads, and `pid`. Only while it is unreaped:
 * the number is pinned then. */
void mp__child_kill_group(pid_t pid);

/* Let `pid`, a child just forked, lead its own process group. */
void mp__child_lead_group(pid_t pid);

#endif
