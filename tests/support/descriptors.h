/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * descriptors.h -- which descriptors a process has open, and what they are
 */
#ifndef MP_TEST_DESCRIPTORS_H
#define MP_TEST_DESCRIPTORS_H

#include <stddef.h>
#include <sys/types.h>

enum { MP_TEST__DESCRIPTORS = 4096 };

/** One open descriptor; device and inode tell what it refers to. */
typedef struct mp_test__descriptor {
    int number;
    dev_t device;
    ino_t inode;
} mp_test__descriptor;

/** The descriptors open at one moment. */
typedef struct mp_test__descriptors {
    mp_test__descriptor all[MP_TEST__DESCRIPTORS];
    size_t count;
    size_t left_out; /**< Open too, but beyond what `all` holds. */
} mp_test__descriptors;

/** Look which descriptors are open in this process now. */
void mp_test__descriptors_look(mp_test__descriptors *set);

/** The entry of descriptor `number`, or NULL if it is not open. */
const mp_test__descriptor *
mp_test__descriptors_find(const mp_test__descriptors *set, int number);

/** Write what `number` refers to, such as "pipe:[123]", or "?". */
void mp_test__descriptor_describe(int number, char *text, size_t capacity);

#endif
