/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * kill_point.c -- the places where a test may have this process killed
 *
 * Nothing at all in a normal build.
 */
#include "platform/kill_point.h"

#include <stddef.h>

#ifdef MP_KILL_POINTS

#include "platform/clock.h"

#include <signal.h>
#include <unistd.h>

/* The linker's names for the bounds of the section. */
extern const struct mp__kill_point *const __start_mp_kill_points[];
extern const struct mp__kill_point *const __stop_mp_kill_points[];

static struct mp__kill_plan *plan;
static enum mp__kill_role role;

size_t mp__kill_points_count(void)
{
    return (size_t)(__stop_mp_kill_points - __start_mp_kill_points);
}

const struct mp__kill_point *mp__kill_point_at(size_t index)
{
    return __start_mp_kill_points[index];
}

void mp__kill_points_follow(struct mp__kill_plan *to_follow)
{
    plan = to_follow;
}

void mp__kill_point_role(enum mp__kill_role now)
{
    role = now;
}

static void die(struct mp__kill *due)
{
    atomic_store(&due->pid, (int32_t)getpid());
    atomic_store(&due->when_ns, mp__clock_ns());
    atomic_store(&due->fired, 1);
    (void)kill(getpid(), SIGKILL);
}

void mp__kill_point_pass(const struct mp__kill_point *const *place)
{
    int32_t index = (int32_t)(place - __start_mp_kill_points);
    struct mp__kill *due;
    int i;

    if (plan == NULL || role == MP__ROLE_NONE) {
        return;
    }
    (void)atomic_fetch_add(&plan->passes[role][index], 1);
    for (i = 0; i < MP__KILLS_MOST && plan->kills[i].point >= 0; i++) {
        due = &plan->kills[i];
        if (atomic_load(&due->fired) != 0) {
            continue;
        }
        if (due->point == index && due->role == (int32_t)role &&
            atomic_fetch_add(&due->passes, 1) + 1 == due->pass) {
            die(due);
        }
        break; /* one after the other */
    }
}

#endif
