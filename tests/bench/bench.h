/*
 * bench.h -- one line a figure: peer,workload,param,value,unit
 */
#ifndef MP_BENCH_H
#define MP_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

double bench_now_s(void);
void bench_line(const char *peer, const char *workload, const char *param,
                double value, const char *unit);
/* The middle one; sorts `values`. */
double bench_median(double *values, size_t count);

/* One file each. */
void bench_roundtrip(void);
void bench_queue_small(void);
void bench_memory(void);
int bench_applies(int count); /* and nothing else, for a system call trace */

#endif
