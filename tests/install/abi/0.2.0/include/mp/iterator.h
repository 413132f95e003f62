/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * mp/iterator.h -- results one by one, while later items still run
 *
 * A handle belongs to the process that made it (elsewhere MP_ESTATE) and
 * outlives its pool.
 */
#ifndef MP_ITERATOR_H
#define MP_ITERATOR_H

#include <stddef.h>
#include <stdint.h>

#include <mp/export.h>
#include <mp/task.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Where the items of an imap come from: set either items and count, or
 *  next. Copied; what it points to is borrowed until the iterator has ended
 *  or is destroyed. */
typedef struct mp_source {
    const void *items; /**< Argument objects in a row. */
    size_t count;
    /** Fill in the next argument: 1; 0 at the end; < 0 for an error, which
     *  mp_iterator_next() gives once, after all items before. What it lends
     *  is encoded before the following call. It is called inside the owner's
     *  calls on the pool, and may not call that pool. */
    int (*next)(void *context, void *argument);
    void *context;

    uint64_t reserved[8]; /**< Must be zero. */
} mp_source;

typedef struct mp_iterator mp_iterator;

/**
 * Wait up to `timeout_ms` for the next result and decode it to `result`, for
 * the caller to own; NULL drops it. imap gives them in order, imap_unordered
 * as they arrive.
 *
 *   report    Receives what became of the item; its `index` is the item's
 *             place in the source. With it, a failed item is an item too: the
 *             call returns 1, `result` is zero bytes and report->error tells.
 *             NULL: the item's error is returned instead, so that no failure
 *             passes for a result, and the next call goes on with the next.
 *
 * Returns 1: an item; 0: the end, again and again; MP_ETIMEDOUT: nothing yet,
 * and nothing is lost; the code of the source's error, MP_ETERMINATED or
 * MP_EBROKEN, once, before the end; MP_ESTATE, MP_EINVAL, MP_ENOMEM.
 */
MP_API MP_MUST int mp_iterator_next(mp_iterator *iterator, void *result,
                                    mp_report *report, int timeout_ms);

/** Give it back; NULL does nothing. Items that have not started never
 *  start. Items that are running run on; what they give is dropped. */
MP_API void mp_iterator_destroy(mp_iterator *iterator);

#ifdef __cplusplus
}
#endif

#endif
