/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * call_wrap.c -- what stands before each system call of the library
 *
 * The linker sends a call of f() to __wrap_f() and gives the original the
 * name __real_f(). call_wrapped.txt lists them all; calls that move bytes are
 * in call_wrap_io.c.
 */
#define _GNU_SOURCE

#include "faults/call_wrap.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/futex.h>

WRAP(long, sysconf, SYSCONF, (int name), (name))
WRAP(int, setpgid, SETPGID, (pid_t pid, pid_t group), (pid, group))
WRAP(int, sched_yield, YIELD, (void), ())
WRAP(int, sched_getaffinity, AFFINITY, (pid_t pid, size_t size, cpu_set_t *set),
     (pid, size, set))
WRAP(int, getrusage, USAGE, (int who, struct rusage *usage), (who, usage))
WRAP(int, nanosleep, NANOSLEEP,
     (const struct timespec *time, struct timespec *left), (time, left))
WRAP(int, poll, POLL, (struct pollfd * set, nfds_t count, int timeout),
     (set, count, timeout))
WRAP(int, madvise, MADVISE, (void *memory, size_t size, int advice),
     (memory, size, advice))
WRAP(int, mprotect, MPROTECT, (void *memory, size_t size, int access),
     (memory, size, access))
WRAP(int, sigtimedwait, SIGTIMEDWAIT,
     (const sigset_t *set, siginfo_t *info, const struct timespec *timeout),
     (set, info, timeout))
WRAP(int, waitid, WAITID,
     (idtype_t type, id_t id, siginfo_t *info, int options),
     (type, id, info, options))
WRAP(int, sigaction, SIGACTION,
     (int number, const struct sigaction *action, struct sigaction *before),
     (number, action, before))
WRAP(int, atexit, ATEXIT, (void (*handler)(void)), (handler))
#if defined(__GLIBC__)
WRAP(int, on_exit, ON_EXIT, (void (*handler)(int, void *), void *argument),
     (handler, argument))
#endif
/* What is done all the same: nobody could undo it. */
WRAP_LATE(int, munmap, MUNMAP, (void *memory, size_t size), (memory, size))
WRAP_LATE(int, fflush, FFLUSH, (FILE * stream), (stream))

pid_t __real_fork(void);
pid_t __wrap_fork(void);

pid_t __wrap_fork(void)
{
    pid_t pid;

    if (call_fails(CALL_FORK)) {
        return -1;
    }
    pid = __real_fork();
    if (pid == 0) {
        call_plan_forked();
    }
    return pid;
}

void *__real_mmap(void *at, size_t size, int protection, int flags, int fd,
                  off_t offset);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd,
                  off_t offset);

void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd,
                  off_t offset)
{
    return call_fails(CALL_MMAP)
               ? MAP_FAILED
               : __real_mmap(at, size, protection, flags, fd, offset);
}

#if defined(__GLIBC__)
void *__real_mmap64(void *at, size_t size, int protection, int flags, int fd,
                    off64_t offset);
void *__wrap_mmap64(void *at, size_t size, int protection, int flags, int fd,
                    off64_t offset);

void *__wrap_mmap64(void *at, size_t size, int protection, int flags, int fd,
                    off64_t offset)
{
    return call_fails(CALL_MMAP)
               ? MAP_FAILED
               : __real_mmap64(at, size, protection, flags, fd, offset);
}
#endif

int __real_kill(pid_t pid, int number);
int __wrap_kill(pid_t pid, int number);

int __wrap_kill(pid_t pid, int number)
{
    if (number != 0 && call_fails(pid < 0 ? CALL_KILL_GROUP : CALL_KILL_ONE)) {
        return -1;
    }
    return __real_kill(pid, number);
}

int __real_prctl(int option, ...);
int __wrap_prctl(int option, ...);

int __wrap_prctl(int option, ...)
{
    unsigned long argument;
    va_list list;

    va_start(list, option);
    argument = va_arg(list, unsigned long);
    va_end(list);
    if ((option == PR_SET_NAME && call_fails(CALL_PRCTL_NAME)) ||
        (option == PR_SET_PDEATHSIG && call_fails(CALL_PRCTL_DEATH))) {
        return -1;
    }
    return __real_prctl(option, argument, 0UL, 0UL, 0UL);
}

/* ---- waiting for children ---- */

static bool is_fault(int status)
{
    int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

    return number == SIGSEGV || number == SIGBUS || number == SIGABRT ||
           number == SIGFPE || number == SIGILL;
}

/* What a wait gave. With ECHILD due, the status of a child that has ended is
 * thrown away: somebody else has reaped it. */
static pid_t after_wait(pid_t got, int *status, bool lost)
{
    call_plan *plan = call_plan_now();

    if (plan == NULL) {
        return got;
    }
    if (got > 0 && is_fault(*status)) {
        (void)atomic_fetch_add(&plan->crashes, 1);
    }
    if (lost || atomic_load(&plan->owes_echild)) {
        atomic_store(&plan->owes_echild, got == 0);
        if (got > 0) {
            errno = ECHILD;
            return -1;
        }
    }
    return got;
}

pid_t __real_wait4(pid_t pid, int *status, int options, struct rusage *usage);
pid_t __wrap_wait4(pid_t pid, int *status, int options, struct rusage *usage);

pid_t __wrap_wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
    int error = call_due(CALL_WAIT);

    if (error != 0 && error != ECHILD) {
        errno = error;
        return -1;
    }
    return after_wait(__real_wait4(pid, status, options, usage), status,
                      error == ECHILD);
}

pid_t __real_waitpid(pid_t pid, int *status, int options);
pid_t __wrap_waitpid(pid_t pid, int *status, int options);

pid_t __wrap_waitpid(pid_t pid, int *status, int options)
{
    int error = call_due(CALL_WAIT);

    if (error != 0 && error != ECHILD) {
        errno = error;
        return -1;
    }
    return after_wait(__real_waitpid(pid, status, options), status,
                      error == ECHILD);
}

/* ---- syscall() ---- */

static int id_of(long number, int operation)
{
#if defined(SYS_futex)
    if (number == SYS_futex) {
        return operation == FUTEX_WAKE ? CALL_FUTEX_WAKE : CALL_FUTEX_WAIT;
    }
#else
    if (number == SYS_futex_time64) {
        return operation == FUTEX_WAKE ? CALL_FUTEX_WAKE : CALL_FUTEX_WAIT;
    }
#endif
#if defined(SYS_pidfd_open)
    if (number == SYS_pidfd_open) {
        return CALL_PIDFD_OPEN;
    }
#endif
#if defined(SYS_pidfd_send_signal)
    if (number == SYS_pidfd_send_signal) {
        return CALL_PIDFD_SIGNAL;
    }
#endif
    return -1;
}

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

long __wrap_syscall(long number, ...)
{
    long a[6];
    va_list list;
    int id;

    va_start(list, number);
    for (int i = 0; i < 6; i++) {
        a[i] = va_arg(list, long);
    }
    va_end(list);
    id = id_of(number, (int)a[1]);
    if (id < 0) {
        static const char text[] =
            "calls: a syscall() that call_wrap.c does not know\n";

        (void)!__real_syscall(SYS_write, 2, text, sizeof(text) - 1);
        abort();
    }
    if (call_fails((enum call_id)id)) {
        return -1;
    }
    return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
