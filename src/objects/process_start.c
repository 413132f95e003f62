/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * process_start.c -- fork a child, and what it does first and last
 */
#include "mp/process.h"

#include "mp/error.h"
#include "objects/process.h"
#include "objects/process_children.h"
#include "objects/process_exit.h"
#include "objects/process_self.h"
#include "platform/chaos.h"
#include "platform/fd.h"
#include "platform/kill_point.h"
#include "platform/log.h"
#include "platform/self.h"

#include <stddef.h>

/* The rest of the child's life. `life` is its end of the pipe whose end of
 * file shows its death, or -1. */
static _Noreturn void run_child(mp_process *self, const sigset_t *mask,
                                int life, mp__ident parent)
{
    pid_t parent_pid = self->maker;
    const char *parent_name = mp__process_self()->name;
    mp__ident ident;
    int status = 0;

    MP_KILL_POINT("process.born");
    mp__children = NULL; /* our parent's */
    if (life >= 0) {
        mp__fd_keep(life);
    }
    mp__fd_close_inherited();
    self->watch = -1;
    mp__process_set_self(self, parent_pid, parent, parent_name);
    (void)mp__domain_self(&ident); /* so that others can see us live */
    mp__chaos_enter(self->identity, true);
    MP_KILL_POINT("process.attached");
    mp__child_on_exit(mp__process_leave);
    mp__child_begin_user(mask);
    if (self->entry != NULL) {
        status = self->entry(self->argument);
    }
    mp__process_finish();
    mp__child_leave(status & 0xff);
}

/* With every signal blocked in the child, and a pipe for where no descriptor
 * tells of a child's end. That there will be a place for one is seen to before
 * the fork: a child that runs cannot be taken back. Should a thread of the
 * host's take the last place in between, naps find the end. */
static int fork_child(mp_process *process, mp__ident self)
{
    sigset_t mask;
    int life_read = -1;
    int life_write = -1;
    int place = mp__child_watch_hold();
    int error = place < 0 ? mp__fd_pipe(&life_read, &life_write) : 0;
    pid_t pid;

    if (error < 0) {
        return error;
    }
    pid = mp__child_fork(&mask);
    mp__child_watch_release(place);
    if (pid == 0) {
        run_child(process, &mask, life_write, self);
    }
    mp__fd_close(&life_write);
    if (pid < 0) {
        mp__fd_close(&life_read);
        return pid;
    }
    MP_KILL_POINT("process.forked");
    process->pid = pid;
    if (place < 0) {
        process->watch = life_read;
    } else {
        mp__process_watch(process);
    }
    return 0;
}

int mp_process_start(mp_process *process)
{
    mp__ident self;
    int error;

    if (process == NULL) {
        return MP_EINVAL;
    }
    if (!mp__process_is_ours(process) || process->state != MP__PROCESS_NEW ||
        mp__process_is_daemonic()) {
        return MP_ESTATE;
    }
    mp__process_reap();
    error = mp__domain_open();
    if (error == 0) {
        error = mp__domain_self(&self);
    }
    if (error == 0) {
        error = mp__process_mind_exit();
    }
    if (error == 0) {
        error = fork_child(process, self);
    }
    if (error < 0) {
        return error;
    }
    process->state = MP__PROCESS_STARTED;
    mp__log("%s born, process %d", process->name, (int)process->pid);
    mp__self_lock();
    process->next = mp__children;
    mp__children = process;
    mp__self_unlock();
    MP_KILL_POINT("process.listed");
    return 0;
}
