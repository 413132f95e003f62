/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * bundles.c -- items that were to go singly, put together and taken apart
 *
 * Chunks of one are asked for so that no item waits behind another. Where
 * items take less than a microsecond, handing each out costs ten times that,
 * so as many go together as take some 20 us by what the last ones took. When
 * an item of a bundle is still in hand after a millisecond, the owner takes
 * back those behind it (shared/bundle.c), hands them out one by one, and takes
 * in how those before it ended, which its worker has not told yet.
 *
 * Only the owner does that, so it bundles for calls in which it is there to
 * see: map and the iterators, not map_async, nor where somebody polls the
 * pool's descriptor. And only where a bundle differs from its items in nothing
 * that can be seen: no limit, no retries, no accounting, workers that stay,
 * arguments and results of a few plain bytes.
 */
#include "pool/owner/bundles.h"

#include "platform/chaos.h"
#include "platform/clock.h"
#include "pool/owner/backlog.h"
#include "pool/owner/collect.h"

#include <string.h>

#define ITEMS_MOST   64
#define BYTES_MOST   ((size_t)256) /* of one argument or result */
#define BUNDLE_LASTS (20 * MP__US)
#define FLIES        (MP__US / 2) /* an item of all: who is awake does them */
#define WIDE_FROM    16 /* items of a bundle; for more there must be more */
#define WIDER        4  /* times as far ahead */
#define ROUND        64 /* items, after which their time is looked at, */
#define ROUND_FIRST  16 /* or fewer, as long as bundles may grow */
#define STUCK_AFTER  MP__MS
#define SHARES       4 /* bundles for each worker, at the least */

static bool is_small_and_plain(const mp__chunk *task)
{
    return mp__chunk_argument_is_plain(task) &&
           mp__chunk_result_is_plain(task) &&
           (!task->has_result || task->result.release == NULL) &&
           mp__chunk_argument_size(task) <= BYTES_MOST &&
           mp__chunk_result_size(task) <= BYTES_MOST;
}

void mp__bundles_begin(const mp_pool *pool, mp__batch *batch)
{
    batch->bundles =
        batch->chunk_size == 1 && batch->count > 1 &&
        batch->sink != MP__SINK_STORED && !pool->is_inline && !pool->watched &&
        batch->work->chunk.limit_ms == 0 && batch->work->chunk.retries == 0 &&
        !pool->core.account && pool->core.tasks_per_worker == 0 &&
        is_small_and_plain(&batch->work->chunk) && !mp__chaos_is_on();
    if (batch->bundles) {
        batch->round =
            (mp__round){ .since = mp__clock_ns(), .each = INT64_MAX };
    }
}

/* How many items last as long as a bundle may. Each takes at most the time in
 * which all workers together end one; of two rounds the shorter, for somebody
 * else may have had the CPU in the other. */
static uint32_t learn(mp_pool *pool, mp__batch *batch)
{
    size_t ended = batch->ended - batch->round.ended;
    int64_t now = mp__clock_ns();
    int64_t took =
        (now - batch->round.since) * pool->core.workers / (int64_t)ended;
    int64_t each = took < batch->round.each ? took : batch->round.each;
    int64_t fit = each <= 0 ? ITEMS_MOST : BUNDLE_LASTS / each;

    batch->round =
        (mp__round){ .since = now, .ended = batch->ended, .each = took };
    pool->bundles_fly = each <= FLIES * pool->core.workers;
    fit =
        fit < 2 * (int64_t)batch->together ? fit : 2 * (int64_t)batch->together;
    fit = fit < ITEMS_MOST ? fit : ITEMS_MOST;
    return fit < 1 ? 1 : (uint32_t)fit;
}

/* There must be some bundles for each worker, so that all have some. */
static void look_farther(mp__batch *batch)
{
    if (batch->widens && batch->together > WIDE_FROM) {
        batch->widens = false;
        (void)mp__batch_widen(batch, WIDER * batch->look_ahead);
    }
}

void mp__bundle_size(mp_pool *pool, mp__batch *batch)
{
    size_t open;
    size_t share;

    if (batch->ended - batch->round.ended >=
        (batch->together < ITEMS_MOST ? ROUND_FIRST : ROUND)) {
        batch->together = learn(pool, batch);
        look_farther(batch);
    }
    open = batch->sink == MP__SINK_DIRECT ? batch->count - batch->taken
                                          : batch->look_ahead;
    share = open / (SHARES * (size_t)pool->core.workers);
    share = pool->watched || share < 1 ? 1 : share;
    batch->chunk_size =
        share < batch->together ? (uint32_t)share : batch->together;
}

/* Where the arguments of a bundle lie, `size` bytes each. */
static const unsigned char *arguments_in(const mp_pool *pool, uint32_t slot,
                                         size_t size)
{
    const mp__chunk *chunk = mp__task_table_body(pool->core.table, slot);

    return pool->uses[slot].bundled * size <= MP__CHUNK_SMALL
               ? chunk->small
               : (const unsigned char *)chunk + MP__CHUNK_HEAD;
}

static void let_go(mp__waiting *singles)
{
    mp__waiting *next;

    for (; singles != NULL; singles = next) {
        next = singles->next;
        mp__waiting_free(singles);
    }
}

/* A waiting chunk for each item from `from` on; as many as there is memory
 * for, the last ones first. */
