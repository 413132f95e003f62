/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * single_step.c -- SIGKILL after every k-th instruction of an operation
 *
 *     single_step [STRIDE [SEED [NAME]]]
 *
 * For each scenario (or those whose name contains NAME) the operation is run
 * once step by step, and then again and again, killed before its instruction
 * k, for k = SEED mod STRIDE and every STRIDE-th from it, and at its end. The
 * zombie stays unreaped while the survivors show that all is well. SEED 0 (the
 * default) takes one from the clock, which is printed.
 *
 * The library is the one that users link, with nothing added to it.
 */
#define _GNU_SOURCE

#include "faults/step_stage.h"
#include "faults/step_tracer.h"

#include "support/helpers.h"

#include <mp/mp.h>

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(STEP_OBSTACLE)
static const char *obstacle(void)
{
    return STEP_OBSTACLE;
}
#else
static const char *obstacle(void)
{
    return mp_step_obstacle();
}
#endif

enum {
    SKIPPED = 77,
    INSTRUCTIONS_MOST = 200000,
    FAILURES_SHOWN = 20,
    ATTEMPTS = 2,
    CHEAP = 1500
};

static uintptr_t places[INSTRUCTIONS_MOST];
static mp_step_route routes[INSTRUCTIONS_MOST];
static mp_lock *warm_lock;

static const mp_scenario *scenario;
static long instruction; /* that the victim is killed before */
static long failures;    /* of checks, of the scenario */
static long kills_failed;
static bool complete; /* nothing is left out to save time */
static long effects;  /* kills after which the operation had been done */

void mp_stage_fail(const char *condition, const char *file, int line)
{
    failures++;
    if (failures <= FAILURES_SHOWN) {
        printf("%s, killed before instruction %ld%s: %s (%s:%d)\n",
               scenario->name, instruction, mp_stage_over ? " (over)" : "",
               condition, file, line);
        (void)fflush(stdout);
    }
}

void mp_stage_warm(void)
{
    if (mp_lock_acquire(warm_lock, STEP_LIMIT_MS) < 0 ||
        mp_lock_release(warm_lock) < 0) {
        abort();
    }
}

static _Noreturn void be_victim(void)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (scenario->warm != NULL) {
        scenario->warm();
    }
    mp_stage_enter();
    mp_stage->result = scenario->operate();
    mp_stage->returned = 1;
    mp_stage_end();
    for (;;) {
        (void)pause();
    }
}

static bool wait_for(volatile int *word)
{
    int64_t end = mp_test_clock_ms() + STEP_LIMIT_MS;

    while (*word == 0) {
        if (mp_test_clock_ms() > end) {
            return false;
        }
        (void)sched_yield();
    }
    return true;
}

/* Set the stage and bring the victim to its first mark. */
static bool raise_victim(mp_tracee *victim)
{
    memset(mp_stage, 0, sizeof(*mp_stage));
    mp_stage_over = false;
    *victim = (mp_tracee){ .ends_asleep = scenario->ends_asleep };
    scenario->set_up();
    if (scenario->operate != NULL && fork() == 0) {
        be_victim();
    }
    if (scenario->prepared != NULL) {
        if (!wait_for(&mp_stage->prepared)) {
            return false;
        }
        scenario->prepared();
    }
    if (!wait_for(&mp_stage->victim)) {
        return false;
    }
    victim->pid = mp_stage->victim;
    if (!mp_step_seize(victim->pid)) {
        return false;
    }
    if (scenario->seized != NULL) {
        scenario->seized();
    }
    mp_stage->go = 1;
    if (!scenario->no_marks && mp_step_run_to(victim, (uintptr_t)mp_stage_start,
                                              1) != MP_STEP_STOPPED) {
        return false;
    }
    victim->end = scenario->ends_asleep ? 0 : (uintptr_t)mp_stage_end;
    victim->wake = scenario->wake;
    return true;
}

/* The victim dies here; then everybody else, and all is put away. */
static void end_victim(mp_tracee *victim)
{
    long before = failures;

    STEP_CHECK(mp_step_kill(victim->pid));
    mp_stage_over = mp_stage->returned != 0;
    mp_stage_took = mp_stage_over;
    if (scenario->check != NULL) {
        scenario->check();
    }
    mp_step_reap(victim->pid);
    if (scenario->bury != NULL) {
        scenario->bury();
    }
    scenario->tear_down();
    effects += mp_stage_took;
    kills_failed += failures > before;
}

static void record(long *count)
{
    mp_tracee victim;

    instruction = -1;
    *count = -1;
    if (raise_victim(&victim)) {
        *count = mp_step_record(&victim, places, INSTRUCTIONS_MOST);
    }
    STEP_CHECK(*count > 0);
    if (victim.pid != 0) {
        end_victim(&victim);
        STEP_CHECK(mp_stage_took);
    }
    if (*count > 0) {
        mp_step_find_routes(places, *count, routes);
    }
}

