/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * bell.h -- wake an owner that sleeps in poll() on one pipe
 */
#ifndef MP__BELL_H
#define MP__BELL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* All zero bytes is a bell whose owner is awake. In shared memory. */
typedef struct mp__bell {
    _Alignas(64) _Atomic uint32_t ticket; /* number | patient | asleep */
} mp__bell;

/* The owner is about to sleep: whoever publishes from now on will ring, or, if
 * it is `patient`, whoever has something urgent. After this the owner looks
 * once more, and only then polls. */
void mp__bell_arm(mp__bell *bell, bool patient);

/* The owner is awake; `pipe_end` is emptied. */
void mp__bell_disarm(mp__bell *bell, int pipe_end);

/* Something was published: ring if the owner may be asleep. What is not
 * `urgent` leaves a patient one asleep. False: it has; the caller must ring for
 * something urgent later, if only that it has no more to do. */
bool mp__bell_ring(mp__bell *bell, int pipe_end, bool urgent);

#endif
