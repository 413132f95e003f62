/*
 * result.c -- the handle of one apply_async or map_async
 */
#include "mp/result.h"

#include "mp/error.h"
#include "mp/process.h"
#include "platform/clock.h"
#include "pool/call.h"
#include "pool/owner.h"

#include <stdlib.h>

struct mp_result {
    mp__batch *batch;
    pid_t maker;
};

int mp__result_create(mp_result **result, mp__batch *batch)
{
    mp_result *fresh = calloc(1, sizeof(*fresh));

    if (fresh == NULL) {
        return MP_ENOMEM;
    }
    fresh->batch = batch;
    fresh->maker = mp_process_pid(mp_process_current());
    *result = fresh;
    return 0;
}

static int check(const mp_result *result)
{
    if (result == NULL) {
        return MP_EINVAL;
    }
    if (result->maker != mp_process_pid(mp_process_current())) {
        return MP_ESTATE;
    }
    return result->batch->pool != NULL && result->batch->pool->busy ? MP_ESTATE
                                                                    : 0;
}

static bool is_ready(const void *batch)
{
    return mp__batch_is_over(batch);
}

int mp_result_ready(mp_result *result)
{
    int error = check(result);

    if (error < 0) {
        return error;
    }
    if (!is_ready(result->batch) && result->batch->pool != NULL) {
        mp__owner_look(result->batch->pool);
    }
    return is_ready(result->batch) ? 1 : 0;
}

static int wait_ready(mp_result *result, int timeout_ms)
{
    if (is_ready(result->batch)) {
        return 0;
    }
    return mp__owner_wait(result->batch->pool, is_ready, result->batch,
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
    if (!is_ready(result->batch)) {
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
    if (results != NULL && !batch->task.has_result) {
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
        error = mp__kept_decode(batch, &batch->kept[i], object);
        first_error = first_error == 0 ? error : first_error;
        object += batch->task.result.object_size;
    }
    return first_error;
}

int mp_result_report(mp_result *result, size_t index, mp_report *report)
{
    mp__batch *batch;
    pid_t pid = 0;
    int worker = -1;
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
        pid = mp__owner_who_runs(batch->pool, batch, index, &worker);
    }
    if (pid != 0) {
        report->end = MP_TASK_RUNNING;
        report->pid = pid;
        report->worker_index = worker;
    }
    return 0;
}

void mp_result_destroy(mp_result *result)
{
    if (result == NULL) {
        return;
    }
    /* A copy that a fork made has nothing to say about the owner's tasks. */
    if (result->maker == mp_process_pid(mp_process_current())) {
        mp__owner_drop(result->batch, false);
    }
    free(result);
}
