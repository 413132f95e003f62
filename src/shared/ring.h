/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * ring.h -- messages in bytes, one commit word per direction
 *
 * Any number of producers and consumers, in any processes that share it. A
 * message is put by one atomic step and taken by one atomic step; a process
 * killed before its step leaves no trace, one killed after it has done it.
 */
#ifndef MP__RING_H
#define MP__RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct mp__ring mp__ring; /* this process's handle */

/*
 * Make a ring for `max_bytes` of records and `max_items` of them (0: no such
 * limit). 0, MP_EINVAL when max_bytes is beyond what an address space or the
 * commit word holds, MP_ENOMEM, -errno.
 */
int mp__ring_create(mp__ring **ring, size_t max_bytes, size_t max_items);

/* Give back this process's handle; NULL does nothing. */
void mp__ring_destroy(mp__ring *ring);

/*
 * Put one message, waiting for room until `deadline`, which need not have
 * begun. 0; MP_ECLOSED once it is
 * shut; MP_ETIMEDOUT and nothing was put; -ENOSPC or -EFBIG when a message
 * larger than max_bytes found no room in the file system; errors of
 * mp__domain_self().
 */
int mp__ring_put(mp__ring *ring, const void *bytes, size_t size,
                 int64_t deadline);

/*
 * Whoever shares a ring may write to its memory. What it can have written
 * there is checked before use: every call gives MP_EBROKEN for a ring that is
 * damaged, and whoever finds that shuts it, so that nobody waits for it.
 *
 * Take the oldest message, waiting for one until `deadline`, which need not
 * have begun, into `buffer`.
 * 0; MP_ECLOSED when it is empty and shut; MP_EMSGSIZE when it is longer than
 * `capacity`: it stays, and *size says how long it is; MP_ETIMEDOUT; -errno of
 * a read.
 */
int mp__ring_get(mp__ring *ring, void *buffer, size_t capacity, size_t *size,
                 int64_t deadline);

/*
 * Room for one message of up to `size` bytes, waiting for it until `deadline`;
 * it counts as the message. One of each process at a time. 0, as
 * mp__ring_put(), MP_ESTATE when there is one, MP_ENOMEM. What is written there
 * becomes a message with mp__ring_publish(): 0; MP_EINVAL, it is larger than
 * what was reserved; MP_ESTATE, there is none; MP_ECLOSED, and there is none
 * any more. mp__ring_abandon() gives it up: 0, MP_ESTATE.
 */
int mp__ring_reserve(mp__ring *ring, void **room, size_t size,
                     int64_t deadline);
int mp__ring_publish(mp__ring *ring, size_t size);
int mp__ring_abandon(mp__ring *ring);

/*
 * Take the oldest message as mp__ring_get() and leave it where it is, for this
 * process alone until mp__ring_return(). One at a time. 0, as mp__ring_get(),
 * MP_ESTATE when there is one (return: none), MP_ENOMEM and it stays.
 */
int mp__ring_borrow(mp__ring *ring, const void **bytes, size_t *size,
                    int64_t deadline);
int mp__ring_return(mp__ring *ring);

/* No message goes in any more. */
void mp__ring_shut(mp__ring *ring);
bool mp__ring_is_shut(const mp__ring *ring);

/* One message that was taken is dealt with. 0; MP_EOVERFLOW: all are. */
int mp__ring_done(mp__ring *ring);

/* Wait until none is in it and all that were taken are dealt with. 0;
 * MP_OWNERDEAD when some only ended with their takers, since *lost was
 * written; MP_ETIMEDOUT. */
int mp__ring_wait_done(mp__ring *ring, uint32_t *lost, int64_t deadline);

/* A descriptor that polls readable while a get may succeed, from now on. */
int mp__ring_watch(mp__ring *ring);

/* C7: it may be empty, so that descriptor need not be readable. */
void mp__ring_lower(mp__ring *ring);

/* Messages in it at this moment. */
size_t mp__ring_count(const mp__ring *ring);

/* Is no other living process known that could share the ring? */
bool mp__ring_is_alone(const mp__ring *ring);

#endif
