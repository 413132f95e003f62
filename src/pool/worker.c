/*
 * worker.c -- pull a task, run it, commit the result
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
#include "pool/worker.h"

#include "mp/error.h"
#include "mp/process.h"
#include "objects/process.h"
#include "platform/child.h"
#include "platform/clock.h"
#include "platform/fd.h"
#include "platform/file.h"
#include "platform/park.h"
#include "platform/self.h"
#include "pool/chunk.h"
#include "pool/run.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define IDLE_SLICE      (250 * MP__MS)
#define IDLE_SLICE_MOST (1000 * MP__MS)
#define ROOM_SLICE      (100 * MP__MS)

struct worker {
    mp__core *core;
    uint32_t index;
    pid_t supervisor;
    mp__ident ident;
    int32_t pid;
    void *state;
    mp__runner runner;
    mp__scratch arguments; /* of a chunk that lies in the file */
    mp__spin_budget budget;
    int alarm_end;   /* wakes the supervisor */
    mp__claim claim; /* the item in hand */
    int64_t start;   /* of the run, when its clock runs */
    int64_t cpu;     /* used until then, when the pool accounts */
};

static void leave_orphan(const struct worker *w)
{
    if (mp__child_is_orphan(w->supervisor)) {
        mp__child_quit(0);
    }
}

/* exit() in a task: the worker ends, and only the worker. */
static void leave_on_exit(int status)
{
    mp__child_leave(status & 0xff);
}

static void be_born(struct worker *w)
{
    char name[32];

    mp__fd_keep(w->core->bell_read);
    mp__fd_keep(w->core->bell_write);
    w->alarm_end = mp__child_death_pipe_end();
    mp__fd_keep(w->alarm_end);
    /* First of all the supervisor's end of the link: the owner takes its end
     * of file for the supervisor's death. */
    mp__fd_close_inherited();
    mp__child_begin_ours("mp-worker");
    mp__child_die_with(w->supervisor);
    (void)snprintf(name, sizeof(name), "Worker-%u", (unsigned)w->index);
    mp__process_become(name, w->core->owner, w->core->owner_ident,
                       w->core->owner_name);
    mp__child_on_exit(leave_on_exit);
    (void)mp__domain_self(&w->ident);
    w->pid = (int32_t)mp_process_pid(mp_process_current());
    atomic_store(&w->core->control->workers[w->index].ident, w->ident);
    mp__task_enter((int)w->index);
}

/* The clock of the item in hand, or of an init or exit function, starts. */
static void start_clock(struct worker *w, int64_t now)
{
    w->start = now;
    mp__task_table_set_clock(w->core->table, w->index, now);
}

static void stop_clock(struct worker *w)
{
    mp__task_table_set_clock(w->core->table, w->index, 0);
}

/* The supervisor learns of a clock that runs out before it would look. */
static void tell_supervisor(struct worker *w, int limit_ms)
{
    if (limit_ms > 0) {
        mp__alarm_lower(&w->core->control->alarm,
                        w->start +
                            ((int64_t)limit_ms + w->core->grace_ms) * MP__MS,
                        w->alarm_end);
    }
}

static int64_t soft_end(const struct worker *w, int limit_ms)
{
    return limit_ms > 0 ? w->start + limit_ms * MP__MS : MP__NEVER;
}

/* An init or exit function is about to run; its readiness is told. */
static void begin_edge(struct worker *w)
{
    int limit_ms = w->core->limit_ms;

    mp__task_set_index(0);
    if (limit_ms > 0) {
        start_clock(w, mp__clock_ns());
        tell_supervisor(w, limit_ms);
    }
    mp__task_set_turn(
        &(mp__turn){ .soft_end = soft_end(w, limit_ms), .attempt = 0 });
}

/* Somebody else ended what is in hand: its SIGKILL is on the way. */
static _Noreturn void wait_for_death(const struct worker *w)
{
    for (;;) {
        mp__clock_sleep(10 * MP__MS);
        leave_orphan(w);
    }
}

static void run_init(struct worker *w)
{
    struct mp__worker_line *line = &w->core->control->workers[w->index];
    uint32_t starting = MP__WORKER_STARTING;
    int code;

    if (w->core->init != NULL) {
        atomic_store(&line->ready, MP__WORKER_STARTING);
        begin_edge(w);
        code = w->core->init(w->core->argument, &w->state);
        if (code != 0) {
            if (mp__task_fault()->text[0] == '\0') {
                (void)mp_task_fail_at(NULL, 0, code, "init returned %d", code);
            }
            mp__core_tell(w->core, mp__task_fault());
            atomic_store(&line->ready, MP__WORKER_REFUSED);
            mp__child_leave(1);
        }
        stop_clock(w);
        mp__task_set_state(w->state);
        if (!atomic_compare_exchange_strong(&line->ready, &starting,
                                            MP__WORKER_READY)) {
            wait_for_death(w); /* it took too long */
        }
        return;
    }
    atomic_store(&line->ready, MP__WORKER_READY);
}

