/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * log.c -- births, deaths and kills, one line each, when LIBMP_LOG asks
 *
 * A supervisor writes here, and must neither wait for whoever reads the host's
 * stderr nor die with him. So poll() is asked first; for the moment between
 * the two SIGPIPE is blocked, and taken back if it came of our write.
 */
#include "platform/log.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char head[] = "libmp: ";

_Atomic bool mp__log_on;

static void write_quietly(const char *line, size_t size)
{
    static const struct timespec at_once;
    sigset_t pipe_only;
    sigset_t pending;
    sigset_t mask;

    (void)sigemptyset(&pipe_only);
    (void)sigaddset(&pipe_only, SIGPIPE);
    (void)sigpending(&pending);
    (void)sigprocmask(SIG_BLOCK, &pipe_only, &mask);
    if (write(STDERR_FILENO, line, size) < 0 && errno == EPIPE &&
        sigismember(&pending, SIGPIPE) == 0) {
        (void)sigtimedwait(&pipe_only, NULL, &at_once);
    }
    (void)sigprocmask(SIG_SETMASK, &mask, NULL);
}

void mp__log_write(const char *format, ...)
{
    struct pollfd reader = { .fd = STDERR_FILENO, .events = POLLOUT };
    int saved = errno;
    char line[512]; /* no more than what a pipe takes in one piece */
    size_t size = sizeof(head) - 1;
    va_list values;

    memcpy(line, head, sizeof(head));
    va_start(values, format);
    /* `values` is started right above. */
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
    (void)vsnprintf(line + size, sizeof(line) - size, format, values);
    va_end(values);
    size = strlen(line);
    size -= size == sizeof(line) - 1; /* room for the end of the line */
    line[size++] = '\n';
    if (poll(&reader, 1, 0) == 1 && reader.revents == POLLOUT) {
        write_quietly(line, size);
    }
    errno = saved;
}

const char *mp__log_status(char text[MP__LOG_STATUS], bool known, int status)
{
    if (!known) {
        (void)snprintf(text, MP__LOG_STATUS, "a status that the host took");
    } else if (status < 0) {
        (void)snprintf(text, MP__LOG_STATUS, "signal %d", -status);
    } else {
        (void)snprintf(text, MP__LOG_STATUS, "status %d", status);
    }
    return text;
}

void mp__log_open(void)
{
    const char *to = getenv("LIBMP_LOG");

    if (to == NULL || to[0] == '\0') {
        return;
    }
    if (strcmp(to, "stderr") == 0) {
        atomic_store(&mp__log_on, true);
    } else {
        mp__log_write("LIBMP_LOG=%s: there is no log but stderr", to);
    }
}