static mp__waiting *make_singles(mp_pool *pool, const mp__slot_use *use,
                                 uint32_t from)
{
    size_t size = mp__chunk_argument_size(&use->batch->work->chunk);
    mp__waiting *first = NULL;
    mp__waiting *one;
    uint32_t i;

    for (i = use->count; i > from; i--) {
        one = mp__waiting_make(pool, use->batch, use->first + i - 1, 1, size);
        if (one == NULL) {
            break;
        }
        one->next = first;
        first = one;
    }
    return first;
}

/* Those before item `from` have their worker; the others wait for a slot. */
static void let_wait(mp_pool *pool, uint32_t slot, mp__waiting *singles,
                     uint32_t from)
{
    mp__slot_use *use = &pool->uses[slot];
    mp__waiting *one;
    uint32_t item;

    while (singles != NULL) {
        one = singles;
        singles = one->next;
        one->next = NULL;
        item = (uint32_t)(one->first - use->first);
        if (item < from) {
            mp__waiting_free(one);
            continue;
        }
        if (one->size > 0 && !use->batch->arguments_seen) {
            memcpy(one->bytes,
                   arguments_in(pool, slot, one->size) + item * one->size,
                   one->size);
        }
        mp__waiting_append(pool, one);
    }
    use->count = from;
}

/* Can `from` be the first item behind the one in hand? Somebody may have
 * overwritten the word at any moment. */
static bool is_possible(const mp__slot_use *use, uint32_t from)
{
    return from > use->ended && from >= use->told && from < use->count;
}

/* P2 */
static void take_apart(mp_pool *pool, uint32_t slot, mp__bundle *bundle)
{
    mp__slot_use *use = &pool->uses[slot];
    uint32_t from = mp__bundle_at(bundle) + 1;
    mp__waiting *singles = make_singles(pool, use, from);

    if (singles == NULL || singles->first != use->first + from ||
        !mp__bundle_take_back(bundle, &from)) {
        let_go(singles); /* no memory, or it has moved on: another time */
    } else if (is_possible(use, from)) {
        let_wait(pool, slot, singles, from);
    } else {
        let_go(singles);
        pool->damaged = true;
    }
    use->batch->together = 1;
}

/* An item of it has been in hand for a while: nothing waits for that one. */
static void relieve(mp_pool *pool, uint32_t slot, mp__bundle *bundle,
                    uint64_t word)
{
    if (mp__bundle_at(bundle) + 1 < pool->uses[slot].count &&
        !mp__task_table_has_asked(pool->core.table, slot)) {
        take_apart(pool, slot, bundle);
    }
    if (mp__word_worker(word) < pool->core.workers) {
        mp__deliver_early(pool, mp__word_worker(word));
    }
}

/* The bundle of `slot`, which has one. False: somebody has overwritten it. */
static bool find_bundle(mp_pool *pool, uint32_t slot, mp__bundle *bundle)
{
    const mp__slot_use *use = &pool->uses[slot];

    *bundle = mp__task_table_bundle(pool->core.table, slot, use->generation);
    if (bundle->word == NULL || mp__bundle_end(bundle) != use->count) {
        pool->damaged = true; /* the next step ends the pool */
        return false;
    }
    return true;
}

static void look_at(mp_pool *pool, uint32_t slot)
{
    mp__slot_use *use = &pool->uses[slot];
    uint64_t word = mp__task_table_word(pool->core.table, slot);
    enum mp__task_state state = mp__word_state(word);
    uint32_t seen_at = use->seen_at;
    mp__bundle bundle;

    if (find_bundle(pool, slot, &bundle) &&
        (state == MP__TASK_RUNNING || state == MP__TASK_HELD)) {
        use->seen_at = mp__bundle_at(&bundle) + 1;
        if (use->seen_at == seen_at) {
            relieve(pool, slot, &bundle, word);
        }
    }
}

void mp__bundles_end(mp_pool *pool)
{
    uint32_t slots = mp__task_table_slots(pool->core.table);
    mp__bundle bundle;
    uint32_t slot;

    for (slot = 0; slot < slots; slot++) {
        if (pool->uses[slot].bundled > 0 && find_bundle(pool, slot, &bundle)) {
            relieve(pool, slot, &bundle,
                    mp__task_table_word(pool->core.table, slot));
        }
    }
}

int mp__bundles_nap(mp_pool *pool, int ms)
{
    if (pool->bundles == 0) {
        return ms;
    }
    pool->bundle_nap = pool->bundle_nap < 1 ? 1 : 2 * pool->bundle_nap;
    if (pool->bundle_nap > ms && ms >= 0) {
        pool->bundle_nap = ms;
    }
    return pool->bundle_nap;
}

void mp__bundles_look(mp_pool *pool)
{
    int64_t now = pool->bundles == 0 || pool->over ? 0 : mp__clock_ns();
    uint32_t slots;
    uint32_t slot;

    if (now == 0 || now - pool->bundles_looked < STUCK_AFTER) {
        return;
    }
    pool->bundles_looked = now;
    mp__task_table_wake_spared(pool->core.table);
    slots = mp__task_table_slots(pool->core.table);
    for (slot = 0; slot < slots; slot++) {
        if (pool->uses[slot].bundled > 0) {
            look_at(pool, slot);
        }
    }
}
