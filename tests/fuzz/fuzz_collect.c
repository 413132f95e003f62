/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * fuzz_collect.c -- a whole owner, whose workers write what they like
 *
 * A pool without processes: the target itself claims and commits, with the
 * bytes of the input as results, and overwrites table, outbox and control in
 * between. The owner steps and audits. In the end it terminates: every item
 * has had one end and the totals add up.
 */
#include "fuzz/fuzz.h"

#include "platform/clock.h"
#include "platform/file.h"
#include "pool/owner/admit.h"
#include "pool/owner/audit.h"
#include "pool/owner/cancel.h"
#include "pool/owner/dispatch.h"
#include "pool/owner/start.h"
#include "pool/owner/step.h"
#include "pool/owner/stop.h"

#include <mp/mp.h>

#include <string.h>

#define WORKERS 2
#define ITEMS   24 /* so that some may go together */
#define CALLS   6

static int never_runs(const void *argument, void *result)
{
    (void)argument;
    (void)result;
    return 1;
}

static const mp_serializer *const results[] = {
    &mp_serializer_int64, &mp_serializer_string, &mp_serializer_value,
    &mp_serializer_bytes, &mp_serializer_double, &mp_serializer_value
};

struct call {
    mp__batch *batch;
    const mp_serializer *by;
    unsigned char *objects;
    int statuses[ITEMS];
    mp_report report;
};

struct run {
    struct fuzz_input *input;
    mp_pool *pool;
    struct call calls[CALLS];
    size_t made;
    bool has[WORKERS];
    mp__claim claims[WORKERS];
    bool scribbled;
    uint64_t in_file; /* results there so far */
};

int __real_mp__file_read(int fd, uint64_t offset, void *bytes, size_t size);
int __wrap_mp__file_read(int fd, uint64_t offset, void *bytes, size_t size);

/* The owner reads results, and nothing behind those. */
int __wrap_mp__file_read(int fd, uint64_t offset, void *bytes, size_t size)
{
    fuzz_require(offset <= WORKERS * MP__EXTENT_PART &&
                 size <= WORKERS * MP__EXTENT_PART - offset);
    return __real_mp__file_read(fd, offset, bytes, size);
}

static mp_pool *make_pool(void)
{
    const mp_pool_options options = { .workers = WORKERS };
    mp_pool *pool = calloc(1, sizeof(*pool));
    uint32_t slots;
    uint32_t i;

    fuzz_require(pool != NULL);
    pool->waiting_end = &pool->waiting;
    pool->finished_end = &pool->finished;
    pool->max_pending = UINT64_MAX;
    pool->maker = mp_process_pid(mp_process_current());
    fuzz_require(mp__core_create(&pool->core, &options, WORKERS) == 0);
    /* The file is as large as that of a pool with long arguments. */
    fuzz_require(mp__file_write(pool->core.file,
                                mp__core_arguments_at(&pool->core, 1), "a",
                                1) == 0);
    pool->retained = mp__retained_create(&pool->core);
    pool->arguments = mp__arguments_create(&pool->core);
    fuzz_require(pool->arguments != NULL);
    slots = mp__task_table_slots(pool->core.table);
    pool->uses = calloc(slots, sizeof(*pool->uses));
    pool->free_slots = calloc(slots, sizeof(*pool->free_slots));
    pool->stamps = calloc(slots, sizeof(*pool->stamps));
    fuzz_require(pool->uses != NULL && pool->free_slots != NULL &&
                 pool->stamps != NULL);
    for (i = 0; i < slots; i++) {
        pool->free_slots[i] = slots - 1 - i;
    }
    pool->free_count = slots;
    return pool;
}

static void submit(struct run *run, uint64_t which)
{
    static const int64_t items[ITEMS];
    struct call *call = &run->calls[run->made];
    mp_task task = { .run = never_runs,
                     .argument = &mp_serializer_int64,
                     .result = results[which % 6],
                     .retries = (int)(which % 2) };
    bool direct = which % 4 != 0;
    mp__work *work = NULL;

    if (run->made == CALLS || run->pool->over) {
        return;
    }
    fuzz_require(mp__work_find(&run->pool->works, &task, 0, NULL, &work) == 0);
    fuzz_require(mp__batch_create(&call->batch, work,
                                  direct ? MP__SINK_DIRECT : MP__SINK_STORED,
                                  direct ? 0 : ITEMS) == 0);
    call->by = task.result;
    call->objects = calloc(ITEMS, task.result->object_size);
    fuzz_require(call->objects != NULL);
    call->batch->count = ITEMS;
    call->batch->source.items = items;
    call->batch->chunk_size = 1 + (uint32_t)(which / 4 % 4);
    if (direct) {
        call->batch->results = call->objects;
        call->batch->statuses = call->statuses;
        call->batch->report = &call->report;
    }
    mp__owner_add(run->pool, call->batch);
    call->batch->together = 3; /* where it bundles */
    if (!direct) {
        mp__owner_take_all(run->pool, call->batch);
    }
    run->made++;
}

