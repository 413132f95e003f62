/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * batch.c -- the items of one call, and what became of them
 *
 * User code runs here: encode and next when items are taken, decode when a
 * DIRECT item ends. The owner sees to it that none of that calls back.
 */
#include "pool/batch.h"

#include "mp/error.h"
#include "mp/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A chunk is full when its arguments have this many bytes. */
#define CHUNK_BYTES ((size_t)1024 * 1024)

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

static void count_taken(mp__batch *batch, size_t count)
{
    batch->taken += count;
    batch->tally->submitted += count;
    batch->tally->pending += count;
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

void mp__batch_end_source(mp__batch *batch, const mp__news *news)
{
    if (mp__batch_is_handed_out(batch)) {
        batch->source_error = news->error;
    } else {
        while (batch->taken < batch->count) {
            count_taken(batch, 1);
            mp__batch_end_item(batch, batch->taken - 1, news);
        }
    }
    batch->fed = true;
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

static void end_source(mp__batch *batch, int error)
{
    batch->source_error = error;
    batch->fed = true;
}

/* The source fills in `object`; or, not above 0, has no more. */
static int ask_source(const mp__batch *batch, void *object, size_t size)
{
    mp__wipe_object(object, size);
    return batch->source.next(batch->source.context, object);
}

/* That is what it said. */
static void source_is_over(mp__batch *batch, int got)
{
    batch->count = batch->taken;
    end_source(batch, got);
}

/* The next argument object, or NULL at the end of the source. */
static const void *next_object(mp__batch *batch)
{
    size_t size = batch->work->chunk.argument.object_size;
    int got;

    if (batch->source.next == NULL) {
        return batch->work->chunk.has_argument
                   ? (const void *)((const unsigned char *)batch->source.items +
                                    batch->taken * size)
                   : (const void *)batch; /* not looked at */
    }
    if (mp__scratch_reserve(&batch->lent, size) < 0) {
        end_source(batch, MP_ENOMEM);
        return NULL;
    }
    got = ask_source(batch, batch->lent.bytes, size);
    if (got <= 0) {
        source_is_over(batch, got);
        return NULL;
    }
    return batch->lent.bytes;
}

/* How many plain arguments of `size` bytes make the next chunk, of those that
 * are left: at least one is. */
static size_t length_of_next(const mp__batch *batch, size_t size, uint64_t most)
{
    size_t count = batch->count - batch->taken;
    size_t fit;

    if (mp__batch_is_handed_out(batch) &&
        count > batch->look_ahead - (batch->taken - batch->handed)) {
        count = batch->look_ahead - (batch->taken - batch->handed);
    }
    count = count < batch->chunk_size ? count : batch->chunk_size;
    count = count < most ? count : (size_t)most;
    if (count <= 1 || size == 0) {
        return count;
    }
    fit = (CHUNK_BYTES - 1) / size + 1;
    return count < fit ? count : fit;
}

/* Plain memory in an array of the caller's: where it lies. */
static void take_array(mp__batch *batch, uint64_t most, mp__taken *taken)
{
    size_t size = mp__chunk_argument_size(&batch->work->chunk);
    size_t count = length_of_next(batch, size, most);

    taken->count = (uint32_t)count;
    taken->bytes = size == 0 ? NULL
                             : (const unsigned char *)batch->source.items +
                                   batch->taken * size;
    taken->size = count * size;
    count_taken(batch, count);
}

static bool is_full(const mp__batch *batch, const mp__pack *pack, uint64_t most)
{
    return pack->count >= batch->chunk_size || pack->count >= most ||
           pack->size >= CHUNK_BYTES || !mp__batch_has_more(batch);
}

/* Plain memory that the source writes where it is packed. */
static void take_plain(mp__batch *batch, mp__pack *pack, uint64_t most)
{
    size_t size = mp__chunk_argument_size(&batch->work->chunk);
    size_t count = length_of_next(batch, size, most);
    unsigned char *room = mp__pack_room(pack, count * size);
    size_t i;
    int got = 1;

    if (room == NULL) {
        end_source(batch, MP_ENOMEM);
        return;
    }
    for (i = 0; i < count; i++) {
        got = ask_source(batch, room + i * size, size);
        if (got <= 0) {
            break;
        }
    }
    mp__pack_grow(pack, i * size, (uint32_t)i);
    count_taken(batch, i);
    if (got <= 0) {
        source_is_over(batch, got);
    }
}

static void take_packed(mp__batch *batch, mp__pack *pack, uint64_t most,
                        mp__taken *taken)
{
    mp__news refused = { .end = MP_TASK_FAILED };
    const void *object;
    int error;

    while (!is_full(batch, pack, most)) {
        object = next_object(batch);
        if (object == NULL) {
            return;
        }
        error = mp__pack_add(pack, &batch->work->chunk, object);
        count_taken(batch, 1);
        if (error == 0) {
            continue;
        }
        refused.error = error;
        mp__batch_end_item(batch, batch->taken - 1, &refused);
        if (pack->count > 0) {
            return; /* the items of a chunk follow each other */
        }
        taken->first = batch->taken;
    }
}

void mp__batch_take(mp__batch *batch, mp__pack *pack, uint64_t most,
                    mp__taken *taken)
{
    *taken = (mp__taken){ .first = batch->taken };
    if (!mp__batch_has_more(batch)) {
        return;
    }
    if (!mp__batch_packs(batch)) {
        take_array(batch, most, taken);
        return;
    }
    if (mp__chunk_argument_is_plain(&batch->work->chunk)) {
        take_plain(batch, pack, most);
    } else {
        take_packed(batch, pack, most, taken);
    }
    taken->count = pack->count;
    taken->bytes = pack->bytes;
    taken->size = pack->size;
}

void mp__batch_take_one(mp__batch *batch, const void *bytes, size_t size,
                        mp__taken *taken)
{
    *taken = (mp__taken){
        .first = batch->taken, .count = 1, .bytes = bytes, .size = size
    };
    count_taken(batch, 1);
}
