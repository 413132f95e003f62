/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * connection.h -- what mp_wait asks of a connection
 */
#ifndef MP__CONNECTION_H
#define MP__CONNECTION_H

#include "mp/connection.h"

#include <stdbool.h>

/* Has a whole message been taken from the socket and not handed out? */
bool mp__connection_has_message(const mp_connection *connection);

#endif
