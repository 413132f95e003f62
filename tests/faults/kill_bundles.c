/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * kill_bundles.c -- items put together, one that takes long, one that dies
 */
#include "faults/kill_ledger.h"

#include "mp/error.h"
#include "pool/owner/owner.h"

enum { ITEMS = 16, TOGETHER = 7, SLOW = 4, MORTAL = 11 };

static int square(const void *argument, void *result)
{
    int64_t x = *(const int64_t *)argument;

    if (x == SLOW + 1) {
        stage_nap_us(8000); /* so the owner takes back what is behind it */
    } else if (x == MORTAL + 1) {
        stage_die();
    }
    *(int64_t *)result = x * x;
    return 0;
}

static const mp_task slow_task = { .run = square,
                                   .argument = &mp_serializer_int64,
                                   .result = &mp_serializer_int64 };

struct source {
    mp_pool *pool;
    int64_t given;
};

/* So many go together as if the ones before had been fast enough. */
static int give_next(void *context, void *argument)
{
    struct source *source = context;

    if (source->given == ITEMS) {
        return 0;
    }
    source->pool->batches_last->together = TOGETHER;
    *(int64_t *)argument = ++source->given;
    return 1;
}

static void iterate_bundles(void)
{
    const mp_pool_options options = { .workers = 1 };
    mp_pool *pool = ledger_pool(&options);
    struct source source = { .pool = pool };
    mp_iterator *iterator = NULL;
    mp_report report;
    bool seen[ITEMS] = { false };
    int64_t got = 0;
    int64_t x;
    int count = 0;
    int error = mp_pool_imap_unordered(
        pool, &iterator, &slow_task,
        &(mp_source){ .next = give_next, .context = &source }, NULL);

    ledger_item(error, 0);
    while (iterator != NULL &&
           (error = mp_iterator_next(iterator, &got, &report, LEDGER_LONG_MS)) >
               0) {
        CHECK(report.index < ITEMS && !seen[report.index]);
        seen[report.index] = true;
        count++;
        ledger_item(report.error, report.index == MORTAL ? MP_ECRASHED : 0);
        x = (int64_t)report.index + 1;
        CHECK(report.error != 0 || got == x * x);
    }
    if (iterator != NULL) {
        ledger_item(error, 0);
        CHECK_RESULT(count == ITEMS || error == MP_EBROKEN, count);
    }
    mp_iterator_destroy(iterator);
    ledger_close(pool, &options);
}

const struct scenario bundle_scenarios[] = {
    { "bundles", iterate_bundles, MP__ROLE_OWNER, { { 0 } } },
    { "bundles_lost",
      iterate_bundles,
      MP__ROLE_OWNER,
      { { MP__ROLE_WORKER, "run.item_noted" } } },
    { 0 },
};
