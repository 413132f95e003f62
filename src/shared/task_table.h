/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * task_table.h -- one word per task decides its end
 *
 * A table of task slots between one owner, one supervisor and the workers of
 * a pool. See task_table.c for the steps.
 */
#ifndef MP__TASK_TABLE_H
#define MP__TASK_TABLE_H

#include "platform/kill_point.h"
#include "shared/bundle.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mp__task_state {
    MP__TASK_FREE = 0, /* generation is that of the last use */
    MP__TASK_READY,    /* queued */
    MP__TASK_RUNNING,  /* a worker has the item in hand */
    MP__TASK_LIMITED,  /* so it is no more: it ran too long, and dies */
    MP__TASK_CANCELED, /* nor now: the owner asked, and it dies */
    MP__TASK_HELD,     /* its worker died; the replacement goes on */
    MP__TASK_ENDED,    /* every item has its end */
    MP__TASK_BROKEN    /* frozen by the owner */
};

#define MP__ITEMS_MOST   65535 /* in one task: 16 bits of the word */
#define MP__WORKERS_MOST 4095  /* 12 bits of the word */
#define MP__SLOTS_MOST   65536 /* 16 bits of what R2 says */
#define MP__SLOT_NONE    UINT32_MAX

typedef struct mp__task_table mp__task_table; /* inherited by forks */

/* One task in a worker's or the supervisor's hand. */
typedef struct mp__claim {
    uint32_t slot;
    uint32_t generation;
    uint32_t worker;
    uint32_t item; /* in hand */
} mp__claim;

/* `slots` is a power of two. Each slot has `body_size` bytes for whatever the
 * layer above says of a task. 0 or MP_ENOMEM. */
int mp__task_table_create(mp__task_table **table, uint32_t slots,
                          size_t body_size, uint32_t workers);
void mp__task_table_destroy(mp__task_table *table); /* NULL does nothing */

uint32_t mp__task_table_slots(const mp__task_table *table);
/* NULL when there is no such slot. */
void *mp__task_table_body(const mp__task_table *table, uint32_t slot);
/* The word of a slot, or 0, taken apart below. */
uint64_t mp__task_table_word(const mp__task_table *table, uint32_t slot);

static inline enum mp__task_state mp__word_state(uint64_t word)
{
    return (enum mp__task_state)(word >> 60);
}

static inline uint32_t mp__word_worker(uint64_t word)
{
    return (uint32_t)(word >> 48) & 0xfff;
}

static inline uint32_t mp__word_item(uint64_t word)
{
    return (uint32_t)(word >> 32) & 0xffff;
}

static inline uint32_t mp__word_generation(uint64_t word)
{
    return (uint32_t)word;
}

/* ---- the owner ---- */

/* Is there a place in the queue? If not, tasks that were taken back still
 * stand in it behind one that waits: try again when that one is running. */
bool mp__task_table_has_place(mp__task_table *table);
/* `slot` is about to be queued: fetch what will be written to then, while the
 * caller is still looking at what it was given. */
void mp__task_table_prepare(const mp__task_table *table, uint32_t slot);
/* Give `slot`, which is FREE and whose body is written, a place in the queue;
 * workers learn of it when it is announced. `bundled`: it is a bundle of so
 * many items; 0: it is none. Returns the generation it has from now on. */
uint32_t mp__task_table_queue(mp__task_table *table, uint32_t slot,
                              uint32_t bundled);
/* Tell workers of all that was queued, and wake as many. Or let who is awake
 * do it, `sparing` the others while that one keeps pace: only for tasks of
 * which many are over in the time that a wake-up takes, and who says so looks
 * again now and then. */
void mp__task_table_announce(mp__task_table *table, bool sparing);
/* Look again: wake a worker if some of what was announced so is queued still. */
void mp__task_table_wake_spared(mp__task_table *table);
/* Take a queued task back; false when a worker was faster. It is ENDED. */
bool mp__task_table_withdraw(mp__task_table *table, uint32_t slot);
/* Take back the rest of one that is HELD for a replacement: all that `claim`
 * then has in hand. It is ENDED; earlier items may still be to be read. */
bool mp__task_table_withdraw_held(mp__task_table *table, uint32_t slot,
                                  mp__claim *claim);
/* A worker has just ended the task in `slot`: its line is on its way here, while
 * its record is being read. */
void mp__task_table_expect(const mp__task_table *table, uint32_t slot);
/* All its ends are read: the slot may be used again. False: its word does not
 * say so, and somebody has overwritten it. */
bool mp__task_table_free(mp__task_table *table, uint32_t slot);
/* Ask for the end of `slot`, which is in use: no further item of it starts;
 * `kill`: nor does the one in hand go on. The ends arrive as records. */
void mp__task_table_ask(mp__task_table *table, uint32_t slot, bool kill);
bool mp__task_table_has_asked(const mp__task_table *table, uint32_t slot);
/* No more tasks will come: workers leave when none is queued. */
void mp__task_table_close(mp__task_table *table);
/* Nobody but the owner decides anything about `slot` from here on. Returns
 * the word as it is then. */
uint64_t mp__task_table_freeze(mp__task_table *table, uint32_t slot);

/* Whoever shares the table may write to it. task_audit.c: */

/* Does the word of `slot`, which is in use, stand where its own life can have
 * brought it? *word is what it was. */
bool mp__task_table_is_sound(const mp__task_table *table, uint32_t slot,
                             uint64_t *word);
/* Are the ends of the queue where they must be? */
bool mp__task_table_queue_is_sound(const mp__task_table *table);

/* ---- worker ---- */

enum mp__claimed { MP__CLAIM_NONE = 0, MP__CLAIM_TASK, MP__CLAIM_CLOSED };

