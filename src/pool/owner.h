/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * owner.h -- submit, collect, wait: the pool as its owner sees it
 */
#ifndef MP__OWNER_H
#define MP__OWNER_H

#include "pool/arguments.h"
#include "pool/batch.h"
#include "pool/core.h"
#include "pool/run.h"

#include <stdbool.h>
#include <stdint.h>

/* A task slot in use. */
typedef struct mp__slot_use {
    mp__batch *batch; /* NULL: the slot is free */
    size_t first;     /* index of its first item */
    uint32_t count;
    uint32_t ended;
    uint32_t generation;
    uint32_t bundled; /* items it had as a bundle; 0: it is none */
    uint32_t seen_at; /* 1 + the one in hand when that was looked at */
    uint32_t told;    /* items whose end was taken in before their record */
    size_t in_file;   /* bytes of its arguments there; 0: they are not */
} mp__slot_use;

/* A chunk that waits for a slot. */
typedef struct mp__waiting {
    struct mp__waiting *next;
    mp__batch *batch;
    size_t first;
    uint32_t count;
    size_t size;
    _Alignas(16) unsigned char bytes[];
} mp__waiting;

#define MP__WAITING_SMALL 16 /* bytes of arguments: on a shelf */

struct mp_pool {
    mp_pool *next; /* of this process's pools */
    mp__core core;
    pid_t maker;
    pid_t supervisor; /* 0: there is none (any more) */
    bool is_inline;
    bool closed;     /* nothing may be submitted */
    bool terminated; /* by the user */
    bool sealed;     /* the workers know that nothing more comes */
    bool over;       /* no task can run any more: every batch has ended */
    bool damaged;    /* shared memory holds what no process of ours writes */
    int64_t audited; /* when that was last looked at for its own sake */
    bool busy;       /* user code runs inside a call of ours */
    int over_error;  /* what later batches would end as */
    mp__fault why;   /* of MP_EBROKEN; no text: it is not that */
    mp__slot_use *uses;
    uint32_t *free_slots; /* a stack: the warm ones first */
    uint64_t *stamps;     /* of each slot: of the work that it has */
    mp__works works;      /* of calls: what is the same for its chunks */
    uint32_t free_count;
    mp__waiting *waiting;
    mp__waiting **waiting_end;
    mp__batch *batches; /* all that have a handle or an item to end */
    mp__batch *batches_last;
    mp__batch *hungry;   /* with items to take, in the order of their turn */
    mp__batch *finished; /* over, with a callback that is due */
    mp__batch **finished_end;
    mp__tally tally;
    uint64_t shared_before;   /* memory that the workers see was made before */
    mp__shelves singles;      /* batches of apply_async */
    mp__shelves waits;        /* chunks that wait, where they are small */
    uint32_t unlooked;        /* submissions since arrivals were taken in, */
    int64_t looked;           /* and when that was */
    const mp__batch *awaited; /* DIRECT, by the call that runs; NULL: none */
    int64_t awaited_since;
    bool is_quick;          /* what it waits for has just come at once */
    size_t in_file;         /* bytes of arguments there, */
    uint32_t in_file_count; /* of so many slots */
    uint32_t bundles;       /* slots with one, */
    int64_t bundles_looked; /* when they were looked at, */
    bool bundles_fly;       /* how short the last ones were, */
    int bundle_nap;         /* and ms slept since anything came */
    uint64_t max_pending;   /* UINT64_MAX: no limit */
    bool limits_off;
    bool calling_back; /* a `done` callback runs */
    bool watched;      /* somebody polls the bell: keep it armed */
    mp__pack pack;
    const mp__batch *packed; /* whose one item is in there; NULL: none */
    mp__scratch from_file;
    mp__arguments *arguments;
    mp__retained *retained; /* NULL: the file is not mapped */
    mp__runner runner;      /* inline, like the next */
    void *state;
};

int mp__owner_create(mp_pool **pool, const mp_pool_options *options,
                     uint32_t workers);
/* Everything has ended: give back all memory and descriptors. */
void mp__owner_free(mp_pool *pool);

/* Inline: the exit function, if there is one to run. */
void mp__owner_exit_here(mp_pool *pool);

/* Add a batch that has items to take; the pool takes them from now on. */
void mp__owner_add(mp_pool *pool, mp__batch *batch);
/* The pool forgets it again: it is over. */
void mp__owner_remove(mp_pool *pool, mp__batch *batch);

/* An item that its caller waits for can go a short way, where the pool has no
 * batch and the item's argument is plain and fits a slot: may it? */
bool mp__owner_may_run_alone(const mp_pool *pool, const mp__work *work);
/* Such an item is about to come: fetch what it needs from its worker's CPU. */
void mp__owner_prepare(const mp_pool *pool);
/* Hand it out; a worker is at it while its batch is being made. Its slot. */
uint32_t mp__owner_send_alone(mp_pool *pool, const mp__work *work,
                              const void *argument);
/* Add its batch, and wait until that is over. */
void mp__owner_await_alone(mp_pool *pool, mp__batch *batch, uint32_t slot);

/* An argument that cannot be encoded refuses the call: nothing is submitted, so
 * that of the batch's one item is encoded before. */
int mp__owner_pack_first(mp_pool *pool, const mp__batch *batch,
                         const void *argument);
/* Take all its items now, into waiting chunks where no slot is free. 0; or
 * MP_ENOMEM, and the rest of them have ended so. */
void mp__owner_take_all(mp_pool *pool, mp__batch *batch);
/* The handle is gone: what has not started never starts. May free it. */
void mp__owner_drop(mp__batch *batch, bool withdraw);

/* End what has not ended of it: what is queued here and now, what runs soon.
 * `kill`: also the items in hand. */
void mp__owner_cancel(mp_pool *pool, mp__batch *batch, bool kill);

/* What a call that comes too late for a broken pool says in its report. */
void mp__owner_tell_broken(const mp_pool *pool, mp_report *report);

/* Tell workers of what was handed out, and wake as many, or, `sparing`, none
 * while one that is awake keeps pace. */
void mp__owner_announce(mp_pool *pool, bool sparing);

/* Take in what has arrived, hand out what can be, run callbacks; never
 * waits. */
void mp__owner_step(mp_pool *pool);
/* As step, noticing also that the supervisor is gone. */
void mp__owner_look(mp_pool *pool);
/* Step until done(argument) or the deadline: 0, MP_ETIMEDOUT, or MP_ESTATE in
 * a callback, where nothing can be waited for. */
int mp__owner_wait(mp_pool *pool, bool (*done)(const void *argument),
                   const void *argument, int64_t deadline);
/* The same until a batch of its is over. */
int mp__owner_wait_batch(mp_pool *pool, const mp__batch *batch,
                         int64_t deadline);
/* The same as the first for several pools. */
int mp__owner_wait_all(mp_pool *const *pools, size_t count,
                       bool (*done)(const void *argument), const void *argument,
                       int64_t deadline);

/* Call back for every batch that is over. Nothing in a callback. */
void mp__owner_call_back(mp_pool *pool);

/* The descriptor that polls readable when step has something to do. */
int mp__owner_watch(mp_pool *pool);

/* No more tasks will be submitted. */
void mp__owner_close(mp_pool *pool);
/* End the workers; every item without an end gets MP_ETERMINATED. */
void mp__owner_terminate(mp_pool *pool);
/* Wait for the supervisor's end. 0 or MP_ETIMEDOUT. */
int mp__owner_reap(mp_pool *pool, int64_t deadline);

/* SIGKILL to a supervisor that did not end in time, and to what it leaves. */
void mp__owner_kill(mp_pool *pool);

#endif
