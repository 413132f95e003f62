/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * mp/mp.h -- everything of libmp, in reading order
 *
 * The environment, looked at when a program first uses libmp (the first two:
 * by every mp_pool_create()):
 *
 *   LIBMP_WORKERS=8        how many workers a pool has by default
 *   LIBMP_LIMITS=off       suspends all limits, for a debugger
 *   LIBMP_LOG=stderr       a line for each birth, death and kill
 *   LIBMP_CHAOS=kill=0.01,delay_ms=5,seed=7
 *       to see how a program takes deaths. Before and after each call on a
 *       lock, semaphore, condition, event, barrier or queue, and before the
 *       run, the commit and the publication of each item of a pool, pool
 *       workers and children of mp_process_start() kill themselves with that
 *       probability; who goes on, and every other process too, sleeps up to
 *       delay_ms. The main program and supervisors are never killed. Each
 *       process's plan depends on the seed (default: 1), on which child it
 *       is, and on its own calls alone. Text that cannot be read is said on
 *       stderr, and then nothing can be made: MP_EINVAL.
 */
#ifndef MP_MP_H
#define MP_MP_H

#include <mp/version.h>
#include <mp/error.h>
#include <mp/process.h>
#include <mp/lock.h>
#include <mp/semaphore.h>
#include <mp/event.h>
#include <mp/condition.h>
#include <mp/barrier.h>
#include <mp/serializer.h>
#include <mp/value.h>
#include <mp/queue.h>
#include <mp/connection.h>
#include <mp/shared.h>
#include <mp/task.h>
#include <mp/result.h>
#include <mp/iterator.h>
#include <mp/pool.h>
#include <mp/wait.h>

#endif
