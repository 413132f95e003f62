/*
 * worker_parts.h -- what the parts of a worker know of each other
 */
#ifndef MP__WORKER_PARTS_H
#define MP__WORKER_PARTS_H

#include "platform/park.h"
#include "pool/core.h"
#include "pool/run.h"

typedef struct mp__worker {
    mp__core *core;
    uint32_t index;
    pid_t supervisor;
    mp__ident ident;
    int32_t pid;
    void *state;
    mp__runner runner;
    mp__scratch arguments; /* of a chunk that lies in the file */
    mp__spin_budget budget;
    int alarm_end;   /* wakes the supervisor */
    mp__claim claim; /* the item in hand */
    int64_t start;   /* of the run, when its clock runs */
    int64_t cpu;     /* used until then, when the pool accounts */
} mp__worker;

/* worker.c */

/* Its supervisor is dead: leave. Every sleep looks. */
void mp__worker_leave_orphan(const mp__worker *w);
/* Somebody else ended what is in hand, and its SIGKILL is on the way. If none
 * is, since the word was overwritten, our end is for the supervisor to see. */
_Noreturn void mp__worker_wait_for_death(const mp__worker *w);
/* The clock of the item in hand, or of an init or exit function, starts. */
void mp__worker_start_clock(mp__worker *w, int64_t now);
void mp__worker_stop_clock(mp__worker *w);
/* The supervisor learns of a clock that runs out before it would look. */
void mp__worker_tell_supervisor(mp__worker *w, int limit_ms);
/* When a run that has begun is to stop by itself; MP__NEVER without limit. */
int64_t mp__worker_soft_end(const mp__worker *w, int limit_ms);
/* W1, W6: wait for room for a record. The owner may be away for long. */
void mp__worker_wait_room(mp__worker *w, size_t payload);

/* worker_chunk.c */

/* Run what is left of the task in hand, and commit each item. */
void mp__worker_run_chunk(mp__worker *w);

#endif
