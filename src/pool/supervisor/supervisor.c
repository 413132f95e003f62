/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * supervisor.c -- fork, watch, replace and reap workers
 *
 * A process of our own, single-threaded, that runs no user code and touches
 * no stream. It sleeps in poll() on its link to the owner and on the pipe of
 * its SIGCHLD handler, a slice at most.
 *
 *   S1  take from a worker what runs too long or was cancelled
 *   S2  and only then kill it: both in time_limits.c
 *   S3  kill the dead worker's group while the zombie pins its number, reap
 *   S4  roll forward what the dead had committed and not published
 *   S5  end the item it had in hand, or let it be tried again; the rest of
 *       the chunk is HELD: both in deaths.c
 *   S6  ring the bell, wake all workers: the dead may have swallowed either
 *   S7  fork the replacement into the same slot
 *   S8  closed and no worker left: done
 *
 * Crash loops are braked: where no item comes to an end between deaths, the
 * replacement comes later each time. Three in a row that die in their init
 * function break the pool, as one that fails in it does; so do many in a row
 * that die before it.
 *
 * The owner is dead when getppid() says so, looked at in every slice. The end
 * of the link is only a hint to look sooner: a copy of the owner's end that
 * some child of the host holds delays it, and a closefrom() fakes it.
 *
 * Killed anywhere, it takes the pool along: workers get SIGKILL from the
 * kernel or see it in their slices, the owner reads end of file on the link,
 * freezes all words and delivers what was committed.
 */
#include "pool/supervisor/supervisor.h"

#include "mp/error.h"
#include "platform/chaos.h"
#include "platform/child.h"
#include "platform/clock.h"
#include "platform/fd.h"
#include "platform/log.h"
#include "platform/kill_point.h"
#include "platform/self.h"
#include "pool/supervisor/time_limits.h"
#include "pool/supervisor/deaths.h"
#include "pool/worker/worker.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLICE_MS          250
#define BACK_OFF_FIRST    (10 * MP__MS)
#define BACK_OFF_MOST     (1000 * MP__MS)
#define INIT_DEATHS_MOST  3  /* in a row, in the init function */
#define EARLY_DEATHS_MOST 20 /* before it: killed from outside, it seems */
#define BARREN_FREE       3  /* deaths without a commit, and no back-off */
#define END_GRACE         (2000 * MP__MS)

struct place {
    pid_t pid;   /* 0: empty */
    bool wanted; /* a worker shall be forked into it */
    int64_t not_before;
    uint64_t committed; /* bytes that its ring had carried at the fork */
    unsigned barren;    /* deaths in a row without a commit */
    unsigned births;    /* of workers in it */
    mp__request request;
};

struct supervisor {
    mp__core *core;
    pid_t self;
    int deaths; /* pipe of the SIGCHLD handler */
    struct place *places;
    unsigned init_deaths;  /* in a row */
    unsigned early_deaths; /* in a row, before a worker was ready */
    bool link_ended;
    int look_ms; /* how soon to look at getppid() again */
};

/* In a fresh worker: what its plan of chaos depends on. */
static void enter_chaos(uint32_t w, unsigned birth)
{
    char name[32];

    (void)snprintf(name, sizeof(name), "worker %u.%u", (unsigned)w, birth);
    mp__chaos_enter(name, true);
}

/* S7. 0, or -errno of fork. */
static int fork_worker(struct supervisor *s, uint32_t w)
{
    struct mp__worker_line *line = &s->core->control->workers[w];
    sigset_t mask;
    pid_t pid;

    MP_KILL_POINT("birth.begun");
    atomic_store(&line->ready, MP__WORKER_BORN);
    atomic_store(&line->ident, 0);
    atomic_store(&line->cpu, 0);
    MP_KILL_POINT("birth.line_cleared");
    mp__task_table_set_clock(s->core->table, w, 0);
    MP_KILL_POINT("birth.forking");
    pid = mp__child_fork(&mask);
    if (pid == 0) {
        enter_chaos(w, s->places[w].births);
        mp__worker_live(s->core, w, s->self);
    }
    if (pid < 0) {
        return pid;
    }
    MP_KILL_POINT("birth.forked");
    mp__child_lead_group(pid);
    MP_KILL_POINT("birth.grouped");
    s->places[w].pid = pid;
    s->places[w].births++;
    s->places[w].wanted = false;
    s->places[w].request.since = 0;
    s->places[w].committed = mp__outbox_carried(s->core->outbox, w);
    MP_KILL_POINT("birth.recorded");
    atomic_store(&s->core->roster->pids[w], (int32_t)pid);
    mp__log("pool %d: worker %u born, process %d", (int)s->self, (unsigned)w,
            (int)pid);
    MP_KILL_POINT("birth.pid_told");
    return 0;
}

