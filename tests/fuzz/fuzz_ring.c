/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * fuzz_ring.c -- a queue's ring whose memory others overwrite
 *
 * Puts, gets and the rest, with writes to any word of the ring in between.
 * Without such a write what comes out is what went in, in order. With one, a
 * call gives a result that its header names, and touches nothing outside.
 */
#include "fuzz/fuzz.h"

#include "platform/clock.h"
#include "shared/ring_words.h"

#include <mp/error.h>

#include <errno.h>
#include <string.h>

#define MAX_BYTES ((size_t)16384)

struct run {
    struct fuzz_input *input;
    mp__ring *ring;
    unsigned char *shared;
    size_t shared_size;
    bool scribbled;
    bool shut;
    unsigned char put; /* how many went in, and out */
    unsigned char got;
    const unsigned char *bytes; /* borrowed: `size`, all of `value` */
    size_t size;
    unsigned char value;
};

static bool is_named(int error)
{
    return error == 0 || error == MP_ETIMEDOUT || error == MP_ECLOSED ||
           error == MP_EMSGSIZE || error == MP_EBROKEN || error == MP_EDEADLK ||
           error == -EIO;
}

static void put(struct run *run)
{
    size_t size = fuzz_size(run->input, 3 * MAX_BYTES);
    unsigned char *bytes = malloc(size + 1);
    int error;

    fuzz_require(bytes != NULL);
    memset(bytes, run->put, size + 1);
    error = mp__ring_put(run->ring, bytes, size, MP__AT_ONCE);
    run->put = (unsigned char)(run->put + (error == 0));
    fuzz_require(is_named(error));
    fuzz_require(run->scribbled || error == 0 || error == MP_ETIMEDOUT ||
                 (error == MP_ECLOSED && run->shut));
    free(bytes);
}

static void get(struct run *run)
{
    size_t capacity = fuzz_size(run->input, 3 * MAX_BYTES);
    unsigned char *buffer = malloc(capacity + 1);
    size_t size = 0;
    size_t i;
    int error;

    fuzz_require(buffer != NULL);
    error = mp__ring_get(run->ring, buffer, capacity, &size, MP__AT_ONCE);
    fuzz_require(is_named(error));
    fuzz_require(error != 0 || size <= capacity);
    /* Nobody is made to allocate more than was ever put. */
    fuzz_require(error != MP_EMSGSIZE ||
                 size <= MP__BLOCKS * (7 * MAX_BYTES + 65536));
    for (i = 0; i < size && error == 0 && !run->scribbled; i++) {
        fuzz_require(buffer[i] == run->got);
    }
    if (error == 0) {
        run->got = (unsigned char)(run->got + 1);
    }
    fuzz_require(run->scribbled || error != MP_EBROKEN);
    free(buffer);
}

/* Write one in place, or give it up. */
static void reserve(struct run *run, bool commit)
{
    size_t size = fuzz_size(run->input, 3 * MAX_BYTES) +
                  (fuzz_take(run->input, 1) % 4 == 0 ? 4 * MAX_BYTES : 0);
    void *room = NULL;
    int error = mp__ring_reserve(run->ring, &room, size, MP__AT_ONCE);

    fuzz_require(is_named(error) || error == MP_ENOMEM);
    fuzz_require(run->scribbled || error == 0 || error == MP_ETIMEDOUT ||
                 (error == MP_ECLOSED && run->shut));
    if (error < 0) {
        return;
    }
    memset(room, run->put, size);
    if (commit) {
        error = mp__ring_publish(run->ring, size);
        run->put = (unsigned char)(run->put + (error == 0));
    } else {
        error = mp__ring_abandon(run->ring);
    }
    fuzz_require(is_named(error) || (run->scribbled && error == MP_ESTATE));
    fuzz_require(run->scribbled || error == 0);
}

static void give_back(struct run *run)
{
    size_t i;

    for (i = 0; i < run->size && !run->scribbled; i++) {
        fuzz_require(run->bytes[i] == run->value);
    }
    fuzz_require(mp__ring_return(run->ring) == 0);
    run->bytes = NULL;
}

/* Read one in place, for a while. */
static void borrow(struct run *run)
{
    const void *bytes = NULL;
    size_t size = 0;
    int error;

    if (run->bytes != NULL) {
        give_back(run);
    }
    error = mp__ring_borrow(run->ring, &bytes, &size, MP__AT_ONCE);
    fuzz_require(is_named(error) || error == MP_ENOMEM);
    fuzz_require(run->scribbled || error != MP_EBROKEN);
    if (error == 0) {
        run->bytes = bytes;
        run->size = size;
        run->value = run->got;
        run->got = (unsigned char)(run->got + 1);
        fuzz_require(size == 0 || run->bytes[size - 1] == run->value ||
                     run->scribbled);
    }
}

static void other(struct run *run, uint64_t which)
{
    uint32_t lost = 0;
    int error = 0;

    switch (which % 10) {
    case 0:
        error = mp__ring_done(run->ring);
        error = error == MP_EOVERFLOW ? 0 : error;
        break;
    case 1:
        error = mp__ring_wait_done(run->ring, &lost, MP__AT_ONCE);
        error = error == MP_OWNERDEAD ? 0 : error;
        break;
    case 2:
        mp__ring_shut(run->ring);
        run->shut = true;
        break;
    case 3:
        (void)mp__ring_watch(run->ring);
        break;
    case 4:
        mp__ring_lower(run->ring);
        break;
    case 5:
        (void)mp__ring_is_alone(run->ring);
        break;
    case 6:
    case 7:
        reserve(run, which % 3 != 0);
        break;
    default:
        borrow(run);
        break;
    }
    fuzz_require(is_named(error));
    fuzz_require(run->scribbled || mp__ring_count(run->ring) ==
                                       (unsigned char)(run->put - run->got));
}

static void scribble(struct run *run, uint64_t which)
{
    size_t records = offsetof(struct mp__ring_shared, records);
    uint64_t offset = mp__ring_offset_of(run->ring->shared->head);

    run->scribbled = true;
    if (which % 4 == 0) {
        fuzz_scribble(run->input, run->shared + records,
                      run->shared_size - records);
    } else if (which % 4 == 1 && offset + 64 < run->ring->room) {
        fuzz_scribble(run->input, run->shared + records + offset, 16);
    } else if (which % 8 == 2) {
        fuzz_scribble_domain(run->input);
    } else if (which % 8 == 3) {
        fuzz_scribble(run->input,
                      run->shared + offsetof(struct mp__ring_shared, blocks),
                      offsetof(struct mp__blocks, claims) + 4096);
    } else {
        fuzz_scribble(run->input, run->shared,
                      offsetof(struct mp__ring_shared, takers) + 256);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { .next = data, .left = size };
    struct run run = { .input = &input };
    uint64_t step;

    fuzz_begin();
    fuzz_require(mp__ring_create(&run.ring, MAX_BYTES,
                                 (size_t)fuzz_take(&input, 1)) == 0);
    run.shared = (unsigned char *)run.ring->shared;
    run.shared_size = run.ring->map_size;
    fuzz_require(fuzz_maps[0].begin == run.shared);
    while (input.left > 0) {
        step = fuzz_take(&input, 1);
        if (step % 4 == 0) {
            put(&run);
        } else if (step % 4 == 1) {
            get(&run);
        } else if (step % 4 == 2) {
            other(&run, step / 4);
        } else {
            scribble(&run, step / 4);
        }
    }
    mp__ring_destroy(run.ring);
    return 0;
}
