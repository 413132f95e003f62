/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * task_table_run.c -- claim a task, end its items: workers and supervisor
 *
 * The steps are those of task_table.c.
 */
#include "shared/task_table_parts.h"

#include "platform/clock.h"
#include "platform/kill_point.h"
#include "platform/park.h"

/* Is something queued between these ends? More than fits is a nonsense that
 * nobody shall walk through. */
static bool is_between(const mp__task_table *table, uint64_t head,
                       uint64_t tail)
{
    return tail - head - 1 < 2 * (uint64_t)table->slots;
}

/* W2: what the entry at `head` of the queue says, which is before the tail. The
 * newest entries stand in the line of the tail, which its reader has just got;
 * one that says it is of this position is no other: positions that have the
 * same half are further apart than the queue is long. */
static uint32_t slot_at(const mp__task_table *table, uint64_t head)
{
    uint64_t newest = atomic_load_explicit(mp__task_newest_at(table, head),
                                           memory_order_acquire);

    return (uint32_t)newest == (uint32_t)head
               ? (uint32_t)(newest >> 32)
               : atomic_load(mp__task_order_at(table, head));
}

enum mp__claimed mp__task_table_claim(mp__task_table *table, uint32_t worker,
                                      mp__claim *claim, uint64_t *seen)
{
    struct mp__task_control *control = table->control;
    uint64_t head = atomic_load(&control->ohead);
    uint64_t word;
    uint32_t slot;
    bool won = false;

    *seen = atomic_load(&control->otail);
    while (!won) {
        if (!is_between(table, head, *seen >> POSITION_SHIFT)) {
            head = atomic_load(&control->ohead); /* ours may be a lap old */
        }
        if (!is_between(table, head, *seen >> POSITION_SHIFT)) {
            break;
        }
        slot = slot_at(table, head);
        if (slot < table->slots) {
            __builtin_prefetch(table->bodies + slot * table->body_size);
        }
        word = mp__task_word_at(table, slot);
        MP_KILL_POINT("claim.looked");
        if (mp__word_state(word) == MP__TASK_READY) {
            atomic_store_explicit(&table->hands[worker].slot, slot,
                                  memory_order_release); /* W3: before CAS */
            MP_KILL_POINT("claim.in_hand");
            won = atomic_compare_exchange_strong(
                &table->lines[slot].word, &word,
                mp__task_word_of(MP__TASK_RUNNING, worker, 0,
                                 mp__word_generation(word))); /* W3 */
            MP_KILL_POINT_IF(won, "claim.won");
        }
        if (atomic_compare_exchange_strong(&control->ohead, &head,
                                           head + 1)) { /* W4 */
            head++;
            MP_KILL_POINT("claim.moved_on");
        }
        if (!won) {
            *seen = atomic_load(&control->otail);
        }
    }
    if (!won) {
        return (*seen & CLOSED) != 0 ? MP__CLAIM_CLOSED : MP__CLAIM_NONE;
    }
    *claim = (mp__claim){ .slot = slot,
                          .generation = mp__word_generation(word),
                          .worker = worker };
    return MP__CLAIM_TASK;
}

bool mp__task_table_has_news(const mp__task_table *table, uint64_t seen)
{
    uint64_t now =
        atomic_load_explicit(&table->control->otail, memory_order_relaxed);

    return ((now ^ seen) & ~SLEEPERS) != 0;
}

void mp__task_table_set_awake(mp__task_table *table, uint32_t worker,
                              bool awake)
{
    atomic_store(&table->hands[worker].awake, awake);
}

void mp__task_table_sleep(mp__task_table *table, uint32_t worker, uint64_t seen,
                          int64_t deadline)
{
    uint64_t expected = seen;

    mp__task_table_set_awake(table, worker, false); /* before the look below */
    MP_KILL_POINT("sleep.told");

    /* With the position in the same word, a task queued since then makes
     * this CAS fail: no wake-up can be lost between look and sleep. */
    MP_KILL_POINT("sleep.marking");
    if ((seen & SLEEPERS) == 0 &&
        !atomic_compare_exchange_strong(&table->control->otail, &expected,
                                        seen | SLEEPERS) &&
        expected != (seen | SLEEPERS)) {
        mp__task_table_set_awake(table, worker, true);
        return;
    }
    MP_KILL_POINT("sleep.parking");
    mp__park_wait(mp__task_sleep_word(table), (uint32_t)(seen | SLEEPERS),
                  deadline);
    MP_KILL_POINT("sleep.unparked");
    mp__task_table_set_awake(table, worker, true);
}

