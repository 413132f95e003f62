/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * kill_board.c -- which kills there are to be tried, and what became of them
 *
 * The board lies in shared memory. Lanes take the next case from it, play it
 * and write what came of it beside it.
 */
#define _GNU_SOURCE

#include "faults/kill_board_parts.h"

#include "faults/kill_lane.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

const char *const role_names[MP__ROLES] = { "nobody",     "main",   "owner",
                                            "supervisor", "worker", "producer",
                                            "consumer",   "holder", "waiter" };

struct board *board;
const struct scenario *scenarios[SCENARIOS_MOST];
int scenario_count;
int attempt_count;

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
    add_scenarios(extent_scenarios);
    add_scenarios(bundle_scenarios);
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

void board_play(int index)
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

int board_play_all(int64_t end_ns)
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
            board_play(index);
        }
        _exit(0);
    }
    while (wait(&status) > 0) {
        failed = failed || status != 0;
    }
    return failed || atomic_load(&board->failures) > 0;
}

bool board_add(int scenario, const struct victim *victims, int count)
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
