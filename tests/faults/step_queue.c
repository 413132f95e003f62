/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * step_queue.c -- putting into and getting from a queue, step by step
 *
 * What counts: a message whose put has returned is got exactly once, one whose
 * put has not is got once or never, whole; a message that was to be got is got
 * by the victim or by the next; and the queue goes on working, its join
 * included, while the zombie is not reaped.
 */
#define _GNU_SOURCE

#include "faults/step_stage.h"

#include "platform/map.h"
#include "shared/ring_words.h"
#include "support/ignore.h"

#include <mp/mp.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { FIRST = 1, SECOND, VICTIM, HELPER, NEXT };
enum { SMALL = 24, PAGE = 4096, WRAPPING = 1016, LARGE = 40000 };
enum { WHATEVER = 1000 }; /* not a result of any call */

static mp_queue *queue;
static size_t size; /* of all messages */
static bool woken;  /* the victim has slept, and been helped */
static unsigned char buffer[LARGE];

static void fill(int tag)
{
    size_t i;

    for (i = 0; i < size; i++) {
        buffer[i] = (unsigned char)(tag * 31 + (int)(i * 7 % 251));
    }
}

static int put(int tag, int timeout_ms)
{
    fill(tag);
    return mp_queue_put_bytes(queue, buffer, size, timeout_ms);
}

/* The tag of a message; -1: it is damaged. */
static int tag_of(const unsigned char *got, size_t got_size)
{
    int tag;

    for (tag = FIRST; tag <= NEXT; tag++) {
        fill(tag);
        if (got_size == size && memcmp(got, buffer, size) == 0) {
            return tag;
        }
    }
    return -1;
}

/* The tag of the message that came, or an error. */
static int get(int timeout_ms)
{
    static unsigned char got[LARGE];
    size_t got_size = 0;
    int error =
        mp_queue_get_bytes(queue, got, sizeof(got), &got_size, timeout_ms);

    return error < 0 ? error : tag_of(got, got_size);
}

static void make(size_t message, size_t max_bytes, size_t max_items)
{
    mp_queue_options options = { .max_bytes = max_bytes,
                                 .max_items = max_items };

    size = message;
    woken = false;
    STEP_CHECK(mp_queue_create(&queue, &options) == 0);
}

static void make_empty(void)
{
    make(SMALL, 0, 0);
}

static void make_with_two(void)
{
    make_empty();
    STEP_CHECK(put(FIRST, 0) == 0 && put(SECOND, 0) == 0);
}

static void make_full(void)
{
    make(SMALL, 0, 1);
    STEP_CHECK(put(FIRST, 0) == 0);
}

/* So that the next record of WRAPPING bytes does not fit behind the last. */
static void make_at_end(void)
{
    size_t room = mp__map_round(sizeof(struct mp__ring_shared) + 3 * PAGE) -
                  sizeof(struct mp__ring_shared) - HEADER;
    size_t i;

    make(WRAPPING, PAGE, 0);
    for (i = 0; i < room / (WRAPPING + HEADER); i++) {
        STEP_CHECK(put(FIRST, 0) == 0 && get(0) == FIRST);
        (void)mp_queue_task_done(queue);
    }
}

static void make_wrapped_two(void)
{
    make_at_end();
    STEP_CHECK(put(FIRST, 0) == 0 && put(SECOND, 0) == 0);
}

static void destroy(void)
{
    mp_queue_destroy(queue);
    queue = NULL;
}

/* The queue works for one more message, and for those who join it: `joined`
 * is what they are told, or WHATEVER. */
static void check_next(int joined)
{
    int error;

    STEP_CHECK(put(NEXT, STEP_LIMIT_MS) == 0);
    STEP_CHECK(get(STEP_LIMIT_MS) == NEXT);
    STEP_CHECK(mp_queue_task_done(queue) == 0);
    STEP_CHECK(get(0) == MP_ETIMEDOUT);
    STEP_CHECK(mp_queue_size(queue) == 0);
    error = mp_queue_join(queue, STEP_LIMIT_MS);
    STEP_CHECK(error == joined ||
               (joined == WHATEVER && (error == 0 || error == MP_OWNERDEAD)));
}

/* What is in the queue, one after the other. */
static int drain(int tags[4])
{
    int count = 0;
    int got;

    for (got = get(0); got > 0 && count < 4; got = get(0)) {
        tags[count++] = got;
        STEP_CHECK(mp_queue_task_done(queue) == 0);
    }
    STEP_CHECK(got == MP_ETIMEDOUT);
    return count;
}

