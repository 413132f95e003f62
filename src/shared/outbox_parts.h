/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * outbox_parts.h -- what the two sides of an outbox know of each other
 *
 * The protocol stands at the head of outbox.c.
 */
#ifndef MP__OUTBOX_PARTS_H
#define MP__OUTBOX_PARTS_H

#include "shared/outbox.h"

#define RING_BYTES ((uint64_t)256 * 1024)
#define LINE       ((uint64_t)64)

struct mp__outbox_ring {
    _Alignas(64) _Atomic uint64_t tail; /* the writer */
    _Alignas(64) _Atomic uint64_t head; /* the owner */
    _Atomic uint32_t starved; /* the writer sleeps for room; cleared by owner */
    _Alignas(64) unsigned char bytes[RING_BYTES];
};

/* What one process keeps for itself of a ring. What it knows of the other's
 * word is a little old, and conservative, so that the line of that word stays
 * with who writes it. */
struct mp__outbox_side {
    uint64_t head;       /* the owner: ahead of the shared one */
    uint64_t known_tail; /* the owner */
    uint64_t known_head; /* the writer */
};

struct mp__outbox {
    struct mp__outbox_ring *rings; /* [workers], the map */
    size_t map_size;
    uint32_t workers;
    struct mp__outbox_side sides[]; /* [workers] */
};

static inline uint64_t mp__record_bytes(size_t payload)
{
    return (sizeof(mp__record) + payload + LINE - 1) & ~(LINE - 1);
}

static inline uint64_t mp__to_ring_end(uint64_t position)
{
    return RING_BYTES - (position & (RING_BYTES - 1));
}

/* Whole lines, whatever somebody has made of the tail. */
static inline mp__record *mp__record_at(struct mp__outbox_ring *ring,
                                        uint64_t position)
{
    return (mp__record *)(void *)(ring->bytes +
                                  (position & (RING_BYTES - LINE)));
}

/* Where `record`, begun at `tail`, lies: at the tail or behind a PAD. */
static inline uint64_t mp__record_position(struct mp__outbox_ring *ring,
                                           uint64_t tail,
                                           const mp__record *record)
{
    return record == mp__record_at(ring, tail) ? tail
                                               : tail + mp__to_ring_end(tail);
}

/* Of a record that anybody may have overwritten: never more than fits. */
static inline size_t mp__run_bytes(uint32_t first, uint32_t end, uint64_t size)
{
    uint64_t items = end > first ? end - first : 0;

    return size > MP__PAYLOAD_MOST || items * size > MP__PAYLOAD_MOST
               ? MP__PAYLOAD_MOST
               : (size_t)(items * size);
}

/* The complete record at `tail`, also behind a PAD; its end is *end. NULL:
 * there is none. */
mp__record *mp__outbox_sealed_at(struct mp__outbox_ring *ring, uint64_t tail,
                                 uint64_t *end);
/* Was the record at `tail` committed by the task's word? */
mp__record *mp__outbox_committed_at(struct mp__outbox_ring *ring, uint64_t tail,
                                    uint32_t w, const mp__task_table *table,
                                    uint64_t *end);

#endif
