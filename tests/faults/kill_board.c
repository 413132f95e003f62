/*
 * kill_board.c -- which kills there are to be tried, and what became of them
 *
 * The board lies in shared memory. Lanes take the next case from it, play it
 * and write what came of it beside it.
 */
#define _GNU_SOURCE

#include "faults/kill_board.h"

#include "faults/kill_lane.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SCENARIOS_MOST = 64,
    CASES_MOST = 1 << 20,
    SINGLES_MOST = 1 << 15,
    CENSUS_RUNS = 3,
    PASSES_MOST = 3,
    FAILURES_SHOWN = 20,
    TRIES_MOST = 5, /* of a point that nobody has been killed at yet */
    BITS = MP__ROLES * MP__KILL_POINTS_MOST / 8
};

struct victim {
    int16_t point;
    uint8_t role;
    uint8_t pass;
};

struct attempt {
    uint8_t scenario;
    uint8_t count;
    uint8_t fired;
    struct victim victims[2];
};

struct board {
    _Atomic int next;
    _Atomic int failures;
    _Atomic int runs;
    _Atomic int fired; /* runs in which every planned kill came about */
    _Atomic int gone_us;
    _Atomic int broken_us;
    uint8_t census[SCENARIOS_MOST][MP__ROLES][MP__KILL_POINTS_MOST];
    _Atomic int killed[MP__ROLES][MP__KILL_POINTS_MOST];
    unsigned char after[SINGLES_MOST][BITS]; /* who passes what after a kill */
    struct attempt attempts[CASES_MOST];
};

/* Points that a build cannot reach. */
static const struct {
    const char *point;
    const char *why;
} unreachable[] = {
#ifdef MP_PORTABLE
    { "domain.found_living", "no start times without /proc" },
    { "domain.let_go", "no start times without /proc" },
#endif
    { NULL, NULL },
};

static const char *const role_names[MP__ROLES] = {
    "nobody",   "main",     "owner",  "supervisor", "worker",
    "producer", "consumer", "holder", "waiter"
};

static struct board *board;
static const struct scenario *scenarios[SCENARIOS_MOST];
static int scenario_count;
static int attempt_count;

static void add_scenarios(const struct scenario *list)
{
    for (; list->name != NULL && scenario_count < SCENARIOS_MOST; list++) {
        scenarios[scenario_count++] = list;
    }
}

int board_create(void)
{
    board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (board == MAP_FAILED) {
        return -1;
    }
    add_scenarios(lock_scenarios);
    add_scenarios(meeting_scenarios);
    add_scenarios(queue_scenarios);
    add_scenarios(pool_scenarios);
    add_scenarios(end_scenarios);
    return 0;
}

static void raise_to(_Atomic int *most, double value)
{
    int now = (int)value;
    int seen = atomic_load(most);

    while (seen < now && !atomic_compare_exchange_weak(most, &seen, now)) {
        /* `seen` is fresh */
    }
}

static void show_failure(const struct attempt *attempt,
                         const struct outcome *outcome)
{
    char line[800];
    int length = snprintf(line, sizeof(line), "FAILED kill_points %s",
                          scenarios[attempt->scenario]->name);
    int i;

    if (atomic_fetch_add(&board->failures, 1) >= FAILURES_SHOWN) {
        return;
    }
    for (i = 0; i < attempt->count; i++) {
        length += snprintf(
            line + length, sizeof(line) - (size_t)length, " %s %s %d",
            mp__kill_point_at((size_t)attempt->victims[i].point)->name,
            role_names[attempt->victims[i].role], attempt->victims[i].pass);
    }
    (void)snprintf(line + length, sizeof(line) - (size_t)length, ": %s\n",
                   outcome->why);
    (void)fputs(line, stdout);
    (void)fflush(stdout);
}

