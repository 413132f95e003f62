/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * scribble.h -- overwrite memory that processes share
 *
 * For programs that are linked with --wrap=mp__map_shared: see CMakeLists.txt.
 */
#ifndef MP_TEST_SCRIBBLE_H
#define MP_TEST_SCRIBBLE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** The first shared maps that this process or its forerunners made. */
struct mp_test_map {
    unsigned char *begin;
    size_t size;
};
extern struct mp_test_map mp_test_maps[16];
extern size_t mp_test_maps_made;

enum mp_test_scribble {
    MP_TEST_RANDOM,
    MP_TEST_ONES,
    MP_TEST_ZEROS,
    MP_TEST_PIDS,   /* of the bystander */
    MP_TEST_NUDGED, /* one bit more */
    MP_TEST_MOVED,  /* other words of the same memory */
    MP_TEST_TASKS,  /* words that a task might have */
    MP_TEST_SCRIBBLES
};

/** Nobody's, but written everywhere; it must live on. */
extern pid_t mp_test_bystander;

/** Fork it. */
void mp_test_bystander_start(void);

/** Does it still live? Then it is ended. */
int mp_test_bystander_lived(void);

/** Overwrite all words or some; *seed, not 0, says which and with what. */
void mp_test_overwrite(unsigned char *begin, size_t size,
                       enum mp_test_scribble what, uint64_t *seed);

uint64_t mp_test_next_random(uint64_t *seed);

/** A number from the environment. */
int mp_test_number(const char *name, int otherwise);

#endif