/* ---- put ---- */

static void prepare_message(void)
{
    mp_stage_warm();
    fill(VICTIM);
}

static int put_victim(void)
{
    return mp_queue_put_bytes(queue, buffer, size, STEP_LIMIT_MS);
}

static void check_put(void)
{
    int tags[4];
    int count = drain(tags);

    mp_stage_took = count == 1;
    STEP_CHECK(count == 0 || (count == 1 && tags[0] == VICTIM));
    if (mp_stage_over) {
        STEP_CHECK(mp_stage->result == 0 && count == 1);
    }
    check_next(0);
}

static int get_one(void)
{
    return get(2 * STEP_LIMIT_MS);
}

static void make_awaited(void)
{
    make_empty();
    mp_helper_start(get_one);
    mp_helper_wait_asleep();
}

/* A message that is there reaches the sleeper, whoever forgot to wake it. */
static void check_put_awaited(void)
{
    int got;

    if (mp_stage_over || mp_queue_size(queue) == 1) {
        STEP_CHECK(mp_helper_result() == VICTIM);
    }
    STEP_CHECK(put(NEXT, STEP_LIMIT_MS) == 0);
    got = mp_helper_result();
    mp_stage_took = got == VICTIM;
    STEP_CHECK(got == VICTIM || got == NEXT);
    STEP_CHECK(!mp_stage_over || got == VICTIM);
    STEP_CHECK(get(0) == (got == VICTIM ? NEXT : MP_ETIMEDOUT));
    (void)mp_queue_task_done(queue);
    (void)mp_queue_task_done(queue);
    check_next(0);
}

static void destroy_with_helper(void)
{
    mp_helper_end();
    destroy();
}

static void make_room(void)
{
    STEP_CHECK(get(0) == FIRST);
    STEP_CHECK(mp_queue_task_done(queue) == 0);
    woken = true;
}

static void check_put_full(void)
{
    int tags[4];
    int count = drain(tags);
    int at = 0;

    if (!woken) {
        STEP_CHECK(count > 0 && tags[at] == FIRST);
        at = 1;
    }
    mp_stage_took = count > at;
    STEP_CHECK(count == at || (count == at + 1 && tags[at] == VICTIM));
    if (mp_stage_over) {
        STEP_CHECK(mp_stage->result == 0 && count == at + 1);
    }
    check_next(0);
}

/* ---- get ---- */

static int get_victim(void)
{
    return mp_queue_get_bytes(queue, mp_stage->bytes, sizeof(mp_stage->bytes),
                              &mp_stage->size, STEP_LIMIT_MS);
}

static void check_victim_got_first(void)
{
    STEP_CHECK(mp_stage->result == 0);
    STEP_CHECK(tag_of(mp_stage->bytes, mp_stage->size) == FIRST);
}

static void check_get(void)
{
    int tags[4];
    int count = drain(tags);

    mp_stage_took = count == 1;
    STEP_CHECK(count == 2 ? tags[0] == FIRST && tags[1] == SECOND
                          : count == 1 && tags[0] == SECOND);
    if (mp_stage_over) {
        STEP_CHECK(count == 1);
        check_victim_got_first();
    }
    check_next(count == 1 ? MP_OWNERDEAD : 0);
}

static int put_one(void)
{
    return put(HELPER, 2 * STEP_LIMIT_MS);
}

static void make_full_awaited(void)
{
    make_full();
    mp_helper_start(put_one);
    mp_helper_wait_asleep();
}

/* Room that is there is seen by the sleeper, whoever forgot to wake it. */
static void check_get_awaited(void)
{
    bool taken = true;
    int got;

    if (mp_stage_over || mp_queue_size(queue) == 0) {
        STEP_CHECK(mp_helper_result() == 0);
    }
    got = get(STEP_LIMIT_MS);
    STEP_CHECK(mp_queue_task_done(queue) == 0);
    if (got == FIRST) {
        taken = false;
        STEP_CHECK(!mp_stage_over);
        got = get(STEP_LIMIT_MS);
        STEP_CHECK(mp_queue_task_done(queue) == 0);
    }
    mp_stage_took = taken;
    STEP_CHECK(got == HELPER);
    STEP_CHECK(mp_helper_result() == 0);
    check_next(taken ? MP_OWNERDEAD : 0);
}

