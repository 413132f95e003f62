/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * collect.c -- take in how items ended
 *
 * O6: the records of every worker slot's ring are read up to its tail, copied
 * or decoded, and their room is given back to the writer. After a record that
 * does not fit what was submitted (a task has scribbled over its worker's
 * ring) nothing in that ring can be trusted, and the pool ends as broken.
 */
#include "pool/owner/collect.h"

#include "mp/error.h"
#include "platform/file.h"
#include "platform/kill_point.h"
#include "pool/owner/ends.h"

#include <string.h>

#define FROM_FILE_KEPT ((size_t)1024 * 1024)

/* Point `news` at a copy of what lies at `offset` of the file, or mapped at
 * `bytes`. */
static void copy_from_file(mp_pool *pool, uint64_t offset, const void *bytes,
                           uint64_t size, mp__news *news)
{
    int error = size > SIZE_MAX / 2
                    ? MP_ENOMEM
                    : mp__scratch_reserve(&pool->from_file, (size_t)size);

    if (error == 0 && bytes != NULL) {
        memcpy(pool->from_file.bytes, bytes, (size_t)size);
    } else if (error == 0) {
        error = mp__file_read(pool->core.file, offset, pool->from_file.bytes,
                              (size_t)size);
    }
    news->bytes = pool->from_file.bytes;
    news->size = (size_t)size;
    if (error < 0) {
        news->error = error;
        news->end = MP_TASK_FAILED;
        news->size = 0;
    }
}

/* Point `news` at a result that lies in the file. False: worker `w` cannot
 * have written it there. It is left there where it can be: a result that is
 * kept is pinned, and one that is decoded here and now, before its record is
 * released, must be safe against a worker that writes to it meanwhile. */
static bool read_from_file(mp_pool *pool, uint32_t w, const mp__batch *batch,
                           const mp__arrival *arrival, mp__news *news)
{
    bool direct = batch->sink == MP__SINK_DIRECT;
    uint64_t offset = 0;
    uint64_t in_part;
    const void *bytes;

    memcpy(&offset, arrival->payload, sizeof(offset));
    in_part = offset % MP__EXTENT_PART;
    if (offset / MP__EXTENT_PART != w ||
        arrival->size > MP__EXTENT_PART - in_part ||
        offset + arrival->size > mp__file_size(pool->core.file)) {
        return false;
    }
    bytes = mp__retained_find(pool->retained, w, in_part, arrival->size);
    if (bytes == NULL ||
        (direct && !mp__serializer_reads_once(&batch->work->chunk.result))) {
        copy_from_file(pool, offset, bytes, arrival->size, news);
        return true;
    }
    news->bytes = bytes;
    news->size = (size_t)arrival->size;
    if (!direct) {
        news->extent = (mp__extent){ .retained = pool->retained,
                                     .worker = w,
                                     .offset = in_part };
    }
    return true;
}

/* Point `news` at a result in the ring. One that is decoded here and now is
 * copied first: a decoder may rely on bytes that stay as they are. */
static void read_from_ring(mp_pool *pool, const mp__batch *batch,
                           const mp__arrival *arrival, mp__news *news)
{
    news->bytes = arrival->payload;
    news->size = arrival->payload_size;
    if (batch->sink != MP__SINK_DIRECT || !batch->work->chunk.has_result ||
        mp__serializer_is_plain(&batch->work->chunk.result) ||
        news->size == 0) {
        return;
    }
    if (mp__scratch_reserve(&pool->from_file, news->size) < 0) {
        news->error = MP_ENOMEM;
        news->end = MP_TASK_FAILED;
        news->size = 0;
        return;
    }
    memcpy(pool->from_file.bytes, arrival->payload, news->size);
    news->bytes = pool->from_file.bytes;
}

