/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * audit.h -- does the memory that a pool shares with its workers make sense?
 */
#ifndef MP__AUDIT_H
#define MP__AUDIT_H

#include "pool/owner/owner.h"

/* Now and then, look whether the pool's memory makes sense. */
void mp__audit(mp_pool *pool);

#endif
