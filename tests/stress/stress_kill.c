/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * stress_kill.c -- kill one process of a pool at a random moment, many times
 *
 *     stress_kill ROUNDS [SEED]
 *
 * A victim program, forked afresh whenever its owner or supervisor was killed,
 * owns a pool of 3 workers that map numbers and pass messages through a queue
 * under a lock; it checks every result. This program, its parent, kills one of
 * its processes by pid: a worker, the supervisor or the owner. Afterwards
 *
 *   - after a worker's death, the owner goes on, and every task has one end;
 *   - after the supervisor's, the owner's calls end as MP_EBROKEN and it makes
 *     a new pool;
 *   - after the owner's, all its processes are gone within 5 s.
 *
 * What the owner did at the moment of the kill is counted from a shared word,
 * and printed. Fails on a hang (30 s without progress), a stray process, a
 * wrong result or total.
 */
#include "processes.h"

#include <mp/mp.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <unistd.h>

enum { WORKERS = 3, ITEMS = 60, HANG_MS = 30000 };

enum doing { IDLE, CREATE, MAP, APPLY, IMAP, QUEUE, DESTROY, DOINGS };
static const char *const doing_names[DOINGS] = {
    "between calls", "create", "map", "apply", "imap", "queue", "destroy"
};

enum role { WORKER, SUPERVISOR, OWNER, ROLES };
static const char *const role_names[ROLES] = { "worker", "supervisor",
                                               "owner" };

struct watch {
    pid_t killer;
    volatile int doing;
    volatile int supervisor;
    volatile int workers[WORKERS];
    volatile long long rounds;  /* of the owner: progress */
    volatile long long crashed; /* items that ended so */
    volatile long long broken;  /* pools that were lost */
    volatile int failed;        /* line of the first failed check */
};

static struct watch *watch;
static mp_queue *queue;
static mp_lock *lock;

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition)) {                                                    \
            if (watch->failed == 0) {                                          \
                watch->failed = __LINE__;                                      \
            }                                                                  \
            _exit(1);                                                          \
        }                                                                      \
    } while (0)

/* ---- in the workers ---- */

static int work(const void *argument, void *result)
{
    int64_t x = *(const int64_t *)argument;
    int error;

    watch->workers[mp_task_worker_index()] = (int)getpid();
    if (getppid() != 1 && getppid() != watch->killer) { /* else it died */
        watch->supervisor = (int)getppid();
    }
    if (x % 4 == 0) {
        error = mp_lock_acquire(lock, 10000);
        CHECK(error == 0 || error == MP_OWNERDEAD);
        CHECK(mp_queue_put(queue, &x, 10000) == 0);
        CHECK(mp_lock_release(lock) == 0);
    }
    *(int64_t *)result = x * x;
    return 0;
}

static const mp_task work_task = { .run = work,
                                   .argument = &mp_serializer_int64,
                                   .result = &mp_serializer_int64 };

/* ---- in the owner ---- */

/* An end that a kill explains. */
static void count_end(int error)
{
    if (error == MP_ECRASHED) {
        watch->crashed++;
    } else {
        CHECK(error == MP_EBROKEN);
    }
}

static int map_once(mp_pool *pool, int chunk)
{
    int64_t numbers[ITEMS];
    int64_t squares[ITEMS];
    mp_result *result = NULL;
    mp_report report;
    int error;
    int i;

    for (i = 0; i < ITEMS; i++) {
        numbers[i] = i + 1;
    }
    watch->doing = MAP;
    error = mp_pool_map_async(pool, &result, &work_task, numbers, ITEMS,
                              &(mp_call_options){ .chunk_size = chunk });
    if (error < 0) {
        CHECK(error == MP_EBROKEN);
        return error;
    }
    error = mp_result_get(result, squares, MP_FOREVER);
    for (i = 0; i < ITEMS; i++) {
        CHECK(mp_result_report(result, (size_t)i, &report) == 0);
        CHECK(squares[i] == (report.error == 0 ? numbers[i] * numbers[i] : 0));
        if (report.error != 0) {
            count_end(report.error);
        }
    }
    mp_result_destroy(result);
    return error;
}

