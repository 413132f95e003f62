/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * kill_ledger.c -- what may become of the items of a pool in which some die
 */
#include "faults/kill_ledger.h"

#include "mp/error.h"

#include <stddef.h>

struct ledger *ledger(void)
{
    return (struct ledger *)(void *)stage->memory;
}

static void note_broken(void)
{
    int64_t never = 0;

    CHECK(stage_killed(MP__ROLE_SUPERVISOR) > 0);
    (void)atomic_compare_exchange_strong(&stage->broken_ns, &never,
                                         stage_clock_ns());
}

void ledger_item(int error, int expected)
{
    int crashed;

    if (error == expected) {
        return;
    }
    if (error == MP_ECRASHED) {
        crashed = atomic_fetch_add(&ledger()->crashed, 1) + 1;
        CHECK_RESULT(crashed <= stage_killed(MP__ROLE_WORKER), crashed);
    } else if (error == MP_EBROKEN) {
        note_broken();
    } else {
        CHECK_RESULT(error == expected, error);
    }
}

mp_pool *ledger_pool(const mp_pool_options *options)
{
    mp_pool *pool = NULL;
    int tries = 0;
    int error;

    for (;;) {
        error = mp_pool_create(&pool, options);
        if (error == 0) {
            return pool;
        }
        CHECK_RESULT(error == MP_EBROKEN &&
                         ++tries <= stage_killed(MP__ROLE_SUPERVISOR),
                     error);
    }
}

void ledger_totals(mp_pool *pool, bool over)
{
    mp_pool_stats stats;
    uint64_t sum = 0;
    int end;

    CHECK(mp_pool_get_stats(pool, &stats) == 0);
    for (end = 0; end < MP_TASK_ENDS; end++) {
        sum += stats.ends[end];
    }
    CHECK_RESULT(sum == stats.submitted, (int)(stats.submitted - sum));
    CHECK(!over || (stats.ends[MP_TASK_PENDING] == 0 &&
                    stats.ends[MP_TASK_RUNNING] == 0));
}

void ledger_close(mp_pool *pool, const mp_pool_options *options)
{
    const int64_t three = 3;
    int64_t nine;
    int rebuilt = 0;
    int done = 0;
    int error;

    ledger_totals(pool, true);
    while (done < 2) {
        nine = 0;
        error = mp_pool_apply(pool, &square_task, &three, &nine, NULL);
        if (error == MP_EBROKEN) {
            note_broken();
            CHECK(++rebuilt <= stage_killed(MP__ROLE_SUPERVISOR));
            mp_pool_destroy(pool);
            pool = ledger_pool(options);
            continue;
        }
        ledger_item(error, 0);
        CHECK_RESULT(nine == (error == 0 ? 9 : 0), (int)nine);
        done++;
    }
    ledger_totals(pool, true);
    CHECK(mp_pool_close(pool) == 0);
    error = mp_pool_join(pool, LEDGER_LONG_MS);
    CHECK_RESULT(error == 0, error);
    mp_pool_destroy(pool);
}

static int square(const void *argument, void *result)
{
    int64_t x = *(const int64_t *)argument;

    if (x == -1 || (x == -2 && mp_task_attempt() == 1)) {
        stage_die();
    }
    *(int64_t *)result = x * x;
    return 0;
}

const mp_task square_task = { .run = square,
                              .argument = &mp_serializer_int64,
                              .result = &mp_serializer_int64 };
