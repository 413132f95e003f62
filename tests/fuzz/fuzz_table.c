/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * fuzz_table.c -- task table and outbox, overwritten, as each role meets them
 *
 * Owner, worker and supervisor take their steps in any order, in one process.
 * Without a write from outside every slot in use makes sense at any moment;
 * with one nothing is touched outside, nobody but the worker is killed, and
 * every step comes to an end.
 */
#include "fuzz/fuzz.h"

#include "platform/clock.h"
#include "pool/common/chunk.h"
#include "pool/supervisor/time_limits.h"

#include <string.h>

#define SLOTS   8
#define WORKERS 2
#define ITEMS   3

struct run {
    struct fuzz_input *input;
    mp__core core;
    bool used[SLOTS];
    uint32_t counts[SLOTS]; /* items, as the owner knows */
    bool has[WORKERS];      /* a claim */
    bool doomed[WORKERS];   /* it waits for its SIGKILL */
    bool scribbled;
    mp__claim claims[WORKERS];
    mp__request requests[WORKERS];
};

/* Every other slot has a bundle. */
static uint32_t bundled_in(uint32_t slot)
{
    return slot % 2 == 0 ? 0 : ITEMS;
}

static void take_back(struct run *run, uint32_t slot)
{
    mp__task_table *table = run->core.table;
    mp__bundle bundle = mp__task_table_bundle(
        table, slot, mp__word_generation(mp__task_table_word(table, slot)));
    uint32_t from = 0;

    if (bundle.word == NULL || mp__task_table_has_asked(table, slot)) {
        fuzz_require(run->scribbled || bundled_in(slot) == 0 ||
                     mp__task_table_has_asked(table, slot));
        return;
    }
    fuzz_require(run->scribbled ||
                 mp__bundle_end(&bundle) == run->counts[slot]);
    if (mp__bundle_take_back(&bundle, &from)) {
        fuzz_require(run->scribbled || (from > 0 && from < run->counts[slot]));
        run->counts[slot] = from;
    }
}

/* Is there an item `next`? As worker and supervisor ask. */
static bool reaches(struct run *run, const mp__claim *claim, uint32_t next)
{
    mp__bundle bundle =
        mp__task_table_bundle(run->core.table, claim->slot, claim->generation);

    return bundle.word == NULL ? next < ITEMS : mp__bundle_reach(&bundle, next);
}

static void owner_step(struct run *run, uint64_t which)
{
    mp__task_table *table = run->core.table;
    uint32_t slot = (uint32_t)(which % SLOTS);
    mp__chunk *chunk = mp__task_table_body(table, slot);
    uint64_t word = 0;

    if (!run->used[slot]) {
        if (mp__task_table_has_place(table)) {
            *chunk = (mp__chunk){ .count = ITEMS, .limit_ms = 50 };
            (void)mp__task_table_queue(table, slot, bundled_in(slot));
            run->counts[slot] = ITEMS;
            mp__task_table_announce(table, which / SLOTS % 2 == 0);
            run->used[slot] = true;
        }
        return;
    }
    fuzz_require(mp__task_table_is_sound(table, slot, &word) || run->scribbled);
    if (mp__word_state(word) == MP__TASK_ENDED) {
        /* All that was left has ended, and nothing else. */
        fuzz_require(mp__word_item(word) == run->counts[slot] ||
                     run->scribbled);
        fuzz_require(mp__task_table_free(table, slot) || run->scribbled);
        run->used[slot] = false;
    } else if (which / SLOTS % 4 == 0) {
        mp__task_table_ask(table, slot, which / SLOTS % 8 == 0);
    } else if (which / SLOTS % 4 == 1) {
        if (mp__task_table_withdraw(table, slot)) {
            (void)mp__task_table_free(table, slot);
            run->used[slot] = false;
        }
    } else if (which / SLOTS % 4 == 2) {
        take_back(run, slot);
    }
    fuzz_require(mp__task_table_queue_is_sound(table) || run->scribbled);
}

static void read_outbox(struct run *run)
{
    mp__arrival arrival;
    uint32_t w;
    uint32_t i;

    for (w = 0; w < WORKERS; w++) {
        for (i = 0; mp__outbox_next(run->core.outbox, w, &arrival) ==
                    MP__ARRIVED_RECORD;
             i++) {
            unsigned char *copy = malloc(arrival.payload_size + 1);

            fuzz_require(copy != NULL && i < 10000);
            memcpy(copy, arrival.payload, arrival.payload_size);
            free(copy);
            mp__outbox_take(run->core.outbox, w, &arrival);
        }
        mp__outbox_release(run->core.outbox, w);
        fuzz_require(mp__outbox_is_sound(run->core.outbox, w));
        (void)mp__outbox_unpublished(run->core.outbox, w, run->core.table,
                                     &arrival);
        (void)mp__outbox_owes(run->core.outbox, w, run->core.table, 0);
    }
}

