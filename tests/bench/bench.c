/*
 * bench.c -- run the workloads and print their figures
 *
 *     mp_bench              all of them
 *     mp_bench applies N    N applies with both sides awake, for strace
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

double bench_now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void bench_line(const char *peer, const char *workload, const char *param,
                double value, const char *unit)
{
    printf("%s,%s,%s,%.3g,%s\n", peer, workload, param, value, unit);
    (void)fflush(stdout);
}

static int compare(const void *one, const void *other)
{
    double a = *(const double *)one;
    double b = *(const double *)other;

    return (a > b) - (a < b);
}

double bench_median(double *values, size_t count)
{
    qsort(values, count, sizeof(*values), compare);
    return values[count / 2];
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "applies") == 0) {
        return bench_applies(atoi(argv[2]));
    }
    puts("peer,workload,param,value,unit");
    bench_roundtrip();
    bench_queue_small();
    bench_memory();
    return 0;
}
