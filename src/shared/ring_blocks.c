/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * ring_blocks.c -- large messages of a ring, each in a block of its own
 *
 * A block is a place in the ring's file, mapped by whoever needs it. A message
 * in a block is written by its producer and read by its consumer in place, and
 * under no guard: a short record in the ring (KIND_BLOCK) names the block, so
 * that order, commit and shutdown are those of all records.
 *
 * A claim is room in the queue, and in the ring's memory, for one message that
 * is being written; it counts as the message will. A process has one for its
 * user and one for a put of its own, in the place of its domain slot. Small
 * messages are claimed without a block, written to private memory and copied
 * into the ring by their commit. So nobody waits for a writer but for room,
 * and `held` says to every put whether there is a claim, or a block in the
 * queue, to reckon with.
 *
 *   reserve: R1 take `producers`. R2 room beside all records and claims? else
 *            let go and sleep on HEAD. R3 held = 1, claim = {size, block},
 *            claim.owner = me: the room is ours. R4 maker = me: the block is.
 *            R5 release. R6 reserve memory behind the block, map it.
 *   commit:  R7 take `producers`. R8 maker = the number that the message gets.
 *            P3, P4 of ring.c: the message exists. R9 claim.owner = 0. P5-P7.
 *   abandon: R10 maker = 0, claim.owner = 0: by the owner, with no guard.
 *   borrow:  C1-C3. B1 taker = me. C4: the message is taken. C5, C6.
 *            B2 taker = 0: given back. A get copies at C3 and has no B1, B2.
 *
 * A block is free when its maker is 0, or a dead process, or the number of a
 * message that is not in the ring, and nobody alive is its taker. So nothing
 * is ever freed by a step that a kill could prevent:
 *
 *   before R3 owner  nothing happened; `held` is taken down by the next look.
 *   R3 to R8         claim and block name a dead owner: whoever lacks room
 *                    asks the kernel (R11) and takes both back.
 *   R8 to P4         maker is the number of the next message, and that is not
 *                    in the ring: free. The next put sees `held` and takes it
 *                    down (R12) before it gives that number to its own.
 *   P4 to R9         the message exists; the claim counts it twice until R11.
 *   B1 to C4         the message is in the ring still, and so is its block;
 *                    the next taker writes its own name.
 *   C4 to B2         its number has left the ring and its taker is dead: free.
 *
 * B1 comes before C4, and a producer reads HEAD before the takers: when it sees
 * that a message was taken it sees by whom.
 *
 * Warm memory. The first free block with memory enough is used again, so few
 * are touched; each process keeps its maps of them. What blocks hold beyond
 * twice max_bytes, 256 MiB at most, is given back as soon as one is free (W1
 * maker = me, W2 solid = 0, give back, W3 maker = 0). A death between W1 and W3
 * leaves a block of the dead, with `touched` as it was.
 *
 * What is read from shared memory decides nothing unchecked: a block's number
 * and size must lie inside the block and, before it is mapped, inside the
 * file, which nobody can shorten where it is a memfd.
 */
#include "shared/ring_blocks.h"

#include "mp/error.h"
#include "platform/file.h"
#include "platform/kill_point.h"
#include "platform/map.h"

#define STRIDE     ((uint64_t)1 << 36)
#define BLOCK_MOST ((uint64_t)1 << 48) /* the last block has no next */

#define KEPT_MOST ((uint64_t)256 * 1024 * 1024)

/* Address space that stays mapped while nothing is in hand. */
#define MAPPED_MOST (SIZE_MAX > UINT32_MAX ? (uint64_t)1 << 30 : 128 << 20)

#define STATE_MAKING (UINT64_C(1) << 62)
#define STATE_NUMBER (UINT64_C(2) << 62)
#define VALUE_MASK   ((UINT64_C(1) << 62) - 1)

static uint64_t making(mp__ident self)
{
    return STATE_MAKING | self;
}

static uint64_t numbered(uint64_t number)
{
    return STATE_NUMBER | (number & ITEMS_MASK);
}

static bool is_making(uint64_t maker)
{
    return (maker & ~VALUE_MASK) == STATE_MAKING;
}

static bool is_numbered(uint64_t maker)
{
    return (maker & ~VALUE_MASK) == STATE_NUMBER;
}

static uint64_t offset_of(uint32_t block)
{
    return block * STRIDE;
}

/* As somebody wrote it, but no sum of such sizes runs over. */
static uint64_t bounded(uint64_t size)
{
    return size < BLOCK_MOST ? size : BLOCK_MOST;
}

