/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * kill_cases.c -- census, singles and pairs: which cases, and what was hit
 */
#include "faults/kill_board_parts.h"

#include "faults/kill_lane.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Points that a build cannot reach. */
static const struct {
    const char *point;
    const char *why;
} unreachable[] = {
#ifdef MP_PORTABLE
    { "domain.found_living", "no start times without /proc" },
    { "domain.let_go", "no start times without /proc" },
    { "extent.pinning", "no file is mapped" },
    { "extent.pinned", "no file is mapped" },
    { "extent.unpinning", "no file is mapped" },
    { "extent.unpinned", "no file is mapped" },
    { "outlet.copied", "no file is mapped" },
#endif
    { NULL, NULL },
};

int board_take_census(void)
{
    struct victim nobody = { 0 };
    int64_t begin_ns = stage_clock_ns();
    int failed;
    int i;

    attempt_count = 0;
    for (i = 0; i < scenario_count * CENSUS_RUNS; i++) {
        (void)board_add(i % scenario_count, &nobody, 0);
    }
    failed = board_play_all(0);
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
                    (void)board_add(s, &victim, 1);
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
    failed = board_play_all(0);
    show_runs("singles", begin_ns);
    pairs = collect_pairs(&pair_count);
    /* What depends on who is faster may not have come about. */
    for (tries = 0; tries < TRIES_MOST && failed == 0; tries++) {
        add_singles(1, 1);
        if (attempt_count > 0) {
            failed = board_play_all(0);
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
    failed = board_play_all(begin_ns + seconds * INT64_C(1000000000));
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
    failed = board_play_all(end_ns);
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
    (void)board_add(s, victims, victim_count);
    if (lane_begin() < 0) {
        return 1;
    }
    board_play(0);
    printf("%s, %s\n",
           atomic_load(&board->fired) > 0
               ? "killed as planned"
               : "not every victim came to its point",
           atomic_load(&board->failures) == 0 ? "all well" : "FAILED");
    return atomic_load(&board->failures) > 0;
}
