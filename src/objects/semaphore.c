/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * semaphore.c -- so many at a time, or a counter of signals
 */
#include "mp/semaphore.h"

#include "mp/error.h"
#include "objects/handle.h"
#include "platform/chaos.h"
#include "platform/clock.h"
#include "shared/permits.h"

struct mp_semaphore {
    mp__permits *permits; /* shared */
    mp__permits_budget budget;
};

int mp_semaphore_create(mp_semaphore **semaphore, int value, int maximum)
{
    void *handle;
    void *shared;
    int error;

    if (semaphore == NULL || value < 0 || maximum < 0 ||
        (maximum > 0 && value > maximum)) {
        return MP_EINVAL;
    }
    error = mp__handle_create(&handle, sizeof(mp_semaphore), &shared,
                              sizeof(mp__permits));
    if (error == 0) {
        *semaphore = handle;
        (*semaphore)->permits = shared;
        mp__permits_init(shared, (uint32_t)value, (uint32_t)maximum);
    }
    return error;
}

int mp_semaphore_acquire(mp_semaphore *semaphore, int timeout_ms)
{
    int result;

    if (semaphore == NULL) {
        return MP_EINVAL;
    }
    mp__chaos("before acquire");
    result = mp__permits_acquire(
        semaphore->permits, mp__deadline_after(timeout_ms), &semaphore->budget);
    mp__chaos("after acquire");
    return result;
}

int mp_semaphore_release(mp_semaphore *semaphore)
{
    if (semaphore == NULL) {
        return MP_EINVAL;
    }
    mp__chaos("before release");
    return mp__permits_release(semaphore->permits, &semaphore->budget);
}

int mp_semaphore_value(const mp_semaphore *semaphore)
{
    return semaphore == NULL ? MP_EINVAL
                             : (int)mp__permits_value(semaphore->permits);
}

void mp_semaphore_destroy(mp_semaphore *semaphore)
{
    if (semaphore != NULL) {
        mp__handle_destroy(semaphore, semaphore->permits, sizeof(mp__permits));
    }
}
