/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * template.c -- what all chunks of a call have in common, kept once
 *
 * The template of a call is called its work here, and the number of a template
 * its stamp.
 *
 * While a pool lives all calls are those of its own thread, so that a user
 * more or less is a plain store; handles that outlive it may be given back by
 * different threads.
 */
#include "pool/batch/template.h"

#include "mp/error.h"
#include "objects/reserved.h"

#include <stdlib.h>

static bool is_same(const mp_serializer *kept, bool has,
                    const mp_serializer *asked)
{
    if (!has || asked == NULL) {
        return has == (asked != NULL);
    }
    return kept->name == asked->name &&
           kept->object_size == asked->object_size &&
           kept->encode == asked->encode && kept->decode == asked->decode &&
           kept->release == asked->release && kept->context == asked->context &&
           MP__RESERVED_IS_ZERO(asked);
}

static bool is_of(const mp__chunk *chunk, const mp_task *task, int limit_ms,
                  const unsigned char *results)
{
    return chunk->run == task->run && chunk->limit_ms == limit_ms &&
           chunk->retries == task->retries && chunk->results == results &&
           is_same(&chunk->argument, chunk->has_argument, task->argument) &&
           is_same(&chunk->result, chunk->has_result, task->result) &&
           MP__RESERVED_IS_ZERO(task);
}

int mp__work_check(const mp_task *task)
{
    if (task->run == NULL || task->limit_ms < 0 || task->retries < 0 ||
        !MP__RESERVED_IS_ZERO(task) ||
        (task->argument != NULL && !mp__serializer_is_valid(task->argument)) ||
        (task->result != NULL && !mp__serializer_is_valid(task->result))) {
        return MP_EINVAL;
    }
    return 0;
}

static void use(mp__work *work)
{
    uint32_t users = atomic_load_explicit(&work->users, memory_order_relaxed);

    atomic_store_explicit(&work->users, users + 1, memory_order_relaxed);
}

/* In the place of the newest. */
static int make(mp__works *works, const mp_task *task, int limit_ms,
                unsigned char *results)
{
    int error = mp__work_check(task);
    mp__work *work = error < 0 ? NULL : malloc(sizeof(*work));

    if (work == NULL) {
        return error < 0 ? error : MP_ENOMEM;
    }
    mp__works_forget(works);
    work->chunk = mp__chunk_of(task);
    work->chunk.limit_ms = limit_ms;
    work->chunk.results = results;
    work->stamp = ++works->made;
    atomic_init(&work->users, 1);
    works->newest = work;
    return 0;
}

int mp__work_find(mp__works *works, const mp_task *task, int limit_ms,
                  unsigned char *results, mp__work **work)
{
    int error = 0;

    if (works->newest == NULL ||
        !is_of(&works->newest->chunk, task, limit_ms, results)) {
        error = make(works, task, limit_ms, results);
    }
    if (error == 0) {
        use(works->newest);
        *work = works->newest;
    }
    return error;
}

void mp__work_leave(mp__work *work, bool alone)
{
    uint32_t users;

    users = atomic_load_explicit(&work->users, memory_order_relaxed);
    if (alone) {
        atomic_store_explicit(&work->users, users - 1, memory_order_relaxed);
    } else {
        users = atomic_fetch_sub(&work->users, 1);
    }
    if (users == 1) {
        free(work);
    }
}

void mp__works_forget(mp__works *works)
{
    if (works->newest != NULL) {
        mp__work_leave(works->newest, true);
        works->newest = NULL;
    }
}
