/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * task_table.c -- one word per task decides its end
 *
 * Here: the table, and what its owner does. task_table_run.c: what workers and
 * supervisor do.
 *
 *   word = state:4 | worker:12 | item:16 | generation:32
 *
 *   FREE --owner--> READY --worker--> RUNNING|w|0 --w--> RUNNING|w|1 .. ENDED
 *                     |                |   |   ^                       |
 *                   owner   supervisor v   |   | replacement of w    owner
 *                     v   LIMITED|w|i or   v   |                       v
 *                   ENDED CANCELED|w|i -> HELD|w|i or i+1, or ENDED  FREE
 *                                          owner: -> ENDED
 *
 * The word holds the number of the item in hand, so that one CAS both ends
 * item i and starts item i+1, and whoever may end an item competes for that
 * item and nothing else. Steps, named as in the comments below:
 *
 *   O2  store READY|generation+1      O3  order[position] = slot, and the same
 *                                         in newest[position]
 *   O4  otail + as many, and look at `sleepers` in the value replaced
 *   O5  wake as many; nobody slept: clear `sleepers`, then wake all.
 *       Sparing: nobody, while few tasks wait and some awake[w] is set
 *   P1, P2  who has which item of a bundle: see bundle.c
 *   O11 withdraw: CAS READY -> ENDED, or HELD|w|i -> ENDED|w|i
 *   O12 ask: store asked = generation, then look for HELD once more
 *   O13 freeze: CAS -> BROKEN
 *   W0  inherit: CAS HELD|w|i -> RUNNING|w|i
 *   W2  slot = newest[ohead], if it   W3  hand[w] = slot, then
 *       CAS READY -> RUNNING|w|0      W4  CAS ohead + 1 whatever happened
 *   W8  commit: CAS RUNNING|w|i -> RUNNING|w|next or ENDED
 *   R2  done[w] = slot|next|generation: an item of an open run is over
 *   W5  look at `asked`, then run     W11 give up: CAS RUNNING|w|i -> LIMITED
 *   S4  after R2: CAS RUNNING or CANCELED|w|i -> the same|w|next, or ENDED
 *   S1  condemn: CAS RUNNING|w|i -> LIMITED or CANCELED, and only then kill
 *   S5  settle: CAS RUNNING, LIMITED or CANCELED|w|i -> HELD|w|i+1 or ENDED;
 *       retry: attempts, then CAS -> HELD|w|i; then look at `asked`, and if
 *       the rest is not wanted, CAS HELD|w|i -> ENDED
 *
 * Killed where, and what is left:
 *   owner, anywhere          its death ends the pool
 *   worker before W3's CAS   READY; hand[w] is only an intent, and settles to
 *                            nothing because the word does not name w
 *   between W3 and W4        RUNNING|w|0, ohead behind: the next claimer finds
 *                            the entry taken and moves ohead itself
 *   between W3 and W8        the supervisor settles the item in hand
 *   after W8                 decided; see outbox.c for its record
 *   after R2                 S4 decides for the dead what R2 said is over
 *   after W11                LIMITED: the supervisor settles that
 *   supervisor after S1      LIMITED|w|i: w can commit nothing, and is ended
 *                            by the kernel or by its slices
 *   supervisor inside S5     its death ends the pool; an attempt counted and
 *                            not made is of no matter then
 *   woken in O5, not acting  mp__task_table_wake_all() after every death
 *
 * The slot number of the worker is identity enough: the supervisor alone
 * forks and reaps workers, and settles the dead before it forks the next into
 * the slot. The generation stops whoever looks at a task that has passed on.
 *
 * The clock of an item is 0 when its task is claimed and is set afterwards, or
 * is set for the next item before the commit that takes that in hand. So who
 * reads the word first and the clock second never sees a clock older than the
 * item. `attempts` and `asked` name the item and the generation they are
 * about, and say nothing about later ones. The owner stores `asked` and then
 * wakes the supervisor, the worker reads it after taking an item in hand: all
 * seq_cst, so that one of the two sees it. So do the owner's second look for
 * HELD and the supervisor's at `asked` after it has stored that.
 * awake[w] is cleared before w compares otail for the last time and parks, and
 * set when it is back; its supervisor clears it for the dead, before S6. So who
 * has moved otail and then finds it set knows of a worker that looks at the
 * queue before it sleeps, or whose death wakes all others. It may be stopped,
 * or long in what it has in hand: so who spares looks again, and while it is
 * away, in no call, the supervisor does at the end of each slice.
 * READY is stored before otail moves, so no READY task can be skipped; a
 * stale ohead can only claim a newer READY task, which is legal.
 */
