/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * template.h -- what all chunks of a call have in common, kept once
 *
 * Calls of the same task in a row share their template, which is called their
 * work here.
 */
#ifndef MP__TEMPLATE_H
#define MP__TEMPLATE_H

#include "pool/common/chunk.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct mp__work {
    mp__chunk chunk; /* without items */
    uint64_t stamp;  /* of the task slots that have it; 0: look not for it */
    _Atomic uint32_t users;
} mp__work;

/* The pool's newest, which is one user of it, and their number. All zero: there
 * is none. */
typedef struct mp__works {
    mp__work *newest;
    uint64_t made;
} mp__works;

/* Is the task sound? 0 or MP_EINVAL. */
int mp__work_check(const mp_task *task);
/* Find or make the template of `task`, which runs at most `limit_ms` (0: no
 * limit) and makes its results in `results` (NULL: not in place); the caller is
 * one more user of *work. A task that equals the newest template is sound, and
 * is not checked again. Returns 0, MP_EINVAL or MP_ENOMEM. */
int mp__work_find(mp__works *works, const mp_task *task, int limit_ms,
                  unsigned char *results, mp__work **work);
/* The caller uses `work` no more. `alone`: no other thread can be leaving it just
 * now. */
void mp__work_leave(mp__work *work, bool alone);
/* The slots may have been overwritten: the next calls write all anew. */
void mp__works_forget(mp__works *works);

#endif
