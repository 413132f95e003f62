/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * test_scribble_objects.c -- a child overwrites an object that it shares
 *
 * In each round a child plays the owner, with a domain of its own: it makes
 * an object, lets a child of its own overwrite that (or the domain too) and
 * goes on to use it. Every call ends, with a result that its header names,
 * and the owner does not crash. What else an object gives then is up to chance.
 *
 * MP_SCRIBBLE_ROUNDS: how many rounds for each object; MP_SCRIBBLE_SEED.
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/scribble.h"

#include <mp/mp.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS  42
#define WAIT_MS 20

enum failure { FINE = 0, NOT_MADE = 10, NOT_NAMED, BYSTANDER_DIED, NOT_NEW };

struct plan {
    int (*use)(void); /* of the object, in use_...() below; FINE */
    enum mp_test_scribble what;
    uint64_t seed;
    bool domain; /* too */
};

/* Each round makes a domain of its own, so there must be none before. */
void mp_test_warm_up(void)
{
}

static const struct plan *plan;

/* The map after the domain's is the object's: its head, or all of it. */
static int scribble(void *unused)
{
    uint64_t seed = plan->seed;
    const struct mp_test_map *object = &mp_test_maps[1];
    size_t size = object->size;

    (void)unused;
    if (mp_test_next_random(&seed) % 2 == 0 && size > 1024) {
        size = 1024;
    }
    mp_test_overwrite(object->begin, size, plan->what, &seed);
    if (plan->domain) {
        mp_test_overwrite(mp_test_maps[0].begin, mp_test_maps[0].size,
                          plan->what, &seed);
    }
    return 0;
}

static bool is_named(int error)
{
    return error >= 0 || error == MP_ETIMEDOUT || error == MP_ECLOSED ||
           error == MP_EBROKEN || error == MP_EDECODE || error == MP_EDEADLK ||
           error == MP_EPERM || error == MP_EOVERFLOW || error == MP_ESTATE ||
           error == MP_ENOMEM || error == -EIO;
}

static bool use_in_place(mp_queue *queue, size_t size)
{
    const void *bytes = NULL;
    void *room = NULL;
    int error = mp_queue_reserve(queue, &room, size, 0);
    bool named = is_named(error);

    if (error == 0) {
        memset(room, 'r', size);
        named = is_named(mp_queue_commit(queue, size)) && named;
    }
    error = mp_queue_borrow(queue, &bytes, &size, 0);
    named = is_named(error) && named;
    if (error == 0) {
        /* All of it can be read, whatever it is. */
        (void)strnlen(bytes, size);
        named = mp_queue_give_back(queue) == 0 && named;
    }
    return named;
}

static int use_queue(void)
{
    mp_queue *queue = NULL;
    char *text = NULL;
    char *word = malloc(3000);
    char *longer = malloc(300000);
    bool named = word != NULL && longer != NULL;
    int i;

    if (mp_queue_create(
            &queue, &(mp_queue_options){ .serializer = &mp_serializer_string,
                                         .max_bytes = 65536 }) < 0 ||
        !named) {
        return NOT_MADE;
    }
    memset(word, 'w', 2999);
    word[2999] = '\0';
    memset(longer, 'l', 299999);
    longer[299999] = '\0';
    for (i = 0; i < 30; i++) {
        named = mp_queue_put(queue, &word, 0) != MP_EBROKEN && named;
    }
    named = mp_test_in_child(scribble, NULL) == 0 && named;
    for (i = 0; i < 40; i++) {
        named =
            is_named(mp_queue_get(queue, &text, i % 8 == 0 ? WAIT_MS : 0)) &&
            named;
        free(text);
        text = NULL;
        named =
            is_named(mp_queue_put(queue, i % 4 == 0 ? &longer : &word, 0)) &&
            named;
    }
    for (i = 0; i < 12; i++) {
        named = use_in_place(queue, i % 3 == 0 ? 3000 : 90000) && named;
    }
    named = is_named(mp_queue_task_done(queue)) &&
            is_named(mp_queue_join(queue, WAIT_MS)) &&
            mp_queue_size(queue) >= 0 && mp_queue_descriptor(queue) >= 0 &&
            named;
    mp_queue_shutdown(queue);
    /* With nobody else there this must end, whatever is in it. */
    for (i = 0; i < 10000 && mp_queue_get(queue, &text, MP_FOREVER) == 0; i++) {
        free(text);
        text = NULL;
    }
    mp_queue_destroy(queue);
    free(word);
    free(longer);
    return named && i < 10000 ? FINE : NOT_NAMED;
}

static int use_lock(void)
{
    mp_lock *lock = NULL;
    bool named;
    int i;

    if (mp_lock_create(&lock) < 0) {
        return NOT_MADE;
    }
    named = mp_test_in_child(scribble, NULL) == 0;
    for (i = 0; i < 4; i++) {
        named = is_named(mp_lock_acquire(lock, WAIT_MS)) && named;
        named = is_named(mp_lock_release(lock)) && named;
    }
    mp_lock_destroy(lock);
    return named ? FINE : NOT_NAMED;
}

