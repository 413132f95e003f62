#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# cmake_package.sh -- does find_package work, wherever libmp lies?
. "$(dirname "$0")/common.sh"
layouts=$stage/layouts

try() { # PREFIX [LIBDIR]
    find_below "$@"
    needs_shared "$work/consumer/consumer" ||
        fail "$1: libmp::libmp is not the shared library"
    answers "$work/consumer/consumer_static"
    ! needs_shared "$work/consumer/consumer_static" ||
        fail "$1: libmp::libmp_static is not the static library"
}

try "$layouts/plain"
try "$layouts/moved" lib64
try "$layouts/staged/usr/local" lib/machine-linux-gnu
try "$layouts/libdir/far"
try "$layouts/includedir/prefix"
try "$layouts/absolute/far"
ask "$layouts/plain" 'shared;static'
