/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * fuzz_objects.c -- locks, semaphores, conditions, barriers, overwritten
 *
 * The shared part of each lies in a block of exactly its size. Calls with a
 * time limit end, and touch nothing outside.
 */
#include "fuzz/fuzz.h"

#include "platform/clock.h"
#include "shared/gate.h"
#include "shared/meeting.h"
#include "shared/permits.h"
#include "shared/takers.h"
#include "shared/waiters.h"

#include <mp/error.h>

#include <string.h>

#define LIMIT (mp__clock_ns() + 300 * MP__MS)

struct run {
    struct fuzz_input *input;
    mp__guard *guard;
    mp__permits *permits;
    mp__waiters *waiters;
    mp__meeting *meeting;
    mp__takers *takers;
    mp__gate *gate;
    mp__ident self;
};

static void *zeros(size_t size, size_t align)
{
    void *memory = NULL;

    fuzz_require(posix_memalign(&memory, align, size) == 0);
    memset(memory, 0, size);
    return memory;
}

static void use_permits(struct run *run, uint64_t which)
{
    static mp__permits_budget budget;

    if (which % 2 == 0) {
        (void)mp__permits_acquire(run->permits, LIMIT, &budget);
    } else {
        (void)mp__permits_release(run->permits, &budget);
    }
    (void)mp__permits_value(run->permits);
}

static void use_waiters(struct run *run, uint64_t which)
{
    unsigned place = 0;

    if (which % 2 == 0) {
        (void)mp__waiters_notify(run->waiters, (int)(which / 2));
    } else if (mp__waiters_enter(run->waiters, run->self, &place) == 0) {
        fuzz_require(place < MP__DOMAIN_SLOTS);
        if (which % 4 == 1) {
            fuzz_scribble(run->input, run->waiters, sizeof(*run->waiters));
        }
        mp__waiters_sleep(run->waiters, place, LIMIT);
        if (!mp__waiters_take(run->waiters, place, run->self) &&
            which % 8 == 1) {
            mp__waiters_leave(run->waiters, place);
        }
    }
}

static void use_meeting(struct run *run, uint64_t which)
{
    static mp__meeting_budget budget;
    uint64_t round = 0;
    int place;

    switch (which % 4) {
    case 0:
        (void)mp__meeting_break(run->meeting, &budget);
        break;
    case 1:
        (void)mp__meeting_reset(run->meeting, &budget);
        break;
    default:
        place = mp__meeting_arrive(run->meeting, &round, LIMIT, &budget);
        fuzz_require(place < MP__DOMAIN_SLOTS);
        if (place < 0) {
            break;
        }
        if (which % 8 == 2) {
            fuzz_scribble(run->input, run->meeting, 256);
        }
        if (which % 4 == 2) {
            (void)mp__meeting_wait(run->meeting, round, (unsigned)place, LIMIT,
                                   &budget);
        } else {
            (void)mp__meeting_end(run->meeting, round, which % 8 == 3, &budget);
        }
        break;
    }
    (void)mp__meeting_waiting(run->meeting);
    (void)mp__meeting_is_broken(run->meeting);
}

static void use_takers(struct run *run, uint64_t which)
{
    mp__takers_recover(run->takers, which);
    if (which % 2 == 0) {
        mp__takers_intend(run->takers, run->self, which);
        mp__takers_note(run->takers, run->self);
    } else {
        (void)mp__takers_done(run->takers, run->self);
    }
    (void)mp__takers_any(run->takers);
    mp__takers_wait(run->takers, (uint32_t)which, LIMIT);
}

static void use_guard(struct run *run, uint64_t which)
{
    static mp__spin_budget budget;
    int error;

    if (which % 4 == 0) {
        (void)mp__guard_release(run->guard);
    } else {
        error = mp__guard_acquire(
            run->guard, which % 4 == 1 ? MP__AT_ONCE : LIMIT, &budget);
        fuzz_require(error == 0 || error == MP_OWNERDEAD ||
                     error == MP_ETIMEDOUT);
        fuzz_require(error < 0 || mp__guard_holder(run->guard) == run->self);
    }
    if (which % 8 < 4) {
        mp__gate_open(run->gate);
    } else {
        mp__gate_shut(run->gate);
    }
    (void)mp__gate_wait(run->gate, LIMIT, &budget);
}

static void scribble(struct run *run, uint64_t which)
{
    switch (which % 8) {
    case 0:
        fuzz_scribble(run->input, run->permits, sizeof(*run->permits));
        break;
    case 1:
        fuzz_scribble(run->input, run->permits, 64);
        break;
    case 2:
        fuzz_scribble(run->input, run->waiters, 128);
        break;
    case 3:
        fuzz_scribble(run->input, run->meeting, 256);
        break;
    case 4:
        fuzz_scribble(run->input, run->takers, 256);
        break;
    case 5:
        fuzz_scribble_domain(run->input);
        break;
    case 6:
        atomic_store(&run->guard->word, (uint32_t)fuzz_take(run->input, 4));
        break;
    default:
        atomic_store(&run->gate->word, (uint32_t)fuzz_take(run->input, 4));
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { .next = data, .left = size };
    struct run run = { .input = &input };
    uint64_t step;

    fuzz_begin();
    fuzz_require(mp__domain_self(&run.self) == 0);
    run.guard = zeros(sizeof(*run.guard), 8);
    run.permits = zeros(sizeof(*run.permits), 64);
    run.waiters = zeros(sizeof(*run.waiters), 8);
    run.meeting = zeros(sizeof(*run.meeting), 64);
    run.takers = zeros(sizeof(*run.takers), 64);
    run.gate = zeros(sizeof(*run.gate), 8);
    mp__permits_init(run.permits, 2, (uint32_t)fuzz_take(&input, 1) % 2 * 3);
    run.meeting->parties = (uint32_t)fuzz_take(&input, 1) % 4 + 1;
    while (input.left > 0) {
        step = fuzz_take(&input, 1);
        switch (step % 8) {
        case 0:
            use_permits(&run, step / 8);
            break;
        case 1:
            use_waiters(&run, step / 8);
            break;
        case 2:
            use_meeting(&run, step / 8);
            break;
        case 3:
            use_takers(&run, step / 8);
            break;
        case 4:
            use_guard(&run, step / 8);
            break;
        default:
            scribble(&run, step / 8);
            break;
        }
    }
    free(run.guard);
    free(run.permits);
    free(run.waiters);
    free(run.meeting);
    free(run.takers);
    free(run.gate);
    return 0;
}
