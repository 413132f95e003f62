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

static bool is_handed_out(const mp__batch *batch)
{
    return batch->sink == MP__SINK_ORDERED || batch->sink == MP__SINK_ARRIVAL;
}

bool mp__batch_has_more(const mp__batch *batch)
{
    return !batch->fed && batch->taken < batch->count &&
           (!is_handed_out(batch) ||
            batch->taken - batch->handed < batch->look_ahead);
}

bool mp__batch_is_over(const mp__batch *batch)
{
    return batch->ended == batch->taken &&
           (batch->fed || batch->taken == batch->count);
}

void mp__kept_free(mp__kept *kept)
{
    if (kept->retained != NULL) {
        mp__retained_drop(kept->retained, (uint32_t)kept->worker, kept->pin);
    } else {
        free(kept->outside);
    }
    free(kept->cost);
    *kept = (mp__kept){ .end = MP_TASK_PENDING };
}

const void *mp__kept_bytes(const mp__kept *kept)
{
    return kept->size > sizeof(kept->inside) ? kept->outside : kept->inside;
}

/* Keep where it is what lies in the file. */
static bool pin(mp__kept *kept, const mp__news *news)
{
    int number = news->extent.retained == NULL
                     ? -1
                     : mp__retained_keep(&news->extent, news->size);

    if (number < 0) {
        return false;
    }
    kept->retained = news->extent.retained;
    kept->pin = number;
    kept->outside = (void *)(uintptr_t)news->bytes;
    return true;
}

/* Keep what came; without memory for it the item has failed. */
static void keep(mp__kept *kept, size_t index, const mp__news *news)
{
    const void *bytes = news->fault != NULL ? news->fault : news->bytes;
    size_t size = news->fault != NULL ? sizeof(*news->fault) : news->size;
    void *copy;

    *kept = (mp__kept){ .end = news->end,
                        .error = news->error,
                        .status = news->status,
                        .core_dumped = news->core_dumped,
                        .set_aside = news->set_aside,
                        .pid = news->pid,
                        .worker = news->worker,
                        .attempt = news->attempt,
                        .index = index };
    if (news->cost != NULL) {
        kept->cost = malloc(sizeof(*kept->cost));
        if (kept->cost != NULL) {
            *kept->cost = *news->cost; /* else the report goes without */
        }
    }
    if (size > sizeof(kept->inside) && !pin(kept, news)) {
        copy = malloc(size);
        if (copy == NULL) {
            kept->end = MP_TASK_FAILED;
            kept->error = MP_ENOMEM;
            return;
        }
        memcpy(copy, bytes, size);
        kept->outside = copy;
    } else if (size > 0 && size <= sizeof(kept->inside)) {
        memcpy(kept->inside, bytes, size);
    }
    kept->size = size;
}

static void say_default(const mp__kept *kept, mp_report *report)
{
    char *text = report->text;
    size_t size = sizeof(report->text);

    if (kept->end == MP_TASK_LIMITED) {
        (void)snprintf(text, size,
                       "the task ran past its limit, worker %ld was killed",
                       (long)kept->pid);
    } else if (kept->end != MP_TASK_CRASHED) {
        (void)snprintf(text, size, "%s", mp_strerror(kept->error));
    } else if (kept->status == MP_EUNKNOWN) {
        (void)snprintf(text, size, "worker %ld died, its status is lost",
                       (long)kept->pid);
    } else if (kept->status < 0) {
        (void)snprintf(text, size, "worker %ld was killed by signal %d",
                       (long)kept->pid, -kept->status);
    } else {
        (void)snprintf(text, size, "worker %ld exited with status %d",
                       (long)kept->pid, kept->status);
    }
}

void mp__kept_report(const mp__kept *kept, mp_report *report)
{
    const mp__fault *fault = NULL;

    *report = (mp_report){ .end = kept->end,
                           .error = kept->error,
                           .exit_status = kept->status,
                           .core_dumped = kept->core_dumped,
                           .set_aside = kept->set_aside,
                           .pid = kept->pid,
                           .worker_index = kept->pid == 0 ? -1 : kept->worker,
                           .attempt = kept->attempt,
                           .index = kept->index };
    if (kept->cost != NULL) {
        report->start_ns = kept->cost->start_ns;
        report->run_ns = kept->cost->run_ns;
        report->cpu_ns = kept->cost->cpu_ns;
        report->peak_bytes = (size_t)kept->cost->peak_bytes;
    }
    if (kept->end == MP_TASK_DONE || kept->end == MP_TASK_PENDING ||
        kept->end == MP_TASK_RUNNING) {
        return;
    }
    if (kept->size == sizeof(*fault)) {
        fault = mp__kept_bytes(kept);
    }
    if (fault == NULL) {
        say_default(kept, report);
        return;
    }
    report->code = fault->code;
    report->line = fault->line;
    (void)snprintf(report->file, sizeof(report->file), "%s", fault->file);
    (void)snprintf(report->text, sizeof(report->text), "%s", fault->text);
}

