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
#include "shared/takers.h"

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
enum mp__record_type { KIND_BYTES = 1, KIND_WRAP, KIND_FILE };

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

    _Alignas(64) _Atomic uint64_t tail;

    _Alignas(64) mp__guard consumers;
    uint64_t known_tail; /* under `consumers`: TAIL, some time ago */

    _Alignas(64) _Atomic uint64_t head;

    /* Rarely written, under `producers`; read by all as a hint. */
    _Alignas(64) _Atomic uint64_t touched; /* untouched pages from here on */
    _Atomic uint32_t in_file;              /* the file holds bytes */
    _Atomic uint32_t watched;              /* somebody polls `flag` */
    _Atomic uint32_t ticket;               /* odd: `flag` is down */

    mp__takers takers; /* under `consumers` */

    _Alignas(64) unsigned char records[];
};

struct mp__ring {
    struct mp__ring_shared *shared;
    size_t map_size;
    uint64_t room;      /* bytes of `records`, less one WRAP header */
    uint64_t max_bytes; /* of queued records */
    uint64_t max_items;
    uint64_t kept; /* bytes of `records` that are never given back */
    int file;
    mp__flag flag;
    uint64_t moment; /* of the domain, at creation */
    mp__ident creator;
    mp__spin_budget guard_budget;
    mp__spin_budget data_budget;
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

static inline uint64_t mp__ring_header_of(enum mp__record_type kind,
                                          uint64_t size)
{
    return ((uint64_t)kind << KIND_SHIFT) | size;
}

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
