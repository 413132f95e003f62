/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * ring_borrow.h -- the end of what a ring's user has in hand
 */
#ifndef MP__RING_BORROW_H
#define MP__RING_BORROW_H

#include "shared/ring.h"

/* Give up what the user holds, and private memory with it. */
void mp__ring_end_loans(mp__ring *ring);

#endif
