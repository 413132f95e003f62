/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * mp/queue.h -- FIFO of messages between any number of processes
 *
 * Shared by its creator and by every process forked from it since. What put
 * has returned 0 for is never lost while any process shares the queue: kill
 * whom you like. A get takes its message only once it has copied it whole; a
 * consumer killed later takes it along, one killed before leaves it for the
 * others; mp_queue_join() tells of the first. Messages of one producer come out
 * in its order. A process stopped by SIGSTOP in the middle of a call holds up
 * the others on its side.
 */
#ifndef MP_QUEUE_H
#define MP_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include <mp/export.h>
#include <mp/serializer.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mp_queue mp_queue;

/** Zero means "the default" in every field; NULL options set none. */
typedef struct mp_queue_options {
    /** Most messages in the queue. Default: no limit but the bytes. */
    size_t max_items;

    /** Most bytes in the queue, where a message counts with its size rounded
     *  up to 8, plus 8. A larger message goes in alone, when the queue is
     *  empty. Memory follows what is queued. Default: 64 MiB. */
    size_t max_bytes;

    /** Copied. Default: mp_serializer_bytes. */
    const mp_serializer *serializer;

    uint64_t reserved[8]; /**< Must be zero. */
} mp_queue_options;

/**
 * Make an empty queue; the caller owns the handle until mp_queue_destroy().
 * It keeps two descriptors, three where there is no eventfd. Returns 0,
 * MP_EINVAL, MP_ENOMEM or -errno.
 */
MP_API MP_MUST int mp_queue_create(mp_queue **queue,
                                   const mp_queue_options *options);

/**
 * Encode `object` and put it in, waiting up to `timeout_ms` for room. It stays
 * the caller's, and later changes to it do not show. Returns 0; MP_ETIMEDOUT;
 * MP_EENCODE; MP_ECLOSED after mp_queue_close() here or mp_queue_shutdown()
 * anywhere; MP_EINVAL; MP_ENOMEM;
 * -ENOSPC or -EFBIG for a message larger than max_bytes. After an error
 * nothing was put.
 */
MP_API MP_MUST int mp_queue_put(mp_queue *queue, const void *object,
                                int timeout_ms);

/**
 * Take the oldest message and decode it to `object`, waiting up to
 * `timeout_ms` for one. The caller owns what is inside the object: see
 * mp_serializer_release().
 *
 * Returns 0; MP_ETIMEDOUT; MP_EDECODE, and the message is gone; MP_EINVAL;
 * MP_ENOMEM, and the message stays; or MP_ECLOSED when
 *
 *   - this process has called mp_queue_close();
 *   - the queue is empty, and any process has called mp_queue_shutdown();
 *   - the queue is empty, the timeout is MP_FOREVER, and no other living
 *     process shares the queue. A process made by plain fork() shares it while
 *     it is a child of the caller, and from its first call into libmp on.
 */
MP_API MP_MUST int mp_queue_get(mp_queue *queue, void *object, int timeout_ms);

/** As mp_queue_put(), with `size` bytes as they are. `bytes` may be NULL when
 *  that is 0. */
MP_API MP_MUST int mp_queue_put_bytes(mp_queue *queue, const void *bytes,
                                      size_t size, int timeout_ms);

/** As mp_queue_get(), with the bytes as they are, *size of them. MP_EMSGSIZE
 *  when they do not fit `capacity`: the message stays, *size is its size. */
MP_API MP_MUST int mp_queue_get_bytes(mp_queue *queue, void *buffer,
                                      size_t capacity, size_t *size,
                                      int timeout_ms);

/**
 * Room for one message of up to `size` bytes, to be written in place: waits up
 * to `timeout_ms` until the queue has that room, which then counts as taken.
 * It is this process's until mp_queue_commit() or mp_queue_abandon(), and a
 * process has one of each queue at a time; nobody else waits while it is
 * written, but for room. *room is aligned for any type, and what is in it is
 * of no meaning. The serializer has no part in it.
 *
 * If the process dies first, there never was such a message; a process forked
 * meanwhile has no share in it and must not write there.
 *
 * Returns 0; MP_ETIMEDOUT; MP_ESTATE when this process has one open;
 * MP_ECLOSED as mp_queue_put(); MP_ENOMEM when there is no address space for
 * it; -ENOSPC, -ENOMEM or -EFBIG when there is no memory behind a large one;
 * MP_EINVAL. On failure *room is untouched.
 */