static int imap_once(mp_pool *pool)
{
    int64_t numbers[ITEMS];
    mp_source source = { .items = numbers, .count = ITEMS };
    mp_iterator *iterator = NULL;
    mp_report report;
    int64_t square = 0;
    int seen = 0;
    int error;

    for (int i = 0; i < ITEMS; i++) {
        numbers[i] = i + 1;
    }
    watch->doing = IMAP;
    error = mp_pool_imap_unordered(pool, &iterator, &work_task, &source, NULL);
    if (error < 0) {
        CHECK(error == MP_EBROKEN);
        return error;
    }
    while ((error = mp_iterator_next(iterator, &square, &report, MP_FOREVER)) >
           0) {
        seen++;
        if (report.error != 0) {
            count_end(report.error);
        } else {
            CHECK(square == (int64_t)((report.index + 1) * (report.index + 1)));
        }
    }
    CHECK(error == MP_EBROKEN || (error == 0 && seen == ITEMS));
    mp_iterator_destroy(iterator);
    return error;
}

static void drain_queue(void)
{
    int64_t got = 0;

    watch->doing = QUEUE;
    while (mp_queue_get(queue, &got, 0) == 0) {
        CHECK(got % 4 == 0 && got > 0 && got <= ITEMS);
    }
}

static _Noreturn void own_pools(void)
{
    mp_pool *pool = NULL;
    int64_t three = 3;
    int64_t nine = 0;
    int error;

    for (;;) {
        if (pool == NULL) {
            watch->doing = CREATE;
            error =
                mp_pool_create(&pool, &(mp_pool_options){ .workers = WORKERS });
            if (error < 0) {
                CHECK(error == MP_EBROKEN); /* killed before it had begun */
                pool = NULL;
                continue;
            }
        }
        error = map_once(pool, watch->rounds % 2 == 0 ? 7 : 1);
        if (error != MP_EBROKEN) {
            error = imap_once(pool);
        }
        drain_queue();
        if (error != MP_EBROKEN) {
            watch->doing = APPLY;
            error = mp_pool_apply(pool, &work_task, &three, &nine, NULL);
            CHECK(error != 0 || nine == 9);
        }
        watch->doing = IDLE;
        if (error != 0) {
            count_end(error);
        }
        if (error == MP_EBROKEN || watch->rounds % 50 == 49) {
            watch->broken += error == MP_EBROKEN;
            watch->doing = DESTROY;
            mp_pool_destroy(pool);
            pool = NULL;
        }
        watch->rounds++;
    }
}

/* ---- the killer ---- */

static pid_t start_owner(void)
{
    pid_t pid;

    watch->supervisor = 0;
    memset((void *)(uintptr_t)watch->workers, 0, sizeof(watch->workers));
    pid = fork();
    if (pid == 0) {
        own_pools();
    }
    return pid;
}

static int wait_gone(const struct identity *all, int count)
{
    long long end = now_ms() + 5000;
    int i;

    for (i = 0; i < count; i++) {
        while (!is_gone(&all[i])) {
            if (now_ms() > end) {
                printf("process %d is left behind\n", all[i].pid);
                return 0;
            }
            nap_us(1000);
        }
    }
    return 1;
}

/* Wait for `count` more rounds of the owner. */
static int wait_progress(long long count)
{
    long long end = now_ms() + HANG_MS;
    long long goal = watch->rounds + count;

    while (watch->rounds < goal && watch->failed == 0) {
        if (now_ms() > end) {
            printf("no progress for %d s while in %s\n", HANG_MS / 1000,
                   doing_names[watch->doing]);
            return 0;
        }
        nap_us(500);
    }
    return watch->failed == 0;
}

