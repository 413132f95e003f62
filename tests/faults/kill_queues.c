/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * kill_queues.c -- every message of a queue held to account, with deaths
 *
 * Producer p puts its messages 0, 1, 2, ... and notes before and after each
 * put how far it is. Consumers count each message that they get. In the end
 * every message whose put returned 0 was got exactly once, or was taken by a
 * consumer that was killed, one for each of those at most; of what a killed
 * producer had in hand there is one or none; nothing else; and no consumer
 * saw two messages of one producer in the wrong order.
 */
#include "faults/kill_stage.h"

#include "mp/error.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PRODUCERS = 2,
    CONSUMERS = 2,
    MESSAGES_MOST = 40,
    PUT_MS = 400,
    PATIENCE = 40 /* times that */
};

/* What a scenario asks for. */
struct plan {
    size_t max_items;
    size_t max_bytes;
    int messages;    /* of each producer */
    size_t sizes[3]; /* in turn */
    bool watched;    /* consumers poll the descriptor */
    bool dealt;      /* consumers say when they have dealt with a message */
    bool corpse;     /* one takes a message and dies, by itself */
    bool late;       /* consumers begin when the producers have put all */
    bool travelled;  /* 300 kB of messages came and went before */
    bool reversed;   /* producers begin when a consumer has given up waiting */
    bool in_place;   /* every other message is written and read there */
};

struct account {
    _Atomic int begun[PRODUCERS];
    _Atomic int done[PRODUCERS];
    _Atomic int got[PRODUCERS][MESSAGES_MOST];
    _Atomic int ended; /* producers, well or not */
    _Atomic int gave_up;
};

struct message {
    uint32_t size;
    uint16_t producer;
    uint16_t number;
    unsigned char bytes[]; /* all of one value */
};

static const struct plan *plan;
static struct account *account;
static mp_queue *queue;

static unsigned char value_of(int producer, int number)
{
    return (unsigned char)(producer * 100 + number + 1);
}

/* Put, or write in place, once in a while after another thought. */
static int put_one(const struct message *message, size_t size, int turn)
{
    void *room = NULL;
    int result;

    if (!plan->in_place || turn % 2 == 0) {
        return mp_queue_put_bytes(queue, message, size, PUT_MS);
    }
    result = mp_queue_reserve(queue, &room, size, PUT_MS);
    if (result == 0 && turn % 3 == 0) {
        memset(room, 0xff, size);
        CHECK(mp_queue_abandon(queue) == 0);
        result = mp_queue_reserve(queue, &room, size, PUT_MS);
    }
    if (result < 0) {
        return result;
    }
    memcpy(room, message, size);
    return mp_queue_commit(queue, size);
}

static void put_messages(int number)
{
    struct message *message = malloc(1 << 20);
    size_t size;
    int tries;
    int i;
    int result;

    CHECK(message != NULL);
    while (plan->reversed && atomic_load(&account->gave_up) == 0 &&
           !stage_main_is_gone() && stage_killed_any() == 0) {
        stage_nap_us(200);
    }
    for (i = 0; i < plan->messages; i++) {
        size = plan->sizes[(i + number) % 3];
        message->size = (uint32_t)size;
        message->producer = (uint16_t)number;
        message->number = (uint16_t)i;
        memset(message->bytes, value_of(number, i), size - sizeof(*message));
        (void)atomic_fetch_add(&account->begun[number], 1);
        for (tries = 0, result = MP_ETIMEDOUT; result == MP_ETIMEDOUT;) {
            result = put_one(message, size, i);
            if (result == MP_ETIMEDOUT &&
                (stage_killed(MP__ROLE_CONSUMER) >= CONSUMERS ||
                 stage_main_is_gone())) {
                free(message);
                return; /* nobody will ever take it */
            }
            CHECK_RESULT(++tries < PATIENCE, result);
        }
        CHECK_RESULT(result == 0, result);
        (void)atomic_fetch_add(&account->done[number], 1);
    }
    free(message);
}

