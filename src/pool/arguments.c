/*
 * arguments.c -- arguments too long for a task slot, in the pool's file
 *
 * Each slot has a place of its own. The owner writes there before the slot is
 * READY; workers map all places, only for reading, and decode from there. So
 * what a worker decodes stays as it is, whatever another one does. The owner
 * writes by a call, which can fail where there is no room for a page; where it
 * has written before and pages are sure to be there, through a map of its own,
 * which takes half the time.
 *
 * Pages stay warm for the next arguments of the slot: slots are used again in
 * the order of a stack. What a quarter of a second has not touched is given
 * back while the owner waits; at once, what would be too much to keep.
 */
#include "pool/arguments.h"

#include "platform/file.h"
#include "platform/map.h"
#include "platform/window.h"

#include <stdlib.h>
#include <string.h>

#define WINDOW_LEAST ((size_t)65536) /* bytes that are worth it */

#define SLOT_WARM ((uint64_t)1024 * 1024)       /* stays for good */
#define ALL_WARM  ((uint64_t)512 * 1024 * 1024) /* of free slots */
#define PART      MP__ARGUMENTS_PART

struct place {
    uint64_t size;         /* pages up to there may be there */
    uint64_t written;      /* pages up to there are */
    unsigned char *window; /* NULL: not mapped */
    size_t window_size;
    bool in_use;
    bool lately; /* used since the last rest */
};

struct mp__arguments {
    const mp__core *core;
    uint64_t warm;  /* the sizes of all places that are not in use */
    bool long_ones; /* one of them is more than what stays */
    bool windows;   /* some place has had one */
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

static void close_window(struct place *place)
{
    mp__map_free(place->window, place->window_size);
    place->window = NULL;
    place->window_size = 0;
}

void mp__arguments_destroy(mp__arguments *arguments)
{
    uint32_t slot;

    if (arguments == NULL) {
        return;
    }
    for (slot = 0; arguments->windows && slot < arguments->slots; slot++) {
        close_window(&arguments->places[slot]);
    }
    free(arguments);
}

/* On all pages that are there. */
static void open_window(mp__arguments *arguments, uint32_t slot)
{
    const mp__core *core = arguments->core;
    struct place *place = &arguments->places[slot];
    size_t size = mp__map_round((size_t)place->written);

    place->window = mp__window_open(
        core->file, mp__core_arguments_at(core, slot), size, true);
    if (place->window != NULL) {
        place->window_size = size;
        arguments->windows = true;
        mp__map_disinherit(place->window, size);
        mp__map_attend(place->window, size, true);
    }
}

/* A window on `size` bytes of a place; NULL: they are to be written by calls. */
static unsigned char *window_on(mp__arguments *arguments, uint32_t slot,
                                size_t size)
{
    struct place *place = &arguments->places[slot];

    if (!arguments->core->mapped || size < WINDOW_LEAST ||
        size > place->written) {
        return NULL;
    }
    if (place->window_size < size) {
        close_window(place);
        open_window(arguments, slot);
    }
    return place->window;
}

unsigned char *mp__arguments_window(const mp__arguments *arguments,
                                    uint32_t slot, size_t *size)
{
    const struct place *place = &arguments->places[slot];

    *size = place->window_size;
    return place->window;
}

int mp__arguments_put(mp__arguments *arguments, uint32_t slot,
                      const void *bytes, size_t size)
{
    struct place *place = &arguments->places[slot];
    unsigned char *window;
    int error;

    arguments->warm -= place->in_use ? 0 : place->size;
    place->in_use = true;
    place->size = size > place->size ? size : place->size;
    window = window_on(arguments, slot, size);
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
        place->written = size;
    }
    return error;
}

/* Keep `size` bytes of the memory of a place. */
static void shrink(mp__arguments *arguments, uint32_t slot, uint64_t size)
{
    struct place *place = &arguments->places[slot];

    if (place->size > size) {
        if (place->window_size > size) {
            close_window(place);
        }
        place->written = place->written < size ? place->written : size;
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

const void *mp__inlet_find(mp__inlet *inlet, const mp__core *core,
                           uint32_t slot, uint64_t size)
{
    uint64_t begin = mp__core_arguments_at(core, 0);
    uint64_t end =
        mp__core_arguments_at(core, mp__task_table_slots(core->table));

    if (!core->mapped || inlet->no_window || size > PART ||
        slot >= mp__task_table_slots(core->table)) {
        return NULL;
    }
    if (inlet->window == NULL) {
        inlet->window =
            mp__window_open(core->file, begin, (size_t)(end - begin), false);
        inlet->no_window = inlet->window == NULL;
    }
    return inlet->window == NULL ? NULL : inlet->window + slot * PART;
}
