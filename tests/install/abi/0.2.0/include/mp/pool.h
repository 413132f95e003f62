/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * mp/pool.h -- workers that run tasks: map, imap_unordered, apply_async
 *
 * A pool has one supervisor process, the child of its owner, which forks,
 * watches, replaces and reaps the workers. The pool belongs to the process
 * that made it; elsewhere every call gives MP_ESTATE, and destroy only frees
 * the local copy.
 *
 * Create pools early: all workers, also later ones, see memory as it was at
 * mp_pool_create(), and the supervisor keeps that memory and the descriptors
 * open then (listening sockets, pipes whose end somebody awaits) until the
 * pool ends. A host's `while (wait(NULL) > 0)` does not end while a pool
 * lives, because the supervisor is its child.
 *
 * Deaths. A worker's costs at most the item it has in hand, which ends as
 * MP_ECRASHED; it is replaced, and the rest of its chunk goes on. (Killed
 * between two items, it is the next one that ends so.) The supervisor's ends
 * the pool: what was finished is delivered, the rest is MP_EBROKEN, and a new
 * pool works. The owner's ends supervisor and workers within a second.
 *
 * User code (serializers, sources) may not call the pool it is called by:
 * MP_ESTATE. Callbacks may: see mp_call_options.done.
 *
 * Worth knowing when coming from elsewhere: an item's error leaves the rest of
 * its chunk alone; a map over nothing is ready at once, and calls back; a
 * timeout is about a wait, and the task goes on.
 */
#ifndef MP_POOL_H
#define MP_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mp/export.h>
#include <mp/iterator.h>
#include <mp/result.h>
#include <mp/task.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mp_pool mp_pool;

/** Zero means "the default" in every field; NULL options set none. A field
 *  that a call cannot honour is MP_EINVAL. */
typedef struct mp_call_options {
    /** map, imap: how many items go to a worker together, up to 65535.
     *  Default: for map it follows from count, workers and the bytes of an
     *  argument; for imap it is 1. With chunk_size 1, small items of about
     *  1 us may be sent in groups. If one of them then takes several ms, the
     *  rest of its group moves to other workers at the owner's next call. */
    int chunk_size;

    /** imap: most items that are taken from the source before the caller
     *  has got their results. The default, for each worker:
     *
     *      chunks of 1                              64 items
     *      chunks of 1 that are sent in groups      256 items, from groups of
     *                                               more than 16 on
     *      larger chunks                            4 chunks, at least 64 items
     *
     *  While the pool holds 16 MiB of arguments, in chunks with more than
     *  4 KiB of them and in two such chunks for each worker at least, nothing
     *  more is taken, whatever look_ahead is. */
    int look_ahead;

    /** apply, map: receives the report of the failed item with the lowest
     *  index, or of the last item when none failed. When the pool was broken
     *  before, it tells why. */
    mp_report *report;

    /** map: receives one code for each item: MP_OK or its error. */
    int *statuses;

    /** The _async calls: called once, when all items have ended, well or not,
     *  inside one of the owner's calls on the pool, and before that call
     *  returns; so it has run when a wait or get on the handle returns, and
     *  when join does. `result` is the handle that the call gave, and stays
     *  the caller's. If the handle was destroyed or never asked for, `result`
     *  is valid only during the callback. The callback may look at results
     *  with timeout 0, and submit by the _async and imap calls; their
     *  callbacks run later. Waits, apply, map, cancel, join and terminate give
     *  MP_ESTATE there, and mp_pool_destroy() does nothing. */
    void (*done)(mp_result *result, void *context);
    void *context;

    uint64_t reserved[16]; /**< Must be zero. */
} mp_call_options;

/** What affinity mask and cgroup quota leave us. */
#define MP_WORKERS_USABLE (-1001)
/** No process: tasks run in the submitting call, through the same
 *  serializers. A crash is then the host's. */
#define MP_WORKERS_INLINE (-1002)

