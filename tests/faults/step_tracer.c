/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * step_tracer.c -- stop another process at any of its instructions
 *
 * Tracer and traced are meant to share one CPU, where a step costs a third of
 * what it costs with two. A wait for a stop blocks; a timer interrupts it, to
 * see whether the traced process sleeps in a system call and will not stop by
 * itself. The timer runs only while somebody is traced.
 */
#define _GNU_SOURCE

#include "faults/step_tracer.h"

#include "support/helpers.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/time.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__x86_64__) || defined(__i386__)

#ifdef __x86_64__
#define PC offsetof(struct user_regs_struct, rip)
#else
#define PC offsetof(struct user_regs_struct, eip)
#endif
#define DEBUG(n) (offsetof(struct user, u_debugreg) + (n) * sizeof(long))

#ifdef __GLIBC__
typedef enum __ptrace_request ptrace_request;
#else
typedef int ptrace_request;
#endif

enum { STUCK_MS = 60000, LOOK_EVERY_US = 1000 };

/* ptrace() wants numbers as pointers. */
static void *as_pointer(uintptr_t number)
{
    return (void *)number;
}

static uintptr_t place_of(pid_t pid)
{
    return (uintptr_t)ptrace(PTRACE_PEEKUSER, pid, as_pointer(PC), NULL);
}

static bool set_debug(pid_t pid, unsigned number, uintptr_t value)
{
    return ptrace(PTRACE_POKEUSER, pid, as_pointer(DEBUG(number)),
                  as_pointer(value)) == 0;
}

/* Stop before `first` and `second` are executed; 0: not. */
static bool set_breakpoints(pid_t pid, uintptr_t first, uintptr_t second)
{
    uintptr_t control = (first != 0 ? 1u : 0u) | (second != 0 ? 4u : 0u);

    return set_debug(pid, 7, 0) && set_debug(pid, 0, first) &&
           set_debug(pid, 1, second) && set_debug(pid, 7, control);
}

/* A stop that is not ours to have: the signal goes on to the process. */
static uintptr_t signal_to_pass(int status)
{
    int number = WSTOPSIG(status);

    return number == SIGTRAP || status >> 16 != 0 ? 0 : (uintptr_t)number;
}

static void on_alarm(int number)
{
    (void)number;
}

/* Interrupt our waits every so often; 0: no more. */
static void set_timer(int every_us)
{
    struct itimerval timer = { { 0, every_us }, { 0, every_us } };
    struct sigaction action;

    memset(&action, 0, sizeof(action));
    action.sa_handler = on_alarm; /* without SA_RESTART */
    (void)sigaction(SIGALRM, &action, NULL);
    (void)setitimer(ITIMER_REAL, &timer, NULL);
}

/* It sleeps in a system call: wake it, if that is planned. True: this is the
 * end. */
static bool is_over_asleep(mp_tracee *tracee)
{
    if (mp_test_process_state(tracee->pid) != 'S') {
        return false;
    }
    if (tracee->wake != NULL) {
        set_timer(0);
        tracee->wake();
        tracee->wake = NULL;
        set_timer(LOOK_EVERY_US);
        return false;
    }
    return tracee->ends_asleep;
}

/* Resume by `request` until it stops by a trap. */
static enum mp_step_stop resume(mp_tracee *tracee, ptrace_request request)
{
    int64_t end = mp_test_clock_ms() + STUCK_MS;
    uintptr_t signal = 0;
    int status;
    pid_t got;

    do {
        if (ptrace(request, tracee->pid, NULL, as_pointer(signal)) < 0) {
            return MP_STEP_LOST;
        }
        while ((got = waitpid(tracee->pid, &status, __WALL)) < 0 &&
               errno == EINTR) {
            if (is_over_asleep(tracee)) {
                return MP_STEP_ENDED;
            }
            if (mp_test_clock_ms() > end) {
                return MP_STEP_LOST;
            }
        }
        if (got < 0 || !WIFSTOPPED(status)) {
            return MP_STEP_LOST;
        }
        signal = signal_to_pass(status);
    } while (signal != 0);
    return MP_STEP_STOPPED;
}

static enum mp_step_stop step(mp_tracee *tracee)
{
    enum mp_step_stop stop = resume(tracee, PTRACE_SINGLESTEP);

    if (stop == MP_STEP_STOPPED && tracee->end != 0 &&
        place_of(tracee->pid) == tracee->end) {
        return MP_STEP_ENDED;
    }
    return stop;
}

enum mp_step_stop mp_step_run_to(mp_tracee *tracee, uintptr_t place, long hits)
{
    enum mp_step_stop stop = MP_STEP_STOPPED;
    uintptr_t now = place;

    if (!set_breakpoints(tracee->pid, place,
                         tracee->end == place ? 0 : tracee->end)) {
        return MP_STEP_LOST;
    }
    for (; hits > 0 && stop == MP_STEP_STOPPED && now == place; hits--) {
        stop = resume(tracee, PTRACE_CONT);
        now = stop == MP_STEP_STOPPED ? place_of(tracee->pid) : 0;
    }
    if (stop != MP_STEP_STOPPED) {
        return stop;
    }
    (void)set_breakpoints(tracee->pid, 0, 0);
    if (now == place) {
        return MP_STEP_STOPPED;
    }
    return now == tracee->end ? MP_STEP_ENDED : MP_STEP_LOST;
}