MP_API MP_MUST int mp_queue_reserve(mp_queue *queue, void **room, size_t size,
                                    int timeout_ms);

/**
 * Put the first `size` bytes of what was reserved, up to all. It never waits
 * for room, and the memory is not the caller's any more. Returns 0; MP_EINVAL
 * when that is more than was reserved, which stays open; MP_ESTATE when this
 * process has nothing reserved; MP_ECLOSED after mp_queue_close() here or
 * mp_queue_shutdown() anywhere, and the reservation is over.
 */
MP_API MP_MUST int mp_queue_commit(mp_queue *queue, size_t size);

/** Give up what was reserved; nothing is put. Also after mp_queue_close().
 *  Returns 0; MP_ESTATE when this process has nothing reserved; MP_EINVAL. */
MP_API int mp_queue_abandon(mp_queue *queue);

/**
 * Take the oldest message as mp_queue_get_bytes() does, and read it where it
 * lies: *bytes, aligned for any type, *size of them, until
 * mp_queue_give_back(). It is taken now, and whoever dies with it takes it
 * along. A message that was put, not reserved, may have been copied once for
 * that. A process has one of each queue at a time, and it does not pass to
 * processes forked meanwhile.
 *
 * Returns what mp_queue_get_bytes() does but MP_EMSGSIZE; MP_ESTATE when this
 * process has one open; MP_ENOMEM, and the message stays. On failure *bytes
 * and *size are untouched.
 */
MP_API MP_MUST int mp_queue_borrow(mp_queue *queue, const void **bytes,
                                   size_t *size, int timeout_ms);

/** The memory of what was borrowed is free again. Also after mp_queue_close().
 *  Returns 0; MP_ESTATE when this process has nothing borrowed; MP_EINVAL. */
MP_API int mp_queue_give_back(mp_queue *queue);

/** Messages in it at this moment; MP_EINVAL. */
MP_API int mp_queue_size(const mp_queue *queue);

/**
 * Say that one message that was got is dealt with: one of the caller's own,
 * else one of any process's. Returns 0; MP_EOVERFLOW when all that were got
 * are; MP_ECLOSED after mp_queue_close() here; MP_EINVAL.
 */
MP_API int mp_queue_task_done(mp_queue *queue);

/**
 * Wait up to `timeout_ms` until the queue is empty and every message that was
 * got is dealt with. What a process had got when it ended counts as dealt
 * with. Returns 0; MP_OWNERDEAD: so it is, but since this process last joined
 * (or was forked) some message went with its taker; MP_ETIMEDOUT; MP_ECLOSED
 * after mp_queue_close() here; MP_EINVAL.
 */
MP_API int mp_queue_join(mp_queue *queue, int timeout_ms);

/**
 * A descriptor that polls readable while a get may succeed, or give the end
 * of a queue that was shut down. For poll() alone: it is borrowed, and nothing
 * is to be read from it. After a kill it may stay silent with a message there:
 * look again each second all the same. MP_ECLOSED after mp_queue_close() here;
 * MP_EINVAL.
 */
MP_API int mp_queue_descriptor(mp_queue *queue);

/** For all processes: puts give MP_ECLOSED from now on, and gets too once the
 *  queue is empty. Returns 0, again and again; MP_EINVAL. */
MP_API int mp_queue_shutdown(mp_queue *queue);

/** For this process: its puts and gets give MP_ECLOSED from now on. What it
 *  put stays; other processes are not affected. 0, again and again. */
MP_API int mp_queue_close(mp_queue *queue);

/*
 * A process that shares a queue can write to its memory, by mistake too. What
 * it may have written there is checked before it is used: put, get, get_bytes,
 * put_bytes and join give MP_EBROKEN for a queue that cannot be trusted any
 * more, and it is shut down for all. Such a process can do no more than that,
 * except what it could do anyway: take and put messages, and keep others
 * waiting as if it were stopped in the middle of a call.
 */

/** Give back this process's handle, with what it has reserved or borrowed;
 *  others keep theirs. NULL does nothing. */
MP_API void mp_queue_destroy(mp_queue *queue);

#ifdef __cplusplus
}
#endif

#endif
