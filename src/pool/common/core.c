/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * core.c -- what owner, supervisor and workers of one pool have in common
 */
#include "pool/common/core.h"

#include "mp/error.h"
#include "mp/process.h"
#include "platform/fd.h"
#include "platform/file.h"
#include "platform/kill_point.h"
#include "platform/map.h"
#include "platform/window.h"
#include "pool/common/chunk.h"

#include <stdio.h>
#include <string.h>

#define SLOTS_LEAST 1024

/* Four queued tasks for each worker at least, in a power of two. */
static uint32_t slots_for(uint32_t workers)
{
    uint32_t slots = SLOTS_LEAST;

    while (slots < 4 * workers) {
        slots *= 2;
    }
    return slots;
}

static int open_descriptors(mp__core *core)
{
    int error = mp__fd_pipe(&core->bell_read, &core->bell_write);

    if (error == 0) {
        error = mp__fd_link(&core->link_owner, &core->link_supervisor);
    }
    if (error == 0) {
        core->file = mp__file_create();
        error = core->file < 0 ? core->file : 0;
    }
    return error;
}

static int make_memory(mp__core *core)
{
    core->control_size =
        mp__map_round(sizeof(*core->control) +
                      core->workers * sizeof(struct mp__worker_line));
    core->control = mp__map_shared(core->control_size);
    if (core->control == NULL) {
        return MP_ENOMEM;
    }
    core->roster_size =
        mp__map_round(sizeof(*core->roster) + core->workers * sizeof(int32_t));
    core->roster = mp__map_shared(core->roster_size);
    if (core->roster == NULL) {
        return MP_ENOMEM;
    }
    if (mp__task_table_create(&core->table, slots_for(core->workers),
                              MP__CHUNK_BODY, core->workers) < 0) {
        return MP_ENOMEM;
    }
    if (mp__outbox_create(&core->outbox, core->workers) < 0) {
        return MP_ENOMEM;
    }
    return mp__pins_create(&core->pins, core->workers);
}

int mp__core_create(mp__core *core, const mp_pool_options *options,
                    uint32_t workers)
{
    mp_process *self = mp_process_current();
    int error;

    *core = (mp__core){ .workers = workers,
                        .bell_read = -1,
                        .bell_write = -1,
                        .link_owner = -1,
                        .link_supervisor = -1,
                        .file = -1,
                        .owner = mp_process_pid(self),
                        .init = options->init,
                        .exit = options->exit,
                        .argument = options->argument,
                        .tasks_per_worker = options->tasks_per_worker,
                        .limit_ms = options->limit_ms,
                        .grace_ms = options->grace_ms,
                        .account = options->account };
    (void)snprintf(core->owner_name, sizeof(core->owner_name), "%s",
                   mp_process_name(self));
    mp__spin_prepare(&core->budget);
    error = mp__domain_open();
    if (error == 0) {
        error = mp__domain_self(&core->owner_ident);
    }
    if (error == 0) {
        error = open_descriptors(core);
    }
    if (error == 0) {
        error = make_memory(core);
    }
    if (error == 0) {
        core->mapped = mp__window_prepare(
            core->file,
            mp__core_arguments_at(core, mp__task_table_slots(core->table)));
    }
    if (error < 0) {
        mp__core_destroy(core);
    }
    return error;
}

void mp__core_destroy(mp__core *core)
{
    mp__outbox_destroy(core->outbox);
    mp__pins_destroy(core->pins);
    mp__task_table_destroy(core->table);
    mp__map_free(core->control, core->control_size);
    mp__core_leave_roster(core);
    mp__fd_close(&core->bell_read);
    mp__fd_close(&core->bell_write);
    mp__fd_close(&core->link_owner);
    mp__fd_close(&core->link_supervisor);
    mp__file_close(&core->file);
    core->outbox = NULL;
    core->pins = NULL;
    core->table = NULL;
    core->control = NULL;
}

void mp__core_leave_roster(mp__core *core)
{
    mp__map_free(core->roster, core->roster_size);
    core->roster = NULL;
}

uint64_t mp__core_arguments_at(const mp__core *core, uint32_t slot)
{
    return core->workers * MP__EXTENT_PART + slot * MP__ARGUMENTS_PART;
}

void mp__core_tell(mp__core *core, const mp__fault *fault)
{
    struct mp__control *control = core->control;
    uint32_t untaken = 0;

    /* Killed between the two: the owner finds a fault taken and not told, and
     * says so in its own words. */
    if (atomic_compare_exchange_strong(&control->fault_taken, &untaken, 1)) {
        MP_KILL_POINT("fault.taken");
        control->fault = *fault;
        MP_KILL_POINT("fault.written");
        atomic_store(&control->fault_told, 1);
        MP_KILL_POINT("fault.told");
    }
}
