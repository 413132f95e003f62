/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * call_wrap.h -- how a call that may be made to fail is written down
 */
#ifndef MP_TEST_CALL_WRAP_H
#define MP_TEST_CALL_WRAP_H

#include "faults/call_plan.h"

/** A call that gives -1 and sets errno. */
#define WRAP(type, name, id, parameters, arguments)                            \
    type __real_##name parameters;                                             \
    type __wrap_##name parameters;                                             \
    type __wrap_##name parameters                                              \
    {                                                                          \
        return call_fails(CALL_##id) ? (type)-1 : __real_##name arguments;     \
    }

/** The same, but what it is to do is done first. */
#define WRAP_LATE(type, name, id, parameters, arguments)                       \
    type __real_##name parameters;                                             \
    type __wrap_##name parameters;                                             \
    type __wrap_##name parameters                                              \
    {                                                                          \
        type result = __real_##name arguments;                                 \
                                                                               \
        return call_fails(CALL_##id) ? (type)-1 : result;                      \
    }

#endif
