/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * submit.c -- the calls that give a pool items of an array, or one
 *
 * Each checks its arguments, makes a batch of its items and leaves the rest
 * to the owner.
 */
#include "pool/calls/submit.h"

#include "mp/error.h"
#include "objects/serializer.h"
#include "objects/shared.h"
#include "platform/clock.h"
#include "pool/calls/pool.h"
#include "pool/owner/admit.h"
#include "pool/owner/breakdown.h"
#include "pool/owner/dispatch.h"
#include "pool/owner/ends.h"
#include "pool/owner/lone_apply.h"
#include "pool/owner/step.h"

#include <stddef.h>
#include <string.h>

#define CHUNKS_IN_PLACE  16 /* a worker; they cost next to nothing */
#define SMALL_RESULT     64
#define SUBMITS_UNLOOKED 32
#define UNLOOKED_MOST    (MP__MS / 10)

int mp__check_submit(const mp_pool *pool, const mp_task *task)
{
    int error = mp__pool_check(pool);

    if (error == 0 && task == NULL) {
        error = MP_EINVAL;
    }
    if (error < 0) {
        return error;
    }
    if (pool->closed || pool->over) {
        error = mp__work_check(task);
        if (error == 0) {
            error = pool->closed ? MP_ECLOSED : MP_EBROKEN;
        }
    }
    return error;
}

int mp__check_options(const mp_call_options *options, int fields)
{
    if (options == NULL) {
        return 0;
    }
    if (options->chunk_size < 0 || options->look_ahead < 0 ||
        !MP__RESERVED_IS_ZERO(options) ||
        (options->chunk_size > 0 && (fields & MP__FIELD_CHUNK) == 0) ||
        (options->look_ahead > 0 && (fields & MP__FIELD_AHEAD) == 0) ||
        (options->report != NULL && (fields & MP__FIELD_REPORT) == 0) ||
        (options->statuses != NULL && (fields & MP__FIELD_STATUSES) == 0) ||
        ((options->done != NULL || options->context != NULL) &&
         (fields & MP__FIELD_DONE) == 0)) {
        return MP_EINVAL;
    }
    return 0;
}

/* ---- batches over arrays ---- */

/* Some chunks for each worker: one that is slow holds up no other. */
static uint32_t share_of(const mp_pool *pool, size_t count, size_t each)
{
    size_t workers = pool->core.workers == 0 ? 1 : pool->core.workers;
    size_t chunks = workers * each;
    size_t size = (count + chunks - 1) / chunks;

    size = size < 1 ? 1 : size;
    return size > MP__ITEMS_MOST ? MP__ITEMS_MOST : (uint32_t)size;
}

/* So many arguments go from hand to hand in shared memory. */
static size_t most_inline(const mp_task *task)
{
    return task->argument != NULL && mp__serializer_is_plain(task->argument)
               ? MP__CHUNK_INLINE / task->argument->object_size
               : MP__CHUNK_INLINE / sizeof(int64_t);
}

uint32_t mp__chunk_size_for(const mp_pool *pool, const mp_task *task,
                            size_t count, const mp_call_options *options)
{
    uint32_t size;
    size_t most;

    if (options != NULL && options->chunk_size > 0) {
        return options->chunk_size > MP__ITEMS_MOST
                   ? MP__ITEMS_MOST
                   : (uint32_t)options->chunk_size;
    }
    size = share_of(pool, count, MP__CHUNKS_PER_WORKER);
    most = most_inline(task);
    return size > most && most > 0 ? (uint32_t)most : size;
}

int mp__work_for(mp_pool *pool, const mp_task *task, unsigned char *results,
                 mp__work **work)
{
    int limit_ms = task->limit_ms == 0 ? pool->core.limit_ms : task->limit_ms;

    return mp__work_find(&pool->works, task, pool->limits_off ? 0 : limit_ms,
                         results, work);
}

/* May this call over `count` arguments be made now? */
static int check_array(mp_pool *pool, const mp_task *task,
                       const void *arguments, size_t count, enum mp__sink sink,
                       const mp_call_options *options, int fields)
{
    int error = mp__check_submit(pool, task);
    int refused = mp__check_options(options, fields);

    if (error == MP_EBROKEN && refused == 0 && options != NULL &&
        options->report != NULL) {
        mp__owner_tell_broken(pool, options->report);
    }
    error = error == 0 ? refused : error;
    if (error == 0 && sink == MP__SINK_DIRECT && pool->calling_back) {
        error = MP_ESTATE; /* it would have to wait */
    }
    if (error < 0) {
        return error;
    }
    if (arguments == NULL && count > 0 && task->argument != NULL) {
        return MP_EINVAL;
    }
    return count > SIZE_MAX / 2 / sizeof(mp__kept) ? MP_ENOMEM : 0;
}

