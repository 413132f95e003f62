/*
 * cpu.h -- how many CPUs there are, and how many are ours
 */
#ifndef MP__CPU_H
#define MP__CPU_H

/* CPUs online, at least 1: sysconf(_SC_NPROCESSORS_ONLN). */
int mp__cpu_online(void);

/* What affinity mask and cgroup quota leave this process, at least 1. */
int mp__cpu_usable(void);

/* Tell the CPU that we are in a loop that waits for another CPU. */
void mp__cpu_relax(void);

#endif
