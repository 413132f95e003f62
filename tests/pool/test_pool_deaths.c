/*
 * test_pool_deaths.c -- who dies where, and what a pool's user then sees
 */
#include "support/fixture.h"
#include "support/helpers.h"

#include <mp/mp.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int one = 1;
static int two = 2;
static int eight = 8;

struct pids {
    volatile pid_t owner;
    volatile pid_t supervisor;
    volatile pid_t worker;
};
static struct pids *pids; /* shared, for tests that need it */

static int give_pids(const void *argument, void *result)
{
    (void)argument;
    ((int64_t *)result)[0] = getpid();
    ((int64_t *)result)[1] = getppid();
    return 0;
}

static int add_one(const void *argument, void *result)
{
    *(int64_t *)result = *(const int64_t *)argument + 1;
    return 0;
}

static int sleep_ms(const void *argument, void *result)
{
    (void)result;
    mp_test_sleep_ms((int)*(const int64_t *)argument);
    return 0;
}

static int tell_and_sleep(const void *argument, void *result)
{
    (void)argument;
    (void)result;
    pids->supervisor = getppid();
    pids->worker = getpid();
    mp_test_sleep_ms(60000);
    return 0;
}

static int state_of_worker(const void *argument, void *result)
{
    (void)argument;
    *(int64_t *)result =
        mp_task_state() == NULL ? -1 : *(int64_t *)mp_task_state();
    return 0;
}

static const mp_serializer pair = { "pair", 16, NULL, NULL, NULL, NULL };
static const mp_task pids_task = { .run = give_pids, .result = &pair };
static const mp_task add_task = { .run = add_one,
                                  .argument = &mp_serializer_int64,
                                  .result = &mp_serializer_int64 };
static const mp_task sleep_task = { .run = sleep_ms,
                                    .argument = &mp_serializer_int64 };
static const mp_task tell_task = { .run = tell_and_sleep };
static const mp_task state_task = { .run = state_of_worker,
                                    .result = &mp_serializer_int64 };

static mp_pool *make_pool(void **state)
{
    mp_pool *pool = NULL;

    assert_int_equal(
        mp_pool_create(&pool, &(mp_pool_options){ .workers = **(int **)state }),
        0);
    return pool;
}

static void serve_once(mp_pool *pool)
{
    int64_t x = 1;

    assert_int_equal(mp_pool_apply(pool, &add_task, &x, &x, NULL), 0);
    assert_int_equal(x, 2);
}

static void idle_workers_killed_are_replaced(void **state)
{
    mp_pool *pool = make_pool(state);
    int64_t got[2];
    int round;

    for (round = 0; round < 20; round++) {
        assert_int_equal(mp_pool_apply(pool, &pids_task, NULL, got, NULL), 0);
        assert_int_not_equal(got[0], getpid());
        assert_int_equal(kill((pid_t)got[0], SIGKILL), 0);
        serve_once(pool);
    }
    mp_pool_destroy(pool);
}

