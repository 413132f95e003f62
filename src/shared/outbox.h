/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * outbox.h -- a ring of records from one worker slot to the owner
 *
 * One writer at a time: the worker while it lives, the supervisor once it has
 * reaped it. One reader: the owner. See outbox.c for the steps.
 */
#ifndef MP__OUTBOX_H
#define MP__OUTBOX_H

#include "shared/task_table.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mp__record_kind {
    MP__RECORD_RESULT = 1, /* the payload is an encoded result */
    MP__RECORD_IN_FILE,    /* the payload is the file offset of one */
    MP__RECORD_FAULT,      /* the payload is text about a failure */
    MP__RECORD_RUN,        /* the payload is a result for each item */
    MP__RECORD_DEATH,      /* with its worker, or cancelled; no payload */
    MP__RECORD_PAD         /* up to the end of the ring's memory */
};

/* What a run has cost. */
typedef struct mp__cost {
    int64_t start_ns; /* monotonic */
    int64_t run_ns;
    int64_t cpu_ns;
    uint64_t peak_bytes;
} mp__cost;

/* The end of items first..end-1 of one task: one item, but for a run and for
 * those that end together because their task was cancelled. */
typedef struct mp__record {
    _Atomic uint64_t position; /* written last */
    uint32_t slot;
    uint32_t generation;
    uint16_t first;
    uint16_t end;
    uint8_t kind;
    uint8_t core_dumped;
    uint8_t costed;    /* an mp__cost stands before the payload */
    uint8_t set_aside; /* it died as often as its retries allow */
    int32_t error;     /* 0, or the MP_E code that get gives */
    int32_t status;    /* the task's own code, or a dead worker's exit status */
    int32_t pid;       /* of the worker */
    uint32_t attempt;
    uint64_t size; /* of a result in bytes, wherever it lies */
} mp__record;      /* cost and payload follow it */

/* A record as the owner takes it in: looked at once, checked, and its own,
 * but for the payload, which lies in the ring. */
typedef struct mp__arrival {
    uint32_t slot;
    uint32_t generation;
    uint32_t first;
    uint32_t end;
    enum mp__record_kind kind;
    bool core_dumped;
    bool costed;
    bool set_aside;
    int32_t error;
    int32_t status;
    int32_t pid;
    uint32_t attempt;
    uint64_t size;
    mp__cost cost;
    const unsigned char *payload; /* aligned to 16; until it is taken */
    size_t payload_size;          /* RESULT, RUN, FAULT: of all of it */
    uint64_t next;                /* where the record after it begins */
} mp__arrival;

/* What came of looking for a record. */
enum mp__arrived {
    MP__ARRIVED_NOTHING = 0,
    MP__ARRIVED_RECORD,
    MP__ARRIVED_DAMAGE /* nothing a writer of ours leaves: of no use any more */
};

/* The largest payload that goes through the ring itself. */
#define MP__PAYLOAD_MOST 65536

typedef struct mp__outbox mp__outbox; /* all rings of a pool */

/* Bytes of its cost; 0: it has none. */
static inline size_t mp__record_cost_bytes(const mp__record *record)
{
    return record->costed != 0 ? sizeof(mp__cost) : 0;
}

/* Its cost, where it has one. */
static inline mp__cost *mp__record_cost(mp__record *record)
{
    return (mp__cost *)(void *)(record + 1);
}

/* Where the payload of a record begins; its size is the caller's business. */
static inline unsigned char *mp__record_payload(mp__record *record)
{
    return (unsigned char *)(record + 1) + mp__record_cost_bytes(record);
}

int mp__outbox_create(mp__outbox **outbox, uint32_t workers);
void mp__outbox_destroy(mp__outbox *outbox); /* NULL does nothing */

/* ---- the writer of ring `w` ---- */

/* Is there room for a record with `payload` bytes, that of a cost included,
 * and for the record of the writer's death after it? */
bool mp__outbox_has_room(mp__outbox *outbox, uint32_t w, size_t payload);
/* Or does the ring fill up, so that the owner should come? */
bool mp__outbox_fills_up(mp__outbox *outbox, uint32_t w);
/* Wait for room until `deadline`; the owner may be away. */
void mp__outbox_wait_room(mp__outbox *outbox, uint32_t w, size_t payload,
                          int64_t deadline);
/* Room for a record beyond the tail; it is garbage until sealed. The caller
 * has made sure of the room. */
mp__record *mp__outbox_begin(mp__outbox *outbox, uint32_t w, size_t payload);
/* The record is complete: whoever finds it committed may publish it. */
void mp__outbox_seal(mp__outbox *outbox, uint32_t w, mp__record *record);
/* The record of a run, sealed before its items; the one that a dead writer has
 * left open at the item of `claim`, or NULL. */
mp__record *mp__outbox_open_run(mp__outbox *outbox, const mp__claim *claim);
/* It is committed: the owner may read it. */
void mp__outbox_publish(mp__outbox *outbox, uint32_t w);
/* Publish for a dead writer what it had committed and not yet published. */
void mp__outbox_roll_forward(mp__outbox *outbox, uint32_t w,
                             const mp__task_table *table);
/* Bytes that ring `w` has carried so far. */
uint64_t mp__outbox_carried(const mp__outbox *outbox, uint32_t w);
/* Up to where the owner has read ring `w`, in the same count. */
uint64_t mp__outbox_read(const mp__outbox *outbox, uint32_t w);

/* ---- the owner ---- */

/* The next record of ring `w`. It stays until taken. */
enum mp__arrived mp__outbox_next(mp__outbox *outbox, uint32_t w,
                                 mp__arrival *arrival);
/* It is taken. Is another one known to be there? */
bool mp__outbox_take(mp__outbox *outbox, uint32_t w,
                     const mp__arrival *arrival);
/* Let the writer use the room of all records taken. */
void mp__outbox_release(mp__outbox *outbox, uint32_t w);
/* After every task word is frozen: the one record of ring `w` that was
 * committed but not published, or what its open run has brought. */
enum mp__arrived mp__outbox_unpublished(mp__outbox *outbox, uint32_t w,
                                        const mp__task_table *table,
                                        mp__arrival *arrival);
/* Is there, unread or unpublished, a record of a task that its word, read
 * before, says was committed by worker `w`? And does the ring say of its
 * owner's place what that knows? Somebody has overwritten it if not. */
bool mp__outbox_owes(const mp__outbox *outbox, uint32_t w,
                     const mp__task_table *table, uint32_t slot);
bool mp__outbox_is_sound(const mp__outbox *outbox, uint32_t w);
/* Has the owner not read all of ring `w` yet? For its writer. */
bool mp__outbox_has_news_of(const mp__outbox *outbox, uint32_t w);
/* Has any ring a record that was not taken? */
bool mp__outbox_has_news(const mp__outbox *outbox);

#endif
