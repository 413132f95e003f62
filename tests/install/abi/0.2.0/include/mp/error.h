/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * mp/error.h -- result codes, and the timeout that never passes
 *
 * Calls return an int: 0 or more is success, less is an error. Test `< 0`,
 * not `!= MP_OK`: counts are successes too, and so is MP_OWNERDEAD. A failed
 * call leaves its out-parameters untouched and nothing half done, unless its
 * comment says otherwise. Codes without a name here are -errno of the system
 * call that failed. Successful calls leave errno as it was.
 */
#ifndef MP_ERROR_H
#define MP_ERROR_H

#include <errno.h>
#include <limits.h>

#include <mp/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A timeout: as long as it takes. Every `timeout_ms` bounds one wait, in
 * milliseconds of the monotonic clock; 0 or less tries once without waiting.
 * A wait never ends early and never starts over after a signal.
 */
#define MP_FOREVER INT_MAX

enum mp_error {
    MP_OK = 0,
    MP_OWNERDEAD = 1,          /**< Success: an earlier holder died. */
    MP_EINVAL = -EINVAL,       /**< An argument is out of range. */
    MP_ENOMEM = -ENOMEM,       /**< Memory ran out; nothing changed. */
    MP_EAGAIN = -EAGAIN,       /**< Not yet: there is no answer so far. */
    MP_EPERM = -EPERM,         /**< Only the holder may do this. */
    MP_EDEADLK = -EDEADLK,     /**< The caller would wait for itself. */
    MP_EOVERFLOW = -EOVERFLOW, /**< More given back than was taken. */
    MP_EMSGSIZE = -EMSGSIZE,   /**< The buffer is too small. */
    MP_ETIMEDOUT = -ETIMEDOUT, /**< The timeout passed; try again. */
    MP_ECLOSED = -EPIPE,       /**< Closed, or nobody is left. */
    MP_ESTATE = -5000,         /**< Wrong moment, or wrong process. */
    MP_EENCODE,                /**< A serializer refused the object. */
    MP_EDECODE,                /**< Bytes the serializer does not expect. */
    MP_EFAILED,                /**< The task reported failure. */
    MP_ECRASHED,               /**< The process died before it finished. */
    MP_ELIMIT,                 /**< The task ran past its limit. */
    MP_ECANCELED,              /**< The task was cancelled. */
    MP_ETERMINATED,            /**< The pool was terminated before. */
    MP_EBROKEN,                /**< The pool or queue cannot go on. */
    MP_EUNKNOWN                /**< It ended; its exit status is lost. */
};

/** Describe `error`, a code of mp_error or -errno, in English. The string is
 *  static; never free it. Any thread may call at any time. */
MP_API const char *mp_strerror(int error);

#ifdef __cplusplus
}
#endif

#endif
