/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * fuzz_environment.c -- any text in LIBMP_WORKERS and LIBMP_CHAOS, any
 * numbers in the options
 */
#include "fuzz/fuzz.h"

#include "platform/chaos.h"
#include "pool/owner/owner.h"

#include <mp/mp.h>

#include <string.h>

static uint32_t asked_for;

int __wrap_mp__owner_create(mp_pool **pool, const mp_pool_options *options,
                            uint32_t workers);

/* No pool is made of what got through. */
int __wrap_mp__owner_create(mp_pool **pool, const mp_pool_options *options,
                            uint32_t workers)
{
    (void)pool;
    asked_for = workers;
    fuzz_require(workers <= 1000);
    fuzz_require(options->tasks_per_worker >= 0 && options->limit_ms >= 0 &&
                 options->grace_ms >= 0);
    return MP_ENOMEM;
}

static bool is_number(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    return digits > 0 && text[digits] == '\0';
}

/* What can be read is a plan; nothing of it is carried out. */
static void read_chaos(struct fuzz_input *input)
{
    size_t left = input->left;
    char *text = fuzz_bytes(input, left + 1);
    int error;

    text[left] = '\0';
    fuzz_require(setenv("LIBMP_CHAOS", text, 1) == 0);
    error = mp__chaos_open();
    fuzz_require(error == 0 || error == MP_EINVAL);
    fuzz_require(error == 0 || !mp__chaos_on);
    mp__chaos_on = false;
    (void)unsetenv("LIBMP_CHAOS");
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { .next = data, .left = size };
    mp_pool_options options = { .workers = 0 };
    mp_pool *pool = NULL;
    char *text;
    size_t left;
    int error;

    if (input.left > 0 && *input.next % 5 == 4) {
        (void)fuzz_take(&input, 1);
        read_chaos(&input);
        return 0;
    }
    options.tasks_per_worker = (int)(int8_t)fuzz_take(&input, 1);
    options.limit_ms = (int)(int8_t)fuzz_take(&input, 1);
    options.grace_ms = (int)(int8_t)fuzz_take(&input, 1);
    options.workers =
        fuzz_take(&input, 1) % 4 == 0 ? (int)(int16_t)fuzz_take(&input, 2) : 0;
    left = input.left;
    text = fuzz_bytes(&input, left + 1);
    text[left] = '\0';
    fuzz_require(setenv("LIBMP_WORKERS", text, 1) == 0);
    asked_for = UINT32_MAX;
    error = mp_pool_create(&pool, &options);
    fuzz_require(pool == NULL && error < 0);
    fuzz_require(error == MP_EINVAL || error == MP_ENOMEM);
    if (error == MP_ENOMEM && options.workers == 0 && is_number(text)) {
        fuzz_require(strtoul(text, NULL, 10) == asked_for);
    }
    free(text);
    return 0;
}
