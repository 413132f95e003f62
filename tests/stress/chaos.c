/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * chaos.c -- everything at once, while somebody is killed all the time
 *
 *     chaos SECONDS INTERVAL_MS [SEED]
 *
 * Two owners of pools with three workers each, three producers and two
 * consumers of a queue, three holders of locks, permits and a condition. Every
 * INTERVAL_MS one of their processes gets SIGKILL: mostly a worker, from time
 * to time a supervisor or the whole second owner. Participants that die are
 * started again. Who is next and which of them depends on the seed alone; what
 * it does at that moment depends on the machine.
 *
 * At the end every task has had one end, every message is accounted for, locks
 * and permits are free, each pool has run eight further tasks, and nothing is
 * left: no process, zombie, descriptor, mapping or memory. See the other
 * chaos_*.c for what each participant checks on its way.
 */
#include "chaos.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HANG_MS = 60000, END_MS = 30000 };

enum role { WORKER, PRODUCER, CONSUMER, HOLDER, SUPERVISOR, OWNER, ROLES };
static const char *const role_names[ROLES] = { "workers",     "producers",
                                               "consumers",   "holders",
                                               "supervisors", "owners" };
static const unsigned role_weights[ROLES] = { 50, 14, 12, 16, 5, 3 };

/* One process that is started again when it dies. */
struct participant {
    enum role role;
    int number;
    mp_process_main *entry;
    mp_process *process; /* NULL: it has ended well */
    long long born_ms;
};

enum { PARTICIPANTS = OWNERS + PRODUCERS + CONSUMERS + HOLDERS };

struct ledger *ledger;
mp_queue *queue;
mp_lock *lock;
mp_semaphore *permits;
mp_lock *room;
mp_condition *changed;

static struct participant all[PARTICIPANTS];
static long kills[ROLES];
static long deaths[ROLES]; /* of participants, seen */
static struct dice dice;

/* ---- participants ---- */

static void start(struct participant *one)
{
    CHECK(mp_process_create(&one->process, one->entry,
                            (void *)(intptr_t)one->number, NULL) == 0);
    CHECK(mp_process_start(one->process) == 0);
    one->born_ms = now_ms();
}

static struct participant *add(struct participant *next, enum role role,
                               mp_process_main *entry, int count)
{
    int i;

    for (i = 0; i < count; i++) {
        *next =
            (struct participant){ .role = role, .number = i, entry, NULL, 0 };
        start(next++);
    }
    return next;
}

static void start_all(void)
{
    struct participant *next = all;

    next = add(next, OWNER, own_pools, OWNERS);
    next = add(next, PRODUCER, produce, PRODUCERS);
    next = add(next, CONSUMER, consume, CONSUMERS);
    next = add(next, HOLDER, hold, HOLDERS);
    CHECK(next == all + PARTICIPANTS);
}

static struct participant *find(enum role role, int number)
{
    int i;

    for (i = 0; i < PARTICIPANTS; i++) {
        if (all[i].role == role && all[i].number == number) {
            return &all[i];
        }
    }
    return NULL;
}

/* Who has ended was killed by us, or had to end; who was killed is started
 * again. At the end that is an owner alone, for its last tasks: the others
 * have no more to do. Orphans that came to us, which we do not know, are
 * reaped. */
static void mind(bool again)
{
    siginfo_t info;
    int status = 0;
    int i;

    for (i = 0; i < PARTICIPANTS; i++) {
        if (all[i].process == NULL ||
            mp_process_join(all[i].process, 0) == MP_ETIMEDOUT) {
            continue;
        }
        CHECK(mp_process_exit_status(all[i].process, &status) == 0);
        mp_process_destroy(all[i].process);
        all[i].process = NULL;
        CHECK(status == -SIGKILL || (status == 0 && !again));
        deaths[all[i].role] += status != 0;
        if (status != 0 && (again || all[i].role == OWNER)) {
            start(&all[i]);
        }
    }
    for (;;) {
        info.si_pid = 0;
        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
            info.si_pid == 0) {
            return;
        }
        for (i = 0; i < PARTICIPANTS; i++) {
            if (all[i].process != NULL &&
                mp_process_pid(all[i].process) == info.si_pid) {
                return; /* next time */
            }
        }
        (void)waitpid(info.si_pid, NULL, 0);
    }
}

/* ---- the killer ---- */

static bool kill_identity(int pid, int parent)
{
    return pid > 0 && identify(pid).parent == parent && kill(pid, SIGKILL) == 0;
}

