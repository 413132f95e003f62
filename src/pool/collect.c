/*
 * collect.c -- take in how items ended
 *
 * O6: the records of every worker slot's ring are read up to its tail, copied
 * or decoded, and their room is given back to the writer. A record that does
 * not fit what was submitted (somebody scribbled over the ring) is skipped.
 */
#include "pool/owner_parts.h"

#include "mp/error.h"
#include "platform/file.h"

#include <string.h>

#define RESULTS_WARM   ((uint64_t)16 * 1024 * 1024)
#define ARGUMENTS_WARM ((uint64_t)1024 * 1024)
#define FROM_FILE_KEPT ((size_t)1024 * 1024)

void mp__free_slot(mp_pool *pool, uint32_t slot)
{
    mp__slot_use *use = &pool->uses[slot];

    if (use->in_file > ARGUMENTS_WARM) {
        mp__file_give_back(pool->core.file,
                           mp__core_arguments_at(&pool->core, slot),
                           use->in_file);
    }
    *use = (mp__slot_use){ .batch = NULL };
    if (!pool->over) {
        mp__task_table_free(pool->core.table, slot);
    }
    pool->free_slots[pool->free_count++] = slot;
}

void mp__unlink_batch(mp_pool *pool, mp__batch *batch)
{
    mp__batch **link = &pool->hungry;

    if (batch->previous != NULL) {
        batch->previous->next = batch->next;
    } else {
        pool->batches = batch->next;
    }
    if (batch->next != NULL) {
        batch->next->previous = batch->previous;
    } else {
        pool->batches_last = batch->previous;
    }
    batch->next = NULL;
    batch->previous = NULL;
    while (*link != NULL && *link != batch) {
        link = &(*link)->next_hungry;
    }
    if (*link != NULL) {
        *link = batch->next_hungry;
    }
}

void mp__settle_batch(mp_pool *pool, mp__batch *batch)
{
    if (!mp__batch_is_over(batch) || batch->queued || batch->pinned) {
        return;
    }
    if (batch->done != NULL) {
        batch->queued = true;
        *pool->finished_end = batch;
        pool->finished_end = &batch->next_finished;
    } else if (!batch->held) {
        mp__unlink_batch(pool, batch);
        mp__batch_free(batch);
    }
}

/* A batch nobody holds goes with its last item. */
void mp__end_item(mp_pool *pool, mp__batch *batch, size_t index,
                  const mp__news *news)
{
    bool was_busy = pool->busy;

    pool->busy = true; /* it may decode */
    mp__batch_end_item(batch, index, news);
    pool->busy = was_busy;
    mp__settle_batch(pool, batch);
}

enum mp_task_end mp__end_of(int error)
{
    switch (error) {
    case 0:
        return MP_TASK_DONE;
    case MP_ECRASHED:
        return MP_TASK_CRASHED;
    case MP_ETERMINATED:
        return MP_TASK_TERMINATED;
    case MP_EBROKEN:
        return MP_TASK_BROKEN;
    case MP_ECANCELED:
        return MP_TASK_CANCELED;
    default:
        return MP_TASK_FAILED;
    }
}

/* Point `news` at a result that lies in the file. */
static void read_from_file(mp_pool *pool, const mp__record *record,
                           mp__news *news)
{
    uint64_t offset = 0;
    uint64_t end;
    int error = record->size > SIZE_MAX / 2 ? MP_ENOMEM : 0;

    memcpy(&offset, record->payload, sizeof(offset));
    news->size = (size_t)record->size;
    if (error == 0) {
        error = mp__scratch_reserve(&pool->from_file, news->size);
    }
    if (error == 0) {
        error = mp__file_read(pool->core.file, offset, pool->from_file.bytes,
                              news->size);
    }
    news->bytes = pool->from_file.bytes;
    if (error < 0) {
        news->error = error;
        news->end = MP_TASK_FAILED;
        news->size = 0;
    }
    end = offset % mp__outbox_file_end(1) + record->size;
    if (end > RESULTS_WARM) {
        mp__file_give_back(pool->core.file, offset, record->size);
    }
}

/* O6 for one record: one item, as things are. */
void mp__deliver(mp_pool *pool, uint32_t w, const mp__record *record)
{
    uint32_t slot = record->slot;
    mp__slot_use *use;
    mp__fault fault = { .code = 0 };
    mp__news news = { .error = record->error,
                      .end = mp__end_of(record->error),
                      .status =
                          record->kind == MP__RECORD_DEATH ? record->status : 0,
                      .core_dumped = record->core_dumped != 0,
                      .pid = record->pid,
                      .worker = (int)w };

    if (slot >= mp__task_table_slots(pool->core.table)) {
        return; /* not from a worker of ours: somebody scribbled */
    }
    use = &pool->uses[slot];
    if (use->batch == NULL || use->generation != record->generation ||
        record->first != use->ended || record->end != use->ended + 1) {
        return;
    }
    if (record->kind == MP__RECORD_RESULT) {
        news.bytes = record->payload;
        news.size = record->size > MP__PAYLOAD_MOST ? 0 : (size_t)record->size;
    } else if (record->kind == MP__RECORD_IN_FILE) {
        read_from_file(pool, record, &news);
    } else if (record->kind == MP__RECORD_FAULT) {
        memcpy(&fault, record->payload,
               record->size < sizeof(fault) ? (size_t)record->size
                                            : sizeof(fault) - 1);
        news.fault = &fault;
    }
    use->ended++;
    mp__end_item(pool, use->batch, use->first + record->first, &news);
    if (use->ended == use->count) {
        mp__free_slot(pool, slot);
    }
}

/* O6 for all rings. Returns whether anything came. */
bool mp__collect(mp_pool *pool)
{
    const mp__record *record;
    bool any = false;
    bool some;
    uint32_t w;

    for (w = 0; w < pool->core.workers; w++) {
        some = false;
        for (record = mp__outbox_next(pool->core.outbox, w); record != NULL;
             record = mp__outbox_next(pool->core.outbox, w)) {
            mp__deliver(pool, w, record);
            mp__outbox_take(pool->core.outbox, w, record);
            some = true;
        }
        if (some) {
            mp__outbox_release(pool->core.outbox, w);
            any = true;
        }
    }
    mp__scratch_trim(&pool->from_file, FROM_FILE_KEPT);
    return any;
}

void mp__end_chunk(mp_pool *pool, mp__batch *batch, size_t first,
                   uint32_t count, const mp__news *news)
{
    uint32_t i;

    /* The batch may go with its last item. */
    for (i = 0; i < count; i++) {
        mp__end_item(pool, batch, first + i, news);
    }
}
