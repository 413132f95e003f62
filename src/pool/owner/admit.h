/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * admit.h -- take all items of a call that does not wait for their ends
 */
#ifndef MP__ADMIT_H
#define MP__ADMIT_H

#include "pool/owner/owner.h"

/* Take all items of `batch` now, into waiting chunks where no slot is free. The
 * batch may go with its last item. Items for which there is no memory end so. */
void mp__owner_take_all(mp_pool *pool, mp__batch *batch);

#endif
