#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# plain_cc.sh -- is a compiler enough, without any build tool?
. "$(dirname "$0")/common.sh"
prefix=$stage/layouts/plain
cp "$here/consumer/consumer.c" "$work/x.c"

compile "$work/x.c" "-I$prefix/include" "-L$prefix/lib" -lmp \
    "-Wl,-rpath,$prefix/lib" -o "$work/shared"
answers "$work/shared"
needs_shared "$work/shared" || fail '-lmp is not the shared library'

compile "$work/x.c" "-I$prefix/include" "$prefix/lib/libmp.a" -o "$work/static"
answers "$work/static"
! needs_shared "$work/static" || fail 'libmp.a leaves the shared library needed'
