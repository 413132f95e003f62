/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * owner.h -- the pool as its owner sees it
 */
#ifndef MP__OWNER_H
#define MP__OWNER_H

#include "pool/batch/batch.h"
#include "pool/batch/long_results.h"
#include "pool/batch/slab.h"
#include "pool/batch/template.h"
#include "pool/common/core.h"
#include "pool/common/item.h"
#include "pool/common/long_arguments.h"

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
    struct mp__waiting *waiting; /* see backlog.h */
    struct mp__waiting **waiting_end;
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
    size_t in_file;         /* bytes of arguments that lie in the file */
    uint32_t in_file_count; /* slots whose arguments lie in the file */
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

#endif