/* Who passed what, after the last planned kill. */
static void note_passes(const struct attempt *attempt, int index)
{
    uint8_t(*census)[MP__KILL_POINTS_MOST] = board->census[attempt->scenario];
    uint32_t passes;
    int bit;
    int role;
    int point;

    for (role = 1; role < MP__ROLES; role++) {
        for (point = 0; point < MP__KILL_POINTS_MOST; point++) {
            passes = atomic_load(&stage->plan.passes[role][point]);
            if (passes == 0) {
                continue;
            }
            if (attempt->count == 0) {
                passes = passes < PASSES_MOST ? passes : PASSES_MOST;
                if (census[role][point] < passes) {
                    census[role][point] = (uint8_t)passes;
                }
            } else if (attempt->count == 1 && attempt->fired != 0 &&
                       index < SINGLES_MOST) {
                bit = role * MP__KILL_POINTS_MOST + point;
                board->after[index][bit / 8] |= (unsigned char)(1 << bit % 8);
            }
        }
    }
}

static void play(int index)
{
    struct attempt *attempt = &board->attempts[index];
    struct mp__kill kills[2] = { { .point = -1 }, { .point = -1 } };
    struct outcome outcome;
    int i;

    for (i = 0; i < attempt->count; i++) {
        kills[i].point = attempt->victims[i].point;
        kills[i].role = attempt->victims[i].role;
        kills[i].pass = attempt->victims[i].pass;
    }
    lane_play(scenarios[attempt->scenario], kills, attempt->count, &outcome);
    (void)atomic_fetch_add(&board->runs, 1);
    attempt->fired = 1;
    for (i = 0; i < attempt->count; i++) {
        attempt->fired = attempt->fired && outcome.fired[i];
    }
    (void)atomic_fetch_add(&board->fired, attempt->fired);
    for (i = 0; i < attempt->count; i++) {
        (void)atomic_fetch_add(
            &board->killed[attempt->victims[i].role][attempt->victims[i].point],
            outcome.fired[i]);
    }
    if (scenarios[attempt->scenario]->role == MP__ROLE_OWNER) {
        raise_to(&board->gone_us, outcome.gone_ms * 1000);
        raise_to(&board->broken_us, outcome.broken_ms * 1000);
    }
    note_passes(attempt, index);
    if (!outcome.well) {
        show_failure(attempt, &outcome);
    }
}

static int lanes(void)
{
    const char *text = getenv("KILL_LANES");
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    int wanted = text == NULL ? 0 : atoi(text);

    /* A run mostly waits: for slices, limits and deaths. */
    return wanted > 0 ? wanted : (int)(cpus < 1 ? 3 : cpus * 3);
}

/* Play all attempts, or until `end_ns`. 0 when all lanes ended well. */
static int play_all(int64_t end_ns)
{
    int count = lanes();
    int status;
    int failed = 0;
    int index;
    int i;

    atomic_store(&board->next, 0);
    atomic_store(&board->runs, 0);
    atomic_store(&board->fired, 0);
    (void)fflush(stdout);
    for (i = 0; i < count; i++) {
        if (fork() != 0) {
            continue;
        }
        if (lane_begin() < 0) {
            _exit(1);
        }
        while ((end_ns == 0 || stage_clock_ns() < end_ns) &&
               atomic_load(&board->failures) < FAILURES_SHOWN) {
            index = atomic_fetch_add(&board->next, 1);
            if (index >= attempt_count) {
                break;
            }
            play(index);
        }
        _exit(0);
    }
    while (wait(&status) > 0) {
        failed = failed || status != 0;
    }
    return failed || atomic_load(&board->failures) > 0;
}

static bool add_attempt(int scenario, const struct victim *victims, int count)
{
    struct attempt *attempt = &board->attempts[attempt_count];

    if (attempt_count == CASES_MOST) {
        return false;
    }
    *attempt = (struct attempt){ .scenario = (uint8_t)scenario,
                                 .count = (uint8_t)count };
    memcpy(attempt->victims, victims, (size_t)count * sizeof(*victims));
    attempt_count++;
    return true;
}

int board_take_census(void)
{
    struct victim nobody = { 0 };
    int64_t begin_ns = stage_clock_ns();
    int failed;
    int i;

    attempt_count = 0;
    for (i = 0; i < scenario_count * CENSUS_RUNS; i++) {
        (void)add_attempt(i % scenario_count, &nobody, 0);
    }
    failed = play_all(0);
    printf("census: %d scenarios, %d runs, %.1f s\n", scenario_count,
           atomic_load(&board->runs),
           (double)(stage_clock_ns() - begin_ns) / 1e9);
    return failed;
}