/* Is this a copy of the worker that a task has forked? */
static void leave_copy(const struct worker *w)
{
    if (atomic_load_explicit(&mp__self_get()->ident, memory_order_relaxed) !=
        w->ident) {
        mp__child_quit(0);
    }
}

/* W1, W6. The owner may be away for long. */
static void wait_room(struct worker *w, size_t payload)
{
    mp__outbox *outbox = w->core->outbox;

    while (!mp__outbox_has_room(outbox, w->index, payload)) {
        mp__outbox_wait_room(outbox, w->index, payload,
                             mp__clock_ns() + ROOM_SLICE);
        leave_orphan(w);
    }
}

/* A result too long for the ring: to our part of the file. Returns its
 * offset; an error makes the item a failed one. */
static int write_to_file(struct worker *w, const mp__ran *ran, uint64_t *offset)
{
    *offset = mp__outbox_file_room(w->core->outbox, w->index, ran->size);
    while (*offset == UINT64_MAX) {
        if (!mp__outbox_has_news_of(w->core->outbox, w->index)) {
            return -EFBIG; /* all of our part is not enough */
        }
        mp__clock_sleep(MP__MS);
        leave_orphan(w);
        *offset = mp__outbox_file_room(w->core->outbox, w->index, ran->size);
    }
    return mp__file_write(w->core->file, *offset, ran->bytes, ran->size);
}

/* What the record of an item carries. */
struct parcel {
    enum mp__record_kind kind;
    const void *bytes;
    size_t size;     /* of `bytes` */
    uint64_t offset; /* IN_FILE */
    uint64_t whole;  /* size as the owner sees it */
};

static struct parcel parcel_of_fault(void)
{
    const mp__fault *fault = mp__task_fault();
    size_t size = offsetof(mp__fault, text) + strlen(fault->text) + 1;

    return (struct parcel){
        .kind = MP__RECORD_FAULT, .bytes = fault, .size = size, .whole = size
    };
}

static struct parcel parcel_of(struct worker *w, mp__ran *ran)
{
    struct parcel parcel = { .kind = MP__RECORD_RESULT,
                             .bytes = ran->bytes,
                             .size = ran->size,
                             .whole = ran->size };

    if (ran->error == 0 && ran->size > MP__PAYLOAD_MOST) {
        ran->error = write_to_file(w, ran, &parcel.offset);
        if (ran->error < 0) {
            (void)mp_task_fail_at(
                NULL, 0, ran->error, "a result of %llu bytes: %s",
                (unsigned long long)ran->size, mp_strerror(ran->error));
        }
        parcel.kind = MP__RECORD_IN_FILE;
        parcel.size = sizeof(parcel.offset);
    }
    return ran->error < 0 ? parcel_of_fault() : parcel;
}

/* Does a clock run for the items of this task? */
static bool is_clocked(const struct worker *w, const mp__chunk *chunk)
{
    return chunk->limit_ms > 0 || w->core->account;
}

/* Room for a record, off the clock when that must be waited for. */
static mp__record *begin_record(struct worker *w, const mp__chunk *chunk,
                                size_t payload)
{
    payload += w->core->account ? sizeof(mp__cost) : 0;
    if (is_clocked(w, chunk) &&
        !mp__outbox_has_room(w->core->outbox, w->index, payload)) {
        stop_clock(w);
    }
    wait_room(w, payload);
    return mp__outbox_begin(w->core->outbox, w->index, payload);
}

/* What the run has cost, which ends `now`. */
static mp__cost cost_of_run(struct worker *w, int64_t now)
{
    mp__usage usage = mp__child_own_usage();
    mp__cost cost = { .start_ns = w->start,
                      .run_ns = now - w->start,
                      .cpu_ns = usage.cpu_ns - w->cpu,
                      .peak_bytes = usage.peak_bytes };

    w->cpu = usage.cpu_ns;
    return cost;
}

/* The record is complete but for its seal: W7 to W10. The clock of the next
 * item starts before that is in hand. */
