/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * run_chunk.h -- run the items of the task in hand, commit each
 */
#ifndef MP__RUN_CHUNK_H
#define MP__RUN_CHUNK_H

#include "pool/worker/worker_state.h"

/* Run what is left of the task in hand, and commit each item. */
void mp__worker_run_chunk(mp__worker *w);

#endif
