/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * domain.h -- who is alive: process slots, idents, the kernel's word for it
 */
#ifndef MP__DOMAIN_H
#define MP__DOMAIN_H

#include "platform/self.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Names one life of one process: 30 bits, never 0, never a pid. */
typedef uint32_t mp__ident;

#define MP__IDENT_BITS   30
#define MP__DOMAIN_SLOTS 1024

/* Make the domain, once in a family of processes: by whoever creates the
 * first object. 0, MP_ENOMEM or -errno. */
int mp__domain_open(void);

/* The caller's ident, taking a slot if it has none. 0, MP_ENOMEM when all
 * slots are taken by living processes, MP_ESTATE without a domain, -errno. */
int mp__domain_attach(mp__ident *ident);

static inline int mp__domain_self(mp__ident *ident)
{
    *ident = mp__self_ident();
    return *ident != 0 ? 0 : mp__domain_attach(ident);
}

/* Does the process that was given `ident` still live? */
bool mp__domain_is_alive(mp__ident ident);

/* Does `pid`, by the kernel's word alone, live in the slot of `ident`? The
 * domain's memory may have been overwritten. */
bool mp__domain_is_pid(mp__ident ident, pid_t pid);

/* The slot of `ident`: two living processes never share one. */
unsigned mp__domain_slot(mp__ident ident);
/* Slots from here on were never taken. */
unsigned mp__domain_bound(void);

/* A moment in the life of the domain: processes that take their slot later
 * compare greater. */
uint64_t mp__domain_moment(void);

/* Is the caller the only living process among `creator` and those that took
 * a slot after `moment`? */
bool mp__domain_is_alone(uint64_t moment, mp__ident creator);

#endif
