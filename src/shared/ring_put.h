/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * ring_put.h -- how a record goes into a ring
 */
#ifndef MP__RING_PUT_H
#define MP__RING_PUT_H

#include "shared/ring_words.h"

/* A message on its way in, as a record. */
struct mp__outgoing {
    const void *bytes; /* of the record */
    size_t size;
    uint64_t charge;               /* what counts of max_bytes */
    uint64_t head;                 /* where HEAD stood when there was no room */
    uint32_t block;                /* MP__NO_BLOCK: the record is all of it */
    mp__ident self;                /* the block's maker */
    const struct mp__claim *claim; /* its room is claimed; NULL: it is not */
};

/* P2 for `out`: where it goes, or -EAGAIN, or MP_EBROKEN when the words are
 * not what a ring's words can be; claims are reckoned with. */
int mp__ring_choose(mp__ring *ring, struct mp__outgoing *out, uint64_t tail,
                    uint64_t *place);
/* P2 to P4 with `producers` held: 0; -EAGAIN, no room; -ESTALE, the guard is
 * not ours any more; MP_ECLOSED; MP_EBROKEN. *tail becomes the word replaced. */
int mp__ring_send(mp__ring *ring, struct mp__outgoing *out, uint64_t *tail);
/* P6, P7 after mp__ring_send() gave 0. */
void mp__ring_tell(mp__ring *ring, uint64_t tail);
/* P1 to P7 for a message that lies in the ring's own memory; results as of
 * mp__ring_put(). */
int mp__ring_put_record(mp__ring *ring, const void *bytes, size_t size,
                        int64_t deadline);

#endif
