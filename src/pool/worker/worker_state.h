/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * worker_state.h -- all that a worker knows, from its birth on
 */
#ifndef MP__WORKER_STATE_H
#define MP__WORKER_STATE_H

#include "objects/serializer.h"
#include "pool/common/core.h"
#include "pool/common/item.h"
#include "pool/common/long_arguments.h"
#include "pool/worker/result_file.h"
#include "pool/worker/shared_arrays.h"
#include "shared/bundle.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct mp__worker {
    mp__core *core;
    uint32_t index;
    pid_t supervisor;
    mp__ident ident;
    int32_t pid;
    void *state;
    mp__runner runner;
    mp__outlet outlet;       /* results too long for the ring */
    mp__scratch arguments;   /* of a chunk that lies in the file, or: */
    mp__arguments_view view; /* where they are mapped */
    mp__attended attended;   /* of arrays of the caller's */
    int alarm_end;           /* wakes the supervisor */
    mp__claim claim;         /* the item in hand */
    mp__bundle bundle;       /* the task in hand, if it is a bundle */
    int64_t start;           /* of the run, when its clock runs */
    int64_t cpu;             /* used until then, when the pool accounts */
    bool untold;             /* it has left a patient owner asleep */
    struct {
        uint32_t bundles; /* run since then, */
        int64_t since;
        int64_t busy; /* and so long */
        bool idle;    /* the last were few for the time they came in */
    } pace;
    int vain;            /* looks in a row that others were faster after */
    uint32_t run_length; /* items of a run, by how long the last ones took */
} mp__worker;

#endif
