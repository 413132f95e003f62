/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * chaos.c -- deaths and delays on purpose, when LIBMP_CHAOS asks
 *
 * Set up before any other process or thread of ours exists, and after a fork
 * by the child for itself. Numbers are read by hand: strtod() would want the
 * decimal point of the host's locale.
 */
#include "platform/chaos.h"

#include "mp/error.h"
#include "platform/clock.h"
#include "platform/log.h"
#include "platform/self.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DELAY_MOST_MS 60000
#define CERTAIN       ((uint64_t)1 << 32)
#define DIGITS_MOST   9

_Atomic bool mp__chaos_on;

static struct {
    uint64_t kill;     /* of 2^32 */
    uint64_t delay_ms; /* the longest */
    uint64_t seed;
} plan;
static uint64_t self;          /* seed and ancestry of this process */
static int mortal;             /* the pid that may be killed; 0: none */
static _Atomic uint64_t draws; /* of this process so far */

/* Every bit of the result depends on every bit of `x` (splitmix64). */
static uint64_t mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/* Up to nine digits from *text on, which moves behind them. */
static bool read_digits(const char **text, uint64_t *number, int *digits)
{
    *number = 0;
    *digits = 0;
    while (**text >= '0' && **text <= '9') {
        *number = *number * 10 + (uint64_t)(**text - '0');
        *text += 1;
        *digits += 1;
        if (*digits > DIGITS_MOST) {
            return false;
        }
    }
    return *digits > 0;
}

/* "1", "0.01", ".5" */
static bool read_probability(const char **text, uint64_t *of_certain)
{
    uint64_t whole = 0;
    uint64_t part = 0;
    uint64_t scale = 1;
    int digits = 0;

    if (**text != '.' && !read_digits(text, &whole, &digits)) {
        return false;
    }
    if (**text == '.') {
        *text += 1;
        if (!read_digits(text, &part, &digits)) {
            return false;
        }
        for (; digits > 0; digits--) {
            scale *= 10;
        }
    }
    *of_certain = whole * CERTAIN + part * CERTAIN / scale;
    return *of_certain <= CERTAIN;
}

static bool starts_with(const char **text, const char *name)
{
    size_t length = strlen(name);

    if (strncmp(*text, name, length) != 0) {
        return false;
    }
    *text += length;
    return true;
}

/* One "name=value" from *text on; *seen has a bit for each that came. */
static bool read_setting(const char **text, unsigned *seen)
{
    unsigned bit = 0;
    bool good = false;
    int digits;

    if (starts_with(text, "kill=")) {
        bit = 1;
        good = read_probability(text, &plan.kill);
    } else if (starts_with(text, "delay_ms=")) {
        bit = 2;
        good = read_digits(text, &plan.delay_ms, &digits) &&
               plan.delay_ms <= DELAY_MOST_MS;
    } else if (starts_with(text, "seed=")) {
        bit = 4;
        good = read_digits(text, &plan.seed, &digits);
    }
    good = good && (*seen & bit) == 0;
    *seen |= bit;
    return good;
}

/* The whole text; else *wrong is the setting that is not understood. */
static bool read_plan(const char *text, const char **wrong)
{
    unsigned seen = 0;

    plan.kill = 0;
    plan.delay_ms = 0;
    plan.seed = 1;
    for (;;) {
        *wrong = text;
        if (!read_setting(&text, &seen) || (*text != ',' && *text != '\0')) {
            return false;
        }
        if (*text == '\0') {
            return true;
        }
        text++;
    }
}

int mp__chaos_open(void)
{
    static bool told;
    const char *text = getenv("LIBMP_CHAOS");
    const char *wrong = NULL;

    if (text == NULL || text[0] == '\0') {
        return 0;
    }
    if (!read_plan(text, &wrong)) {
        if (!told) {
            mp__log_write("LIBMP_CHAOS=%s: cannot read \"%.*s\"; it is "
                          "kill=0..1,delay_ms=0..%d,seed=0..999999999, each "
                          "once",
                          text, (int)strcspn(wrong, ","), wrong, DELAY_MOST_MS);
        }
        told = true;
        return MP_EINVAL;
    }
    self = mix(plan.seed);
    atomic_store(&mp__chaos_on, true);
    return 0;
}

void mp__chaos_enter(const char *name, bool is_mortal)
{
    size_t i;

    for (i = 0; name[i] != '\0'; i++) {
        self = mix(self ^ (unsigned char)name[i]);
    }
    mortal = is_mortal ? mp__self_pid() : 0;
    atomic_store(&draws, 0);
}

void mp__chaos_act(const char *place)
{
    int saved = errno;
    uint64_t number = atomic_fetch_add(&draws, 1) + 1;
    uint64_t draw = mix(self + number);
    int pid = mp__self_pid();

    if (mortal == pid && draw >> 32 < plan.kill) {
        mp__log("chaos kills process %d at its place %llu, %s", pid,
                (unsigned long long)number, place);
        (void)kill(pid, SIGKILL);
    }
    if (plan.delay_ms > 0) {
        draw = (draw & UINT32_MAX) * (plan.delay_ms * 1000) >> 32;
        mp__clock_sleep((int64_t)draw * (MP__MS / 1000));
    }
    errno = saved;
}
