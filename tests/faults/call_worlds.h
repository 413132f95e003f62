/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * call_worlds.h -- systems on which some calls never work
 */
#ifndef MP_TEST_CALL_WORLDS_H
#define MP_TEST_CALL_WORLDS_H

#include "faults/call_plan.h"

enum {
    WORLD_PLAIN = 0,      /* everything works */
    WORLD_BARE,           /* POSIX alone: every extra is ENOSYS, and no /proc */
    WORLDS_WITH_FAILURES, /* in the ones before, other calls fail once, too */
    WORLDS_MOST = 64
};

/** "plain", "bare", "refused", "no-proc", "futex=EPERM", ...; NULL beyond the
 *  last. The string lives until the next call. */
const char *call_world_name(int world);

/** Let the calls that this world lacks fail always. */
void call_world_apply(int world, call_plan *plan);

#endif