bool mp__block_fits(uint32_t block, uint64_t size)
{
    return block < MP__BLOCKS &&
           size <= (block == MP__BLOCKS - 1 ? BLOCK_MOST : STRIDE);
}

static uint32_t bound_of(const struct mp__blocks *blocks)
{
    uint32_t bound = atomic_load(&blocks->bound);

    return bound < MP__BLOCKS ? bound : MP__BLOCKS;
}

/* Is the message with this number between HEAD and TAIL? */
static bool is_queued(uint64_t number, uint64_t head, uint64_t tail)
{
    return ((number - mp__ring_items_of(head)) & ITEMS_MASK) <
           mp__ring_items_between(head, tail);
}

/* Room that the record of a claim takes in the ring. */
static uint64_t record_of(uint32_t block, uint64_t size)
{
    return block == MP__NO_BLOCK ? mp__ring_record_size(size) : BLOCK_RECORD;
}

static void add_claims(struct mp__blocks *blocks, const struct mp__claim *own,
                       struct mp__held *held)
{
    unsigned bound = mp__domain_bound();
    struct mp__claim *claim;
    uint64_t size;
    unsigned i;

    for (i = 0; i < bound * MP__LANES; i++) {
        claim = &blocks->claims[i / MP__LANES][i % MP__LANES];
        if (claim == own || atomic_load(&claim->owner) == 0) {
            continue;
        }
        size = bounded(atomic_load(&claim->size));
        held->items++;
        held->bytes += mp__ring_record_size(size);
        held->ring += record_of(atomic_load(&claim->block), size);
    }
}

/* R12 is in here. Bytes beyond their records, which the ring counts itself. */
static uint32_t add_queued(struct mp__blocks *blocks, uint64_t head,
                           uint64_t tail, struct mp__held *held)
{
    uint32_t bound = bound_of(blocks);
    uint32_t found = 0;
    uint32_t block;
    uint64_t maker;
    uint64_t size;

    for (block = 0; block < bound; block++) {
        maker = atomic_load(&blocks->maker[block]);
        if (!is_numbered(maker)) {
            continue;
        }
        if (is_queued(maker & VALUE_MASK, head, tail)) {
            size = bounded(atomic_load(&blocks->size[block]));
            /* One shorter than its record counts as that. */
            size = size < BLOCK_RECORD ? BLOCK_RECORD : size;
            held->bytes += mp__ring_record_size(size) - BLOCK_RECORD;
            found++;
        } else {
            MP_KILL_POINT("blocks.freeing");
            atomic_store(&blocks->maker[block], 0); /* R12 */
            MP_KILL_POINT("blocks.freed");
        }
    }
    return found;
}

void mp__blocks_look(mp__ring *ring, uint64_t head, uint64_t tail,
                     const struct mp__claim *own, struct mp__held *held)
{
    struct mp__ring_shared *shared = ring->shared;

    *held = (struct mp__held){ 0, 0, 0 };
    add_claims(&shared->blocks, own, held);
    if (add_queued(&shared->blocks, head, tail, held) == 0 &&
        held->items == 0 && own == NULL) {
        atomic_store(&shared->held, 0); /* R12 */
        MP_KILL_POINT("blocks.none_held");
    }
}

bool mp__blocks_sweep(mp__ring *ring)
{
    struct mp__blocks *blocks = &ring->shared->blocks;
    unsigned bound = mp__domain_bound();
    struct mp__claim *claim;
    mp__ident owner;
    uint64_t expected;
    uint32_t block;
    bool swept = false;
    unsigned i;

    for (i = 0; i < bound * MP__LANES; i++) {
        claim = &blocks->claims[i / MP__LANES][i % MP__LANES];
        owner = atomic_load(&claim->owner);
        if (owner == 0 || mp__domain_is_alive(owner)) {
            continue;
        }
        MP_KILL_POINT("blocks.sweeping");
        block = atomic_load(&claim->block);
        expected = making(owner);
        if (block < MP__BLOCKS) {
            (void)atomic_compare_exchange_strong(&blocks->maker[block],
                                                 &expected, 0); /* R11 */
            MP_KILL_POINT("blocks.swept_block");
        }
        atomic_store(&claim->owner, 0); /* R11 */
        MP_KILL_POINT("blocks.swept");
        swept = true;
    }
    return swept;
}

