/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * ring_words.h -- a ring's memory and commit words, as all files of it see them
 *
 * The protocol stands at the head of ring.c.
 */
#ifndef MP__RING_WORDS_H
#define MP__RING_WORDS_H

#include "platform/clock.h"
#include "platform/flag.h"
#include "platform/park.h"
#include "shared/domain.h"
#include "shared/guard.h"
#include "shared/ring.h"
#include "shared/takers.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WARM ((uint64_t)256 * 1024)

#define SLEEPERS    UINT64_C(1)
#define SHUT        UINT64_C(2)
#define OFFSET_BITS 38
#define OFFSET_MASK (((UINT64_C(1) << OFFSET_BITS) - 1) & ~UINT64_C(7))
#define ITEMS_MASK  ((UINT64_C(1) << (64 - OFFSET_BITS)) - 1)
#define ITEMS_MOST  (ITEMS_MASK / 2) /* leaves no doubt which word is ahead */

#define HEADER     sizeof(uint64_t)
#define KIND_SHIFT 56
#define SIZE_MASK  ((UINT64_C(1) << KIND_SHIFT) - 1)
enum mp__record_type { KIND_BYTES = 1, KIND_WRAP, KIND_BLOCK };

/* A record of KIND_BLOCK: where the message is, and how long. */
struct mp__block_record {
    uint64_t size;
    uint64_t block;
};
#define BLOCK_RECORD (HEADER + sizeof(struct mp__block_record))

#define MP__BLOCKS 128
/* Where no block is. */
#define MP__NO_BLOCK UINT32_MAX

/* What a process reserves for its user, and what for a put of its own. */
enum mp__lane { MP__LANE_USER = 0, MP__LANE_PUT, MP__LANES };

/* Room in the ring for a message that is being written. */
struct mp__claim {
    _Atomic uint32_t owner; /* an ident; 0: none */
    _Atomic uint32_t block; /* MP__NO_BLOCK: the message will be a record */
    _Atomic uint64_t size;
};

/* In shared memory. All of it changes under `producers`, but what is the
 * owner's own while it lives: its claims, the blocks that it is the maker of,
 * and its name as a taker, which it writes under `consumers`. The protocol
 * stands at the head of ring_blocks.c. */
struct mp__blocks {
    _Atomic uint32_t bound;               /* blocks from here on: never used */
    _Atomic uint64_t maker[MP__BLOCKS];   /* a state: see ring_blocks.c */
    _Atomic uint64_t size[MP__BLOCKS];    /* of the message */
    _Atomic uint64_t touched[MP__BLOCKS]; /* no memory from here on */
    _Atomic uint64_t solid[MP__BLOCKS];   /* memory up to here for certain */
    _Alignas(64) _Atomic uint32_t taker[MP__BLOCKS]; /* an ident, or 0 */
    _Alignas(64) struct mp__claim claims[MP__DOMAIN_SLOTS][MP__LANES];
};

/* This process's view of a block. */
struct mp__block_map {
    unsigned char *at;
    size_t size;
};

/* TAIL changes by CAS under `producers`, HEAD by CAS under `consumers`; the
 * sleepers flags of both by anybody. */
struct mp__ring_shared {
    _Alignas(64) mp__guard producers;
    uint64_t lap_end;    /* under `producers` */
    uint64_t known_head; /* under `producers`: HEAD, some time ago */
    uint64_t spill;      /* under `producers`: number of a message, + 1; or 0 */
    uint64_t spill_at;   /* the same: where TAIL stood before it */
    _Atomic uint32_t held; /* 0: no claim stands and no block is queued */

    _Alignas(64) _Atomic uint64_t tail;

    _Alignas(64) mp__guard consumers;
    uint64_t known_tail; /* under `consumers`: TAIL, some time ago */

    _Alignas(64) _Atomic uint64_t head;

    /* Rarely written, under `producers`; read by all as a hint. */
    _Alignas(64) _Atomic uint64_t touched; /* untouched pages from here on */
    _Atomic uint32_t watched;              /* somebody polls `flag` */
    _Atomic uint32_t ticket;               /* odd: `flag` is down */

    mp__takers takers; /* under `consumers` */
    struct mp__blocks blocks;

    _Alignas(64) unsigned char records[];
};

/* Room, or a message, in the hands of this process's user. */
struct mp__loan {
    mp__ident owner; /* 0: none; another: a process that forked us */
    uint32_t block;  /* MP__NO_BLOCK: it is in `memory` */
    size_t size;
    unsigned char *memory; /* private; kept for the next */
    size_t capacity;
};

/* How one side of this process has waited for the other. */
struct mp__pace {
    uint64_t seen; /* of the other's word when the last wait ended */
    int quick;     /* waits in a row that were short */
    int failed;    /* times in a row that lingering brought nothing */
    bool lingered; /* the last one for more than came first */
};

