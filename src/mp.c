/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * mp.c -- the version, and what each error code means
 */
#include "mp/error.h"
#include "mp/version.h"

#include <stddef.h>

const char *mp_version(void)
{
    return MP_VERSION;
}

/* Codes of the system calls we make that have no name of our own. strerror()
 * may write to a static buffer, which another thread may be reading. */
static const struct {
    int error;
    const char *text;
} system_errors[] = {
    { EACCES, "permission denied" },
    { EAFNOSUPPORT, "the system has no local sockets" },
    { EBADF, "a descriptor of libmp was closed behind its back" },
    { EDQUOT, "no space left for a large message: quota" },
    { EEXIST, "no name is free for a temporary file" },
    { EFBIG, "the message is larger than files may become" },
    { EINTR, "interrupted by a signal" },
    { EIO, "input/output error, or damaged shared memory" },
    { EMFILE, "this process has too many open descriptors" },
    { ENFILE, "the system has too many open files" },
    { ENOBUFS, "the system is out of buffers" },
    { ENODEV, "the system cannot make such a descriptor" },
    { ENOLCK, "the system has no file locks left" },
    { ENOSPC, "no space left for a large message" },
    { ENOSYS, "the system cannot do this" },
    { ENOENT, "no such file or directory" },
    { ENAMETOOLONG, "TMPDIR is too long" },
    { EROFS, "TMPDIR cannot be written to" },
    { ESTALE, "another process took this one for dead" },
};

static const char *system_text(int error)
{
    size_t i;

    for (i = 0; i < sizeof(system_errors) / sizeof(system_errors[0]); i++) {
        if (system_errors[i].error == -error) {
            return system_errors[i].text;
        }
    }
    return error > 0 ? "success" : "unknown error";
}

const char *mp_strerror(int error)
{
    switch ((enum mp_error)error) {
    case MP_OK:
        return "success";
    case MP_OWNERDEAD:
        return "success, but an earlier holder died";
    case MP_EINVAL:
        return "an argument is out of range";
    case MP_ENOMEM:
        return "out of memory, or too many processes share objects";
    case MP_EAGAIN:
        return "not yet, or no more processes can be made at the moment";
    case MP_EPERM:
        return "only the holder may do this";
    case MP_EDEADLK:
        return "the caller holds it and would wait for ever";
    case MP_EOVERFLOW:
        return "more was given back than was taken";
    case MP_EMSGSIZE:
        return "the buffer is too small for the message";
    case MP_ETIMEDOUT:
        return "the timeout passed";
    case MP_ECLOSED:
        return "closed, or nobody is left at the other end";
    case MP_ESTATE:
        return "wrong moment, or a process that may not do this";
    case MP_EENCODE:
        return "the serializer refused the object";
    case MP_EDECODE:
        return "the bytes are not what the serializer expects";
    case MP_EFAILED:
        return "the task reported failure";
    case MP_ECRASHED:
        return "the worker died before the task had finished";
    case MP_ELIMIT:
        return "the task ran past its limit and was ended";
    case MP_ECANCELED:
        return "the task was cancelled";
    case MP_ETERMINATED:
        return "the pool was terminated before the task ended";
    case MP_EBROKEN:
        return "the pool, queue or barrier is broken";
    case MP_EUNKNOWN:
        return "it ended, but its exit status is lost";
    }
    return system_text(error);
}