/* Is there an item `next`? As a worker asks. */
static bool reaches(struct run *run, const mp__claim *claim, uint32_t next)
{
    mp__task_table *table = run->pool->core.table;
    const mp__chunk *chunk = mp__task_table_body(table, claim->slot);
    mp__bundle bundle =
        mp__task_table_bundle(table, claim->slot, claim->generation);

    return bundle.word == NULL ? next < chunk->count
                               : mp__bundle_reach(&bundle, next);
}

static bool is_plain(const struct run *run, const mp__claim *claim)
{
    const mp__batch *batch = run->pool->uses[claim->slot].batch;

    return batch != NULL && batch->work->chunk.result.encode == NULL &&
           batch->work->chunk.result.object_size == sizeof(uint64_t);
}

static void fill(struct run *run, uint32_t w, mp__record *record,
                 const unsigned char *bytes, size_t size, uint64_t which)
{
    uint64_t place;

    record->costed = which % 16 == 15;
    record->error = 0;
    record->kind = MP__RECORD_RESULT;
    record->size = size;
    if (which % 8 == 7) {
        record->kind = MP__RECORD_FAULT;
        record->error = MP_EFAILED;
    } else if (which % 8 == 5) { /* of as many items as may be */
        record->kind = MP__RECORD_RUN;
        record->end = (uint16_t)(record->first + which % 7);
        run->scribbled = true;
    } else if (which % 8 == 6 && size > 0) {
        place = w * MP__EXTENT_PART + run->in_file++ * MP__EXTENT_GRAIN;
        (void)mp__file_write(run->pool->core.file, place, bytes, size);
        if (which % 16 == 14) { /* arguments, or what is another's */
            place = fuzz_take(run->input, 8) %
                    mp__core_arguments_at(&run->pool->core, 1);
            run->scribbled = true;
        }
        record->kind = MP__RECORD_IN_FILE;
        memcpy(mp__record_payload(record), &place, sizeof(place));
        return;
    }
    memcpy(mp__record_payload(record), bytes, size);
}

/* R1 and R2 for up to three items of a call whose results are plain. */
static void open_run(struct run *run, const mp__claim *claim, uint64_t which)
{
    mp__core *core = &run->pool->core;
    mp__bundle bundle =
        mp__task_table_bundle(core->table, claim->slot, claim->generation);
    mp__run_line line = mp__task_table_run_line(core->table, claim);
    mp__record *record =
        mp__outbox_begin(core->outbox, claim->worker, 3 * sizeof(uint64_t));
    uint32_t next = claim->item + 1;

    memset(record, 0, sizeof(*record) + 3 * sizeof(uint64_t));
    record->slot = claim->slot;
    record->generation = claim->generation;
    record->first = (uint16_t)claim->item;
    record->end = record->first;
    record->kind = MP__RECORD_RUN;
    record->size = sizeof(uint64_t);
    mp__outbox_seal(core->outbox, claim->worker, record);
    mp__run_note_done(&line, next);
    while (next - claim->item < which % 4 && bundle.word != NULL &&
           mp__bundle_reach(&bundle, next)) {
        mp__run_note_done(&line, ++next);
    }
}

/* R3 for what was left open. */
static bool close_run(struct run *run, mp__claim *claim)
{
    mp__core *core = &run->pool->core;
    uint32_t next = mp__task_table_reached(core->table, claim);
    mp__record *record = mp__outbox_open_run(core->outbox, claim);

    if (record == NULL || next == claim->item) {
        return false;
    }
    record->end = (uint16_t)next;
    run->has[claim->worker] = reaches(run, claim, next);
    if (mp__task_table_commit(core->table, claim, next,
                              !run->has[claim->worker])) {
        mp__outbox_publish(core->outbox, claim->worker);
    }
    return true;
}

