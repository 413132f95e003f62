/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * worker_parts.h -- what the parts of a worker know of each other
 */
#ifndef MP__WORKER_PARTS_H
#define MP__WORKER_PARTS_H

#include "platform/clock.h"
#include "pool/arguments.h"
#include "pool/attend.h"
#include "pool/core.h"
#include "pool/outlet.h"
#include "pool/run.h"

typedef struct mp__worker {
    mp__core *core;
    uint32_t index;
    pid_t supervisor;
    mp__ident ident;
    int32_t pid;
    void *state;
    mp__runner runner;
    mp__outlet outlet;       /* results too long for the ring */
    mp__scratch arguments;   /* of a chunk that lies in the file, or: */
    mp__arguments_view view; /* where they are mapped */
    mp__attended attended;   /* of arrays of the caller's */
    int alarm_end;           /* wakes the supervisor */
    mp__claim claim;         /* the item in hand */
    mp__bundle bundle;       /* that of its task, if it is one */
    int64_t start;           /* of the run, when its clock runs */
    int64_t cpu;             /* used until then, when the pool accounts */
    bool untold;             /* it has left a patient owner asleep */
    struct {
        uint32_t bundles; /* run since then, */
        int64_t since;
        int64_t busy; /* and so long */
        bool idle;    /* the last were few for the time they came in */
    } pace;
    int vain;            /* looks in a row that others were faster after */
    uint32_t run_length; /* items of a run, by how long the last ones took */
} mp__worker;

/* A run in the making. */
typedef struct mp__run {
    mp__run_line line;
    unsigned char *place; /* of the next result */
    uint32_t item;        /* the next one */
    uint32_t end;
} mp__run;

/* worker.c */

/* Its supervisor is dead: leave. Every sleep looks. */
void mp__worker_leave_orphan(const mp__worker *w);
/* Somebody else ended what is in hand, and its SIGKILL is on the way. If none
 * is, since the word was overwritten, our end is for the supervisor to see. */
_Noreturn void mp__worker_wait_for_death(const mp__worker *w);
/* The supervisor has said that init is overdue. */
_Noreturn void mp__worker_wait_for_kill(const mp__worker *w);
/* Nothing can be in the hand of an idle worker, unless somebody has written
 * that it is. Nobody would ever end that task: our end does. */
void mp__worker_leave_nonsense(const mp__worker *w);
/* The clock of the item in hand, or of an init or exit function, starts. */
void mp__worker_start_clock(mp__worker *w, int64_t now);
void mp__worker_stop_clock(mp__worker *w);
/* The supervisor learns of a clock that runs out before it would look. */
void mp__worker_tell_supervisor(mp__worker *w, int limit_ms);
/* When a run that has begun is to stop by itself; MP__NEVER without limit. */
static inline int64_t mp__worker_soft_end(const mp__worker *w, int limit_ms)
{
    return limit_ms > 0 ? w->start + limit_ms * MP__MS : MP__NEVER;
}
/* W1, W6: wait for room for a record. The owner may be away for long. */
void mp__worker_wait_long(mp__worker *w, size_t payload);
static inline void mp__worker_wait_room(mp__worker *w, size_t payload)
{
    if (!mp__outbox_has_room(w->core->outbox, w->index, payload)) {
        mp__worker_wait_long(w, payload);
    }
}

/* worker_chunk.c */

/* Run what is left of the task in hand, and commit each item. */
void mp__worker_run_chunk(mp__worker *w);
/* Is this a copy of the worker that a task has forked? Then it ends here. */
void mp__worker_leave_copy(const mp__worker *w);
/* Does a clock run for the items of this task? */
static inline bool mp__worker_is_clocked(const mp__worker *w,
                                         const mp__chunk *chunk)
{
    return chunk->limit_ms > 0 || w->core->account;
}
/* The item in hand has its turn: what a task may ask of it. Its attempt. */
uint32_t mp__worker_take_turn(mp__worker *w, const mp__chunk *chunk);
/* A record of the items from the one in hand to `end`, but for its payload. */
void mp__worker_fill_record(mp__worker *w, mp__record *record,
                            enum mp__record_kind kind, uint32_t end, int error);
/* Is item `next` there to go on with? Only now can that be said of a bundle:
 * what the owner has taken back is no item of the chunk any more. */
bool mp__worker_reaches(mp__worker *w, mp__chunk *chunk, uint32_t next);
/* Before the last commit of a task and on its clock, for the stream may be one
 * that nobody reads: what it printed is out before its end. In a bundle before
 * each. */
void mp__worker_flush_last(mp__worker *w, mp__chunk *chunk, uint32_t next);
/* The record is complete and sealed: W8 to W10. The clock of the next
 * item starts before that is in hand. */
void mp__worker_commit(mp__worker *w, mp__chunk *chunk, mp__record *record);

/* worker_run.c */

/* May items of this task share a record? */
bool mp__worker_makes_runs(const mp__worker *w, const mp__chunk *chunk);
/* Run items from the one in hand on, whose argument is `size` bytes, and commit
 * them. True; false: the item in hand then has failed, and *ran says how. */
bool mp__worker_run_on(mp__worker *w, mp__chunk *chunk,
                       const mp__run_line *line, mp__unpack *unpack,
                       const void *bytes, size_t size, mp__ran *ran);

/* worker_items.c */

/* Run items of `run`, the argument of the next of which is `size` bytes, until
 * one fails or something is in the way. 0, or how it failed. */
int mp__worker_run_items(mp__worker *w, const mp__chunk *chunk,
                         mp__unpack *unpack, const void *bytes, size_t size,
                         mp__run *run);

#endif