/** Zero means "the default" in every field; NULL options set none. */
typedef struct mp_pool_options {
    /** Up to 1000. Default: the environment's LIBMP_WORKERS (MP_EINVAL when
     *  that is no number from 1 to 1000), else
     *  sysconf(_SC_NPROCESSORS_ONLN). */
    int workers;

    /** Runs in each worker before its first task; create does not wait for
     *  it. A result other than 0 breaks the pool: every task ends as
     *  MP_EBROKEN, with the text of mp_task_fail(). So do three workers in a
     *  row that die in it, and one that is in it longer than limit_ms. */
    int (*init)(void *argument, void **state);

    /** Runs in each worker on every orderly end: the pool was closed, or the
     *  worker is renewed. Past limit_ms the worker is killed in it, and counts
     *  as lost. It does not run after a death, nor after an init that failed,
     *  nor where a task gave up at its limit and is tried again. Inline: in
     *  mp_pool_destroy(). */
    void (*exit)(void *state);

    /** For init: as it is in memory at create, also for later workers. */
    void *argument;

    /** Renew a worker after so many chunks (an apply is one). Default: never.
     *  The pool keeps its number of workers, and loses no task over it. */
    int tasks_per_worker;

    /** Longest run of one task or item, in ms, for tasks that name none; init
     *  and exit are bound by it too. Default: none. The environment's
     *  LIBMP_LIMITS=off suspends all limits, for a debugger. */
    int limit_ms;

    /** Between mp_task_should_stop() and SIGKILL, in ms, for limits and for
     *  cancels. Default: 0. */
    int grace_ms;

    /** Most items that are submitted and have not ended: the _async calls
     *  wait before they take one more (but not in a callback), and maps and
     *  iterators take no more from their source. Default: no limit. */
    size_t max_pending;

    /** Fill times and memory of reports; about a microsecond an item. */
    bool account;

    uint64_t reserved[32]; /**< Must be zero. */
} mp_pool_options;

/** Numbers of items; an apply is one item. At every moment `submitted` is the
 *  sum of ends[], where items that are pending or running are counted too. An
 *  item is submitted when it is taken from its array or source. */
typedef struct mp_pool_stats {
    uint64_t submitted;
    uint64_t ends[MP_TASK_ENDS];
    uint64_t workers_lost;    /**< Crashed, or killed by anybody; a kill for
                                a limit or a cancel counts too. */
    uint64_t workers_renewed; /**< By tasks_per_worker. */
    int workers;              /**< Alive now. */

    uint64_t reserved[16]; /**< libmp writes zero. */
} mp_pool_stats;

/**
 * Start supervisor and workers. The caller owns the pool until
 * mp_pool_destroy(). A pool keeps three descriptors open. The first object
 * that a process makes, of whatever kind, keeps one more until the process
 * ends. Returns 0; MP_EINVAL; MP_ESTATE in a worker or a daemon; MP_ENOMEM; or
 * -errno when a process could not be forked, and then nothing is left behind.
 */
MP_API MP_MUST int mp_pool_create(mp_pool **pool,
                                  const mp_pool_options *options);

/**
 * Run one task and wait for it.
 *
 *   argument    An object of task->argument; encoded before anything runs. It
 *               stays the caller's. NULL when the task takes none.
 *   result      Receives an object of task->result, for the caller to own.
 *               NULL: it is dropped.
 *
 * Returns MP_OK, or the task's error: MP_EFAILED, MP_ECRASHED, MP_ELIMIT,
 * MP_EENCODE (of the argument: nothing was submitted), MP_EDECODE,
 * MP_ETERMINATED, MP_EBROKEN; MP_ECLOSED after close or terminate; MP_ESTATE,
 * MP_EINVAL, MP_ENOMEM. After an error *result is untouched.
 */
MP_API MP_MUST int mp_pool_apply(mp_pool *pool, const mp_task *task,
                                 const void *argument, void *result,
                                 const mp_call_options *options);

/** Queue one task and return at once with a handle for its result; `result`
 *  NULL: nobody will ask. Errors as for mp_pool_apply() before it runs. */
MP_API MP_MUST int mp_pool_apply_async(mp_pool *pool, mp_result **result,
                                       const mp_task *task,
                                       const void *argument,
                                       const mp_call_options *options);