#include "shared/task_table_parts.h"

#include "mp/error.h"
#include "platform/cpu.h"
#include "platform/kill_point.h"
#include "platform/map.h"
#include "platform/park.h"

#include <assert.h>
#include <stdlib.h>

/* So many short tasks may wait for who is awake. */
#define SPARED_MOST 4

/* An odd number of cache lines, so that the bodies of neighbouring slots do
 * not compete for the same places in the caches. */
static size_t body_stride(size_t size)
{
    size_t lines = (size + 63) / 64;

    return (lines | 1) * 64;
}

int mp__task_table_create(mp__task_table **table, uint32_t slots,
                          size_t body_size, uint32_t workers)
{
    mp__task_table *fresh = calloc(1, sizeof(*fresh));
    size_t stride = body_stride(body_size);
    unsigned char *place;
    uint32_t i;

    assert(slots > 0 && (slots & (slots - 1)) == 0);
    assert(slots <= MP__SLOTS_MOST);
    if (fresh == NULL) {
        return MP_ENOMEM;
    }
    fresh->map_size = mp__map_round(
        sizeof(struct mp__task_control) + slots * sizeof(struct mp__task_line) +
        workers * sizeof(struct mp__task_hand) +
        (size_t)2 * slots * sizeof(uint32_t) + 64 + slots * stride);
    fresh->own = calloc(slots, sizeof(*fresh->own));
    place = fresh->own == NULL ? NULL : mp__map_shared(fresh->map_size);
    if (place == NULL) {
        free(fresh->own);
        free(fresh);
        return MP_ENOMEM;
    }
    fresh->control = (struct mp__task_control *)(void *)place;
    fresh->lines = (struct mp__task_line *)(void *)(fresh->control + 1);
    fresh->hands = (struct mp__task_hand *)(void *)(fresh->lines + slots);
    fresh->order = (_Atomic uint32_t *)(void *)(fresh->hands + workers);
    /* 2 * slots entries of 4 bytes: a whole number of lines from 8 slots up,
     * and the 64 spare bytes above make up for fewer. */
    fresh->bodies = (unsigned char *)(fresh->hands + workers) +
                    ((size_t)2 * slots * sizeof(uint32_t) + 63) / 64 * 64;
    fresh->body_size = stride;
    fresh->slots = slots;
    fresh->workers = workers;
    for (i = 0; i < workers; i++) {
        atomic_store(&fresh->hands[i].slot, MP__SLOT_NONE);
    }
    *table = fresh;
    return 0;
}

void mp__task_table_destroy(mp__task_table *table)
{
    if (table == NULL) {
        return;
    }
    mp__map_free(table->control, table->map_size);
    free(table->own);
    free(table);
}

uint32_t mp__task_table_slots(const mp__task_table *table)
{
    return table->slots;
}

void *mp__task_table_body(const mp__task_table *table, uint32_t slot)
{
    return slot < table->slots ? table->bodies + slot * table->body_size : NULL;
}

uint64_t mp__task_table_word(const mp__task_table *table, uint32_t slot)
{
    return mp__task_word_at(table, slot);
}

const _Atomic uint32_t *mp__task_sleep_word(const mp__task_table *table)
{
    return mp__park_low_half(&table->control->otail);
}

/* Entries whose task is no longer READY stay behind when a claimer dies
 * before W4, and when a task is taken back: the owner moves on over them, as
 * any claimer would. */
bool mp__task_table_has_place(mp__task_table *table)
{
    uint64_t all = 2 * (uint64_t)table->slots;
    uint64_t head = table->known_head;
    uint32_t slot;

    if (table->submitted - head < all) {
        return true; /* it only moves on; the line is the workers' */
    }
    head = atomic_load(&table->control->ohead);
    while (table->submitted - head == all) {
        slot = atomic_load(mp__task_order_at(table, head));
        if (mp__word_state(mp__task_table_word(table, slot)) ==
            MP__TASK_READY) {
            return false;
        }
        MP_KILL_POINT("order.passing_over");
        if (atomic_compare_exchange_strong(&table->control->ohead, &head,
                                           head + 1)) {
            head++;
        }
        MP_KILL_POINT("order.passed_over");
    }
    table->known_head = head;
    return table->submitted - head < all; /* else the head is no head */
}

