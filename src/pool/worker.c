/*
 * worker.c -- pull a task, run it, commit the result
 *
 * Steps W0 to W11 are those of shared/task_table.c, shared/outbox.c and
 * shared/bell.c. A worker may be killed anywhere; what it has not committed
 * did not happen, and its supervisor ends the item in hand.
 *
 * Its own reasons to leave: the pool is closed and nothing is queued; it has
 * run tasks_per_worker chunks; its init failed; its supervisor is gone (the kernel sends SIGKILL where it can,
 * and every sleep looks); a task called fork() and returned twice, and this
 * is the copy. After a lost commit it waits for the SIGKILL that is coming.
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

static void run_init(struct worker *w)
{
    struct mp__worker_line *line = &w->core->control->workers[w->index];
    int code;

    if (w->core->init != NULL) {
        mp__task_set_index(0);
        code = w->core->init(w->core->argument, &w->state);
        if (code != 0) {
            if (mp__task_fault()->text[0] == '\0') {
                (void)mp_task_fail_at(NULL, 0, code, "init returned %d", code);
            }
            mp__core_tell(w->core, mp__task_fault());
            atomic_store(&line->ready, MP__WORKER_REFUSED);
            mp__child_leave(1);
        }
        mp__task_set_state(w->state);
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

/* Somebody else ended the item in hand: its SIGKILL is on the way. */
static _Noreturn void wait_for_death(const struct worker *w)
{
    for (;;) {
        mp__clock_sleep(10 * MP__MS);
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

/* W6 to W10 for the item in hand. */
static void commit_item(struct worker *w, mp__claim *claim, uint32_t count,
                        mp__ran *ran)
{
    struct parcel parcel = parcel_of(w, ran);
    uint32_t next = claim->item + 1;
    mp__record *record;

    wait_room(w, parcel.size);
    record = mp__outbox_begin(w->core->outbox, w->index, parcel.size);
    record->slot = claim->slot;
    record->generation = claim->generation;
    record->first = (uint16_t)claim->item;
    record->end = (uint16_t)next;
    record->kind = (uint8_t)parcel.kind;
    record->core_dumped = 0;
    record->error = ran->error;
    record->status = 0;
    record->pid = w->pid;
    record->size = parcel.whole;
    if (parcel.size > 0) {
        memcpy(record->payload,
               parcel.kind == MP__RECORD_IN_FILE ? &parcel.offset
                                                 : parcel.bytes,
               parcel.size);
    }
    if (next == count) {
        (void)fflush(stdout); /* what a task printed is out before its end */
    }
    mp__outbox_seal(w->core->outbox, w->index, record); /* W7 */
    if (!mp__task_table_commit(w->core->table, claim, next, next == count)) {
        wait_for_death(w); /* W8 lost */
    }
    mp__outbox_publish(w->core->outbox, w->index);               /* W9 */
    mp__bell_ring(&w->core->control->bell, w->core->bell_write); /* W10 */
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

static void run_chunk(struct worker *w, mp__claim *claim)
{
    mp__chunk chunk;
    mp__unpack unpack;
    const void *bytes = NULL;
    size_t size = 0;
    uint32_t i;
    int error;
    mp__ran ran;

    memcpy(&chunk, mp__task_table_body(w->core->table, claim->slot),
           sizeof(chunk));
    error = find_arguments(w, claim, &chunk, &unpack);
    for (i = 0; i < chunk.count; i++) {
        if (error == 0 && !mp__unpack_next(&unpack, &chunk, &bytes, &size)) {
            error = MP_EDECODE;
        }
        if (i < claim->item) {
            continue; /* a forerunner has ended it */
        }
        if (error == 0) {
            ran = mp__run_item(&w->runner, &chunk, bytes, size,
                               (size_t)(chunk.first + i));
            leave_copy(w);
        } else {
            mp__task_set_index((size_t)(chunk.first + i));
            (void)mp_task_fail_at(NULL, 0, error, "arguments lost: %s",
                                  mp_strerror(error));
            ran = (mp__ran){ .error = error };
        }
        commit_item(w, claim, chunk.count, &ran);
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
    mp__claim claim;

    wait_room(w, 0);
    if (mp__task_table_inherit(w->core->table, w->index, &claim)) { /* W0 */
        run_chunk(w, &claim);
        chunks++;
    }
    while (!is_used_up(w, chunks)) {
        wait_room(w, 0); /* W1: the room for the record of our death */
        switch (mp__task_table_claim(w->core->table, w->index, &claim, &seen)) {
        case MP__CLAIM_TASK:
            run_chunk(w, &claim);
            chunks += w->core->tasks_per_worker != 0;
            slice = IDLE_SLICE;
            break;
        case MP__CLAIM_NONE:
            idle(w, seen, &slice);
            break;
        case MP__CLAIM_CLOSED:
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
        mp__task_set_index(0);
        core->exit(w.state);
    }
    mp__child_leave(0);
}
