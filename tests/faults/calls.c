/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * calls.c -- every call of the library fails once, under every public call
 *
 *     calls                              everything
 *     calls sample COUNT [SEED]          part of it, with a seed of today
 *     calls census                       who calls what, how often
 *     calls WORLD:SCENARIO CALL ROLE N ERROR
 *                                        one case alone, as it is printed
 *     calls WORLD:SCENARIO               with no failure but those of its world
 *
 * A census runs each scenario without failure and counts the calls of each
 * process. Then the n-th call fails, for n up to a bound, with each of its
 * errors; that in a plain world and in a bare one, where what lies beyond
 * POSIX never works, so that fallbacks fail too. In other worlds one extra is
 * missing, and all must go well. A sample has each error of each call in each
 * role at least once.
 */
#define _DEFAULT_SOURCE

#include "faults/call_run.h"
#include "faults/call_worlds.h"

#include "support/helpers.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    MOST_SCENARIOS = 64,
    NTH_MOST = 6,          /* later calls of a kind are like the sixth */
    ALLOCATIONS_MOST = 24, /* no census counts them */
    SHARDS = 4             /* most cases sleep most of the time */
};

struct trial {
    int world;
    int scenario;
    call_failure failure;
};

static struct trial *trials;
static size_t trials_count;
static size_t trials_room;

static unsigned counts[WORLDS_WITH_FAILURES][MOST_SCENARIOS][CALL_IDS][ROLES];
static call_holdings usual[WORLDS_WITH_FAILURES][MOST_SCENARIOS];

/* What all shards add to. */
struct totals {
    _Atomic unsigned run;
    _Atomic unsigned hit;    /* the call was made and failed */
    _Atomic unsigned failed; /* of the tests */
};

static uint64_t seed;

static size_t random_below(size_t bound)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (size_t)(seed % bound);
}

static void show_failure(const struct trial *trial)
{
    printf("%s:%s", call_world_name(trial->world),
           call_scenario_at(trial->scenario)->name);
    if (trial->failure.nth > 0) {
        printf(" %s %s %u %s", call_name(trial->failure.id),
               call_role_name(trial->failure.role), trial->failure.nth,
               call_error_name(trial->failure.error));
    }
}

/* ---- which cases there are ---- */

/* Is each call made by some scenario in some world? What is not cannot be
 * seen to fail. */
static bool made[CALL_IDS];

static void note_made(const call_plan *plan)
{
    for (int id = 0; id < CALL_IDS; id++) {
        for (int role = 0; role < ROLES; role++) {
            made[id] = made[id] || atomic_load(&plan->counts[id][role]) > 0;
        }
    }
}

static bool all_are_made(void)
{
    bool all = true;

#if !defined(MP_PORTABLE) && defined(__GLIBC__)
    for (int id = 0; id < CALL_IDS; id++) {
        if (!made[id] && id != CALL_ALLOCATE) {
            printf("FAILED %s is never called by a scenario\n",
                   call_name((enum call_id)id));
            all = false;
        }
    }
#endif
    return all;
}

static void keep_counts(const call_case *one, int world, int scenario)
{
    for (int id = 0; id < CALL_IDS; id++) {
        for (int role = 0; role < ROLES; role++) {
            counts[world][scenario][id][role] =
                atomic_load(&one->plan.counts[id][role]);
        }
    }
}

/* Each scenario in each world, without any failure but those of the world. */
static bool take_census(call_case *one)
{
    bool good = true;

    for (int world = 0; call_world_name(world) != NULL; world++) {
        for (int i = 0; call_scenario_at(i)->name != NULL; i++) {
            const char *wrong;

            call_plan_clear(&one->plan);
            call_world_apply(world, &one->plan);
            wrong = call_case_run(one, call_scenario_at(i), NULL);
            if (wrong != NULL) {
                printf("FAILED %s:%s: %s\n", call_world_name(world),
                       call_scenario_at(i)->name, wrong);
                good = false;
            }
            note_made(&one->plan);
            if (world < WORLDS_WITH_FAILURES) {
                usual[world][i] = one->after;
                keep_counts(one, world, i);
            }
        }
    }
    return all_are_made() && good;
}

