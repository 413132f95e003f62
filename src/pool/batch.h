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
#include "objects/serializer.h"
#include "pool/chunk.h"
#include "pool/shelf.h"
#include "pool/retained.h"
#include "pool/task.h"
#include "pool/work.h"
#include "shared/outbox.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the items of a call come from: the members of its mp_source that are
 * asked for each of them. The reserved tail of that is not carried about. */
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

/* How one item ended, as the worker or whoever ended it has told. */
typedef struct mp__news {
    enum mp_task_end end;
    int error;
    int status; /* exit status of a dead worker */
    bool core_dumped;
    bool set_aside;
    pid_t pid; /* 0: no worker had it */
    int worker;
    int attempt;
    const mp__cost *cost; /* NULL: not known */
    const void *bytes;    /* DONE: the encoded result, aligned */
    size_t size;
    mp__extent extent; /* where `bytes` can be kept without a copy, if so */
    const mp__fault *fault; /* FAILED, BROKEN: may be NULL */
} mp__news;

#define MP__KEPT_INSIDE ((size_t)16)

/* The same, kept. Small results lie inside. */
typedef struct mp__kept {
    enum mp_task_end end; /* PENDING: not yet */
    int error;
    int status;
    bool core_dumped;
    bool set_aside;
    pid_t pid;
    int worker;
    int attempt;
    mp__cost *cost; /* NULL: not known; from malloc */
    size_t index;
    size_t size;
    void *outside; /* more than go inside, or a fault; from malloc unless: */
    mp__retained *retained; /* it lies there, pinned */
    int pin;
    _Alignas(16) unsigned char inside[MP__KEPT_INSIDE];
} mp__kept;

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

/* All of it, with `room` places to keep ends in. 0 or MP_ENOMEM, which it is
 * without `work`, too; that is its own from now on, or left. */
int mp__batch_create(mp__batch **batch, mp__work *work, enum mp__sink sink,
                     size_t room);
/* For one item, STORED, on one of the pool's shelves. */
int mp__batch_create_single(mp__batch **batch, mp__shelves *shelves,
                            mp__work *work);
void mp__batch_free(mp__batch *batch);

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

/* Items taken from a source, to be handed out. */
typedef struct mp__taken {
    size_t first; /* index */
    uint32_t count;
    const void *bytes; /* their arguments, encoded */
    size_t size;
} mp__taken;

/* Are its arguments packed? If not, they are used where they lie. */
static inline bool mp__batch_packs(const mp__batch *batch)
{
    return batch->source.next != NULL ||
           !mp__chunk_argument_is_plain(&batch->work->chunk);
}

/* Take items from the source, up to a chunk of them and at most `most`. Their
 * arguments lie in `pack`, which is empty before, or in the caller's array, until
 * the next take. Items that cannot be encoded end here and now. */
void mp__batch_take(mp__batch *batch, mp__pack *pack, uint64_t most,
                    mp__taken *taken);

/* Take the one item it has, whose argument is `size` bytes, encoded. */
void mp__batch_take_one(mp__batch *batch, const void *bytes, size_t size,
                        mp__taken *taken);

/* Item `index` has ended. */
void mp__batch_end_item(mp__batch *batch, size_t index, const mp__news *news);
/* `count` items from `index` on are done: *news is about the first of them, and
 * the results of plain memory lie in a row. */
void mp__batch_end_run(mp__batch *batch, size_t index, uint32_t count,
                       const mp__news *news);
/* Nothing more comes: items not taken end as `news` says (DIRECT, STORED), or
 * the source ends with its error (others). */
void mp__batch_end_source(mp__batch *batch, const mp__news *news);

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

/* Keep what came; without memory for it the item has failed. */
void mp__kept_fill(mp__kept *kept, size_t index, const mp__news *news);
/* Tell how an item ended. */
void mp__kept_report(const mp__kept *kept, mp_report *report);
static inline const void *mp__kept_bytes(const mp__kept *kept)
{
    return kept->size > sizeof(kept->inside) ? kept->outside : kept->inside;
}

/* Decode it to `object`, which is zero bytes after an error; its code. The
 * first is for all but a few plain bytes. */
int mp__kept_decode_other(const mp__batch *batch, const mp__kept *kept,
                          void *object);
static inline int mp__kept_decode(const mp__batch *batch, const mp__kept *kept,
                                  void *object)
{
    const mp__chunk *chunk = &batch->work->chunk;

    if (object != NULL && kept->error == 0 && chunk->has_result &&
        mp__serializer_is_plain(&chunk->result) &&
        kept->size == chunk->result.object_size &&
        kept->size <= sizeof(kept->inside)) {
        mp__copy_object(object, kept->inside, kept->size);
        return 0;
    }
    return mp__kept_decode_other(batch, kept, object);
}

void mp__kept_drop(mp__kept *kept); /* what it has elsewhere */

static inline void mp__kept_free(mp__kept *kept)
{
    if (kept->outside != NULL || kept->cost != NULL) {
        mp__kept_drop(kept);
    }
    kept->end = MP_TASK_PENDING;
}

#endif
