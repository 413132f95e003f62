/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * result.c -- the handle of one apply_async or map_async
 */
#include "mp/result.h"

#include "mp/error.h"
#include "platform/clock.h"
#include "platform/self.h"
#include "pool/calls/observe.h"
#include "pool/owner/cancel.h"
#include "pool/owner/step.h"

#include <limits.h>
#include <stdlib.h>

static int check(const mp_result *result)
{
    if (result == NULL) {
        return MP_EINVAL;
    }
    if (result->maker != mp__self_pid()) {
        return MP_ESTATE;
    }
    return result->batch->pool != NULL && result->batch->pool->busy ? MP_ESTATE
                                                                    : 0;
}

int mp_result_ready(mp_result *result)
{
    int error = check(result);

    if (error < 0) {
        return error;
    }
    if (!mp__batch_is_over(result->batch) && result->batch->pool != NULL) {
        mp__owner_look(result->batch->pool);
    }
    return mp__batch_is_over(result->batch) ? 1 : 0;
}

static int wait_ready(mp_result *result, int timeout_ms)
{
    if (mp__batch_is_over(result->batch)) {
        return 0;
    }
    return mp__owner_wait_batch(result->batch->pool, result->batch,
                                mp__deadline_after(timeout_ms));
}

int mp_result_wait(mp_result *result, int timeout_ms)
{
    int error = check(result);

    return error < 0 ? error : wait_ready(result, timeout_ms);
}

int mp_result_successful(mp_result *result)
{
    int error = check(result);

    if (error < 0) {
        return error;
    }
    if (!mp__batch_is_over(result->batch)) {
        return MP_ESTATE;
    }
    return result->batch->failed_index == SIZE_MAX ? 1 : 0;
}

int mp_result_get(mp_result *result, void *results, int timeout_ms)
{
    unsigned char *object = results;
    mp__batch *batch;
    int first_error = 0;
    int error = check(result);
    size_t i;

    if (error < 0) {
        return error;
    }
    batch = result->batch;
    if (results != NULL && !batch->work->chunk.has_result) {
        return MP_EINVAL;
    }
    error = wait_ready(result, timeout_ms);
    if (error < 0) {
        return error;
    }
    if (results == NULL) {
        return batch->failed_error;
    }
    for (i = 0; i < batch->count; i++) {
        error = mp__kept_decode(&batch->work->chunk, &batch->kept[i], object);
        first_error = first_error == 0 ? error : first_error;
        object += batch->work->chunk.result.object_size;
    }
    return first_error;
}

int mp_result_view(mp_result *result, const void **bytes, size_t *size,
                   int timeout_ms)
{
    const mp__kept *kept;
    mp__batch *batch;
    int error = bytes == NULL || size == NULL ? MP_EINVAL : check(result);

    if (error < 0) {
        return error;
    }
    batch = result->batch;
    if (!batch->is_single || !batch->work->chunk.has_result) {
        return MP_EINVAL;
    }
    error = mp_result_wait(result, timeout_ms);
    if (error < 0) {
        return error;
    }
    kept = &batch->kept[0];
    if (kept->error < 0) {
        return kept->error;
    }
    *bytes = mp__kept_bytes(kept);
    *size = kept->size;
    return MP_OK;
}

int mp_result_cancel(mp_result *result)
{
    mp__batch *batch;
    int error = check(result);
    size_t i;

    if (error < 0) {
        return error;
    }
    batch = result->batch;
    if (batch->pool != NULL && batch->pool->calling_back) {
        return MP_ESTATE; /* it may have to wait */
    }
    if (batch->pool != NULL) {
        mp__owner_look(batch->pool);
    }
    if (mp__batch_is_over(batch)) {
        return MP_ESTATE;
    }
    mp__owner_cancel(batch->pool, batch, true);
    error = wait_ready(result, MP_FOREVER);
    for (i = 0; i < batch->count && error == 0; i++) {
        if (batch->kept[i].end == MP_TASK_CANCELED) {
            return MP_OK;
        }
    }
    return error < 0 ? error : MP_ESTATE; /* all were faster */
}