static void commit(struct worker *w, const mp__chunk *chunk, mp__record *record,
                   int64_t now)
{
    uint32_t next = record->end;
    bool last = next == chunk->count;
    bool clocked = is_clocked(w, chunk);

    if (last) {
        (void)fflush(stdout); /* what a task printed is out before its end */
    }
    mp__outbox_seal(w->core->outbox, w->index, record); /* W7 */
    if (clocked && !last) {
        start_clock(w, now);
    }
    if (!mp__task_table_commit(w->core->table, &w->claim, next, last)) {
        wait_for_death(w); /* W8 lost */
    }
    mp__outbox_publish(w->core->outbox, w->index); /* W9 */
    if (clocked && last) {
        stop_clock(w);
    }
    mp__bell_ring(&w->core->control->bell, w->core->bell_write); /* W10 */
    if (!last) {
        tell_supervisor(w, chunk->limit_ms);
    }
}

static void fill_record(struct worker *w, mp__record *record,
                        enum mp__record_kind kind, uint32_t end, int error)
{
    record->slot = w->claim.slot;
    record->generation = w->claim.generation;
    record->first = (uint16_t)w->claim.item;
    record->end = (uint16_t)end;
    record->kind = (uint8_t)kind;
    record->core_dumped = 0;
    record->costed = w->core->account;
    record->set_aside = 0;
    record->error = error;
    record->status = 0;
    record->pid = w->pid;
    record->attempt = (uint32_t)mp_task_attempt();
    record->size = 0;
}

/* W6 to W10 for the item in hand. */
static void commit_item(struct worker *w, const mp__chunk *chunk, mp__ran *ran)
{
    struct parcel parcel = parcel_of(w, ran);
    mp__record *record = begin_record(w, chunk, parcel.size);
    int64_t now = is_clocked(w, chunk) ? mp__clock_ns() : 0;

    fill_record(w, record, parcel.kind, w->claim.item + 1, ran->error);
    record->set_aside = ran->error == MP_ELIMIT && chunk->retries > 0;
    record->size = parcel.whole;
    if (parcel.size > 0) {
        memcpy(mp__record_payload(record),
               parcel.kind == MP__RECORD_IN_FILE ? &parcel.offset
                                                 : parcel.bytes,
               parcel.size);
    }
    if (record->costed != 0) {
        *mp__record_cost(record) = cost_of_run(w, now);
    }
    commit(w, chunk, record, now);
}

/* W5: nobody wants the rest of the task, the item in hand included. */
static void commit_cancel(struct worker *w, const mp__chunk *chunk)
{
    mp__record *record = begin_record(w, chunk, 0);

    fill_record(w, record, MP__RECORD_DEATH, chunk->count, MP_ECANCELED);
    record->pid = 0; /* it was not run */
    record->attempt = 0;
    if (record->costed != 0) {
        *mp__record_cost(record) = (mp__cost){ .start_ns = 0 };
    }
    commit(w, chunk, record, 0);
}

/* The arguments of a claimed chunk; NULL and an error when they cannot be
 * read. */
static int find_arguments(struct worker *w, const mp__claim *claim,
                          const mp__chunk *chunk, mp__unpack *unpack)
{
    const unsigned char *body =
        mp__task_table_body(w->core->table, claim->slot);
    int error;

    unpack->next = body + MP__CHUNK_HEAD;
    unpack->left = (size_t)chunk->size;
    if (!chunk->in_file) {
        return 0;
    }
    error = mp__scratch_reserve(&w->arguments, (size_t)chunk->size);
    if (error == 0) {
        error = mp__file_read(w->core->file,
                              mp__core_arguments_at(w->core, claim->slot),
                              w->arguments.bytes, (size_t)chunk->size);
    }
    unpack->next = w->arguments.bytes;
    return error;
}

static bool is_canceled(const void *context)
{
    const struct worker *w = context;

    return mp__task_table_asked(w->core->table, &w->claim) == MP__ASKED_KILL;
}

/* W5 for the item in hand: run it. */
static void run_item(struct worker *w, const mp__chunk *chunk,
                     const void *bytes, size_t size, mp__ran *ran)
{
    uint32_t attempt = mp__task_table_attempt(w->core->table, &w->claim);

    mp__task_set_turn(&(mp__turn){ .attempt = (int)attempt,
                                   .soft_end = soft_end(w, chunk->limit_ms),
                                   .is_canceled = is_canceled,
                                   .context = w });
    *ran = mp__run_item(&w->runner, chunk, bytes, size,
                        (size_t)(chunk->first + w->claim.item));
    leave_copy(w);
    if (ran->error == MP_ELIMIT && attempt <= (uint32_t)chunk->retries) {
        /* W11: it has stopped by itself, and our replacement tries again. */
        (void)mp__task_table_give_up(w->core->table, &w->claim);
        mp__child_leave(0);
    }
}

