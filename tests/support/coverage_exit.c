/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * coverage_exit.c -- a process that leaves by _exit() has been covered too
 *
 * Only in a coverage build, where the linker's --wrap puts it before _exit():
 * children never run exit handlers, and the counters are written in one.
 */
#include <sys/resource.h>
#include <unistd.h>

void __gcov_dump(void);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);

_Noreturn void __wrap__exit(int status)
{
    struct rlimit files;

    /* A test of ours has made the limit of file sizes small. */
    if (getrlimit(RLIMIT_FSIZE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_FSIZE, &files);
    }
    __gcov_dump();
    __real__exit(status);
}
