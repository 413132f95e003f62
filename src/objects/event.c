/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * event.c -- something has happened, and all may know: a gate
 */
#include "mp/event.h"

#include "mp/error.h"
#include "objects/handle.h"
#include "platform/chaos.h"
#include "platform/clock.h"
#include "shared/gate.h"

struct mp_event {
    mp__gate *gate; /* shared */
    mp__spin_budget budget;
};

int mp_event_create(mp_event **event)
{
    void *handle;
    void *shared;
    int error;

    if (event == NULL) {
        return MP_EINVAL;
    }
    error =
        mp__handle_create(&handle, sizeof(mp_event), &shared, sizeof(mp__gate));
    if (error == 0) {
        *event = handle;
        (*event)->gate = shared;
    }
    return error;
}

int mp_event_set(mp_event *event)
{
    if (event == NULL) {
        return MP_EINVAL;
    }
    mp__chaos("before set");
    mp__gate_open(event->gate);
    return 0;
}

int mp_event_clear(mp_event *event)
{
    if (event == NULL) {
        return MP_EINVAL;
    }
    mp__gate_shut(event->gate);
    return 0;
}

int mp_event_is_set(const mp_event *event)
{
    if (event == NULL) {
        return MP_EINVAL;
    }
    return mp__gate_is_open(event->gate) ? 1 : 0;
}

int mp_event_wait(mp_event *event, int timeout_ms)
{
    if (event == NULL) {
        return MP_EINVAL;
    }
    mp__chaos("before wait");
    return mp__gate_wait(event->gate, mp__deadline_after(timeout_ms),
                         &event->budget);
}

void mp_event_destroy(mp_event *event)
{
    if (event != NULL) {
        mp__handle_destroy(event, event->gate, sizeof(mp__gate));
    }
}