static void refuse_item(struct worker *w, const mp__chunk *chunk, int error,
                        mp__ran *ran)
{
    mp__task_set_index((size_t)(chunk->first + w->claim.item));
    (void)mp_task_fail_at(NULL, 0, error, "arguments lost: %s",
                          mp_strerror(error));
    *ran = (mp__ran){ .error = error };
}

static void run_chunk(struct worker *w)
{
    mp__chunk chunk;
    mp__unpack unpack;
    const void *bytes = NULL;
    size_t size = 0;
    uint32_t i;
    int error;
    mp__ran ran;

    memcpy(&chunk, mp__task_table_body(w->core->table, w->claim.slot),
           sizeof(chunk));
    if (is_clocked(w, &chunk)) {
        start_clock(w, mp__clock_ns());
        tell_supervisor(w, chunk.limit_ms);
    }
    error = find_arguments(w, &w->claim, &chunk, &unpack);
    for (i = 0; i < chunk.count; i++) {
        if (error == 0 && !mp__unpack_next(&unpack, &chunk, &bytes, &size)) {
            error = MP_EDECODE;
        }
        if (i < w->claim.item) {
            continue; /* a forerunner has ended it */
        }
        if (mp__task_table_asked(w->core->table, &w->claim) !=
            MP__ASKED_NOTHING) {
            commit_cancel(w, &chunk);
            break;
        }
        if (error == 0) {
            run_item(w, &chunk, bytes, size, &ran);
        } else {
            refuse_item(w, &chunk, error, &ran);
        }
        commit_item(w, &chunk, &ran);
        mp__run_release(&w->runner, &chunk);
    }
    mp__scratch_trim(&w->arguments, MP__CHUNK_INLINE);
}

/* W2: nothing was queued when *seen was read. Look again for a while, then
 * sleep; longer and longer, since every death wakes all sleepers. */
static void idle(struct worker *w, uint64_t seen, int64_t *slice)
{
    mp__spin spin;
    bool news;

    mp__spin_begin(&spin, &w->budget);
    do {
        news = mp__task_table_has_news(w->core->table, seen);
    } while (!news && mp__spin_once(&spin));
    mp__spin_end(&spin, news);
    if (!news) {
        mp__task_table_sleep(w->core->table, seen, mp__clock_ns() + *slice);
        *slice = *slice < IDLE_SLICE_MOST ? *slice * 2 : IDLE_SLICE_MOST;
        leave_orphan(w);
    }
}

/* Has it run as many chunks as it may? Said before its exit function runs: a
 * death in there is a loss. */
static bool is_used_up(const struct worker *w, int chunks)
{
    int most = w->core->tasks_per_worker;

    if (most == 0 || chunks < most) {
        return false;
    }
    atomic_store(&w->core->control->workers[w->index].ready,
                 MP__WORKER_RENEWED);
    return true;
}

static void serve(struct worker *w)
{
    int64_t slice = IDLE_SLICE;
    int chunks = 0; /* run so far */
    uint64_t seen = 0;
    struct mp__worker_line *line = &w->core->control->workers[w->index];

    wait_room(w, 0);
    if (mp__task_table_inherit(w->core->table, w->index, &w->claim)) { /* W0 */
        run_chunk(w);
        chunks++;
    }
    while (!is_used_up(w, chunks)) {
        wait_room(w, 0); /* W1: the room for the record of our death */
        switch (
            mp__task_table_claim(w->core->table, w->index, &w->claim, &seen)) {
        case MP__CLAIM_TASK:
            run_chunk(w);
            chunks += w->core->tasks_per_worker != 0;
            slice = IDLE_SLICE;
            break;
        case MP__CLAIM_NONE:
            idle(w, seen, &slice);
            break;
        case MP__CLAIM_CLOSED:
            atomic_store(&line->ready, MP__WORKER_LEAVING);
            return;
        }
    }
}

_Noreturn void mp__worker_live(mp__core *core, uint32_t index, pid_t supervisor)
{
    static struct worker w; /* one in a process */

    w = (struct worker){ .core = core,
                         .index = index,
                         .supervisor = supervisor };
    be_born(&w);
    run_init(&w);
    serve(&w);
    if (core->exit != NULL) {
        begin_edge(&w);
        core->exit(w.state);
    }
    mp__child_leave(0);
}
