/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * mp/version.h -- which libmp this is
 */
#ifndef MP_VERSION_H
#define MP_VERSION_H

#include <mp/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Of this header; mp_version() tells that of the library that runs. */
#define MP_VERSION_MAJOR 0
#define MP_VERSION_MINOR 2
#define MP_VERSION_PATCH 0
#define MP_VERSION       "0.2.0"

/** The version of the library that runs. The string is static. */
MP_API const char *mp_version(void);

#ifdef __cplusplus
}
#endif

#endif