/* What lies in the file may be written to by its worker at any time: a decoder
 * that relies on bytes it has seen before gets a copy. */
static int decode_pinned(const mp_serializer *serializer, const mp__kept *kept,
                         void *object)
{
    void *copy = malloc(kept->size);
    int error = MP_ENOMEM;

    if (copy != NULL) {
        memcpy(copy, kept->outside, kept->size);
        error = mp__serializer_decode(serializer, object, copy, kept->size);
    }
    free(copy);
    return error;
}

int mp__kept_decode(const mp__batch *batch, const mp__kept *kept, void *object)
{
    if (object != NULL && batch->task.has_result) {
        memset(object, 0, batch->task.result.object_size);
    }
    if (kept->error < 0 || object == NULL || !batch->task.has_result) {
        return kept->error;
    }
    if (kept->retained != NULL &&
        !mp__serializer_reads_once(&batch->task.result)) {
        return decode_pinned(&batch->task.result, kept, object);
    }
    return mp__serializer_decode(&batch->task.result, object,
                                 mp__kept_bytes(kept), kept->size);
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
    keep(&kept, index, &told);
    mp__kept_report(&kept, batch->report);
    mp__kept_free(&kept);
}

/* DIRECT: decode into the caller's array. */
static enum mp_task_end end_direct(mp__batch *batch, size_t index,
                                   const mp__news *news)
{
    mp__news told = *news;
    size_t size = batch->task.result.object_size;
    unsigned char *object =
        batch->results == NULL ? NULL : batch->results + index * size;

    if (told.error == 0 && object != NULL && batch->task.has_result) {
        told.error = mp__serializer_decode(&batch->task.result, object,
                                           told.bytes, told.size);
        told.end = told.error < 0 ? MP_TASK_FAILED : MP_TASK_DONE;
    } else if (told.error < 0 && object != NULL && batch->results_seen) {
        memset(object, 0, size); /* what its worker has begun there */
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

/* The place of an item that is kept until it is handed out: ORDERED by its
 * index, ARRIVAL by the number of those that came before. */
static mp__kept *kept_at(const mp__batch *batch, size_t number)
{
    return &batch->kept[number % batch->look_ahead];
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

void mp__batch_end_item(mp__batch *batch, size_t index, const mp__news *news)
{
    enum mp_task_end end = news->end;

    if (!batch->held && batch->done == NULL) {
        count_ended(batch, end, 1); /* nobody will ask */
        return;
    }
    switch (batch->sink) {
    case MP__SINK_DIRECT:
        end = end_direct(batch, index, news);
        break;
    case MP__SINK_STORED:
        note_failure(batch, index, news->error);
        keep(&batch->kept[index], index, news);
        break;
    case MP__SINK_ORDERED:
        keep(kept_at(batch, index), index, news);
        break;
    case MP__SINK_ARRIVAL:
        keep(kept_at(batch, batch->arrived++), index, news);
        break;
    }
    count_ended(batch, end, 1);
}

/* Results that were not made in place are copied there. */
static void end_direct_run(mp__batch *batch, size_t index, uint32_t count,
                           const mp__news *news)
{
    mp__news last = *news;

    if (batch->results != NULL && news->size > 0) {
        memcpy(batch->results + index * news->size, news->bytes,
               count * news->size);
    }
    if (batch->statuses != NULL) {
        memset(&batch->statuses[index], 0, count * sizeof(int)); /* MP_OK */
    }
    if (wants_report(batch, index + count - 1)) {
        last.attempt = count == 1 ? news->attempt : 1;
        give_report(batch, index + count - 1, &last);
    }
    count_ended(batch, MP_TASK_DONE, count);
}

void mp__batch_end_run(mp__batch *batch, size_t index, uint32_t count,
                       const mp__news *news)
{
    mp__news one = *news;
    uint32_t i;

    if (batch->sink == MP__SINK_DIRECT) {
        end_direct_run(batch, index, count, news);
        return;
    }
    for (i = 0; i < count; i++) {
        one.bytes = (const unsigned char *)news->bytes + i * news->size;
        one.attempt = i == 0 ? news->attempt : 1;
        mp__batch_end_item(batch, index + i, &one);
    }
}

void mp__batch_end_source(mp__batch *batch, const mp__news *news)
{
    if (is_handed_out(batch)) {
        batch->source_error = news->error;
    } else {
        while (batch->taken < batch->count) {
            count_taken(batch, 1);
            mp__batch_end_item(batch, batch->taken - 1, news);
        }
    }
    batch->fed = true;
}

mp__kept *mp__batch_next_kept(const mp__batch *batch)
{
    mp__kept *kept;

    if (batch->sink == MP__SINK_ARRIVAL) {
        return batch->handed < batch->arrived ? kept_at(batch, batch->handed)
                                              : NULL;
    }
    if (batch->handed == batch->taken) {
        return NULL;
    }
    kept = kept_at(batch, batch->handed);
    return kept->end == MP_TASK_PENDING ? NULL : kept;
}

bool mp__batch_unbound(mp__batch *batch)
{
    size_t room = batch->count - batch->handed;
    mp__kept *kept;
    size_t i;

    if (!is_handed_out(batch)) {
        return true; /* it has room for all, or needs none */
    }
    if (batch->count == SIZE_MAX || room <= batch->look_ahead) {
        return batch->count != SIZE_MAX;
    }
    kept = calloc(room, sizeof(*kept));
    if (kept == NULL) {
        return false;
    }
    for (i = batch->handed; i < batch->taken; i++) {
        kept[i % room] = *kept_at(batch, i);
    }
    free(batch->kept);
    batch->kept = kept;
    batch->look_ahead = room;
    return true;
}

/* The next argument object, or NULL at the end of the source. */
static const void *next_object(mp__batch *batch)
{
    const mp_source *source = &batch->source;
    size_t size = batch->task.argument.object_size;
    int got;

    if (source->next == NULL) {
        return batch->task.has_argument
                   ? (const void *)((const unsigned char *)source->items +
                                    batch->taken * size)
                   : (const void *)batch; /* not looked at */
    }
    if (mp__scratch_reserve(&batch->lent, size) < 0) {
        batch->source_error = MP_ENOMEM;
        batch->fed = true;
        return NULL;
    }
    memset(batch->lent.bytes, 0, size);
    got = source->next(source->context, batch->lent.bytes);
    if (got <= 0) {
        batch->source_error = got;
        batch->count = batch->taken;
        batch->fed = true;
        return NULL;
    }
    return batch->lent.bytes;
}

/* Plain memory in an array of the caller's: where it lies. */
static void take_array(mp__batch *batch, uint64_t most, mp__taken *taken)
{
    size_t size = mp__chunk_argument_size(&batch->task);
    size_t fit = size == 0 ? SIZE_MAX : (CHUNK_BYTES - 1) / size + 1;
    size_t count = batch->count - batch->taken;

    if (is_handed_out(batch) &&
        count > batch->look_ahead - (batch->taken - batch->handed)) {
        count = batch->look_ahead - (batch->taken - batch->handed);
    }
    count = count < batch->chunk_size ? count : batch->chunk_size;
    count = count < most ? count : (size_t)most;
    count = count < fit ? count : fit;
    taken->count = (uint32_t)count;
    taken->bytes = size == 0 ? NULL
                             : (const unsigned char *)batch->source.items +
                                   batch->taken * size;
    taken->size = count * size;
    count_taken(batch, count);
}

static void take_packed(mp__batch *batch, mp__pack *pack, uint64_t most,
                        mp__taken *taken)
{
    mp__news refused = { .end = MP_TASK_FAILED };
    const void *object;
    int error;

    while (pack->count < batch->chunk_size && pack->count < most &&
           pack->size < CHUNK_BYTES && mp__batch_has_more(batch)) {
        object = next_object(batch);
        if (object == NULL) {
            return;
        }
        error = mp__pack_add(pack, &batch->task, object);
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
    if (batch->source.next == NULL &&
        mp__chunk_argument_is_plain(&batch->task)) {
        take_array(batch, most, taken);
        return;
    }
    mp__pack_clear(pack);
    take_packed(batch, pack, most, taken);
    taken->count = pack->count;
    taken->bytes = pack->bytes;
    taken->size = pack->size;
}
