/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * wait.c -- wait for several things at once
 *
 * Each item has a descriptor to poll, and most have a way to be ready that no
 * descriptor shows: those are looked at first, and again after every slice,
 * since a death may keep a descriptor silent.
 */
#include "mp/wait.h"

#include "mp/error.h"
#include "objects/connection.h"
#include "objects/queue.h"
#include "objects/reserved.h"
#include "platform/clock.h"
#include "platform/fd.h"
#include "pool/calls/observe.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#define SLICE_MS 250

/* How many things an item names. */
static int names_of(const mp_wait_item *item)
{
    return (item->connection != NULL) + (item->process != NULL) +
           (item->queue != NULL) + (item->pool != NULL) +
           (item->descriptor != 0);
}

/* The descriptor of an item, or an error; *ready: there is no need to wait. */
static int descriptor_of(const mp_wait_item *item, bool *ready)
{
    *ready = false;
    if (item->connection != NULL) {
        *ready = mp__connection_has_message(item->connection);
        return mp_connection_descriptor(item->connection);
    }
    if (item->process != NULL) {
        *ready = mp_process_is_alive(item->process) == 0;
        return mp_process_descriptor(item->process);
    }
    if (item->queue != NULL) {
        int descriptor = mp_queue_descriptor(item->queue);

        *ready = descriptor >= 0 && mp__queue_is_ready(item->queue);
        return descriptor;
    }
    if (item->pool != NULL) {
        return mp__pool_watch(item->pool, ready);
    }
    return item->descriptor == MP_STDIN ? STDIN_FILENO : item->descriptor;
}

static int check(const mp_wait_item *items, size_t count, int timeout_ms)
{
    struct pollfd one = { .events = POLLIN };
    size_t i;
    bool ready;

    if (count == 0) {
        return timeout_ms == MP_FOREVER ? MP_EINVAL : 0;
    }
    if (items == NULL || count > INT_MAX) {
        return MP_EINVAL;
    }
    for (i = 0; i < count; i++) {
        if (names_of(&items[i]) != 1 || !MP__RESERVED_IS_ZERO(&items[i])) {
            return MP_EINVAL;
        }
        one.fd = descriptor_of(&items[i], &ready);
        if (one.fd < 0) {
            return items[i].descriptor != 0 ? MP_EINVAL : one.fd;
        }
        if (mp__fd_poll(&one, 1, 0) > 0 && (one.revents & POLLNVAL) != 0) {
            return MP_EINVAL;
        }
    }
    return 0;
}

/* Fill in the set to poll and `ready` of every item; how many are. */
static int look(mp_wait_item *items, struct pollfd *set, size_t count)
{
    int ready = 0;
    size_t i;

    for (i = 0; i < count; i++) {
        set[i].fd = descriptor_of(&items[i], &items[i].ready);
        set[i].events = POLLIN;
        ready += items[i].ready;
    }
    return ready;
}

/* The descriptor of an item says that it is ready: is it true? *early: it
 * will go on saying so before it is. */
static bool is_ready(const mp_wait_item *item, bool *early)
{
    if (item->queue != NULL) {
        return mp__queue_is_ready(item->queue);
    }
    /* Without a pidfd: a process closes its files a moment before its end,
     * or long before. */
    if (item->process != NULL && mp_process_is_alive(item->process) != 0) {
        *early = true;
        return false;
    }
    return true;
}

/* After a poll: how many items are ready. */
static int mark(mp_wait_item *items, const struct pollfd *set, size_t count)
{
    bool early = false;
    int ready = 0;
    size_t i;

    for (i = 0; i < count; i++) {
        if (set[i].revents != 0) {
            items[i].ready = is_ready(&items[i], &early);
        }
        ready += items[i].ready;
    }
    if (ready == 0 && early) {
        mp__clock_sleep(MP__MS);
    }
    return ready;
}

int mp_wait(mp_wait_item *items, size_t count, int timeout_ms)
{
    int64_t deadline = mp__deadline_after(timeout_ms);
    struct pollfd *set;
    int ready = check(items, count, timeout_ms);
    bool last;

    if (ready < 0) {
        return ready;
    }
    set = calloc(count + 1, sizeof(*set));
    if (set == NULL) {
        return MP_ENOMEM;
    }
    do {
        last = mp__deadline_passed(deadline);
        ready = look(items, set, count);
        (void)mp__fd_poll(
            set, count,
            ready > 0 || last ? 0 : mp__deadline_poll_ms(deadline, SLICE_MS));
        ready = mark(items, set, count);
    } while (ready == 0 && !last);
    free(set);
    return ready;
}
