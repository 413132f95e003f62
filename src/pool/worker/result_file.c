/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * result_file.c -- a worker's long results, into its part of the pool's file
 *
 * Where the file can be mapped, a result is encoded where the owner will read
 * it, or copied there once; pages stay and are used again. Before the first
 * touch pages are asked for by a call, so that a lack of memory is an error
 * and no signal. Elsewhere, and for what does not fit into the window, results
 * are written by calls.
 */
#include "pool/worker/result_file.h"

#include "mp/error.h"
#include "platform/file.h"
#include "platform/kill_point.h"
#include "platform/window.h"

#include <errno.h>
#include <string.h>

#define KEPT_WARM ((uint64_t)16 * 1024 * 1024)

void mp__outlet_open(mp__outlet *outlet, const mp__core *core, uint32_t w)
{
    *outlet = (mp__outlet){ .core = core, .w = w, .no_window = !core->mapped };
    mp__extents_open(&outlet->extents, core->pins, core->outbox, w,
                     &core->control->workers[w].extents_end);
}

static uint64_t in_file(const mp__outlet *outlet, uint64_t offset)
{
    return outlet->w * MP__EXTENT_PART + offset;
}

static bool open_window(mp__outlet *outlet)
{
    if (outlet->window == NULL && !outlet->no_window) {
        outlet->window = mp__window_open(outlet->core->file, in_file(outlet, 0),
                                         (size_t)MP__EXTENT_WINDOW, true);
        outlet->no_window = outlet->window == NULL;
    }
    return outlet->window != NULL;
}

/* Pages for these bytes of the part. */
static int make_sure(mp__outlet *outlet, uint64_t begin, uint64_t end)
{
    int error;

    if (begin >= outlet->sure_begin && end <= outlet->sure_end) {
        return 0;
    }
    error = mp__window_reserve(outlet->core->file, in_file(outlet, begin),
                               end - begin);
    if (error < 0) {
        return error;
    }
    if (begin > outlet->sure_end || end < outlet->sure_begin) {
        outlet->sure_begin = begin; /* apart: remember the newer one */
        outlet->sure_end = end;
    }
    outlet->sure_begin =
        begin < outlet->sure_begin ? begin : outlet->sure_begin;
    outlet->sure_end = end > outlet->sure_end ? end : outlet->sure_end;
    return 0;
}

void *mp__outlet_room(mp__outlet *outlet, size_t size)
{
    uint64_t offset;

    if (!open_window(outlet)) {
        return NULL;
    }
    offset = mp__extents_find(&outlet->extents, size);
    if (offset > MP__EXTENT_WINDOW || size > MP__EXTENT_WINDOW - offset ||
        make_sure(outlet, offset, offset + size) < 0) {
        return NULL;
    }
    return outlet->window + offset;
}

/* Do `bytes` lie in our part? Then where in it. */
static bool is_in_window(const mp__outlet *outlet, const void *bytes,
                         uint64_t *offset)
{
    uintptr_t begin = (uintptr_t)outlet->window;

    *offset = (uintptr_t)bytes - begin;
    return begin != 0 && (uintptr_t)bytes >= begin &&
           *offset < MP__EXTENT_WINDOW;
}

int mp__outlet_write(mp__outlet *outlet, const void *bytes, size_t size,
                     uint64_t *offset)
{
    void *room;
    uint64_t place;

    if (is_in_window(outlet, bytes, &place)) {
        *offset = in_file(outlet, place); /* it was made there */
        return 0;
    }
    room = mp__outlet_room(outlet, size);
    if (room != NULL && is_in_window(outlet, room, &place)) {
        memcpy(room, bytes, size);
        MP_KILL_POINT("outlet.copied");
        *offset = in_file(outlet, place);
        return 0;
    }
    place = mp__extents_find(&outlet->extents, size);
    if (place == UINT64_MAX) {
        return mp__outbox_has_news_of(outlet->core->outbox, outlet->w)
                   ? -EAGAIN
                   : -EFBIG; /* all of our part is not enough */
    }
    *offset = in_file(outlet, place);
    return mp__file_write(outlet->core->file, *offset, bytes, size);
}

void mp__outlet_sent(mp__outlet *outlet, uint64_t offset, size_t size)
{
    mp__extents_sent(&outlet->extents, offset % MP__EXTENT_PART, size,
                     mp__outbox_carried(outlet->core->outbox, outlet->w));
    outlet->trimmed = false;
}

void mp__outlet_idle(mp__outlet *outlet)
{
    uint64_t from = KEPT_WARM;
    uint32_t cleared;
    uint64_t begin;
    uint64_t end;

    if (atomic_load(outlet->extents.end) <= KEPT_WARM) {
        return;
    }
    cleared = mp__extents_cleared(&outlet->extents);
    if (outlet->trimmed && outlet->cleared == cleared) {
        return;
    }
    while (mp__extents_hole(&outlet->extents, from, &begin, &end)) {
        mp__file_give_back(outlet->core->file, in_file(outlet, begin),
                           end - begin);
        from = end;
    }
    mp__extents_trim(&outlet->extents, KEPT_WARM);
    if (outlet->sure_end > KEPT_WARM) {
        outlet->sure_end = KEPT_WARM;
        outlet->sure_begin =
            outlet->sure_begin < KEPT_WARM ? outlet->sure_begin : KEPT_WARM;
    }
    outlet->trimmed = !mp__outbox_has_news_of(outlet->core->outbox, outlet->w);
    outlet->cleared = cleared;
}
