/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * bundle.c -- items that go together, until their owner takes some back
 *
 * Who asks for chunks of one wants an item that takes long to hold up no
 * other. Where items are so short that handing them out costs more, the owner
 * puts some together in one task by itself, a bundle; and when one of them
 * does take long, it takes those behind it back and hands them out singly.
 * One word, beside that of the task, says who has which:
 *
 *   at:16 | end:16 | generation:32      items up to `at` are their worker's,
 *                                       those from `end` on the owner's
 *   P1  reach: CAS at -> at + 1 < end, before that item is begun
 *   P2  take back: CAS end -> at + 1
 *
 * The item in hand stays with its worker, also where it is not yet begun. When
 * P1 fails there is no further item and never will be, so what has then ended
 * was the last: whoever decides that asks P1 first, worker and supervisor.
 *
 * Killed where, and what is left:
 *   worker before P1   the supervisor does it for the dead, before it decides
 *   after P1           that item is in hand, begun or not, and ends with it
 *   owner after P2     its death ends the pool
 *
 * The word is one atomic, and both only ever move it on: the owner cannot take
 * what its worker has, nor the other way round. Model: bundle.pml.
 */
#include "shared/bundle.h"

#include "platform/kill_point.h"

bool mp__bundle_reach(mp__bundle *bundle, uint32_t next)
{
    bool won = false;

    while (next < mp__bundle_end(bundle) && next > mp__bundle_at(bundle) &&
           !won) {
        MP_KILL_POINT("bundle.reaching");
        won = atomic_compare_exchange_strong(
            bundle->word, &bundle->seen,
            bundle->seen + mp__bundle_word(1, 0, 0)); /* P1 */
        bundle->seen += won ? mp__bundle_word(1, 0, 0) : 0;
        MP_KILL_POINT_IF(won, "bundle.reached");
    }
    return next <= mp__bundle_at(bundle) && next < mp__bundle_end(bundle);
}

bool mp__bundle_take_back(mp__bundle *bundle, uint32_t *from)
{
    uint64_t less;

    MP_KILL_POINT("bundle.taking_back");
    do {
        *from = mp__bundle_at(bundle) + 1;
        if (*from >= mp__bundle_end(bundle)) {
            return false;
        }
        less = mp__bundle_word(*from - 1, *from, (uint32_t)bundle->seen);
    } while (!atomic_compare_exchange_weak(bundle->word, &bundle->seen,
                                           less)); /* P2 */
    bundle->seen = less;
    MP_KILL_POINT("bundle.taken_back");
    return true;
}
