/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * turns.c -- two processes that run in turns, and what is counted of each
 *
 * A turn is a byte in a pipe, for a read that blocks takes as many instructions
 * however long it takes. The byte of the first side says whether the turn is
 * counted. Nothing is counted between two turns of a process.
 */
#define _GNU_SOURCE

#include "turns.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef GATE_COUNTS
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_TOGGLE_COLLECT
#endif

enum { COUNTED = 1, OVER = 2 };

static struct turns_board *board;
static int pipes[2][2]; /* of each side: what it reads, what is written to it */
static enum turns_side here = TURNS_NOBODY;
static unsigned char plan; /* of the first side: what its next byte says */
static bool counting;

int turns_prepare(void)
{
    board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return board == MAP_FAILED || pipe(pipes[TURNS_FIRST]) < 0 ||
                   pipe(pipes[TURNS_SECOND]) < 0
               ? -1
               : 0;
}

struct turns_board *turns_board(void)
{
    return board;
}

enum turns_side turns_side(void)
{
    return here;
}

static void count(bool on)
{
    if (on != counting) {
        counting = on;
        CALLGRIND_TOGGLE_COLLECT;
    }
}

static void give(void)
{
    if (write(pipes[1 - here][1], &plan, 1) != 1) {
        _exit(1);
    }
}

static bool await(void)
{
    unsigned char said = 0;
    ssize_t got;

    do {
        got = read(pipes[here][0], &said, 1);
    } while (got < 0 && errno == EINTR);
    if (got != 1) {
        _exit(1); /* the other side is gone */
    }
    if (here == TURNS_SECOND) {
        plan = said;
    }
    if ((plan & OVER) != 0) {
        here = TURNS_NOBODY;
        return false;
    }
    count((plan & COUNTED) != 0);
    return true;
}

bool turns_join(enum turns_side side)
{
    here = side;
    board->pids[side] = getpid();
    (void)close(pipes[side][1]); /* so that the end of the other shows */
    (void)close(pipes[1 - side][0]);
    return side == TURNS_FIRST || await();
}

bool turns_pass(void)
{
    if (here == TURNS_NOBODY) {
        return false;
    }
    count(false);
    give();
    return await();
}

void turns_count(bool on)
{
    plan = on ? COUNTED : 0;
    count(on);
}

void turns_end(void)
{
    if (here == TURNS_FIRST) {
        count(false);
        plan = OVER;
        give();
        here = TURNS_NOBODY;
    }
}