static void put_first(void)
{
    STEP_CHECK(put(FIRST, STEP_LIMIT_MS) == 0);
    woken = true;
}

static void check_get_empty(void)
{
    int tags[4];
    int count = drain(tags);

    mp_stage_took = woken && count == 0;
    STEP_CHECK(count == 0 || (woken && count == 1 && tags[0] == FIRST));
    if (mp_stage_over) {
        STEP_CHECK(count == 0);
        check_victim_got_first();
    }
    check_next(woken && count == 0 ? MP_OWNERDEAD : 0);
}

static void get_a_message(void)
{
    mp_stage_warm();
    if (get(0) != FIRST) {
        abort();
    }
}

static int say_done(void)
{
    return mp_queue_task_done(queue);
}

static void check_done(void)
{
    int tags[4];

    STEP_CHECK(!mp_stage_over || mp_stage->result == 0);
    STEP_CHECK(drain(tags) == 1 && tags[0] == SECOND);
    check_next(mp_stage_over ? 0 : WHATEVER);
}

/* ---- a process has died in the middle of it before ---- */

/* Sixteen bytes before memory that cannot be touched. */
static unsigned char *make_trap(void)
{
    unsigned char *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (pages == MAP_FAILED || mprotect(pages + PAGE, PAGE, PROT_NONE) < 0) {
        abort();
    }
    return pages + PAGE - 16;
}

static void die_putting(void)
{
    ignore(mp_queue_put_bytes(queue, make_trap(), size, STEP_LIMIT_MS));
}

static void die_getting(void)
{
    size_t got = 0;

    ignore(mp_queue_get_bytes(queue, make_trap(), size, &got, STEP_LIMIT_MS));
}

static void make_half_put(void)
{
    make_empty();
    mp_corpse_make(die_putting);
}

static void make_half_got(void)
{
    make_with_two();
    mp_corpse_make(die_getting);
}

static void destroy_with_corpse(void)
{
    mp_corpse_reap();
    destroy();
}

/* ---- large messages, in the file ---- */

static void make_large(void)
{
    make(LARGE, PAGE, 0);
}

static void make_large_one(void)
{
    make_large();
    STEP_CHECK(put(FIRST, 0) == 0);
}

static void check_get_large(void)
{
    int tags[4];
    int count = drain(tags);

    mp_stage_took = count == 0;
    STEP_CHECK(count == 0 || (count == 1 && tags[0] == FIRST));
    if (mp_stage_over) {
        STEP_CHECK(count == 0);
        check_victim_got_first();
    }
    check_next(count == 0 ? MP_OWNERDEAD : 0);
    size = SMALL;
    check_next(0);
}

static void check_put_large(void)
{
    check_put();
    size = SMALL;
    check_next(0);
}

#define PUT  .warm = prepare_message, .operate = put_victim
#define GET  .warm = mp_stage_warm, .operate = get_victim
#define GONE .tear_down = destroy

const mp_scenario mp_queue_scenarios[] = {
    /* First: they look at all places that processes ever had. */
    { "put, larger than the queue", make_large, PUT, .check = check_put_large,
      GONE },
    { "get, larger than the queue", make_large_one, GET,
      .check = check_get_large, GONE },
    { "put", make_empty, PUT, .check = check_put, GONE },
    { "put, a consumer sleeps", make_awaited, PUT, .check = check_put_awaited,
      .tear_down = destroy_with_helper },
    { "put, turning back", make_at_end, PUT, .check = check_put, GONE },
    { "put, full at first", make_full, PUT, .wake = make_room,
      .check = check_put_full, GONE },
    { "get", make_with_two, GET, .check = check_get, GONE },
    { "get, a producer sleeps", make_full_awaited, GET,
      .check = check_get_awaited, .tear_down = destroy_with_helper },
    { "get, turning back", make_wrapped_two, GET, .check = check_get, GONE },
    { "get, empty at first", make_empty, GET, .wake = put_first,
      .check = check_get_empty, GONE },
    { "task_done", make_with_two, .warm = get_a_message, .operate = say_done,
      .check = check_done, GONE },
    { "put, after a death in put", make_half_put, PUT, .check = check_put,
      .tear_down = destroy_with_corpse },
    { "get, after a death in get", make_half_got, GET, .check = check_get,
      .tear_down = destroy_with_corpse },
    { .name = NULL },
};
