/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * meeting.h -- so many processes wait for each other, again and again
 */
#ifndef MP__MEETING_H
#define MP__MEETING_H

#include "platform/park.h"
#include "shared/domain.h"
#include "shared/guard.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* In memory shared by processes; zero bytes, with `parties` set before it is
 * shared: 1 to MP__DOMAIN_SLOTS. */
typedef struct mp__meeting {
    _Alignas(64) mp__guard guard;
    uint32_t parties;
    _Alignas(64) _Atomic uint64_t word;
    _Atomic uint64_t failed; /* how the last 64 rounds ended, a bit for each */
    _Atomic uint32_t members[MP__DOMAIN_SLOTS];
} mp__meeting;

typedef struct mp__meeting_budget {
    mp__spin_budget wait;
    mp__spin_budget guard;
} mp__meeting_budget;

/* Arrive in *round. The number of those that came before, or MP_EBROKEN, or
 * MP_ETIMEDOUT while another round's last still acts, or MP_EDEADLK for that
 * last one itself. The last of ours,
 * parties - 1, acts for all and then ends the round. */
int mp__meeting_arrive(mp__meeting *meeting, uint64_t *round, int64_t deadline,
                       mp__meeting_budget *budget);

/* By the last: let all go, or break the meeting. 0 or MP_EBROKEN. */
int mp__meeting_end(mp__meeting *meeting, uint64_t round, bool well,
                    mp__meeting_budget *budget);

/* By the others, as number `place`: 0 when the round has ended, MP_EBROKEN. */
int mp__meeting_wait(mp__meeting *meeting, uint64_t round, unsigned place,
                     int64_t deadline, mp__meeting_budget *budget);

/* Break it until it is reset. 0, or an error of the guard. */
int mp__meeting_break(mp__meeting *meeting, mp__meeting_budget *budget);

/* MP_EBROKEN to all who wait now, and a fresh round. As above. */
int mp__meeting_reset(mp__meeting *meeting, mp__meeting_budget *budget);

unsigned mp__meeting_waiting(const mp__meeting *meeting);
bool mp__meeting_is_broken(const mp__meeting *meeting);

#endif