/* Returns whether it came there by the way that was recorded. */
static bool kill_at(long k, const mp_step_route *route)
{
    mp_tracee victim;
    bool strayed = true;

    instruction = k;
    if (!raise_victim(&victim)) {
        STEP_FAIL("the victim does not come to its start");
        kills_failed++;
        return false;
    }
    STEP_CHECK(mp_step_reach(&victim, places, route, k, &strayed) !=
               MP_STEP_LOST);
    end_victim(&victim);
    return !strayed;
}

/* Where others run too, and time counts, a run between breakpoints goes another
 * way than one step by step did: then it is stepped, from the start. Each
 * attempt is a kill, and is checked. */
static bool kill_there(long k, long *kills)
{
    static const mp_step_route from_start = { .at = 0, .hits = 0 };
    bool there = kill_at(k, &routes[k]);
    int attempt;

    ++*kills;
    for (attempt = 1; attempt < ATTEMPTS && !there && (complete || k < CHEAP);
         attempt++) {
        there = kill_at(k, &from_start);
        ++*kills;
    }
    return there;
}

/* Nobody wakes it: it is killed asleep. */
static void kill_asleep(long count)
{
    mp_tracee victim;

    instruction = count;
    if (raise_victim(&victim)) {
        victim.wake = NULL;
        victim.ends_asleep = true;
        STEP_CHECK(mp_step_record(&victim, places, INSTRUCTIONS_MOST) > 0);
        end_victim(&victim);
    }
}

static int run_scenario(long stride, unsigned seed)
{
    int64_t began = mp_test_clock_ms();
    long strayed = 0;
    long kills = 1; /* the recorded run ends in one */
    long count;
    long k;

    failures = 0;
    kills_failed = 0;
    effects = 0;
    record(&count);
    if (count < 0) {
        return 1;
    }
    for (k = (long)seed % stride; k < count && kills_failed < 5; k += stride) {
        strayed += !kill_there(k, &kills);
    }
    if (scenario->wake != NULL) {
        kill_asleep(count);
        kills++;
    }
    printf("%-34s %7ld %7ld %7ld %7ld %8ld %7.1f\n", scenario->name, count,
           kills, effects, strayed, kills_failed,
           (double)(mp_test_clock_ms() - began) / 1000);
    (void)fflush(stdout);
    return failures == 0 ? 0 : 1;
}

static int run_all(const mp_scenario *all, const char *part, long stride,
                   unsigned seed)
{
    int failed = 0;

    for (scenario = all; scenario->name != NULL; scenario++) {
        if (strstr(scenario->name, part) != NULL) {
            failed |= run_scenario(stride, seed);
        }
    }
    return failed;
}

/* A third of the cost of a step, see step_tracer.c. */
static void stay_on_one_cpu(void)
{
    cpu_set_t set;
    int cpu = sched_getcpu();

    CPU_ZERO(&set);
    CPU_SET(cpu < 0 ? 0 : (size_t)cpu, &set);
    (void)sched_setaffinity(0, sizeof(set), &set);
}

int main(int argc, char **argv)
{
    long stride = argc > 1 ? atol(argv[1]) : 37;
    unsigned seed = argc > 2 ? (unsigned)atol(argv[2]) : 0;
    const char *part = argc > 3 ? argv[3] : "";
    const char *why = obstacle();
    void *memory = NULL;
    int failed;

    if (why != NULL) {
        printf("single_step: skipped, because %s\n", why);
        return SKIPPED;
    }
    seed = seed == 0 ? (unsigned)(mp_test_clock_ms() % 100000 + 1) : seed;
    stride = stride < 1 ? 1 : stride;
    complete = stride == 1;
    stay_on_one_cpu();
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (mp_shared_create(&memory, sizeof(*mp_stage)) < 0 ||
        mp_lock_create(&warm_lock) < 0) {
        return 1;
    }
    mp_stage = memory;
    printf("stride %ld, seed %u\n%-34s %7s %7s %7s %7s %8s %7s\n", stride, seed,
           "scenario", "length", "kills", "done", "strayed", "failures", "s");
    (void)fflush(stdout); /* forks have no copy of it to write */
    failed = run_all(mp_queue_scenarios, part, stride, seed) |
             run_all(mp_lock_scenarios, part, stride, seed) |
             run_all(mp_permit_scenarios, part, stride, seed) |
             run_all(mp_pool_scenarios, part, stride, seed);
    mp_lock_destroy(warm_lock);
    mp_shared_destroy(memory);
    return failed;
}
