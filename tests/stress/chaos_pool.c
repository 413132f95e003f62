/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * chaos_pool.c -- owners of pools whose workers die, and every item's end
 *
 * In rounds: a map in chunks, with and without retries, an imap_unordered, and
 * single tasks that succeed, fail, overrun their limit, are cancelled, give
 * long results. Each item has one end, of a kind that its task or a kill
 * explains; callbacks come once; without a retry nothing is run twice; and
 * after every round the pool's own totals are the same as those counted here.
 */
#include "chaos.h"

#include <stdlib.h>
#include <string.h>

enum { IMAP_ITEMS = 40, SINGLES = 24, RETRIES = 3, ROUND_MS = 60000 };

struct owner {
    struct owner_book *book;
    mp_pool *pool;
    struct dice dice;
    uint64_t ends[MP_TASK_ENDS]; /* of this pool */
};

static struct owner_book *book; /* for workers */

/* ---- in the workers ---- */

static int square(const void *argument, void *result)
{
    int64_t x = *(const int64_t *)argument;

    if (x % 6 == 0) {
        nap_us(300);
    }
    if (x % 5 == 0) {
        CHECK(mp_lock_acquire(room, 20000) >= 0);
        CHECK(mp_lock_release(room) == 0);
    }
    *(int64_t *)result = x * x;
    return 0;
}

static int count_run(const void *argument, void *result)
{
    int64_t x = *(const int64_t *)argument % STAMP;
    uint64_t stamp = (uint64_t)(*(const int64_t *)argument / STAMP);
    uint64_t runs = atomic_load(&book->runs[x]);

    while (runs >> 8 == stamp &&
           !atomic_compare_exchange_weak(&book->runs[x], &runs, runs + 1)) {
        /* `runs` is fresh */
    }
    return square(&x, result);
}

static int fail(const void *argument, void *result)
{
    (void)argument;
    (void)result;
    return mp_task_fail(7, "as it was told");
}

static int sleep_long(const void *argument, void *result)
{
    (void)argument;
    (void)result;
    nap_us(120 * 1000000L);
    return 0;
}

/* As many bytes as the argument says, all of its lowest byte. */
static int make_bytes(const void *argument, void *result)
{
    int64_t x = *(const int64_t *)argument;
    mp_bytes *bytes = result;

    bytes->data = malloc((size_t)x + 1);
    if (bytes->data == NULL) {
        return mp_task_fail(1, "no memory");
    }
    memset(bytes->data, (int)(x & 0xff), (size_t)x + 1);
    bytes->size = (size_t)x;
    return 0;
}

static const mp_task once_task = { .run = count_run,
                                   .argument = &mp_serializer_int64,
                                   .result = &mp_serializer_int64 };
static const mp_task again_task = { .run = count_run,
                                    .argument = &mp_serializer_int64,
                                    .result = &mp_serializer_int64,
                                    .retries = RETRIES };
static const mp_task square_task = { .run = square,
                                     .argument = &mp_serializer_int64,
                                     .result = &mp_serializer_int64 };

/* Single tasks: what becomes of them when nobody is killed. */
enum single { SQUARE, FAIL, LIMIT, CANCEL, BYTES, KINDS };
static const mp_task single_tasks[KINDS] = {
    { .run = square,
      .argument = &mp_serializer_int64,
      .result = &mp_serializer_int64 },
    { .run = fail, .argument = &mp_serializer_int64 },
    { .run = sleep_long, .argument = &mp_serializer_int64, .limit_ms = 5 },
    { .run = sleep_long, .argument = &mp_serializer_int64 },
    { .run = make_bytes,
      .argument = &mp_serializer_int64,
      .result = &mp_serializer_bytes },
};
static const enum mp_task_end single_ends[KINDS] = {
    MP_TASK_DONE, MP_TASK_FAILED, MP_TASK_LIMITED, MP_TASK_CANCELED,
    MP_TASK_DONE
};

/* ---- in the owner ---- */

static void count_end(struct owner *owner, const mp_report *report,
                      enum mp_task_end natural)
{
    CHECK(report->end == natural || report->end == MP_TASK_CRASHED ||
          report->end == MP_TASK_BROKEN);
    CHECK((report->end == MP_TASK_DONE) == (report->error == 0));
    CHECK(report->error == 0 || report->text[0] != '\0');
    owner->ends[report->end]++;
    owner->book->ends[report->end]++;
    owner->book->progress++;
}