bool mp_step_seize(pid_t pid)
{
    int status = 0;

    if (ptrace(PTRACE_SEIZE, pid, NULL, as_pointer(PTRACE_O_EXITKILL)) < 0 ||
        ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0 ||
        waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status)) {
        return false;
    }
    set_timer(LOOK_EVERY_US);
    return true;
}

long mp_step_record(mp_tracee *tracee, uintptr_t *places, long most)
{
    enum mp_step_stop stop = MP_STEP_STOPPED;
    long count;

    for (count = 0; count < most && stop == MP_STEP_STOPPED; count++) {
        places[count] = place_of(tracee->pid);
        stop = step(tracee);
    }
    return stop == MP_STEP_ENDED ? count : -1;
}

/* Place and where it came first, for sorting. */
struct coming {
    uintptr_t place;
    long number;
};

static int compare(const void *a, const void *b)
{
    const struct coming *left = a;
    const struct coming *right = b;

    if (left->place != right->place) {
        return left->place < right->place ? -1 : 1;
    }
    return left->number < right->number ? -1 : left->number > right->number;
}

void mp_step_find_routes(const uintptr_t *places, long count,
                         mp_step_route *routes)
{
    struct coming *all = calloc((size_t)count + 1, sizeof(*all));
    long cost = 0; /* in stops, of the route to the instruction before */
    long hits = 0;
    long k;

    if (all == NULL) {
        abort();
    }
    for (k = 0; k < count; k++) {
        all[k] = (struct coming){ .place = places[k], .number = k };
    }
    qsort(all, (size_t)count, sizeof(*all), compare);
    for (k = 0; k < count; k++) {
        hits = k > 0 && all[k].place == all[k - 1].place ? hits + 1 : 1;
        routes[all[k].number] =
            (mp_step_route){ .at = all[k].number, .hits = hits };
    }
    free(all);
    routes[0].hits = 0;
    for (k = 1; k < count; k++) {
        cost++;
        /* Whether the place where we start counts is not to be relied on. */
        if (cost <= routes[k].hits || places[k] == places[0]) {
            routes[k] = routes[k - 1];
        } else {
            cost = routes[k].hits;
        }
    }
}

enum mp_step_stop mp_step_reach(mp_tracee *tracee, const uintptr_t *places,
                                const mp_step_route *route, long k,
                                bool *strayed)
{
    enum mp_step_stop stop = MP_STEP_STOPPED;
    long at = route->at;

    if (route->hits > 0) {
        stop = mp_step_run_to(tracee, places[at], route->hits);
    }
    for (; at < k && stop == MP_STEP_STOPPED; at++) {
        stop = step(tracee);
    }
    *strayed = stop != MP_STEP_STOPPED || place_of(tracee->pid) != places[k];
    return stop;
}

bool mp_step_kill(pid_t pid)
{
    siginfo_t info;

    set_timer(0);
    return kill(pid, SIGKILL) == 0 &&
           waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT | __WALL) == 0;
}

void mp_step_reap(pid_t pid)
{
    while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR) {
        /* once more */
    }
}

static void self_test_place(void)
{
    __asm__ __volatile__("" ::: "memory");
}

/* A child of no other use. It waits for a byte, so that it is not on its way
 * before the breakpoint is set, and ends by a trap elsewhere: a machine without
 * breakpoints shows at once, and not by a wait for what never comes. */
static void pass_the_place(int start)
{
    void (*volatile place)(void) = self_test_place;
    char byte;
    int i;

    while (read(start, &byte, 1) < 0) {
        /* once more */
    }
    for (i = 0; i < 1000; i++) {
        place();
    }
    for (;;) {
        (void)raise(SIGTRAP);
    }
}

static const char *try_breakpoint(pid_t pid, int start)
{
    mp_tracee tracee = { .pid = pid };

    if (!mp_step_seize(pid)) {
        return "ptrace is not permitted";
    }
    if (write(start, "", 1) != 1) {
        return "a pipe does not work";
    }
    if (mp_step_run_to(&tracee, (uintptr_t)self_test_place, 2) !=
        MP_STEP_STOPPED) {
        return "hardware breakpoints do not work";
    }
    return NULL;
}

const char *mp_step_obstacle(void)
{
    const char *why = "fork failed";
    int start[2];
    pid_t pid;

    if (pipe(start) < 0) {
        return "there is no pipe";
    }
    pid = fork();
    if (pid == 0) {
        pass_the_place(start[0]);
    }
    if (pid > 0) {
        why = try_breakpoint(pid, start[1]);
        set_timer(0);
        (void)kill(pid, SIGKILL);
        mp_step_reap(pid);
    }
    (void)close(start[0]);
    (void)close(start[1]);
    return why;
}

#endif
