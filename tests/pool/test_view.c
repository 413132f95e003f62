/*
 * test_view.c -- results that are shown and kept where their workers put them
 */
#include "support/fixture.h"
#include "support/helpers.h"
#include "support/pool_helpers.h"

#include <mp/mp.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum { LONG_SIZE = 300000, KIB = 1024, MIB = 1024 * KIB };

/* A result of as many bytes as asked for, which tell who it is for. */
struct order {
    int64_t size;
    int64_t mark;
};

static unsigned char byte_at(const struct order *order, size_t i)
{
    return (unsigned char)((uint64_t)order->mark * 31 + i / 1000 * 7 + i % 251);
}

static int make_bytes(const void *argument, void *result)
{
    const struct order *order = argument;
    mp_bytes *bytes = result;
    unsigned char *data;
    size_t i;

    data = malloc((size_t)order->size + 1);
    if (data == NULL) {
        return ENOMEM;
    }
    for (i = 0; i < (size_t)order->size; i++) {
        data[i] = byte_at(order, i);
    }
    bytes->data = data;
    bytes->size = (size_t)order->size;
    return 0;
}

static const mp_serializer order_serializer =
    MP_SERIALIZER_STRUCT(struct order);
static const mp_task bytes_task = { .run = make_bytes,
                                    .argument = &order_serializer,
                                    .result = &mp_serializer_bytes };

static void assert_shows(const void *bytes, size_t size,
                         const struct order *order)
{
    const unsigned char *data = bytes;
    size_t i;

    assert_int_equal(size, order->size);
    assert_int_equal((uintptr_t)bytes % _Alignof(max_align_t), 0);
    for (i = 0; i < size; i++) {
        if (data[i] != byte_at(order, i)) {
            fail_msg("byte %zu of result %d", i, (int)order->mark);
        }
    }
}

/* ---- what is shown ---- */

static void results_of_any_size_are_shown(void **state)
{
    const int64_t sizes[] = { 0,     1,         16,        17,      1000,
                              65536, 65537,     LONG_SIZE, 3 * MIB, 20 * MIB,
                              70000, LONG_SIZE, 5 };
    mp_pool *pool = mp_test_pool_of(state);
    mp_result *result = NULL;
    size_t i;

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct order order = { sizes[i], (int64_t)i };
        const void *bytes = NULL;
        const void *again = NULL;
        size_t size = 0;

        assert_int_equal(
            mp_pool_apply_async(pool, &result, &bytes_task, &order, NULL), 0);
        assert_int_equal(mp_result_view(result, &bytes, &size, MP_FOREVER), 0);
        assert_shows(bytes, size, &order);
        assert_int_equal(mp_result_view(result, &again, &size, 0), 0);
        assert_ptr_equal(again, bytes); /* in place */
        mp_result_destroy(result);
    }
    mp_pool_destroy(pool);
}

/* In which serializer it comes: a copy that get gives is another matter. */
static void get_and_view_agree(void **state)
{
    struct order order = { LONG_SIZE, 3 };
    mp_pool *pool = mp_test_pool_of(state);
    mp_result *result = NULL;
    mp_bytes copies[2] = { { NULL, 0 }, { NULL, 0 } };
    const void *bytes = NULL;
    size_t size = 0;

    assert_int_equal(
        mp_pool_apply_async(pool, &result, &bytes_task, &order, NULL), 0);
    assert_int_equal(mp_result_get(result, &copies[0], MP_FOREVER), 0);
    assert_int_equal(mp_result_view(result, &bytes, &size, 0), 0);
    assert_int_equal(mp_result_get(result, &copies[1], 0), 0);
    assert_shows(copies[0].data, copies[0].size, &order);
    assert_shows(copies[1].data, copies[1].size, &order);
    assert_shows(bytes, size, &order);
    assert_ptr_not_equal(bytes, copies[0].data);
    mp_serializer_release(&mp_serializer_bytes, copies, 2);
    mp_result_destroy(result);
    mp_pool_destroy(pool);
}

struct slab {
    int64_t mark;
    unsigned char bytes[200000];
};