/* Get, or read in place. */
static int get_one(struct message *message, size_t *size, int timeout_ms)
{
    const void *bytes = NULL;
    int result;

    if (!plan->in_place || getpid() % 2 == 0) {
        return mp_queue_get_bytes(queue, message, 1 << 20, size, timeout_ms);
    }
    result = mp_queue_borrow(queue, &bytes, size, timeout_ms);
    if (result == 0) {
        CHECK(*size <= 1 << 20);
        memcpy(message, bytes, *size);
        CHECK(mp_queue_give_back(queue) == 0);
    }
    return result;
}

/* The next message; false: there is none any more. */
static bool get_message(struct message *message, size_t *size)
{
    struct pollfd set = { .fd = -1, .events = POLLIN };
    int tries = 0;
    int result;

    if (plan->watched) {
        set.fd = mp_queue_descriptor(queue);
        CHECK_RESULT(set.fd >= 0, set.fd);
    }
    for (;;) {
        if (plan->watched) {
            (void)poll(&set, 1, PUT_MS);
        }
        result = get_one(message, size, plan->watched ? 0 : PUT_MS);
        if (result == 0 || result == MP_ECLOSED) {
            return result == 0;
        }
        CHECK_RESULT(result == MP_ETIMEDOUT, result);
        if (stage_main_is_gone()) {
            return false; /* nobody will shut it */
        }
        tries += plan->watched ? 0 : 1;
        CHECK(tries < PATIENCE);
    }
}

static void check_message(const struct message *message, size_t size,
                          int last[PRODUCERS])
{
    size_t i;
    int p = message->producer;
    int n = message->number;

    CHECK(size >= sizeof(*message) && size == message->size);
    CHECK(p < PRODUCERS && n < plan->messages);
    for (i = 0; i < size - sizeof(*message); i += i < 64 ? 1 : 61) {
        CHECK(message->bytes[i] == value_of(p, n));
    }
    CHECK(message->bytes[size - sizeof(*message) - 1] == value_of(p, n));
    CHECK_RESULT(n > last[p], n);
    last[p] = n;
    CHECK(atomic_fetch_add(&account->got[p][n], 1) == 0);
}

static void consume(int number)
{
    struct message *message = malloc(1 << 20);
    int last[PRODUCERS] = { -1, -1 };
    size_t size = 0;
    int result;

    CHECK(message != NULL);
    while (plan->late && atomic_load(&account->ended) < PRODUCERS &&
           !stage_main_is_gone()) {
        stage_nap_us(200);
    }
    if (plan->reversed) {
        result = mp_queue_get_bytes(queue, message, 1 << 20, &size, 1);
        CHECK_RESULT(result == MP_ETIMEDOUT || result == 0 ||
                         result == MP_ECLOSED,
                     result);
        if (result == 0) {
            check_message(message, size, last);
        }
        (void)atomic_fetch_add(&account->gave_up, 1);
        stage_nap_us(number == 0 ? 0 : 8000);
    }
    while (get_message(message, &size)) {
        check_message(message, size, last);
        if (plan->dealt) {
            stage_nap_us(1000);
            result = mp_queue_task_done(queue);
            CHECK_RESULT(result == 0, result);
        }
    }
    free(message);
}

/* Takes one, and dies before it has dealt with it. */
static void take_and_die(int number)
{
    struct message *message = malloc(1 << 20);
    int last[PRODUCERS] = { -1, -1 };
    size_t size = 0;

    (void)number;
    if (message != NULL && get_message(message, &size)) {
        check_message(message, size, last);
    }
    stage_die();
}

/* All have been taken and dealt with, or their takers are dead. */
static void join_queue(int number)
{
    int result;
    int tries = 0;

    (void)number;
    do {
        result = mp_queue_join(queue, PUT_MS);
        CHECK(++tries < PATIENCE);
    } while (result == MP_ETIMEDOUT && !stage_main_is_gone() &&
             stage_killed(MP__ROLE_CONSUMER) < CONSUMERS);
    CHECK_RESULT(result == 0 || result == MP_OWNERDEAD ||
                     result == MP_ETIMEDOUT,
                 result);
}

static void drain(void)
{
    struct message *message = malloc(1 << 20);
    int last[PRODUCERS] = { -1, -1 };
    size_t size = 0;
    int result;

    CHECK(message != NULL);
    for (;;) {
        result = mp_queue_get_bytes(queue, message, 1 << 20, &size, 0);
        if (result < 0) {
            break;
        }
        CHECK(stage_killed(MP__ROLE_CONSUMER) > 0);
        check_message(message, size, last);
        CHECK(!plan->dealt || mp_queue_task_done(queue) == 0);
    }
    CHECK_RESULT(result == MP_ECLOSED, result);
    free(message);
}

