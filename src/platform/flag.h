/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * flag.h -- a descriptor that polls readable while it is raised
 *
 * Shared with every later fork, whichever process raises or lowers it. One
 * descriptor where there is eventfd, two of a pipe elsewhere.
 */
#ifndef MP__FLAG_H
#define MP__FLAG_H

typedef struct mp__flag {
    int read_end; /* to poll */
    int write_end;
} mp__flag;

/* A lowered flag; 0 or -errno. */
int mp__flag_create(mp__flag *flag);

/* Raised flags stay raised; lowered ones lowered. */
void mp__flag_raise(const mp__flag *flag);
void mp__flag_lower(const mp__flag *flag);

/* Close this process's copy. */
void mp__flag_close(mp__flag *flag);

#endif