/* An item of the map: how often it was run. */
static void check_runs(const struct owner *owner, int i,
                       const mp_report *report, bool retried)
{
    int runs = (int)(owner->book->runs[i] & 0xff);

    CHECK(runs <= report->attempt || report->end == MP_TASK_BROKEN);
    CHECK(runs <= (retried ? RETRIES + 1 : 1));
    CHECK(runs >= (report->end == MP_TASK_DONE ? 1 : 0));
    CHECK(report->end != MP_TASK_CRASHED || !retried || report->set_aside);
}

static int map_once(struct owner *owner)
{
    static const int chunks[] = { 0, 1, 7, 20 };
    bool retried = dice_throw(&owner->dice, 2) == 0;
    uint64_t stamp = atomic_fetch_add(&ledger->stamp, 1) + 1;
    int64_t numbers[MAP_ITEMS];
    int64_t squares[MAP_ITEMS];
    mp_result *result = NULL;
    mp_report report;
    int error;
    int i;

    for (i = 0; i < MAP_ITEMS; i++) {
        numbers[i] = (int64_t)stamp * STAMP + i;
        owner->book->runs[i] = stamp << 8;
    }
    error = mp_pool_map_async(
        owner->pool, &result, retried ? &again_task : &once_task, numbers,
        MAP_ITEMS,
        &(mp_call_options){ .chunk_size =
                                chunks[dice_throw(&owner->dice, 4)] });
    if (error < 0) {
        return error;
    }
    error = mp_result_get(result, squares, ROUND_MS);
    CHECK(error != MP_ETIMEDOUT);
    for (i = 0; i < MAP_ITEMS; i++) {
        CHECK(mp_result_report(result, (size_t)i, &report) == 0);
        CHECK(squares[i] == (report.error == 0 ? (int64_t)i * i : 0));
        check_runs(owner, i, &report, retried);
        count_end(owner, &report, MP_TASK_DONE);
    }
    mp_result_destroy(result);
    return error;
}

static int next_number(void *context, void *argument)
{
    int64_t *next = context;

    *(int64_t *)argument = *next;
    *next += 1;
    return *next <= IMAP_ITEMS ? 1 : 0;
}

static int imap_once(struct owner *owner)
{
    int64_t next = 0;
    bool seen[IMAP_ITEMS] = { false };
    mp_source source = { .next = next_number, .context = &next };
    mp_iterator *iterator = NULL;
    mp_report report;
    int64_t got = 0;
    int count = 0;
    int error = mp_pool_imap_unordered(owner->pool, &iterator, &square_task,
                                       &source, NULL);

    if (error < 0) {
        return error;
    }
    while ((error = mp_iterator_next(iterator, &got, &report, ROUND_MS)) > 0) {
        CHECK(report.index < IMAP_ITEMS && !seen[report.index]);
        seen[report.index] = true;
        CHECK(report.error != 0 ||
              got == (int64_t)(report.index * report.index));
        count_end(owner, &report, MP_TASK_DONE);
        count++;
    }
    CHECK(error == MP_EBROKEN || (error == 0 && count == IMAP_ITEMS));
    mp_iterator_destroy(iterator);
    return error;
}

static void count_call(mp_result *result, void *context)
{
    CHECK(mp_result_ready(result) == 1);
    *(int *)context += 1;
}

/* What a task that is done gave. */
static void check_result(mp_result *result, enum single kind, int64_t x)
{
    mp_bytes bytes = { .data = NULL };
    const unsigned char *data;
    int64_t got = 0;

    if (kind == SQUARE) {
        CHECK(mp_result_get(result, &got, 0) == 0 && got == x * x);
    } else if (kind == BYTES) {
        CHECK(mp_result_get(result, &bytes, 0) == 0);
        data = bytes.data;
        CHECK(bytes.size == (size_t)x);
        CHECK(x == 0 || (data[0] == (x & 0xff) && data[x - 1] == (x & 0xff)));
        mp_serializer_release(&mp_serializer_bytes, &bytes, 1);
    }
}

