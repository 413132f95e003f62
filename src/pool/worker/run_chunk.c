/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * run_chunk.c -- run the items of the task in hand, commit each
 */
#include "pool/worker/run_chunk.h"

#include "mp/error.h"
#include "platform/child.h"
#include "platform/chaos.h"
#include "platform/clock.h"
#include "platform/file.h"
#include "platform/kill_point.h"
#include "pool/worker/commit.h"
#include "pool/worker/group.h"
#include "pool/worker/item_clock.h"
#include "pool/worker/leave.h"

#include <stddef.h>
#include <string.h>

/* A result too long for the ring: to our part of the file, off the clock while
 * the owner must read there first. An error makes the item a failed one. */
static int write_to_file(mp__worker *w, const mp__chunk *chunk,
                         const mp__ran *ran, uint64_t *offset)
{
    int error = mp__outlet_write(&w->outlet, ran->bytes, ran->size, offset);

    while (error == -EAGAIN) {
        if (mp__worker_is_clocked(w, chunk)) {
            mp__worker_stop_clock(w);
        }
        mp__clock_sleep(MP__MS);
        mp__worker_leave_orphan(w);
        error = mp__outlet_write(&w->outlet, ran->bytes, ran->size, offset);
    }
    return error;
}

/* What the record of an item carries. */
struct parcel {
    enum mp__record_kind kind;
    const void *bytes;
    size_t size;     /* of `bytes` */
    uint64_t offset; /* IN_FILE */
    uint64_t whole;  /* size as the owner sees it */
};

static struct parcel parcel_of_fault(void)
{
    const mp__fault *fault = mp__task_fault();
    size_t size = offsetof(mp__fault, text) + strlen(fault->text) + 1;

    return (struct parcel){
        .kind = MP__RECORD_FAULT, .bytes = fault, .size = size, .whole = size
    };
}

static struct parcel parcel_of(mp__worker *w, const mp__chunk *chunk,
                               mp__ran *ran)
{
    struct parcel parcel = { .kind = MP__RECORD_RESULT,
                             .bytes = ran->bytes,
                             .size = ran->size,
                             .whole = ran->size };

    if (ran->error == 0 && ran->size > MP__PAYLOAD_MOST) {
        ran->error = write_to_file(w, chunk, ran, &parcel.offset);
        if (ran->error < 0) {
            (void)mp_task_fail_at(
                NULL, 0, ran->error, "a result of %llu bytes: %s",
                (unsigned long long)ran->size, mp_strerror(ran->error));
        }
        parcel.kind = MP__RECORD_IN_FILE;
        parcel.size = sizeof(parcel.offset);
    }
    return ran->error < 0 ? parcel_of_fault() : parcel;
}

/* Room for a record, off the clock when that must be waited for. */
static mp__record *begin_record(mp__worker *w, const mp__chunk *chunk,
                                size_t payload)
{
    payload += w->core->account ? sizeof(mp__cost) : 0;
    if (mp__worker_is_clocked(w, chunk) &&
        !mp__outbox_has_room(w->core->outbox, w->index, payload)) {
        mp__worker_stop_clock(w);
    }
    MP_KILL_POINT("item.wants_room");
    mp__worker_wait_room(w, payload);
    MP_KILL_POINT("item.has_room");
    return mp__outbox_begin(w->core->outbox, w->index, payload);
}

/* CPU time that the worker has used before the item it takes in hand. */
static void set_cpu(mp__worker *w, int64_t cpu)
{
    w->cpu = cpu;
    atomic_store_explicit(&w->core->control->workers[w->index].cpu, cpu,
                          memory_order_relaxed);
}

/* The bundle of the task in hand, if it is one, and what it has of the chunk. */
static void find_bundle(mp__worker *w, mp__chunk *chunk)
{
    w->bundle = mp__task_table_bundle(w->core->table, w->claim.slot,
                                      w->claim.generation);
    if (w->bundle.word != NULL) {
        chunk->count = mp__bundle_end(&w->bundle);
    }
}

