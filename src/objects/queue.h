/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * queue.h -- what mp_wait asks of a queue
 */
#ifndef MP__QUEUE_H
#define MP__QUEUE_H

#include "mp/queue.h"

#include <stdbool.h>

/* May a get succeed, or give the end, without waiting? If not, its descriptor
 * is silent from now on. */
bool mp__queue_is_ready(mp_queue *queue);

#endif
