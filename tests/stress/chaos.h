/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * chaos.h -- what the participants of the chaos test share
 *
 * Everything lies in one map made before the first of them. A participant
 * writes what is its own; what several write is atomic. Whoever finds
 * something wrong leaves file and line there and ends; the killer tells.
 */
#ifndef MP_STRESS_CHAOS_H
#define MP_STRESS_CHAOS_H

#include "processes.h"

#include <mp/mp.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    OWNERS = 2, /* the first keeps its pool and its life, the second does not */
    WORKERS = 3,
    PRODUCERS = 3,
    CONSUMERS = 2,
    HOLDERS = 3,
    LIVES_MOST = 1 << 17, /* of producers, each of as many messages as follow */
    LIFE_MESSAGES = 1024,
    MAP_ITEMS = 60,
    STAMP = 64,          /* an argument of a map is item + STAMP * stamp */
    QUEUE_BYTES = 65536, /* larger messages go through a file */
    MESSAGE_MOST = 200000
};

/* What one pool's owner tells. */
struct owner_book {
    _Atomic long progress;
    _Atomic long rounds;
    _Atomic long pools;
    _Atomic long broken;
    _Atomic long ends[MP_TASK_ENDS]; /* of items, by reports */
    _Atomic long eight;              /* further tasks that succeeded */
    /* Of each item of the map under way: its stamp << 8 | how often it was
     * run. Workers of an owner that has died may run on for a moment. */
    _Atomic uint64_t runs[MAP_ITEMS];
};

/* A stretch of one producer's messages. */
struct life {
    _Atomic uint32_t returned;                 /* puts that have */
    _Atomic uint64_t seen[LIFE_MESSAGES / 64]; /* a bit for each message got */
};

struct ledger {
    unsigned seed;
    _Atomic int stop_owners;
    _Atomic int stop_producers;
    _Atomic int stop_holders;
    _Atomic int failed_line; /* of the first failed check */
    _Atomic(const char *) failed_file;
    _Atomic uint64_t stamp; /* of the last map */
    struct owner_book owners[OWNERS];

    _Atomic uint32_t lives;
    _Atomic long put; /* messages, by puts that returned */
    _Atomic long got;
    _Atomic long large;
    _Atomic long got_bytes;
    struct life life[LIVES_MOST];

    _Atomic long acquired;  /* locks and permits */
    _Atomic long inherited; /* of them from the dead */
    _Atomic long notified;
    _Atomic int inside; /* the holder of `lock`, by its number + 1 */
    _Atomic long left;  /* `right` follows it under `lock` */
    _Atomic long right;
};

extern struct ledger *ledger;
extern mp_queue *queue;
extern mp_lock *lock;
extern mp_semaphore *permits; /* two */
extern mp_lock *room;         /* of `changed` */
extern mp_condition *changed;

void fail_at(const char *file, int line);

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fail_at(__FILE__, __LINE__);                                       \
        }                                                                      \
    } while (0)

/* Random numbers of one participant. */
struct dice {
    uint64_t state;
};

struct dice dice_make(uint64_t seed);
unsigned dice_throw(struct dice *dice, unsigned sides); /* 0..sides-1 */

/* What a process has now. */
struct holdings {
    int descriptors;
    int mappings;
    long anonymous_kb;
    long shared_kb;
};

struct holdings holdings_now(void);

/* False under a sanitizer, which keeps memory of its own making. */
bool memory_counts(void);

/* As many descriptors as `before`, no more mappings but `mappings`, and no
 * more memory of its own than `anonymous_kb`, if memory counts. */
void check_holdings(const struct holdings *before, int mappings,
                    long anonymous_kb);

/* chaos_pool.c: the life of owner `number`, as an mp_process_main. */
int own_pools(void *number);

/* chaos_line.c */
int produce(void *number);
int consume(void *number);
/* In the killer, once all have ended: every message is accounted for. */
void account_messages(long producers_dead, long consumers_dead);

/* chaos_lock.c */
int hold(void *number);
/* Nothing is held any more. */
void account_locks(void);

#endif
