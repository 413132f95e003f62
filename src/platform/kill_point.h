/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * kill_point.h -- the places where a test may have this process killed
 *
 * MP_KILL_POINT("guard.taken") stands before and after every step that others
 * could see half done. Normal builds know nothing of it. A build with
 * MP_KILL_POINTS defined, which the fault tests make for themselves, lists all
 * points it contains, counts who passes them, and raises SIGKILL at the one
 * that a plan names. No step of the product depends on a point.
 */
#ifndef MP__KILL_POINT_H
#define MP__KILL_POINT_H

#ifndef MP_KILL_POINTS

#define MP_KILL_POINT(name)               ((void)0)
#define MP_KILL_POINT_IF(condition, name) ((void)0)
#define MP_KILL_ROLE(role)                ((void)0)

#else

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum mp__kill_role {
    MP__ROLE_NONE = 0, /* points are not counted, nobody is killed */
    MP__ROLE_MAIN,     /* makes the objects and starts the others */
    MP__ROLE_OWNER,
    MP__ROLE_SUPERVISOR,
    MP__ROLE_WORKER,
    MP__ROLE_PRODUCER,
    MP__ROLE_CONSUMER,
    MP__ROLE_HOLDER,
    MP__ROLE_WAITER,
    MP__ROLES
};

enum { MP__KILL_POINTS_MOST = 512, MP__KILLS_MOST = 4 };

/* The process in `role` that passes `point` for the `pass`th time, counted
 * over all processes of the role since the kill before it, is killed. */
struct mp__kill {
    int32_t point; /* -1: no more kills */
    int32_t role;
    uint32_t pass;
    _Atomic uint32_t passes;
    _Atomic uint32_t fired;
    _Atomic int32_t pid;     /* of the victim */
    _Atomic int64_t when_ns; /* monotonic */
};

/* In memory shared by all processes of a test. */
struct mp__kill_plan {
    struct mp__kill kills[MP__KILLS_MOST];
    _Atomic uint32_t passes[MP__ROLES][MP__KILL_POINTS_MOST];
};

struct mp__kill_point {
    const char *name;
    const char *file;
    int line;
};

/* All points of this build, in no order that matters. */
size_t mp__kill_points_count(void);
const struct mp__kill_point *mp__kill_point_at(size_t index);

/* From here on this process and its later children follow `plan`. */
void mp__kill_points_follow(struct mp__kill_plan *plan);
/* What this process is from here on. */
void mp__kill_point_role(enum mp__kill_role role);
void mp__kill_point_pass(const struct mp__kill_point *const *place);

/* Pointers have one size and alignment, so that the linker's list of them is
 * an array. */
#define MP_KILL_POINT(text)                                                    \
    do {                                                                       \
        static const struct mp__kill_point mp__point = { text, __FILE__,       \
                                                         __LINE__ };           \
        static const struct mp__kill_point *const mp__place                    \
            __attribute__((section("mp_kill_points"), used)) = &mp__point;     \
        mp__kill_point_pass(&mp__place);                                       \
    } while (0)
#define MP_KILL_POINT_IF(condition, name)                                      \
    do {                                                                       \
        if (condition) {                                                       \
            MP_KILL_POINT(name);                                               \
        }                                                                      \
    } while (0)
#define MP_KILL_ROLE(role) mp__kill_point_role(role)

#endif

#endif
