/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * commit.h -- from the turn of an item to its commit, W6 to W10
 */
#ifndef MP__COMMIT_H
#define MP__COMMIT_H

#include "pool/common/chunk.h"
#include "pool/worker/worker_state.h"
#include "shared/outbox.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The item in hand has its turn: what a task may ask of it. Its attempt. */
uint32_t mp__worker_take_turn(mp__worker *w, const mp__chunk *chunk);
/* W1, W6: wait for room for a record. The owner may be away for long. */
void mp__worker_wait_long(mp__worker *w, size_t payload);
static inline void mp__worker_wait_room(mp__worker *w, size_t payload)
{
    if (!mp__outbox_has_room(w->core->outbox, w->index, payload)) {
        mp__worker_wait_long(w, payload);
    }
}
/* A record of the items from the one in hand to `end`, but for its payload. */
void mp__worker_fill_record(mp__worker *w, mp__record *record,
                            enum mp__record_kind kind, uint32_t end, int error);
/* Is item `next` there to go on with? Only now can that be said of a bundle:
 * what the owner has taken back is no item of the chunk any more. */
bool mp__worker_reaches(mp__worker *w, mp__chunk *chunk, uint32_t next);
/* Before the last commit of a task and on its clock, for the stream may be one
 * that nobody reads: what it printed is out before its end. In a bundle before
 * each. */
void mp__worker_flush_last(mp__worker *w, mp__chunk *chunk, uint32_t next);
/* The record is complete and sealed: W8 to W10. The clock of the next
 * item starts before that is in hand. */
void mp__worker_commit(mp__worker *w, mp__chunk *chunk, mp__record *record);

#endif
