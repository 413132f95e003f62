/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * task_table_parts.h -- what the parts of the task table know of each other
 */
#ifndef MP__TASK_TABLE_PARTS_H
#define MP__TASK_TABLE_PARTS_H

#include "shared/task_table.h"

#define SLEEPERS       UINT64_C(1)
#define CLOSED         UINT64_C(2)
#define POSITION_SHIFT 2

#define ITEM_MASK (UINT64_C(0xffff) << 32)

#define ASKED_DROP (UINT64_C(1) << 32)
#define ASKED_KILL (UINT64_C(2) << 32)

struct mp__task_line {
    _Alignas(64) _Atomic uint64_t word;
    _Atomic uint64_t attempts; /* item:32 | deaths in it:32; supervisor */
    _Atomic uint64_t asked;    /* what | generation; owner */
    _Atomic int32_t dead;      /* the last that died in that item; supervisor */
    _Atomic uint64_t bundle;   /* see bundle.c; 0: it is none */
};

struct mp__task_hand {
    _Alignas(64) _Atomic uint32_t slot;
    _Atomic int64_t clock;
    _Atomic uint64_t done;  /* slot:16 | item:16 | generation:32, of a run */
    _Atomic uint32_t awake; /* 0: asleep, about to be, or there is none */
};

#define NEWEST 4 /* a power of two */

struct mp__task_control {
    _Alignas(64) _Atomic uint64_t otail; /* position | closed | sleepers */
    _Atomic uint64_t newest[NEWEST]; /* slot:32 | position:32, like `order` */
    _Alignas(64) _Atomic uint64_t ohead; /* a hint, never past READY ones */
};

/* What the owner knows of a slot by itself: nobody else can write it. */
struct mp__task_own {
    uint64_t position; /* in the queue */
    uint64_t asked;
    uint32_t generation;
};

struct mp__task_table {
    struct mp__task_control *control; /* start of the map */
    struct mp__task_line *lines;      /* [slots] */
    struct mp__task_hand *hands; /* [workers]: written by each worker alone */
    _Atomic uint32_t *order;     /* [2 * slots]: written by the owner */
    unsigned char *bodies;       /* [slots]: written by the owner while FREE */
    size_t body_size;
    size_t map_size;
    uint32_t slots;
    uint32_t workers;
    struct mp__task_own *own; /* [slots], like the next two the owner's */
    uint64_t submitted;       /* queued so far */
    uint64_t announced;       /* where the tail of the queue must be */
    uint64_t known_head;      /* where its head was some time ago */
    bool closed;
    bool unwoken; /* not for all that was announced somebody was woken */
};

static inline uint64_t mp__task_word_of(enum mp__task_state state,
                                        uint32_t worker, uint32_t item,
                                        uint32_t generation)
{
    return (uint64_t)state << 60 | (uint64_t)(worker & 0xfff) << 48 |
           (uint64_t)(item & 0xffff) << 32 | generation;
}

/* That of a slot which may be none: 0. */
static inline uint64_t mp__task_word_at(const mp__task_table *table,
                                        uint32_t slot)
{
    return slot < table->slots ? atomic_load(&table->lines[slot].word) : 0;
}

/* The entry of the queue at `position`. */
static inline _Atomic uint32_t *mp__task_order_at(const mp__task_table *table,
                                                  uint64_t position)
{
    return &table->order[position & (2 * (uint64_t)table->slots - 1)];
}

/* Where it may be found, too, beside the tail. */
static inline _Atomic uint64_t *mp__task_newest_at(const mp__task_table *table,
                                                   uint64_t position)
{
    return &table->control->newest[position & (NEWEST - 1)];
}

/* What idle workers sleep on. */
const _Atomic uint32_t *mp__task_sleep_word(const mp__task_table *table);

#endif
