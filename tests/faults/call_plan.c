/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * call_plan.c -- which call is to fail, in which process, and how
 */
#define _DEFAULT_SOURCE

#include "faults/call_plan.h"

#include "support/heap_watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define CALL_NAME(id, name, ...)   [CALL_##id] = (name),
#define CALL_ERRORS(id, name, ...) [CALL_##id] = { __VA_ARGS__, 0 },

static const char *const names[CALL_IDS] = { CALLS(CALL_NAME) };
static const int errors[CALL_IDS][8] = { CALLS(CALL_ERRORS) };

#define NAMED(error)                                                           \
    {                                                                          \
#error, (error)                                                        \
    }

static const struct {
    const char *name;
    int error;
} error_names[] = {
    NAMED(SHORT),     NAMED(EACCES),     NAMED(EAFNOSUPPORT), NAMED(EAGAIN),
    NAMED(EBUSY),     NAMED(ECHILD),     NAMED(ECONNRESET),   NAMED(EDQUOT),
    NAMED(EEXIST),    NAMED(EFBIG),      NAMED(EINTR),        NAMED(EINVAL),
    NAMED(EIO),       NAMED(EMFILE),     NAMED(ENFILE),       NAMED(ENOBUFS),
    NAMED(ENODEV),    NAMED(ENOENT),     NAMED(ENOLCK),       NAMED(ENOMEM),
    NAMED(ENOSPC),    NAMED(ENOSYS),     NAMED(ENOTCONN),     NAMED(EPERM),
    NAMED(EPIPE),     NAMED(EOPNOTSUPP), NAMED(EROFS),        NAMED(ESRCH),
    NAMED(ETIMEDOUT), { NULL, 0 },
};

static call_plan *mine;
static enum call_role role;

call_plan *call_plan_create(void)
{
    call_plan *plan = mmap(NULL, sizeof(*plan), PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (plan == MAP_FAILED) {
        perror("call_plan_create");
        exit(1);
    }
    return plan;
}

void call_plan_destroy(call_plan *plan)
{
    if (mine == plan) {
        mine = NULL;
    }
    (void)munmap(plan, sizeof(*plan));
}

void call_plan_clear(call_plan *plan)
{
    memset(plan, 0, sizeof(*plan));
}

void call_plan_enter(call_plan *plan)
{
    mine = plan;
    role = ROLE_HOST;
}

/* Allocations are counted by the watch over the heap, in each process. */
static void set_allocation(void)
{
    bool wanted = mine != NULL && atomic_load(&mine->active) != 0 &&
                  mine->once.id == CALL_ALLOCATE && mine->once.role == role;

    (void)mp_test_fail_allocation(wanted ? (int)mine->once.nth : 0);
}

void call_plan_begin(void)
{
    atomic_store(&mine->active, 1);
    set_allocation();
}

void call_plan_end(void)
{
    call_plan *plan = mine;
    bool counted = plan->once.id == CALL_ALLOCATE && plan->once.nth > 0 &&
                   plan->once.role == ROLE_HOST;

    plan->once.nth = 0;
    atomic_store(&plan->active, plan->permanent ? 1 : 0);
    if (mp_test_fail_allocation(0) == 0 && counted) {
        (void)atomic_fetch_add(&plan->hits, 1);
    }
}

void call_plan_forked(void)
{
    role = role == ROLE_HOST ? ROLE_CHILD : ROLE_GRANDCHILD;
    set_allocation();
}

call_plan *call_plan_now(void)
{
    return mine != NULL && atomic_load(&mine->active) != 0 ? mine : NULL;
}

int call_due(enum call_id id)
{
    call_plan *plan = call_plan_now();
    unsigned count;

    if (plan == NULL) {
        return 0;
    }
    count = atomic_fetch_add(&plan->counts[id][role], 1) + 1;
    if (plan->always[id] != 0) {
        (void)atomic_fetch_add(&plan->hits, 1);
        return plan->always[id];
    }
    if (plan->once.nth == count && plan->once.id == id &&
        plan->once.role == role) {
        (void)atomic_fetch_add(&plan->hits, 1);
        return plan->once.error;
    }
    return 0;
}

bool call_fails(enum call_id id)
{
    int error = call_due(id);

    if (error == 0) {
        return false;
    }
    errno = error;
    return true;
}

const char *call_name(enum call_id id)
{
    return names[id];
}

const char *call_role_name(enum call_role which)
{
    static const char *const roles[ROLES] = { "host", "child", "grandchild" };

    return roles[which];
}

const char *call_error_name(int error)
{
    for (size_t i = 0; error_names[i].name != NULL; i++) {
        if (error_names[i].error == error) {
            return error_names[i].name;
        }
    }
    return "?";
}

int call_error_of(const char *name)
{
    for (size_t i = 0; error_names[i].name != NULL; i++) {
        if (strcmp(error_names[i].name, name) == 0) {
            return error_names[i].error;
        }
    }
    return 0;
}

const int *call_errors(enum call_id id)
{
    return errors[id];
}
