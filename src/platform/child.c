/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * child.c -- fork, watch, signal and reap one child
 */
#ifdef MP_PORTABLE
#define _DEFAULT_SOURCE
#else
#define _GNU_SOURCE
#endif

#include "platform/child.h"

#include "platform/fd.h"
#include "platform/kill_point.h"
#include "platform/mark.h"
#include "platform/self.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#if !defined(MP_PORTABLE) && defined(__linux__)
#include <stdio_ext.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#ifdef MP_COVERAGE
void __gcov_dump(void);
#endif

/* May the parent have read ahead from stdin? */
static bool stdin_is_used;

static void look_at_stdin(void)
{
#if !defined(MP_PORTABLE) && defined(__GLIBC__)
    /* It has no buffer before the first character, unless one was pushed back.
     * Asked here, since libc's code is fresh to a fresh child, and costs it a
     * fault for each page. */
    stdin_is_used =
        __fbufsize(stdin) > 0 || stdin->_IO_read_ptr != stdin->_IO_read_end;
#else
    stdin_is_used = true;
#endif
}

pid_t mp__child_fork(sigset_t *mask)
{
    int saved = errno;
    sigset_t all;
    pid_t pid;

    MP_KILL_POINT("fork.begun");
    /* Bytes left in a buffer would be written twice. */
    (void)fflush(NULL);
    look_at_stdin();
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, mask);
    pid = fork();
    if (pid < 0) {
        pid = -errno;
    }
    MP_KILL_POINT_IF(pid > 0, "fork.forked");
    if (pid == 0) {
        mp__self_begin();
    } else {
        (void)sigprocmask(SIG_SETMASK, mask, NULL);
    }
    errno = saved;
    return pid;
}

/* Descriptor 0 and the stream both read end of file, and the parent's input
 * stays where it was: flushing before the close would move its offset. */
static void empty_stdin(void)
{
    int null;

    (void)close(STDIN_FILENO); /* so that its number is the first one free */
    do {
        null = open("/dev/null", O_RDONLY);
    } while (null < 0 && errno == EINTR);
    if (null < 0) {
        return; /* closed: anything but its parent's input */
    }
    if (null != STDIN_FILENO) {
        /* A fork handler of the host's has threads running here, and one has
         * opened a file of its own meanwhile. */
        (void)close(null);
        return;
    }
    if (stdin_is_used && fileno(stdin) == STDIN_FILENO) {
        /* Forget what the parent had read ahead: POSIX.1-2008 has this for
         * input streams. */
        /* cppcheck-suppress fflushOnInputStream */
        (void)fflush(stdin);
    }
}

void mp__child_begin_user(const sigset_t *mask)
{
    empty_stdin();
    (void)sigprocmask(SIG_SETMASK, mask, NULL);
}

static void default_handlers(void)
{
    struct sigaction action;
    int number;

    for (number = 1; number < NSIG; number++) {
        if (sigaction(number, NULL, &action) < 0) {
            continue;
        }
        if (action.sa_handler != SIG_IGN && action.sa_handler != SIG_DFL) {
            action.sa_handler = SIG_DFL;
            action.sa_flags = 0;
            (void)sigaction(number, &action, NULL);
        }
    }
}

/* A group of its own, a name, and nothing blocked. */
static void begin(const char *title)
{
    sigset_t none;

    (void)setpgid(0, 0); /* Ctrl-C reaches the host alone */
#if !defined(MP_PORTABLE) && defined(__linux__)
    (void)prctl(PR_SET_NAME, title);
#else
    (void)title;
#endif
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void set_action(int number, void (*handler)(int), int flags)
{
    struct sigaction action;

    action.sa_handler = handler;
    action.sa_flags = flags;
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(number, &action, NULL);
}

void mp__child_begin_ours(const char *title)
{
    default_handlers();
    /* Outside the foreground group "stty tostop" would stop each write. */
    set_action(SIGTTOU, SIG_IGN, 0);
    empty_stdin();
    begin(title);
}

void mp__child_begin_below(const char *title)
{
    set_action(SIGCHLD, SIG_DFL, 0); /* its parent's is the only handler */
    begin(title);
}

#if !defined(MP_PORTABLE) && defined(__GLIBC__)
static void (*leave_handler)(int status);

static void on_exit_handler(int status, void *unused)
{
    (void)unused;
    leave_handler(status);
}

void mp__child_on_exit(void (*leave)(int status))
{
    leave_handler = leave;
    /* Handlers run last registered first, so ours is the first. */
    (void)on_exit(on_exit_handler, NULL);
}
#else
void mp__child_on_exit(void (*leave)(int status))
{
    (void)leave;
}
#endif

void mp__child_flush_printed(void)
{
#if !defined(MP_PORTABLE) && defined(__linux__)
    /* Its lock alone takes longer than the smallest tasks. */
    if (__fpending(stdout) == 0) {
        return;
    }
#endif
    (void)fflush(stdout);
}

_Noreturn void mp__child_leave(int status)
{
    (void)fflush(NULL); /* may fail: the host may have closed its streams */
    mp__child_quit(status);
}

_Noreturn void mp__child_quit(int status)
{
#ifdef MP_COVERAGE
    __gcov_dump();
#endif
    _exit(status);
}

void mp__child_die_with(pid_t parent)
{
#if !defined(MP_PORTABLE) && defined(__linux__)
    MP_KILL_POINT("worker.arming_death");
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    MP_KILL_POINT("worker.death_armed");
    /* After arming, so that no death falls between. */
    if (getppid() != parent) {
        _exit(0);
    }
}

bool mp__child_dies_with_parent(void)
{
    int number = 0;

#if !defined(MP_PORTABLE) && defined(__linux__)
    int saved = errno;

    if (prctl(PR_GET_PDEATHSIG, &number) < 0) {
        number = 0;
    }
    errno = saved;
#endif
    return number == SIGKILL;
}

bool mp__child_is_orphan(pid_t parent)
{
    return getppid() != parent;
}

static int death_pipe_end = -1;

static void on_death(int number)
{
    (void)number;
    MP_KILL_POINT("supervisor.sigchld");
    mp__fd_ring(death_pipe_end);
}

int mp__child_death_pipe(int *read_end)
{
    int error = mp__fd_pipe(read_end, &death_pipe_end);

    if (error == 0) {
        set_action(SIGCHLD, on_death, SA_NOCLDSTOP);
    }
    return error;
}

int mp__child_death_pipe_end(void)
{
    return death_pipe_end;
}

#if !defined(MP_PORTABLE) && defined(SYS_pidfd_open)
int mp__child_watch_hold(void)
{
    int saved = errno;
    int place = (int)syscall(SYS_pidfd_open, mp__self_pid(), 0);

    place = place < 0 ? -errno : place;
    errno = saved;
    return place;
}

void mp__child_watch_release(int place)
{
    int saved = errno;

    if (place >= 0) {
        (void)close(place); /* a moment old: it is ours */
    }
    errno = saved;
}

int mp__child_watch(pid_t pid)
{
    int saved = errno;
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);

    fd = mp__fd_own(fd);
    errno = saved;
    return fd;
}
#else
int mp__child_watch_hold(void)
{
    return -ENOSYS;
}

