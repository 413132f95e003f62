/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * mp/wait.h -- wait for several things at once
 */
#ifndef MP_WAIT_H
#define MP_WAIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mp/connection.h>
#include <mp/export.h>
#include <mp/pool.h>
#include <mp/process.h>
#include <mp/queue.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Descriptor 0, in a field where 0 is none. */
#define MP_STDIN (-1003)

/** Exactly one of the first five members: a pointer, or a descriptor of any
 *  kind. */
typedef struct mp_wait_item {
    mp_connection *connection; /**< There is a message, or the end. */
    mp_process *process;       /**< It has ended; MP_ESTATE before start. */
    mp_queue *queue;           /**< There is a message, or it was shut down. */
    mp_pool *pool;             /**< mp_pool_step() may have something to do. */
    int descriptor;            /**< It polls readable, at its end too. Zero is
                                    none; MP_STDIN is descriptor 0. */
    bool ready;                /**< Set by mp_wait(), in every item. */
    uint64_t reserved[6];      /**< Must be zero. */
} mp_wait_item;

/**
 * Wait up to `timeout_ms` until at least one of `count` items is ready, and
 * say of each whether it is: receiving, joining, getting or stepping will not
 * wait then (for a queue or a connection that others use too: unless they are
 * faster). No items: the time is waited out. An item may be there twice.
 *
 * Returns how many are ready, 0 when the time is over; and without waiting,
 * `ready` untouched: MP_EINVAL for an item that names nothing or several
 * things, a descriptor that is not open, or no items and MP_FOREVER;
 * MP_ECLOSED for an object closed here; MP_ESTATE for one of another process
 * or a process not started; MP_ENOMEM; -errno.
 */
MP_API int mp_wait(mp_wait_item *items, size_t count, int timeout_ms);

#ifdef __cplusplus
}
#endif

#endif