static void set_array(mp__batch *batch, const void *arguments, size_t count)
{
    batch->count = count;
    batch->source.items = arguments;
}

/* ---- calls that wait ---- */

/* Run a DIRECT batch to its end. */
static void run_direct(mp_pool *pool, mp__batch *batch)
{
    mp__owner_add(pool, batch);
    if (batch->count > 1) {
        pool->awaited = batch;
        pool->awaited_since = mp__clock_ns();
    }
    (void)mp__owner_wait_batch(pool, batch, MP__NEVER);
    pool->awaited = NULL;
}

/* It is over: it goes. The error of its lowest failure. */
static int end_direct(mp_pool *pool, mp__batch *batch)
{
    mp__owner_remove(pool, batch);
    mp__batch_end(batch);
    return batch->failed_error;
}

/* The call itself, on what is known to be good. `result` may be NULL. */
static int apply(mp_pool *pool, const mp_task *task, const void *argument,
                 void *result, mp_report *report)
{
    mp__work *work;
    mp__batch batch;
    bool alone;
    uint32_t slot = 0;
    int error;

    mp__owner_prepare(pool);
    error = mp__work_for(pool, task, NULL, &work);
    if (error < 0) {
        return error;
    }
    alone = mp__owner_may_run_alone(pool, work);
    if (alone) {
        slot = mp__owner_send_alone(pool, work, argument);
    }
    mp__batch_begin(&batch, work);
    set_array(&batch, argument, 1);
    batch.results = result;
    batch.report = report;
    if (alone) {
        mp__owner_await_alone(pool, &batch, slot);
    } else {
        run_direct(pool, &batch);
    }
    return end_direct(pool, &batch);
}

int mp_pool_apply(mp_pool *pool, const mp_task *task, const void *argument,
                  void *result, const mp_call_options *options)
{
    /* Not the caller's object: it stays as it is when the task fails. */
    _Alignas(max_align_t) unsigned char small[SMALL_RESULT];
    mp__scratch large = { .bytes = NULL };
    void *made = result == NULL ? NULL : small;
    size_t size;
    int error = check_array(pool, task, argument, 1, MP__SINK_DIRECT, options,
                            MP__FIELD_REPORT);

    if (error == 0 && result != NULL && task->result == NULL) {
        error = MP_EINVAL;
    }
    if (error < 0) {
        return error;
    }
    size = result == NULL ? 0 : task->result->object_size;
    if (size > sizeof(small)) {
        error = mp__scratch_reserve(&large, size);
        if (error < 0) {
            return error;
        }
        made = large.bytes;
    }
    error = apply(pool, task, argument, made,
                  options == NULL ? NULL : options->report);
    if (error == 0 && size > 0) {
        mp__copy_object(result, made, size);
    }
    if (made == large.bytes) {
        mp__scratch_free(&large);
    }
    return error;
}

static bool is_seen(const mp_pool *pool, const void *array, size_t count,
                    size_t size)
{
    return !pool->is_inline && array != NULL && count > 0 && size > 0 &&
           size <= SIZE_MAX / count &&
           mp__shared_holds(array, count * size, pool->shared_before);
}

/* Arrays of plain memory that the workers see, too, are used where they
 * lie. */
static void look_for_shared(mp_pool *pool, mp__batch *batch,
                            const mp_task *task, bool by_default)
{
    const mp__chunk *chunk = &batch->work->chunk;
    mp__work *work = NULL;

    batch->arguments_seen = mp__chunk_argument_is_plain(chunk) &&
                            is_seen(pool, batch->source.items, batch->count,
                                    mp__chunk_argument_size(chunk));
    if (batch->arguments_seen && by_default) {
        batch->chunk_size = share_of(pool, batch->count, CHUNKS_IN_PLACE);
    }
    batch->results_seen = mp__chunk_result_is_plain(chunk) &&
                          is_seen(pool, batch->results, batch->count,
                                  mp__chunk_result_size(chunk));
    if (batch->results_seen) {
        batch->results_seen =
            mp__work_for(pool, task, batch->results, &work) == 0;
    }
    if (work != NULL) {
        mp__work_leave(batch->work, true);
        batch->work = work;
    }
}