static void the_supervisors_death_ends_all_as_broken(void **state)
{
    int64_t long_ms[20];
    mp_pool *pool = make_pool(state);
    mp_result *result = NULL;
    mp_result *done = NULL;
    mp_iterator *iterator = NULL;
    mp_report report;
    int64_t x = 1;
    int64_t got[2];
    int64_t began;
    int i;

    for (i = 0; i < 20; i++) {
        long_ms[i] = 60000;
    }
    assert_int_equal(mp_pool_apply(pool, &pids_task, NULL, got, NULL), 0);
    assert_int_equal(mp_pool_apply_async(pool, &done, &add_task, &x, NULL), 0);
    assert_int_equal(mp_result_wait(done, MP_FOREVER), 0);
    assert_int_equal(
        mp_pool_map_async(pool, &result, &sleep_task, long_ms, 20, NULL), 0);
    assert_int_equal(mp_pool_imap(pool, &iterator, &sleep_task,
                                  &(mp_source){ .items = long_ms, .count = 20 },
                                  NULL),
                     0);
    assert_int_equal(kill((pid_t)got[1], SIGKILL), 0);
    began = mp_test_clock_ms();
    assert_int_equal(mp_result_get(result, NULL, MP_FOREVER), MP_EBROKEN);
    assert_true(mp_test_clock_ms() - began < 2000);
    assert_int_equal(mp_result_report(result, 7, &report), 0);
    assert_int_equal(report.end, MP_TASK_BROKEN);
    assert_true(report.text[0] != '\0');
    assert_int_equal(mp_iterator_next(iterator, NULL, NULL, MP_FOREVER),
                     MP_EBROKEN);
    assert_int_equal(mp_iterator_next(iterator, NULL, NULL, MP_FOREVER), 0);
    assert_int_equal(mp_result_get(done, &x, 0), 0);
    assert_int_equal(x, 2);
    assert_int_equal(mp_pool_apply(pool, &add_task, &x, &x, NULL), MP_EBROKEN);
    assert_true(mp_test_pid_is_gone((pid_t)got[0], 5000));
    assert_int_equal(mp_pool_close(pool), 0);
    assert_int_equal(mp_pool_join(pool, 5000), 0);
    mp_iterator_destroy(iterator);
    mp_result_destroy(result);
    mp_result_destroy(done);
    mp_pool_destroy(pool);
    pool = make_pool(state);
    serve_once(pool);
    mp_pool_destroy(pool);
}

static int own_a_pool(void *workers)
{
    mp_pool *pool = NULL;
    int i;

    if (mp_pool_create(&pool,
                       &(mp_pool_options){ .workers = *(int *)workers }) < 0) {
        return 1;
    }
    for (i = 0; i < *(int *)workers; i++) {
        if (mp_pool_apply_async(pool, NULL, &tell_task, NULL, NULL) < 0) {
            return 2;
        }
    }
    pids->owner = getpid();
    mp_test_sleep_ms(60000);
    return 3;
}

static void make_pids(void)
{
    void *memory = NULL;

    assert_int_equal(mp_shared_create(&memory, sizeof(*pids)), 0);
    pids = memory;
}

static void workers_do_not_outlive_their_owner(void **state)
{
    pid_t pid;
    int64_t began;

    make_pids();
    pid = fork();
    if (pid == 0) {
        _exit(own_a_pool(*state));
    }
    while (pids->owner == 0 || pids->worker == 0) {
        mp_test_sleep_ms(1);
    }
    assert_int_equal(kill(pid, SIGKILL), 0);
    began = mp_test_clock_ms();
    assert_int_equal(mp_test_wait_for_child(pid, 5000), -SIGKILL);
    assert_true(mp_test_pid_is_gone(pids->worker, 5000));
    assert_true(mp_test_pid_is_gone(pids->supervisor, 5000));
    assert_true(mp_test_clock_ms() - began < 1500);
    mp_shared_destroy(pids);
}

static int leave_without_closing(void *workers)
{
    mp_pool *pool = NULL;

    if (mp_pool_create(&pool,
                       &(mp_pool_options){ .workers = *(int *)workers }) < 0 ||
        mp_pool_apply_async(pool, NULL, &tell_task, NULL, NULL) < 0) {
        return 1;
    }
    while (pids->worker == 0) {
        mp_test_sleep_ms(1);
    }
    exit(0);
}

static void a_program_that_ends_leaves_no_worker(void **state)
{
    make_pids();
    assert_int_equal(mp_test_in_child(leave_without_closing, *state), 0);
    assert_true(mp_test_pid_is_gone(pids->worker, 100));
    assert_true(mp_test_pid_is_gone(pids->supervisor, 100));
    mp_shared_destroy(pids);
}

static int init_with_state(void *argument, void **state)
{
    *state = argument;
    return 0;
}

static int init_that_fails(void *argument, void **state)
{
    (void)argument;
    (void)state;
    return mp_task_fail(ENOENT, "no licence for worker %d",
                        mp_task_worker_index());
}

static int init_that_dies(void *argument, void **state)
{
    (void)argument;
    (void)state;
    return raise(SIGKILL);
}

