/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * long_arguments.c -- arguments too long for a task slot, in the pool's file
 *
 * Each slot has a place of its own. The owner writes there before the slot is
 * READY; workers map all places, only for reading, and decode from there. So
 * what a worker decodes stays as it is, whatever another one does. The owner
 * writes by a call, which can fail where there is no room for a page; where it
 * has written before and pages are sure to be there, through a map of its own.
 *
 * Pages stay warm for the next arguments of the slot: slots are used again in
 * the order of a stack. What a quarter of a second has not touched is given
 * back while the owner waits; at once, what would be too much to keep.
 */
#include "pool/common/long_arguments.h"

#include "platform/file.h"
#include "platform/map.h"
#include "platform/window.h"

#include <stdlib.h>
#include <string.h>

#define SLOT_WARM ((uint64_t)1024 * 1024)       /* stays for good */
#define ALL_WARM  ((uint64_t)512 * 1024 * 1024) /* of free slots */
#define PART      MP__ARGUMENTS_PART

struct place {
    uint64_t size;     /* pages up to there may be there */
    uint64_t written;  /* whole pages that are */
    uint64_t attended; /* those at hand in the window */
    bool in_use;
    bool lately; /* used since the last rest */
};

struct mp__arguments {
    const mp__core *core;
    uint64_t warm;           /* the sizes of all places that are not in use */
    bool long_ones;          /* one of them is more than what stays */
    mp__arguments_view view; /* to write */
    uint32_t slots;
    struct place places[];
};

mp__arguments *mp__arguments_create(const mp__core *core)
{
    uint32_t slots = mp__task_table_slots(core->table);
    mp__arguments *fresh =
        calloc(1, sizeof(*fresh) + slots * sizeof(struct place));

    if (fresh != NULL) {
        fresh->core = core;
        fresh->slots = slots;
    }
    return fresh;
}

static size_t size_of_all(const mp__core *core)
{
    return (size_t)(mp__task_table_slots(core->table) * PART);
}

void mp__arguments_destroy(mp__arguments *arguments)
{
    if (arguments != NULL) {
        mp__map_free(arguments->view.window, size_of_all(arguments->core));
        free(arguments);
    }
}

/* Where the place of `slot` lies in the view, which is opened now at the
 * latest; NULL: that cannot be. */
static unsigned char *find(mp__arguments_view *view, const mp__core *core,
                           uint32_t slot, bool to_write)
{
    if (view->window == NULL && !view->no_window) {
        view->window =
            core->mapped
                ? mp__window_open(core->file, mp__core_arguments_at(core, 0),
                                  size_of_all(core), to_write)
                : NULL;
        view->no_window = view->window == NULL;
    }
    return view->window == NULL ? NULL : view->window + slot * PART;
}

unsigned char *mp__arguments_window(mp__arguments *arguments, uint32_t slot,
                                    size_t likely, size_t *size)
{
    struct place *place = &arguments->places[slot];
    unsigned char *window =
        likely > place->written
            ? NULL
            : find(&arguments->view, arguments->core, slot, true);

    if (window == NULL) {
        return NULL;
    }
    if (place->attended < place->written) {
        mp__map_attend(window, (size_t)place->written, true);
        place->attended = place->written;
    }
    *size = (size_t)place->written;
    return window;
}

int mp__arguments_put(mp__arguments *arguments, uint32_t slot,
                      const void *bytes, size_t size)
{
    struct place *place = &arguments->places[slot];
    unsigned char *window;
    size_t room;
    int error;

    arguments->warm -= place->in_use ? 0 : place->size;
    place->in_use = true;
    place->size = size > place->size ? size : place->size;
    window = mp__arguments_window(arguments, slot, size, &room);
    if (window != NULL) {
        if (window != bytes) {
            memcpy(window, bytes, size);
        }
        return 0;
    }
    error = mp__file_write(arguments->core->file,
                           mp__core_arguments_at(arguments->core, slot), bytes,
                           size);
    if (error == 0 && size > place->written) {
        place->written = mp__map_round(size);
    }
    return error;
}

/* Keep `size` bytes of the memory of a place. */
static void shrink(mp__arguments *arguments, uint32_t slot, uint64_t size)
{
    struct place *place = &arguments->places[slot];

    if (place->size > size) {
        place->written = place->written < size ? place->written : size;
        place->attended = place->attended < size ? place->attended : size;
        mp__file_give_back(arguments->core->file,
                           mp__core_arguments_at(arguments->core, slot) + size,
                           place->size - size);
        place->size = size;
    }
}

void mp__arguments_free(mp__arguments *arguments, uint32_t slot)
{
    struct place *place = &arguments->places[slot];

    if (arguments->warm + place->size > ALL_WARM) {
        shrink(arguments, slot, SLOT_WARM);
    }
    place->in_use = false;
    place->lately = true;
    arguments->warm += place->size;
    arguments->long_ones = arguments->long_ones || place->size > SLOT_WARM;
}

void mp__arguments_rest(mp__arguments *arguments)
{
    struct place *place;
    uint32_t slot;

    if (!arguments->long_ones) {
        return;
    }
    arguments->long_ones = false;
    for (slot = 0; slot < arguments->slots; slot++) {
        place = &arguments->places[slot];
        if (place->in_use || place->size <= SLOT_WARM) {
            continue;
        }
        if (place->lately) {
            place->lately = false;
            arguments->long_ones = true; /* next time */
        } else {
            arguments->warm -= place->size - SLOT_WARM;
            shrink(arguments, slot, SLOT_WARM);
        }
    }
}

const void *mp__arguments_find(mp__arguments_view *view, const mp__core *core,
                               uint32_t slot, uint64_t size)
{
    return size > PART || slot >= mp__task_table_slots(core->table)
               ? NULL
               : find(view, core, slot, false);
}
