/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * chaos_line.c -- producers and consumers of one queue, and every message
 *
 * A message says which life of a producer it is from, its number there, and
 * a sum of the rest, which follows from these two. A producer counts puts that
 * have returned, a consumer marks what it has got. So of a dead producer one
 * message more may have arrived than it counted; with a dead consumer one may
 * be gone; nothing comes twice, and to one consumer in its producer's order.
 */
#include "chaos.h"

#include <string.h>

struct head {
    uint32_t life;
    uint32_t number;
    uint32_t size; /* of what follows */
    uint32_t sum;
};

static uint32_t fill(unsigned char *bytes, uint32_t size, uint64_t key)
{
    struct dice dice = dice_make(key);
    uint32_t sum = 2166136261U;
    uint64_t word = 0;
    uint32_t i;

    for (i = 0; i < size; i++) {
        if (i % 8 == 0) {
            (void)dice_throw(&dice, 2);
            word = dice.state;
        }
        bytes[i] = (unsigned char)(word >> i % 8 * 8);
        sum = (sum ^ bytes[i]) * 16777619U;
    }
    return sum;
}

static uint32_t size_for(struct dice *dice)
{
    unsigned kind = dice_throw(dice, 1000);

    if (kind == 0) {
        return QUEUE_BYTES +
               dice_throw(dice, MESSAGE_MOST - QUEUE_BYTES -
                                    (unsigned)sizeof(struct head));
    }
    return dice_throw(dice, kind < 30 ? 20000 : 200);
}

static uint64_t key_of(const struct head *head)
{
    return ((uint64_t)head->life << 32 | head->number) ^ head->size;
}

static void put_one(struct dice *dice, unsigned char *bytes, uint32_t life,
                    uint32_t number)
{
    struct head head = { .life = life,
                         .number = number,
                         .size = size_for(dice) };
    size_t size = sizeof(head) + head.size;

    head.sum = fill(bytes + sizeof(head), head.size, key_of(&head));
    memcpy(bytes, &head, sizeof(head));
    CHECK(mp_queue_put_bytes(queue, bytes, size, 30000) == 0);
    ledger->life[life].returned = number + 1;
    ledger->put++;
    ledger->large += size > QUEUE_BYTES;
}

int produce(void *number)
{
    static unsigned char bytes[MESSAGE_MOST];
    uint32_t life = 0;
    uint32_t next = LIFE_MESSAGES;
    struct dice dice;

    (void)number;
    while (atomic_load(&ledger->stop_producers) == 0) {
        if (next == LIFE_MESSAGES) {
            life = atomic_fetch_add(&ledger->lives, 1);
            CHECK(life < LIVES_MOST);
            dice = dice_make(ledger->seed + ((uint64_t)life << 20));
            next = 0;
        }
        put_one(&dice, bytes, life, next++);
        if (dice_throw(&dice, 8) == 0) {
            nap_us((long)dice_throw(&dice, 1500));
        }
    }
    return 0;
}

static void mark(const unsigned char *bytes, size_t size)
{
    static unsigned char expected[MESSAGE_MOST];
    static uint32_t after[LIVES_MOST]; /* the last number got here, + 1 */
    struct head head;
    uint64_t bit;

    CHECK(size >= sizeof(head));
    memcpy(&head, bytes, sizeof(head));
    CHECK(size == sizeof(head) + head.size);
    CHECK(head.life < LIVES_MOST && head.number < LIFE_MESSAGES);
    CHECK(head.sum == fill(expected, head.size, key_of(&head)));
    CHECK(memcmp(expected, bytes + sizeof(head), head.size) == 0);
    CHECK(head.number >= after[head.life]);
    after[head.life] = head.number + 1;
    bit = UINT64_C(1) << head.number % 64;
    CHECK(
        (atomic_fetch_or(&ledger->life[head.life].seen[head.number / 64], bit) &
         bit) == 0);
    ledger->got++;
    ledger->got_bytes += (long)size;
}

int consume(void *number)
{
    static unsigned char bytes[MESSAGE_MOST];
    size_t size = 0;
    int error;

    (void)number;
    while ((error = mp_queue_get_bytes(queue, bytes, sizeof(bytes), &size,
                                       60000)) == 0) {
        mark(bytes, size);
        error = mp_queue_task_done(queue);
        CHECK(error == 0);
    }
    CHECK(error == MP_ECLOSED);
    return 0;
}

static bool is_seen(const struct life *life, uint32_t number)
{
    return (atomic_load(&life->seen[number / 64]) >> number % 64 & 1) != 0;
}

void account_messages(long producers_dead, long consumers_dead)
{
    long missing = 0;
    long extra = 0;
    uint32_t returned;
    uint32_t i;
    uint32_t n;

    CHECK(mp_queue_size(queue) == 0);
    CHECK(mp_queue_join(queue, 5000) >= 0);
    for (i = 0; i < atomic_load(&ledger->lives); i++) {
        returned = atomic_load(&ledger->life[i].returned);
        for (n = 0; n < returned; n++) {
            missing += !is_seen(&ledger->life[i], n);
        }
        for (n = returned; n < LIFE_MESSAGES; n++) {
            extra += is_seen(&ledger->life[i], n);
            CHECK(n == returned || !is_seen(&ledger->life[i], n));
        }
    }
    CHECK(missing <= consumers_dead);
    CHECK(extra <= producers_dead);
    CHECK(atomic_load(&ledger->put) > 0);
}