static int singles_once(struct owner *owner)
{
    mp_result *results[SINGLES] = { NULL };
    enum single kinds[SINGLES];
    int64_t numbers[SINGLES];
    int calls[SINGLES] = { 0 };
    mp_report report;
    int error = 0;
    int count;
    int i;

    for (i = 0; i < SINGLES && error == 0; i++) {
        kinds[i] = i < KINDS                          ? (enum single)i
                   : dice_throw(&owner->dice, 4) == 0 ? BYTES
                                                      : SQUARE;
        numbers[i] = dice_throw(&owner->dice, 16) == 0
                         ? dice_throw(&owner->dice, 2000000)
                         : dice_throw(&owner->dice, 3000);
        error = mp_pool_apply_async(
            owner->pool, &results[i], &single_tasks[kinds[i]], &numbers[i],
            &(mp_call_options){ .done = count_call, .context = &calls[i] });
    }
    count = error < 0 ? i - 1 : i;
    CHECK(error == 0 || error == MP_EBROKEN);
    if (count > CANCEL) {
        error = mp_result_cancel(results[CANCEL]);
        CHECK(error == 0 || error == MP_ESTATE);
    }
    CHECK(mp_result_wait_all(results, (size_t)count, ROUND_MS) == 0);
    error = 0;
    for (i = 0; i < count; i++) {
        CHECK(calls[i] == 1);
        CHECK(mp_result_report(results[i], 0, &report) == 0);
        count_end(owner, &report, single_ends[kinds[i]]);
        if (report.error == 0) {
            check_result(results[i], kinds[i], numbers[i]);
        }
        error = report.error == MP_EBROKEN ? MP_EBROKEN : error;
        mp_result_destroy(results[i]);
    }
    return count < SINGLES ? MP_EBROKEN : error;
}

/* The pool's account is ours. Of a pool that broke in an iterator, items that
 * it had taken came out of it as one error. */
static void check_totals(struct owner *owner, bool broken)
{
    mp_pool_stats stats;
    uint64_t sum = 0;
    int i;

    CHECK(mp_pool_get_stats(owner->pool, &stats) == 0);
    for (i = 0; i < MP_TASK_ENDS; i++) {
        sum += stats.ends[i];
        CHECK((broken && i == MP_TASK_BROKEN) ||
              stats.ends[i] == owner->ends[i]);
    }
    CHECK(sum == stats.submitted);
    CHECK(stats.ends[MP_TASK_PENDING] == 0);
    CHECK(stats.ends[MP_TASK_RUNNING] == 0);
}

static int one_round(struct owner *owner)
{
    int error = map_once(owner);

    if (error != MP_EBROKEN) {
        error = imap_once(owner);
    }
    if (error != MP_EBROKEN) {
        error = singles_once(owner);
    }
    check_totals(owner, error == MP_EBROKEN);
    owner->book->rounds++;
    return error;
}

/* Nobody is killed any more: eight more tasks, and an orderly end. */
static void end_well(struct owner *owner)
{
    int64_t x;
    int64_t got;

    for (x = 0; x < 8; x++) {
        got = -1;
        CHECK(mp_pool_apply(owner->pool, &square_task, &x, &got, NULL) == 0);
        CHECK(got == x * x);
        owner->ends[MP_TASK_DONE]++;
        owner->book->ends[MP_TASK_DONE]++;
        owner->book->eight++;
    }
    CHECK(mp_pool_close(owner->pool) == 0);
    CHECK(mp_pool_join(owner->pool, 10000) == 0);
    check_totals(owner, false);
    mp_pool_destroy(owner->pool);
    owner->pool = NULL;
}

static void open_pool(struct owner *owner)
{
    int error = MP_EBROKEN;

    memset(owner->ends, 0, sizeof(owner->ends));
    while (error == MP_EBROKEN) { /* its supervisor was killed at birth */
        error = mp_pool_create(&owner->pool,
                               &(mp_pool_options){ .workers = WORKERS });
    }
    CHECK(error == 0);
    owner->book->pools++;
}

int own_pools(void *number)
{
    int me = (int)(intptr_t)number;
    struct owner owner = { .book = &ledger->owners[me] };
    struct holdings before;

    owner.dice = dice_make(ledger->seed + 100 + (uint64_t)me +
                           ((uint64_t)owner.book->rounds << 8));
    book = owner.book;
    before = holdings_now();
    open_pool(&owner);
    while (atomic_load(&ledger->stop_owners) == 0) {
        if (one_round(&owner) == MP_EBROKEN) {
            CHECK(me != 0); /* its supervisor is nobody's victim */
            owner.book->broken++;
            mp_pool_destroy(owner.pool);
            open_pool(&owner);
        }
    }
    if (one_round(&owner) == MP_EBROKEN) { /* killed just before the end */
        mp_pool_destroy(owner.pool);
        open_pool(&owner);
    }
    end_well(&owner);
    check_holdings(&before, 2, 16 * 1024); /* the heap may keep some */
    return 0;
}