static int fill_slab(const void *argument, void *result)
{
    struct slab *slab = result;
    size_t i;

    for (i = 0; i < sizeof(*slab); i++) {
        if (((const unsigned char *)result)[i] != 0) {
            return 7; /* it begins as zero bytes */
        }
    }
    slab->mark = *(const int64_t *)argument;
    memset(slab->bytes, (int)slab->mark, sizeof(slab->bytes) / 2);
    return slab->mark == 4 ? mp_task_fail(5, "no slab %d", 4) : 0;
}

static const mp_serializer slab_serializer = MP_SERIALIZER_STRUCT(struct slab);
static const mp_task slab_task = { .run = fill_slab,
                                   .argument = &mp_serializer_int64,
                                   .result = &slab_serializer };

static void long_structs_are_shown_and_begin_as_zero_bytes(void **state)
{
    mp_pool *pool = mp_test_pool_of(state);
    mp_result *result = NULL;
    const struct slab *slab;
    const void *bytes = NULL;
    size_t size = 0;
    int64_t i;

    for (i = 1; i < 9; i++) {
        assert_int_equal(
            mp_pool_apply_async(pool, &result, &slab_task, &i, NULL), 0);
        assert_int_equal(mp_result_view(result, &bytes, &size, MP_FOREVER),
                         i == 4 ? MP_EFAILED : 0);
        if (i != 4) {
            slab = bytes;
            assert_int_equal(size, sizeof(*slab));
            assert_int_equal(slab->mark, i);
            assert_int_equal(slab->bytes[0], i);
            assert_int_equal(slab->bytes[sizeof(slab->bytes) - 1], 0);
        }
        mp_result_destroy(result);
    }
    mp_pool_destroy(pool);
}

static void release_nothing(const mp_serializer *self, void *object)
{
    (void)self;
    (void)object;
}

/* Its object is libmp's to release, so it is not the one that is shown. */
static void long_structs_that_are_released_are_shown(void **state)
{
    const mp_serializer released = { .name = "released",
                                     .object_size = sizeof(struct slab),
                                     .release = release_nothing };
    const mp_task task = { .run = fill_slab,
                           .argument = &mp_serializer_int64,
                           .result = &released };
    mp_pool *pool = mp_test_pool_of(state);
    mp_result *result = NULL;
    const void *bytes = NULL;
    size_t size = 0;
    int64_t i;

    for (i = 1; i < 4; i++) {
        assert_int_equal(mp_pool_apply_async(pool, &result, &task, &i, NULL),
                         0);
        assert_int_equal(mp_result_view(result, &bytes, &size, MP_FOREVER), 0);
        assert_int_equal(size, sizeof(struct slab));
        assert_int_equal(((const struct slab *)bytes)->mark, i);
        assert_int_equal(((const struct slab *)bytes)->bytes[99999], i);
        mp_result_destroy(result);
    }
    mp_pool_destroy(pool);
}

static int make_list(const void *argument, void *result)
{
    enum { COUNT = 20000 };
    int64_t from = *(const int64_t *)argument;
    mp_value *items = malloc(COUNT * sizeof(*items));
    mp_value *list = result;
    int64_t i;

    if (items == NULL) {
        return ENOMEM;
    }
    for (i = 0; i < COUNT; i++) {
        items[i] = mp_value_integer(1000000 + from + i);
    }
    *list = (mp_value){ .type = MP_VALUE_LIST, .count = COUNT };
    list->as.items = items;
    return 0;
}

/* A decoder that relies on what it has seen works on a copy. */
static void long_values_are_decoded_from_where_they_lie(void **state)
{
    const mp_task task = { .run = make_list,
                           .argument = &mp_serializer_int64,
                           .result = &mp_serializer_value };
    mp_pool *pool = mp_test_pool_of(state);
    mp_result *result = NULL;
    mp_value lists[2];
    int64_t from = 5;

    assert_int_equal(mp_pool_apply(pool, &task, &from, &lists[0], NULL), 0);
    from = 6;
    assert_int_equal(mp_pool_apply_async(pool, &result, &task, &from, NULL), 0);
    assert_int_equal(mp_result_get(result, &lists[1], MP_FOREVER), 0);
    assert_int_equal(lists[0].as.items[19999].as.integer, 1020004);
    assert_int_equal(lists[1].as.items[19999].as.integer, 1020005);
    mp_serializer_release(&mp_serializer_value, lists, 2);
    mp_result_destroy(result);
    mp_pool_destroy(pool);
}

/* ---- what is not ---- */

