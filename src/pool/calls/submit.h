/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * submit.h -- what the calls that give a pool something to do share
 */
#ifndef MP__SUBMIT_H
#define MP__SUBMIT_H

#include "pool/owner/owner.h"

/* With several chunks for each worker a slow chunk holds up no other. */
#define MP__CHUNKS_PER_WORKER 4

/* May something be submitted now? Returns 0 or the code for the caller.
 * mp__work_for() checks the task later, since it need not check one that equals
 * the last. Only for a pool that takes nothing any more the task is checked
 * here, so that an unsound one is MP_EINVAL there, too. */
int mp__check_submit(const mp_pool *pool, const mp_task *task);

/* Fields that a call can honour. */
enum mp__field {
    MP__FIELD_CHUNK = 1,
    MP__FIELD_AHEAD = 2,
    MP__FIELD_REPORT = 4,
    MP__FIELD_STATUSES = 8,
    MP__FIELD_DONE = 16
};

/* 0, or MP_EINVAL: it asks for more than that. `options` may be NULL. */
int mp__check_options(const mp_call_options *options, int fields);

/* How many of `count` items go together. */
uint32_t mp__chunk_size_for(const mp_pool *pool, const mp_task *task,
                            size_t count, const mp_call_options *options);

/* What the chunks of such calls have in common. `results`: where they are made
 * in place, or NULL. Returns 0, MP_EINVAL for a task that is not sound, or
 * MP_ENOMEM. */
int mp__work_for(mp_pool *pool, const mp_task *task, unsigned char *results,
                 mp__work **work);

#endif
