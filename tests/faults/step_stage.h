/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * step_stage.h -- what the scenarios of single_step share
 *
 * A scenario is one operation of one process, the victim, between two marks.
 * It is killed there; then the others, this process first of all, show that
 * nothing but what the victim had in hand is gone.
 */
#ifndef MP_STEP_STAGE_H
#define MP_STEP_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Time that a survivor has for anything: bounds hangs, measures nothing. */
enum { STEP_LIMIT_MS = 10000 };

typedef struct mp_scenario {
    const char *name;
    void (*set_up)(void);
    /* The victim, unless a set_up has made one: a fork that calls `warm`
     * before its entry, and then `operate`. */
    void (*warm)(void); /* may be NULL */
    int (*operate)(void);
    /* Called here when `warm` says that it has got so far. */
    void (*prepared)(void);
    void (*seized)(void); /* called here when the victim is stopped */
    void (*wake)(void);   /* once, when the victim sleeps; may be NULL */
    void (*check)(void);  /* the victim is a zombie */
    void (*bury)(void);   /* it has been reaped; may be NULL */
    void (*tear_down)(void);
    bool ends_asleep; /* the operation ends when it sleeps */
    bool no_marks;    /* it is stepped from wherever it is */
} mp_scenario;

/* Shared by all processes. */
struct mp_stage {
    volatile pid_t victim; /* it waits to be traced */
    volatile int go;
    int armed;             /* whoever takes it is the victim */
    volatile int returned; /* the operation is over, and its result is */
    volatile int result;
    volatile int prepared; /* the victim has got as far as `prepared` wants */
    volatile int helper_asleep;
    volatile int helper_began;
    volatile int helper_ended;
    volatile int helper_result;
    volatile int behaviour;    /* of the items of a pool */
    volatile pid_t pids[2];    /* of its workers */
    volatile pid_t supervisor; /* of the victim's pool */
    size_t size;               /* of what a victim has received */
    unsigned char bytes[40960];
};
extern struct mp_stage *mp_stage;

/* Of this process: `returned`, as it was when the victim died; and whether the
 * operation has taken effect, as a check that can tell says it. */
extern bool mp_stage_over;
extern bool mp_stage_took;

/* The two marks. */
void mp_stage_start(void);
void mp_stage_end(void);

/* In the victim: wait to be traced, then pass the first mark. */
void mp_stage_enter(void);
/* Be the victim, once, if there is to be one. */
void mp_stage_enter_if_armed(void);

/* A survivor's other hand: a child that runs `run` and tells its result. */
void mp_helper_start(int (*run)(void));
void mp_helper_wait_asleep(void);
bool mp_helper_has_ended(void);
/* Its result within the limit; a failure otherwise. */
int mp_helper_result(void);
void mp_helper_end(void); /* kill and reap it */

/* A process that has run `run` and died of it, or of returning: a zombie that
 * is not reaped before mp_corpse_reap(). */
void mp_corpse_make(void (*run)(void));
void mp_corpse_reap(void);

/* Sleep a moment. */
void mp_stage_nap(void);

/* Of the kill at hand. */
#define STEP_CHECK(condition)                                                  \
    ((condition) ? (void)0 : mp_stage_fail(#condition, __FILE__, __LINE__))
#define STEP_FAIL(text) mp_stage_fail(text, __FILE__, __LINE__)
void mp_stage_fail(const char *condition, const char *file, int line);

/* A lock whose only use is to make the victim known to libmp. */
void mp_stage_warm(void);

extern const mp_scenario mp_queue_scenarios[];
extern const mp_scenario mp_lock_scenarios[];
extern const mp_scenario mp_permit_scenarios[];
extern const mp_scenario mp_pool_scenarios[];

#endif
