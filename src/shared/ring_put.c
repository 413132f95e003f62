/*
 * ring_put.c -- the side of a ring where messages go in
 *
 * Steps P1 to P6 of ring.c, all of P2 to P4 under `producers`.
 */
#include "shared/ring_parts.h"

#include "mp/error.h"
#include "platform/clock.h"
#include "platform/file.h"
#include "platform/kill_point.h"

#include <errno.h>
#include <string.h>

#define LOOK ((uint64_t)64 * 1024)

/* Has HEAD still to pass the message that was put where the lap before had
 * ended? What is known of HEAD may be old: then it is said too long. */
static bool is_spilled(const struct mp__ring_shared *shared, uint64_t head,
                       uint64_t tail)
{
    uint64_t first = mp__ring_items_of(head);

    return shared->spill != 0 &&
           mp__ring_offset_of(tail) >= mp__ring_offset_of(head) &&
           ((shared->spill - 1 - first) & ITEMS_MASK) <
               mp__ring_items_between(head, tail);
}

static uint64_t bytes_queued(const mp__ring *ring, uint64_t head, uint64_t tail)
{
    const struct mp__ring_shared *shared = ring->shared;
    uint64_t from = mp__ring_offset_of(head);
    uint64_t to = mp__ring_offset_of(tail);

    if (to < from) {
        return shared->lap_end - from + to;
    }
    if (!is_spilled(shared, head, tail)) {
        return to - from;
    }
    return to - (shared->lap_end + HEADER) + shared->spill_at - from +
           (from > shared->spill_at ? shared->lap_end : 0);
}

/* Where a record of `need` bytes can go; false: nowhere yet. P2. */
static bool find_room(const mp__ring *ring, uint64_t head, uint64_t tail,
                      uint64_t need, uint64_t *place)
{
    uint64_t from = mp__ring_offset_of(head);
    uint64_t to = mp__ring_offset_of(tail);
    uint64_t count = mp__ring_items_between(head, tail);
    bool fits_behind = to < from ? need < from - to : need <= ring->room - to;

    if (count >= ring->max_items) {
        return false;
    }
    if (count > 0 && bytes_queued(ring, head, tail) + need > ring->max_bytes) {
        return false; /* a larger one goes in alone */
    }
    *place = to;
    if (to < from && !fits_behind) {
        *place = (ring->shared->lap_end & OFFSET_MASK) + HEADER; /* spill */
        return *place <= ring->room && need <= ring->room - *place;
    }
    if (to >= from && need < from && !is_spilled(ring->shared, head, tail) &&
        (to >= WARM || !fits_behind)) {
        *place = 0; /* turn back to warm memory */
        return true;
    }
    return fits_behind;
}

/* P3 for a record that does not go where TAIL stands: say there where. */
static void lead_to(mp__ring *ring, uint64_t tail, uint64_t place)
{
    struct mp__ring_shared *shared = ring->shared;
    uint64_t mark = mp__ring_header_of(KIND_WRAP, place);

    if (place == 0) {
        shared->spill = 0;
        shared->lap_end = mp__ring_offset_of(tail);
        MP_KILL_POINT("ring_put.lap_ended");
    } else {
        shared->spill_at = mp__ring_offset_of(tail);
        shared->spill = mp__ring_items_of(tail) + 1;
        MP_KILL_POINT("ring_put.spilling");
    }
    memcpy(shared->records + mp__ring_offset_of(tail), &mark, HEADER);
    MP_KILL_POINT("ring_put.wrapped");
}

/* P3: write the record at `place`. */
static void write_record(mp__ring *ring, uint64_t tail, uint64_t place,
                         uint64_t header, const void *bytes, size_t size)
{
    struct mp__ring_shared *shared = ring->shared;
    uint64_t end = place + mp__ring_record_size(size);

    if (place != mp__ring_offset_of(tail)) {
        lead_to(ring, tail, place);
    } else if (shared->spill == mp__ring_items_of(tail) + 1) {
        shared->spill = 0; /* who meant to spill this one was killed */
    }
    if (end + HEADER > atomic_load(&shared->touched)) {
        atomic_store(&shared->touched, end + HEADER); /* P3: before the bytes */
        MP_KILL_POINT("ring_put.touched");
    }
    memcpy(shared->records + place, &header, HEADER);
    MP_KILL_POINT("ring_put.header_written");
    if (size > 0) {
        memcpy(shared->records + place + HEADER, bytes, size);
    }
}

/* A message in hand, on its way in. */
struct outgoing {
    const void *bytes;
    size_t size;
    bool to_file;  /* it is too large for one piece of the ring's memory */
    uint64_t head; /* where HEAD stood when there was no room */
};

/* Beyond the warm memory HEAD is looked at every so often even where there is
 * room: it may have left the start, and warm memory is worth the look. So it
 * is while there is memory to give back: it may have come to the end. */
static bool is_look_due(uint64_t place, uint64_t need, bool cold)
{
    return (cold || place + need >= WARM) &&
           place / LOOK != (place + need) / LOOK;
}