int mp_result_report(mp_result *result, size_t index, mp_report *report)
{
    mp__batch *batch;
    int error = check(result);

    if (error < 0) {
        return error;
    }
    batch = result->batch;
    if (report == NULL || index >= batch->count) {
        return MP_EINVAL;
    }
    if (batch->pool != NULL) {
        mp__owner_look(batch->pool);
    }
    mp__kept_report(&batch->kept[index], report);
    report->index = index;
    if (report->end == MP_TASK_PENDING && batch->pool != NULL) {
        mp__owner_tell_running(batch->pool, batch, index, report);
    }
    return 0;
}

/* ---- several at once ---- */

struct set {
    mp_result *const *results;
    size_t count;
};

/* Index of the first that is ready, or `count`. */
static size_t first_ready(const struct set *set)
{
    size_t i;

    for (i = 0; i < set->count; i++) {
        if (set->results[i] != NULL &&
            mp__batch_is_over(set->results[i]->batch)) {
            break;
        }
    }
    return i;
}

static bool any_is_ready(const void *argument)
{
    const struct set *set = argument;

    return first_ready(set) < set->count;
}

static bool all_are_ready(const void *argument)
{
    const struct set *set = argument;
    size_t i;

    for (i = 0; i < set->count; i++) {
        if (set->results[i] != NULL &&
            !mp__batch_is_over(set->results[i]->batch)) {
            return false;
        }
    }
    return true;
}

/* The pools that the results wait for, each once; how many. */
static size_t list_pools(const struct set *set, mp_pool **pools)
{
    size_t found = 0;
    mp_pool *pool;
    size_t i;
    size_t p;

    for (i = 0; i < set->count; i++) {
        pool = set->results[i] == NULL ? NULL : set->results[i]->batch->pool;
        if (pool == NULL || pool->is_inline) {
            continue;
        }
        for (p = 0; p < found && pools[p] != pool; p++) {
            /* look on */
        }
        pools[p] = pool;
        found = p == found ? found + 1 : found;
    }
    return found;
}

/* 0; MP_EINVAL when there is none at all; or an error of one of them. */
static int check_set(const struct set *set)
{
    int error = 0;
    bool any = false;
    size_t i;

    if (set->results == NULL && set->count > 0) {
        return MP_EINVAL;
    }
    for (i = 0; i < set->count && error == 0; i++) {
        if (set->results[i] != NULL) {
            any = true;
            error = check(set->results[i]);
        }
    }
    return error == 0 && !any ? MP_EINVAL : error;
}

/* Wait until `done` of the set. What no pool can make true any more is true
 * already: then every result is ready. */
static int wait_set(const struct set *set, bool (*done)(const void *argument),
                    int timeout_ms)
{
    int64_t deadline = mp__deadline_after(timeout_ms);
    mp_pool **pools;
    size_t count;
    int error = 0;

    if (done(set)) {
        return 0;
    }
    pools = calloc(set->count, sizeof(mp_pool *));
    if (pools == NULL) {
        return MP_ENOMEM;
    }
    count = list_pools(set, pools);
    if (count > 0) {
        error = mp__owner_wait_all(pools, count, done, set, deadline);
    }
    free(pools);
    return error;
}

int mp_result_wait_any(mp_result *const *results, size_t count, int timeout_ms)
{
    struct set set = { .results = results, .count = count };
    int error = check_set(&set);
    size_t index;

    if (error == 0) {
        error = wait_set(&set, any_is_ready, timeout_ms);
    }
    if (error < 0) {
        return error;
    }
    index = first_ready(&set);
    return index > INT_MAX ? INT_MAX : (int)index;
}

int mp_result_wait_all(mp_result *const *results, size_t count, int timeout_ms)
{
    struct set set = { .results = results, .count = count };
    int error = count == 0 ? 0 : check_set(&set);

    if (count == 0) {
        return 0;
    }
    return error < 0 ? error : wait_set(&set, all_are_ready, timeout_ms);
}

void mp_result_destroy(mp_result *result)
{
    if (result == NULL || result->lent) {
        return;
    }
    result->batch->handle = NULL; /* it goes with the batch */
    /* A copy that a fork made has nothing to say about the owner's tasks. */
    if (result->maker == mp__self_pid()) {
        mp__owner_drop(result->batch, false);
    }
}