void mp__child_watch_release(int place)
{
    (void)place;
}

int mp__child_watch(pid_t pid)
{
    (void)pid;
    return -ENOSYS;
}
#endif

static void exit_of(int status, mp__exit *how)
{
    *how = (mp__exit){ .status = 0 };
    if (WIFSIGNALED(status)) {
        how->status = -WTERMSIG(status);
#ifdef WCOREDUMP
        how->core_dumped = WCOREDUMP(status) != 0;
#endif
    } else {
        how->status = WEXITSTATUS(status);
    }
}

static int64_t ns_of(struct timeval time)
{
    return (int64_t)time.tv_sec * 1000000000 + (int64_t)time.tv_usec * 1000;
}

static mp__usage usage_of(const struct rusage *usage)
{
    mp__usage used = { .cpu_ns =
                           ns_of(usage->ru_utime) + ns_of(usage->ru_stime) };

#if !defined(MP_PORTABLE) && defined(__linux__)
    used.peak_bytes = (uint64_t)usage->ru_maxrss * 1024; /* XSI has none */
#endif
    return used;
}

mp__usage mp__child_own_usage(void)
{
    struct rusage usage;

    if (getrusage(RUSAGE_SELF, &usage) < 0) {
        return (mp__usage){ .cpu_ns = 0 };
    }
    return usage_of(&usage);
}

/* waitpid(), and what the child had used where there is wait4(). */
static pid_t wait_for(pid_t pid, int *status, mp__usage *used)
{
    struct rusage usage = { .ru_utime = { 0 } };
    pid_t got;

    do {
#if !defined(MP_PORTABLE) && defined(__linux__)
        got = wait4(pid, status, WNOHANG, &usage);
#else
        got = waitpid(pid, status, WNOHANG);
#endif
    } while (got < 0 && errno == EINTR);
    *used = usage_of(&usage);
    return got;
}

enum mp__reap mp__child_reap(pid_t pid, mp__exit *how)
{
    int saved = errno;
    int status = 0;
    mp__usage used;
    pid_t got = wait_for(pid, &status, &used);
    enum mp__reap result = MP__REAP_RUNNING;

    if (got == pid) {
        exit_of(status, how);
        how->usage = used;
        result = MP__REAP_ENDED;
    } else if (got < 0) {
        result = MP__REAP_LOST; /* ECHILD: the host ignores or reaps all */
    }
    errno = saved;
    return result;
}

pid_t mp__child_peek(void)
{
    int saved = errno;
    siginfo_t info;
    pid_t pid;

    info.si_pid = 0;
    do {
        pid = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT);
    } while (pid < 0 && errno == EINTR);
    pid = pid < 0 ? -1 : info.si_pid;
    errno = saved;
    return pid;
}

int mp__child_signal(pid_t pid, int watch, int signal)
{
    int saved = errno;
    int error = 0;

#if !defined(MP_PORTABLE) && defined(SYS_pidfd_send_signal)
    if (watch >= 0 && mp__mark_is_ours(watch) &&
        (syscall(SYS_pidfd_send_signal, watch, signal, NULL, 0) == 0 ||
         errno == ESRCH)) {
        errno = saved;
        return 0;
    }
#else
    (void)watch;
#endif
    if (pid > 0 && kill(pid, signal) < 0 && errno == EPERM) {
        error = -EPERM;
    }
    errno = saved;
    return error;
}

void mp__child_kill_group(pid_t pid)
{
    int saved = errno;

    if (pid > 1) {
        MP_KILL_POINT("kill.group");
        (void)kill(-pid, SIGKILL);
        MP_KILL_POINT("kill.leader");
        (void)kill(pid, SIGKILL);
        MP_KILL_POINT("kill.done");
    }
    errno = saved;
}

void mp__child_lead_group(pid_t pid)
{
    int saved = errno;

    /* Fails when the child was faster and has even ended: as good. */
    (void)setpgid(pid, pid);
    errno = saved;
}