/* Nobody makes it and nobody reads it; `ask` the kernel about those named. */
static bool is_free(struct mp__blocks *blocks, uint32_t block, bool ask)
{
    uint64_t maker = atomic_load(&blocks->maker[block]);
    mp__ident taker = atomic_load(&blocks->taker[block]);

    if (is_numbered(maker)) {
        return false; /* of those not in the ring R12 has made 0 */
    }
    if (maker != 0 && is_making(maker) &&
        (!ask || mp__domain_is_alive((mp__ident)(maker & VALUE_MASK)))) {
        return false;
    }
    return taker == 0 || (ask && !mp__domain_is_alive(taker));
}

/* The first free block with memory enough, or the first free one. */
static uint32_t find_below(struct mp__blocks *blocks, uint32_t bound,
                           uint64_t size, bool ask)
{
    uint32_t first = MP__NO_BLOCK;
    uint32_t block;

    for (block = 0; block < bound; block++) {
        if (!mp__block_fits(block, size) || !is_free(blocks, block, ask)) {
            continue;
        }
        if (atomic_load(&blocks->solid[block]) >= size) {
            return block;
        }
        first = first == MP__NO_BLOCK ? block : first;
    }
    return first;
}

uint32_t mp__blocks_find(mp__ring *ring, uint64_t size)
{
    struct mp__blocks *blocks = &ring->shared->blocks;
    uint32_t bound = bound_of(blocks);
    uint32_t block = find_below(blocks, bound, size, false);

    if (block == MP__NO_BLOCK) {
        block = find_below(blocks, bound, size, true);
    }
    if (block == MP__NO_BLOCK) {
        bound = size <= STRIDE ? bound : MP__BLOCKS - 1;
        if (bound < MP__BLOCKS && is_free(blocks, bound, true)) {
            block = bound;
            atomic_store(&blocks->bound, bound + 1); /* before R4 */
            MP_KILL_POINT("blocks.one_more");
        }
    }
    return block;
}

void mp__block_own(mp__ring *ring, uint32_t block, mp__ident self)
{
    atomic_store(&ring->shared->blocks.taker[block], 0);
    MP_KILL_POINT("block.no_taker");
    atomic_store(&ring->shared->blocks.maker[block], making(self)); /* R4, W1 */
    MP_KILL_POINT("block.owned");
}

bool mp__block_number(mp__ring *ring, uint32_t block, mp__ident self,
                      uint64_t size, uint64_t number)
{
    struct mp__blocks *blocks = &ring->shared->blocks;
    uint64_t expected = making(self);

    atomic_store(&blocks->size[block], size);
    MP_KILL_POINT("block.sized");
    if (!atomic_compare_exchange_strong(&blocks->maker[block], &expected,
                                        numbered(number))) { /* R8 */
        return false;
    }
    MP_KILL_POINT("block.numbered");
    return true;
}

void mp__block_free(mp__ring *ring, uint32_t block, mp__ident self,
                    uint64_t number)
{
    uint64_t expected =
        number == MP__NO_NUMBER ? making(self) : numbered(number);

    MP_KILL_POINT("block.freeing");
    (void)atomic_compare_exchange_strong(&ring->shared->blocks.maker[block],
                                         &expected, 0); /* R10, W3 */
    MP_KILL_POINT("block.freed");
}

bool mp__block_is(const mp__ring *ring, uint32_t block, uint64_t number)
{
    return atomic_load(&ring->shared->blocks.maker[block]) == numbered(number);
}

static bool is_lent(const struct mp__loan *loan, uint32_t block)
{
    return loan->owner != 0 && loan->block == block && mp__loan_is_ours(loan);
}

bool mp__block_is_sound(const mp__ring *ring, uint32_t block, uint64_t size)
{
    if (!mp__block_fits(block, size) || is_lent(&ring->reserved, block) ||
        is_lent(&ring->borrowed, block)) {
        return false;
    }
    return mp__block_seen(ring, block, size) != NULL ||
           size <= mp__file_backed(ring->file);
}

/* R6 for the memory of a block of ours. */
int mp__block_fill(mp__ring *ring, uint32_t block, uint64_t size)
{
    struct mp__blocks *blocks = &ring->shared->blocks;
    uint64_t bytes = mp__map_round((size_t)size);
    int error;

    if (atomic_load(&blocks->solid[block]) >= bytes) {
        return 0;
    }
    if (atomic_load(&blocks->touched[block]) < bytes) {
        atomic_store(&blocks->touched[block], bytes); /* before the bytes */
        MP_KILL_POINT("block.touched");
    }
    error = mp__file_reserve(ring->file, offset_of(block), bytes);
    if (error == 0) {
        MP_KILL_POINT("block.filled");
        atomic_store(&blocks->solid[block], bytes);
        MP_KILL_POINT("block.solid");
    }
    return error;
}

