/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * ring.c -- messages in bytes, one commit word per direction
 *
 * Producers take turns under one guard, consumers under another; both sides
 * run at the same time. TAIL and HEAD are 64-bit commit words:
 *
 *   items:26 | offset:35 (in units of 8) | spare | shut | sleepers
 *
 * `items` counts all messages ever put (taken), so TAIL.items - HEAD.items
 * are in the ring. `offset` is the place of the next record in the ring's
 * memory. Nothing else is state: all memory from TAIL on is garbage until the
 * CAS of TAIL, all memory behind HEAD is garbage after the CAS of HEAD.
 *
 *   put: P1 take `producers`. P2 room? else let go and sleep on HEAD.
 *        P3 write the record beyond TAIL. P4 CAS TAIL: the message exists.
 *        P5 release. P6 wake a sleeping consumer, if the word said so.
 *        P7 raise the flag, if somebody polls it.
 *   get: C1 take `consumers`. C2 empty? let go and sleep on TAIL.
 *        C3 copy the record out. C4 CAS HEAD: the message is taken.
 *        C5 release. C6 wake a sleeping producer, if the word said so.
 *        C7 nothing is left: lower the flag, if somebody polls it.
 *
 * Killed before P4 (C4): the word did not move, the guard is taken over from
 * the dead and there is nothing to repair. Between P4 and P6: sleepers find
 * the message at the end of their slice. The sleeper flag sits in the word
 * that is committed, so publishing and "is anyone asleep?" are one step.
 *
 * Where records lie in the ring's memory, ring_put.c says. The map is twice
 * max_bytes, so that a message of max_bytes finds one piece in any empty ring;
 * untouched pages cost nothing. After a backlog what is beyond a quarter of
 * max_bytes, 16 MiB at most, is given back once the ring is empty, by whoever
 * holds `producers`: fresh pages cost more than the messages in them, so those
 * of a queue of large messages stay.
 *
 * Each side keeps what it last saw of the other's word beside its guard. What
 * it did not see since can only mean more room (more messages), so it looks
 * again only when there seems to be none: the words stay in their owners'
 * caches while both sides are busy.
 *
 * Large messages do not lie here but in blocks: ring_blocks.c. One that is
 * larger than max_bytes goes in alone, when the ring is empty.
 */
#include "shared/ring.h"

#include "mp/error.h"
#include "platform/file.h"
#include "platform/map.h"
#include "shared/ring_borrow.h"
#include "shared/ring_put.h"
#include "shared/ring_reserve.h"
#include "shared/ring_words.h"

#include <errno.h>
#include <stdlib.h>

/* Messages longer than this are put into blocks: no copy of theirs is made
 * under a guard that others want, and their pages stay. */
#define LARGE_LEAST ((size_t)256 * 1024)

#define KEPT_MOST ((uint64_t)16 * 1024 * 1024)

/* Whole pages, since what lies behind them is given back. */
static uint64_t kept_of(uint64_t bytes)
{
    uint64_t kept = bytes / 4 / WARM * WARM;

    kept = kept > WARM ? kept : WARM;
    return kept < KEPT_MOST ? kept : KEPT_MOST;
}

/* On 32 bits the second is the smaller, on 64 the first. */
static bool is_too_large(uint64_t bytes)
{
    return bytes > OFFSET_MASK / 4 || bytes > SIZE_MAX / 4;
}

int mp__ring_create(mp__ring **ring, size_t max_bytes, size_t max_items)
{
    size_t page = mp__map_page_size();
    size_t bytes = max_bytes < page ? page : max_bytes;
    mp__ring *fresh = NULL;
    int error;

    if (is_too_large(bytes)) {
        return MP_EINVAL;
    }
    fresh = calloc(1, sizeof(*fresh));
    if (fresh == NULL) {
        return MP_ENOMEM;
    }
    fresh->file = -1;
    fresh->flag = (mp__flag){ .read_end = -1, .write_end = -1 };
    error = mp__domain_open();
    if (error == 0) {
        error = mp__domain_self(&fresh->creator);
    }
    if (error < 0) {
        goto done;
    }
    fresh->file = mp__file_create();
    if (fresh->file < 0) {
        error = fresh->file;
        goto done;
    }
    error = mp__flag_create(&fresh->flag);
    if (error < 0) {
        goto done;
    }
    fresh->map_size =
        mp__map_round(sizeof(struct mp__ring_shared) + 2 * bytes + page);
    fresh->shared = mp__map_shared(fresh->map_size);
    if (fresh->shared == NULL) {
        error = MP_ENOMEM;
        goto done;
    }
    fresh->room = (fresh->map_size - sizeof(struct mp__ring_shared) - HEADER) &
                  ~UINT64_C(7);
    fresh->max_bytes = max_bytes;
    fresh->max_items =
        max_items == 0 || max_items > ITEMS_MOST ? ITEMS_MOST : max_items;
    fresh->kept = kept_of(max_bytes);
    fresh->moment = mp__domain_moment();
    atomic_store(&fresh->shared->touched, fresh->kept);
    *ring = fresh;
    fresh = NULL;

done:
    mp__ring_destroy(fresh);
    return error;
}

void mp__ring_destroy(mp__ring *ring)
{
    if (ring == NULL) {
        return;
    }
    if (ring->shared != NULL) {
        mp__ring_end_loans(ring);
    }
    mp__map_free(ring->shared, ring->map_size);
    mp__file_close(&ring->file);
    mp__flag_close(&ring->flag);
    free(ring);
}

int mp__ring_put(mp__ring *ring, const void *bytes, size_t size,
                 int64_t deadline)
{
    if (size > LARGE_LEAST || size > mp__ring_piece(ring)) {
        return mp__ring_put_block(ring, bytes, size, deadline);
    }
    return mp__ring_put_record(ring, bytes, size, deadline);
}
