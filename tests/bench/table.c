/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * table.c -- the figures for a reader: libmp beside each peer, with spread,
 * ratio and goal
 *
 * A ratio is taken within each round, where both sides had the same machine,
 * and the median of these is shown.
 */
#include "bench.h"
#include "goals.h"

#include <stdio.h>
#include <string.h>

struct spread {
    double low;
    double middle;
    double high;
};

static struct spread spread_of(const double *samples, size_t count)
{
    double sorted[BENCH_ROUNDS_MAX];
    struct spread spread;

    memcpy(sorted, samples, count * sizeof(*sorted));
    spread.middle = bench_median(sorted, count);
    spread.low = sorted[0];
    spread.high = sorted[count - 1];
    return spread;
}

/* Three digits or so, as in 12.3M. */
static void write_number(char *text, size_t size, double value)
{
    static const char *const units[] = { "", "k", "M", "G" };
    size_t unit = 0;

    while (value >= 9999.5 && unit < 3) {
        value /= 1000;
        unit++;
    }
    (void)snprintf(text, size, value >= 99.95 ? "%.0f%s" : "%.3g%s", value,
                   units[unit]);
}

static void write_spread(char *text, size_t size, struct spread of)
{
    char low[16];
    char middle[16];
    char high[16];

    write_number(low, sizeof(low), of.low);
    write_number(middle, sizeof(middle), of.middle);
    write_number(high, sizeof(high), of.high);
    (void)snprintf(text, size, "%s [%s..%s]", middle, low, high);
}

static const char *verdict(const bench_goal *goal, double value)
{
    return (goal->at_least ? value >= goal->bound : value <= goal->bound)
               ? "met"
               : "not met";
}

/* libmp / peer, round by round. */
static struct spread ratio_of(const bench_figure *mine,
                              const bench_figure *other)
{
    double ratios[BENCH_ROUNDS_MAX] = { 0 };
    size_t count = mine->count < other->count ? mine->count : other->count;

    for (size_t i = 0; i < count; i++) {
        ratios[i] = mine->samples[i] / other->samples[i];
    }
    return spread_of(ratios, count);
}

static void print_row(const bench_figure *mine, const bench_figure *other,
                      const bench_goal *goal)
{
    char name[64];
    char here[64];
    char there[64] = "";
    char ratio[64] = "";
    struct spread mine_spread = spread_of(mine->samples, mine->count);
    double judged = mine_spread.middle;

    (void)snprintf(name, sizeof(name), "%s %s", mine->param, mine->unit);
    write_spread(here, sizeof(here), mine_spread);
    if (other != NULL) {
        struct spread ratio_spread = ratio_of(mine, other);

        judged = ratio_spread.middle;
        write_spread(there, sizeof(there),
                     spread_of(other->samples, other->count));
        write_spread(ratio, sizeof(ratio), ratio_spread);
    }
    printf("%-28s %-23s %-14s %-23s %-23s", name, here,
           other == NULL ? "" : other->peer, there, ratio);
    if (goal != NULL) {
        char bound[16];

        write_number(bound, sizeof(bound), goal->bound);
        printf(" %s %-6s %s", goal->at_least ? ">=" : "<=", bound,
               verdict(goal, judged));
    }
    putchar('\n');
}

/* One of libmp's figures: beside nothing, then beside each other peer. */
static void print_figure(const bench_figure *mine, const bench_figure *all,
                         size_t count)
{
    const bench_goal *goal = bench_goal_of(mine->workload, mine->param, NULL);
    bool alone = true;

    if (goal != NULL) {
        print_row(mine, NULL, goal);
        alone = false;
    }
    for (size_t i = 0; i < count; i++) {
        const bench_figure *other = &all[i];

        if (other->count == 0 || strcmp(other->workload, mine->workload) != 0 ||
            strcmp(other->param, mine->param) != 0 ||
            strcmp(other->peer, "libmp") == 0) {
            continue;
        }
        print_row(mine, other,
                  bench_goal_of(mine->workload, mine->param, other->peer));
        alone = false;
    }
    if (alone) {
        print_row(mine, NULL, NULL);
    }
}

static const bench_figure *find(const char *peer, const char *workload,
                                const char *param, const bench_figure *all,
                                size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (all[i].count > 0 && strcmp(all[i].workload, workload) == 0 &&
            strcmp(all[i].param, param) == 0 &&
            strcmp(all[i].peer, peer) == 0) {
            return &all[i];
        }
    }
    return NULL;
}

/* Each param beside the first, within each round. Only when all were
 * measured. */
static void print_flat(const bench_flat *flat, const bench_figure *all,
                       size_t count)
{
    const bench_figure *first =
        find("libmp", flat->workload, flat->params[0], all, count);
    double low = 1;
    double high = 1;
    const char *last = "";

    for (size_t i = 1; flat->params[i] != NULL; i++) {
        const bench_figure *other;
        double middle;

        last = flat->params[i];
        other = find("libmp", flat->workload, last, all, count);
        if (first == NULL || other == NULL) {
            return;
        }
        middle = ratio_of(other, first).middle;
        low = middle < low ? middle : low;
        high = middle > high ? middle : high;
    }
    printf("%s from %s to %s: most is %.2f x least; goal <= %.1f %s\n",
           flat->workload, flat->params[0], last, high / low,
           1 + BENCH_FLAT_PERCENT / 100.0,
           high / low <= 1 + BENCH_FLAT_PERCENT / 100.0 ? "met" : "not met");
}

void bench_table(void)
{
    const bench_figure *all;
    const bench_flat *flats;
    size_t count = bench_figures(&all);
    size_t flat_count = bench_flats(&flats);
    const char *workload = "";

    printf("\nmedian [least..most] of the rounds; a ratio is libmp / peer\n");
    for (size_t i = 0; i < count; i++) {
        if (strcmp(all[i].peer, "libmp") != 0 || all[i].count == 0) {
            continue;
        }
        if (strcmp(all[i].workload, workload) != 0) {
            workload = all[i].workload;
            printf("\n%-28s %-23s %-14s %-23s %-23s goal\n", workload, "libmp",
                   "peer", "", "ratio");
        }
        print_figure(&all[i], all, count);
    }
    putchar('\n');
    for (size_t i = 0; i < flat_count; i++) {
        print_flat(&flats[i], all, count);
    }
}