void mp__task_table_set_clock(mp__task_table *table, uint32_t worker,
                              int64_t now)
{
    /* After W3 and before W8: never older than the item in hand. */
    atomic_store(&table->hands[worker].clock, now);
}

int64_t mp__task_table_clock(const mp__task_table *table, uint32_t worker)
{
    int64_t clock = atomic_load(&table->hands[worker].clock);
    int64_t now = clock == 0 ? 0 : mp__clock_ns();

    /* Its worker sets it; any may overwrite it. */
    return clock < 0 || clock > now ? now : clock;
}

enum mp__asked mp__task_table_asked(const mp__task_table *table,
                                    const mp__claim *claim)
{
    uint64_t asked = atomic_load(&table->lines[claim->slot].asked); /* W5 */

    if (asked == (ASKED_KILL | claim->generation)) {
        return MP__ASKED_KILL;
    }
    return asked == (ASKED_DROP | claim->generation) ? MP__ASKED_DROP
                                                     : MP__ASKED_NOTHING;
}

uint32_t mp__task_table_attempt(const mp__task_table *table,
                                const mp__claim *claim)
{
    uint64_t attempts = atomic_load(&table->lines[claim->slot].attempts);

    return (uint32_t)(attempts >> 32) == claim->item ? (uint32_t)attempts + 1
                                                     : 1;
}

int32_t mp__task_table_forerunner(const mp__task_table *table,
                                  const mp__claim *claim)
{
    return mp__task_table_attempt(table, claim) == 1
               ? 0
               : atomic_load(&table->lines[claim->slot].dead);
}

enum mp__task_state mp__task_table_in_hand(const mp__task_table *table,
                                           uint32_t worker, mp__claim *claim)
{
    uint32_t slot = atomic_load(&table->hands[worker].slot);
    uint64_t word = mp__task_table_word(table, slot);
    enum mp__task_state state = mp__word_state(word);

    if (state < MP__TASK_RUNNING || state > MP__TASK_HELD ||
        mp__word_worker(word) != worker) {
        return MP__TASK_FREE; /* an intent, or long done */
    }
    *claim = (mp__claim){ .slot = slot,
                          .generation = mp__word_generation(word),
                          .worker = worker,
                          .item = mp__word_item(word) };
    return state;
}

/* The word of `claim`: from one state to another, with `next` in hand. */
static bool move(mp__task_table *table, const mp__claim *claim,
                 enum mp__task_state from, enum mp__task_state to,
                 uint32_t next)
{
    uint64_t word =
        mp__task_word_of(from, claim->worker, claim->item, claim->generation);

    return atomic_compare_exchange_strong(
        &table->lines[claim->slot].word, &word,
        mp__task_word_of(to, claim->worker, next, claim->generation));
}

bool mp__task_table_commit(mp__task_table *table, mp__claim *claim,
                           uint32_t next, bool last)
{
    MP_KILL_POINT("commit.begun");
    if (!move(table, claim, MP__TASK_RUNNING,
              last ? MP__TASK_ENDED : MP__TASK_RUNNING, next)) { /* W8 */
        MP_KILL_POINT("commit.lost");
        return false;
    }
    MP_KILL_POINT("commit.won");
    claim->item = next;
    return true;
}

/* R2 with no item in it. */
static uint64_t done_of(const mp__claim *claim)
{
    return (uint64_t)claim->slot << 48 | claim->generation;
}

mp__run_line mp__task_table_run_line(mp__task_table *table,
                                     const mp__claim *claim)
{
    return (mp__run_line){ .done = &table->hands[claim->worker].done,
                           .claim = done_of(claim),
                           .asked = &table->lines[claim->slot].asked };
}

uint32_t mp__task_table_reached(const mp__task_table *table,
                                const mp__claim *claim)
{
    uint64_t done = atomic_load_explicit(&table->hands[claim->worker].done,
                                         memory_order_acquire);

    uint32_t item = mp__word_item(done);

    return (done & ~ITEM_MASK) == done_of(claim) && item > claim->item
               ? item
               : claim->item;
}

