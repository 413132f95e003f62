/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * task_audit.c -- does a task table still make sense?
 *
 * Every process of a pool can write to the table, a task by mistake too. No
 * index is taken from it unchecked; but a word overwritten with another
 * possible one leads nobody astray and may leave an owner waiting for an end
 * that nobody will bring. So the owner, while it waits, compares the table
 * with what it knows by itself. What follows from the steps of task_table.c:
 *
 *   - A word in use has the generation of its last submission, and `asked` is
 *     what the owner stored.
 *   - The tail is the number of submissions, and CLOSED is as the owner left
 *     it. The head is not beyond it, nor behind by more than the queue holds.
 *   - READY: its entry in the queue names it, and the head, read *before* the
 *     word, is not past it: W4 moves the head only past what was claimed.
 *   - RUNNING to HELD: `hand` of that worker names the slot: W3 stores it
 *     before the word, and the next is stored after this one has ended.
 *
 * A word that changes between two looks is fine, and looked at next time.
 */
#include "shared/task_table_parts.h"

static bool hand_fits(const mp__task_table *table, uint32_t slot, uint64_t word)
{
    uint32_t w = mp__word_worker(word);

    return w < table->workers && (atomic_load(&table->hands[w].slot) == slot ||
                                  mp__task_table_word(table, slot) != word);
}

bool mp__task_table_is_sound(const mp__task_table *table, uint32_t slot,
                             uint64_t *word)
{
    const struct mp__task_own *own = &table->own[slot];
    uint64_t head = atomic_load(&table->control->ohead);

    *word = mp__task_table_word(table, slot);
    if (mp__word_generation(*word) != own->generation ||
        atomic_load(&table->lines[slot].asked) != own->asked) {
        return false;
    }
    switch (mp__word_state(*word)) {
    case MP__TASK_READY:
        return (int64_t)(head - own->position) <= 0 &&
               atomic_load(mp__task_order_at(table, own->position)) == slot;
    case MP__TASK_RUNNING:
    case MP__TASK_LIMITED:
    case MP__TASK_CANCELED:
    case MP__TASK_HELD:
        return hand_fits(table, slot, *word);
    case MP__TASK_ENDED:
        return true;
    default:
        return false;
    }
}

bool mp__task_table_queue_is_sound(const mp__task_table *table)
{
    uint64_t tail = atomic_load(&table->control->otail);
    uint64_t head = atomic_load(&table->control->ohead);

    return (tail & ~SLEEPERS) == (table->announced << POSITION_SHIFT |
                                  (table->closed ? CLOSED : 0)) &&
           table->submitted - head <= 2 * (uint64_t)table->slots;
}

bool mp__task_table_is_decided(const mp__task_table *table,
                               const mp__claim *claim)
{
    uint64_t word = mp__task_table_word(table, claim->slot);
    enum mp__task_state state = mp__word_state(word);

    return state == MP__TASK_BROKEN ||
           ((state == MP__TASK_LIMITED || state == MP__TASK_CANCELED) &&
            mp__word_worker(word) == claim->worker &&
            mp__word_generation(word) == claim->generation);
}
