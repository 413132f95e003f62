/*
 * outbox.c -- a ring of records from one worker slot to the owner
 *
 *   W6  wait for room: this record, and one for the writer's own death
 *   W7  write the record beyond the tail, `position` last
 *   W8  commit: CAS of the task's word, see task_table.c
 *   W9  publish: store the tail
 *   O6  read up to the tail, store the head
 *
 * Many small items of one task can have one record, a run:
 *
 *   R1  write a record without items at the tail, and seal it
 *   R2  after each item: its result into the record, then done[w] = the next
 *   R3  say in the record where the run ends, then W8 for all of it, and W9
 *
 * Killed after R1 or R2: nothing is committed, but what done[w] says is over
 * lies complete in the record at the tail, so the supervisor does R3 for the
 * dead (S4) before it settles the item that he was at. The supervisor dead
 * too: the owner, once it has frozen the word, takes in what R2 says (O14).
 *
 * Killed before W8: garbage beyond the tail; the task is not committed.
 * Between W8 and W9: the record is complete and the word says so. The next
 * holder of the ring finds it: a record at the tail is *unpublished* when its
 * position is the tail, its generation is the task's, the word names this
 * worker and an item beyond the record's first. Positions are absolute and
 * written last, and wiped before anything else of a new record is written, so
 * bytes of an older lap or half a record never match. After W9: the owner reads it, if need be woken by the supervisor.
 * The supervisor's record of a death follows the same order, in the room that
 * every record leaves for it, so it never waits for the owner.
 *
 * Records are whole cache lines and lie in one piece; where one would cross
 * the end of the memory a PAD record fills up to it, and both are published
 * by one store of the tail. What is too long for the ring goes to a file, and
 * the record tells where: see extents.c.
 */
#include "shared/outbox.h"

#include "mp/error.h"
#include "platform/kill_point.h"
#include "platform/map.h"
#include "platform/park.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define RING_BYTES ((uint64_t)256 * 1024)
#define LINE       ((uint64_t)64)
/* For the record of a death, with its cost, and perhaps a PAD before it. */
#define DEATH_ROOM (4 * LINE)

struct ring {
    _Alignas(64) _Atomic uint64_t tail; /* the writer */
    _Alignas(64) _Atomic uint64_t head; /* the owner */
    _Atomic uint32_t starved; /* the writer sleeps for room; cleared by owner */
    _Alignas(64) unsigned char bytes[RING_BYTES];
};

/* What one process keeps for itself of a ring. What it knows of the other's
 * word is a little old, and conservative, so that the line of that word stays
 * with who writes it. */
struct side {
    uint64_t head;       /* the owner: ahead of the shared one */
    uint64_t known_tail; /* the owner */
    uint64_t known_head; /* the writer */
};

struct mp__outbox {
    struct ring *rings; /* [workers], the map */
    size_t map_size;
    uint32_t workers;
    struct side sides[]; /* [workers] */
};

int mp__outbox_create(mp__outbox **outbox, uint32_t workers)
{
    mp__outbox *fresh =
        calloc(1, sizeof(*fresh) + workers * sizeof(struct side));

    if (fresh == NULL) {
        return MP_ENOMEM;
    }
    fresh->workers = workers;
    fresh->map_size = mp__map_round(workers * sizeof(struct ring));
    fresh->rings = mp__map_shared(fresh->map_size);
    if (fresh->rings == NULL) {
        free(fresh);
        return MP_ENOMEM;
    }
    *outbox = fresh;
    return 0;
}

void mp__outbox_destroy(mp__outbox *outbox)
{
    if (outbox == NULL) {
        return;
    }
    mp__map_free(outbox->rings, outbox->map_size);
    free(outbox);
}

static uint64_t record_bytes(size_t payload)
{
    return (sizeof(mp__record) + payload + LINE - 1) & ~(LINE - 1);
}

static uint64_t to_ring_end(uint64_t position)
{
    return RING_BYTES - (position & (RING_BYTES - 1));
}

/* Whole lines, whatever somebody has made of the tail. */
static mp__record *record_at(struct ring *ring, uint64_t position)
{
    return (mp__record *)(void *)(ring->bytes +
                                  (position & (RING_BYTES - LINE)));
}

static size_t cost_bytes(const mp__record *record)
{
    return record->costed != 0 ? sizeof(mp__cost) : 0;
}

unsigned char *mp__record_payload(mp__record *record)
{
    return (unsigned char *)(record + 1) + cost_bytes(record);
}

mp__cost *mp__record_cost(mp__record *record)
{
    return record->costed != 0 ? (mp__cost *)(void *)(record + 1) : NULL;
}

/* What a record takes at `tail`, with the PAD before it. */
static uint64_t bytes_needed(uint64_t tail, size_t payload)
{
    uint64_t record = record_bytes(payload);
    uint64_t left = to_ring_end(tail);

    return record > left ? left + record : record;
}

