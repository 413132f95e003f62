/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * handle.c -- a handle of this process on memory that its forks share
 *
 * The shared part has a map of its own, so that destroying the handle in one
 * process leaves the object to the others.
 */
#include "objects/handle.h"

#include "mp/error.h"
#include "platform/map.h"
#include "shared/domain.h"

#include <stdlib.h>

int mp__handle_create(void **handle, size_t size, void **shared,
                      size_t shared_size)
{
    void *fresh;
    void *memory;
    int error = mp__domain_open();

    if (error < 0) {
        return error;
    }
    fresh = calloc(1, size);
    memory = mp__map_shared(mp__map_round(shared_size));
    if (fresh == NULL || memory == NULL) {
        free(fresh);
        mp__map_free(memory, mp__map_round(shared_size));
        return MP_ENOMEM;
    }
    *handle = fresh;
    *shared = memory;
    return 0;
}

void mp__handle_destroy(void *handle, void *shared, size_t shared_size)
{
    mp__map_free(shared, mp__map_round(shared_size));
    free(handle);
}
