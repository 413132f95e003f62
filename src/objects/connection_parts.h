/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * connection_parts.h -- what the two directions of a connection know
 */
#ifndef MP__CONNECTION_PARTS_H
#define MP__CONNECTION_PARTS_H

#include "objects/connection.h"
#include "objects/serializer.h"
#include "shared/domain.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MP__MARK_FIRST   UINT32_C(0x6d70f001)
#define MP__MARK_NEXT    UINT32_C(0x6d70f002)
#define MP__FRAME_BODY   ((size_t)16384 - sizeof(mp__frame))
#define MP__SCRATCH_KEPT ((size_t)256 * 1024)

/* In front of every frame. */
typedef struct mp__frame {
    uint32_t mark;
    uint32_t sender;
    uint64_t left; /* bytes of the message, from this frame on */
} mp__frame;

struct mp_connection {
    int fd; /* -1: closed here */
    bool sends;
    bool receives;
    mp_serializer serializer;
    mp__scratch out;
    mp__scratch object;
    mp__scratch in;   /* the message on its way in */
    bool begun;       /* some of it is there */
    bool whole;       /* all of it */
    uint64_t total;   /* of its bytes */
    uint64_t have;    /* that are there */
    mp__ident sender; /* of it */
};

/* 0, MP_EINVAL, MP_ECLOSED; of an end that receives: MP_ESTATE too. */
int mp__connection_check(const mp_connection *connection);
int mp__connection_check_receive(const mp_connection *connection);

#endif
