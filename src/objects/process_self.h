/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * process_self.h -- the process we are, and the one that started us
 */
#ifndef MP__PROCESS_SELF_H
#define MP__PROCESS_SELF_H

#include "mp/process.h"
#include "platform/child.h"
#include "shared/domain.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum mp__process_state {
    MP__PROCESS_NEW = 0,
    MP__PROCESS_STARTED,
    MP__PROCESS_ENDED, /* status is known */
    MP__PROCESS_LOST,  /* ended, status is not known */
    MP__PROCESS_SELF,  /* the calling process */
    MP__PROCESS_PARENT /* the one that started it */
};

struct mp_process {
    struct mp_process *next; /* in the list of started children */
    mp_process_main *entry;
    void *argument;
    char *name;
    char *identity; /* "2:1": first child of the second child */
    pid_t maker;    /* the process whose handle it is */
    pid_t pid;
    mp__ident ident; /* PARENT only */
    mp__exit how;    /* ENDED only */
    int watch;       /* polls readable at its end; -1: none */
    bool watch_is_exact;
    bool daemon;
    bool detached; /* its handle is gone */
    unsigned made; /* SELF only: children made so far */
    enum mp__process_state state;
};

/* The record of the calling process, also after a fork behind our back. */
mp_process *mp__process_self(void);

/* In a fresh child: become `self`, which was started by `parent_pid`. */
void mp__process_set_self(mp_process *self, pid_t parent_pid,
                          mp__ident parent_ident, const char *parent_name);

/* Wait for the end of the process that started us. */
int mp__process_join_parent(const mp_process *parent, int64_t deadline);

/* A copy in malloc memory; NULL: none to be had. */
char *mp__process_copy(const char *text);

#endif