static void leave_mark(void *state)
{
    pids->owner = (pid_t) * (int64_t *)state;
}

static void init_and_exit_run_in_each_worker(void **state)
{
    static int64_t mark = 4711;
    mp_pool *pool = NULL;
    int64_t got = 0;

    make_pids();
    assert_int_equal(
        mp_pool_create(&pool, &(mp_pool_options){ .workers = **(int **)state,
                                                  .init = init_with_state,
                                                  .exit = leave_mark,
                                                  .argument = &mark }),
        0);
    assert_int_equal(mp_pool_apply(pool, &state_task, NULL, &got, NULL), 0);
    assert_int_equal(got, 4711);
    assert_int_equal(mp_pool_close(pool), 0);
    assert_int_equal(mp_pool_join(pool, MP_FOREVER), 0);
    assert_int_equal(pids->owner, 4711);
    mp_pool_destroy(pool);
    mp_shared_destroy(pids);
}

static void a_failing_init_breaks_the_pool_with_its_text(void **state)
{
    mp_pool *pool = NULL;
    mp_report report;
    int64_t x = 1;

    assert_int_equal(
        mp_pool_create(&pool, &(mp_pool_options){ .workers = **(int **)state,
                                                  .init = init_that_fails }),
        0);
    memset(&report, 0, sizeof(report));
    assert_int_equal(mp_pool_apply(pool, &add_task, &x, &x,
                                   &(mp_call_options){ .report = &report }),
                     MP_EBROKEN);
    assert_non_null(strstr(report.text, "no licence for worker"));
    assert_int_equal(mp_pool_apply(pool, &add_task, &x, &x, NULL), MP_EBROKEN);
    mp_pool_destroy(pool);
    assert_int_equal(
        mp_pool_create(&pool, &(mp_pool_options){ .workers = **(int **)state,
                                                  .init = init_that_dies }),
        0);
    assert_int_equal(mp_pool_apply(pool, &add_task, &x, &x, NULL), MP_EBROKEN);
    mp_pool_destroy(pool);
}

static int no_encode(const mp_serializer *self, const void *object,
                     void *buffer, size_t capacity, size_t *size)
{
    (void)self;
    (void)buffer;
    (void)capacity;
    *size = 8;
    return *(const int64_t *)object < 0 ? -1
           : capacity < 8               ? 0
                                        : (memcpy(buffer, object, 8), 0);
}

static int odd_decode(const mp_serializer *self, void *object,
                      const void *bytes, size_t size)
{
    int64_t x = 0;

    (void)self;
    memcpy(&x, bytes, size);
    switch (x) {
    case 1:
        return -1;
    case 2:
        abort();
    case 3:
        exit(3);
    case 4:
        mp_test_sleep_ms(1000);
        break;
    default:
        break;
    }
    *(int64_t *)object = x;
    return 0;
}

/* Runs as a result serializer in a worker, or as an argument's there. */
static int odd_encode(const mp_serializer *self, const void *object,
                      void *buffer, size_t capacity, size_t *size)
{
    int64_t copy = 0;

    *size = 8;
    if (odd_decode(self, &copy, object, 8) < 0) {
        return -1;
    }
    if (capacity >= 8) {
        memcpy(buffer, object, 8);
    }
    return 0;
}

static int plain_decode(const mp_serializer *self, void *object,
                        const void *bytes, size_t size)
{
    (void)self;
    memcpy(object, bytes, size);
    return 0;
}

static int copy_number(const void *argument, void *result)
{
    *(int64_t *)result = *(const int64_t *)argument;
    return 0;
}

static void check_odd(mp_pool *pool, const mp_task *task)
{
    const int errors[] = { 0, MP_EDECODE, MP_ECRASHED, MP_ECRASHED, 0, 0 };
    int64_t x;
    int64_t got;
    int error;

    for (x = 0; x < 6; x++) {
        got = -1;
        error = mp_pool_apply(pool, task, &x, &got, NULL);
        if (x == 1) {
            assert_true(error == MP_EDECODE || error == MP_EENCODE);
        } else {
            assert_int_equal(error, errors[x]);
        }
        assert_int_equal(got, error < 0 ? -1 : x);
        serve_once(pool);
    }
}

