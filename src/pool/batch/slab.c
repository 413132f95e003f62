/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * slab.c -- places of one size, taken and given back at no cost
 *
 * A slab is called a shelf here: one block of memory with a number of places. It
 * is on one of the two lists of its shelves, until those are left: then it
 * belongs to nobody, and whoever gives back the last place frees it. Before that
 * all calls are those of the pool's own thread, so that only `used` need be
 * atomic, and only then.
 */
#include "pool/batch/slab.h"

#include "platform/map.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

/* The sanitizer is to see every place that is used too late. */
#if defined(__SANITIZE_ADDRESS__)
#define WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WATCHED 1
#endif
#endif
#ifndef WATCHED
#define WATCHED 0
#endif

#define PLACES      (WATCHED ? 1U : 64U)
#define SMALL_MOST  8 /* shelves of that many places, then come large ones */
#define LARGE_BYTES ((size_t)2 * 1024 * 1024)

/* Warm memory is kept, for a fresh page costs as much as a task: that of some
 * 200,000 handles. */
#define IDLE_BYTES (WATCHED ? 0 : 48 * LARGE_BYTES)

/* Stands before every place. */
typedef struct spot {
    mp__shelf *shelf;
    struct spot *next; /* of those given back */
} spot;

#define SPOT_SIZE ((sizeof(spot) + 15) / 16 * 16)

struct mp__shelf {
    mp__shelves *owner; /* NULL: they were left */
    mp__shelf *next;
    mp__shelf *previous;
    spot *given;    /* back, and free */
    uint32_t fresh; /* from here on nothing was ever taken */
    _Atomic uint32_t used;
    size_t size;  /* of a place, and what stands before it */
    size_t whole; /* of all this */
    uint32_t places;
    bool is_map; /* of LARGE_BYTES; else it is from malloc */
    _Alignas(16) unsigned char bytes[];
};

static void put_on(mp__shelf **list, mp__shelf *shelf)
{
    shelf->previous = NULL;
    shelf->next = *list;
    if (*list != NULL) {
        (*list)->previous = shelf;
    }
    *list = shelf;
}

static void take_off(mp__shelf **list, mp__shelf *shelf)
{
    if (shelf->previous != NULL) {
        shelf->previous->next = shelf->next;
    } else {
        *list = shelf->next;
    }
    if (shelf->next != NULL) {
        shelf->next->previous = shelf->previous;
    }
}

static void shelf_free(mp__shelf *shelf)
{
    if (shelf->is_map) {
        mp__map_free(shelf, LARGE_BYTES);
    } else {
        free(shelf);
    }
}

static mp__shelf *make(mp__shelves *shelves, size_t size)
{
    size_t each = SPOT_SIZE + (size + 15) / 16 * 16;
    size_t whole = LARGE_BYTES;
    mp__shelf *shelf = NULL;
    bool is_map;

    if (shelves->count >= SMALL_MOST && !WATCHED) {
        shelf = mp__map_private(whole);
    }
    is_map = shelf != NULL;
    if (!is_map) {
        whole = sizeof(*shelf) + PLACES * each;
        shelf = malloc(whole);
    }
    if (shelf == NULL) {
        return NULL;
    }
    shelf->owner = shelves;
    shelf->given = NULL;
    shelf->fresh = 0;
    atomic_init(&shelf->used, 0);
    shelf->size = each;
    shelf->whole = whole;
    shelf->places = (uint32_t)((whole - sizeof(*shelf)) / each);
    shelf->is_map = is_map;
    put_on(&shelves->open, shelf);
    shelves->count++;
    shelves->idle_bytes += shelf->whole;
    return shelf;
}

void *mp__shelf_take(mp__shelves *shelves, size_t size)
{
    mp__shelf *shelf = shelves->open;
    uint32_t used;
    spot *found;

    if (shelf == NULL) {
        shelf = make(shelves, size);
        if (shelf == NULL) {
            return NULL;
        }
    }
    assert(size <= shelf->size - SPOT_SIZE);
    found = shelf->given;
    if (found != NULL) {
        shelf->given = found->next;
    } else {
        found = (spot *)(void *)(shelf->bytes + shelf->fresh++ * shelf->size);
        found->shelf = shelf;
    }
    used = atomic_load_explicit(&shelf->used, memory_order_relaxed);
    atomic_store_explicit(&shelf->used, used + 1, memory_order_relaxed);
    if (used == 0) {
        shelves->idle_bytes -= shelf->whole;
    }
    if (used + 1 == shelf->places) {
        take_off(&shelves->open, shelf);
        put_on(&shelves->full, shelf);
    }
    return (unsigned char *)found + SPOT_SIZE;
}

void mp__shelf_give(void *place)
{
    spot *given = (spot *)(void *)((unsigned char *)place - SPOT_SIZE);
    mp__shelf *shelf = given->shelf;
    mp__shelves *shelves = shelf->owner;
    uint32_t used;

    if (shelves == NULL) {
        if (atomic_fetch_sub(&shelf->used, 1) == 1) {
            shelf_free(shelf);
        }
        return;
    }
    used = atomic_load_explicit(&shelf->used, memory_order_relaxed) - 1;
    atomic_store_explicit(&shelf->used, used, memory_order_relaxed);
    given->next = shelf->given;
    shelf->given = given;
    if (used + 1 == shelf->places) {
        take_off(&shelves->full, shelf);
        put_on(&shelves->open, shelf);
    }
    if (used > 0) {
        return;
    }
    if (shelves->idle_bytes + shelf->whole <= IDLE_BYTES) {
        shelves->idle_bytes += shelf->whole;
    } else {
        take_off(&shelves->open, shelf);
        shelves->count--;
        shelf_free(shelf);
    }
}

static void leave(mp__shelf *shelf)
{
    mp__shelf *next;

    for (; shelf != NULL; shelf = next) {
        next = shelf->next;
        if (atomic_load_explicit(&shelf->used, memory_order_relaxed) == 0) {
            shelf_free(shelf);
        } else {
            shelf->owner = NULL;
        }
    }
}

void mp__shelves_leave(mp__shelves *shelves)
{
    leave(shelves->open);
    leave(shelves->full);
    *shelves = (mp__shelves){ .open = NULL };
}