static void settle_account(void)
{
    int missing = 0;
    int p;
    int n;
    int done;

    for (p = 0; p < PRODUCERS; p++) {
        done = atomic_load(&account->done[p]);
        CHECK(done == plan->messages || stage_killed_any() > 0);
        for (n = 0; n < MESSAGES_MOST; n++) {
            if (n < done) {
                missing += atomic_load(&account->got[p][n]) == 0;
            } else if (n >= atomic_load(&account->begun[p])) {
                CHECK(atomic_load(&account->got[p][n]) == 0);
            }
        }
    }
    CHECK_RESULT(missing <= stage_killed(MP__ROLE_CONSUMER), missing);
}

/* The queue works as ever: for those who come after all that. */
static void try_queue(void)
{
    int result = mp_queue_put_bytes(queue, "x", 1, 0);

    CHECK_RESULT(result == MP_ECLOSED, result);
    CHECK(mp_queue_size(queue) == 0);
    if (plan->dealt) {
        result = mp_queue_join(queue, 0);
        CHECK_RESULT(result == 0 || result == MP_OWNERDEAD, result);
    }
}

/* So that the tail is beyond the warm memory, and alone there. */
static void travel(void)
{
    static unsigned char bytes[100 << 10];
    size_t size = 0;
    int i;

    for (i = 0; i < 3; i++) {
        CHECK(mp_queue_put_bytes(queue, bytes, sizeof(bytes), 0) == 0);
        CHECK(mp_queue_get_bytes(queue, bytes, sizeof(bytes), &size, 0) == 0);
        CHECK(mp_queue_task_done(queue) == 0);
    }
}

static void play(const struct plan *asked)
{
    const mp_queue_options options = { .max_items = asked->max_items,
                                       .max_bytes = asked->max_bytes };
    pid_t producers[PRODUCERS];
    pid_t corpse = 0;
    int i;

    plan = asked;
    account = (struct account *)(void *)stage->memory;
    CHECK(mp_queue_create(&queue, &options) == 0);
    if (asked->travelled) {
        travel();
    }
    for (i = 0; i < CONSUMERS; i++) {
        (void)actor_start(MP__ROLE_CONSUMER, consume, i);
    }
    for (i = 0; i < PRODUCERS; i++) {
        producers[i] = actor_start(MP__ROLE_PRODUCER, put_messages, i);
    }
    if (plan->corpse) {
        corpse = actor_start(MP__ROLE_NONE, take_and_die, 0);
    }
    if (plan->dealt) {
        (void)actor_start(MP__ROLE_WAITER, join_queue, 0);
    }
    for (i = 0; i < PRODUCERS; i++) {
        (void)actor_wait(producers[i]);
        (void)atomic_fetch_add(&account->ended, 1);
    }
    if (plan->dealt) {
        (void)actor_start(MP__ROLE_WAITER, join_queue, 0);
        stage_nap_us(3000);
    }
    CHECK(mp_queue_shutdown(queue) == 0);
    if (corpse != 0) {
        CHECK(actor_wait(corpse));
    }
    actors_wait();
    mp__kill_point_role(MP__ROLE_NONE);
    drain();
    settle_account();
    try_queue();
    mp_queue_destroy(queue);
}

static void play_small(void)
{
    static const struct plan small = { .max_bytes = 4096,
                                       .max_items = 4,
                                       .messages = 24,
                                       .sizes = { 16, 500, 900 } };

    play(&small);
}

static void play_large(void)
{
    static const struct plan large = { .max_bytes = 4096,
                                       .messages = 6,
                                       .sizes = { 300, 16000, 12000 } };

    play(&large);
}

static void play_cold(void)
{
    static const struct plan cold = { .max_bytes = 2 << 20,
                                      .messages = 3,
                                      .sizes = { 200 << 10, 190 << 10,
                                                 210 << 10 },
                                      .late = true };

    play(&cold);
}