static void serializers_that_misbehave_harm_their_task_alone(void **state)
{
    /* All of it automatic, and made after the workers. */
    mp_pool *pool = make_pool(state);
    mp_serializer argument = { "odd argument", 8,    no_encode,
                               odd_decode,     NULL, NULL };
    mp_serializer result = { "odd result", 8,    odd_encode,
                             plain_decode, NULL, NULL };
    mp_task decoding = { .run = copy_number,
                         .argument = &argument,
                         .result = &mp_serializer_int64 };
    mp_task encoding = { .run = copy_number,
                         .argument = &mp_serializer_int64,
                         .result = &result };
    int64_t numbers[5] = { 5, -1, 6, -1, 7 };
    int64_t got[5];
    mp_result *handle = NULL;
    mp_report report;
    int64_t x = -1;

    check_odd(pool, &decoding);
    check_odd(pool, &encoding);
    assert_int_equal(mp_pool_apply(pool, &decoding, &x, got, NULL), MP_EENCODE);
    assert_int_equal(mp_pool_apply_async(pool, &handle, &decoding, &x, NULL),
                     MP_EENCODE);
    assert_null(handle);
    assert_int_equal(
        mp_pool_map(pool, &decoding, numbers, 5, got,
                    &(mp_call_options){ .report = &report, .chunk_size = 5 }),
        MP_EENCODE);
    assert_int_equal(report.index, 1);
    assert_int_equal(got[0], 5);
    assert_int_equal(got[1], 0);
    assert_int_equal(got[2], 6);
    assert_int_equal(got[3], 0);
    assert_int_equal(got[4], 7);
    mp_pool_destroy(pool);
}

static int use_foreign_pool(void *argument)
{
    mp_pool *pool = argument;
    int64_t x = 1;

    if (mp_pool_apply(pool, &add_task, &x, &x, NULL) != MP_ESTATE ||
        mp_pool_map(pool, &add_task, &x, 1, &x, NULL) != MP_ESTATE ||
        mp_pool_close(pool) != MP_ESTATE ||
        mp_pool_terminate(pool) != MP_ESTATE ||
        mp_pool_join(pool, 0) != MP_ESTATE ||
        mp_pool_workers(pool) != MP_ESTATE) {
        return 1;
    }
    mp_pool_destroy(pool);
    return 0;
}

static int destroy_foreign_iterator(void *iterator)
{
    if (mp_iterator_next(iterator, NULL, NULL, 0) != MP_ESTATE) {
        return 1;
    }
    mp_iterator_destroy(iterator);
    return 0;
}

static void a_forked_copy_of_an_iterator_takes_nothing_back(void **state)
{
    mp_pool *pool = make_pool(state);
    mp_iterator *iterator = NULL;
    int64_t numbers[40] = { 100 };
    int got = 0;

    assert_int_equal(mp_pool_imap(pool, &iterator, &sleep_task,
                                  &(mp_source){ .items = numbers, .count = 40 },
                                  &(mp_call_options){ .look_ahead = 40 }),
                     0);
    assert_int_equal(mp_test_in_child(destroy_foreign_iterator, iterator), 0);
    while (mp_iterator_next(iterator, NULL, NULL, 5000) == 1) {
        got++;
    }
    assert_int_equal(got, 40);
    mp_iterator_destroy(iterator);
    mp_pool_destroy(pool);
}

static int own_a_pool_quietly(void *workers)
{
    mp_pool *pool = NULL;
    int64_t x = 1;

    if (mp_pool_create(&pool,
                       &(mp_pool_options){ .workers = *(int *)workers }) < 0 ||
        mp_pool_apply(pool, &add_task, &x, &x, NULL) < 0) {
        return 1;
    }
    return x == 2 ? 0 : 2; /* and leaves the pool to its exit */
}

