/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * core.h -- what owner, supervisor and workers of one pool have in common
 */
#ifndef MP__CORE_H
#define MP__CORE_H

#include "mp/pool.h"
#include "platform/park.h"
#include "pool/common/task.h"
#include "shared/alarm.h"
#include "shared/bell.h"
#include "shared/domain.h"
#include "shared/extents.h"
#include "shared/outbox.h"
#include "shared/task_table.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum mp__phase {
    MP__PHASE_OPEN = 0,
    MP__PHASE_TERMINATED, /* by the owner: end the workers and go */
    MP__PHASE_BROKEN      /* by the supervisor: `fault` says why */
};

enum mp__readiness {
    MP__WORKER_BORN = 0,
    MP__WORKER_STARTING, /* its init runs */
    MP__WORKER_READY,    /* that is done */
    MP__WORKER_RENEWED,  /* it leaves after tasks_per_worker chunks */
    MP__WORKER_LEAVING,  /* it leaves, for the pool is closed */
    MP__WORKER_REFUSED,  /* its init failed */
    MP__WORKER_OVERDUE   /* so said by the supervisor: init took too long */
};

/* One line for each worker slot. */
struct mp__worker_line {
    /* By the supervisor at the fork, then by the worker. */
    _Alignas(64) _Atomic uint32_t ready;
    _Atomic uint32_t ident; /* the worker: its ident in the domain */
    _Atomic int64_t cpu; /* the worker, when accounting: used before its item */
    _Atomic uint64_t extents_end; /* the worker: see shared/extents.c */
};

/* Shared memory beside the task table and the outbox. */
struct mp__control {
    _Atomic uint32_t fault_taken; /* by CAS: who may write `fault` */
    _Atomic uint32_t fault_told;  /* it is written */
    mp__fault fault;
    mp__bell bell;
    mp__alarm alarm; /* of the supervisor, for limits */
    struct mp__worker_line workers[];
};

/* Shared by owner and supervisor alone: a worker gives it up before it runs
 * anything of the user's. What decides whom they kill and when they end stands
 * here, out of reach of a task that overwrites what it can. */
struct mp__roster {
    _Atomic uint32_t phase;
    _Atomic int32_t started;       /* 0 not yet, 1 all forked, -errno */
    _Atomic uint64_t workers_lost; /* by the supervisor, as all that follows */
    _Atomic uint64_t workers_renewed;
    _Atomic int32_t pids[]; /* also by each newborn; 0: nobody */
};

/* Inherited by every process of the pool; descriptors differ in what is open
 * where. */
typedef struct mp__core {
    struct mp__control *control;
    size_t control_size;
    struct mp__roster *roster; /* NULL in a worker */
    size_t roster_size;
    mp__task_table *table;
    mp__outbox *outbox;
    mp__pins *pins;
    uint32_t workers;
    int bell_read;  /* all: nobody may get SIGPIPE from the bell */
    int bell_write; /* supervisor, workers */
    int link_owner; /* owner: requests go out, its end shows a death */
    int link_supervisor;
    int file;    /* results and arguments too long for shared memory */
    bool mapped; /* that may be mapped, by who maps it then */
    pid_t owner;
    mp__ident owner_ident;
    char owner_name[64];
    int (*init)(void *argument, void **state);
    void (*exit)(void *state);
    void *argument;
    int tasks_per_worker; /* 0: no limit */
    int limit_ms;         /* of tasks without one, init and exit; 0: none */
    int grace_ms;
    bool account;
    mp__spin_budget budget; /* of owner and workers, for each a copy */
} mp__core;

/* Everything but processes. 0, MP_ENOMEM or -errno. */
int mp__core_create(mp__core *core, const mp_pool_options *options,
                    uint32_t workers);
void mp__core_destroy(mp__core *core);

/* By a worker, before it runs anything of the user's. */
void mp__core_leave_roster(mp__core *core);

/* A place for those of one slot: so many bytes of offsets. */
#define MP__ARGUMENTS_PART ((uint64_t)1 << 33)
/* Where the arguments in `slot` begin in the file. */
uint64_t mp__core_arguments_at(const mp__core *core, uint32_t slot);

/* Say, once for the pool, why it is broken. */
void mp__core_tell(mp__core *core, const mp__fault *fault);

#endif
