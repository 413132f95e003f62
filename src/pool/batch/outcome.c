/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * outcome.c -- how an item ended, kept until somebody asks
 *
 * An outcome that is passed on is called news here, and a kept one is kept.
 */
#include "pool/batch/outcome.h"

#include "mp/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void mp__kept_drop(mp__kept *kept)
{
    if (kept->retained != NULL) {
        mp__retained_drop(kept->retained, (uint32_t)kept->worker, kept->pin);
    } else {
        free(kept->outside);
    }
    free(kept->cost);
    *kept = (mp__kept){ .end = MP_TASK_PENDING };
}

/* Keep where it is what lies in the file. */
static bool pin(mp__kept *kept, const mp__news *news)
{
    int number = news->extent.retained == NULL
                     ? -1
                     : mp__retained_keep(&news->extent, news->size);

    if (number < 0) {
        return false;
    }
    kept->retained = news->extent.retained;
    kept->pin = number;
    kept->outside = (void *)(uintptr_t)news->bytes;
    return true;
}

void mp__kept_fill(mp__kept *kept, size_t index, const mp__news *news)
{
    const void *bytes = news->fault != NULL ? news->fault : news->bytes;
    size_t size = news->fault != NULL ? sizeof(*news->fault) : news->size;
    void *copy;

    *kept = (mp__kept){ .end = news->end,
                        .error = news->error,
                        .status = news->status,
                        .core_dumped = news->core_dumped,
                        .set_aside = news->set_aside,
                        .pid = news->pid,
                        .worker = news->worker,
                        .attempt = news->attempt,
                        .index = index };
    if (news->cost != NULL) {
        kept->cost = malloc(sizeof(*kept->cost));
        if (kept->cost != NULL) {
            *kept->cost = *news->cost; /* else the report goes without */
        }
    }
    if (size > sizeof(kept->inside) && !pin(kept, news)) {
        copy = malloc(size);
        if (copy == NULL) {
            kept->end = MP_TASK_FAILED;
            kept->error = MP_ENOMEM;
            return;
        }
        memcpy(copy, bytes, size);
        kept->outside = copy;
    } else if (size > 0 && size <= sizeof(kept->inside)) {
        mp__copy_object(kept->inside, bytes, size);
    }
    kept->size = size;
}

static void say_default(const mp__kept *kept, mp_report *report)
{
    char *text = report->text;
    size_t size = sizeof(report->text);

    if (kept->end == MP_TASK_LIMITED) {
        (void)snprintf(text, size,
                       "the task ran past its limit, worker %ld was killed",
                       (long)kept->pid);
    } else if (kept->end != MP_TASK_CRASHED) {
        (void)snprintf(text, size, "%s", mp_strerror(kept->error));
    } else if (kept->status == MP_EUNKNOWN) {
        (void)snprintf(text, size, "worker %ld died, its status is lost",
                       (long)kept->pid);
    } else if (kept->status < 0) {
        (void)snprintf(text, size, "worker %ld was killed by signal %d",
                       (long)kept->pid, -kept->status);
    } else {
        (void)snprintf(text, size, "worker %ld exited with status %d",
                       (long)kept->pid, kept->status);
    }
}

void mp__kept_report(const mp__kept *kept, mp_report *report)
{
    const mp__fault *fault = NULL;

    *report = (mp_report){ .end = kept->end,
                           .error = kept->error,
                           .exit_status = kept->status,
                           .core_dumped = kept->core_dumped,
                           .set_aside = kept->set_aside,
                           .pid = kept->pid,
                           .worker_index = kept->pid == 0 ? -1 : kept->worker,
                           .attempt = kept->attempt,
                           .index = kept->index };
    if (kept->cost != NULL) {
        report->start_ns = kept->cost->start_ns;
        report->run_ns = kept->cost->run_ns;
        report->cpu_ns = kept->cost->cpu_ns;
        report->peak_bytes = (size_t)kept->cost->peak_bytes;
    }
    if (kept->end == MP_TASK_DONE || kept->end == MP_TASK_PENDING ||
        kept->end == MP_TASK_RUNNING) {
        return;
    }
    if (kept->size == sizeof(*fault)) {
        fault = mp__kept_bytes(kept);
    }
    if (fault == NULL) {
        say_default(kept, report);
        return;
    }
    report->code = fault->code;
    report->line = fault->line;
    (void)snprintf(report->file, sizeof(report->file), "%s", fault->file);
    (void)snprintf(report->text, sizeof(report->text), "%s", fault->text);
}

/* What lies in the file may be written to by its worker at any time: a decoder
 * that relies on bytes it has seen before gets a copy. */
static int decode_pinned(const mp_serializer *serializer, const mp__kept *kept,
                         void *object)
{
    void *copy = malloc(kept->size);
    int error = MP_ENOMEM;

    if (copy != NULL) {
        memcpy(copy, kept->outside, kept->size);
        error = mp__serializer_decode(serializer, object, copy, kept->size);
    }
    free(copy);
    return error;
}

int mp__kept_decode_other(const mp__chunk *chunk, const mp__kept *kept,
                          void *object)
{
    const mp_serializer *serializer = &chunk->result;
    int error = kept->error;

    if (object == NULL || !chunk->has_result) {
        return error;
    }
    if (error == 0 && kept->retained != NULL &&
        !mp__serializer_reads_once(serializer)) {
        error = decode_pinned(serializer, kept, object);
    } else if (error == 0) {
        error = mp__serializer_decode(serializer, object, mp__kept_bytes(kept),
                                      kept->size);
    }
    if (error < 0) {
        memset(object, 0, serializer->object_size);
    }
    return error;
}
