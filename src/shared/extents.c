/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * extents.c -- which bytes of a worker's part of the file are free
 *
 * Nobody keeps a list of extents that could be wrong after a death. In use is
 * what an unread record of the worker's ring tells of, and what the owner has
 * pinned; all else is free. The steps, each one atomic store or load:
 *
 *   E1  worker: load the ring's head, then the pins, and choose free bytes
 *   E2  worker: raise `end` beyond them, if it is not
 *   E3  worker: write them; W7 to W9 then tell of them in a record
 *   E4  owner: to keep them, store a pin, and only then
 *   E5  owner: store the head (O6), for the record was read
 *   E6  owner: has done with them: clear the pin
 *
 * Why nothing in use is chosen: the worker remembers what it has sent until
 * the head has passed that record. If E1 sees a head behind the record, E4
 * came before it, and the pins loaded after the head show the extent unless
 * E6 was there. What the owner does not pin it has read before E5.
 *
 * Killed anywhere, the worker leaves no trace but published records and
 * `end`: bytes without a record were never in use. Its successor has not sent
 * those records. Until the head has passed all that were in the ring at its
 * birth (with the one that the supervisor has rolled forward) it takes extents
 * only behind `end`, which E2 put behind all of them. It does the same when it
 * has sent more than it cares to remember.
 *
 * The pins are written by the owner alone, and sealed against everybody else.
 * A task that overwrites `end` or its own ring garbles results of its worker:
 * the owner finds its own extents in its own memory.
 */
#include "shared/extents.h"

#include "mp/error.h"
#include "platform/kill_point.h"
#include "platform/map.h"

#include <stdlib.h>

/* An extent in one word: where it begins and how long it is, in grains. */
struct part {
    _Alignas(64) _Atomic uint32_t used; /* no pin from here on was ever set */
    _Atomic uint32_t cleared;           /* how often one was */
    _Alignas(64) _Atomic uint64_t pins[MP__PINS]; /* 0: free */
};

struct mp__pins {
    struct part *parts; /* [workers], the map */
    size_t map_size;
};

int mp__pins_create(mp__pins **pins, uint32_t workers)
{
    mp__pins *fresh = calloc(1, sizeof(*fresh));

    if (fresh == NULL) {
        return MP_ENOMEM;
    }
    fresh->map_size = mp__map_round(workers * sizeof(struct part));
    fresh->parts = mp__map_shared(fresh->map_size);
    if (fresh->parts == NULL) {
        free(fresh);
        return MP_ENOMEM;
    }
    *pins = fresh;
    return 0;
}

void mp__pins_destroy(mp__pins *pins)
{
    if (pins != NULL) {
        mp__map_free(pins->parts, pins->map_size);
        free(pins);
    }
}

void mp__pins_seal(mp__pins *pins)
{
    mp__map_seal(pins->parts, pins->map_size);
}

static uint64_t grains(uint64_t size)
{
    return (size + MP__EXTENT_GRAIN - 1) / MP__EXTENT_GRAIN;
}

void mp__pins_set(mp__pins *pins, uint32_t w, uint32_t i, uint64_t offset,
                  uint64_t size)
{
    struct part *part = &pins->parts[w];

    if (i >= atomic_load_explicit(&part->used, memory_order_relaxed)) {
        /* First: who sees the pin must look so far. */
        atomic_store(&part->used, i + 1);
    }
    MP_KILL_POINT("extent.pinning");
    atomic_store(&part->pins[i],
                 offset / MP__EXTENT_GRAIN << 32 | grains(size)); /* E4 */
    MP_KILL_POINT("extent.pinned");
}

void mp__pins_clear(mp__pins *pins, uint32_t w, uint32_t i)
{
    struct part *part = &pins->parts[w];

    MP_KILL_POINT("extent.unpinning");
    atomic_store(&part->pins[i], 0); /* E6 */
    MP_KILL_POINT("extent.unpinned");
    (void)atomic_fetch_add(&part->cleared, 1);
}

void mp__extents_open(mp__extents *extents, const mp__pins *pins,
                      const mp__outbox *outbox, uint32_t w,
                      _Atomic uint64_t *end)
{
    *extents = (mp__extents){ .pins = pins,
                              .outbox = outbox,
                              .w = w,
                              .end = end,
                              .blind_until = mp__outbox_carried(outbox, w) };
}

/* Forget what the owner has read. Where the extents begin that it cannot be
 * told of any more: all before that are in use. */