void mp__task_table_prepare(const mp__task_table *table, uint32_t slot)
{
    mp__cpu_fetch_to_write(&table->control->otail);
    mp__cpu_fetch_to_write(table->bodies + slot * table->body_size);
}

uint32_t mp__task_table_queue(mp__task_table *table, uint32_t slot,
                              uint32_t bundled)
{
    struct mp__task_own *own = &table->own[slot];
    uint32_t generation = own->generation + 1;

    *own = (struct mp__task_own){ .position = table->submitted++,
                                  .generation = generation };
    MP_KILL_POINT("submit.begun");
    atomic_store_explicit(&table->lines[slot].attempts, 0,
                          memory_order_relaxed); /* O1: before O2 */
    atomic_store_explicit(&table->lines[slot].asked, 0, memory_order_relaxed);
    atomic_store_explicit(
        &table->lines[slot].bundle,
        bundled == 0 ? 0 : mp__bundle_word(0, bundled, generation),
        memory_order_relaxed);
    MP_KILL_POINT("submit.cleared");
    /* O2 and O3 are seen by whoever sees O4, and an earlier sight of O2 (by a
     * claimer whose head is a lap old) is as good: release is enough. */
    atomic_store_explicit(&table->lines[slot].word,
                          mp__task_word_of(MP__TASK_READY, 0, 0, generation),
                          memory_order_release); /* O2 */
    MP_KILL_POINT("submit.ready");
    atomic_store_explicit(mp__task_order_at(table, own->position), slot,
                          memory_order_release); /* O3 */
    atomic_store_explicit(mp__task_newest_at(table, own->position),
                          (uint64_t)slot << 32 | (uint32_t)own->position,
                          memory_order_release); /* O3 */
    MP_KILL_POINT("submit.ordered");
    return generation;
}

/* O5 */
static void wake(mp__task_table *table, uint64_t count)
{
    int most = count < table->workers ? (int)count : MP__PARK_ALL;

    if (mp__park_wake(mp__task_sleep_word(table), most) == 0) {
        MP_KILL_POINT("submit.nobody_slept");
        (void)atomic_fetch_and(&table->control->otail, ~SLEEPERS); /* O5 */
        MP_KILL_POINT("submit.unmarked");
        (void)mp__park_wake(mp__task_sleep_word(table), MP__PARK_ALL);
    }
    MP_KILL_POINT("submit.woke");
}

/* Of what is announced, how much nobody has claimed yet. */
static uint64_t unclaimed(const mp__task_table *table)
{
    return table->announced - atomic_load(&table->control->ohead);
}

bool mp__task_table_is_awake_below(const mp__task_table *table, uint32_t worker)
{
    uint32_t i;

    for (i = 0; i < worker; i++) {
        if (atomic_load(&table->hands[i].awake) != 0) { /* after O4 */
            return true;
        }
    }
    return false;
}

void mp__task_table_announce(mp__task_table *table, bool sparing)
{
    struct mp__task_control *control = table->control;
    uint64_t count = table->submitted - table->announced;
    uint64_t tail;

    if (count == 0) {
        return;
    }
    table->announced = table->submitted;
    tail = atomic_fetch_add(&control->otail, count << POSITION_SHIFT); /* O4 */
    MP_KILL_POINT("submit.queued");
    if ((tail & SLEEPERS) == 0) {
        return;
    }
    if (!sparing) {
        wake(table, table->unwoken ? unclaimed(table) : count);
        table->unwoken = false;
        return;
    }
    table->unwoken = true;
    if (unclaimed(table) >= count + SPARED_MOST ||
        !mp__task_table_is_awake_below(table, table->workers)) {
        wake(table, 1); /* the next comes later, if it is needed */
    }
}

void mp__task_table_wake_spared(mp__task_table *table)
{
    table->unwoken = table->unwoken && unclaimed(table) > 0;
    if (table->unwoken) {
        wake(table, 1);
    }
}