/* The supervisor of `owner` and its workers, as far as they are known. */
static void identify_all(pid_t owner, struct identity all[WORKERS + 1])
{
    struct identity *supervisor = &all[WORKERS];
    int i;

    *supervisor = identify(watch->supervisor);
    if (supervisor->parent != owner) {
        supervisor->start = 0; /* not this owner's, or nobody's any more */
    }
    for (i = 0; i < WORKERS; i++) {
        all[i] = identify(watch->workers[i]);
        if (supervisor->start == 0 || all[i].parent != supervisor->pid) {
            all[i].start = 0;
        }
    }
}

static int kill_one(enum role role, pid_t *owner, long histogram[])
{
    struct identity all[WORKERS + 1];
    const struct identity *victim = &all[WORKERS];
    int doing;

    nap_us(rand() % 3000);
    identify_all(*owner, all);
    if (role == WORKER) {
        victim = &all[rand() % WORKERS];
    }
    if (role != OWNER && victim->start == 0) {
        return 0; /* not known yet, or just replaced */
    }
    doing = watch->doing;
    if (kill(role == OWNER ? *owner : victim->pid, SIGKILL) < 0) {
        return 0;
    }
    histogram[doing]++;
    if (role == OWNER) {
        (void)waitpid(*owner, NULL, 0);
        if (!wait_gone(all, WORKERS + 1)) {
            return -1;
        }
        *owner = start_owner();
    }
    return wait_progress(2) ? 1 : -1;
}

static int run(int rounds, pid_t *owner)
{
    long histogram[DOINGS] = { 0 };
    long kills[ROLES] = { 0 };
    long busy = 0;
    int done = 0;
    int killed;

    while (done < rounds) {
        int dice = rand() % 10;
        enum role role = dice < 6 ? WORKER : dice < 8 ? SUPERVISOR : OWNER;

        killed = kill_one(role, owner, histogram);
        if (killed < 0) {
            return 1;
        }
        done += killed;
        kills[role] += killed;
    }
    for (int i = 0; i < ROLES; i++) {
        printf("%-14s %5ld killed\n", role_names[i], kills[i]);
    }
    for (int i = 0; i < DOINGS; i++) {
        printf("%-14s %5ld times the owner was there\n", doing_names[i],
               histogram[i]);
        busy += i == IDLE ? 0 : histogram[i];
    }
    printf("%ld of %d kills during an operation; %lld items crashed, %lld "
           "pools lost\n",
           busy, rounds, watch->crashed, watch->broken);
    return busy * 2 >= rounds ? 0 : 1;
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 500;
    unsigned seed = argc > 2 ? (unsigned)atoi(argv[2]) : 7;
    struct identity all[WORKERS + 1];
    void *memory = NULL;
    pid_t owner;
    int status;

    srand(seed);
    if (mp_shared_create(&memory, sizeof(*watch)) < 0 ||
        mp_queue_create(
            &queue, &(mp_queue_options){ .serializer = &mp_serializer_int64 }) <
            0 ||
        mp_lock_create(&lock) < 0) {
        return 1;
    }
    watch = memory;
    watch->killer = getpid();
#ifdef PR_SET_CHILD_SUBREAPER
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
#endif
    owner = start_owner();
    status = run(rounds, &owner);
    identify_all(owner, all);
    (void)kill(owner, SIGKILL);
    (void)waitpid(owner, NULL, 0);
    if (!wait_gone(all, WORKERS + 1)) {
        status = 1;
    }
    if (watch->failed != 0) {
        printf("the check in line %d failed\n", watch->failed);
        status = 1;
    }
    printf("seed %u: %s\n", seed, status == 0 ? "all well" : "FAILED");
    mp_lock_destroy(lock);
    mp_queue_destroy(queue);
    mp_shared_destroy(memory);
    return status;
}
