/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * kill_extents.c -- long results held where workers put them, with deaths
 */
#include "faults/kill_ledger.h"

#include <stdlib.h>
#include <string.h>

enum { RESULTS = 6, MORTAL = 3, LONG_MS = LEDGER_LONG_MS };

struct wide {
    unsigned char bytes[100000];
};

static int widen(const void *argument, void *result)
{
    int64_t number = *(const int64_t *)argument;

    memset(result, (int)(number < 0 ? 255 : number), sizeof(struct wide));
    if (number < 0) {
        stage_die();
    }
    return 0;
}

static void release_nothing(const mp_serializer *self, void *object)
{
    (void)self;
    (void)object;
}

/* Made where it is shown; and, since its object is to be released, copied. */
static const mp_serializer wide_serializer = MP_SERIALIZER_STRUCT(struct wide);
static const mp_serializer lent_serializer = {
    .name = "lent",
    .object_size = sizeof(struct wide),
    .release = release_nothing,
};
static const mp_task wide_task = { .run = widen,
                                   .argument = &mp_serializer_int64,
                                   .result = &wide_serializer };
static const mp_task lent_task = { .run = widen,
                                   .argument = &mp_serializer_int64,
                                   .result = &lent_serializer };

/* It shows what its task has made, or why there is nothing. */
static int check_view(mp_result *result, int64_t number)
{
    const unsigned char *at;
    const void *bytes = NULL;
    size_t size = 0;
    int error = mp_result_view(result, &bytes, &size, LONG_MS);
    size_t i;

    if (error < 0) {
        CHECK(bytes == NULL);
        return error;
    }
    CHECK(size == sizeof(struct wide));
    at = bytes;
    for (i = 0; i < size; i += 997) {
        CHECK(at[i] == number);
    }
    CHECK(at[size - 1] == number);
    return 0;
}

/* Each is looked at when it has come, and again when all others have: nobody
 * has written there meanwhile. Every third goes at once, so that its bytes are
 * used again; the rest is looked at a last time after the pool. */
static void hold_results(void)
{
    const mp_pool_options options = { .workers = 1 };
    mp_pool *pool = ledger_pool(&options);
    mp_result *results[RESULTS] = { NULL };
    int errors[RESULTS] = { 0 };
    int64_t number;
    int error;
    int i;

    for (i = 0; i < RESULTS; i++) {
        number = i == MORTAL ? -1 : i + 1;
        error = mp_pool_apply_async(pool, &results[i],
                                    i % 2 == 0 ? &wide_task : &lent_task,
                                    &number, NULL);
        ledger_item(error, 0);
        if (error < 0) {
            continue;
        }
        errors[i] = check_view(results[i], i + 1);
        ledger_item(errors[i], i == MORTAL ? MP_ECRASHED : 0);
        if (i % 3 == 1) {
            mp_result_destroy(results[i]);
            results[i] = NULL;
        }
    }
    for (i = 0; i < RESULTS; i++) {
        CHECK(results[i] == NULL || check_view(results[i], i + 1) == errors[i]);
    }
    ledger_close(pool, &options);
    for (i = 0; i < RESULTS; i++) {
        CHECK(results[i] == NULL || check_view(results[i], i + 1) == errors[i]);
        mp_result_destroy(results[i]);
    }
}

/* The same all at once: records wait in the ring while workers die. */
static void flood_results(void)
{
    const mp_pool_options options = { .workers = 2 };
    mp_pool *pool = ledger_pool(&options);
    mp_result *results[RESULTS] = { NULL };
    int64_t number;
    int error;
    int i;

    for (i = 0; i < RESULTS; i++) {
        number = i == MORTAL ? -1 : i + 1;
        ledger_item(mp_pool_apply_async(pool, &results[i],
                                        i % 2 == 0 ? &wide_task : &lent_task,
                                        &number, NULL),
                    0);
    }
    stage_nap_us(3000); /* none is read meanwhile */
    for (i = 0; i < RESULTS; i++) {
        if (results[i] != NULL) {
            error = check_view(results[i], i + 1);
            ledger_item(error, i == MORTAL ? MP_ECRASHED : 0);
        }
    }
    for (i = 0; i < RESULTS; i++) {
        CHECK(results[i] == NULL || check_view(results[i], i + 1) <= 0);
        mp_result_destroy(results[i]);
    }
    ledger_close(pool, &options);
}

const struct scenario extent_scenarios[] = {
    { "extents", hold_results, MP__ROLE_OWNER, { { 0 } } },
    { "extents_rolled",
      hold_results,
      MP__ROLE_OWNER,
      { { MP__ROLE_WORKER, "commit.won" } } },
    { "extents_flood", flood_results, MP__ROLE_OWNER, { { 0 } } },
    { 0 },
};