static void show_census(int world)
{
    for (int i = 0; call_scenario_at(i)->name != NULL; i++) {
        for (int id = 0; id < CALL_IDS; id++) {
            for (int role = 0; role < ROLES; role++) {
                if (counts[world][i][id][role] > 0) {
                    printf("%-6s %-16s %-18s %-10s %u\n",
                           call_world_name(world), call_scenario_at(i)->name,
                           call_name((enum call_id)id),
                           call_role_name((enum call_role)role),
                           counts[world][i][id][role]);
                }
            }
        }
    }
}

static void add_trial(const struct trial *trial)
{
    if (trials_count == trials_room) {
        trials_room = trials_room * 2 + 1024;
        trials = realloc(trials, trials_room * sizeof(*trials));
        if (trials == NULL) {
            perror("calls");
            exit(1);
        }
    }
    trials[trials_count++] = *trial;
}

/* All cases of one call in one role. */
static void list_call(struct trial trial, unsigned count)
{
    for (unsigned nth = 1; nth <= count; nth++) {
        for (const int *error = call_errors(trial.failure.id); *error != 0;
             error++) {
            trial.failure.nth = nth;
            trial.failure.error = *error;
            add_trial(&trial);
        }
    }
}

static void list_scenario(int world, int scenario, const call_plan *always)
{
    for (int id = 0; id < CALL_IDS; id++) {
        bool allocates = id == CALL_ALLOCATE;
        unsigned most = allocates ? ALLOCATIONS_MOST : NTH_MOST;

        for (int role = 0; role < ROLES; role++) {
            unsigned count =
                allocates ? most : counts[world][scenario][id][role];

            if (always->always[id] == 0) {
                list_call(
                    (struct trial){
                        .world = world,
                        .scenario = scenario,
                        .failure = { .id = (enum call_id)id,
                                     .role = (enum call_role)role } },
                    count < most ? count : most);
            }
        }
    }
}

static void list_all(call_plan *plan)
{
    for (int world = 0; world < WORLDS_WITH_FAILURES; world++) {
        call_plan_clear(plan);
        call_world_apply(world, plan);
        for (int i = 0; call_scenario_at(i)->name != NULL; i++) {
            list_scenario(world, i, plan);
        }
    }
}

static void shuffle(void)
{
    for (size_t i = trials_count; i > 1; i--) {
        size_t other = random_below(i);
        struct trial kept = trials[i - 1];

        trials[i - 1] = trials[other];
        trials[other] = kept;
    }
}

/* In random order, first one of each call, role and error, then others; cut
 * at `most`, but never one of the first. */
static void draw_sample(size_t most)
{
    static bool seen[CALL_IDS][ROLES][16];
    size_t kept = 0;

    shuffle();
    for (size_t i = 0; i < trials_count; i++) {
        const call_failure *failure = &trials[i].failure;
        const int *errors = call_errors(failure->id);
        int which = 0;
        struct trial moved;

        while (errors[which] != failure->error) {
            which++;
        }
        if (!seen[failure->id][failure->role][which]) {
            seen[failure->id][failure->role][which] = true;
            moved = trials[kept];
            trials[kept++] = trials[i];
            trials[i] = moved;
        }
    }
    if (most < trials_count) {
        trials_count = most > kept ? most : kept;
    }
}

/* ---- running them ---- */

static void run_trial(call_case *one, const struct trial *trial,
                      struct totals *totals)
{
    int64_t began_ms = mp_test_clock_ms();
    const char *wrong;

    call_plan_clear(&one->plan);
    call_world_apply(trial->world, &one->plan);
    one->plan.once = trial->failure;
    wrong = call_case_run(
        one, call_scenario_at(trial->scenario),
        trial->failure.nth == 0 ? NULL : &usual[trial->world][trial->scenario]);
    (void)atomic_fetch_add(&totals->run, 1);
    if (atomic_load(&one->plan.hits) > 0) {
        (void)atomic_fetch_add(&totals->hit, 1);
    }
    if (getenv("CALLS_TIMES") != NULL) {
        printf("%6d ms ", (int)(mp_test_clock_ms() - began_ms));
        show_failure(trial);
        printf(": %d, %d\n", one->first, one->second);
    }
    if (wrong != NULL) {
        (void)atomic_fetch_add(&totals->failed, 1);
        printf("FAILED ");
        show_failure(trial);
        printf(": %s\n", wrong);
        (void)fflush(stdout);
    }
}

