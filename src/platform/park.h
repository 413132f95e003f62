/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * park.h -- sleep on a word, wake its sleepers
 *
 * On Linux a futex. The portable form sleeps in short, growing naps and so
 * needs no wake at all. Both may return early for no reason; callers look at
 * their predicate again, always.
 */
#ifndef MP__PARK_H
#define MP__PARK_H

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define MP__PARK_ALL INT_MAX

/* Sleep until a wake, the deadline, or for no reason; not at all when `*word`
 * is no longer `expected`. `word` may lie in memory shared by processes. */
void mp__park_wait(const _Atomic uint32_t *word, uint32_t expected,
                   int64_t deadline);

/* Wake up to `count` sleepers; returns how many were woken, 0 in the portable
 * form. Async-signal-safe. */
int mp__park_wake(const _Atomic uint32_t *word, int count);

/* The half of a 64-bit word that holds its low bits: what sleepers on a
 * commit word compare. */
const _Atomic uint32_t *mp__park_low_half(const _Atomic uint64_t *word);

/*
 * Looking again before going to sleep. A wake-up across CPUs costs 50 us
 * there and back, a look at a shared word 0.15 us; but pauses only add when
 * the other side needs this CPU. So: some pauses, then yields for a bounded
 * time, then park. The budget of a kind of wait grows when it pays and
 * shrinks when it does not. Where a yield gave the CPU to a stranger for a
 * whole slice of the scheduler, the next waits park at once: a sleeper that is
 * woken goes before who has used its share, one that yields goes behind.
 */
typedef struct mp__spin_budget {
    _Atomic int pauses;  /* 0: not set yet */
    _Atomic int crowded; /* waits to come that do without yields */
} mp__spin_budget;

typedef struct mp__spin {
    mp__spin_budget *budget;
    int pauses;         /* done so far */
    int allowed;        /* pauses before the first yield */
    int64_t yields_end; /* 0: no yield yet */
    int64_t yielded;    /* when the last one began */
    bool crowded;       /* no yield, and few pauses */
} mp__spin;

/* Set a budget up, if it is not. The first wait would do so; before a fork it
 * is done once for all children, which is worth it: how many CPUs are ours is
 * read from files. */
void mp__spin_prepare(mp__spin_budget *budget);

void mp__spin_begin(mp__spin *spin, mp__spin_budget *budget);

/* Spend a moment; false when it is time to park. */
bool mp__spin_once(mp__spin *spin);

/* What was waited for came (`true`) or did not before parking. */
void mp__spin_end(mp__spin *spin, bool came);

#endif
