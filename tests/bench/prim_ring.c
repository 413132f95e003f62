/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * prim_ring.c -- a bounded ring of 64-byte messages in shared memory, for any
 * number of producers and consumers, by D. Vyukov's sequence numbers
 *
 * A process that dies between its claim and its store leaves the ring stuck
 * for ever. Who must wait polls: 300 pauses, then yields.
 */
#include "bench.h"
#include "primitives.h"

#include <sched.h>
#include <string.h>

enum { SLOTS = 4096, LINE = 64, PAUSES = 300 };

struct slot {
    _Atomic uint64_t turn;
    char message[PRIM_MESSAGE];
    char rest[LINE - sizeof(uint64_t)];
};

struct prim_ring {
    _Atomic uint64_t put_at;
    char apart[2 * LINE - sizeof(uint64_t)];
    _Atomic uint64_t get_at;
    char apart_too[2 * LINE - sizeof(uint64_t)];
    struct slot slots[SLOTS];
};

prim_ring *prim_ring_create(void)
{
    prim_ring *ring = bench_shared(sizeof(*ring));

    for (uint64_t i = 0; i < SLOTS; i++) {
        atomic_store(&ring->slots[i].turn, i);
    }
    return ring;
}

/* Claim a place at *at whose slot has reached `lead` beyond it. */
static struct slot *claim(prim_ring *ring, _Atomic uint64_t *at, uint64_t lead,
                          uint64_t *place)
{
    int polls = 0;

    *place = atomic_load_explicit(at, memory_order_relaxed);
    for (;;) {
        struct slot *slot = &ring->slots[*place % SLOTS];
        uint64_t turn = atomic_load_explicit(&slot->turn, memory_order_acquire);

        if (turn == *place + lead) {
            if (atomic_compare_exchange_weak_explicit(at, place, *place + 1,
                                                      memory_order_relaxed,
                                                      memory_order_relaxed)) {
                return slot;
            }
            continue;
        }
        if (polls++ < PAUSES) {
            bench_pause();
        } else {
            (void)sched_yield();
        }
        *place = atomic_load_explicit(at, memory_order_relaxed);
    }
}

void prim_ring_put(prim_ring *ring, const void *message)
{
    uint64_t place;
    struct slot *slot = claim(ring, &ring->put_at, 0, &place);

    memcpy(slot->message, message, PRIM_MESSAGE);
    atomic_store_explicit(&slot->turn, place + 1, memory_order_release);
}

void prim_ring_get(prim_ring *ring, void *message)
{
    uint64_t place;
    struct slot *slot = claim(ring, &ring->get_at, 1, &place);

    memcpy(message, slot->message, PRIM_MESSAGE);
    atomic_store_explicit(&slot->turn, place + SLOTS, memory_order_release);
}

void prim_ring_destroy(prim_ring *ring)
{
    bench_unshare(ring, sizeof(*ring));
}