static void an_ordinary_child_may_own_a_pool(void **state)
{
    mp_process *process = NULL;
    int status = 5;

    assert_int_equal(
        mp_process_create(&process, own_a_pool_quietly, *state, NULL), 0);
    assert_int_equal(mp_process_start(process), 0);
    assert_int_equal(mp_process_join(process, 10000), 0);
    assert_int_equal(mp_process_exit_status(process, &status), 0);
    assert_int_equal(status, 0);
    mp_process_destroy(process);
}

static void a_pool_serves_its_owner_only(void **state)
{
    mp_pool *pool = make_pool(state);
    mp_process *process = NULL;
    int status = 5;

    assert_int_equal(mp_test_in_child(use_foreign_pool, pool), 0);
    assert_int_equal(mp_process_create(&process, use_foreign_pool, pool, NULL),
                     0);
    assert_int_equal(mp_process_start(process), 0);
    assert_int_equal(mp_process_join(process, 5000), 0);
    assert_int_equal(mp_process_exit_status(process, &status), 0);
    assert_int_equal(status, 0);
    mp_process_destroy(process);
    serve_once(pool);
    mp_pool_destroy(pool);
}

static void a_pool_works_where_sigchld_is_ignored(void **state)
{
    struct sigaction before;
    mp_pool *pool;
    int64_t got[2];

    assert_int_equal(sigaction(SIGCHLD, NULL, &before), 0);
    (void)signal(SIGCHLD, SIG_IGN);
    pool = make_pool(state);
    assert_int_equal(mp_pool_apply(pool, &pids_task, NULL, got, NULL), 0);
    assert_int_equal(kill((pid_t)got[0], SIGKILL), 0);
    serve_once(pool);
    mp_pool_destroy(pool);
    assert_int_equal(sigaction(SIGCHLD, &before, NULL), 0);
}

static int own_a_pool_with_a_handler(void *workers)
{
    mp_pool *pool = NULL;
    int64_t x = 1;

    (void)signal(SIGTERM, SIG_IGN);
    (void)signal(SIGPIPE, SIG_DFL);
    if (mp_pool_create(&pool,
                       &(mp_pool_options){ .workers = *(int *)workers }) < 0 ||
        mp_pool_apply(pool, &add_task, &x, &x, NULL) < 0 ||
        mp_pool_terminate(pool) < 0 || mp_pool_join(pool, 5000) < 0) {
        return 1;
    }
    mp_pool_destroy(pool);
    return x == 2 ? 0 : 2;
}

static void terminate_needs_no_sigterm(void **state)
{
    assert_int_equal(mp_test_in_child(own_a_pool_with_a_handler, *state), 0);
}

static int own_a_pool_without_stdio(void *workers)
{
    (void)close(0);
    (void)close(1);
    (void)close(2);
    return own_a_pool_with_a_handler(workers);
}

static void closed_standard_streams_do_not_matter(void **state)
{
    assert_int_equal(mp_test_in_child(own_a_pool_without_stdio, *state), 0);
}

static void rounds_of_pools_leave_no_descriptor(void **state)
{
    int before = mp_test_open_descriptors();
    int round;

    for (round = 0; round < 10; round++) {
        mp_pool *pool = make_pool(state);

        serve_once(pool);
        assert_true(mp_test_open_descriptors() <= before + 3);
        if (round % 2 == 0) {
            assert_int_equal(mp_pool_close(pool), 0);
            assert_int_equal(mp_pool_join(pool, MP_FOREVER), 0);
        }
        mp_pool_destroy(pool);
        assert_int_equal(mp_test_open_descriptors(), before);
    }
}