/* ---- what was hit ---- */

static int passes_of(int point)
{
    int most = 0;
    int s;
    int role;

    for (s = 0; s < scenario_count; s++) {
        for (role = 1; role < MP__ROLES; role++) {
            most = board->census[s][role][point] > most
                       ? board->census[s][role][point]
                       : most;
        }
    }
    return most;
}

static int kills_at(int point)
{
    int kills = 0;
    int role;

    for (role = 1; role < MP__ROLES; role++) {
        kills += atomic_load(&board->killed[role][point]);
    }
    return kills;
}

static const char *excuse_for(const char *name)
{
    int i;

    for (i = 0; unreachable[i].point != NULL; i++) {
        if (strcmp(unreachable[i].point, name) == 0) {
            return unreachable[i].why;
        }
    }
    return NULL;
}

static void show_roles(void)
{
    int count = (int)mp__kill_points_count();
    int points;
    int kills;
    int role;
    int point;

    for (role = 1; role < MP__ROLES; role++) {
        points = 0;
        kills = 0;
        for (point = 0; point < count; point++) {
            points += atomic_load(&board->killed[role][point]) > 0;
            kills += atomic_load(&board->killed[role][point]);
        }
        printf("  %-10s killed at %3d points, %5d times\n", role_names[role],
               points, kills);
    }
}

/* Every point must have been passed, and somebody killed there. */
static int show_coverage(void)
{
    int count = (int)mp__kill_points_count();
    int hit = 0;
    int killed = 0;
    int missed = 0;
    int point;
    const char *name;
    const char *why;

    for (point = 0; point < count; point++) {
        name = mp__kill_point_at((size_t)point)->name;
        hit += passes_of(point) > 0;
        killed += kills_at(point) > 0;
        if (kills_at(point) > 0) {
            continue;
        }
        why = excuse_for(name);
        if (why != NULL) {
            printf("  not on this build: %s (%s)\n", name, why);
            continue;
        }
        printf("  %s: %s\n",
               passes_of(point) > 0 ? "nobody was killed at" : "never passed",
               name);
        missed++;
    }
    printf("points: %d exist, %d were passed, %d were killed at\n", count, hit,
           killed);
    show_roles();
    return missed > 0;
}

/* ---- singles ---- */

static void add_singles(unsigned passes, int only_missed)
{
    struct victim victim;
    int count = (int)mp__kill_points_count();
    int s;

    attempt_count = 0;
    /* First passes come first, so that their traces find room. */
    for (unsigned pass = 1; pass <= passes; pass++) {
        for (int point = 0; point < count; point++) {
            if (only_missed && kills_at(point) > 0) {
                continue;
            }
            for (s = 0; s < scenario_count; s++) {
                for (int role = 1; role < MP__ROLES; role++) {
                    if (board->census[s][role][point] < pass) {
                        continue;
                    }
                    victim = (struct victim){ .point = (int16_t)point,
                                              .role = (uint8_t)role,
                                              .pass = (uint8_t)pass };
                    (void)add_attempt(s, &victim, 1);
                }
            }
        }
    }
}

static void show_runs(const char *what, int64_t begin_ns)
{
    printf("%s: %d of %d cases run, in %d of them every victim came to its "
           "point, %.1f s\n",
           what, atomic_load(&board->runs), attempt_count,
           atomic_load(&board->fired),
           (double)(stage_clock_ns() - begin_ns) / 1e9);
}

/* Put the pairs that singles have shown in place of the singles. */
static struct attempt *collect_pairs(int *count)
{
    struct attempt *pairs = calloc(CASES_MOST, sizeof(*pairs));
    const struct attempt *single;
    int index;
    int bit;

    *count = 0;
    for (index = 0; pairs != NULL && index < attempt_count; index++) {
        single = &board->attempts[index];
        if (index >= SINGLES_MOST || single->victims[0].pass != 1 ||
            single->fired == 0) {
            continue;
        }
        for (bit = 0; bit < BITS * 8 && *count < CASES_MOST; bit++) {
            if ((board->after[index][bit / 8] & 1 << bit % 8) == 0) {
                continue;
            }
            pairs[*count] = *single;
            pairs[*count].count = 2;
            pairs[*count].victims[1] =
                (struct victim){ .point = (int16_t)(bit % MP__KILL_POINTS_MOST),
                                 .role = (uint8_t)(bit / MP__KILL_POINTS_MOST),
                                 .pass = 1 };
            (*count)++;
        }
    }
    return pairs;
}