void mp__block_unmap(mp__ring *ring, uint32_t block)
{
    struct mp__block_map *map = &ring->maps[block];

    mp__file_unmap(map->at, map->size);
    ring->mapped -= map->size;
    *map = (struct mp__block_map){ NULL, 0 };
}

unsigned char *mp__block_map(mp__ring *ring, uint32_t block, uint64_t size)
{
    struct mp__block_map *map = &ring->maps[block];
    size_t bytes =
        size == 0 ? mp__map_page_size() : mp__map_round((size_t)size);

    if (map->at != NULL && map->size >= bytes) {
        return map->at;
    }
    mp__block_unmap(ring, block);
    map->at = mp__file_map(ring->file, offset_of(block), bytes);
    if (map->at == NULL) {
        return NULL;
    }
    map->size = bytes;
    ring->mapped += bytes;
    return map->at;
}

unsigned char *mp__block_seen(const mp__ring *ring, uint32_t block,
                              uint64_t size)
{
    const struct mp__block_map *map = &ring->maps[block];

    return map->at != NULL && map->size >= size ? map->at : NULL;
}

void mp__block_unneeded(mp__ring *ring, uint32_t block)
{
    if (ring->mapped > MAPPED_MOST) {
        mp__block_unmap(ring, block);
    }
}

int mp__block_write(mp__ring *ring, uint32_t block, const void *bytes,
                    size_t size)
{
    return mp__file_write(ring->file, offset_of(block), bytes, size);
}

int mp__block_read(mp__ring *ring, uint32_t block, void *bytes, size_t size)
{
    return mp__file_read(ring->file, offset_of(block), bytes, size);
}

static uint64_t touched_in_all(const struct mp__blocks *blocks)
{
    uint32_t bound = bound_of(blocks);
    uint64_t sum = 0;
    uint32_t block;

    for (block = 0; block < bound; block++) {
        sum +=
            atomic_load_explicit(&blocks->touched[block], memory_order_relaxed);
    }
    return sum;
}

/* W1 for the last free block with memory that goes beyond `kept`. */
static uint32_t take_surplus(mp__ring *ring, uint64_t kept)
{
    struct mp__blocks *blocks = &ring->shared->blocks;
    struct mp__held held;
    uint32_t block = MP__NO_BLOCK;
    uint32_t i;

    if (mp__guard_acquire(&ring->shared->producers, MP__AT_ONCE,
                          &ring->guard_budget) < 0) {
        return MP__NO_BLOCK;
    }
    MP_KILL_POINT("blocks.trimming");
    mp__blocks_look(ring, atomic_load(&ring->shared->head),
                    atomic_load(&ring->shared->tail), NULL, &held);
    if (touched_in_all(blocks) > kept) {
        for (i = bound_of(blocks); i > 0 && block == MP__NO_BLOCK; i--) {
            if (atomic_load(&blocks->touched[i - 1]) > 0 &&
                is_free(blocks, i - 1, true)) {
                block = i - 1;
            }
        }
    }
    if (block != MP__NO_BLOCK) {
        mp__block_own(ring, block, mp__guard_holder(&ring->shared->producers));
    }
    (void)mp__guard_release(&ring->shared->producers);
    return block;
}

void mp__blocks_trim(mp__ring *ring)
{
    struct mp__blocks *blocks = &ring->shared->blocks;
    uint64_t kept = 2 * ring->max_bytes + WARM;
    mp__ident self;
    uint32_t block;
    uint32_t turns;

    kept = kept < KEPT_MOST ? kept : KEPT_MOST;
    for (turns = 0; turns < MP__BLOCKS; turns++) {
        if (touched_in_all(blocks) <= kept || mp__domain_self(&self) < 0) {
            return;
        }
        block = take_surplus(ring, kept);
        if (block == MP__NO_BLOCK) {
            return;
        }
        MP_KILL_POINT("block.giving_back");
        atomic_store(&blocks->solid[block], 0); /* W2, first */
        MP_KILL_POINT("block.not_solid");
        mp__file_give_back(ring->file, offset_of(block),
                           block == MP__BLOCKS - 1 ? BLOCK_MOST : STRIDE);
        MP_KILL_POINT("block.given_back");
        atomic_store(&blocks->touched[block], 0); /* last: a trace */
        mp__block_free(ring, block, self, MP__NO_NUMBER);
    }
}
