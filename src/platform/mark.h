/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * mark.h -- is a descriptor still the one that we made?
 */
#ifndef MP__MARK_H
#define MP__MARK_H

#include <stdbool.h>

/* Remember what `fd`, which we have just made, stands for. */
void mp__mark_set(int fd);

/* False when `fd` was closed behind our back, or is somebody else's by now.
 * True also where we cannot know. Async-signal-safe. */
bool mp__mark_is_ours(int fd);

/* Say that `fd`, just marked, is owned by this process; whether it was said
 * since it was marked. True also where we cannot know. */
void mp__mark_own(int fd);
bool mp__mark_is_owned(int fd);

/* Close `fd` if it is ours, and forget it. May change errno. */
void mp__mark_close(int fd);

#endif