/* Go on with what a dead forerunner in this worker's place held. */
bool mp__task_table_inherit(mp__task_table *table, uint32_t worker,
                            mp__claim *claim);
/* Claim the oldest queued task. NONE: *seen is what to sleep on. */
enum mp__claimed mp__task_table_claim(mp__task_table *table, uint32_t worker,
                                      mp__claim *claim, uint64_t *seen);
/* Has anything been queued or closed since *seen was read? */
bool mp__task_table_has_news(const mp__task_table *table, uint64_t seen);
/* Sleep until something is, or the deadline. */
void mp__task_table_sleep(mp__task_table *table, uint32_t worker, uint64_t seen,
                          int64_t deadline);
/* Decide that the items in hand up to `next` have ended, and take `next` in
 * hand; `last`: there is none. False: somebody else decided; the caller owns
 * nothing any more. */
bool mp__task_table_commit(mp__task_table *table, mp__claim *claim,
                           uint32_t next, bool last);

/* What a worker in an open run writes and looks at for each item. */
typedef struct mp__run_line {
    _Atomic uint64_t *done;
    uint64_t claim; /* as it stands there */
    const _Atomic uint64_t *asked;
} mp__run_line;

mp__run_line mp__task_table_run_line(mp__task_table *table,
                                     const mp__claim *claim);

/* Items before `item` of the open run have ended: their results lie where they
 * are wanted. See outbox.c. */
static inline void mp__run_note_done(const mp__run_line *line, uint32_t item)
{
    MP_KILL_POINT("run.item_done");
    atomic_store_explicit(line->done, line->claim | (uint64_t)item << 32,
                          memory_order_release); /* R2: after the result */
    MP_KILL_POINT("run.item_noted");
}

/* W5: may the owner have asked for the end of the task? */
static inline bool mp__run_is_asked(const mp__run_line *line)
{
    return atomic_load(line->asked) != 0;
}

/* A commit has failed: did somebody who may do so decide? If not, the word
 * was overwritten and nobody will kill the caller. */
bool mp__task_table_is_decided(const mp__task_table *table,
                               const mp__claim *claim);
/* Start the clock of the item in hand at `now`, or, with 0, stop it. */
void mp__task_table_set_clock(mp__task_table *table, uint32_t worker,
                              int64_t now);
/* The item in hand has run too long, and its worker itself says so. False:
 * somebody else decided. */
bool mp__task_table_give_up(mp__task_table *table, const mp__claim *claim);

/* ---- all ---- */

/* Who has which item of a bundle; its `word` is NULL when the task is none. */
mp__bundle mp__task_table_bundle(mp__task_table *table, uint32_t slot,
                                 uint32_t generation);
/* The item that the worker of `claim` is at: the one of `claim`, or a later
 * one, when those between them have ended in an open run. */
uint32_t mp__task_table_reached(const mp__task_table *table,
                                const mp__claim *claim);

/* ---- worker and supervisor ---- */

/* The worker lives, and looks for tasks; or it is dead. */
void mp__task_table_set_awake(mp__task_table *table, uint32_t worker,
                              bool awake);
/* Is a worker before that one awake? */
bool mp__task_table_is_awake_below(const mp__task_table *table,
                                   uint32_t worker);

enum mp__asked { MP__ASKED_NOTHING = 0, MP__ASKED_DROP, MP__ASKED_KILL };

/* Has the owner asked for the end of the task in hand? */
enum mp__asked mp__task_table_asked(const mp__task_table *table,
                                    const mp__claim *claim);
/* Which attempt at the item in hand this is: 1, 2 after one death, ... */
uint32_t mp__task_table_attempt(const mp__task_table *table,
                                const mp__claim *claim);
/* The process that died in the last attempt before; 0: this is the first. */
int32_t mp__task_table_forerunner(const mp__task_table *table,
                                  const mp__claim *claim);
/* When the item in the hand of `worker` was started; 0: no clock runs. Look
 * at what is in hand first: the clock is never older than that then. */
int64_t mp__task_table_clock(const mp__task_table *table, uint32_t worker);

/* ---- supervisor ---- */

/* The task that `worker` has in hand: RUNNING, LIMITED, CANCELED or HELD,
 * else FREE. */
enum mp__task_state mp__task_table_in_hand(const mp__task_table *table,
                                           uint32_t worker, mp__claim *claim);
/* Take the item in hand from a worker that lives: to LIMITED or CANCELED.
 * True: it can commit nothing more and is to be killed. False: it was faster,
 * and must not be. */
bool mp__task_table_condemn(mp__task_table *table, const mp__claim *claim,
                            enum mp__task_state to);

/* For a worker that is reaped, and had `claim` in hand in state `from`: */

/* decide what its open run has brought: the items up to `next`; */
bool mp__task_table_advance(mp__task_table *table, mp__claim *claim,
                            enum mp__task_state from, uint32_t next, bool last);
/* decide that the items up to `next` have ended; the rest of the task, unless
 * there is none, is HELD for the replacement; */
bool mp__task_table_settle(mp__task_table *table, mp__claim *claim,
                           enum mp__task_state from, uint32_t next, bool last);
/* or that the item in hand, in which `pid` died, is tried again. */
bool mp__task_table_retry(mp__task_table *table, const mp__claim *claim,
                          enum mp__task_state from, int32_t pid);
/* Wake every worker that sleeps: the dead may have swallowed a wake-up. */
void mp__task_table_wake_all(mp__task_table *table);
/* Wake one if something is queued: its owner spared it, and may be away. */
void mp__task_table_wake_one(mp__task_table *table);
bool mp__task_table_is_closed(const mp__task_table *table);
/* Is some task queued that nobody has claimed? */
bool mp__task_table_has_queued(const mp__task_table *table);

#endif
