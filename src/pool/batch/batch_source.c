/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * batch_source.c -- items that a batch takes from its source
 *
 * A source is an array of the caller's or a function that is asked for each
 * item. User code runs here: `next` and encode. The owner sees to it that none
 * of that calls back.
 */
#include "pool/batch/batch_source.h"

#include "mp/error.h"

/* A chunk is full when its arguments have this many bytes. */
#define CHUNK_BYTES ((size_t)1024 * 1024)

static void count_taken(mp__batch *batch, size_t count)
{
    batch->taken += count;
    batch->tally->submitted += count;
    batch->tally->pending += count;
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

/* Returns how many of the arguments that the array still has make up the next
 * chunk. The array has at least one left, and each is plain memory of `size`
 * bytes. */
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
