/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * batch.h -- the items of one call, and what became of them
 *
 * apply, map and imap differ only in where items come from and where their
 * ends go. A batch knows nothing of processes: the owner takes items from it
 * and tells it their ends.
 */
#ifndef MP__BATCH_H
#define MP__BATCH_H

#include "mp/pool.h"
#include "mp/result.h"
#include "objects/serializer.h"
#include "pool/common/chunk.h"
#include "pool/batch/outcome.h"
#include "pool/batch/slab.h"
#include "pool/batch/template.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the items of a call come from: the members of an mp_source that are
 * needed while items are taken. A batch has no use for the reserved tail of the
 * mp_source, which would make each batch larger. */
typedef struct mp__source {
    const void *items;
    int (*next)(void *context, void *argument);
    void *context;
} mp__source;

/* Where the ends of items go. */
enum mp__sink {
    MP__SINK_DIRECT,  /* into the caller's array, as they come */
    MP__SINK_STORED,  /* kept, all of them, to be asked for again and again */
    MP__SINK_ORDERED, /* kept until handed out, in the order of the source */
    MP__SINK_ARRIVAL  /* kept until handed out, as they come */
};

/* How many items a pool was given, and how they ended. */
typedef struct mp__tally {
    uint64_t submitted;
    uint64_t pending;
    uint64_t ends[MP_TASK_ENDS];
} mp__tally;

/* What a user holds of a batch: a part of it, and gone with it. */
struct mp_result {
    struct mp__batch *batch;
    pid_t maker;
    bool lent; /* to a callback, for as long as that runs */
};

/* Since when the time that items take is measured. */
typedef struct mp__round {
    int64_t since;
    size_t ended; /* before */
    int64_t each; /* of the round before that */
} mp__round;

typedef struct mp__batch {
    struct mp__batch *next; /* of the pool's batches */
    struct mp__batch *previous;
    struct mp__batch *next_hungry;   /* of those with items to take */
    struct mp__batch *next_finished; /* of those whose `done` is due */
    struct mp_pool *pool; /* NULL: it is gone, all items have ended */
    mp__tally *tally;     /* the pool's; NULL with it */
    mp_result *handle;    /* the user's; NULL: gone, or none */
    mp_result own;        /* what that leads to */
    mp__work *work;       /* what every chunk of it has */
    void (*done)(mp_result *result, void *context); /* to be called still */
    void *context;
    enum mp__sink sink;
    bool on_shelf;       /* it and its one place for an end */
    bool is_single;      /* of apply_async */
    bool pinned;         /* in use by a call: it does not go yet */
    bool queued;         /* to be called: among the finished */
    bool held;           /* somebody has a handle, or is inside a call */
    bool fed;            /* nothing more is taken from the source */
    bool bundles;        /* chunks are of one item, or `together` short ones */
    bool widens;         /* it may look ahead farther when they are short */
    bool arguments_seen; /* by the workers, where they lie; DIRECT only */
    bool results_seen;   /* and so they can be made there */
    bool source_told;
    int source_error; /* to be told once, after all items */
    size_t count;     /* of items; SIZE_MAX while the source has not told */
    size_t taken;     /* from the source so far */
    size_t ended;     /* of those taken */
    uint32_t chunk_size;
    uint32_t together;
    mp__source source;
    mp__kept *kept;    /* STORED: count of them, else a ring of: */
    size_t places;     /* a power of two, look_ahead at least */
    size_t look_ahead; /* ORDERED, ARRIVAL: most taken and not handed out */
    size_t handed;
    size_t arrived;   /* ARRIVAL: kept so far */
    mp__scratch lent; /* the object that source.next fills in */
    mp__round round;
    unsigned char *results; /* DIRECT; may be NULL */
    mp_report *report;      /* DIRECT; may be NULL */
    int *statuses;          /* DIRECT; may be NULL */
    size_t failed_index;    /* lowest; SIZE_MAX: none failed */
    int failed_error;
} mp__batch;

/* Make a batch with `room` places to keep ends in. The batch takes over its
 * caller's use of `work`, which is left when there is no memory. Returns 0 or
 * MP_ENOMEM. */
int mp__batch_create(mp__batch **batch, mp__work *work, enum mp__sink sink,
                     size_t room);
/* As mp__batch_create(), STORED and for one item, on one of the pool's
 * shelves. */
int mp__batch_create_single(mp__batch **batch, mp__shelves *shelves,
                            mp__work *work);
void mp__batch_free(mp__batch *batch);

/* The handle of `batch`, whose maker is `maker`. */
mp_result *mp__result_of(mp__batch *batch, pid_t maker);
/* Run the callback of a batch that is over. */
void mp__result_call_back(mp__batch *batch);

/* DIRECT: one that lasts as long as the call that keeps it, which holds it. */
void mp__batch_begin(mp__batch *batch, mp__work *work);
void mp__batch_end(mp__batch *batch);

/* Are its ends kept until they are handed out? */
static inline bool mp__batch_is_handed_out(const mp__batch *batch)
{
    return batch->sink == MP__SINK_ORDERED || batch->sink == MP__SINK_ARRIVAL;
}

/* Has every item been taken that ever will be? */
static inline bool mp__batch_is_taken(const mp__batch *batch)
{
    return batch->fed || batch->taken == batch->count;
}

/* May another item be taken now? */
static inline bool mp__batch_has_more(const mp__batch *batch)
{
    return !mp__batch_is_taken(batch) &&
           (!mp__batch_is_handed_out(batch) ||
            batch->taken - batch->handed < batch->look_ahead);
}

/* Has every item that will ever be taken ended? */
static inline bool mp__batch_is_over(const mp__batch *batch)
{
    return batch->ended == batch->taken && mp__batch_is_taken(batch);
}

/* Item `index` has ended. */
void mp__batch_end_item(mp__batch *batch, size_t index, const mp__news *news);
/* `count` items from `index` on are done: *news is about the first of them, and
 * the results of plain memory lie in a row. */
void mp__batch_end_run(mp__batch *batch, size_t index, uint32_t count,
                       const mp__news *news);
/* The place of an item that is kept until it is handed out: ORDERED by its
 * index, ARRIVAL by the number of those that came before. */
static inline mp__kept *mp__batch_place(const mp__batch *batch, size_t number)
{
    return &batch->kept[number & (batch->places - 1)];
}

/* ORDERED, ARRIVAL: what is to be handed out next, or NULL: not there yet, or
 * nothing is left. It is the caller's to free; `handed` counts it. */
static inline mp__kept *mp__batch_next_kept(const mp__batch *batch)
{
    mp__kept *kept = mp__batch_place(batch, batch->handed);

    if (batch->handed ==
        (batch->sink == MP__SINK_ARRIVAL ? batch->arrived : batch->taken)) {
        return NULL;
    }
    return kept->end == MP_TASK_PENDING ? NULL : kept;
}

/* A power of two, `room` at least. */
size_t mp__batch_places(size_t room);
/* Make room to keep all items at once: nobody hands any out until all have
 * ended. False when their number is not known or there is no memory. */
bool mp__batch_unbound(mp__batch *batch);
/* An iterator may run ahead by `room` items from here on. False: no memory. */
bool mp__batch_widen(mp__batch *batch, size_t room);

#endif
