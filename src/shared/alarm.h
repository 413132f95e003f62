/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * alarm.h -- wake a watcher that sleeps until a time, for what is due sooner
 */
#ifndef MP__ALARM_H
#define MP__ALARM_H

#include <stdatomic.h>
#include <stdint.h>

/* All zero bytes is an alarm whose watcher is awake. In shared memory. */
typedef struct mp__alarm {
    _Alignas(64) _Atomic int64_t until; /* monotonic ns; 0: awake */
} mp__alarm;

/* The watcher is about to sleep until `until`. After this it looks once more
 * at what is due, and only then sleeps. */
void mp__alarm_set(mp__alarm *alarm, int64_t until);

/* Something that the watcher must see at `due` was made known: put a byte
 * into `pipe_end` if it would sleep longer. */
void mp__alarm_lower(mp__alarm *alarm, int64_t due, int pipe_end);

#endif
