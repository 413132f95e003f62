/*
 * task.c -- what a running task may ask, and what it says of its failure
 *
 * One item runs at a time in a process, so one static record is enough.
 */
#include "pool/task.h"

#include "mp/error.h"
#include "platform/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static mp__here here;

void mp__task_enter(int index)
{
    here = (mp__here){ .worker = index + 1, .turn.soft_end = MP__NEVER };
}

void mp__task_save(mp__here *outer)
{
    *outer = here;
}

void mp__task_restore(const mp__here *outer)
{
    here = *outer;
}

void mp__task_set_turn(const mp__turn *turn)
{
    here.turn = *turn;
}

int mp__task_told(void)
{
    return here.told;
}

void mp__task_set_state(void *state)
{
    here.state = state;
}

void mp__task_set_index(size_t index)
{
    here.index = index;
    here.told = 0;
    here.fault.code = 0;
    here.fault.line = 0;
    here.fault.file[0] = '\0';
    here.fault.text[0] = '\0';
}

const mp__fault *mp__task_fault(void)
{
    return &here.fault;
}

int mp_task_worker_index(void)
{
    return here.worker == 0 ? MP_ESTATE : here.worker - 1;
}

size_t mp_task_index(void)
{
    return here.index;
}

int mp_task_attempt(void)
{
    return here.worker == 0 ? 0 : here.turn.attempt;
}

bool mp_task_should_stop(void)
{
    if (here.worker == 0 || here.told != 0) {
        return here.told != 0;
    }
    if (here.turn.is_canceled != NULL &&
        here.turn.is_canceled(here.turn.context)) {
        here.told = MP_ECANCELED;
    } else if (here.turn.soft_end != MP__NEVER &&
               mp__deadline_passed(here.turn.soft_end)) {
        here.told = MP_ELIMIT;
    }
    return here.told != 0;
}

void *mp_task_state(void)
{
    return here.state;
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
    say(&here.fault, code, format == NULL ? "" : format, values);
    va_end(values);
    here.fault.line = line;
    if (length >= sizeof(here.fault.file)) {
        file += length - (sizeof(here.fault.file) - 1); /* the end tells */
    }
    if (file != NULL) {
        (void)snprintf(here.fault.file, sizeof(here.fault.file), "%s", file);
    }
    return code;
}