bool mp__task_table_advance(mp__task_table *table, mp__claim *claim,
                            enum mp__task_state from, uint32_t next, bool last)
{
    MP_KILL_POINT("advance.begun");
    if (!move(table, claim, from, last ? MP__TASK_ENDED : from, next)) {
        return false; /* S4: the owner has frozen it */
    }
    MP_KILL_POINT("advance.won");
    claim->item = next;
    return true;
}

bool mp__task_table_give_up(mp__task_table *table, const mp__claim *claim)
{
    bool won;

    MP_KILL_POINT("give_up.begun");
    won = move(table, claim, MP__TASK_RUNNING, MP__TASK_LIMITED,
               claim->item); /* W11 */
    MP_KILL_POINT("give_up.won");
    return won;
}

bool mp__task_table_condemn(mp__task_table *table, const mp__claim *claim,
                            enum mp__task_state to)
{
    bool won;

    MP_KILL_POINT("condemn.begun");
    won = move(table, claim, MP__TASK_RUNNING, to, claim->item); /* S1 */
    MP_KILL_POINT_IF(won, "condemn.won");
    return won;
}

bool mp__task_table_settle(mp__task_table *table, mp__claim *claim,
                           enum mp__task_state from, uint32_t next, bool last)
{
    bool won;

    MP_KILL_POINT("settle.begun");
    won = move(table, claim, from, last ? MP__TASK_ENDED : MP__TASK_HELD,
               next); /* S5 */
    MP_KILL_POINT_IF(won, "settle.won");
    return won;
}

bool mp__task_table_retry(mp__task_table *table, const mp__claim *claim,
                          enum mp__task_state from, int32_t pid)
{
    uint32_t deaths = mp__task_table_attempt(table, claim);
    bool won;

    MP_KILL_POINT("retry.begun");
    atomic_store(&table->lines[claim->slot].dead, pid); /* S5: before HELD */
    atomic_store(&table->lines[claim->slot].attempts,
                 (uint64_t)claim->item << 32 | deaths); /* S5: before HELD */
    MP_KILL_POINT("retry.counted");
    won = move(table, claim, from, MP__TASK_HELD, claim->item); /* S5 */
    MP_KILL_POINT_IF(won, "retry.held");
    return won;
}

bool mp__task_table_inherit(mp__task_table *table, uint32_t worker,
                            mp__claim *claim)
{
    bool won;

    if (mp__task_table_in_hand(table, worker, claim) != MP__TASK_HELD) {
        return false;
    }
    MP_KILL_POINT("inherit.begun");
    won = move(table, claim, MP__TASK_HELD, MP__TASK_RUNNING,
               claim->item); /* W0 */
    MP_KILL_POINT_IF(won, "inherit.won");
    return won;
}

void mp__task_table_wake_all(mp__task_table *table)
{
    MP_KILL_POINT("wake_all.begun");
    (void)atomic_fetch_and(&table->control->otail, ~SLEEPERS); /* S6 */
    MP_KILL_POINT("wake_all.unmarked");
    (void)mp__park_wake(mp__task_sleep_word(table), MP__PARK_ALL);
    MP_KILL_POINT("wake_all.done");
}

bool mp__task_table_is_closed(const mp__task_table *table)
{
    return (atomic_load(&table->control->otail) & CLOSED) != 0;
}

bool mp__task_table_has_queued(const mp__task_table *table)
{
    uint64_t tail = atomic_load(&table->control->otail) >> POSITION_SHIFT;
    uint64_t head = atomic_load(&table->control->ohead);

    for (; is_between(table, head, tail); head++) {
        if (mp__word_state(mp__task_table_word(
                table, atomic_load(mp__task_order_at(table, head)))) ==
            MP__TASK_READY) {
            return true;
        }
    }
    return false;
}

void mp__task_table_wake_one(mp__task_table *table)
{
    if ((atomic_load(&table->control->otail) & SLEEPERS) != 0 &&
        mp__task_table_has_queued(table)) {
        (void)mp__park_wake(mp__task_sleep_word(table), 1);
    }
}
