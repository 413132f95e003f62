/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * mp/process.h -- run a function in a child process
 *
 * A handle belongs to the process that made it. In any other process every
 * call but destroy gives MP_ESTATE (pid and name: 0 and NULL), and destroy
 * only frees the local copy.
 *
 * Fork copies one thread: start processes before the host makes threads, or
 * call only async-signal-safe functions in the child. All streams are flushed
 * before the fork, so a thread blocked in one may hold it up.
 */
#ifndef MP_PROCESS_H
#define MP_PROCESS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <mp/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A child process, from before its start until the handle is destroyed. */
typedef struct mp_process mp_process;

/** Runs in the child; its result, modulo 256, is the exit status. */
typedef int mp_process_main(void *argument);

/** What becomes of a child when its parent exits. */
enum mp_daemon {
    MP_DAEMON_INHERIT = 0, /**< As the process that makes it. */
    MP_DAEMON_ON,          /**< It is terminated. It may start no children. */
    MP_DAEMON_OFF          /**< It is waited for. */
};

/** Zero means "the default" in every field; NULL options set none. */
typedef struct mp_process_options {
    /** Copied. Default (NULL or ""): Process-<n>, where n counts every
     *  process made here, named ones too. */
    const char *name;
    enum mp_daemon daemon;

    uint64_t reserved[16]; /**< Must be zero. */
} mp_process_options;

/**
 * Make a process; nothing is forked yet. The caller owns it until
 * mp_process_destroy().
 *
 *   entry       Called in the child. NULL: the child does nothing, exits 0.
 *   argument    Handed over as it is: the child sees the memory it points to
 *               as that was at the start. Borrowed; may be NULL.
 *
 * Returns 0, MP_EINVAL or MP_ENOMEM.
 */
MP_API MP_MUST int mp_process_create(mp_process **process,
                                     mp_process_main *entry, void *argument,
                                     const mp_process_options *options);

/**
 * Fork and run. The child has the parent's memory as it is now, its signal
 * handlers and mask, an empty stdin, and none of its exit handlers (where
 * libc has no on_exit(), a plain exit() in the child does run them; return
 * from `entry` or mp_process_exit() never do).
 *
 * Returns 0; MP_EINVAL; MP_ESTATE when it was started before or when the
 * caller is a daemon or a pool's worker; MP_ENOMEM; or -errno of fork(), and
 * then it may be started again.
 */
MP_API MP_MUST int mp_process_start(mp_process *process);

/**
 * Wait until it has ended, again and again if asked. Returns MP_OK;
 * MP_ETIMEDOUT, and it runs on; MP_ESTATE before the start; MP_EINVAL.
 */
MP_API int mp_process_join(mp_process *process, int timeout_ms);

/** 1 while it runs (also when stopped by a signal); 0 before and after;
 *  MP_ESTATE, MP_EINVAL. */
MP_API int mp_process_is_alive(const mp_process *process);

/**
 * How it ended: 0..255, or -n when signal n killed it. Returns 0; MP_EAGAIN
 * while it runs or before its start; MP_EUNKNOWN when the host ignores SIGCHLD
 * or took the status itself; MP_ESTATE; MP_EINVAL.
 */
MP_API int mp_process_exit_status(const mp_process *process, int *status);

/** Its pid; 0 before the start. */
MP_API pid_t mp_process_pid(const mp_process *process);

/** Its name; valid as long as the handle. */
MP_API const char *mp_process_name(const mp_process *process);

/** 1 or 0; MP_EINVAL. */
MP_API int mp_process_is_daemon(const mp_process *process);

/**
 * A descriptor that polls readable once the child has ended, and stays so.
 * Borrowed: never read or close it. MP_ESTATE before the start. In the
 * portable build it waits for the child's own children as well, if they kept
 * its descriptors.
 */
MP_API int mp_process_descriptor(const mp_process *process);

/** Send SIGTERM. Returns 0, also when it has ended and nothing is sent;
 *  MP_ESTATE before the start; MP_EPERM when it runs as another user by now;
 *  MP_EINVAL. */
MP_API int mp_process_terminate(mp_process *process);

/** Send SIGKILL, likewise. */
MP_API int mp_process_kill(mp_process *process);

/** Give the handle back; NULL does nothing. A running child runs on, and the
 *  exit of this process still minds it. */
MP_API void mp_process_destroy(mp_process *process);

/** The calling process. Never NULL, not to be destroyed. */
MP_API mp_process *mp_process_current(void);

/**
 * The process that started the caller, or NULL in the main program; in a
 * worker, the pool's owner. Not to be destroyed. Its name, pid, liveness and
 * join, which waits for its death, can be asked; its exit status is
 * MP_EUNKNOWN; the other calls give MP_ESTATE.
 */
MP_API mp_process *mp_process_parent(void);

/**
 * The caller's own children that live and have a handle: returns their number
 * and fills in up to `capacity`. `children` may be NULL when that is 0. The
 * handles stay owned by whoever made them.
 */
MP_API int mp_process_children(mp_process **children, size_t capacity);

/**
 * Leave this process: flush stdio, mind its children, run no exit handlers
 * that were registered in its parent. In the main program like exit(). In a
 * task it is a crash of the worker.
 */
MP_API void mp_process_exit(int status);

#ifdef __cplusplus
}
#endif

#endif
