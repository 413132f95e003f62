/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * worker.c -- a worker's life: be born, pull tasks, leave
 *
 * Steps W0 to W11 are those of shared/task_table.c, shared/outbox.c and
 * shared/bell.c. A worker may be killed anywhere; what it has not committed
 * did not happen, and its supervisor ends the item in hand.
 *
 * Its own reasons to leave: the pool is closed and nothing is queued; it has
 * run tasks_per_worker chunks; its init failed; a task that its limit has
 * stopped is to be tried again; its supervisor is gone (the kernel sends
 * SIGKILL where it can, and every sleep looks); a task called fork() and
 * returned twice, and this is the copy. After a lost commit it waits for the
 * SIGKILL that is coming.
 */
#include "pool/worker/worker.h"

#include "objects/process.h"
#include "platform/child.h"
#include "platform/clock.h"
#include "platform/fd.h"
#include "platform/kill_point.h"
#include "platform/self.h"
#include "pool/worker/commit.h"
#include "pool/worker/item_clock.h"
#include "pool/worker/leave.h"
#include "pool/worker/run_chunk.h"

#include <stdio.h>

#define IDLE_SLICE       (250 * MP__MS)
#define IDLE_SLICE_ALONE (1000 * MP__MS)  /* its supervisor's death is its */
#define IDLE_SLICE_MOST  (10000 * MP__MS) /* own to see, or the kernel's */
#define VAIN_MOST        8

/* exit() in a task: the worker ends, and only the worker. */
static void leave_on_exit(int status)
{
    mp__child_leave(status & 0xff);
}

/* For the runner. */
static void *room_for_result(void *outlet, size_t size)
{
    return mp__outlet_room(outlet, size);
}

static void be_born(mp__worker *w)
{
    char name[32];

    MP_KILL_POINT("worker.born");
    mp__fd_keep(w->core->bell_read);
    mp__fd_keep(w->core->bell_write);
    w->alarm_end = mp__child_death_pipe_end();
    mp__fd_keep(w->alarm_end);
    /* First of all the supervisor's end of the link: the owner takes its end
     * of file for the supervisor's death. */
    mp__fd_close_inherited();
    MP_KILL_POINT("worker.link_closed");
    mp__child_begin_below("mp-worker");
    MP_KILL_POINT("worker.unblocked");
    mp__child_die_with(w->supervisor);
    (void)snprintf(name, sizeof(name), "Worker-%u", (unsigned)w->index);
    mp__process_become(name, w->core->owner, w->core->owner_ident,
                       w->core->owner_name);
    mp__child_on_exit(leave_on_exit);
    MP_KILL_POINT("worker.named");
    (void)mp__domain_self(&w->ident);
    MP_KILL_POINT("worker.attached");
    w->pid = (int32_t)mp__self_pid();
    /* Our supervisor may have died before it could write this. */
    atomic_store(&w->core->roster->pids[w->index], w->pid);
    mp__core_leave_roster(w->core);
    mp__pins_seal(w->core->pins);
    mp__outlet_open(&w->outlet, w->core, w->index);
    w->runner.room = room_for_result;
    w->runner.context = &w->outlet;
    atomic_store(&w->core->control->workers[w->index].ident, w->ident);
    MP_KILL_POINT("worker.ident_told");
    /* After it is told: if the supervisor is dead, the owner sees our ident,
     * or we see here that we are an orphan. */
    mp__worker_leave_orphan(w);
    mp__task_enter((int)w->index);
}

/* An init or exit function is about to run; its readiness is told. */
static void begin_edge(mp__worker *w)
{
    int limit_ms = w->core->limit_ms;

    mp__task_set_index(0);
    if (limit_ms > 0) {
        mp__worker_start_clock(w, mp__clock_ns());
        mp__worker_tell_supervisor(w, limit_ms);
    }
    mp__task_set_turn(&(mp__turn){ .soft_end = mp__worker_soft_end(w, limit_ms),
                                   .attempt = 0 });
}

static void run_init(mp__worker *w)
{
    struct mp__worker_line *line = &w->core->control->workers[w->index];
    uint32_t starting = MP__WORKER_STARTING;
    int code;

    if (w->core->init != NULL) {
        MP_KILL_POINT("init.begun");
        atomic_store(&line->ready, MP__WORKER_STARTING);
        MP_KILL_POINT("init.starting");
        begin_edge(w);
        MP_KILL_POINT("init.clocked");
        code = w->core->init(w->core->argument, &w->state);
        MP_KILL_POINT("init.returned");
        if (code != 0) {
            if (mp__task_fault()->text[0] == '\0') {
                (void)mp_task_fail_at(NULL, 0, code, "init returned %d", code);
            }
            mp__core_tell(w->core, mp__task_fault());
            MP_KILL_POINT("init.refusing");
            atomic_store(&line->ready, MP__WORKER_REFUSED);
            MP_KILL_POINT("init.refused");
            mp__child_leave(1);
        }
        mp__worker_stop_clock(w);
        mp__task_set_state(w->state);
        (void)atomic_compare_exchange_strong(&line->ready, &starting,
                                             MP__WORKER_READY);
        if (starting == MP__WORKER_OVERDUE) {
            mp__worker_wait_for_kill(w); /* it took too long */
        }
        MP_KILL_POINT("init.done");
    }
    atomic_store(&line->ready, MP__WORKER_READY);
    MP_KILL_POINT("worker.ready");
}