static void bad_arguments_are_named(void **state)
{
    const mp_task no_run = { .argument = &mp_serializer_int64 };
    const mp_call_options negative = { .chunk_size = -1 };
    const mp_call_options ahead = { .look_ahead = 3 };
    mp_pool *pool = NULL;
    mp_result *result = NULL;
    mp_iterator *iterator = NULL;
    int64_t x = 1;

    (void)state;
    assert_int_equal(mp_pool_create(NULL, NULL), MP_EINVAL);
    assert_int_equal(mp_pool_create(&pool, &(mp_pool_options){ .workers = -1 }),
                     MP_EINVAL);
    assert_int_equal(
        mp_pool_create(&pool, &(mp_pool_options){ .workers = 1001 }),
        MP_EINVAL);
    assert_null(pool);
    assert_int_equal(mp_pool_create(&pool, &(mp_pool_options){ .workers = 1 }),
                     0);
    assert_int_equal(mp_pool_apply(NULL, &add_task, &x, &x, NULL), MP_EINVAL);
    assert_int_equal(mp_pool_apply(pool, NULL, &x, &x, NULL), MP_EINVAL);
    assert_int_equal(mp_pool_apply(pool, &no_run, &x, &x, NULL), MP_EINVAL);
    assert_int_equal(mp_pool_apply(pool, &add_task, NULL, &x, NULL), MP_EINVAL);
    assert_int_equal(mp_pool_apply(pool, &sleep_task, &x, &x, NULL), MP_EINVAL);
    assert_int_equal(mp_pool_apply(pool, &add_task, &x, &x, &ahead), MP_EINVAL);
    assert_int_equal(mp_pool_map(pool, &add_task, NULL, 2, &x, NULL),
                     MP_EINVAL);
    assert_int_equal(mp_pool_map(pool, &add_task, &x, 1, &x, &negative),
                     MP_EINVAL);
    assert_int_equal(mp_pool_imap(pool, NULL, &add_task,
                                  &(mp_source){ .items = &x, .count = 1 },
                                  NULL),
                     MP_EINVAL);
    assert_int_equal(mp_pool_imap(pool, &iterator, &add_task, NULL, NULL),
                     MP_EINVAL);
    assert_int_equal(mp_pool_imap(pool, &iterator, &add_task,
                                  &(mp_source){ .count = 1 }, NULL),
                     MP_EINVAL);
    assert_int_equal(mp_pool_apply_async(pool, &result, &add_task, NULL, NULL),
                     MP_EINVAL);
    assert_int_equal(mp_result_get(NULL, NULL, 0), MP_EINVAL);
    assert_int_equal(mp_result_ready(NULL), MP_EINVAL);
    assert_int_equal(mp_iterator_next(NULL, NULL, NULL, 0), MP_EINVAL);
    assert_int_equal(mp_pool_join(NULL, 0), MP_EINVAL);
    assert_int_equal(mp_task_worker_index(), MP_ESTATE);
    mp_result_destroy(NULL);
    mp_iterator_destroy(NULL);
    mp_pool_destroy(NULL);
    serve_once(pool);
    mp_pool_destroy(pool);
}

#define WITH_WORKERS(name)                                                     \
    mp_test_data(name, "1 worker", &one),                                      \
        mp_test_data(name, "2 workers", &two),                                 \
        mp_test_data(name, "8 workers", &eight)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_WORKERS(idle_workers_killed_are_replaced),
        WITH_WORKERS(the_supervisors_death_ends_all_as_broken),
        WITH_WORKERS(workers_do_not_outlive_their_owner),
        WITH_WORKERS(a_program_that_ends_leaves_no_worker),
        WITH_WORKERS(init_and_exit_run_in_each_worker),
        WITH_WORKERS(a_failing_init_breaks_the_pool_with_its_text),
        WITH_WORKERS(serializers_that_misbehave_harm_their_task_alone),
        WITH_WORKERS(a_pool_serves_its_owner_only),
        WITH_WORKERS(an_ordinary_child_may_own_a_pool),
        WITH_WORKERS(a_forked_copy_of_an_iterator_takes_nothing_back),
        WITH_WORKERS(a_pool_works_where_sigchld_is_ignored),
        WITH_WORKERS(terminate_needs_no_sigterm),
        WITH_WORKERS(closed_standard_streams_do_not_matter),
        WITH_WORKERS(rounds_of_pools_leave_no_descriptor),
        mp_test(bad_arguments_are_named),
    };

    return mp_run_tests(tests);
}
