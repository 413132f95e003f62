/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * process_exit.h -- a process minds its children before it goes
 */
#ifndef MP__PROCESS_EXIT_H
#define MP__PROCESS_EXIT_H

/* See to it that exit() minds children. Returns 0 or MP_ENOMEM. */
int mp__process_mind_exit(void);
/* End a child of ours: its children are minded first, and no handler of its
 * parent's runs. */
void mp__process_leave(int status);

#endif
