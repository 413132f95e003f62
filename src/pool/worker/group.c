/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * group.c -- many small items, one record and one commit
 *
 * Items that share a record and a commit are a group, which is called a run here.
 * Where no clock runs for single items and a result is a few bytes of plain
 * memory, a commit for each item would cost more than the items. Steps R1 to
 * R3 are those of shared/outbox.c: a worker killed in a run loses the item in
 * hand and no other, as everywhere.
 *
 * What waits in an open run is not told yet, so a run is as long as what was
 * run last makes likely to take some 20 us; items that take longer than that
 * have runs of one.
 */
#include "pool/worker/group.h"

#include "platform/chaos.h"
#include "platform/clock.h"
#include "platform/kill_point.h"
#include "pool/worker/commit.h"
#include "pool/worker/group_items.h"
#include "pool/worker/item_clock.h"

#define LENGTH_MOST     4096
#define LENGTH_IN_CHAOS 4
#define PAYLOAD_GOOD    ((size_t)16384) /* a sixteenth of the ring */
#define OBJECT_MOST     ((size_t)1024)
#define SHORT_ENOUGH    (20 * MP__US)
#define MUCH_TOO_LONG   (200 * MP__US)
#define PACE_ROUND      64 /* bundles */
#define PACE_IDLE       4  /* at work for less than a fourth of the time */

bool mp__worker_makes_runs(const mp__worker *w, const mp__chunk *chunk)
{
    return !mp__worker_is_clocked(w, chunk) &&
           mp__chunk_result_is_plain(chunk) &&
           mp__chunk_result_size(chunk) <= OBJECT_MOST &&
           (!chunk->has_result || chunk->result.release == NULL);
}

/* How many items the run may have that begins with the one in hand. */
static uint32_t length_of(const mp__worker *w, const mp__chunk *chunk)
{
    size_t size = chunk->results == NULL ? mp__chunk_result_size(chunk) : 0;
    size_t length = chunk->count - w->claim.item;

    length = length < w->run_length ? length : w->run_length;
    if (length > 1 && length * size > PAYLOAD_GOOD) {
        length = PAYLOAD_GOOD / size;
    }
    return (uint32_t)length;
}

/* Bundles may come so slowly that who is awake besides would do them, too. */
static void keep_pace(mp__worker *w, int64_t began, int64_t took)
{
    if (w->pace.bundles == 0) {
        w->pace.since = began;
        w->pace.busy = 0;
    }
    w->pace.busy += took;
    w->pace.bundles++;
    if (w->pace.bundles == PACE_ROUND) {
        w->pace.idle = w->pace.busy * PACE_IDLE < began - w->pace.since;
        w->pace.bundles = 0;
    }
}

static void learn(mp__worker *w, uint32_t items, int64_t began)
{
    int64_t took = mp__clock_ns() - began;

    if (w->bundle.word != NULL) {
        keep_pace(w, began, took);
    }
    if (mp__chaos_is_on()) {
        w->run_length = LENGTH_IN_CHAOS; /* one seed, one plan */
    } else if (took > MUCH_TOO_LONG) {
        w->run_length = 1;
    } else if (took > SHORT_ENOUGH) {
        w->run_length = (w->run_length + 1) / 2;
    } else if (items == w->run_length && items < LENGTH_MOST) {
        w->run_length = 2 * items;
    }
}

/* Where the results of the items from the one in hand on are wanted: in the
 * caller's array; NULL: in records. */
static unsigned char *made_in_place(const mp__worker *w, const mp__chunk *chunk)
{
    return chunk->results == NULL
               ? NULL
               : chunk->results + (chunk->first + w->claim.item) *
                                      mp__chunk_result_size(chunk);
}

/* R1, with room for `items` results. */
static mp__record *open_run(mp__worker *w, size_t size, uint32_t items)
{
    size_t payload = size * items;
    mp__record *record;

    mp__worker_wait_room(w, payload);
    MP_KILL_POINT("run.has_room");
    record = mp__outbox_begin(w->core->outbox, w->index, payload);
    mp__worker_fill_record(w, record, MP__RECORD_RUN, w->claim.item, 0);
    record->size = size;
    MP_KILL_POINT("run.filled");
    mp__outbox_seal(w->core->outbox, w->index, record); /* R1 */
    return record;
}

/* R3 */
static void close_run(mp__worker *w, mp__chunk *chunk, mp__record *record,
                      uint32_t next)
{
    mp__worker_flush_last(w, chunk, next);
    MP_KILL_POINT("run.closing");
    record->end = (uint16_t)next;
    mp__worker_commit(w, chunk, record);
    MP_KILL_POINT("run.committed");
}

bool mp__worker_run_on(mp__worker *w, mp__chunk *chunk,
                       const mp__run_line *line, mp__unpack *unpack,
                       const void *bytes, size_t size, mp__ran *ran)
{
    uint32_t first = w->claim.item;
    size_t object = mp__chunk_result_size(chunk);
    /* What comes alone says nothing of runs. */
    int64_t began = chunk->count > 1 ? mp__clock_ns() : 0;
    mp__record *record;
    mp__run run = { .line = *line,
                    .item = first,
                    .end = first + length_of(w, chunk) };

    run.place = made_in_place(w, chunk);
    (void)mp__worker_take_turn(w, chunk);
    record = open_run(w, run.place == NULL ? object : 0, run.end - first);
    run.place = run.place == NULL ? mp__record_payload(record) : run.place;
    if (record->attempt > 1) {
        run.end = first + 1; /* a forerunner died in that one alone */
    }
    ran->error = mp__worker_run_items(w, chunk, unpack, bytes, size, &run);
    if (began != 0) {
        learn(w, run.item - first, began);
    }
    if (run.item > first) {
        close_run(w, chunk, record, run.item);
    }
    return ran->error == 0;
}