/* What the run has cost, which has ended at `ended`. */
static mp__cost cost_of_run(mp__worker *w, int64_t ended)
{
    mp__usage usage = mp__child_own_usage();
    mp__cost cost = { .start_ns = w->start,
                      .run_ns = ended - w->start,
                      .cpu_ns = usage.cpu_ns - w->cpu,
                      .peak_bytes = usage.peak_bytes };

    set_cpu(w, usage.cpu_ns);
    return cost;
}

/* W6 to W10 for the item in hand. */
static void commit_item(mp__worker *w, mp__chunk *chunk, mp__ran *ran)
{
    struct parcel parcel;
    mp__record *record;
    int64_t ended;

    mp__worker_flush_last(w, chunk, w->claim.item + 1);
    ended = w->core->account ? mp__clock_ns() : 0; /* it may wait from here */
    parcel = parcel_of(w, chunk, ran);
    record = begin_record(w, chunk, parcel.size);
    MP_KILL_POINT("item.record_begun");
    mp__worker_fill_record(w, record, parcel.kind, w->claim.item + 1,
                           ran->error);
    record->set_aside = ran->error == MP_ELIMIT && chunk->retries > 0;
    record->size = parcel.whole;
    if (parcel.size > 0) {
        memcpy(mp__record_payload(record),
               parcel.kind == MP__RECORD_IN_FILE ? &parcel.offset
                                                 : parcel.bytes,
               parcel.size);
    }
    if (record->costed != 0) {
        *mp__record_cost(record) = cost_of_run(w, ended);
    }
    MP_KILL_POINT("item.record_filled");
    mp__outbox_seal(w->core->outbox, w->index, record); /* W7 */
    mp__worker_commit(w, chunk, record);
    if (parcel.kind == MP__RECORD_IN_FILE) {
        mp__outlet_sent(&w->outlet, parcel.offset, ran->size);
    }
}

/* W5: nobody wants the rest of the task, the item in hand included. */
static void commit_cancel(mp__worker *w, mp__chunk *chunk)
{
    mp__record *record;

    find_bundle(w, chunk); /* nothing is taken back once it was asked */
    mp__worker_flush_last(w, chunk, chunk->count);
    record = begin_record(w, chunk, 0);
    MP_KILL_POINT("item.dropping");
    mp__worker_fill_record(w, record, MP__RECORD_DEATH, chunk->count,
                           MP_ECANCELED);
    /* It was not run, but perhaps by those that died in it. */
    record->pid = mp__task_table_forerunner(w->core->table, &w->claim);
    record->attempt = mp__task_table_attempt(w->core->table, &w->claim) - 1;
    if (record->costed != 0) {
        *mp__record_cost(record) = (mp__cost){ .start_ns = 0 };
    }
    mp__outbox_seal(w->core->outbox, w->index, record); /* W7 */
    mp__worker_commit(w, chunk, record);
}

/* Where the results of a chunk are wanted, in an array of the caller's. */
static void find_results(mp__worker *w, mp__chunk *chunk)
{
    size_t size = mp__chunk_result_size(chunk);

    if (chunk->results != NULL &&
        !mp__attend(&w->attended, chunk->results + chunk->first * size,
                    chunk->count * size, true)) {
        chunk->results = NULL; /* they go into records */
    }
}

/* The arguments of a claimed chunk; NULL and an error when they cannot be
 * read. */
static int find_arguments(mp__worker *w, const mp__claim *claim,
                          const mp__chunk *chunk, mp__unpack *unpack)
{
    const unsigned char *body =
        mp__task_table_body(w->core->table, claim->slot);
    int error;

    unpack->next =
        chunk->size <= MP__CHUNK_SMALL ? chunk->small : body + MP__CHUNK_HEAD;
    unpack->left = (size_t)chunk->size;
    if (chunk->where == MP__IN_PLACE) {
        unpack->next = chunk->arguments;
        return mp__attend(&w->attended, unpack->next, unpack->left, false)
                   ? 0
                   : MP_ESTATE;
    }
    if (chunk->where == MP__IN_SLOT) {
        return chunk->size > MP__CHUNK_INLINE ? MP_EDECODE : 0;
    }
    unpack->next =
        mp__arguments_find(&w->view, w->core, claim->slot, chunk->size);
    if (unpack->next != NULL) {
        return 0;
    }
    error = mp__scratch_reserve(&w->arguments, (size_t)chunk->size);
    if (error == 0) {
        error = mp__file_read(w->core->file,
                              mp__core_arguments_at(w->core, claim->slot),
                              w->arguments.bytes, (size_t)chunk->size);
    }
    unpack->next = w->arguments.bytes;
    return error;
}

