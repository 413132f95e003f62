/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * long_results.c -- long results, read and kept where their workers put them
 *
 * Step E4 and E6 of shared/extents.c. Each part of the file is mapped when a
 * result in it is read for the first time, and only for reading: whoever
 * writes there after the owner has checked where a result lies changes what is
 * read and nothing else. What has been pinned is remembered here, since only
 * the owner's own memory is out of reach of a task.
 *
 * After the pool the maps of what is kept remain, and nothing else of the
 * file. A process that was forked meanwhile has a copy of all this, and gives
 * back its own maps at most.
 */
#include "pool/batch/long_results.h"

#include "platform/file.h"
#include "platform/kill_point.h"
#include "platform/map.h"
#include "platform/self.h"
#include "platform/window.h"

#include <stdlib.h>

struct pin {
    uint64_t offset;
    uint64_t size; /* 0: free */
};

struct part {
    unsigned char *window; /* NULL: not mapped */
    struct pin *pins;      /* [MP__PINS]; NULL: none yet */
    uint32_t hint;         /* where a free one may be */
};

struct mp__retained {
    const mp__core *core; /* NULL: the pool is gone */
    pid_t maker;
    size_t pinned;
    uint32_t workers;
    bool no_window; /* it could not be mapped */
    struct part parts[];
};

mp__retained *mp__retained_create(const mp__core *core)
{
    mp__retained *fresh;

    if (!core->mapped) {
        return NULL;
    }
    fresh = calloc(1, sizeof(*fresh) + core->workers * sizeof(struct part));
    if (fresh != NULL) {
        fresh->core = core;
        fresh->maker = mp__self_pid();
        fresh->workers = core->workers;
    }
    return fresh;
}

static bool is_ours(const mp__retained *retained)
{
    return retained->maker == mp__self_pid();
}

static uint64_t whole_pages(uint64_t size)
{
    uint64_t page = mp__map_page_size();

    return (size + page - 1) / page * page;
}

static void free_retained(mp__retained *retained)
{
    uint32_t w;

    for (w = 0; w < retained->workers; w++) {
        free(retained->parts[w].pins);
    }
    free(retained);
}

/* The pin of a part that begins first at or behind `from`; NULL: none. */
static const struct pin *next_pin(const struct part *part, uint64_t from)
{
    const struct pin *next = NULL;
    uint32_t i;

    for (i = 0; part->pins != NULL && i < MP__PINS; i++) {
        if (part->pins[i].size > 0 && part->pins[i].offset >= from &&
            (next == NULL || part->pins[i].offset < next->offset)) {
            next = &part->pins[i];
        }
    }
    return next;
}

/* All of a part but what is pinned: unmap it, and give its memory back. */
static void leave_part(mp__retained *retained, uint32_t w)
{
    struct part *part = &retained->parts[w];
    const struct pin *pin = next_pin(part, 0);
    uint64_t at = 0;

    while (at < MP__EXTENT_WINDOW) {
        uint64_t end = pin == NULL ? MP__EXTENT_WINDOW : pin->offset;

        if (end > at) {
            mp__map_free(part->window + at, (size_t)(end - at));
            if (is_ours(retained)) {
                mp__file_give_back(retained->core->file,
                                   w * MP__EXTENT_PART + at, end - at);
            }
        }
        at = end;
        if (pin != NULL) {
            at = pin->offset + whole_pages(pin->size);
            pin = next_pin(part, at);
        }
    }
}

void mp__retained_close(mp__retained *retained)
{
    uint32_t w;

    if (retained == NULL) {
        return;
    }
    for (w = 0; w < retained->workers; w++) {
        if (retained->parts[w].window != NULL) {
            leave_part(retained, w);
        }
    }
    retained->core = NULL;
    if (retained->pinned == 0) {
        free_retained(retained);
    }
}

const void *mp__retained_find(mp__retained *retained, uint32_t w,
                              uint64_t offset, uint64_t size)
{
    struct part *part;

    if (retained == NULL || retained->no_window ||
        offset % MP__EXTENT_GRAIN != 0 || offset > MP__EXTENT_WINDOW ||
        size > MP__EXTENT_WINDOW - offset) {
        return NULL;
    }
    part = &retained->parts[w];
    if (part->window == NULL) {
        part->window =
            mp__window_open(retained->core->file, w * MP__EXTENT_PART,
                            (size_t)MP__EXTENT_WINDOW, false);
        retained->no_window = part->window == NULL;
    }
    return part->window == NULL ? NULL : part->window + offset;
}

/* A free pin of the part; MP__PINS: none. */
static uint32_t free_pin(struct part *part)
{
    uint32_t tries;
    uint32_t i;

    for (tries = 0; tries < MP__PINS; tries++) {
        i = (part->hint + tries) % MP__PINS;
        if (part->pins[i].size == 0) {
            part->hint = (i + 1) % MP__PINS;
            return i;
        }
    }
    return MP__PINS;
}

int mp__retained_keep(const mp__extent *extent, uint64_t size)
{
    mp__retained *retained = extent->retained;
    struct part *part = &retained->parts[extent->worker];
    uint32_t i;

    if (part->pins == NULL) {
        part->pins = calloc(MP__PINS, sizeof(*part->pins));
    }
    i = part->pins == NULL ? MP__PINS : free_pin(part);
    if (i == MP__PINS) {
        return -1;
    }
    part->pins[i] = (struct pin){ .offset = extent->offset, .size = size };
    retained->pinned++;
    mp__pins_set(retained->core->pins, extent->worker, i, extent->offset, size);
    return (int)i;
}

void mp__retained_drop(mp__retained *retained, uint32_t w, int number)
{
    struct part *part = &retained->parts[w];
    struct pin *pin = &part->pins[number];

    if (retained->core != NULL && is_ours(retained)) {
        mp__pins_clear(retained->core->pins, w, (uint32_t)number);
    } else if (retained->core == NULL && is_ours(retained)) {
        mp__window_drop(part->window + pin->offset,
                        (size_t)whole_pages(pin->size));
    } else if (retained->core == NULL) {
        mp__map_free(part->window + pin->offset,
                     (size_t)whole_pages(pin->size));
    }
    pin->size = 0;
    part->hint = (uint32_t)number;
    retained->pinned--;
    if (retained->core == NULL && retained->pinned == 0) {
        free_retained(retained);
    }
}
