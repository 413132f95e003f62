/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * ignore.h -- a call whose result is of no account to a test
 *
 * Such a call is cut short by a kill, or made only so that something is going
 * on; the test looks at what becomes of it in another way.
 */
#ifndef IGNORE_H
#define IGNORE_H

static inline void ignore(int result)
{
    (void)result;
}

#endif