bool mp__task_table_withdraw(mp__task_table *table, uint32_t slot)
{
    uint64_t word = atomic_load(&table->lines[slot].word);
    bool won;

    MP_KILL_POINT("withdraw.begun");
    won = mp__word_state(word) == MP__TASK_READY &&
          atomic_compare_exchange_strong(
              &table->lines[slot].word, &word,
              mp__task_word_of(MP__TASK_ENDED, 0, 0,
                               mp__word_generation(word))); /* O11 */
    MP_KILL_POINT_IF(won, "withdraw.won");
    return won;
}

bool mp__task_table_withdraw_held(mp__task_table *table, uint32_t slot,
                                  mp__claim *claim)
{
    uint64_t word = atomic_load(&table->lines[slot].word);

    *claim = (mp__claim){ .slot = slot,
                          .generation = mp__word_generation(word),
                          .worker = mp__word_worker(word),
                          .item = mp__word_item(word) };
    /* Worker and item stay: a record that its supervisor has committed and
     * not published is found by them. */
    return mp__word_state(word) == MP__TASK_HELD &&
           atomic_compare_exchange_strong(
               &table->lines[slot].word, &word,
               mp__task_word_of(MP__TASK_ENDED, claim->worker, claim->item,
                                claim->generation)); /* O11 */
}

void mp__task_table_expect(const mp__task_table *table, uint32_t slot)
{
    __builtin_prefetch(&table->lines[slot]);
}

bool mp__task_table_free(mp__task_table *table, uint32_t slot)
{
    uint32_t generation = table->own[slot].generation;
    uint64_t word;

    MP_KILL_POINT("slot.freeing");
    /* Nobody else writes an ENDED word; only this says that it is one. */
    word = atomic_load_explicit(&table->lines[slot].word, memory_order_acquire);
    atomic_store_explicit(&table->lines[slot].word,
                          mp__task_word_of(MP__TASK_FREE, 0, 0, generation),
                          memory_order_relaxed); /* after O6 */
    MP_KILL_POINT("slot.freed");
    return mp__word_state(word) == MP__TASK_ENDED &&
           mp__word_generation(word) == generation;
}

void mp__task_table_ask(mp__task_table *table, uint32_t slot, bool kill)
{
    struct mp__task_own *own = &table->own[slot];

    MP_KILL_POINT("ask.begun");
    own->asked = (kill ? ASKED_KILL : ASKED_DROP) | own->generation;
    atomic_store(&table->lines[slot].asked, own->asked); /* O12 */
    MP_KILL_POINT("ask.asked");
}

bool mp__task_table_has_asked(const mp__task_table *table, uint32_t slot)
{
    return table->own[slot].asked != 0;
}

mp__bundle mp__task_table_bundle(mp__task_table *table, uint32_t slot,
                                 uint32_t generation)
{
    _Atomic uint64_t *word = &table->lines[slot].bundle;
    uint64_t seen = atomic_load(word);

    /* That of an earlier task in this slot has another generation. */
    return (mp__bundle){ .word = seen != 0 && (uint32_t)seen == generation
                                     ? word
                                     : NULL,
                         .seen = seen };
}

void mp__task_table_close(mp__task_table *table)
{
    table->closed = true;
    MP_KILL_POINT("close.begun");
    (void)atomic_fetch_or(&table->control->otail, CLOSED); /* as O4 */
    MP_KILL_POINT("close.told");
    (void)mp__park_wake(mp__task_sleep_word(table), MP__PARK_ALL);
    MP_KILL_POINT("close.woke");
}

uint64_t mp__task_table_freeze(mp__task_table *table, uint32_t slot)
{
    uint64_t word = atomic_load(&table->lines[slot].word);
    uint64_t frozen;

    do {
        if (mp__word_state(word) == MP__TASK_FREE ||
            mp__word_state(word) == MP__TASK_ENDED ||
            mp__word_state(word) == MP__TASK_BROKEN) {
            return word;
        }
        MP_KILL_POINT("freeze.begun");
        /* Worker, item and generation stay: they tell what was committed. */
        frozen =
            mp__task_word_of(MP__TASK_BROKEN, mp__word_worker(word),
                             mp__word_item(word), mp__word_generation(word));
    } while (!atomic_compare_exchange_weak(&table->lines[slot].word, &word,
                                           frozen)); /* O13 */
    MP_KILL_POINT("freeze.frozen");
    return frozen;
}