/* The text that came with a failure. Ours from here on, with its end. */
static void read_fault(const mp__arrival *arrival, mp__fault *fault)
{
    size_t size = arrival->payload_size < sizeof(*fault) ? arrival->payload_size
                                                         : sizeof(*fault);

    memset(fault, 0, sizeof(*fault));
    memcpy(fault, arrival->payload, size);
    fault->file[sizeof(fault->file) - 1] = '\0';
    fault->text[sizeof(fault->text) - 1] = '\0';
}

static bool is_good(enum mp__record_kind kind)
{
    return kind == MP__RECORD_RESULT || kind == MP__RECORD_RUN ||
           kind == MP__RECORD_IN_FILE;
}

/* Are its items such that a run can have ended them? */
static bool fits_run(const mp__slot_use *use, const mp__arrival *arrival)
{
    const mp__chunk *chunk = &use->batch->work->chunk;

    return mp__chunk_result_is_plain(chunk) &&
           (arrival->size == mp__chunk_result_size(chunk) ||
            (arrival->size == 0 && use->batch->results_seen));
}

/* Or such that one record each ends them, or a death all? */
static bool fits_other(const mp__slot_use *use, const mp__arrival *arrival)
{
    return arrival->first >= use->told && (arrival->end == arrival->first + 1 ||
                                           arrival->kind == MP__RECORD_DEATH);
}

/* Does it end items that are the next ones of a task in use? */
static bool fits(const mp_pool *pool, const mp__arrival *arrival)
{
    const mp__slot_use *use;

    if (arrival->slot >= mp__task_table_slots(pool->core.table)) {
        return false;
    }
    use = &pool->uses[arrival->slot];
    return use->batch != NULL && use->generation == arrival->generation &&
           arrival->first == use->ended && arrival->end > arrival->first &&
           arrival->end <= use->count &&
           (is_good(arrival->kind) ? arrival->error == 0
                                   : arrival->error < 0) &&
           (arrival->kind == MP__RECORD_RUN ? fits_run(use, arrival)
                                            : fits_other(use, arrival));
}

/* All of its items before `end` have ended, and their slot may be free. */
static void pass(mp_pool *pool, uint32_t slot, uint32_t end)
{
    mp__slot_use *use = &pool->uses[slot];

    use->ended = end;
    if (end == use->count) {
        mp__free_slot(pool, slot);
    }
}

/* Items from `from` on, of those that the record of a run ends. */
static void end_run(mp_pool *pool, uint32_t w, const mp__arrival *arrival,
                    uint32_t from, mp__batch *batch, size_t index)
{
    size_t size = (size_t)arrival->size;
    const mp__news news = { .end = MP_TASK_DONE,
                            .pid = arrival->pid,
                            .worker = (int)w,
                            .attempt = (int)arrival->attempt,
                            .cost = arrival->costed ? &arrival->cost : NULL,
                            .bytes = arrival->payload +
                                     (from - arrival->first) * size,
                            .size = size };

    mp__batch_end_run(batch, index, arrival->end - from, &news);
    mp__settle_batch(pool, batch);
}

/* O6 for the record of a run, which fits; `early`: what is there of it while it
 * is open. Some of its items may have been told so before. No user code runs
 * in here. */
static void deliver_run(mp_pool *pool, uint32_t w, const mp__arrival *arrival,
                        bool early)
{
    mp__slot_use *use = &pool->uses[arrival->slot];
    uint32_t from = use->told > arrival->first ? use->told : arrival->first;
    mp__batch *batch = use->batch;
    size_t index = use->first + from;

    MP_KILL_POINT("collect.run_read");
    if (early) {
        use->told = arrival->end;
    } else {
        pass(pool, arrival->slot, arrival->end);
    }
    if (from < arrival->end) {
        end_run(pool, w, arrival, from, batch, index);
    }
}

/* O6 for any other. Good items each have their own result; bad ones end with
 * the first. False: its worker cannot have written it. */