static void work(struct run *run, uint64_t which)
{
    mp__core *core = &run->pool->core;
    uint32_t w = (uint32_t)(which % WORKERS);
    mp__claim *claim = &run->claims[w];
    uint64_t seen = 0;
    size_t size;
    unsigned char *bytes;
    mp__record *record;
    bool more;

    if (!run->has[w]) {
        run->has[w] = mp__task_table_claim(core->table, w, claim, &seen) ==
                      MP__CLAIM_TASK;
        return;
    }
    if (close_run(run, claim)) {
        return;
    }
    if (which / WORKERS % 8 == 4 && is_plain(run, claim) &&
        mp__outbox_has_room(core->outbox, w, 3 * sizeof(uint64_t))) {
        open_run(run, claim, which / WORKERS / 8);
        return;
    }
    size = fuzz_size(run->input, 3000);
    bytes = fuzz_bytes(run->input, size);
    if (mp__outbox_has_room(core->outbox, w, size + 64)) {
        record = mp__outbox_begin(core->outbox, w, size + 64);
        memset(record, 0, sizeof(*record));
        record->slot = claim->slot;
        record->generation = claim->generation;
        record->first = (uint16_t)claim->item;
        record->end = (uint16_t)(claim->item + 1);
        fill(run, w, record, bytes, size, which / WORKERS);
        mp__outbox_seal(core->outbox, w, record);
        more = reaches(run, claim, claim->item + 1);
        if (mp__task_table_commit(core->table, claim, claim->item + 1, !more)) {
            mp__outbox_publish(core->outbox, w);
        }
        run->has[w] = more;
    }
    free(bytes);
}

static void scribble(struct run *run, uint64_t which)
{
    /* control, roster, table, outbox: as the core makes them */
    const struct fuzz_map *table = &fuzz_maps[2];
    const struct fuzz_map *outbox = &fuzz_maps[3];

    run->scribbled = true;
    switch (which % 8) {
    case 0:
        fuzz_scribble(run->input, table->begin, 1024);
        break;
    case 1:
        fuzz_scribble(run->input, table->begin, table->size);
        break;
    case 2:
    case 3:
        fuzz_scribble(run->input, outbox->begin, 1024);
        break;
    case 4: /* the first record's fields */
        fuzz_scribble(run->input, outbox->begin + 192, 64);
        break;
    case 5:
        fuzz_scribble(run->input, outbox->begin, outbox->size);
        break;
    case 6:
        fuzz_scribble(run->input, fuzz_maps[0].begin, fuzz_maps[0].size);
        break;
    default:
        fuzz_scribble_domain(run->input);
        break;
    }
}

/* One end for each item, and the account says the same. */
static void look_back(struct run *run)
{
    const mp__tally *tally = &run->pool->tally;
    uint64_t sum = 0;
    uint64_t taken = 0;
    size_t i;
    int end;

    for (end = 0; end < MP_TASK_ENDS; end++) {
        sum += tally->ends[end];
    }
    for (i = 0; i < run->made; i++) {
        taken += run->calls[i].batch->taken; /* less where it was cancelled */
    }
    fuzz_require(tally->pending == 0 && tally->submitted == sum);
    fuzz_require(sum == taken);
    for (i = 0; i < run->made; i++) {
        struct call *call = &run->calls[i];
        size_t item;

        fuzz_require(mp__batch_is_over(call->batch));
        for (item = 0; item < ITEMS; item++) {
            fuzz_require(call->statuses[item] <= 0);
        }
        for (item = 0; call->batch->kept != NULL && item < ITEMS; item++) {
            fuzz_require(call->batch->kept[item].error <= 0);
            (void)mp__kept_decode(&call->batch->work->chunk,
                                  &call->batch->kept[item],
                                  call->objects + item * call->by->object_size);
            mp__kept_report(&call->batch->kept[item], &call->report);
        }
        fuzz_require(strlen(call->report.text) < sizeof(call->report.text));
        mp_serializer_release(call->by, call->objects, ITEMS);
        free(call->objects);
        mp__owner_drop(call->batch, false);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { .next = data, .left = size };
    struct run run = { .input = &input };
    uint64_t step;

    fuzz_begin();
    run.pool = make_pool();
    while (input.left > 0) {
        step = fuzz_take(&input, 1);
        switch (step % 8) {
        case 0:
            submit(&run, step / 8);
            break;
        case 1:
        case 2:
        case 3:
            work(&run, step / 8);
            break;
        case 4:
            run.pool->bundles_looked = 0;
            mp__owner_step(run.pool);
            break;
        case 5:
            run.pool->audited = 0;
            mp__audit(run.pool);
            break;
        case 6:
            if (run.made > 0) {
                mp__owner_cancel(run.pool, run.calls[0].batch, step >= 128);
            }
            break;
        default:
            scribble(&run, step / 8);
            break;
        }
        fuzz_require(run.scribbled || !run.pool->damaged);
    }
    mp__owner_terminate(run.pool);
    look_back(&run);
    mp__owner_free(run.pool);
    return 0;
}