static bool is_room(uint64_t tail, uint64_t head, size_t payload)
{
    return tail - head <= RING_BYTES &&
           bytes_needed(tail, payload) + DEATH_ROOM <=
               RING_BYTES - (tail - head);
}

bool mp__outbox_has_room(mp__outbox *outbox, uint32_t w, size_t payload)
{
    const struct ring *ring = &outbox->rings[w];
    struct side *side = &outbox->sides[w];
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

    if (!is_room(tail, side->known_head, payload)) {
        side->known_head = atomic_load(&ring->head); /* W6: what O6 stored */
    }
    return is_room(tail, side->known_head, payload);
}

void mp__outbox_wait_room(mp__outbox *outbox, uint32_t w, size_t payload,
                          int64_t deadline)
{
    struct ring *ring = &outbox->rings[w];
    uint64_t head = atomic_load(&ring->head);

    MP_KILL_POINT("outbox.starving");
    atomic_store(&ring->starved, 1);           /* W6 */
    atomic_thread_fence(memory_order_seq_cst); /* against release's fence */
    MP_KILL_POINT("outbox.starved");
    if (!mp__outbox_has_room(outbox, w, payload)) {
        mp__park_wait(mp__park_low_half(&ring->head), (uint32_t)head, deadline);
        MP_KILL_POINT("outbox.unparked");
    }
}

/* What was sealed here and never committed shall not be taken for the record
 * that is being written over it. No position is odd. */
static void unseal(mp__record *record)
{
    atomic_store_explicit(&record->position, 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_release); /* before all other fields */
}

mp__record *mp__outbox_begin(mp__outbox *outbox, uint32_t w, size_t payload)
{
    struct ring *ring = &outbox->rings[w];
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    uint64_t left = to_ring_end(tail);
    mp__record *record = record_at(ring, tail);

    unseal(record);
    if (record_bytes(payload) <= left) {
        return record;
    }
    unseal(record_at(ring, tail + left));
    record->kind = MP__RECORD_PAD;
    MP_KILL_POINT("outbox.padding");
    atomic_store_explicit(&record->position, tail,
                          memory_order_release); /* W7 for the PAD */
    MP_KILL_POINT("outbox.padded");
    return record_at(ring, tail + left);
}

/* Where `record`, begun at `tail`, lies: at the tail or behind a PAD. */
static uint64_t position_of(struct ring *ring, uint64_t tail,
                            const mp__record *record)
{
    return record == record_at(ring, tail) ? tail : tail + to_ring_end(tail);
}

void mp__outbox_seal(mp__outbox *outbox, uint32_t w, mp__record *record)
{
    struct ring *ring = &outbox->rings[w];
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

    MP_KILL_POINT("outbox.sealing");
    atomic_store_explicit(&record->position, position_of(ring, tail, record),
                          memory_order_release); /* W7 */
    MP_KILL_POINT("outbox.sealed");
}

/* Of a record that anybody may have overwritten: never more than fits. */
static size_t run_bytes(uint32_t first, uint32_t end, uint64_t size)
{
    uint64_t items = end > first ? end - first : 0;

    return size > MP__PAYLOAD_MOST || items * size > MP__PAYLOAD_MOST
               ? MP__PAYLOAD_MOST
               : (size_t)(items * size);
}

/* Bytes that the payload of a complete record takes in the ring. */
static size_t payload_in_ring(const mp__record *record)
{
    size_t cost = cost_bytes(record);

    switch (record->kind) {
    case MP__RECORD_RESULT:
    case MP__RECORD_FAULT:
        return cost + (record->size > MP__PAYLOAD_MOST ? MP__PAYLOAD_MOST
                                                       : (size_t)record->size);
    case MP__RECORD_RUN:
        return cost + run_bytes(record->first, record->end, record->size);
    case MP__RECORD_IN_FILE:
        return cost + sizeof(uint64_t);
    default:
        return cost;
    }
}

/* The complete record at `tail`, also behind a PAD; its end is *end. NULL:
 * there is none. */
static mp__record *sealed_at(struct ring *ring, uint64_t tail, uint64_t *end)
{
    mp__record *record = record_at(ring, tail);
    uint64_t position = tail;

    if (atomic_load_explicit(&record->position, memory_order_acquire) !=
            position ||
        record->kind == 0) { /* memory never written reads as position 0 */
        return NULL;
    }
    if (record->kind == MP__RECORD_PAD) {
        position += to_ring_end(tail);
        record = record_at(ring, position);
        if (atomic_load_explicit(&record->position, memory_order_acquire) !=
            position) {
            return NULL;
        }
    }
    *end = position + record_bytes(payload_in_ring(record));
    return record;
}

