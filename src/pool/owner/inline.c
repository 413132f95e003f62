/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * inline.c -- a pool without processes: tasks run in their owner
 *
 * In the call that submits, through the same serializers. Nobody can end a
 * task from outside here: of a limit mp_task_should_stop() alone tells, and
 * what has been told and gives up is tried again as elsewhere.
 */
#include "pool/owner/inline.h"

#include "mp/error.h"
#include "platform/child.h"
#include "platform/clock.h"
#include "pool/owner/ends.h"

/* What runs next has so long, and is that attempt. */
static void set_turn(int64_t start, int limit_ms, int attempt)
{
    mp__task_set_turn(&(mp__turn){
        .attempt = attempt,
        .soft_end = limit_ms > 0 ? start + limit_ms * MP__MS : MP__NEVER });
}

void mp__init_inline(mp_pool *pool, const mp_pool_options *options)
{
    mp__here outer;
    int code;

    mp__task_save(&outer);
    mp__task_enter(0);
    mp__task_set_index(0);
    set_turn(mp__clock_ns(), pool->core.limit_ms, 0);
    code = options->init(options->argument, &pool->state);
    if (code != 0) {
        if (mp__task_fault()->text[0] == '\0') {
            (void)mp_task_fail_at(NULL, 0, code, "init returned %d", code);
        }
        pool->why = *mp__task_fault();
        pool->over = true;
        pool->over_error = MP_EBROKEN;
        pool->core.exit = NULL; /* there is nothing to give back */
    }
    mp__task_restore(&outer);
}

void mp__owner_exit_here(mp_pool *pool)
{
    mp__here outer;

    if (!pool->is_inline || pool->core.exit == NULL) {
        return;
    }
    mp__task_save(&outer);
    mp__task_enter(0);
    mp__task_set_state(pool->state);
    mp__task_set_index(0);
    set_turn(mp__clock_ns(), pool->core.limit_ms, 0);
    pool->core.exit(pool->state);
    mp__task_restore(&outer);
}

/* Run one item; `fault` is filled in when it fails. */
static mp__ran run_item(mp_pool *pool, const mp__chunk *task, size_t index,
                        const void *argument, size_t size, int attempt,
                        mp__cost *cost, mp__fault *fault)
{
    int64_t start = mp__clock_ns();
    int64_t cpu = pool->core.account ? mp__child_own_usage().cpu_ns : 0;
    mp__usage usage;
    mp__here outer;
    mp__ran ran;

    pool->busy = true;
    mp__task_save(&outer);
    mp__task_enter(0);
    mp__task_set_state(pool->state);
    set_turn(start, task->limit_ms, attempt);
    ran = mp__run_item(&pool->runner, task, argument, size, index);
    if (ran.error < 0) {
        *fault = *mp__task_fault();
    }
    mp__task_restore(&outer);
    pool->busy = false;
    if (pool->core.account) {
        usage = mp__child_own_usage();
        *cost = (mp__cost){ .start_ns = start,
                            .run_ns = mp__clock_ns() - start,
                            .cpu_ns = usage.cpu_ns - cpu,
                            .peak_bytes = usage.peak_bytes };
    }
    return ran;
}

void mp__run_inline(mp_pool *pool, mp__batch *batch, size_t first,
                    uint32_t count, const void *bytes, size_t size)
{
    mp__unpack unpack = { .next = bytes, .left = size };
    mp__chunk task = batch->work->chunk;
    mp__cost cost;
    mp__fault fault;
    mp__news news;
    mp__ran ran;
    uint32_t i;
    int attempt;

    for (i = 0; i < count; i++) {
        const void *argument = NULL;
        size_t argument_size = 0;

        (void)mp__unpack_next(&unpack, &task, &argument, &argument_size);
        attempt = 1;
        ran = run_item(pool, &task, first + i, argument, argument_size, attempt,
                       &cost, &fault);
        while (ran.error == MP_ELIMIT && attempt <= task.retries) {
            mp__run_release(&pool->runner, &task);
            attempt++;
            ran = run_item(pool, &task, first + i, argument, argument_size,
                           attempt, &cost, &fault);
        }
        news =
            (mp__news){ .end = mp__end_of(ran.error),
                        .error = ran.error,
                        .set_aside = ran.error == MP_ELIMIT && task.retries > 0,
                        .pid = pool->maker,
                        .attempt = attempt,
                        .cost = pool->core.account ? &cost : NULL,
                        .bytes = ran.bytes,
                        .size = ran.size,
                        .fault = ran.error < 0 ? &fault : NULL };
        mp__end_item(pool, batch, first + i, &news);
        mp__run_release(&pool->runner, &task);
    }
}