static bool kill_in_pool(enum role role, int number)
{
    int owner = (int)mp_process_pid(find(OWNER, number)->process);
    int children[WORKERS + 8];
    int supervisor = 0;
    int count = children_of(owner, &supervisor, 1);

    if (role == SUPERVISOR) {
        return count == 1 && kill_identity(supervisor, owner);
    }
    count = count == 1 ? children_of(supervisor, children, WORKERS + 8) : 0;
    return count > 0 &&
           kill_identity(children[dice_throw(&dice, (unsigned)count)],
                         supervisor);
}

static void kill_one(void)
{
    static const int counts[ROLES] = { OWNERS, PRODUCERS, CONSUMERS, HOLDERS };
    unsigned at = dice_throw(&dice, 100);
    enum role role = WORKER;
    struct participant *one;
    int number;
    bool killed;

    while (at >= role_weights[role]) {
        at -= role_weights[role];
        role++;
    }
    number =
        counts[role] == 0 ? 1 : (int)dice_throw(&dice, (unsigned)counts[role]);
    if (role == WORKER || role == SUPERVISOR) {
        killed = kill_in_pool(role, number);
    } else {
        one = find(role, number);
        killed = one != NULL && one->process != NULL &&
                 mp_process_kill(one->process) == 0;
    }
    kills[role] += killed;
}

/* Everybody gets on, or says why not. */
static void look_for_progress(void)
{
    static long last[4];
    static long long since[4];
    long now[4];
    int i;

    now[0] = ledger->owners[0].progress;
    now[1] = ledger->owners[1].progress;
    now[2] = ledger->got;
    now[3] = ledger->acquired;
    for (i = 0; i < 4; i++) {
        if (now[i] != last[i] || since[i] == 0) {
            last[i] = now[i];
            since[i] = now_ms();
        }
        if (now_ms() - since[i] > HANG_MS) {
            printf("no progress of %s for %d s\n",
                   i < 2    ? "an owner"
                   : i == 2 ? "the queue"
                            : "the locks",
                   HANG_MS / 1000);
            CHECK(false);
        }
    }
}

static void rage(long seconds, long interval_ms)
{
    long long end = now_ms() + seconds * 1000;
    long long next = now_ms() + interval_ms;

    while (now_ms() < end && atomic_load(&ledger->failed_line) == 0) {
        mind(true);
        if (now_ms() >= next) {
            kill_one();
            next += interval_ms;
            next = next < now_ms() ? now_ms() : next; /* no bursts */
        }
        look_for_progress();
        nap_us(interval_ms > 50 ? 5000 : 500);
    }
}

/* Let those of `role` end by themselves. */
static void finish(enum role role, int count)
{
    long long end = now_ms() + END_MS;
    int i;

    for (i = 0; i < count; i++) {
        while (find(role, i)->process != NULL &&
               atomic_load(&ledger->failed_line) == 0) {
            mind(false);
            CHECK(now_ms() < end);
            nap_us(1000);
        }
    }
}

/* What a supervisor or an owner that died has left must go by itself. */
static void wait_until_alone(void)
{
    long long end = now_ms() + 5000;

    while (waitpid(-1, NULL, WNOHANG) >= 0) {
        CHECK(now_ms() < end);
        nap_us(1000);
    }
    CHECK(errno == ECHILD);
}

static void end_all(void)
{
    mind(true);
    atomic_store(&ledger->stop_owners, 1);
    atomic_store(&ledger->stop_producers, 1);
    atomic_store(&ledger->stop_holders, 1);
    finish(OWNER, OWNERS);
    finish(PRODUCER, PRODUCERS);
    finish(HOLDER, HOLDERS);
    CHECK(mp_queue_shutdown(queue) == 0);
    finish(CONSUMER, CONSUMERS);
    wait_until_alone();
    account_messages(deaths[PRODUCER], deaths[CONSUMER]);
    account_locks();
}

/* ---- what there is before, and is to be after ---- */

static int nothing(void *unused)
{
    (void)unused;
    return 0;
}

/* libmp keeps two descriptors and a map from its first object on. */
static void warm_up(void)
{
    mp_process *process = NULL;

    CHECK(mp_process_create(&process, nothing, NULL, NULL) == 0);
    CHECK(mp_process_start(process) == 0);
    CHECK(mp_process_join(process, END_MS) == 0);
    mp_process_destroy(process);
}