/*
 * Longer and longer, sixteen times each: nobody's survival hangs on a slice.
 *   A wake-up that died with a worker: its supervisor wakes all sleepers after
 *   every death (S6), before it does anything else.
 *   The supervisor's own death: the kernel ends us with it. Where it does not,
 *   or does no more since an init function has changed the user, the slice
 *   stays short.
 *   The owner's: the supervisor sees it in its own slices, and ends us.
 *   What is left to a slice is a wake-up that was given to a worker which
 *   somebody then stopped, and a hand overwritten by a task; both wait 10 s at
 *   most.
 */
static int64_t next_slice(int64_t slice)
{
    slice *= 16;
    if (slice > IDLE_SLICE_ALONE && !mp__child_dies_with_parent()) {
        return IDLE_SLICE_ALONE;
    }
    return slice < IDLE_SLICE_MOST ? slice : IDLE_SLICE_MOST;
}

static bool look_for_a_while(mp__worker *w, uint64_t seen)
{
    mp__spin spin;
    bool news;

    mp__spin_begin(&spin, &w->core->budget);
    do {
        news = mp__task_table_has_news(w->core->table, seen);
    } while (!news && mp__spin_once(&spin));
    mp__spin_end(&spin, news);
    return news;
}

/* W10 for all that was published quietly. */
static void tell_all_done(mp__worker *w)
{
    if (w->untold) {
        MP_KILL_POINT("worker.untold");
        w->untold = false;
        (void)mp__bell_ring(&w->core->control->bell, w->core->bell_write, true);
    }
}

/* Are others fast enough without it? */
static bool is_spare(const mp__worker *w)
{
    return w->vain >= VAIN_MOST ||
           (w->pace.idle &&
            mp__task_table_is_awake_below(w->core->table, w->index));
}

/* W2: nothing was queued when *seen was read. Look again for a while, then
 * sleep. When a whole slice has brought nothing, the next moment will not
 * either: it is not looked for then. */
static void idle(mp__worker *w, uint64_t seen, int64_t *slice)
{
    int64_t deadline;

    if (*slice == IDLE_SLICE && !is_spare(w) && look_for_a_while(w, seen)) {
        w->vain++;
        return;
    }
    w->vain = 0;
    w->pace.idle = false;
    mp__worker_leave_nonsense(w);
    if (*slice > IDLE_SLICE) {
        mp__outlet_idle(&w->outlet); /* and not only for a moment */
    }
    deadline = mp__clock_ns() + *slice;
    mp__task_table_sleep(w->core->table, w->index, seen, deadline);
    *slice = mp__deadline_passed(deadline) ? next_slice(*slice) : IDLE_SLICE;
    mp__worker_leave_orphan(w);
}

/* Has it run as many chunks as it may? Said before its exit function runs: a
 * death in there is a loss. */
static bool is_used_up(const mp__worker *w, int chunks)
{
    int most = w->core->tasks_per_worker;

    if (most == 0 || chunks < most) {
        return false;
    }
    atomic_store(&w->core->control->workers[w->index].ready,
                 MP__WORKER_RENEWED);
    MP_KILL_POINT("worker.used_up");
    return true;
}

static void serve(mp__worker *w)
{
    int64_t slice = IDLE_SLICE;
    int chunks = 0; /* run so far */
    uint64_t seen = 0;
    struct mp__worker_line *line = &w->core->control->workers[w->index];

    mp__task_table_set_awake(w->core->table, w->index, true);
    mp__worker_wait_room(w, 0);
    if (mp__task_table_inherit(w->core->table, w->index, &w->claim)) { /* W0 */
        mp__worker_run_chunk(w);
        chunks++;
    }
    while (!is_used_up(w, chunks)) {
        mp__worker_wait_room(w,
                             0); /* W1: the room for the record of our death */
        MP_KILL_POINT("worker.free");
        switch (
            mp__task_table_claim(w->core->table, w->index, &w->claim, &seen)) {
        case MP__CLAIM_TASK:
            w->vain = 0;
            mp__worker_run_chunk(w);
            chunks += w->core->tasks_per_worker != 0;
            slice = IDLE_SLICE;
            break;
        case MP__CLAIM_NONE:
            tell_all_done(w);
            idle(w, seen, &slice);
            break;
        case MP__CLAIM_CLOSED:
            atomic_store(&line->ready, MP__WORKER_LEAVING);
            MP_KILL_POINT("worker.closing");
            return;
        }
    }
}

_Noreturn void mp__worker_live(mp__core *core, uint32_t index, pid_t supervisor)
{
    static mp__worker w; /* one in a process */

    w = (mp__worker){
        .core = core, .index = index, .supervisor = supervisor, .run_length = 1
    };
    MP_KILL_ROLE(MP__ROLE_WORKER);
    be_born(&w);
    run_init(&w);
    serve(&w);
    tell_all_done(&w);
    if (core->exit != NULL) {
        MP_KILL_POINT("exit.begun");
        begin_edge(&w);
        MP_KILL_POINT("exit.clocked");
        core->exit(w.state);
        MP_KILL_POINT("exit.done");
    }
    MP_KILL_POINT("worker.leaving");
    mp__child_leave(0);
}
