/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * task.c -- what a running task may ask, and what it says of its failure
 *
 * One item runs at a time in a process, so one static record is enough.
 */
#include "pool/common/task.h"

#include "mp/error.h"
#include "platform/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

mp__here mp__task_here;

void mp__task_enter(int index)
{
    mp__task_here =
        (mp__here){ .worker = index + 1, .turn.soft_end = MP__NEVER };
}

void mp__task_save(mp__here *outer)
{
    *outer = mp__task_here;
}

void mp__task_restore(const mp__here *outer)
{
    mp__task_here = *outer;
}

void mp__task_hush(void)
{
    mp__task_here.spoke = false;
    mp__task_here.told = 0;
    mp__task_here.fault = (mp__fault){ .code = 0 };
}

int mp__task_told(void)
{
    return mp__task_here.told;
}

void mp__task_set_state(void *state)
{
    mp__task_here.state = state;
}

const mp__fault *mp__task_fault(void)
{
    return &mp__task_here.fault;
}

int mp_task_worker_index(void)
{
    return mp__task_here.worker == 0 ? MP_ESTATE : mp__task_here.worker - 1;
}

size_t mp_task_index(void)
{
    return mp__task_here.index;
}

int mp_task_attempt(void)
{
    return mp__task_here.worker == 0 ? 0 : mp__task_here.turn.attempt;
}

bool mp_task_should_stop(void)
{
    if (mp__task_here.worker == 0 || mp__task_here.told != 0) {
        return mp__task_here.told != 0;
    }
    if (mp__task_here.turn.is_canceled != NULL &&
        mp__task_here.turn.is_canceled(mp__task_here.turn.context)) {
        mp__task_here.told = MP_ECANCELED;
    } else if (mp__task_here.turn.soft_end != MP__NEVER &&
               mp__deadline_passed(mp__task_here.turn.soft_end)) {
        mp__task_here.told = MP_ELIMIT;
    }
    mp__task_here.spoke = mp__task_here.spoke || mp__task_here.told != 0;
    return mp__task_here.told != 0;
}

void *mp_task_state(void)
{
    return mp__task_here.state;
}

static void say(mp__fault *fault, int code, const char *format, va_list values)
{
    fault->code = code;
    fault->line = 0;
    fault->file[0] = '\0';
    fault->text[0] = '\0';
    /* Both callers have started `values`. */
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
    (void)vsnprintf(fault->text, sizeof(fault->text), format, values);
    if (fault->text[0] == '\0') {
        (void)snprintf(fault->text, sizeof(fault->text),
                       "the task failed with code %d", code);
    }
}

void mp__fault_say(mp__fault *fault, int code, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    say(fault, code, format, values);
    va_end(values);
}

int mp_task_fail_at(const char *file, int line, int code, const char *format,
                    ...)
{
    size_t length = file == NULL ? 0 : strlen(file);
    va_list values;

    code = code == 0 ? 1 : code;
    va_start(values, format);
    mp__task_here.spoke = true;
    say(&mp__task_here.fault, code, format == NULL ? "" : format, values);
    va_end(values);
    mp__task_here.fault.line = line;
    if (length >= sizeof(mp__task_here.fault.file)) {
        file +=
            length - (sizeof(mp__task_here.fault.file) - 1); /* the end tells */
    }
    if (file != NULL) {
        (void)snprintf(mp__task_here.fault.file,
                       sizeof(mp__task_here.fault.file), "%s", file);
    }
    return code;
}
