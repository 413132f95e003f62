/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * barrier.c -- so many processes wait for each other: a meeting
 */
#include "mp/barrier.h"

#include "mp/error.h"
#include "objects/handle.h"
#include "platform/chaos.h"
#include "platform/clock.h"
#include "shared/meeting.h"

struct mp_barrier {
    mp__meeting *meeting; /* shared */
    int (*action)(void *argument);
    void *argument;
    mp__meeting_budget budget;
};

int mp_barrier_create(mp_barrier **barrier, int parties,
                      int (*action)(void *argument), void *argument)
{
    void *handle;
    void *shared;
    int error;

    if (barrier == NULL || parties < 1 || parties > MP__DOMAIN_SLOTS) {
        return MP_EINVAL;
    }
    error = mp__handle_create(&handle, sizeof(mp_barrier), &shared,
                              sizeof(mp__meeting));
    if (error == 0) {
        *barrier = handle;
        (*barrier)->meeting = shared;
        (*barrier)->meeting->parties = (uint32_t)parties;
        (*barrier)->action = action;
        (*barrier)->argument = argument;
    }
    return error;
}

int mp_barrier_wait(mp_barrier *barrier, int timeout_ms)
{
    int64_t deadline = mp__deadline_after(timeout_ms);
    uint64_t round = 0;
    bool well = true;
    int place;
    int error;

    if (barrier == NULL) {
        return MP_EINVAL;
    }
    mp__chaos("before arrival");
    place = mp__meeting_arrive(barrier->meeting, &round, deadline,
                               &barrier->budget);
    if (place < 0) {
        return place;
    }
    mp__chaos("at the barrier");
    if (place + 1 == mp_barrier_parties(barrier)) {
        if (barrier->action != NULL) {
            well = barrier->action(barrier->argument) == 0;
        }
        error =
            mp__meeting_end(barrier->meeting, round, well, &barrier->budget);
    } else {
        error = mp__meeting_wait(barrier->meeting, round, (unsigned)place,
                                 deadline, &barrier->budget);
    }
    return error < 0 ? error : place;
}

int mp_barrier_abort(mp_barrier *barrier)
{
    return barrier == NULL
               ? MP_EINVAL
               : mp__meeting_break(barrier->meeting, &barrier->budget);
}

int mp_barrier_reset(mp_barrier *barrier)
{
    return barrier == NULL
               ? MP_EINVAL
               : mp__meeting_reset(barrier->meeting, &barrier->budget);
}

int mp_barrier_parties(const mp_barrier *barrier)
{
    return barrier == NULL ? MP_EINVAL : (int)barrier->meeting->parties;
}

int mp_barrier_waiting(const mp_barrier *barrier)
{
    return barrier == NULL ? MP_EINVAL
                           : (int)mp__meeting_waiting(barrier->meeting);
}

int mp_barrier_is_broken(const mp_barrier *barrier)
{
    if (barrier == NULL) {
        return MP_EINVAL;
    }
    return mp__meeting_is_broken(barrier->meeting) ? 1 : 0;
}

void mp_barrier_destroy(mp_barrier *barrier)
{
    if (barrier != NULL) {
        mp__handle_destroy(barrier, barrier->meeting, sizeof(mp__meeting));
    }
}
