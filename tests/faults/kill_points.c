/*
 * kill_points.c -- kill -9 at every point of every protocol, by every role
 *
 *     kill_points                        every point, role and pass, alone
 *     kill_points pairs [SECONDS [SEED]] and then pairs of victims, of which
 *                                        a random sample for so long
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

int main(int argc, char **argv)
{
    bool pairs = argc > 1 && strcmp(argv[1], "pairs") == 0;
    int failed = list_points(argc == 2 && strcmp(argv[1], "list") == 0);

    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (failed != 0 || (argc == 2 && !pairs)) {
        return failed;
    }
    if (board_create() < 0) {
        return 1;
    }
    if (argc >= 5 && !pairs) {
        return board_run_one(argv[1], &argv[2], argc - 2);
    }
    failed = board_take_census();
    if (failed == 0) {
        failed = board_run_singles();
        if (pairs) {
            failed =
                board_run_pairs(argc > 2 ? atoi(argv[2]) : 0,
                                argc > 3 ? (unsigned)atoi(argv[3]) : 7) != 0 ||
                failed;
        }
    }
    return failed;
}
