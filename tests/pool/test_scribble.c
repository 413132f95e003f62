/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_scribble.c -- a task overwrites what its worker can write
 *
 * In each round a child plays the owner: it makes a pool, gives it tasks and
 * a scribbler among them, and checks what it then sees. Its domain is its own,
 * so a round can overwrite that too. Whatever is written where: the owner does
 * not crash or hang, every item has one end, nothing is left behind, a new
 * pool works, and a bystander, whose pid is written too, lives on.
 *
 * MP_SCRIBBLE_ROUNDS: how many rounds for each place; MP_SCRIBBLE_SEED.
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/ignore.h"
#include "support/scribble.h"

#include "pool/owner/owner.h"
#include "shared/task_table_parts.h"

#include <mp/mp.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKERS   3
#define ITEMS     40
#define ROUNDS    12
#define RING_SIZE ((size_t)(2 * 64 + 256 * 1024)) /* as in outbox.c */

/* The maps of a process and its pool, in the order they are made. */
enum map {
    MAP_DOMAIN,
    MAP_CONTROL,
    MAP_ROSTER,
    MAP_TABLE,
    MAP_OUTBOX,
    MAP_PINS,
    MAPS
};

/* Deaths are what this is about: no report of each, please. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
    return "handle_segv=0:handle_sigbus=0:handle_sigill=0:handle_sigfpe=0:"
           "handle_abort=0";
}

/* Each round makes a domain of its own, so there must be none before. */
void mp_test_warm_up(void)
{
}

enum place {
    OWN_RING,
    ALL_RINGS,
    TASK_WORDS,
    WHOLE_TABLE,
    CONTROL,
    DOMAIN,
    EVERYTHING,
    PLACES
};
enum then { RETURNS, DIES, GOES_ON, THENS };

struct plan {
    enum place place;
    enum mp_test_scribble what;
    enum then then;
    uint64_t seed;
};

static void overwrite_map(enum map map, const struct plan *plan, uint64_t *seed)
{
    mp_test_overwrite(mp_test_maps[map].begin, mp_test_maps[map].size,
                      plan->what, seed);
}

/* Head, tail and the first records of a ring: what a random word would hardly
 * ever meet. */
static void overwrite_ring(int w, const struct plan *plan, uint64_t *seed)
{
    unsigned char *ring =
        mp_test_maps[MAP_OUTBOX].begin + (size_t)w * RING_SIZE;

    mp_test_overwrite(ring, mp_test_next_random(seed) % 2 == 0 ? 64 : RING_SIZE,
                      plan->what, seed);
    mp_test_overwrite(ring + 64, 256, plan->what, seed);
}

static void overwrite_words(const struct plan *plan, uint64_t *seed)
{
    unsigned char *lines =
        mp_test_maps[MAP_TABLE].begin + sizeof(struct mp__task_control);
    size_t i;

    for (i = 0; i < ITEMS; i++) {
        mp_test_overwrite(lines + i * sizeof(struct mp__task_line),
                          mp_test_next_random(seed) % 2 == 0 ? 8 : 40,
                          plan->what, seed);
    }
}

static void scribble_once(const struct plan *plan, uint64_t *seed)
{
    int w;

    switch (plan->place) {
    case OWN_RING:
        overwrite_ring(mp_task_worker_index(), plan, seed);
        break;
    case TASK_WORDS:
        overwrite_words(plan, seed);
        break;
    case WHOLE_TABLE:
        overwrite_map(MAP_TABLE, plan, seed);
        break;
    case CONTROL:
        overwrite_map(MAP_CONTROL, plan, seed);
        break;
    case DOMAIN:
        overwrite_map(MAP_DOMAIN, plan, seed);
        break;
    case EVERYTHING:
        overwrite_map(MAP_DOMAIN, plan, seed);
        overwrite_map(MAP_CONTROL, plan, seed);
        overwrite_map(MAP_TABLE, plan, seed);
        overwrite_map(MAP_OUTBOX, plan, seed);
        break;
    default:
        for (w = 0; w < WORKERS; w++) {
            overwrite_ring(w, plan, seed);
        }
        break;
    }
}

static int scribble(const void *argument, void *result)
{
    const struct plan *plan = argument;
    uint64_t seed = plan->seed;
    int64_t end = mp_test_clock_ms() + (plan->then == GOES_ON ? 100 : 0);

    *(int64_t *)result = -1;
    do {
        scribble_once(plan, &seed);
    } while (mp_test_clock_ms() < end);
    return plan->then == DIES ? raise(SIGKILL) : 0;
}

static int add_one(const void *argument, void *result)
{
    *(int64_t *)result = *(const int64_t *)argument + 1;
    mp_test_sleep_ms(1);
    return 0;
}

