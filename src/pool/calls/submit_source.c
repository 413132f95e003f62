/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * submit_source.c -- the calls whose items come from a source, one by one
 */
#include "pool/calls/submit.h"

#include "mp/error.h"
#include "objects/reserved.h"
#include "pool/calls/iterator.h"
#include "pool/owner/dispatch.h"
#include "pool/owner/step.h"

#define AHEAD_PER_WORKER 64

static int check_source(const mp_source *source, const mp_task *task)
{
    if (source == NULL || !MP__RESERVED_IS_ZERO(source)) {
        return MP_EINVAL;
    }
    if (source->next != NULL) {
        return source->items != NULL || source->count > 0 ||
                       task->argument == NULL
                   ? MP_EINVAL
                   : 0;
    }
    return source->items == NULL && source->count > 0 && task->argument != NULL
               ? MP_EINVAL
               : 0;
}

static size_t look_ahead_for(const mp_pool *pool, const mp_source *source,
                             const mp_call_options *options, size_t chunk)
{
    size_t workers = pool->core.workers == 0 ? 1 : pool->core.workers;
    size_t each = MP__CHUNKS_PER_WORKER * chunk;
    size_t ahead =
        workers * (each < AHEAD_PER_WORKER ? AHEAD_PER_WORKER : each);

    if (options != NULL && options->look_ahead > 0) {
        ahead = (size_t)options->look_ahead;
    }
    if (source->next == NULL && source->count < ahead) {
        ahead = source->count; /* no more than there are */
    }
    return ahead < 1 ? 1 : ahead;
}

static int run_source(mp_pool *pool, mp_iterator **iterator,
                      const mp_task *task, const mp_source *source,
                      const mp_call_options *options, enum mp__sink sink)
{
    mp__batch *batch = NULL;
    mp__work *work = NULL;
    size_t chunk;
    int error = mp__check_submit(pool, task);

    if (error == 0) {
        error = iterator == NULL ? MP_EINVAL : check_source(source, task);
    }
    if (error == 0) {
        error = mp__check_options(options, MP__FIELD_CHUNK | MP__FIELD_AHEAD);
    }
    if (error == 0) {
        error = mp__work_for(pool, task, NULL, &work);
    }
    if (error != 0) {
        return error;
    }
    chunk = options == NULL || options->chunk_size == 0
                ? 1
                : mp__chunk_size_for(pool, task, 0, options);
    error = mp__batch_create(&batch, work, sink,
                             look_ahead_for(pool, source, options, chunk));
    if (error != 0) {
        return error;
    }
    batch->source = (mp__source){ .items = source->items,
                                  .next = source->next,
                                  .context = source->context };
    batch->count = source->next == NULL ? source->count : SIZE_MAX;
    batch->chunk_size = (uint32_t)chunk;
    batch->widens = options == NULL || options->look_ahead == 0;
    error = mp__iterator_create(iterator, batch);
    if (error < 0) {
        mp__batch_free(batch);
        return error;
    }
    mp__owner_add(pool, batch);
    mp__owner_step(pool);
    return 0;
}

int mp_pool_imap(mp_pool *pool, mp_iterator **iterator, const mp_task *task,
                 const mp_source *source, const mp_call_options *options)
{
    return run_source(pool, iterator, task, source, options, MP__SINK_ORDERED);
}

int mp_pool_imap_unordered(mp_pool *pool, mp_iterator **iterator,
                           const mp_task *task, const mp_source *source,
                           const mp_call_options *options)
{
    return run_source(pool, iterator, task, source, options, MP__SINK_ARRIVAL);
}