static void write_record(struct run *run, const mp__claim *claim, uint32_t end)
{
    mp__outbox *outbox = run->core.outbox;
    uint32_t w = claim->worker;
    size_t size = fuzz_size(run->input, MP__PAYLOAD_MOST + 1);
    mp__record *record;

    if (!mp__outbox_has_room(outbox, w, size)) {
        size = 0;
    }
    record = mp__outbox_begin(outbox, w, size);
    record->slot = claim->slot;
    record->generation = claim->generation;
    record->first = (uint16_t)claim->item;
    record->end = (uint16_t)end;
    record->kind = size > 0 ? MP__RECORD_RESULT : MP__RECORD_DEATH;
    record->costed = 0;
    record->size = size;
    memset(mp__record_payload(record), 'r', size);
    mp__outbox_seal(outbox, w, record);
}

static void worker_step(struct run *run, uint64_t which)
{
    mp__task_table *table = run->core.table;
    uint32_t w = (uint32_t)(which % WORKERS);
    mp__claim *claim = &run->claims[w];
    mp__extents extents;
    uint64_t seen = 0;
    bool last;

    if (run->doomed[w]) {
        return;
    }
    if (!run->has[w]) {
        run->has[w] =
            mp__task_table_inherit(table, w, claim) ||
            mp__task_table_claim(table, w, claim, &seen) == MP__CLAIM_TASK;
        mp__task_table_set_clock(table, w, mp__clock_ns());
        return;
    }
    (void)mp__task_table_asked(table, claim);
    (void)mp__task_table_attempt(table, claim);
    write_record(run, claim, claim->item + 1);
    last = !reaches(run, claim, claim->item + 1);
    if (mp__task_table_commit(table, claim, claim->item + 1, last)) {
        if (which % 8 < 6) {
            mp__outbox_publish(run->core.outbox, w);
        } else {
            mp__outbox_roll_forward(run->core.outbox, w, table);
        }
        run->has[w] = !last;
    } else {
        fuzz_require(mp__task_table_is_decided(table, claim) || run->scribbled);
        run->doomed[w] = true;
    }
    mp__extents_open(&extents, run->core.pins, run->core.outbox, w,
                     &run->core.control->workers[w].extents_end);
    (void)mp__extents_find(&extents, which * 100000);
}

static void supervisor_step(struct run *run, uint64_t which)
{
    mp__task_table *table = run->core.table;
    uint32_t w = (uint32_t)(which % WORKERS);
    enum mp__task_state state;
    mp__claim claim;

    (void)mp__task_table_has_queued(table);
    (void)mp__overrun_look(&run->core, w, fuzz_may_kill, &run->requests[w]);
    if (which % 8 < 4) {
        return;
    }
    run->has[w] = false; /* the worker is dead */
    run->doomed[w] = false;
    mp__outbox_roll_forward(run->core.outbox, w, table);
    state = mp__task_table_in_hand(table, w, &claim);
    if (state == MP__TASK_FREE || state == MP__TASK_HELD) {
        return;
    }
    fuzz_require(claim.slot < SLOTS);
    if (which % 16 < 8) {
        (void)mp__task_table_retry(table, &claim, state, 12345);
        return;
    }
    write_record(run, &claim, claim.item + 1);
    if (mp__task_table_settle(table, &claim, state, claim.item + 1,
                              !reaches(run, &claim, claim.item + 1))) {
        mp__outbox_publish(run->core.outbox, w);
    }
    mp__task_table_wake_all(table);
}

static void scribble(struct run *run, uint64_t which)
{
    run->scribbled = true;
    switch (which % 4) {
    case 0:
        fuzz_scribble(run->input, fuzz_maps[1].begin, 192);
        break;
    case 1:
        fuzz_scribble(run->input, fuzz_maps[1].begin, fuzz_maps[1].size);
        break;
    case 2: /* the order of the queue, the hands, the words */
        fuzz_scribble(run->input, fuzz_maps[0].begin, 1024);
        break;
    default:
        fuzz_scribble(run->input, fuzz_maps[0].begin, fuzz_maps[0].size);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { .next = data, .left = size };
    struct run run = { .input = &input };
    uint64_t step;
    uint32_t slot;

    fuzz_begin();
    fuzz_may_kill = 12345;
    run.core.workers = WORKERS;
    run.core.control = calloc(1, sizeof(*run.core.control) +
                                     WORKERS * sizeof(struct mp__worker_line));
    fuzz_require(run.core.control != NULL);
    fuzz_require(mp__task_table_create(&run.core.table, SLOTS, MP__CHUNK_BODY,
                                       WORKERS) == 0);
    fuzz_require(mp__outbox_create(&run.core.outbox, WORKERS) == 0);
    fuzz_require(mp__pins_create(&run.core.pins, WORKERS) == 0);
    while (input.left > 0) {
        step = fuzz_take(&input, 1);
        switch (step % 8) {
        case 0:
        case 1:
            owner_step(&run, step / 8);
            break;
        case 2:
        case 3:
        case 4:
            worker_step(&run, step / 8);
            break;
        case 5:
            supervisor_step(&run, step / 8);
            break;
        case 6:
            scribble(&run, step / 8);
            break;
        default:
            if (!run.scribbled || step % 16 < 8) {
                read_outbox(&run);
            }
            break;
        }
    }
    for (slot = 0; slot < SLOTS; slot++) {
        (void)mp__task_table_freeze(run.core.table, slot);
    }
    read_outbox(&run);
    mp__outbox_destroy(run.core.outbox);
    mp__pins_destroy(run.core.pins);
    mp__task_table_destroy(run.core.table);
    free(run.core.control);
    return 0;
}
