/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * fuzz.h -- what fuzz targets share
 *
 * A target is one LLVMFuzzerTestOneInput(), for libFuzzer, or for replay.c,
 * which runs files. It reads its input as a script: steps that processes of
 * ours would take, and writes of others in between. Memory that would be
 * shared has a guard page on either side, and time is a number that each look
 * moves on, so that no wait is real and every run the same.
 */
#ifndef MP_FUZZ_H
#define MP_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Stop here: the input has shown a fault. */
#define fuzz_require(holds)                                                    \
    do {                                                                       \
        if (!(holds)) {                                                        \
            (void)fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__,       \
                          __LINE__, #holds);                                   \
            abort();                                                           \
        }                                                                      \
    } while (0)

/** What is left of an input; past its end all is 0. */
struct fuzz_input {
    const uint8_t *next;
    size_t left;
};

/** `width` bytes, 1 to 8, as a number. */
uint64_t fuzz_take(struct fuzz_input *input, size_t width);

/** A size, mostly small, below `end`. */
size_t fuzz_size(struct fuzz_input *input, size_t end);

/** Bytes from malloc(), exactly `size` of them (1 when that is 0). */
void *fuzz_bytes(struct fuzz_input *input, size_t size);

/** One 64-bit word at some place of `memory` becomes another, of a kind that
 *  does harm: any, all ones, one bit more, a few more or less, another's. */
void fuzz_scribble(struct fuzz_input *input, void *memory, size_t size);

/** The shared maps made since the last call of fuzz_begin(), in their order. */
struct fuzz_map {
    unsigned char *begin;
    size_t size;
};
extern struct fuzz_map fuzz_maps[16];
extern size_t fuzz_maps_made;

/** Each input starts here: the domain is as it was after the first. */
void fuzz_begin(void);

/** Write some nonsense into the domain, until the next fuzz_begin(). */
void fuzz_scribble_domain(struct fuzz_input *input);

/** The only pid that may be killed; nobody is. */
extern pid_t fuzz_may_kill;

#endif
