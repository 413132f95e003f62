/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * batch_make.c -- a batch from its birth to its last place
 */
#include "pool/batch.h"

#include "mp/error.h"

#include <stdlib.h>
#include <string.h>

/* A batch and where the end of its only item is kept. */
struct single {
    mp__batch batch;
    mp__kept kept;
};

/* It is all zero. */
static void begin(mp__batch *batch, mp__work *work, enum mp__sink sink,
                  size_t room)
{
    batch->work = work;
    batch->sink = sink;
    batch->look_ahead = room;
    batch->chunk_size = 1;
    batch->together = 1;
    batch->failed_index = SIZE_MAX;
    batch->held = true;
}

int mp__batch_create_single(mp__batch **batch, mp__shelves *shelves,
                            mp__work *work)
{
    struct single *fresh =
        work == NULL ? NULL : mp__shelf_take(shelves, sizeof(*fresh));

    if (fresh == NULL) {
        mp__work_leave(work, true);
        return MP_ENOMEM;
    }
    memset(fresh, 0, sizeof(*fresh));
    begin(&fresh->batch, work, MP__SINK_STORED, 1);
    fresh->batch.kept = &fresh->kept;
    fresh->batch.places = 1;
    fresh->batch.on_shelf = true;
    *batch = &fresh->batch;
    return 0;
}

void mp__batch_begin(mp__batch *batch, mp__work *work)
{
    memset(batch, 0, sizeof(*batch));
    begin(batch, work, MP__SINK_DIRECT, 0);
}

void mp__batch_end(mp__batch *batch)
{
    mp__work_leave(batch->work, true);
}

size_t mp__batch_places(size_t room)
{
    size_t places = 1;

    while (places < room && places <= SIZE_MAX / 2) {
        places *= 2;
    }
    return places;
}

int mp__batch_create(mp__batch **batch, mp__work *work, enum mp__sink sink,
                     size_t room)
{
    mp__batch *fresh = work == NULL ? NULL : calloc(1, sizeof(*fresh));

    if (fresh == NULL) {
        mp__work_leave(work, true);
        return MP_ENOMEM;
    }
    fresh->places = sink == MP__SINK_STORED ? room : mp__batch_places(room);
    if (room > 0) {
        fresh->kept = calloc(fresh->places, sizeof(*fresh->kept));
        if (fresh->kept == NULL) {
            mp__work_leave(work, true);
            free(fresh);
            return MP_ENOMEM;
        }
    }
    begin(fresh, work, sink, room);
    *batch = fresh;
    return 0;
}

void mp__batch_free(mp__batch *batch)
{
    size_t i;
    size_t places;

    if (batch == NULL) {
        return;
    }
    mp__work_leave(batch->work, batch->pool != NULL);
    places = batch->kept == NULL ? 0 : batch->places;
    for (i = 0; i < places; i++) {
        mp__kept_free(&batch->kept[i]);
    }
    if (batch->on_shelf) {
        mp__shelf_give(batch);
        return;
    }
    free(batch->kept);
    mp__scratch_free(&batch->lent);
    free(batch);
}
