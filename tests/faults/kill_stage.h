/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * kill_stage.h -- where a scenario is played, and who is killed in it
 *
 * A scenario is a function that a process called "main" runs: it makes
 * objects, starts others, waits for them and holds everybody to account. All
 * that it and its children share lies in `stage`. A check that fails ends its
 * process and is told by the stage; whoever is killed by plan leaves its name
 * there.
 */
#ifndef KILL_STAGE_H
#define KILL_STAGE_H

#include "platform/kill_point.h"

#include <mp/mp.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { STAGE_MEMORY = 64 * 1024 };

struct stage {
    struct mp__kill_plan plan;
    _Atomic int failed; /* by CAS: who may write `text` */
    char text[240];
    pid_t main;
    _Atomic int64_t broken_ns; /* when MP_EBROKEN came; 0: it did not */
    _Alignas(64) unsigned char memory[STAGE_MEMORY]; /* the scenario's own */
};

extern struct stage *stage; /* shared; zero bytes when a scenario begins */

struct scenario {
    const char *name;
    void (*run)(void);
    enum mp__kill_role role; /* of its main */
    struct {                 /* kills that belong to it, in this order */
        enum mp__kill_role role;
        const char *point;
    } first[2];
};

/* The lists end with a scenario without a name. */
extern const struct scenario lock_scenarios[];
extern const struct scenario meeting_scenarios[];
extern const struct scenario queue_scenarios[];
extern const struct scenario pool_scenarios[];
extern const struct scenario end_scenarios[];
extern const struct scenario extent_scenarios[];
extern const struct scenario bundle_scenarios[];

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition)) {                                                    \
            stage_fail(__FILE__, __LINE__, #condition, 0);                     \
        }                                                                      \
    } while (0)

/* The same for a result, which is shown. */
#define CHECK_RESULT(condition, result)                                        \
    do {                                                                       \
        if (!(condition)) {                                                    \
            stage_fail(__FILE__, __LINE__, #condition, (result));              \
        }                                                                      \
    } while (0)

/* Leave a message, unless somebody did, and end this process. */
_Noreturn void stage_fail(const char *file, int line, const char *what,
                          int result);

/* How many processes in `role` the plan has killed so far. */
int stage_killed(enum mp__kill_role role);
int stage_killed_any(void);
/* Is the main process gone? */
bool stage_main_is_gone(void);

int64_t stage_clock_ns(void);
void stage_nap_us(long us);
/* SIGKILL to the caller, as part of the scenario. */
_Noreturn void stage_die(void);

/* Fork a process that plays `run(number)` in `role`; its pid. */
pid_t actor_start(enum mp__kill_role role, void (*run)(int number), int number);
/* Wait for its end; it must be 0, or SIGKILL: true then. */
bool actor_wait(pid_t pid);
/* Wait for children until one was killed: true; false when none is left. */
bool actor_wait_any(void);
/* Wait for all children. */
void actors_wait(void);

#endif