static struct attempt *pairs;
static int pair_count;

int board_run_singles(void)
{
    int64_t begin_ns = stage_clock_ns();
    int tries;
    int failed;

    add_singles(PASSES_MOST, 0);
    failed = play_all(0);
    show_runs("singles", begin_ns);
    pairs = collect_pairs(&pair_count);
    /* What depends on who is faster may not have come about. */
    for (tries = 0; tries < TRIES_MOST && failed == 0; tries++) {
        add_singles(1, 1);
        if (attempt_count > 0) {
            failed = play_all(0);
        }
    }
    failed = show_coverage() != 0 || failed;
    printf("longest: all gone %.1f ms after a pool's owner ended, MP_EBROKEN "
           "%.1f ms after a supervisor's death\n",
           atomic_load(&board->gone_us) / 1000.0,
           atomic_load(&board->broken_us) / 1000.0);
    return failed;
}

static void shuffle(struct attempt *attempts, int count, unsigned seed)
{
    struct attempt kept;
    int other;
    int i;

    srand(seed);
    for (i = count - 1; i > 0; i--) {
        other = rand() % (i + 1);
        kept = attempts[i];
        attempts[i] = attempts[other];
        attempts[other] = kept;
    }
}

int board_run_sample(int seconds, unsigned seed)
{
    int64_t begin_ns = stage_clock_ns();
    int failed;

    add_singles(PASSES_MOST, 0);
    shuffle(board->attempts, attempt_count, seed);
    failed = play_all(begin_ns + seconds * INT64_C(1000000000));
    printf("sample, seed %u, ", seed);
    show_runs("singles", begin_ns);
    show_roles();
    return failed;
}

int board_run_pairs(int seconds, unsigned seed)
{
    int64_t begin_ns = stage_clock_ns();
    int64_t end_ns =
        seconds <= 0 ? 0 : begin_ns + seconds * INT64_C(1000000000);
    int failed;

    if (pairs == NULL) {
        return 1;
    }
    atomic_store(&board->failures, 0);
    shuffle(pairs, pair_count, seed);
    memcpy(board->attempts, pairs, (size_t)pair_count * sizeof(*pairs));
    attempt_count = pair_count;
    failed = play_all(end_ns);
    printf("pairs, seed %u, ", seed);
    show_runs("after each first kill every second one that was seen to be "
              "possible",
              begin_ns);
    return failed;
}

/* ---- one case ---- */

static int role_of(const char *name)
{
    int role;

    for (role = 1; role < MP__ROLES; role++) {
        if (strcmp(role_names[role], name) == 0) {
            return role;
        }
    }
    return -1;
}

int board_run_one(const char *scenario, char **words, int count)
{
    struct victim victims[2] = { { 0 } };
    int victim_count = count / 3 < 2 ? count / 3 : 2;
    int s;
    int i;

    for (s = 0; s < scenario_count && strcmp(scenarios[s]->name, scenario) != 0;
         s++) {
        /* look on */
    }
    for (i = 0; i < victim_count; i++) {
        victims[i].point = (int16_t)lane_point(words[3 * i]);
        victims[i].role = (uint8_t)role_of(words[3 * i + 1]);
        victims[i].pass = (uint8_t)atoi(words[3 * i + 2]);
        if (victims[i].point < 0 || role_of(words[3 * i + 1]) < 0) {
            s = scenario_count;
        }
    }
    if (s == scenario_count) {
        printf("no such scenario, point or role\n");
        return 1;
    }
    (void)add_attempt(s, victims, victim_count);
    if (lane_begin() < 0) {
        return 1;
    }
    play(0);
    printf("%s, %s\n",
           atomic_load(&board->fired) > 0
               ? "killed as planned"
               : "not every victim came to its point",
           atomic_load(&board->failures) == 0 ? "all well" : "FAILED");
    return atomic_load(&board->failures) > 0;
}