/* A result long enough for the file now and then. */
static int say_number(const void *argument, void *result)
{
    size_t size = *(const int64_t *)argument % 8 == 0 ? 100000 : 100;
    char *text = malloc(size);

    if (text != NULL) {
        memset(text, 'x', size - 1);
        text[size - 1] = '\0';
    }
    *(char **)result = text;
    return text == NULL;
}

static const mp_serializer plan_serializer = MP_SERIALIZER_STRUCT(struct plan);
static const mp_task scribble_task = { .run = scribble,
                                       .argument = &plan_serializer,
                                       .result = &mp_serializer_int64 };
static const mp_task add_task = { .run = add_one,
                                  .argument = &mp_serializer_int64,
                                  .result = &mp_serializer_int64,
                                  .retries = 1 };
static const mp_task say_task = { .run = say_number,
                                  .argument = &mp_serializer_int64,
                                  .result = &mp_serializer_string };

/* Items that go together. */
static const mp_task short_task = { .run = add_one,
                                    .argument = &mp_serializer_int64,
                                    .result = &mp_serializer_int64 };

struct source {
    mp_pool *pool;
    int64_t given;
};

static int give_next(void *context, void *argument)
{
    struct source *source = context;

    source->pool->batches_last->together = 8;
    *(int64_t *)argument = source->given++;
    return source->given <= ITEMS;
}

/* ---- a round, in a process of its own; it returns what failed ---- */

enum failure {
    FINE = 0,
    NO_POOL = 10,
    NOT_SUBMITTED,
    NOT_READY,
    NO_END,
    NOT_READ,
    TOTALS,
    JOIN_HANGS,
    BYSTANDER_DIED,
    NO_NEW_POOL,
    CHILD_LEFT
};

static bool all_ended(mp_result *result, size_t count)
{
    mp_report report;
    size_t i;

    for (i = 0; i < count; i++) {
        if (mp_result_report(result, i, &report) < 0 ||
            report.end == MP_TASK_PENDING || report.end == MP_TASK_RUNNING) {
            return false;
        }
    }
    return true;
}

static bool adds_up(mp_pool *pool)
{
    mp_pool_stats stats;
    uint64_t sum = 0;
    int end;

    if (mp_pool_get_stats(pool, &stats) < 0) {
        return false;
    }
    for (end = 0; end < MP_TASK_ENDS; end++) {
        sum += stats.ends[end];
    }
    return sum == stats.submitted && sum >= 3 * ITEMS / 2;
}

/* Does it come to its end, and with no more items than it has? */
static bool is_read_to_its_end(mp_iterator *iterator)
{
    mp_report report;
    int64_t got;
    int count = 0;
    int error;

    while ((error = mp_iterator_next(iterator, &got, &report, 15000)) > 0) {
        count++;
    }
    return count <= ITEMS && (error == MP_EBROKEN || error == MP_ETERMINATED ||
                              (error == 0 && count == ITEMS));
}

static int use_pool(mp_pool *pool, const struct plan *plan, int64_t *in,
                    char **out)
{
    mp_result *results[3] = { NULL };
    mp_iterator *iterator = NULL;
    struct source source = { .pool = pool };
    int failure = FINE;
    size_t i;

    if (mp_pool_imap_unordered(
            pool, &iterator, &short_task,
            &(mp_source){ .next = give_next, .context = &source },
            &(mp_call_options){ .look_ahead = ITEMS }) < 0 ||
        mp_pool_map_async(pool, &results[0], &add_task, in, ITEMS,
                          &(mp_call_options){ .chunk_size = 3 }) < 0 ||
        mp_pool_apply_async(pool, &results[1], &scribble_task, plan, NULL) <
            0 ||
        mp_pool_map_async(pool, &results[2], &add_task, in, ITEMS,
                          &(mp_call_options){ .chunk_size = 1 }) < 0) {
        failure = NOT_SUBMITTED;
    }
    if (failure == FINE) {
        /* Decodes what lies in the ring where it arrives. */
        ignore(mp_pool_map(pool, &say_task, in, ITEMS, out, NULL));
        for (i = 0; i < 3 && failure == FINE; i++) {
            failure = mp_result_wait(results[i], 15000) < 0 ? NOT_READY : FINE;
        }
    }
    if (failure == FINE &&
        !(all_ended(results[0], ITEMS) && all_ended(results[1], 1) &&
          all_ended(results[2], ITEMS))) {
        failure = NO_END;
    }
    if (failure == FINE && !is_read_to_its_end(iterator)) {
        failure = NOT_READ;
    }
    if (failure == FINE && !adds_up(pool)) {
        failure = TOTALS;
    }
    mp_pool_close(pool);
    if (failure == FINE && mp_pool_join(pool, 15000) < 0) {
        failure = JOIN_HANGS;
    }
    mp_iterator_destroy(iterator);
    for (i = 0; i < 3; i++) {
        mp_result_destroy(results[i]);
    }
    mp_serializer_release(&mp_serializer_string, out, ITEMS);
    return failure;
}

