/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * ring_parts.h -- what the two sides of a ring know of each other
 *
 * The protocol stands at the head of ring.c.
 */
#ifndef MP__RING_PARTS_H
#define MP__RING_PARTS_H

#include "platform/clock.h"
#include "platform/flag.h"
#include "platform/park.h"
#include "shared/domain.h"
#include "shared/guard.h"
#include "shared/ring.h"
#include "shared/ring_blocks.h"
#include "shared/takers.h"

#include <errno.h>

#define WARM ((uint64_t)256 * 1024)
/* Messages longer than this are put into blocks: no copy of theirs is made
 * under a guard that others want, and their pages stay. */
#define LARGE_LEAST ((size_t)256 * 1024)

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
#define BLOCK_RECORD  (HEADER + sizeof(struct mp__block_record))
#define MP__NO_NUMBER UINT64_MAX

/* How long a call that may not wait waits for a guard that is always held
 * briefly. A holder that is stopped shows as MP_ETIMEDOUT. */
#define GUARD_GRACE (1000 * MP__MS)
#define DATA_SLICE  (250 * MP__MS)

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

static inline uint64_t mp__ring_header_of(enum mp__record_type kind,
                                          uint64_t size)
{
    return ((uint64_t)kind << KIND_SHIFT) | size;
}

/* A message on its way in, as a record. */
struct mp__outgoing {
    const void *bytes; /* of the record */
    size_t size;
    uint64_t charge;               /* what counts of max_bytes */
    uint64_t head;                 /* where HEAD stood when there was no room */
    uint32_t block;                /* MP__NO_BLOCK: the record is all of it */
    mp__ident self;                /* the block's maker */
    const struct mp__claim *claim; /* its room is claimed; NULL: it is not */
};

/* A place for a message on its way out. */
struct mp__incoming {
    void *buffer;
    size_t capacity;
    uint64_t size;  /* of the message */
    uint64_t tail;  /* where TAIL stood when there was none */
    bool in_place;  /* no copy of what lies in a block */
    uint32_t block; /* where it lies; MP__NO_BLOCK: in `buffer` */
};

/* With in_place: the block is to be mapped first, guards let go. */
#define MP__UNMAPPED (-ENXIO)

/* P4, C4: commit `next` to `word`, which stood at *seen when the guard was
 * taken; *seen becomes the value replaced. 0; -ESTALE, the guard is lost;
 * MP_ECLOSED when one of the flags `unless` is up. */
int mp__ring_commit(_Atomic uint64_t *word, uint64_t *seen, uint64_t next,
                    uint64_t unless);
/* What a commit that gave -ESTALE means: -ESTALE, the guard is another's now;
 * MP_EBROKEN, it is ours and the word was overwritten. */
int mp__ring_stale(const mp__guard *guard);
/* It is damaged: MP_EBROKEN, and nobody shall wait for anything in it. */
int mp__ring_break(mp__ring *ring);
/* P6, C6. */
void mp__ring_wake_sleepers(_Atomic uint64_t *word, uint64_t replaced);
/* Wait until `word` is no longer at `seen`, a slice at most. */
void mp__ring_wait_for_move(mp__ring *ring, _Atomic uint64_t *word,
                            uint64_t seen, int64_t deadline);
/* P2 for `out`: where it goes, or -EAGAIN, or MP_EBROKEN when the words are
 * not what a ring's words can be; claims are reckoned with. */
int mp__ring_choose(mp__ring *ring, struct mp__outgoing *out, uint64_t tail,
                    uint64_t *place);
/* P2 to P4 with `producers` held: 0; -EAGAIN, no room; -ESTALE, the guard is
 * not ours any more; MP_ECLOSED; MP_EBROKEN. *tail becomes the word replaced. */