/* The first message turns back, the second has no room before it. */
static void play_spilled(void)
{
    static const struct plan spilled = { .max_bytes = 2 << 20,
                                         .messages = 3,
                                         .sizes = { 200 << 10, 190 << 10,
                                                    210 << 10 },
                                         .late = true,
                                         .travelled = true };

    play(&spilled);
}

static void play_dealt(void)
{
    static const struct plan dealt = { .max_bytes = 4096,
                                       .messages = 5,
                                       .sizes = { 100, 500, 40 },
                                       .dealt = true,
                                       .corpse = true };

    play(&dealt);
}

static void play_heir(void)
{
    static const struct plan heir = { .max_bytes = 4096,
                                      .messages = 5,
                                      .sizes = { 100, 500, 40 },
                                      .dealt = true };

    play(&heir);
}

static void play_watched(void)
{
    static const struct plan watched = { .max_bytes = 4096,
                                         .messages = 6,
                                         .sizes = { 100, 500, 40 },
                                         .watched = true };

    play(&watched);
}

static void play_waited(void)
{
    static const struct plan waited = { .max_bytes = 4096,
                                        .messages = 4,
                                        .sizes = { 100, 500, 40 },
                                        .reversed = true };

    play(&waited);
}

static void play_in_place(void)
{
    static const struct plan in_place = { .max_bytes = 260000,
                                          .max_items = 6,
                                          .messages = 8,
                                          .sizes = { 100000, 300, 70000 },
                                          .in_place = true };

    play(&in_place);
}

/* Each goes alone, and its memory is given back. */
static void play_in_place_alone(void)
{
    static const struct plan alone = { .max_bytes = 4096,
                                       .messages = 5,
                                       .sizes = { 300000, 400, 280000 },
                                       .in_place = true };

    play(&alone);
}

static void play_in_place_late(void)
{
    static const struct plan late = { .max_bytes = 1 << 20,
                                      .messages = 4,
                                      .sizes = { 70000, 300, 80000 },
                                      .in_place = true,
                                      .late = true };

    play(&late);
}

const struct scenario queue_scenarios[] = {
    { "queue", play_small, MP__ROLE_MAIN, { { 0 } } },
    { "queue_waited", play_waited, MP__ROLE_MAIN, { { 0 } } },
    { "queue_large", play_large, MP__ROLE_MAIN, { { 0 } } },
    { "queue_large_heir",
      play_large,
      MP__ROLE_MAIN,
      { { MP__ROLE_PRODUCER, "put_block.written" } } },
    { "queue_in_place", play_in_place, MP__ROLE_MAIN, { { 0 } } },
    { "queue_in_place_alone", play_in_place_alone, MP__ROLE_MAIN, { { 0 } } },
    { "queue_in_place_late", play_in_place_late, MP__ROLE_MAIN, { { 0 } } },
    { "queue_in_place_heir",
      play_in_place,
      MP__ROLE_MAIN,
      { { MP__ROLE_PRODUCER, "block.owned" } } },
    { "queue_numbered_heir",
      play_in_place,
      MP__ROLE_MAIN,
      { { MP__ROLE_PRODUCER, "block.numbered" } } },
    { "queue_claim_heir",
      play_in_place_alone,
      MP__ROLE_MAIN,
      { { MP__ROLE_PRODUCER, "ring_put.committed" } } },
    { "queue_loan_heir",
      play_in_place,
      MP__ROLE_MAIN,
      { { MP__ROLE_CONSUMER, "ring_get.committed" } } },
    { "queue_surplus_heir",
      play_in_place_alone,
      MP__ROLE_MAIN,
      { { MP__ROLE_CONSUMER, "block.not_solid" } } },
    { "queue_cold", play_cold, MP__ROLE_MAIN, { { 0 } } },
    { "queue_spilled", play_spilled, MP__ROLE_MAIN, { { 0 } } },
    { "queue_dealt", play_dealt, MP__ROLE_MAIN, { { 0 } } },
    { "queue_taker_heir",
      play_heir,
      MP__ROLE_MAIN,
      { { MP__ROLE_CONSUMER, "ring_get.committed" } } },
    { "queue_watched", play_watched, MP__ROLE_MAIN, { { 0 } } },
    { 0 },
};
