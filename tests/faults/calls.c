/*
 * calls.c -- every call of the library fails once, under every public call
 *
 *     calls                                a sample, with a seed of today
 *     calls sample COUNT [SEED]            another one
 *     calls all                            everything
 *     calls census                         who calls what, how often
 *     calls SCENARIO CALL ROLE N ERROR     one case alone, as it is printed
 *
 * A census runs each scenario without failure and counts the calls of each
 * process. Then the n-th call fails, for n up to a bound, with each of its
 * errors. A sample has each error of each call in each role at least once.
 */
#define _DEFAULT_SOURCE

#include "faults/call_run.h"

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
    SHARDS = 4,            /* most cases sleep most of the time */
    SAMPLE = 1200
};

struct trial {
    int scenario;
    call_failure failure;
};

static struct trial *trials;
static size_t trials_count;
static size_t trials_room;

static unsigned counts[MOST_SCENARIOS][CALL_IDS][ROLES];
static call_holdings usual[MOST_SCENARIOS];

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
    printf("%s %s %s %u %s", call_scenario_at(trial->scenario)->name,
           call_name(trial->failure.id), call_role_name(trial->failure.role),
           trial->failure.nth, call_error_name(trial->failure.error));
}

/* ---- which cases there are ---- */

static bool take_census(call_case *one)
{
    bool good = true;

    for (int i = 0; call_scenario_at(i)->name != NULL; i++) {
        const call_scenario *scenario = call_scenario_at(i);
        const char *wrong;

        call_plan_clear(&one->plan);
        wrong = call_case_run(one, scenario, NULL);
        if (wrong == NULL && one->first != 0) {
            wrong = "it fails without any failure";
        }
        if (wrong != NULL) {
            printf("%s: %s\n", scenario->name, wrong);
            good = false;
        }
        usual[i] = one->after;
        for (int id = 0; id < CALL_IDS; id++) {
            for (int role = 0; role < ROLES; role++) {
                counts[i][id][role] = atomic_load(&one->plan.counts[id][role]);
            }
        }
    }
    return good;
}

static void show_census(void)
{
    for (int i = 0; call_scenario_at(i)->name != NULL; i++) {
        for (int id = 0; id < CALL_IDS; id++) {
            for (int role = 0; role < ROLES; role++) {
                if (counts[i][id][role] > 0) {
                    printf("%-16s %-18s %-10s %u\n", call_scenario_at(i)->name,
                           call_name((enum call_id)id),
                           call_role_name((enum call_role)role),
                           counts[i][id][role]);
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
static void list_call(int scenario, enum call_id id, enum call_role role,
                      unsigned count)
{
    for (unsigned nth = 1; nth <= count; nth++) {
        for (const int *error = call_errors(id); *error != 0; error++) {
            add_trial(&(struct trial){
                .scenario = scenario,
                .failure = {
                    .id = id, .role = role, .nth = nth, .error = *error } });
        }
    }
}

static void list_all(void)
{
    for (int i = 0; call_scenario_at(i)->name != NULL; i++) {
        for (int id = 0; id < CALL_IDS; id++) {
            for (int role = 0; role < ROLES; role++) {
                unsigned count = id == CALL_ALLOCATE ? ALLOCATIONS_MOST
                                                     : counts[i][id][role];
                unsigned most =
                    id == CALL_ALLOCATE ? ALLOCATIONS_MOST : NTH_MOST;

                list_call(i, (enum call_id)id, (enum call_role)role,
                          count < most ? count : most);
            }
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
    one->plan.once = trial->failure;
    wrong = call_case_run(one, call_scenario_at(trial->scenario),
                          &usual[trial->scenario]);
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

static int run_one(call_case *one, char **words)
{
    struct trial trial = { .scenario = -1 };
    struct totals totals = { 0 };

    for (int i = 0; call_scenario_at(i)->name != NULL; i++) {
        if (strcmp(call_scenario_at(i)->name, words[0]) == 0) {
            trial.scenario = i;
        }
    }
    trial.failure.id = CALL_IDS;
    for (int id = 0; id < CALL_IDS; id++) {
        if (strcmp(call_name((enum call_id)id), words[1]) == 0) {
            trial.failure.id = (enum call_id)id;
        }
    }
    trial.failure.role = ROLES;
    for (int role = 0; role < ROLES; role++) {
        if (strcmp(call_role_name((enum call_role)role), words[2]) == 0) {
            trial.failure.role = (enum call_role)role;
        }
    }
    trial.failure.nth = (unsigned)strtoul(words[3], NULL, 10);
    trial.failure.error = call_error_of(words[4]);
    if (trial.scenario < 0 || trial.failure.id == CALL_IDS ||
        trial.failure.role == ROLES || trial.failure.error == 0) {
        fprintf(stderr, "calls: no such case\n");
        return 2;
    }
    run_trial(one, &trial, &totals);
    printf("calls: the call %s; the scenario gave %d (%s)\n",
           atomic_load(&totals.hit) > 0 ? "failed" : "was not made", one->first,
           mp_strerror(one->first));
    return atomic_load(&totals.failed) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "sample";
    size_t most = argc == 3 || argc == 4 ? strtoul(argv[2], NULL, 10) : SAMPLE;
    call_case *one = call_case_create();

    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    call_run_prepare();
    if (!take_census(one)) {
        return 1;
    }
    if (argc == 6) {
        return run_one(one, argv + 1);
    }
    if (strcmp(what, "census") == 0) {
        show_census();
        return 0;
    }
    list_all();
    printf("calls: %zu cases in all\n", trials_count);
    if (strcmp(what, "sample") == 0) {
        seed = argc == 4 ? strtoull(argv[3], NULL, 10) : (uint64_t)time(NULL);
        printf("calls: seed %llu\n", (unsigned long long)seed);
        draw_sample(most);
    } else if (strcmp(what, "all") != 0) {
        fprintf(stderr, "calls: see the top of calls.c\n");
        return 2;
    }
    return run_all();
}
