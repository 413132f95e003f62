/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * domain.c -- who is alive: process slots, idents, the kernel's word for it
 *
 * One shared map, made with the first object, has a table of slots. A process
 * owns slot i for as long as the kernel keeps its lock on byte i of a shared
 * nameless file, which ends with its life and cannot outlast it. An ident is
 * slot + generation, so an old ident stays recognisable as dead for ever and
 * no lock needs sweeping when somebody dies.
 *
 * Taking a slot:
 *   D1  lock byte i. Refused: somebody lives there, try the next.
 *   D2  the slot's former owner may live without its lock (it closed the
 *       descriptor): confirmed by pid and start time, then try the next.
 *   D3  generation + 1: the former ident is dead for everybody from here on.
 *   D4  write pid, start and birth. Nobody asks about the new ident before
 *       mp__domain_self() has returned it to its owner.
 * Killed after D1, D2, D3 or D4: the kernel drops the byte, and the slot is
 * free with whatever generation it has. Nothing is left to repair.
 *
 * Every field of a slot is written by the process that holds its byte, and
 * read by all. Slots are taken in turn, so that a generation lasts.
 */
#include "shared/domain.h"

#include "mp/error.h"
#include "platform/chaos.h"
#include "platform/file.h"
#include "platform/kill_point.h"
#include "platform/life.h"
#include "platform/log.h"
#include "platform/map.h"
#include "platform/self.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

#define SLOT_BITS       10
#define GENERATION_MASK ((UINT32_C(1) << (MP__IDENT_BITS - SLOT_BITS)) - 1)

/* A lock inside an atomic would stay with whoever is killed in it. */
_Static_assert(ATOMIC_INT_LOCK_FREE == 2 && ATOMIC_LLONG_LOCK_FREE == 2,
               "words of 32 and 64 bits must be atomic without a lock");

struct slot {
    _Alignas(64) _Atomic uint32_t generation; /* 0: never taken */
    _Atomic int32_t pid;
    _Atomic uint64_t start; /* a moment: it had started by then */
    _Atomic uint64_t birth;
};

struct domain {
    _Atomic uint32_t next;    /* where to look first; a hint */
    _Atomic uint32_t highest; /* slots below this one were ever taken */
    _Atomic uint64_t births;
    struct slot slots[MP__DOMAIN_SLOTS];
};

/* Set once, under mp__self_lock(), before the first object exists; inherited
 * by forks and never given back: two descriptors a process is our promise. */
static struct domain *_Atomic domain;
static int life_fd = -1;

static int open_locked(void)
{
    struct domain *fresh;
    int error;
    int fd;

    if (atomic_load(&domain) != NULL) {
        return 0;
    }
    mp__log_open();
    error = mp__chaos_open();
    if (error < 0) {
        return error;
    }
    MP_KILL_POINT("domain.opening");
    fd = mp__life_open();
    if (fd < 0) {
        return fd;
    }
    MP_KILL_POINT("domain.file_made");
    fresh = mp__map_shared(mp__map_round(sizeof(*fresh)));
    if (fresh == NULL) {
        mp__file_close(&fd);
        return MP_ENOMEM;
    }
    life_fd = fd;
    atomic_store(&domain, fresh); /* complete: others may use it from here on */
    MP_KILL_POINT("domain.opened");
    return 0;
}

int mp__domain_open(void)
{
    mp__ident self;
    int error = 0;

    if (atomic_load_explicit(&domain, memory_order_acquire) == NULL) {
        mp__self_lock();
        error = open_locked();
        mp__self_unlock();
    }
    return error < 0 ? error : mp__domain_self(&self);
}

unsigned mp__domain_slot(mp__ident ident)
{
    return ident & (MP__DOMAIN_SLOTS - 1);
}

unsigned mp__domain_bound(void)
{
    struct domain *all = atomic_load(&domain);

    uint32_t bound = all == NULL ? 0 : atomic_load(&all->highest);

    /* Who shares the map may have written anything there. */
    return bound < MP__DOMAIN_SLOTS ? bound : MP__DOMAIN_SLOTS;
}

static uint32_t generation_of(mp__ident ident)
{
    return ident >> SLOT_BITS;
}

static void raise_highest(struct domain *all, uint32_t bound)
{
    uint32_t seen = atomic_load(&all->highest);

    while (seen < bound &&
           !atomic_compare_exchange_weak(&all->highest, &seen, bound)) {
        /* D4: `seen` is fresh */
    }
}

