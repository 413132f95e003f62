/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * compare.c -- samples of several peers, taken in turn, and their figures
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIGURES_MAX = 400, CASES_MAX = 40, ROUNDS = 5 };

/* Shared: each workload runs in a process of its own. */
static struct results {
    bench_figure figures[FIGURES_MAX];
    size_t count;
    bool any_wrong;
} * results;

void bench_results_start(void)
{
    results = bench_shared(sizeof(*results));
}

void bench_wrong(const char *workload, const char *what)
{
    fprintf(stderr, "%s: WRONG: %s\n", workload, what);
    results->any_wrong = true;
}

bool bench_any_wrong(void)
{
    return results->any_wrong;
}

void bench_absent(const char *workload, const char *what)
{
    fprintf(stderr, "%s: not measured: %s\n", workload, what);
}

static int ascending(const void *one, const void *other)
{
    double a = *(const double *)one;
    double b = *(const double *)other;

    return (a > b) - (a < b);
}

double bench_median(double *values, size_t count)
{
    if (count == 0) {
        return 0;
    }
    qsort(values, count, sizeof(*values), ascending);
    return values[count / 2];
}

size_t bench_figures(const bench_figure **all)
{
    *all = results->figures;
    return results->count;
}

static bench_figure *add_figure(const char *workload, const bench_case *of,
                                size_t value)
{
    bench_figure *figure = &results->figures[results->count];

    if (results->count == FIGURES_MAX) {
        fputs("bench: FIGURES_MAX is too small\n", stderr);
        abort();
    }
    results->count++;
    (void)snprintf(figure->workload, sizeof(figure->workload), "%s", workload);
    (void)snprintf(figure->peer, sizeof(figure->peer), "%s", of->peer);
    (void)snprintf(figure->param, sizeof(figure->param), "%s",
                   of->values[value].param);
    (void)snprintf(figure->unit, sizeof(figure->unit), "%s",
                   of->values[value].unit);
    return figure;
}

static void print_figure(const bench_figure *figure)
{
    double sorted[BENCH_ROUNDS_MAX];
    double median;

    if (figure->count == 0) {
        return;
    }
    memcpy(sorted, figure->samples, sizeof(sorted));
    median = bench_median(sorted, figure->count);
    printf("%s,%s,%s,%.*f,%s\n", figure->peer, figure->workload, figure->param,
           median >= 100000 ? 0 : 4, median, figure->unit);
}

/* What one case has: its figures in a row, and whether it goes on. */
struct track {
    bench_figure *first;
    bool over;
};

static void sample(const char *workload, const bench_case *of,
                   struct track *track)
{
    double values[BENCH_VALUES] = { 0 };
    int outcome = of->once(of->context, values);

    if (outcome != BENCH_OK) {
        char what[96];

        (void)snprintf(what, sizeof(what), "%s, %s", of->peer,
                       of->values[0].param);
        if (outcome == BENCH_ABSENT) {
            bench_absent(workload, what);
        } else {
            bench_wrong(workload, what);
        }
        track->over = true;
        return;
    }
    for (size_t v = 0; v < BENCH_VALUES && of->values[v].param != NULL; v++) {
        track->first[v].samples[track->first[v].count++] = values[v];
    }
}

void bench_compare(const char *workload, const bench_case *cases, size_t count)
{
    struct track tracks[CASES_MAX] = { { NULL, false } };

    if (count > CASES_MAX) {
        fputs("bench: CASES_MAX is too small\n", stderr);
        abort();
    }
    for (size_t c = 0; c < count; c++) {
        tracks[c].first = &results->figures[results->count];
        for (size_t v = 0; v < BENCH_VALUES && cases[c].values[v].param != NULL;
             v++) {
            (void)add_figure(workload, &cases[c], v);
        }
    }
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t c = 0; c < count; c++) {
            if (!tracks[c].over) {
                sample(workload, &cases[c], &tracks[c]);
            }
        }
    }
    for (size_t c = 0; c < count; c++) {
        for (size_t v = 0; v < BENCH_VALUES && cases[c].values[v].param != NULL;
             v++) {
            print_figure(&tracks[c].first[v]);
        }
    }
    (void)fflush(stdout);
}