static uint64_t forget_read(mp__extents *extents)
{
    uint64_t head = mp__outbox_read(extents->outbox, extents->w); /* E1 */

    while (extents->sent_count > 0 &&
           extents->sent[extents->sent_first].until <= head) {
        extents->sent_first = (extents->sent_first + 1) % MP__EXTENTS_SENT;
        extents->sent_count--;
    }
    return head < extents->blind_until ? atomic_load(extents->end) : 0;
}

struct span {
    uint64_t begin;
    uint64_t end;
};

/* How many spans there are to look at; empty ones among them. */
static uint32_t spans(const mp__extents *extents)
{
    const struct part *part = &extents->pins->parts[extents->w];
    uint32_t used = atomic_load(&part->used);

    return extents->sent_count + (used < MP__PINS ? used : MP__PINS);
}

static struct span span_at(const mp__extents *extents, uint32_t i)
{
    const struct part *part = &extents->pins->parts[extents->w];
    const struct mp__sent_extent *sent;
    struct span span;
    uint64_t pin;

    if (i < extents->sent_count) {
        sent = &extents->sent[(extents->sent_first + i) % MP__EXTENTS_SENT];
        return (struct span){ sent->begin, sent->end };
    }
    pin = atomic_load(&part->pins[i - extents->sent_count]); /* E1 */
    span.begin = (pin >> 32) * MP__EXTENT_GRAIN;
    span.end = span.begin + (pin & UINT32_MAX) * MP__EXTENT_GRAIN;
    return span;
}

/* The first free place for `size` bytes at or behind `begin`. */
static uint64_t first_fit(const mp__extents *extents, uint64_t begin,
                          uint64_t size)
{
    uint32_t count = spans(extents);
    struct span span;
    uint64_t before;
    uint32_t i;

    do {
        before = begin;
        for (i = 0; i < count; i++) {
            span = span_at(extents, i);
            if (span.begin < begin + size && begin < span.end) {
                begin = span.end;
            }
        }
    } while (begin != before && begin < MP__EXTENT_PART);
    return begin;
}

uint64_t mp__extents_find(mp__extents *extents, uint64_t size)
{
    uint64_t begin = forget_read(extents);

    if (size > MP__EXTENT_PART) {
        return UINT64_MAX;
    }
    size = grains(size) * MP__EXTENT_GRAIN;
    begin = first_fit(extents, begin, size);
    if (begin > MP__EXTENT_PART - size) {
        return UINT64_MAX;
    }
    MP_KILL_POINT("extent.found");
    if (atomic_load_explicit(extents->end, memory_order_relaxed) <
        begin + size) {
        atomic_store(extents->end, begin + size); /* E2 */
        MP_KILL_POINT("extent.end_raised");
    }
    return begin;
}

void mp__extents_sent(mp__extents *extents, uint64_t offset, uint64_t size,
                      uint64_t until)
{
    uint32_t last;

    if (extents->sent_count == MP__EXTENTS_SENT) {
        extents->blind_until = until; /* this one included */
        extents->sent_count = 0;
        return;
    }
    last = (extents->sent_first + extents->sent_count) % MP__EXTENTS_SENT;
    extents->sent[last] = (struct mp__sent_extent){
        .until = until,
        .begin = offset,
        .end = offset + grains(size) * MP__EXTENT_GRAIN,
    };
    extents->sent_count++;
}

bool mp__extents_hole(mp__extents *extents, uint64_t from, uint64_t *begin,
                      uint64_t *end)
{
    uint64_t blind = forget_read(extents);
    uint32_t count = spans(extents);
    struct span span;
    uint32_t i;

    *end = atomic_load(extents->end);
    *end = *end < MP__EXTENT_PART ? *end : MP__EXTENT_PART;
    *begin = first_fit(extents, from < blind ? blind : from, MP__EXTENT_GRAIN);
    for (i = 0; i < count && *begin < *end; i++) {
        span = span_at(extents, i);
        if (span.begin > *begin && span.end > span.begin && span.begin < *end) {
            *end = span.begin;
        }
    }
    return *begin < *end;
}

void mp__extents_trim(mp__extents *extents, uint64_t size)
{
    uint64_t blind = forget_read(extents);
    uint32_t count = spans(extents);
    struct span span;
    uint32_t i;

    if (blind != 0) {
        return; /* who knows what is in use */
    }
    for (i = 0; i < count; i++) {
        span = span_at(extents, i);
        size = span.end > size ? span.end : size;
    }
    if (size < atomic_load(extents->end)) {
        atomic_store(extents->end, size);
    }
}

uint32_t mp__extents_cleared(const mp__extents *extents)
{
    return atomic_load(&extents->pins->parts[extents->w].cleared);
}