static void only_one_result_of_a_task_that_gives_one_is_shown(void **state)
{
    mp_pool *pool = mp_test_pool_of(state);
    mp_result *results[2] = { NULL, NULL };
    struct order order = { 10, 1 };
    int64_t none = 0;
    const void *bytes = &none;
    size_t size = 77;

    assert_int_equal(
        mp_pool_map_async(pool, &results[0], &bytes_task, &order, 1, NULL), 0);
    assert_int_equal(mp_result_wait(results[0], MP_FOREVER), 0);
    assert_int_equal(mp_result_view(results[0], &bytes, &size, 0), MP_EINVAL);
    assert_int_equal(mp_pool_apply_async(pool, &results[1], &mp_test_sleep_task,
                                         &none, NULL),
                     0);
    assert_int_equal(mp_result_view(results[1], &bytes, &size, MP_FOREVER),
                     MP_EINVAL);
    assert_int_equal(mp_result_view(results[1], NULL, &size, 0), MP_EINVAL);
    assert_int_equal(mp_result_view(results[1], &bytes, NULL, 0), MP_EINVAL);
    assert_int_equal(mp_result_view(NULL, &bytes, &size, 0), MP_EINVAL);
    assert_ptr_equal(bytes, &none);
    assert_int_equal(size, 77);
    mp_result_destroy(results[0]);
    mp_result_destroy(results[1]);
    mp_pool_destroy(pool);
}

static int wait_and_make(const void *argument, void *result)
{
    (void)argument;
    mp_test_wait_open();
    return make_bytes(&(struct order){ LONG_SIZE, 9 }, result);
}

static int view_elsewhere(void *result)
{
    const void *bytes = NULL;
    size_t size = 0;

    return mp_result_view(result, &bytes, &size, 0) == MP_ESTATE ? 0 : 1;
}

static void a_view_that_comes_too_early_times_out(void **state)
{
    const mp_task task = { .run = wait_and_make,
                           .result = &mp_serializer_bytes };
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 1 });
    const struct order order = { LONG_SIZE, 9 };
    mp_result *result = NULL;
    const void *bytes = NULL;
    size_t size = 0;

    (void)state;
    assert_int_equal(mp_pool_apply_async(pool, &result, &task, NULL, NULL), 0);
    assert_int_equal(mp_result_view(result, &bytes, &size, 20), MP_ETIMEDOUT);
    assert_null(bytes);
    atomic_store(&mp_test_shared->open, 1);
    assert_int_equal(mp_result_view(result, &bytes, &size, MP_TEST_LONG_MS), 0);
    assert_shows(bytes, size, &order);
    assert_int_equal(mp_test_in_child(view_elsewhere, result), 0);
    mp_result_destroy(result);
    mp_pool_destroy(pool);
}

/* ---- how long ---- */

enum { MANY = 200 };

/* Many are held while others come and go, destroyed in an order of their own:
 * none is written over. */
static void held_results_stay_while_workers_go_on(void **state)
{
    static mp_result *held[MANY];
    struct order orders[MANY];
    mp_pool *pool = mp_test_pool_of(state);
    mp_bytes copy = { NULL, 0 };
    const void *bytes = NULL;
    size_t size = 0;
    size_t i;

    for (i = 0; i < MANY; i++) {
        orders[i] =
            (struct order){ 60000 + (int64_t)(i * 7919 % 90000), (int64_t)i };
        assert_int_equal(
            mp_pool_apply_async(pool, &held[i], &bytes_task, &orders[i], NULL),
            0);
        if (i % 3 == 2) { /* one that is read and gone */
            assert_int_equal(
                mp_pool_apply(pool, &bytes_task, &orders[i], &copy, NULL), 0);
            assert_shows(copy.data, copy.size, &orders[i]);
            mp_serializer_release(&mp_serializer_bytes, &copy, 1);
        }
        if (i % 5 == 4) {
            assert_int_equal(
                mp_result_view(held[i - 3], &bytes, &size, MP_FOREVER), 0);
            assert_shows(bytes, size, &orders[i - 3]);
            mp_result_destroy(held[i - 3]);
            held[i - 3] = NULL;
        }
    }
    for (i = 0; i < MANY; i++) {
        if (held[i] != NULL) {
            assert_int_equal(mp_result_view(held[i], &bytes, &size, MP_FOREVER),
                             0);
            assert_shows(bytes, size, &orders[i]);
            mp_result_destroy(held[i]);
        }
    }
    mp_pool_destroy(pool);
}