struct mp__ring {
    struct mp__ring_shared *shared;
    size_t map_size;
    uint64_t room;      /* bytes of `records`, less one WRAP header */
    uint64_t max_bytes; /* of queued records */
    uint64_t max_items;
    uint64_t kept; /* bytes of `records` that are never given back */
    int file;      /* where blocks are */
    mp__flag flag;
    uint64_t moment; /* of the domain, at creation */
    mp__ident creator;
    mp__spin_budget guard_budget;
    mp__spin_budget data_budget;
    struct mp__pace paces[2]; /* of those that wait for HEAD, and for TAIL */
    struct mp__block_map maps[MP__BLOCKS];
    uint64_t mapped; /* bytes of them */
    struct mp__loan reserved;
    struct mp__loan borrowed;
};

static inline uint64_t mp__ring_items_of(uint64_t word)
{
    return word >> OFFSET_BITS;
}

static inline uint64_t mp__ring_offset_of(uint64_t word)
{
    return word & OFFSET_MASK;
}

static inline uint64_t mp__ring_items_between(uint64_t head, uint64_t tail)
{
    return (mp__ring_items_of(tail) - mp__ring_items_of(head)) & ITEMS_MASK;
}

/* The word one item after `word`, at `offset`; flags are added at the CAS. */
static inline uint64_t mp__ring_word_after(uint64_t word, uint64_t offset)
{
    return (((mp__ring_items_of(word) + 1) & ITEMS_MASK) << OFFSET_BITS) |
           offset;
}

/* Can `head` and `tail` stand where they are said to? Any process that shares
 * the ring may have written anything there. */
static inline bool mp__ring_words_fit(const mp__ring *ring, uint64_t head,
                                      uint64_t tail)
{
    return mp__ring_offset_of(head) <= ring->room &&
           mp__ring_offset_of(tail) <= ring->room &&
           mp__ring_items_between(head, tail) <= ring->max_items;
}

/* Room for the record of a message; max_bytes bounds `size` before. */
static inline uint64_t mp__ring_record_size(uint64_t size)
{
    return HEADER + ((size + 7) & ~UINT64_C(7));
}

/* The longest message that fits the ring's own memory whenever that is empty. */
static inline uint64_t mp__ring_piece(const mp__ring *ring)
{
    return ring->room / 2 - 2 * HEADER;
}

/* P4, C4: commit `next` to `word`, which stood at *seen when the guard was
 * taken; *seen becomes the value replaced. 0; -ESTALE, the guard is lost;
 * MP_ECLOSED when one of the flags `unless` is up. */
int mp__ring_commit(_Atomic uint64_t *word, uint64_t *seen, uint64_t next,
                    uint64_t unless);
/* What a commit that gave -ESTALE means: -ESTALE, the guard is another's now;
 * MP_EBROKEN, it is ours and the word was overwritten. */
int mp__ring_stale(const mp__guard *guard);
/* P6, C6: wake one that sleeps on `word`, if `replaced` said that any do. */
void mp__ring_wake_sleepers(_Atomic uint64_t *word, uint64_t replaced);
/* Wait until `word` is no longer at `seen`, a slice at most. */
void mp__ring_wait_for_move(mp__ring *ring, _Atomic uint64_t *word,
                            uint64_t seen, int64_t deadline);

/* P1, C1: take the guard of one side. A result below 0 is an error. */
int mp__ring_lock_side(mp__ring *ring, mp__guard *guard, int64_t deadline);
/* The same; a deadline that has not begun does so where it must wait. */
static inline int mp__ring_lock(mp__ring *ring, mp__guard *guard,
                                int64_t *deadline)
{
    if (mp__guard_try(guard)) {
        return 0;
    }
    *deadline = mp__deadline_begin(*deadline);
    return mp__ring_lock_side(ring, guard, *deadline);
}

/* Is there memory to give back once the ring is empty? */
bool mp__ring_has_cold_memory(const mp__ring *ring);
/* Give that memory back. The ring is empty and `producers` is ours. */
void mp__ring_give_back(mp__ring *ring);

/* P7: there is a message. */
void mp__ring_raise(mp__ring *ring);
/* Shut a ring that was found damaged, so that nobody waits for anything in it.
 * Returns MP_EBROKEN. */
int mp__ring_break(mp__ring *ring);

/* Is the loan this process's own, and not one that a fork copied? */
bool mp__loan_is_ours(const struct mp__loan *loan);
/* Get private memory for `size` bytes. Returns 0 or MP_ENOMEM. */
int mp__loan_room(struct mp__loan *loan, size_t size);

#endif
