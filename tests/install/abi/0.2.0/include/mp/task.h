/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * mp/task.h -- what runs in a worker, and what it may ask there
 */
#ifndef MP_TASK_H
#define MP_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <mp/export.h>
#include <mp/serializer.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A function for workers. Copied, with its serializers, by the calls that
 * take one: it may be an automatic variable. The functions themselves must
 * exist in the workers, so since before mp_pool_create().
 */
typedef struct mp_task {
    /** `argument` and `result` point to objects of the two serializers, NULL
     *  where there is none. The result starts as zero bytes; libmp encodes
     *  and releases it when run returns, so strings in it come from malloc().
     *  It must not point into the argument, which is released before that.
     *  Returns 0 for success; anything else is MP_EFAILED to the caller, and
     *  the code is in the report. */
    int (*run)(const void *argument, void *result);
    const mp_serializer *argument; /**< Default: the task takes none. */
    const mp_serializer *result;   /**< Default: the task gives none. */
    const char *name;              /**< For messages; may be NULL. */

    /** Longest time that one run may take, in ms, counted from its start, on
     *  the monotonic clock; each item of a chunk has its own. Past it, and
     *  the pool's grace_ms, the worker is killed with all that the task has
     *  forked, except what has left its process group (setsid), and the item
     *  ends as MP_ELIMIT. No other task is touched. Time spent waiting for the
     *  owner to take results does not count. Default: the pool's. Inline, only
     *  mp_task_should_stop() tells. */
    int limit_ms;

    /** Run it again, up to so often, after a crash or a limit, not after a
     *  failure or a cancel; of a chunk only that item. The same worker slot
     *  does, with a new process; where worker after worker dies in it, those
     *  come later and later, up to one a second. Default: 0. Inline: after a
     *  limit that it was told of. */
    int retries;

    uint64_t reserved[8]; /**< Must be zero. */
} mp_task;

/** `return mp_task_fail(ENOENT, "no file %s", name);` in a task or an init
 *  function: the code, the place and the text reach the caller's report. */
#define mp_task_fail(...) mp_task_fail_at(__FILE__, __LINE__, __VA_ARGS__)

/** Returns `code`, or 1 if that is 0. The text is cut at 255 bytes, the file
 *  name at 63, from the left. */
MP_API int mp_task_fail_at(const char *file, int line, int code,
                           const char *format, ...) MP_PRINTF(4, 5);

/** 0..workers-1 in a task, an init or an exit function; a replacement has its
 *  forerunner's. Elsewhere MP_ESTATE. */
MP_API int mp_task_worker_index(void);

/** Of the item in its map or imap; 0 for apply and outside a task. */
MP_API size_t mp_task_index(void);

/** What this worker's init function made; NULL elsewhere. */
MP_API void *mp_task_state(void);

/** Which attempt at this item it is: 1, then 2 with a retry. Outside a task
 *  0. */
MP_API int mp_task_attempt(void);

/**
 * Has the limit of this run passed, or was its cancel asked? Then the task has
 * the pool's grace_ms to put things in order and return. What it returns by
 * then counts: 0 is success; any other result ends the item as MP_ELIMIT or
 * MP_ECANCELED, with the text of mp_task_fail(). False outside a task.
 */
MP_API bool mp_task_should_stop(void);

/** All but the first two are final, and every task reaches exactly one. */
enum mp_task_end {
    MP_TASK_PENDING = 0,
    MP_TASK_RUNNING,
    MP_TASK_DONE,
    MP_TASK_FAILED,
    MP_TASK_CRASHED,
    MP_TASK_LIMITED,
    MP_TASK_CANCELED,
    MP_TASK_TERMINATED,
    MP_TASK_BROKEN,
    /** The number of places in an array that has one for each: those without
     *  a name above are zero. It stays what it is when ends are added. */
    MP_TASK_ENDS = 16
};

/** What became of one item. The times and the memory are 0 unless the pool
 *  accounts. */
typedef struct mp_report {
    enum mp_task_end end;
    int error;       /**< What get returns: MP_OK, MP_EFAILED, ... */
    int code;        /**< The task's own, of run or mp_task_fail. */
    int exit_status; /**< Of a dead worker: 0..255, -signal, MP_EUNKNOWN. */
    bool core_dumped;
    bool set_aside;    /**< Crashed or too slow as often as its retries allow;
                           false when it had none. */
    pid_t pid;         /**< Of the worker that ran it last; 0: none did. */
    int worker_index;  /**< Of that worker; -1: none. */
    int attempt;       /**< The last: 1, 2 with a retry; 0: none. */
    size_t index;      /**< Of the item in its map or imap. */
    int64_t start_ns;  /**< Of the last run, on the monotonic clock. */
    int64_t run_ns;    /**< What the last run took. */
    int64_t cpu_ns;    /**< What its worker's process used in the last run,
                            user and system; of a killed one also what the
                            task's own children had, when it had waited for
                            them; 0 where the system does not tell. */
    size_t peak_bytes; /**< Most memory its worker ever had until then; 0 where
                            the system does not tell. */
    int line;          /**< Where mp_task_fail stands; 0: nowhere. */
    char file[64];
    char text[256];        /**< Never empty for an error. */
    uint64_t reserved[12]; /**< libmp writes zero. */
} mp_report;

#ifdef __cplusplus
}
#endif

#endif