/* More than there are pins for one worker: the rest is copied. */
static void more_can_be_held_than_is_kept_in_place(void **state)
{
    enum { TOO_MANY = 1100 };
    static mp_result *held[TOO_MANY];
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 1 });
    const void *bytes = NULL;
    size_t size = 0;
    int64_t i;

    (void)state;
    for (i = 0; i < TOO_MANY; i++) {
        const struct order order = { 65600, i };

        assert_int_equal(
            mp_pool_apply_async(pool, &held[i], &bytes_task, &order, NULL), 0);
    }
    for (i = TOO_MANY - 1; i >= 0; i--) {
        const struct order order = { 65600, i };

        assert_int_equal(mp_result_view(held[i], &bytes, &size, MP_FOREVER), 0);
        assert_shows(bytes, size, &order);
        mp_result_destroy(held[i]);
    }
    mp_pool_destroy(pool);
}

static void a_view_outlives_its_pool(void **state)
{
    enum { COUNT = 6 };
    mp_pool *pool = mp_test_pool_of(state);
    mp_result *results[COUNT];
    struct order orders[COUNT];
    const void *views[COUNT];
    size_t sizes[COUNT];
    mp_bytes copy = { NULL, 0 };
    size_t i;

    for (i = 0; i < COUNT; i++) {
        orders[i] = (struct order){ (int64_t)(i + 1) * 50001, (int64_t)i };
        assert_int_equal(mp_pool_apply_async(pool, &results[i], &bytes_task,
                                             &orders[i], NULL),
                         0);
    }
    for (i = 0; i < COUNT; i++) {
        assert_int_equal(
            mp_result_view(results[i], &views[i], &sizes[i], MP_FOREVER), 0);
    }
    mp_result_destroy(results[2]);
    mp_pool_destroy(pool);
    for (i = 0; i < COUNT; i++) {
        if (i == 2) {
            continue;
        }
        assert_shows(views[i], sizes[i], &orders[i]);
        assert_int_equal(mp_result_get(results[i], &copy, 0), 0);
        assert_shows(copy.data, copy.size, &orders[i]);
        mp_serializer_release(&mp_serializer_bytes, &copy, 1);
        mp_result_destroy(results[i]);
    }
}

/* Bytes of memory behind files of libmp; -1: there are none to be found. */
static long long file_bytes(void)
{
    char path[64];
    char name[64];
    struct stat about;
    long long sum = -1;
    ssize_t length;
    int fd;

    for (fd = 3; fd < 200; fd++) {
        (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        length = readlink(path, name, sizeof(name) - 1);
        name[length < 0 ? 0 : length] = '\0';
        if (strstr(name, "memfd:libmp") != NULL && fstat(fd, &about) == 0) {
            sum = (sum < 0 ? 0 : sum) + (long long)about.st_blocks * 512;
        }
    }
    return sum;
}

/* What is warm stays for a moment, and what is held for ever. */
static void memory_is_given_back_when_workers_idle(void **state)
{
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 1 });
    const struct order orders[2] = { { 40 * MIB, 1 }, { MIB, 2 } };
    mp_result *results[2] = { NULL };
    const void *views[2];
    size_t sizes[2];
    int i;

    (void)state;
    for (i = 0; i < 2; i++) {
        assert_int_equal(mp_pool_apply_async(pool, &results[i], &bytes_task,
                                             &orders[i], NULL),
                         0);
        assert_int_equal(
            mp_result_view(results[i], &views[i], &sizes[i], MP_FOREVER), 0);
    }
    if (file_bytes() < 0) {
        print_message("skipped: the pool's file is not to be found here\n");
    } else {
        assert_true(file_bytes() >= 41 * MIB);
        mp_test_sleep_ms(1500); /* nothing of what is held */
        assert_true(file_bytes() >= 41 * MIB);
        mp_result_destroy(results[0]);
        results[0] = NULL;
        for (i = 0; i < 3000 && file_bytes() > 18 * MIB; i++) {
            mp_test_sleep_ms(10);
        }
        assert_true(file_bytes() <= 18 * MIB);
    }
    assert_shows(views[1], sizes[1], &orders[1]);
    mp_result_destroy(results[0]);
    mp_result_destroy(results[1]);
    mp_pool_destroy(pool);
}