static bool deliver_other(mp_pool *pool, uint32_t w, const mp__arrival *arrival)
{
    mp__fault fault; /* large, and rarely needed */
    mp__news news = { .error = arrival->error,
                      .end = mp__end_of(arrival->error),
                      .status = arrival->kind == MP__RECORD_DEATH
                                    ? arrival->status
                                    : 0,
                      .core_dumped = arrival->core_dumped,
                      .set_aside = arrival->set_aside,
                      .pid = arrival->pid,
                      .worker = (int)w,
                      .attempt = (int)arrival->attempt,
                      .cost = arrival->costed ? &arrival->cost : NULL };
    mp__batch *batch = pool->uses[arrival->slot].batch;
    size_t index = pool->uses[arrival->slot].first + arrival->first;

    if (arrival->kind == MP__RECORD_RESULT) {
        read_from_ring(pool, batch, arrival, &news);
    } else if (arrival->kind == MP__RECORD_IN_FILE) {
        if (!read_from_file(pool, w, batch, arrival, &news)) {
            return false;
        }
    } else if (arrival->kind == MP__RECORD_FAULT) {
        read_fault(arrival, &fault);
        news.fault = &fault;
    }
    if (!is_good(arrival->kind)) {
        mp__forget_stamps(pool); /* who knows what it has overwritten */
    }
    MP_KILL_POINT("collect.read");
    pass(pool, arrival->slot, arrival->end);
    mp__end_together(pool, batch, index, arrival->end - arrival->first, &news);
    return true;
}

bool mp__deliver(mp_pool *pool, uint32_t w, const mp__arrival *arrival)
{
    bool well = fits(pool, arrival);

    if (well && arrival->kind == MP__RECORD_RUN) {
        deliver_run(pool, w, arrival, false);
    } else if (well) {
        well = deliver_other(pool, w, arrival);
    }
    MP_KILL_POINT_IF(well, "collect.delivered");
    return well;
}

/* An item is left at least, for a batch may go when its last one has ended, and
 * the record is still to come. */
static bool is_early(const mp_pool *pool, const mp__arrival *arrival)
{
    const mp__slot_use *use;

    if (arrival->kind != MP__RECORD_RUN ||
        arrival->slot >= mp__task_table_slots(pool->core.table)) {
        return false;
    }
    use = &pool->uses[arrival->slot];
    return use->bundled > 0 && arrival->end > use->told &&
           arrival->end < use->count;
}

void mp__deliver_early(mp_pool *pool, uint32_t w)
{
    mp__arrival arrival;

    if (mp__outbox_unpublished(pool->core.outbox, w, pool->core.table,
                               &arrival) == MP__ARRIVED_RECORD &&
        is_early(pool, &arrival) && fits(pool, &arrival)) {
        deliver_run(pool, w, &arrival, true);
    }
}

/* O6 for one ring. */
static void collect_from(mp_pool *pool, uint32_t w)
{
    mp__arrival arrival;
    enum mp__arrived arrived;
    bool any = false;
    bool more = true;

    /* As far as the tail stands now: to look again at once would take the line
     * away from its worker, and who waits looks before he sleeps. */
    while (more) {
        arrived = mp__outbox_next(pool->core.outbox, w, &arrival);
        if (arrived == MP__ARRIVED_NOTHING) {
            break;
        }
        if (arrived == MP__ARRIVED_DAMAGE || !mp__deliver(pool, w, &arrival)) {
            pool->damaged = true; /* the next step ends the pool */
            break;
        }
        more = mp__outbox_take(pool->core.outbox, w, &arrival);
        MP_KILL_POINT("collect.taken");
        any = true;
    }
    if (any) {
        mp__outbox_release(pool->core.outbox, w);
    }
}

void mp__collect(mp_pool *pool)
{
    if (mp__outbox_has_news(pool->core.outbox)) {
        mp__take_in(pool);
    }
}

void mp__take_in(mp_pool *pool)
{
    uint32_t w;

    for (w = 0; w < pool->core.workers && !pool->damaged; w++) {
        collect_from(pool, w);
    }
    mp__scratch_trim(&pool->from_file, FROM_FILE_KEPT);
    pool->bundle_nap = 0;
}
