/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * shared_arrays.c -- arrays of the caller's that a worker uses where they lie
 *
 * Each process has page tables of its own, so a chunk's pages may be there for
 * its caller and not for its worker yet. They are asked for in one call instead
 * of a fault for each. The kernel walks them also where nothing is missing,
 * which takes a tenth of what the smallest tasks do; so what was asked for once
 * is remembered. Where that is out of date, pages come one by one again.
 */
#include "pool/worker/shared_arrays.h"

#include "objects/shared.h"
#include "platform/map.h"

#define UNIT         ((uintptr_t)65536) /* bytes; for fewer no call pays */
#define EXTENT_UNITS 32

/* Note the unit; was it known? */
static bool note(mp__attended *attended, uintptr_t unit, bool writable)
{
    uintptr_t extent = unit / EXTENT_UNITS;
    uint32_t bit = UINT32_C(1) << unit % EXTENT_UNITS;
    size_t i = extent % MP__ATTENDED_KNOWN;
    bool known;

    if (attended->known[i].extent != extent) {
        attended->known[i].extent = extent;
        attended->known[i].units[0] = 0;
        attended->known[i].units[1] = 0;
    }
    known = (attended->known[i].units[writable] & bit) != 0;
    attended->known[i].units[writable] |= bit;
    return known;
}

/* All units that begin there; of the one before, its end may be missing. */
static bool note_all(mp__attended *attended, const void *memory, size_t size,
                     bool writable)
{
    uintptr_t unit = ((uintptr_t)memory + UNIT - 1) / UNIT;
    uintptr_t end = ((uintptr_t)memory + size + UNIT - 1) / UNIT;
    bool known = true;

    for (; unit < end; unit++) {
        known = note(attended, unit, writable) && known;
    }
    return known;
}

bool mp__attend(mp__attended *attended, const void *memory, size_t size,
                bool writable)
{
    if (!mp__shared_holds(memory, size, UINT64_MAX)) {
        return false;
    }
    if (size >= UNIT && !note_all(attended, memory, size, writable)) {
        mp__map_attend(memory, size, writable);
    }
    return true;
}