mp__record *mp__outbox_open_run(mp__outbox *outbox, const mp__claim *claim)
{
    struct ring *ring = &outbox->rings[claim->worker];
    uint64_t end = 0;
    mp__record *record = sealed_at(ring, atomic_load(&ring->tail), &end);

    return record != NULL && record->kind == MP__RECORD_RUN &&
                   record->slot == claim->slot &&
                   record->generation == claim->generation &&
                   record->first == claim->item
               ? record
               : NULL;
}

void mp__outbox_publish(mp__outbox *outbox, uint32_t w)
{
    struct ring *ring = &outbox->rings[w];
    uint64_t end = 0;

    if (sealed_at(ring, atomic_load(&ring->tail), &end) != NULL) {
        MP_KILL_POINT("outbox.publishing");
        atomic_store_explicit(&ring->tail, end, memory_order_release); /* W9 */
        MP_KILL_POINT("outbox.published");
    }
}

/* Was the record at `tail` committed by the task's word? */
static mp__record *committed_at(struct ring *ring, uint64_t tail, uint32_t w,
                                const mp__task_table *table, uint64_t *end)
{
    mp__record *record = sealed_at(ring, tail, end);
    uint64_t word;

    if (record == NULL) {
        return NULL;
    }
    word = mp__task_table_word(table, record->slot);
    return mp__word_generation(word) == record->generation &&
                   mp__word_worker(word) == w &&
                   mp__word_item(word) > record->first
               ? record
               : NULL;
}

void mp__outbox_roll_forward(mp__outbox *outbox, uint32_t w,
                             const mp__task_table *table)
{
    struct ring *ring = &outbox->rings[w];
    uint64_t end = 0;

    if (committed_at(ring, atomic_load(&ring->tail), w, table, &end) != NULL) {
        MP_KILL_POINT("outbox.rolling_forward");
        atomic_store(&ring->tail, end); /* W9, S4 */
        MP_KILL_POINT("outbox.rolled_forward");
    }
}

uint64_t mp__outbox_carried(const mp__outbox *outbox, uint32_t w)
{
    return atomic_load(&outbox->rings[w].tail);
}

uint64_t mp__outbox_read(const mp__outbox *outbox, uint32_t w)
{
    return atomic_load(&outbox->rings[w].head);
}

/* Each field is read once: who scribbles over the ring meanwhile changes what
 * is told, and not what is safe to read. */
static void look_at(mp__record *record, mp__arrival *arrival)
{
    volatile const mp__record *seen = record;

    *arrival = (mp__arrival){
        .slot = seen->slot,
        .generation = seen->generation,
        .first = seen->first,
        .end = seen->end,
        .kind = (enum mp__record_kind)seen->kind,
        .core_dumped = seen->core_dumped != 0,
        .costed = seen->costed != 0,
        .set_aside = seen->set_aside != 0,
        .error = seen->error,
        .status = seen->status,
        .pid = seen->pid,
        .attempt = seen->attempt,
        .size = seen->size,
        .payload = (const unsigned char *)(record + 1),
    };
}

/* Does a record that begins at `position` end by `tail`, in one piece? Then
 * its cost is read, and its payload found. */
static bool measure(mp__arrival *arrival, uint64_t position, uint64_t tail)
{
    uint64_t bytes = arrival->costed ? sizeof(mp__cost) : 0;

    switch (arrival->kind) {
    case MP__RECORD_RESULT:
    case MP__RECORD_FAULT:
        if (arrival->size > MP__PAYLOAD_MOST) {
            return false;
        }
        arrival->payload_size = (size_t)arrival->size;
        break;
    case MP__RECORD_RUN:
        if (arrival->size > MP__PAYLOAD_MOST || arrival->end < arrival->first ||
            (arrival->end - arrival->first) * arrival->size >
                MP__PAYLOAD_MOST) {
            return false;
        }
        arrival->payload_size =
            run_bytes(arrival->first, arrival->end, arrival->size);
        break;
    case MP__RECORD_IN_FILE:
        arrival->payload_size = sizeof(uint64_t);
        break;
    case MP__RECORD_DEATH:
        break;
    default:
        return false;
    }
    bytes = record_bytes((size_t)bytes + arrival->payload_size);
    if (bytes > to_ring_end(position) || bytes > tail - position) {
        return false;
    }
    if (arrival->costed) {
        memcpy(&arrival->cost, arrival->payload, sizeof(arrival->cost));
        arrival->payload += sizeof(arrival->cost);
    }
    arrival->next = position + bytes;
    return true;
}