/* S3 for everybody, for good. Bounded: a worker that even SIGKILL cannot end
 * now (it waits for a disk) is left to its end. */
static _Noreturn void end_all(struct supervisor *s)
{
    int64_t deadline = mp__clock_ns() + END_GRACE;
    mp__exit how;
    uint32_t w;
    bool left = true;

    MP_KILL_POINT("end_all.begun");
    for (w = 0; w < s->core->workers; w++) {
        mp__child_kill_group(s->places[w].pid);
    }
    while (left && !mp__deadline_passed(deadline)) {
        left = false;
        for (w = 0; w < s->core->workers; w++) {
            if (s->places[w].pid != 0 &&
                mp__child_reap(s->places[w].pid, &how) == MP__REAP_RUNNING) {
                left = true;
            } else {
                s->places[w].pid = 0;
                MP_KILL_POINT("end_all.reaped");
            }
        }
        if (left) {
            (void)mp__fd_wait(s->deaths, -1, 10);
            (void)mp__fd_drain(s->deaths);
        }
    }
    MP_KILL_POINT("end_all.done");
    mp__child_quit(0);
}

static _Noreturn void break_pool(struct supervisor *s, const mp__fault *fault)
{
    mp__fault told;

    MP_KILL_POINT("break.begun");
    mp__core_tell(s->core, fault);
    MP_KILL_POINT("break.told");
    atomic_store(&s->core->roster->phase, MP__PHASE_BROKEN);
    told = s->core->control->fault; /* a worker's, perhaps: any bytes */
    told.text[sizeof(told.text) - 1] = '\0';
    mp__log("pool %d: broken: %s", (int)s->self, told.text);
    MP_KILL_POINT("break.broken");
    end_all(s);
}

/* A worker has died before it was ready. */
static void count_early_death(struct supervisor *s, uint32_t ready)
{
    mp__fault fault;

    if (ready == MP__WORKER_STARTING) {
        s->init_deaths++;
    }
    s->early_deaths++;
    if (s->init_deaths >= INIT_DEATHS_MOST) {
        mp__fault_say(&fault, MP_EBROKEN,
                      "%u workers in a row died in the init function",
                      s->init_deaths);
        break_pool(s, &fault);
    }
    if (s->early_deaths >= EARLY_DEATHS_MOST) {
        mp__fault_say(&fault, MP_EBROKEN,
                      "%u workers in a row died before their first task",
                      s->early_deaths);
        break_pool(s, &fault);
    }
}

/* How its end counts. Before its item gets an end: who sees that, and looks
 * at the figures, finds it counted. */
static void count_end(struct supervisor *s, uint32_t ready, bool well)
{
    struct mp__roster *roster = s->core->roster;

    MP_KILL_POINT("burial.counting");
    if (well && ready == MP__WORKER_RENEWED) {
        (void)atomic_fetch_add(&roster->workers_renewed, 1);
    } else if (ready != MP__WORKER_REFUSED &&
               (!well || ready != MP__WORKER_LEAVING)) {
        (void)atomic_fetch_add(&roster->workers_lost, 1);
    }
}

/* Deaths in a row of workers that were not ready yet. */
static void look_at_start(struct supervisor *s, uint32_t ready)
{
    if (ready == MP__WORKER_BORN || ready == MP__WORKER_STARTING) {
        count_early_death(s, ready);
    } else {
        s->init_deaths = 0;
        s->early_deaths = 0;
    }
}

/* The brake: where worker after worker dies and no item has come to its end,
 * the next one comes later and later. */