int mp__ring_send(mp__ring *ring, struct mp__outgoing *out, uint64_t *tail);
/* P6, P7 after mp__ring_send() gave 0. */
void mp__ring_tell(mp__ring *ring, uint64_t tail);
/* C1 to C7. */
int mp__ring_take(mp__ring *ring, struct mp__incoming *in, int64_t deadline);
/* The message's record is a claim's, or none: a large one of our own. 0, as
 * mp__ring_put(); MP__NO_BLOCK_FREE when it can go in without one. */
#define MP__NO_BLOCK_FREE (-EXDEV)
int mp__ring_put_block(mp__ring *ring, const void *bytes, size_t size,
                       int64_t deadline);
/* C3 for a record of KIND_BLOCK with number `number`: 0, MP_EMSGSIZE,
 * MP__UNMAPPED, MP_EBROKEN or an error of the file. */
int mp__ring_open_block(mp__ring *ring, const unsigned char *record,
                        uint64_t number, struct mp__incoming *in);
/* B1 was in vain. */
void mp__ring_untake(mp__ring *ring, const struct mp__incoming *in);
/* Private memory for `size` bytes; MP_ENOMEM. */
int mp__loan_room(struct mp__loan *loan, size_t size);
bool mp__loan_is_ours(const struct mp__loan *loan);
/* Give up what the user holds, and private memory with it. */
void mp__ring_end_loans(mp__ring *ring);

/* What is claimed but by `own`, and what counts of blocks in the queue; with
 * `producers` held. R12. */
void mp__blocks_look(mp__ring *ring, uint64_t head, uint64_t tail,
                     const struct mp__claim *own, struct mp__held *held);
/* R11, with `producers` held: did the dead claim anything? */
bool mp__blocks_sweep(mp__ring *ring);
/* A free block, with `producers` held after a look; or MP__NO_BLOCK. */
uint32_t mp__blocks_find(mp__ring *ring, uint64_t size);
/* Give back what memory is too much. */
void mp__blocks_trim(mp__ring *ring);

bool mp__block_fits(uint32_t block, uint64_t size);
/* R4, W1. */
void mp__block_own(mp__ring *ring, uint32_t block, mp__ident self);
/* R8; false: the block is not ours. */
bool mp__block_number(mp__ring *ring, uint32_t block, mp__ident self,
                      uint64_t size, uint64_t number);
/* R10, W3: ours, with MP__NO_NUMBER, or numbered in vain. */
void mp__block_free(mp__ring *ring, uint32_t block, mp__ident self,
                    uint64_t number);
/* Is it that of the message with this number? */
bool mp__block_is(const mp__ring *ring, uint32_t block, uint64_t number);
/* Can it hold a message of this size, for all the file says? And is it not in
 * our user's hands? */
bool mp__block_is_sound(const mp__ring *ring, uint32_t block, uint64_t size);
/* R6: memory behind a block of ours. */
int mp__block_fill(mp__ring *ring, uint32_t block, uint64_t size);
/* R6: its bytes here; NULL: no address space, or no such bytes. */
unsigned char *mp__block_map(mp__ring *ring, uint32_t block, uint64_t size);
/* The same where it is mapped already. */
unsigned char *mp__block_seen(const mp__ring *ring, uint32_t block,
                              uint64_t size);
void mp__block_unmap(mp__ring *ring, uint32_t block);
/* Unmap it if much is mapped. */
void mp__block_unneeded(mp__ring *ring, uint32_t block);
/* Without a map. */
int mp__block_write(mp__ring *ring, uint32_t block, const void *bytes,
                    size_t size);
int mp__block_read(mp__ring *ring, uint32_t block, void *bytes, size_t size);

/* P1, C1: a result below 0 is an error. */
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

/* P7: there is a message. */
void mp__ring_raise(mp__ring *ring);
/* Is there memory to give back once the ring is empty? */
bool mp__ring_has_cold_memory(const mp__ring *ring);
/* Give it back: the ring is empty and `producers` is ours. */
void mp__ring_give_back(mp__ring *ring);

#endif
