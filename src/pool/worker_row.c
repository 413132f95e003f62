/*
 * worker_row.c -- the loop over plain objects
 *
 * The tasks may be smaller than all that is done around them. So what does not
 * change stays out of the loop, only the number of the item changes in it, and
 * who calls it tells the compiler the sizes where it can.
 */
#include "pool/worker_parts.h"

#include "platform/chaos.h"
#include "platform/kill_point.h"
#include "platform/self.h"

/* What the loop knows from its start. */
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
static inline uint32_t run_items(mp__worker *w, const mp__chunk *chunk,
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
    } while (
        item < row.end && !mp__run_is_asked(&row.line) &&
        (row.bundle == NULL || mp__bundle_reach(row.bundle, item))); /* P1 */
    return item;
}

int mp__worker_run_row(mp__worker *w, const mp__chunk *chunk,
                       mp__unpack *unpack, const unsigned char *bytes,
                       unsigned char *copy, mp__run *run)
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
                       .bundle = w->bundle.word == NULL ? NULL : &w->bundle,
                       .base = chunk->first,
                       .item = run->item,
                       .end = run->end };
    bool numbers = row.size == number && row.result_size == number &&
                   (copy == NULL || chunk->argument.release == NULL) &&
                   !mp__chaos_is_on();
    uint32_t item;
    int code;

    if (numbers) {
        row.size = number;
        row.result_size = number;
    }
    if (numbers && copy == NULL && row.bundle == NULL) {
        row.copy = NULL;
        row.bundle = NULL;
        item = run_items(w, chunk, row, true, &code);
    } else if (numbers && copy != NULL) {
        item = run_items(w, chunk, row, true, &code);
    } else {
        item = run_items(w, chunk, row, false, &code);
    }
    mp__unpack_skip(unpack, chunk, item - run->item - (code == 0));
    run->place += (item - run->item) * row.result_size;
    run->item = item;
    return code == 0 ? 0 : mp__run_failed(code);
}