enum mp__arrived mp__outbox_next(mp__outbox *outbox, uint32_t w,
                                 mp__arrival *arrival)
{
    struct ring *ring = &outbox->rings[w];
    struct side *side = &outbox->sides[w];
    uint64_t position = side->head;
    uint64_t tail = side->known_tail;

    if (position == tail) {
        tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
        side->known_tail = tail;
    }
    if (position == tail) {
        return MP__ARRIVED_NOTHING;
    }
    if (tail - position > RING_BYTES || tail % LINE != 0) {
        return MP__ARRIVED_DAMAGE;
    }
    look_at(record_at(ring, position), arrival);
    if (arrival->kind == MP__RECORD_PAD) {
        position += to_ring_end(position);
        if (position - outbox->sides[w].head >= tail - outbox->sides[w].head) {
            return MP__ARRIVED_DAMAGE; /* never published alone */
        }
        look_at(record_at(ring, position), arrival);
    }
    return measure(arrival, position, tail) ? MP__ARRIVED_RECORD
                                            : MP__ARRIVED_DAMAGE;
}

void mp__outbox_take(mp__outbox *outbox, uint32_t w, const mp__arrival *arrival)
{
    outbox->sides[w].head = arrival->next;
}

void mp__outbox_release(mp__outbox *outbox, uint32_t w)
{
    struct ring *ring = &outbox->rings[w];

    MP_KILL_POINT("outbox.releasing");
    atomic_store_explicit(&ring->head, outbox->sides[w].head,
                          memory_order_release); /* O6 */
    MP_KILL_POINT("outbox.released");
    atomic_thread_fence(memory_order_seq_cst); /* against wait_room's fence */
    if (atomic_load_explicit(&ring->starved, memory_order_relaxed) != 0) {
        MP_KILL_POINT("outbox.feeding");
        atomic_store(&ring->starved, 0); /* O6: before the wake */
        MP_KILL_POINT("outbox.fed");
        (void)mp__park_wake(mp__park_low_half(&ring->head), MP__PARK_ALL);
        MP_KILL_POINT("outbox.woke");
    }
}

/* The open run at `tail`, when items of it are over by R2. */
static mp__record *reached_at(struct ring *ring, uint64_t tail, uint32_t w,
                              const mp__task_table *table, uint32_t *reached)
{
    uint64_t end = 0;
    mp__record *record = sealed_at(ring, tail, &end);
    uint64_t word;
    mp__claim claim;

    if (record == NULL || record->kind != MP__RECORD_RUN) {
        return NULL;
    }
    claim = (mp__claim){ .slot = record->slot,
                         .generation = record->generation,
                         .worker = w,
                         .item = record->first };
    word = mp__task_table_word(table, claim.slot);
    *reached = mp__task_table_reached(table, &claim);
    return mp__word_generation(word) == claim.generation &&
                   mp__word_worker(word) == w &&
                   mp__word_item(word) == claim.item && *reached > claim.item
               ? record
               : NULL;
}

enum mp__arrived mp__outbox_unpublished(mp__outbox *outbox, uint32_t w,
                                        const mp__task_table *table,
                                        mp__arrival *arrival)
{
    struct ring *ring = &outbox->rings[w];
    uint64_t end = 0;
    uint32_t reached = 0;
    mp__record *record =
        committed_at(ring, outbox->sides[w].head, w, table, &end);
    uint64_t position;

    if (record == NULL) {
        record = reached_at(ring, outbox->sides[w].head, w, table, &reached);
    }
    if (record == NULL) {
        return MP__ARRIVED_NOTHING;
    }
    position = position_of(ring, outbox->sides[w].head, record);
    look_at(record, arrival);
    arrival->end = reached > 0 ? reached : arrival->end;
    return measure(arrival, position, position + RING_BYTES)
               ? MP__ARRIVED_RECORD
               : MP__ARRIVED_DAMAGE;
}

bool mp__outbox_is_sound(const mp__outbox *outbox, uint32_t w)
{
    return atomic_load(&outbox->rings[w].head) == outbox->sides[w].head;
}

bool mp__outbox_owes(const mp__outbox *outbox, uint32_t w,
                     const mp__task_table *table, uint32_t slot)
{
    struct ring *ring = &outbox->rings[w];
    uint64_t end = 0;
    mp__record *record;

    if (atomic_load(&ring->tail) != outbox->sides[w].head) {
        return true;
    }
    record = committed_at(ring, outbox->sides[w].head, w, table, &end);
    return (record != NULL && record->slot == slot) ||
           atomic_load(&ring->tail) !=
               outbox->sides[w].head; /* just published */
}

bool mp__outbox_has_news_of(const mp__outbox *outbox, uint32_t w)
{
    return atomic_load(&outbox->rings[w].head) !=
           atomic_load(&outbox->rings[w].tail);
}

bool mp__outbox_has_news(const mp__outbox *outbox)
{
    uint32_t w;

    for (w = 0; w < outbox->workers; w++) {
        if (atomic_load_explicit(&outbox->rings[w].tail,
                                 memory_order_acquire) !=
            outbox->sides[w].head) {
            return true;
        }
    }
    return false;
}