static int use_semaphore(void)
{
    mp_semaphore *semaphore = NULL;
    bool named;
    int i;

    if (mp_semaphore_create(&semaphore, 2, 3) < 0) {
        return NOT_MADE;
    }
    named = mp_test_in_child(scribble, NULL) == 0;
    for (i = 0; i < 4; i++) {
        named = is_named(mp_semaphore_acquire(semaphore, WAIT_MS)) && named;
        named = is_named(mp_semaphore_release(semaphore)) && named;
    }
    mp_semaphore_destroy(semaphore);
    return named ? FINE : NOT_NAMED;
}

static int use_condition(void)
{
    mp_lock *lock = NULL;
    mp_condition *condition = NULL;
    bool named;
    int i;

    if (mp_lock_create(&lock) < 0) {
        return NOT_MADE;
    }
    mp_test_maps_made = 1; /* the condition's is to be overwritten */
    if (mp_condition_create(&condition, lock) < 0) {
        return NOT_MADE;
    }
    named = mp_test_in_child(scribble, NULL) == 0;
    for (i = 0; i < 4; i++) {
        named = is_named(mp_lock_acquire(lock, WAIT_MS)) && named;
        named = is_named(mp_condition_notify_all(condition)) && named;
        named = is_named(mp_condition_wait(condition, WAIT_MS)) && named;
        named = is_named(mp_lock_release(lock)) && named;
    }
    mp_condition_destroy(condition);
    mp_lock_destroy(lock);
    return named ? FINE : NOT_NAMED;
}

static int use_barrier(void)
{
    mp_barrier *barrier = NULL;
    bool named;
    int i;

    if (mp_barrier_create(&barrier, 3, NULL, NULL) < 0) {
        return NOT_MADE;
    }
    named = mp_test_in_child(scribble, NULL) == 0;
    for (i = 0; i < 4; i++) {
        named = is_named(mp_barrier_wait(barrier, WAIT_MS)) && named;
        named = is_named(mp_barrier_reset(barrier)) && named;
        named = mp_barrier_waiting(barrier) >= 0 && named;
    }
    mp_barrier_destroy(barrier);
    return named ? FINE : NOT_NAMED;
}

static int use_shared(void)
{
    mp_lock *lock = NULL; /* makes the domain */
    void *memory = NULL;
    bool named;

    if (mp_lock_create(&lock) < 0) {
        return NOT_MADE;
    }
    mp_test_maps_made = 1;
    if (mp_shared_create(&memory, 100000) < 0) {
        return NOT_MADE;
    }
    /* What lies before the memory cannot be written: the child dies of it. */
    named = mp_test_in_child(scribble, NULL) != 0;
    *(char *)memory = 1;
    mp_shared_destroy(memory);
    mp_lock_destroy(lock);
    return named ? FINE : NOT_NAMED;
}

static bool a_new_queue_works(void)
{
    mp_queue *queue = NULL;
    int64_t x = 7;
    bool works =
        mp_queue_create(
            &queue,
            &(mp_queue_options){ .serializer = &mp_serializer_int64 }) == 0 &&
        mp_queue_put(queue, &x, 0) == 0 && mp_queue_get(queue, &x, 0) == 0 &&
        x == 7;

    mp_queue_destroy(queue);
    return works;
}

static int play_round(void *argument)
{
    int failure;

    plan = argument;
    mp_test_bystander_start();
    failure = plan->use();
    if (!mp_test_bystander_lived() && failure == FINE) {
        failure = BYSTANDER_DIED;
    }
    return failure == FINE && !a_new_queue_works() ? NOT_NEW : failure;
}

static void an_object_overwritten_ends_each_call(void **state)
{
    struct plan round_plan = { .use = *(int (**)(void)) * state };
    int rounds = mp_test_number("MP_SCRIBBLE_ROUNDS", ROUNDS);
    uint64_t seed = (uint64_t)mp_test_number("MP_SCRIBBLE_SEED", 1) << 8;
    int round;
    int status;

    mp_test_deadline(60 + 10 * rounds);
    for (round = 0; round < rounds; round++) {
        seed += 0x9e3779b97f4a7c15;
        round_plan.seed = seed | 1;
        round_plan.what = (enum mp_test_scribble)(round % MP_TEST_SCRIBBLES);
        round_plan.domain = round / MP_TEST_SCRIBBLES % 3 == 2;
        status = mp_test_in_child(play_round, &round_plan);
        if (status != FINE) {
            print_message("what %d, domain %d, seed %llu: %d\n",
                          (int)round_plan.what, (int)round_plan.domain,
                          (unsigned long long)round_plan.seed, status);
        }
        assert_int_equal(status, FINE);
    }
}

static int (*uses[])(void) = { use_queue,     use_lock,    use_semaphore,
                               use_condition, use_barrier, use_shared };

int main(void)
{
    static const struct CMUnitTest tests[] = {
        mp_test_data(an_object_overwritten_ends_each_call, "queue", &uses[0]),
        mp_test_data(an_object_overwritten_ends_each_call, "lock", &uses[1]),
        mp_test_data(an_object_overwritten_ends_each_call, "semaphore",
                     &uses[2]),
        mp_test_data(an_object_overwritten_ends_each_call, "condition",
                     &uses[3]),
        mp_test_data(an_object_overwritten_ends_each_call, "barrier", &uses[4]),
        mp_test_data(an_object_overwritten_ends_each_call, "shared memory",
                     &uses[5]),
    };

    return mp_run_tests(tests);
}