/* P2 for a record of `need` bytes: where it goes, or -EAGAIN, or MP_EBROKEN
 * when the words are not what a ring's words can be. Looks at HEAD when what is
 * known of it is not enough. */
static int choose_place(mp__ring *ring, struct outgoing *out, uint64_t tail,
                        uint64_t need, uint64_t *place)
{
    struct mp__ring_shared *shared = ring->shared;
    bool cold = mp__ring_has_cold_memory(ring);
    bool in_file =
        atomic_load_explicit(&shared->in_file, memory_order_relaxed) != 0;

    out->head = shared->known_head;
    if (!mp__ring_words_fit(ring, out->head, tail)) {
        return MP_EBROKEN;
    }
    if (!in_file && !out->to_file &&
        find_room(ring, out->head, tail, need, place) &&
        !is_look_due(*place, need, cold)) {
        return 0;
    }
    out->head = atomic_load(&shared->head); /* P2: what C4 gave back */
    shared->known_head = out->head;
    if (!mp__ring_words_fit(ring, out->head, tail)) {
        return MP_EBROKEN;
    }
    if (!is_spilled(shared, out->head, tail)) {
        shared->spill = 0; /* long before the number comes again */
    }
    if (mp__ring_items_between(out->head, tail) == 0) {
        if (cold) {
            mp__ring_give_back(ring);
        }
    } else if (out->to_file || in_file) {
        /* A message in the file is alone: `in_file` is taken back only when
         * the ring is empty, as it was before such a message went in. */
        return -EAGAIN;
    }
    return find_room(ring, out->head, tail, need, place) ? 0 : -EAGAIN;
}

/* P2 to P4 with `producers` held: 0; -EAGAIN, no room; -ESTALE, the guard is
 * not ours any more; MP_ECLOSED; or an error of the file. */
static int put_locked(mp__ring *ring, struct outgoing *out, uint64_t *tail)
{
    struct mp__ring_shared *shared = ring->shared;
    bool file = out->to_file;
    uint64_t size = file ? sizeof(size) : out->size;
    uint64_t long_size = out->size;
    uint64_t place = 0;
    int error;

    MP_KILL_POINT("ring_put.locked");
    *tail = atomic_load(&shared->tail); /* P2 */
    if ((*tail & SHUT) != 0) {
        return MP_ECLOSED;
    }
    error = choose_place(ring, out, *tail, mp__ring_record_size(size), &place);
    if (error < 0) {
        return error;
    }
    if (file) {
        atomic_store(&shared->in_file, 1); /* first: a death leaves a trace */
        MP_KILL_POINT("ring_put.file_marked");
        error = mp__file_write(ring->file, 0, out->bytes, out->size);
        if (error < 0) {
            return error;
        }
        MP_KILL_POINT("ring_put.file_written");
    }
    write_record(ring, *tail, place,
                 mp__ring_header_of(file ? KIND_FILE : KIND_BYTES, size),
                 file ? &long_size : out->bytes, (size_t)size);
    MP_KILL_POINT("ring_put.committing");
    error = mp__ring_commit(
        &shared->tail, tail,
        mp__ring_word_after(*tail, place + mp__ring_record_size(size)), SHUT);
    MP_KILL_POINT_IF(error == 0, "ring_put.committed");
    return error;
}

int mp__ring_put(mp__ring *ring, const void *bytes, size_t size,
                 int64_t deadline)
{
    struct mp__ring_shared *shared = ring->shared;
    struct outgoing out = { .bytes = bytes,
                            .size = size,
                            .to_file = size > ring->room / 2 - 2 * HEADER };
    uint64_t tail = 0;
    uint64_t wide = size; /* where size_t has 32 bits none is too large */
    int error;

    if (wide > SIZE_MASK) {
        return MP_EINVAL;
    }
    for (;;) {
        error = mp__ring_lock(ring, &shared->producers, &deadline); /* P1 */
        if (error < 0) {
            return error;
        }
        error = put_locked(ring, &out, &tail);
        if (error == -ESTALE) {
            error = mp__ring_stale(&shared->producers);
        }
        if (error == -ESTALE) {
            continue;
        }
        (void)mp__guard_release(&shared->producers); /* P5 */
        if (error != -EAGAIN) {
            break;
        }
        MP_KILL_POINT("ring_put.no_room");
        deadline = mp__deadline_begin(deadline);
        if (mp__deadline_passed(deadline)) {
            return MP_ETIMEDOUT;
        }
        mp__ring_wait_for_move(ring, &shared->head, out.head, deadline);
    }
    if (error == MP_EBROKEN) {
        return mp__ring_break(ring);
    }
    if (error == 0) {
        MP_KILL_POINT("ring_put.released");
        mp__ring_wake_sleepers(&shared->tail, tail); /* P6 */
        MP_KILL_POINT("ring_put.woke");
        mp__ring_raise(ring);
        MP_KILL_POINT("ring_put.done");
    }
    return error;
}