static int64_t back_off(struct supervisor *s, uint32_t w, bool well)
{
    struct place *place = &s->places[w];
    int64_t wait = BACK_OFF_FIRST;
    unsigned i;

    if (well || mp__outbox_carried(s->core->outbox, w) != place->committed) {
        place->barren = 0;
    } else {
        place->barren++;
    }
    if (place->barren <= BARREN_FREE) {
        return MP__AT_ONCE;
    }
    MP_KILL_POINT("burial.backing_off");
    for (i = BARREN_FREE + 1; i < place->barren && wait < BACK_OFF_MOST; i++) {
        wait *= 2;
    }
    wait = wait < BACK_OFF_MOST ? wait : BACK_OFF_MOST;
    mp__log("pool %d: worker %u comes back in %d ms", (int)s->self, (unsigned)w,
            (int)(wait / MP__MS));
    return mp__clock_ns() + wait;
}

/* Its init function said no, or took too long: the pool breaks. */
static void look_at_init(struct supervisor *s, uint32_t ready)
{
    mp__fault fault;

    if (ready == MP__WORKER_REFUSED) {
        mp__fault_say(&fault, MP_EBROKEN, "init failed");
        break_pool(s, &fault); /* the worker has told why */
    }
    if (ready == MP__WORKER_OVERDUE) {
        mp__fault_say(&fault, MP_EBROKEN,
                      "init ran longer than the pool's limit of %d ms",
                      s->core->limit_ms);
        break_pool(s, &fault);
    }
}

/* S4 to S6 for worker `w`, which has just been reaped. */
static void bury(struct supervisor *s, uint32_t w, const mp__death *death)
{
    struct mp__worker_line *line = &s->core->control->workers[w];
    uint32_t ready = atomic_load(&line->ready);
    bool well = death->known && death->how.status == 0 &&
                !mp__settle_is_due(s->core, w);
    bool held;
    char text[MP__LOG_STATUS];

    mp__log("pool %d: worker %u ended with %s, process %d", (int)s->self,
            (unsigned)w, mp__log_status(text, death->known, death->how.status),
            (int)death->pid);
    MP_KILL_POINT("burial.begun");
    s->places[w].pid = 0;
    atomic_store(&s->core->roster->pids[w], 0);
    MP_KILL_POINT("burial.pid_cleared");
    count_end(s, ready, well);
    held = mp__settle(s->core, w, death); /* S4, S5 */
    MP_KILL_POINT("burial.settled");
    mp__fd_ring(s->core->bell_write);                   /* S6 */
    mp__task_table_set_awake(s->core->table, w, false); /* before that: */
    mp__task_table_wake_all(s->core->table);
    look_at_init(s, ready);
    look_at_start(s, ready);
    /* S7: "closed" is looked at before the queue: after it nothing is ever
     * queued, so what is not seen there does not come. */
    s->places[w].wanted = held || !mp__task_table_is_closed(s->core->table) ||
                          mp__task_table_has_queued(s->core->table);
    s->places[w].not_before = back_off(s, w, well);
    MP_KILL_POINT("burial.done");
}

static void reap_dead(struct supervisor *s)
{
    mp__death death;
    pid_t pid;
    uint32_t w;
    enum mp__reap reaped;

    for (pid = mp__child_peek(); pid > 0; pid = mp__child_peek()) {
        for (w = 0; w < s->core->workers && s->places[w].pid != pid; w++) {
            /* look on */
        }
        MP_KILL_POINT("reap.found");
        mp__child_kill_group(w < s->core->workers ? pid : 0); /* S3 */
        MP_KILL_POINT("reap.group_killed");
        death = (mp__death){ .pid = pid };
        reaped = mp__child_reap(pid, &death.how);
        death.known = reaped == MP__REAP_ENDED;
        MP_KILL_POINT("reap.reaped");
        if (w < s->core->workers && reaped != MP__REAP_RUNNING) {
            bury(s, w, &death);
        }
    }
}

/* Returns whether some place still waits for its worker, or has one. */
static bool fill_places(struct supervisor *s)
{
    bool any = false;
    uint32_t w;
    struct place *place;

    for (w = 0; w < s->core->workers; w++) {
        place = &s->places[w];
        if (place->wanted && mp__deadline_passed(place->not_before) &&
            fork_worker(s, w) < 0) {
            /* No processes to be had: the others go on meanwhile. */
            place->not_before = mp__clock_ns() + BACK_OFF_MOST / 10;
        }
        any = any || place->pid != 0 || place->wanted;
    }
    return any;
}

/* S1 and S2 for all. Returns when to look again. */
static int64_t look_at_items(struct supervisor *s)
{
    int64_t nearest = MP__NEVER;
    int64_t due;
    uint32_t w;

    for (w = 0; w < s->core->workers; w++) {
        if (s->places[w].pid != 0) {
            due = mp__overrun_look(s->core, w, s->places[w].pid,
                                   &s->places[w].request);
            nearest = due < nearest ? due : nearest;
        }
    }
    return nearest;
}