/* D1 to D4 for one slot: its new ident, 0 when it is taken, or -errno. */
static int64_t slot_take(struct domain *all, unsigned index)
{
    struct slot *slot = &all->slots[index];
    pid_t self = mp__self_pid();
    uint32_t generation;
    int error;

    MP_KILL_POINT("domain.locking");
    error = mp__life_lock(life_fd, index); /* D1 */
    if (error < 0) {
        return error == -EAGAIN ? 0 : error;
    }
    MP_KILL_POINT("domain.locked");
    generation = atomic_load(&slot->generation); /* D2 */
    if (generation != 0 && atomic_load(&slot->pid) != self &&
        mp__life_confirm(atomic_load(&slot->pid), atomic_load(&slot->start))) {
        MP_KILL_POINT("domain.found_living");
        mp__life_unlock(life_fd, index);
        MP_KILL_POINT("domain.let_go");
        return 0;
    }
    generation = (generation + 1) & GENERATION_MASK;
    if (generation == 0) {
        generation = 1;
    }
    atomic_store(&slot->generation, generation); /* D3 */
    MP_KILL_POINT("domain.renewed");
    atomic_store(&slot->pid, (int32_t)self); /* D4 */
    MP_KILL_POINT("domain.pid_told");
    atomic_store(&slot->start, mp__life_moment()); /* D4 */
    MP_KILL_POINT("domain.start_told");
    atomic_store(&slot->birth, atomic_fetch_add(&all->births, 1) + 1); /* D4 */
    MP_KILL_POINT("domain.birth_told");
    raise_highest(all, index + 1);
    MP_KILL_POINT("domain.taken");
    return (int64_t)((generation << SLOT_BITS) | index);
}

static int take_slot(mp__ident *ident)
{
    struct domain *all = atomic_load(&domain);
    unsigned first;
    unsigned tried;
    int64_t taken = 0;

    if (all == NULL) {
        return MP_ESTATE;
    }
    first = atomic_fetch_add(&all->next, 1); /* a hint: nothing depends on it */
    for (tried = 0; tried < MP__DOMAIN_SLOTS && taken == 0; tried++) {
        taken = slot_take(all, (first + tried) % MP__DOMAIN_SLOTS);
    }
    if (taken <= 0) {
        return taken < 0 ? (int)taken : MP_ENOMEM;
    }
    *ident = (mp__ident)taken;
    return 0;
}

int mp__domain_attach(mp__ident *ident)
{
    mp__self *self = mp__self_get();
    int error = 0;

    *ident = atomic_load_explicit(&self->ident, memory_order_relaxed);
    if (*ident != 0) {
        return 0;
    }
    mp__self_lock(); /* two threads must not take two slots */
    *ident = atomic_load(&self->ident);
    if (*ident == 0) {
        error = take_slot(ident);
        if (error == 0) {
            atomic_store(&self->ident,
                         *ident); /* after D4: now it is asked for */
        }
    }
    mp__self_unlock();
    return error;
}

static bool slot_is_alive(struct slot *slot, unsigned index,
                          uint32_t generation)
{
    int locked = mp__life_is_locked(life_fd, index);
    pid_t pid = atomic_load(&slot->pid);
    uint64_t start = atomic_load(&slot->start);
    bool alive = locked == 1;

    if (locked == 0) {
        alive = mp__life_confirm(pid, start); /* it may have closed the file */
    } else if (locked < 0) {
        alive = mp__life_presume(pid, start); /* or we have */
    }
    /* The answer may be about the slot's next owner. */
    return alive && atomic_load(&slot->generation) == generation;
}

bool mp__domain_is_alive(mp__ident ident)
{
    struct domain *all = atomic_load(&domain);
    mp__self *self = mp__self_get();
    unsigned index = mp__domain_slot(ident);

    if (ident == atomic_load(&self->ident)) {
        return true; /* F_GETLK never reports a lock of our own */
    }
    if (all == NULL || ident == 0 ||
        atomic_load(&all->slots[index].generation) != generation_of(ident)) {
        return false;
    }
    return slot_is_alive(&all->slots[index], index, generation_of(ident));
}

bool mp__domain_is_pid(mp__ident ident, pid_t pid)
{
    return pid > 0 && ident != 0 &&
           mp__life_holder(life_fd, mp__domain_slot(ident)) == pid;
}

uint64_t mp__domain_moment(void)
{
    struct domain *all = atomic_load(&domain);

    return all == NULL ? 0 : atomic_load(&all->births);
}

bool mp__domain_is_alone(uint64_t moment, mp__ident creator)
{
    struct domain *all = atomic_load(&domain);
    mp__ident self = atomic_load(&mp__self_get()->ident);
    uint32_t bound = mp__domain_bound();
    uint32_t generation;
    uint32_t index;
    mp__ident ident;

    for (index = 0; index < bound; index++) {
        generation = atomic_load(&all->slots[index].generation);
        ident = (generation << SLOT_BITS) | index;
        if (generation == 0 || ident == self) {
            continue;
        }
        if (ident != creator &&
            atomic_load(&all->slots[index].birth) <= moment) {
            continue;
        }
        if (slot_is_alive(&all->slots[index], index, generation)) {
            return false;
        }
    }
    return true;
}