static bool overlap(const void *one, size_t one_size, const void *other,
                    size_t other_size)
{
    return one_size > 0 && (uintptr_t)one < (uintptr_t)other + other_size &&
           (uintptr_t)other < (uintptr_t)one + one_size;
}

int mp_pool_map(mp_pool *pool, const mp_task *task, const void *arguments,
                size_t count, void *results, const mp_call_options *options)
{
    mp__work *work = NULL;
    mp__batch batch;
    int error =
        check_array(pool, task, arguments, count, MP__SINK_DIRECT, options,
                    MP__FIELD_CHUNK | MP__FIELD_REPORT | MP__FIELD_STATUSES);

    if (error == 0 && results != NULL &&
        (task->result == NULL ||
         (task->argument != NULL &&
          overlap(arguments, count * task->argument->object_size, results,
                  count * task->result->object_size)))) {
        error = MP_EINVAL;
    }
    if (error == 0) {
        error = mp__work_for(pool, task, NULL, &work);
    }
    if (error != 0) {
        return error;
    }
    mp__batch_begin(&batch, work);
    set_array(&batch, arguments, count);
    batch.chunk_size = mp__chunk_size_for(pool, task, count, options);
    batch.results = results;
    look_for_shared(pool, &batch, task,
                    options == NULL || options->chunk_size == 0);
    batch.report = options == NULL ? NULL : options->report;
    batch.statuses = options == NULL ? NULL : options->statuses;
    run_direct(pool, &batch);
    return end_direct(pool, &batch);
}

/* ---- calls whose results wait ---- */

/* Take in what has arrived, unless that was done a moment ago and the workers
 * have enough to do: to look costs every worker the line that it writes. */
static void step_now_and_then(mp_pool *pool)
{
    int64_t now;

    if (!pool->watched && !pool->is_inline &&
        pool->tally.pending > SUBMITS_UNLOOKED + 2 * pool->core.workers) {
        now = mp__clock_ns();
        if (pool->unlooked < SUBMITS_UNLOOKED &&
            now - pool->looked < UNLOOKED_MOST) {
            pool->unlooked++;
            mp__owner_announce(pool, false); /* no call may follow */
            return;
        }
        pool->looked = now;
    }
    pool->unlooked = 0;
    mp__owner_step(pool);
}

/* Submit a STORED batch; its handle, if one is asked for. */
static int run_stored(mp_pool *pool, mp__batch *batch, mp_result **result,
                      const mp_call_options *options)
{
    batch->held = result != NULL;
    batch->done = options == NULL ? NULL : options->done;
    batch->context = options == NULL ? NULL : options->context;
    if (result != NULL) {
        *result = mp__result_of(batch, pool->maker); /* callbacks may look */
    }
    mp__owner_add(pool, batch);
    mp__owner_take_all(pool, batch);
    step_now_and_then(pool);
    return 0;
}

int mp_pool_apply_async(mp_pool *pool, mp_result **result, const mp_task *task,
                        const void *argument, const mp_call_options *options)
{
    mp__batch *batch = NULL;
    mp__work *work = NULL;
    int error = check_array(pool, task, argument, 1, MP__SINK_STORED, options,
                            MP__FIELD_DONE);

    if (error == 0) {
        error = mp__work_for(pool, task, NULL, &work);
    }
    if (error == 0) {
        error = mp__batch_create_single(&batch, &pool->singles, work);
    }
    if (error != 0) {
        return error;
    }
    set_array(batch, argument, 1);
    batch->is_single = true;
    error = mp__owner_pack_first(pool, batch, argument);
    if (error < 0) {
        mp__batch_free(batch);
        return error;
    }
    return run_stored(pool, batch, result, options);
}

int mp_pool_map_async(mp_pool *pool, mp_result **result, const mp_task *task,
                      const void *arguments, size_t count,
                      const mp_call_options *options)
{
    mp__batch *batch = NULL;
    mp__work *work = NULL;
    int error = check_array(pool, task, arguments, count, MP__SINK_STORED,
                            options, MP__FIELD_CHUNK | MP__FIELD_DONE);

    if (error == 0) {
        error = mp__work_for(pool, task, NULL, &work);
    }
    if (error == 0) {
        error = mp__batch_create(&batch, work, MP__SINK_STORED, count);
    }
    if (error != 0) {
        return error;
    }
    set_array(batch, arguments, count);
    batch->chunk_size = mp__chunk_size_for(pool, task, count, options);
    return run_stored(pool, batch, result, options);
}