/* Milliseconds until something is due without anybody telling. */
static int time_to_sleep(struct supervisor *s)
{
    int ms = s->link_ended ? s->look_ms : SLICE_MS;
    int64_t due;
    int64_t again;
    uint32_t w;

    for (w = 0; w < s->core->workers; w++) {
        if (s->places[w].wanted) {
            ms = mp__deadline_poll_ms(s->places[w].not_before, ms);
        }
    }
    due = look_at_items(s);
    mp__alarm_set(&s->core->control->alarm, due);
    /* Who starts a clock from here on wakes us if it is due sooner, and relies
     * on us for what is due later: nothing seen now may put off the moment
     * that was promised. */
    again = look_at_items(s);
    return mp__deadline_poll_ms(again < due ? again : due, ms);
}

static void look_at_owner(struct supervisor *s, int ready)
{
    if ((ready & 1) != 0 && mp__fd_drain(s->core->link_supervisor)) {
        MP_KILL_POINT("supervisor.link_ended");
        s->link_ended = true; /* files are closed before the parent changes */
        s->look_ms = 1;
    } else if (s->link_ended) {
        s->look_ms = s->look_ms < SLICE_MS / 2 ? s->look_ms * 2 : SLICE_MS;
    }
    if (mp__child_is_orphan(s->core->owner)) {
        mp__log("pool %d: its owner died; workers are killed", (int)s->self);
        end_all(s);
    }
    if (atomic_load(&s->core->roster->phase) == MP__PHASE_TERMINATED) {
        mp__log("pool %d: terminated; workers are killed", (int)s->self);
        end_all(s);
    }
}

static void supervise(struct supervisor *s)
{
    int ready;

    for (;;) {
        reap_dead(s);
        MP_KILL_POINT("supervisor.reaped_all");
        if (!fill_places(s) && mp__task_table_is_closed(s->core->table)) {
            MP_KILL_POINT("supervisor.done");
            return; /* S8 */
        }
        MP_KILL_POINT("supervisor.sleeping");
        ready = mp__fd_wait(s->link_ended ? -1 : s->core->link_supervisor,
                            s->deaths, time_to_sleep(s));
        MP_KILL_POINT("supervisor.awake");
        (void)mp__fd_drain(s->deaths);
        MP_KILL_POINT("supervisor.drained");
        look_at_owner(s, ready);
        if (ready == 0) {
            mp__task_table_wake_one(s->core->table); /* once in a slice */
        }
    }
}

/* All workers or none: create tells its caller. */
static void start(struct supervisor *s)
{
    struct mp__roster *roster = s->core->roster;
    int error = 0;
    uint32_t w;

    s->places = calloc(s->core->workers, sizeof(*s->places));
    if (s->places == NULL) {
        atomic_store(&roster->started, MP_ENOMEM);
        mp__child_quit(1);
    }
    error = mp__child_death_pipe(&s->deaths);
    MP_KILL_POINT("supervisor.handler_set");
    for (w = 0; w < s->core->workers && error == 0; w++) {
        error = fork_worker(s, w);
    }
    MP_KILL_POINT("supervisor.starting");
    atomic_store(&roster->started, error < 0 ? error : 1);
    MP_KILL_POINT("supervisor.started");
    mp__fd_ring(s->core->bell_write);
    MP_KILL_POINT("supervisor.start_told");
    if (error < 0) {
        end_all(s);
    }
}

_Noreturn void mp__supervisor_live(mp__core *core)
{
    static struct supervisor s; /* one in a process */

    MP_KILL_ROLE(MP__ROLE_SUPERVISOR);
    MP_KILL_POINT("supervisor.born");
    mp__fd_keep(core->bell_read);
    mp__fd_keep(core->bell_write);
    mp__fd_keep(core->link_supervisor);
    mp__fd_close_inherited();
    MP_KILL_POINT("supervisor.link_kept");
    mp__child_begin_ours("mp-supervisor");
    MP_KILL_POINT("supervisor.begun");
    s = (struct supervisor){ .core = core, .self = mp__self_pid() };
    start(&s);
    supervise(&s);
    mp__child_quit(0);
}