static int die(const void *argument, void *result)
{
    (void)argument;
    (void)result;
    return raise(SIGKILL);
}

static void a_view_outlives_its_worker(void **state)
{
    const mp_task die_task = { .run = die };
    mp_pool *pool = mp_test_pool(&(mp_pool_options){ .workers = 1 });
    const struct order first = { LONG_SIZE, 1 };
    mp_result *results[9] = { NULL };
    const void *bytes = NULL;
    const void *other = NULL;
    size_t size = 0;
    int64_t i;

    (void)state;
    assert_int_equal(
        mp_pool_apply_async(pool, &results[0], &bytes_task, &first, NULL), 0);
    assert_int_equal(mp_result_view(results[0], &bytes, &size, MP_FOREVER), 0);
    for (i = 1; i < 9; i++) { /* each of them of a new worker */
        const struct order order = { LONG_SIZE, 100 + i };

        assert_int_equal(mp_pool_apply(pool, &die_task, NULL, NULL, NULL),
                         MP_ECRASHED);
        assert_int_equal(
            mp_pool_apply_async(pool, &results[i], &bytes_task, &order, NULL),
            0);
        assert_int_equal(mp_result_view(results[i], &other, &size, MP_FOREVER),
                         0);
        assert_shows(other, size, &order);
        assert_shows(bytes, LONG_SIZE, &first);
        if (i % 2 == 0) {
            mp_result_destroy(results[i]);
            results[i] = NULL;
        }
    }
    for (i = 0; i < 9; i++) {
        mp_result_destroy(results[i]);
    }
    mp_pool_destroy(pool);
}

/* A child that was forked meanwhile gives back copies of pool and results: the
 * parent's stay as they are. */
struct copies {
    mp_pool *pool;
    mp_result *result;
};

static int destroy_copies(void *argument)
{
    struct copies *copies = argument;

    mp_result_destroy(copies->result);
    mp_pool_destroy(copies->pool);
    return 0;
}

static void a_forked_child_takes_nothing_away(void **state)
{
    struct copies copies = { mp_test_pool_of(state), NULL };
    const struct order order = { LONG_SIZE, 1 };
    const struct order next = { LONG_SIZE, 2 };
    const void *bytes = NULL;
    mp_bytes copy = { NULL, 0 };
    size_t size = 0;

    assert_int_equal(mp_pool_apply_async(copies.pool, &copies.result,
                                         &bytes_task, &order, NULL),
                     0);
    assert_int_equal(mp_result_view(copies.result, &bytes, &size, MP_FOREVER),
                     0);
    assert_int_equal(mp_test_in_child(destroy_copies, &copies), 0);
    assert_int_equal(
        mp_pool_apply(copies.pool, &bytes_task, &next, &copy, NULL), 0);
    mp_serializer_release(&mp_serializer_bytes, &copy, 1);
    assert_shows(bytes, size, &order);
    mp_pool_destroy(copies.pool);
    assert_shows(bytes, size, &order);
    mp_result_destroy(copies.result);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        MP_TEST_EVERYWHERE(results_of_any_size_are_shown),
        MP_TEST_EVERYWHERE(get_and_view_agree),
        MP_TEST_EVERYWHERE(long_structs_are_shown_and_begin_as_zero_bytes),
        MP_TEST_EVERYWHERE(long_structs_that_are_released_are_shown),
        MP_TEST_EVERYWHERE(long_values_are_decoded_from_where_they_lie),
        MP_TEST_EVERYWHERE(only_one_result_of_a_task_that_gives_one_is_shown),
        mp_test_setup_teardown(a_view_that_comes_too_early_times_out,
                               mp_test_board_setup, mp_test_board_teardown),
        MP_TEST_EVERYWHERE(held_results_stay_while_workers_go_on),
        mp_test(more_can_be_held_than_is_kept_in_place),
        MP_TEST_EVERYWHERE(a_view_outlives_its_pool),
        mp_test(memory_is_given_back_when_workers_idle),
        mp_test(a_view_outlives_its_worker),
        MP_TEST_WITH_WORKERS(a_forked_child_takes_nothing_away),
    };

    return mp_run_tests(tests);
}
