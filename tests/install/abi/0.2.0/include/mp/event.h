/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * mp/event.h -- something has happened, and all may know
 *
 * Shared by its creator and by every process forked from it since. A process
 * killed while it waits or sets leaves nothing behind that could stop others:
 * the event is set or it is not.
 */
#ifndef MP_EVENT_H
#define MP_EVENT_H

#include <mp/export.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mp_event mp_event;

/** Make an event that is not set; the caller owns the handle until
 *  mp_event_destroy(). Returns 0, MP_EINVAL, MP_ENOMEM or -errno. */
MP_API MP_MUST int mp_event_create(mp_event **event);

/** Let all pass who wait, and all who come, until it is cleared. Returns 0,
 *  also when it is set already; MP_EINVAL. Async-signal-safe. */
MP_API int mp_event_set(mp_event *event);

/** Make them wait again. Returns 0, also when it is not set; MP_EINVAL. */
MP_API int mp_event_clear(mp_event *event);

/** 1 or 0; MP_EINVAL. */
MP_API int mp_event_is_set(const mp_event *event);

/** Wait up to `timeout_ms` until it is set. Returns 0, also when it was
 *  cleared again at once; MP_ETIMEDOUT; MP_EINVAL. */
MP_API int mp_event_wait(mp_event *event, int timeout_ms);

/** Give back this process's handle; others keep theirs. NULL does nothing. */
MP_API void mp_event_destroy(mp_event *event);

#ifdef __cplusplus
}
#endif

#endif
