/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * life.h -- the kernel's word for who is alive
 *
 * A process holds a byte lock in a shared nameless file for as long as it
 * lives; the kernel drops it at death and at no other time, but for one: a
 * process that closes the file's descriptor (closefrom) drops its lock. So
 * "unlocked" is confirmed by pid and start time where those can be had: who has that pid now is the one
 * we mean if it had started by a moment at which that one lived.
 */
#ifndef MP__LIFE_H
#define MP__LIFE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The file's descriptor, inherited by every later fork; or -errno. */
int mp__life_open(void);

/* Lock byte `index` for this process: 0; -EAGAIN when another has it. */
int mp__life_lock(int fd, unsigned index);
void mp__life_unlock(int fd, unsigned index);

/* 1: another process has locked byte `index`; 0: none has; or -errno. */
int mp__life_is_locked(int fd, unsigned index);

/* Which other process has locked byte `index`; 0: none, or not to be had. */
pid_t mp__life_holder(int fd, unsigned index);

/* This moment, at which the caller lives, in the kernel's units of start
 * times; 0: there are no start times to be had. */
uint64_t mp__life_moment(void);

/* For a byte found unlocked: is `pid`, who lived at `moment` (0: unknown),
 * still a living process and no zombie? */
bool mp__life_confirm(pid_t pid, uint64_t moment);

/* The same for a byte that could not be asked about. Where `moment` is unknown
 * too, a zombie and a stranger with that pid count as alive: to wait for the
 * dead is bad, to take from the living worse. */
bool mp__life_presume(pid_t pid, uint64_t moment);

#endif