static _Noreturn void run_shard(size_t shard, struct totals *totals)
{
    call_case *one = call_case_create();

    call_run_prepare();
    for (size_t i = shard; i < trials_count; i += SHARDS) {
        run_trial(one, &trials[i], totals);
    }
    (void)fflush(stdout);
    _exit(0);
}

static int run_all(void)
{
    struct totals *totals = mmap(NULL, sizeof(*totals), PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int64_t began_ms = mp_test_clock_ms();
    bool good = true;

    if (totals == MAP_FAILED) {
        perror("calls");
        return 1;
    }
    (void)fflush(NULL);
    for (size_t shard = 0; shard < SHARDS; shard++) {
        pid_t pid = fork();

        if (pid == 0) {
            run_shard(shard, totals);
        }
        good = good && pid > 0;
    }
    for (size_t shard = 0; shard < SHARDS; shard++) {
        int status = 1;

        good = wait(&status) > 0 && status == 0 && good;
    }
    printf("calls: %u cases run, in %u the call failed, %u went wrong, %d s\n",
           atomic_load(&totals->run), atomic_load(&totals->hit),
           atomic_load(&totals->failed),
           (int)((mp_test_clock_ms() - began_ms) / 1000));
    return good && atomic_load(&totals->run) == trials_count &&
                   atomic_load(&totals->failed) == 0
               ? 0
               : 1;
}

/* "WORLD:SCENARIO" */
static bool find_scenario(const char *word, struct trial *trial)
{
    char name[128];

    for (int world = 0; call_world_name(world) != NULL; world++) {
        for (int i = 0; call_scenario_at(i)->name != NULL; i++) {
            (void)snprintf(name, sizeof(name), "%s:%s", call_world_name(world),
                           call_scenario_at(i)->name);
            if (strcmp(name, word) == 0) {
                trial->world = world;
                trial->scenario = i;
                return true;
            }
        }
    }
    return false;
}

/* CALL ROLE N ERROR */
static bool find_failure(char **words, call_failure *failure)
{
    int id = 0;
    int role = 0;

    while (id < CALL_IDS &&
           strcmp(call_name((enum call_id)id), words[0]) != 0) {
        id++;
    }
    while (role < ROLES &&
           strcmp(call_role_name((enum call_role)role), words[1]) != 0) {
        role++;
    }
    *failure = (call_failure){ .id = (enum call_id)id,
                               .role = (enum call_role)role,
                               .nth = (unsigned)strtoul(words[2], NULL, 10),
                               .error = call_error_of(words[3]) };
    return id < CALL_IDS && role < ROLES && failure->nth > 0 &&
           failure->error != 0;
}

/* What `words` say: WORLD:SCENARIO, and maybe the failure. */
static int run_one(call_case *one, int count, char **words)
{
    struct trial trial = { .world = 0 };
    struct totals totals = { 0 };

    if (!find_scenario(words[0], &trial) ||
        (count > 1 && (count != 5 || trial.world >= WORLDS_WITH_FAILURES ||
                       !find_failure(words + 1, &trial.failure)))) {
        fprintf(stderr, "calls: no such case\n");
        return 2;
    }
    if (trial.failure.nth > 0 && !take_census(one)) {
        return 1;
    }
    run_trial(one, &trial, &totals);
    printf("calls: %s; the scenario gave %d (%s)\n",
           atomic_load(&totals.hit) > 0 ? "a call failed" : "no call failed",
           one->first, mp_strerror(one->first));
    return atomic_load(&totals.failed) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "all";
    call_case *one = call_case_create();

    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    call_run_prepare();
    if (strchr(what, ':') != NULL) {
        return run_one(one, argc - 1, argv + 1);
    }
    if (!take_census(one)) {
        return 1;
    }
    if (strcmp(what, "census") == 0) {
        show_census(WORLD_PLAIN);
        show_census(WORLD_BARE);
        return 0;
    }
    list_all(&one->plan);
    printf("calls: %zu cases in all\n", trials_count);
    if (strcmp(what, "sample") == 0 && argc >= 3) {
        seed = argc > 3 ? strtoull(argv[3], NULL, 10) : (uint64_t)time(NULL);
        printf("calls: seed %llu\n", (unsigned long long)seed);
        draw_sample(strtoul(argv[2], NULL, 10));
    }
    return run_all();
}