static void make_objects(void)
{
    CHECK(mp_queue_create(
              &queue, &(mp_queue_options){ .max_bytes = QUEUE_BYTES }) == 0);
    CHECK(mp_lock_create(&lock) == 0);
    CHECK(mp_lock_create(&room) == 0);
    CHECK(mp_semaphore_create(&permits, 2, 2) == 0);
    CHECK(mp_condition_create(&changed, room) == 0);
}

static void destroy_objects(void)
{
    mp_condition_destroy(changed);
    mp_semaphore_destroy(permits);
    mp_lock_destroy(room);
    mp_lock_destroy(lock);
    mp_queue_destroy(queue);
}

static void report(long seconds, long interval_ms)
{
    static const char *const names[] = { "pending",   "running",    "done",
                                         "failed",    "crashed",    "limited",
                                         "cancelled", "terminated", "broken" };
    int i;

    printf("chaos seed %u, %ld s, a kill every %ld ms: killed", ledger->seed,
           seconds, interval_ms);
    for (i = 0; i < ROLES; i++) {
        printf(" %ld %s", kills[i], role_names[i]);
    }
    printf("; tasks");
    for (i = MP_TASK_DONE; i <= MP_TASK_BROKEN; i++) {
        if (i != MP_TASK_TERMINATED) {
            printf(" %ld %s",
                   ledger->owners[0].ends[i] + ledger->owners[1].ends[i],
                   names[i]);
        }
    }
    printf("; rounds %ld, pools %ld; messages put %ld (%ld large), got %ld, "
           "%ld MB; acquired %ld, %ld of them from the dead; notified %ld; "
           "further tasks %ld\n",
           ledger->owners[0].rounds + ledger->owners[1].rounds,
           ledger->owners[0].pools + ledger->owners[1].pools, ledger->put,
           ledger->large, ledger->got, ledger->got_bytes / 1000000,
           ledger->acquired, ledger->inherited, ledger->notified,
           ledger->owners[0].eight + ledger->owners[1].eight);
    if (!memory_counts()) {
        printf("memory was not compared: a sanitizer keeps its own\n");
    }
}

static void run(long seconds, long interval_ms)
{
    struct holdings before;

    warm_up();
    before = holdings_now();
    make_objects();
    start_all();
    rage(seconds, interval_ms);
    if (atomic_load(&ledger->failed_line) == 0) {
        end_all();
        destroy_objects();
        check_holdings(&before, 1, 2048);
        CHECK(ledger->owners[0].eight == 8 && ledger->owners[1].eight == 8);
        CHECK(ledger->owners[0].pools == 1); /* it was never lost */
    }
}

/* Ends what a killer that failed has left: it comes to us. */
static void end_rest(void)
{
    int child = 0;

    while (children_of((int)getpid(), &child, 1) == 1) {
        (void)kill(child, SIGKILL);
        (void)waitpid(child, NULL, 0);
    }
}

int main(int argc, char **argv)
{
    long seconds = argc > 1 ? atol(argv[1]) : 30;
    long interval_ms = argc > 2 ? atol(argv[2]) : 150;
    void *memory = NULL;
    int status = 0;
    pid_t pid;

    if (interval_ms < 1 || mp_shared_create(&memory, sizeof(*ledger)) < 0) {
        fprintf(stderr, "chaos SECONDS INTERVAL_MS [SEED]\n");
        return 2;
    }
    ledger = memory;
    ledger->seed = argc > 3 ? (unsigned)atol(argv[3]) : 7;
    dice = dice_make(ledger->seed);
    printf("chaos seed %u, %ld s, a kill every %ld ms\n", ledger->seed, seconds,
           interval_ms);
    (void)fflush(stdout);
    pid = fork(); /* a failed check ends this child, and we can still tell */
    if (pid == 0) {
        (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
        run(seconds, interval_ms);
        report(seconds, interval_ms);
        (void)fflush(stdout);
        if (atomic_load(&ledger->failed_line) != 0) {
            _exit(1); /* exit() would wait for those that are left */
        }
        exit(0);
    }
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
        printf("the killer ended with %d\n", status);
        status = 1;
    }
    end_rest();
    if (atomic_load(&ledger->failed_line) != 0) {
        printf("the check in %s:%d failed\n", atomic_load(&ledger->failed_file),
               atomic_load(&ledger->failed_line));
        status = 1;
    }
    mp_shared_destroy(memory);
    printf("%s\n", status == 0 ? "all well" : "FAILED");
    return status;
}