static bool a_new_pool_works(void)
{
    mp_pool *pool = NULL;
    int64_t x = 1;
    bool works =
        mp_pool_create(&pool, &(mp_pool_options){ .workers = 2 }) == 0 &&
        mp_pool_apply(pool, &add_task, &x, &x, NULL) == 0 && x == 2;

    mp_pool_destroy(pool);
    return works;
}

static int play_round(void *argument)
{
    const struct rlimit no_core = { 0, 0 };
    int64_t in[ITEMS];
    char *out[ITEMS] = { NULL };
    mp_pool *pool = NULL;
    int failure = NO_POOL;
    size_t i;

    for (i = 0; i < ITEMS; i++) {
        in[i] = (int64_t)i;
    }
    (void)setrlimit(RLIMIT_CORE, &no_core);
    mp_test_bystander_start();
    if (mp_pool_create(&pool, &(mp_pool_options){ .workers = WORKERS }) == 0 &&
        mp_test_maps_made == MAPS) {
        failure = use_pool(pool, argument, in, out);
    }
    mp_pool_destroy(pool);
    if (!mp_test_bystander_lived() && failure == FINE) {
        failure = BYSTANDER_DIED;
    }
    if (failure == FINE && !a_new_pool_works()) {
        failure = NO_NEW_POOL;
    }
    return failure == FINE && waitpid(-1, NULL, 0) > 0 ? CHILD_LEFT : failure;
}

static void an_owner_survives(void **state)
{
    enum place place = *(const enum place *)*state;
    int rounds = mp_test_number("MP_SCRIBBLE_ROUNDS", ROUNDS);
    uint64_t seed = (uint64_t)mp_test_number("MP_SCRIBBLE_SEED", 1) << 8;
    struct plan plan = { .place = place };
    int round;
    int status;

    mp_test_deadline(60 + 30 * rounds);
    for (round = 0; round < rounds; round++) {
        seed += 0x9e3779b97f4a7c15;
        plan.seed = seed | 1;
        plan.what = (enum mp_test_scribble)(round % MP_TEST_SCRIBBLES);
        plan.then = (enum then)(round / 2 % THENS);
        status = mp_test_in_child(play_round, &plan);
        if (status != FINE) {
            print_message("place %d, what %d, then %d, seed %llu: %d\n",
                          (int)plan.place, (int)plan.what, (int)plan.then,
                          (unsigned long long)plan.seed, status);
        }
        assert_int_equal(status, FINE);
    }
}

/* ---- what no task can reach ---- */

static int write_map(const void *argument, void *result)
{
    (void)result;
    memset(mp_test_maps[*(const int64_t *)argument].begin, 0xff, 64);
    return 0;
}

static int play_write(void *map)
{
    static const mp_task task = { .run = write_map,
                                  .argument = &mp_serializer_int64 };
    mp_pool *pool = NULL;
    int error;

    if (mp_pool_create(&pool, &(mp_pool_options){ .workers = 1 }) < 0) {
        return NO_POOL;
    }
    error = mp_pool_apply(pool, &task, map, NULL, NULL);
    mp_pool_destroy(pool);
    return error == MP_ECRASHED ? FINE : NO_END;
}

static void a_task_cannot_write_whom_its_owner_kills(void **state)
{
    int64_t map = MAP_ROSTER;

    (void)state;
    assert_int_equal(mp_test_in_child(play_write, &map), FINE);
}

static void a_task_cannot_write_what_its_owner_keeps(void **state)
{
    int64_t map = MAP_PINS;

    (void)state;
    assert_int_equal(mp_test_in_child(play_write, &map), FINE);
}

static enum place places[PLACES] = { OWN_RING,    ALL_RINGS, TASK_WORDS,
                                     WHOLE_TABLE, CONTROL,   DOMAIN,
                                     EVERYTHING };

int main(void)
{
    static const struct CMUnitTest tests[] = {
        mp_test(a_task_cannot_write_whom_its_owner_kills),
        mp_test(a_task_cannot_write_what_its_owner_keeps),
        mp_test_data(an_owner_survives, "own ring", &places[OWN_RING]),
        mp_test_data(an_owner_survives, "all rings", &places[ALL_RINGS]),
        mp_test_data(an_owner_survives, "task words", &places[TASK_WORDS]),
        mp_test_data(an_owner_survives, "whole table", &places[WHOLE_TABLE]),
        mp_test_data(an_owner_survives, "control", &places[CONTROL]),
        mp_test_data(an_owner_survives, "domain", &places[DOMAIN]),
        mp_test_data(an_owner_survives, "everything", &places[EVERYTHING]),
    };

    return mp_run_tests(tests);
}