/* W5 for the item in hand: run it. */
static void run_item(mp__worker *w, const mp__chunk *chunk, const void *bytes,
                     size_t size, mp__ran *ran)
{
    uint32_t attempt = mp__worker_take_turn(w, chunk);

    mp__chaos("before run");
    MP_KILL_POINT("item.running");
    *ran = mp__run_item(&w->runner, chunk, bytes, size,
                        (size_t)(chunk->first + w->claim.item));
    mp__worker_leave_copy(w);
    if (ran->error == MP_ELIMIT && attempt <= (uint32_t)chunk->retries) {
        /* W11: it has stopped by itself, and our replacement tries again. */
        (void)mp__task_table_give_up(w->core->table, &w->claim);
        mp__child_leave(0);
    }
    MP_KILL_POINT("item.ran");
}

static void refuse_item(mp__worker *w, const mp__chunk *chunk, int error,
                        mp__ran *ran)
{
    mp__task_set_index((size_t)(chunk->first + w->claim.item));
    (void)mp_task_fail_at(NULL, 0, error, "arguments lost: %s",
                          mp_strerror(error));
    *ran = (mp__ran){ .error = error };
}

void mp__worker_run_chunk(mp__worker *w)
{
    mp__chunk chunk;
    mp__unpack unpack;
    const void *bytes = NULL;
    size_t size = 0;
    uint32_t i;
    int error;
    mp__ran ran;
    mp__run_line line = mp__task_table_run_line(w->core->table, &w->claim);

    memcpy(&chunk, mp__task_table_body(w->core->table, w->claim.slot),
           sizeof(chunk));
    find_bundle(w, &chunk);
    if (w->core->account) {
        set_cpu(w, mp__child_own_usage().cpu_ns); /* idling is nobody's */
    }
    if (mp__worker_is_clocked(w, &chunk)) {
        mp__worker_start_clock(w, mp__clock_ns());
        MP_KILL_POINT("chunk.clocked");
        mp__worker_tell_supervisor(w, chunk.limit_ms);
        MP_KILL_POINT("chunk.limit_told");
    }
    error = find_arguments(w, &w->claim, &chunk, &unpack);
    find_results(w, &chunk);
    for (i = 0; i < chunk.count; i++) {
        if (error == 0 && !mp__unpack_next(&unpack, &chunk, &bytes, &size)) {
            error = MP_EDECODE;
        }
        if (i < w->claim.item) {
            continue; /* a forerunner has ended it */
        }
        if (mp__run_is_asked(&line) &&
            mp__task_table_asked(w->core->table, &w->claim) !=
                MP__ASKED_NOTHING) {
            commit_cancel(w, &chunk);
            break;
        }
        if (error < 0) {
            refuse_item(w, &chunk, error, &ran);
        } else if (!mp__worker_makes_runs(w, &chunk)) {
            run_item(w, &chunk, bytes, size, &ran);
        } else if (mp__worker_run_on(w, &chunk, &line, &unpack, bytes, size,
                                     &ran)) {
            i = w->claim.item - 1;
            continue;
        } else {
            i = w->claim.item; /* that one has failed */
        }
        commit_item(w, &chunk, &ran);
        MP_KILL_POINT("item.committed");
        mp__run_release(&w->runner, &chunk);
    }
    MP_KILL_POINT("chunk.done");
    mp__scratch_trim(&w->arguments, MP__CHUNK_INLINE);
}
