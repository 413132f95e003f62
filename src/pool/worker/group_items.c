/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * group_items.c -- the loops over the items of a group, which is called a run here
 *
 * One is for objects that have to be decoded, one for plain ones that lie in a
 * row. There the tasks may be smaller than all that is done around them: so
 * what does not change stays out of the loop, and who calls it tells the
 * compiler the sizes where it can. They have a file of their own because a
 * compiler that inlines them into their caller makes each item slower.
 */
#include "pool/worker/group_items.h"

#include "platform/chaos.h"
#include "platform/kill_point.h"
#include "platform/self.h"
#include "pool/worker/leave.h"

static mp__bundle *bundle_in_hand(mp__worker *w)
{
    return w->bundle.word == NULL ? NULL : &w->bundle;
}

/* Is item `next` one of the run, which ends at `end`, and of its bundle? */
static inline bool goes_on(const mp__run_line *line, mp__bundle *bundle,
                           uint32_t next, uint32_t end)
{
    return next < end && !mp__run_is_asked(line) &&
           (bundle == NULL || mp__bundle_reach(bundle, next)); /* P1 */
}

/* Items whose arguments are something to decode. */
static int run_decoding(mp__worker *w, const mp__chunk *chunk,
                        mp__unpack *unpack, const void *bytes, size_t size,
                        mp__run *run)
{
    mp__bundle *bundle = bundle_in_hand(w);
    int error;

    do {
        mp__chaos("before run");
        MP_KILL_POINT("run.running");
        error = mp__run_into(&w->runner, chunk, bytes, size,
                             (size_t)(chunk->first + run->item), run->place);
        mp__worker_leave_copy(w);
        if (error < 0) {
            break;
        }
        run->place += mp__chunk_result_size(chunk);
        run->item++;
        mp__run_note_done(&run->line, run->item); /* R2 */
    } while (goes_on(&run->line, bundle, run->item, run->end) &&
             mp__unpack_next(unpack, chunk, &bytes, &size));
    return error;
}

/* What the loop over a row knows from its start. */
struct row {
    int (*function)(const void *argument, void *result);
    const unsigned char *bytes; /* of the first item; NULL: it takes none */
    unsigned char *copy;  /* where a task gets its argument; NULL: there */
    unsigned char *place; /* of the first result */
    size_t size;          /* of an argument; 0: none */
    size_t result_size;
    mp__run_line line;
    const mp__self *self;
    mp__ident ident;
    mp__bundle *bundle; /* NULL: it is none */
    uint64_t base;      /* index in its call of the first item of the chunk */
    uint32_t item;
    uint32_t end;
};

/* Run items until one fails or something is in the way. Returns the first that
 * is not over; *code is what the last one returned. `is_bare`: there is no
 * chaos, and no copy to release. */
static inline uint32_t loop(mp__worker *w, const mp__chunk *chunk,
                            const struct row row, bool is_bare, int *code)
{
    const unsigned char *bytes = row.bytes;
    unsigned char *place = row.place;
    uint32_t item = row.item;

    do {
        if (!is_bare) {
            mp__chaos("before run");
        }
        MP_KILL_POINT("run.running_plain");
        mp__task_set_index((size_t)(row.base + item));
        if (row.copy != NULL) {
            mp__copy_object(row.copy, bytes, row.size);
        }
        if (row.result_size > 0) {
            mp__wipe_object(place, row.result_size);
        }
        *code = row.function(row.copy != NULL ? row.copy : bytes,
                             row.result_size > 0 ? place : NULL);
        if (!is_bare && row.copy != NULL) {
            mp_serializer_release(&chunk->argument, row.copy, 1);
        }
        if (atomic_load_explicit(&row.self->ident, memory_order_relaxed) !=
            row.ident) {
            mp__worker_leave_copy(w);
        }
        if (*code != 0) {
            return item;
        }
        place += row.result_size;
        bytes = row.size > 0 ? bytes + row.size : NULL;
        item++;
        mp__run_note_done(&row.line, item); /* R2 */
    } while (goes_on(&row.line, row.bundle, item, row.end));
    return item;
}

/* Arguments that lie in a row at `bytes`, all of them; or, unless `copy` is
 * NULL, are copied there one by one. */
static int run_row(mp__worker *w, const mp__chunk *chunk, mp__unpack *unpack,
                   const unsigned char *bytes, unsigned char *copy,
                   mp__run *run)
{
    const size_t number = sizeof(uint64_t);
    static const mp__self unknown;
    const mp__self *self = mp__self_page;
    struct row row = { .function = chunk->run,
                       .bytes = bytes,
                       .copy = copy,
                       .place = run->place,
                       .size = mp__chunk_argument_size(chunk),
                       .result_size = mp__chunk_result_size(chunk),
                       .line = run->line,
                       .self = self == NULL ? &unknown : self,
                       .ident = w->ident,
                       .bundle = bundle_in_hand(w),
                       .base = chunk->first,
                       .item = run->item,
                       .end = run->end };
    bool numbers = row.size == number && row.result_size == number &&
                   (copy == NULL || chunk->argument.release == NULL) &&
                   !mp__chaos_is_on();
    uint32_t item;
    int code;

    if (numbers) { /* said again what is known, for the compiler */
        row.size = number;
        row.result_size = number;
    }
    if (numbers && copy == NULL && row.bundle == NULL) {
        row.copy = NULL;
        row.bundle = NULL;
        item = loop(w, chunk, row, true, &code);
    } else if (numbers && copy != NULL) {
        item = loop(w, chunk, row, true, &code);
    } else {
        item = loop(w, chunk, row, false, &code);
    }
    mp__unpack_skip(unpack, chunk, item - run->item - (code == 0));
    run->place += (item - run->item) * row.result_size;
    run->item = item;
    return code == 0 ? 0 : mp__run_failed(code);
}

int mp__worker_run_items(mp__worker *w, const mp__chunk *chunk,
                         mp__unpack *unpack, const void *bytes, size_t size,
                         mp__run *run)
{
    const bool is_copied = chunk->where != MP__IN_PLACE && size > 0;
    void *copy = NULL;

    if (!mp__chunk_argument_is_plain(chunk) ||
        unpack->left < size * (run->end - run->item - 1)) {
        return run_decoding(w, chunk, unpack, bytes, size, run);
    }
    if (is_copied) {
        copy = mp__run_argument(&w->runner, size);
        if (copy == NULL) {
            return run_decoding(w, chunk, unpack, bytes, size, run);
        }
    }
    return run_row(w, chunk, unpack, bytes, copy, run);
}
