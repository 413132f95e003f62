/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * kill_points.c -- kill -9 at every point of every protocol, by every role
 *
 *     kill_points                        every point, role and pass, alone
 *     kill_points pairs [SECONDS [SEED]] and then pairs of victims, of which
 *                                        a random sample for so long
 *     kill_points sample SECONDS [SEED]  of the singles only
 *     kill_points list                   the points of this build
 *     kill_points SCENARIO POINT ROLE PASS [POINT ROLE PASS]   one case
 *
 * See README.md beside this.
 */
#include "faults/kill_board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare_names(const void *one, const void *other)
{
    return strcmp(*(const char *const *)one, *(const char *const *)other);
}

/* Sorted; a name that stands twice is an error. */
static int list_points(bool show)
{
    const char *names[MP__KILL_POINTS_MOST];
    size_t count = mp__kill_points_count();
    size_t i;
    int twice = 0;

    if (count > MP__KILL_POINTS_MOST) {
        printf("%zu points are more than the plan has room for\n", count);
        return 1;
    }
    for (i = 0; i < count; i++) {
        names[i] = mp__kill_point_at(i)->name;
    }
    qsort(names, count, sizeof(names[0]), compare_names);
    for (i = 0; i < count; i++) {
        if (show) {
            printf("%s\n", names[i]);
        }
        if (i > 0 && strcmp(names[i - 1], names[i]) == 0) {
            printf("the name %s is used twice\n", names[i]);
            twice = 1;
        }
    }
    return twice;
}

/* A number among the arguments, or what it is without. */
static int number_of(int argc, char **argv, int index, int otherwise)
{
    return argc > index ? atoi(argv[index]) : otherwise;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "singles";
    bool pairs = strcmp(what, "pairs") == 0;
    bool sample = strcmp(what, "sample") == 0;
    int seconds = number_of(argc, argv, 2, 0);
    unsigned seed = (unsigned)number_of(argc, argv, 3, 7);
    int failed = list_points(strcmp(what, "list") == 0);

    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (failed != 0 || strcmp(what, "list") == 0) {
        return failed;
    }
    if (board_create() < 0) {
        return 1;
    }
    if (argc > 1 && !pairs && !sample) {
        return board_run_one(argv[1], &argv[2], argc - 2);
    }
    if (board_take_census() != 0) {
        return 1;
    }
    if (sample) {
        return board_run_sample(seconds, seed);
    }
    failed = board_run_singles();
    return pairs ? board_run_pairs(seconds, seed) != 0 || failed : failed;
}
