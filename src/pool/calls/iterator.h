/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * iterator.h -- results one by one, while later items still run
 */
#ifndef MP__ITERATOR_H
#define MP__ITERATOR_H

#include "mp/iterator.h"
#include "pool/batch/batch.h"

/* An iterator over the ends of `batch`, which it owns. Returns 0 or MP_ENOMEM,
 * and then the batch is still the caller's. */
int mp__iterator_create(mp_iterator **iterator, mp__batch *batch);

#endif
