/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * batch.c -- the items of one call, and what became of them
 *
 * A batch is made here, learns how its items ended, and goes. User code runs
 * here: decode, when a DIRECT item ends. The owner sees to it that this does not
 * call back.
 */
#include "pool/batch/batch.h"

#include "mp/error.h"
#include "platform/self.h"

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
    struct single *fresh = mp__shelf_take(shelves, sizeof(*fresh));

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
    mp__batch *fresh = calloc(1, sizeof(*fresh));

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

bool mp__batch_widen(mp__batch *batch, size_t room)
{
    size_t places;
    mp__kept *kept;
    size_t i;

    if (room <= batch->look_ahead) {
        return true;
    }
    places = mp__batch_places(room);
    kept = calloc(places, sizeof(*kept));
    if (kept == NULL) {
        return false;
    }
    for (i = batch->handed; i < batch->taken; i++) {
        kept[i & (places - 1)] = *mp__batch_place(batch, i);
    }
    free(batch->kept);
    batch->kept = kept;
    batch->places = places;
    batch->look_ahead = room;
    return true;
}

bool mp__batch_unbound(mp__batch *batch)
{
    if (!mp__batch_is_handed_out(batch)) {
        return true; /* it has room for all, or needs none */
    }
    return batch->count != SIZE_MAX &&
           mp__batch_widen(batch, batch->count - batch->handed);
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

mp_result *mp__result_of(mp__batch *batch, pid_t maker)
{
    batch->own = (mp_result){ .batch = batch, .maker = maker };
    batch->handle = &batch->own;
    return batch->handle;
}

void mp__result_call_back(mp__batch *batch)
{
    void (*done)(mp_result *, void *) = batch->done;
    mp_result lent = { .batch = batch, .maker = mp__self_pid(), .lent = true };

    batch->done = NULL;
    done(batch->handle != NULL ? batch->handle : &lent, batch->context);
}

static void note_failure(mp__batch *batch, size_t index, int error)
{
    if (error < 0 && index < batch->failed_index) {
        batch->failed_index = index;
        batch->failed_error = error;
    }
}

/* Is the report of item `index` the one to give: that of the lowest failure, or
 * of the last item while none has failed? */
static bool wants_report(const mp__batch *batch, size_t index)
{
    return batch->report != NULL &&
           (batch->failed_index == index || batch->failed_index == SIZE_MAX);
}

static void give_report(mp__batch *batch, size_t index, const mp__news *news)
{
    mp__news told = *news;
    mp__kept kept;

    told.bytes = NULL;
    told.size = 0;
    mp__kept_fill(&kept, index, &told);
    mp__kept_report(&kept, batch->report);
    mp__kept_free(&kept);
}

/* DIRECT: decode into the caller's array. */
static enum mp_task_end end_direct(mp__batch *batch, size_t index,
                                   const mp__news *news)
{
    mp__news told = *news;
    size_t size = batch->work->chunk.result.object_size;
    unsigned char *object =
        batch->results == NULL ? NULL : batch->results + index * size;

    if (told.error == 0 && object != NULL && batch->work->chunk.has_result) {
        told.error = mp__serializer_decode(&batch->work->chunk.result, object,
                                           told.bytes, told.size);
        told.end = told.error < 0 ? MP_TASK_FAILED : MP_TASK_DONE;
    }
    if (told.error < 0 && object != NULL) {
        memset(object, 0, size); /* its worker may have begun there */
    }
    note_failure(batch, index, told.error);
    if (batch->statuses != NULL) {
        batch->statuses[index] = told.error;
    }
    if (wants_report(batch, index)) {
        give_report(batch, index, &told);
    }
    return told.end;
}

static void count_ended(mp__batch *batch, enum mp_task_end end, size_t count)
{
    batch->ended += count;
    batch->tally->pending -= count;
    batch->tally->ends[end] += count;
}

/* Where the end of an item is kept that has just come. */
static mp__kept *place_for(mp__batch *batch, size_t index)
{
    switch (batch->sink) {
    case MP__SINK_STORED:
        return &batch->kept[index];
    case MP__SINK_ORDERED:
        return mp__batch_place(batch, index);
    default:
        return mp__batch_place(batch, batch->arrived++);
    }
}

static bool somebody_asks(const mp__batch *batch)
{
    return batch->held || batch->done != NULL;
}

void mp__batch_end_item(mp__batch *batch, size_t index, const mp__news *news)
{
    enum mp_task_end end = news->end;

    if (somebody_asks(batch) && batch->sink == MP__SINK_DIRECT) {
        end = end_direct(batch, index, news);
    } else if (somebody_asks(batch)) {
        if (batch->sink == MP__SINK_STORED) {
            note_failure(batch, index, news->error);
        }
        mp__kept_fill(place_for(batch, index), index, news);
    }
    count_ended(batch, end, 1);
}

/* The report of the last item of a run. */
static void report_last(mp__batch *batch, size_t index, uint32_t count,
                        const mp__news *news)
{
    mp__news last = *news;

    last.attempt = count == 1 ? news->attempt : 1;
    give_report(batch, index + count - 1, &last);
}

/* Results that were not made in place are copied there. */
static void end_direct_run(mp__batch *batch, size_t index, uint32_t count,
                           const mp__news *news)
{
    if (batch->results != NULL && news->size > 0) {
        mp__copy_object(batch->results + index * news->size, news->bytes,
                        count * news->size);
    }
    if (batch->statuses != NULL) {
        memset(&batch->statuses[index], 0, count * sizeof(int)); /* MP_OK */
    }
    if (wants_report(batch, index + count - 1)) {
        report_last(batch, index, count, news);
    }
    count_ended(batch, MP_TASK_DONE, count);
}

static void keep_long_run(mp__batch *batch, size_t index, uint32_t count,
                          const mp__news *news)
{
    mp__news one = *news;
    uint32_t i;

    for (i = 0; i < count; i++) {
        mp__kept_fill(place_for(batch, index + i), index + i, &one);
        one.bytes = (const unsigned char *)one.bytes + news->size;
        one.attempt = 1; /* only the first can be another */
    }
}

/* The same where all that is kept of an item is what lies inside: one is like
 * the other but for that. */
static void keep_run(mp__batch *batch, size_t index, uint32_t count,
                     const mp__news *news)
{
    const unsigned char *bytes = news->bytes;
    mp__kept one;
    mp__kept *kept;
    uint32_t i;

    if (count == 1) {
        mp__kept_fill(place_for(batch, index), index, news);
        return;
    }
    mp__kept_fill(&one, index, news);
    for (i = 0; i < count; i++) {
        kept = place_for(batch, index + i);
        *kept = one;
        kept->index = index + i;
        if (news->size > 0) {
            mp__copy_object(kept->inside, bytes, news->size);
            bytes += news->size;
        }
        one.attempt = 1;
    }
}

void mp__batch_end_run(mp__batch *batch, size_t index, uint32_t count,
                       const mp__news *news)
{
    if (batch->sink == MP__SINK_DIRECT) {
        end_direct_run(batch, index, count, news);
        return;
    }
    if (somebody_asks(batch) && news->size <= MP__KEPT_INSIDE &&
        news->cost == NULL) {
        keep_run(batch, index, count, news);
    } else if (somebody_asks(batch)) {
        keep_long_run(batch, index, count, news);
    }
    count_ended(batch, news->end, count);
}