/**
 * Run the task on `count` arguments in a row and wait until all have ended.
 *
 *   results    Receives as many objects, in order, for the caller to own;
 *              those of items that failed become zero bytes. NULL: dropped.
 *              `results` must not overlap `arguments` (MP_EINVAL).
 *
 * An array of plain memory (encode NULL) from mp_shared_create(), made before
 * the pool, is used where it lies: nothing is copied, and the task sees the
 * caller's own objects. Only a map does this, since it is over when it returns.
 * An item fails with MP_ESTATE when its worker has unmapped the arguments by
 * mp_shared_destroy(); results are copied when it has unmapped only those.
 *
 * Returns MP_OK, or the error of the failed item with the lowest index; the
 * others have run all the same. Other errors as for mp_pool_apply().
 */
MP_API MP_MUST int mp_pool_map(mp_pool *pool, const mp_task *task,
                               const void *arguments, size_t count,
                               void *results, const mp_call_options *options);

/** As mp_pool_map(), returning at once with a handle. All arguments are
 *  encoded before it returns; one that cannot be is that item's error. */
MP_API MP_MUST int mp_pool_map_async(mp_pool *pool, mp_result **result,
                                     const mp_task *task, const void *arguments,
                                     size_t count,
                                     const mp_call_options *options);

/** Results one by one in the order of the source, which is read ahead by a
 *  bounded amount. Returns 0, MP_ECLOSED, MP_ESTATE, MP_EINVAL, MP_ENOMEM. */
MP_API MP_MUST int mp_pool_imap(mp_pool *pool, mp_iterator **iterator,
                                const mp_task *task, const mp_source *source,
                                const mp_call_options *options);

/** As mp_pool_imap(), in the order in which they are done. */
MP_API MP_MUST int mp_pool_imap_unordered(mp_pool *pool, mp_iterator **iterator,
                                          const mp_task *task,
                                          const mp_source *source,
                                          const mp_call_options *options);

/** How many workers it was made with; 0 inline. MP_ESTATE, MP_EINVAL. */
MP_API int mp_pool_workers(const mp_pool *pool);

/**
 * A descriptor for the host's event loop: it polls readable when
 * mp_pool_step() has something to do, also after a death. For poll() alone: it
 * is borrowed, and nothing is to be read from it. Every other call on the pool
 * does what step does, too: ask a handle whether it is ready before you wait
 * here for it. Look again each second all the same; once the pool is broken it
 * stays readable. MP_ESTATE, also for an
 * inline pool and in a callback; MP_EINVAL.
 */
MP_API int mp_pool_descriptor(mp_pool *pool);

/** Take in what has ended, hand out what can be, run callbacks; never wait.
 *  Returns how many items have ended in it; MP_ESTATE; MP_EINVAL. */
MP_API int mp_pool_step(mp_pool *pool);

/** Until destroy. Returns 0; MP_EBROKEN if the totals did not add up, which is
 *  a fault of this library; MP_ESTATE; MP_EINVAL. */
MP_API int mp_pool_get_stats(mp_pool *pool, mp_pool_stats *stats);

/** No new tasks: submitting gives MP_ECLOSED. What was submitted finishes.
 *  Returns 0, again and again; MP_ESTATE; MP_EINVAL. */
MP_API int mp_pool_close(mp_pool *pool);

/** End the workers now. What has not finished ends as MP_ETERMINATED. Returns
 *  as mp_pool_close(), and MP_ESTATE in a callback. */
MP_API int mp_pool_terminate(mp_pool *pool);

/**
 * Wait until all tasks have ended and all processes of the pool are gone.
 * Items that an iterator over `next` has not taken yet are never taken: it
 * gives MP_ECLOSED once, then the end; arrays are worked off. All callbacks
 * have run. Returns MP_OK, again and again; MP_ETIMEDOUT; MP_ESTATE unless the
 * pool was closed or terminated, and in a callback; MP_EINVAL.
 */
MP_API int mp_pool_join(mp_pool *pool, int timeout_ms);

/** Terminate, join, free; NULL does nothing, nor does a call from a callback
 *  or a serializer of this pool. Results and iterators stay readable. */
MP_API void mp_pool_destroy(mp_pool *pool);

#ifdef __cplusplus
}
#endif

#endif
