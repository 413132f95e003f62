#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# kinds.sh -- does BUILD_SHARED_LIBS decide which library is installed?
. "$(dirname "$0")/common.sh"
shared=$stage/layouts/shared_ON
static=$stage/layouts/shared_OFF

equal 'no static library' '' "$(find "$shared" -name '*.a')"
find_below "$shared"
needs_shared "$work/consumer/consumer" || fail 'libmp::libmp is not shared'
[ ! -e "$work/consumer/consumer_static" ] || fail 'there is libmp::libmp_static'
ask "$shared" shared

equal 'no shared library' '' "$(find "$static" -name '*.so*')"
find_below "$static"
! needs_shared "$work/consumer/consumer" || fail 'libmp::libmp is not static'
answers "$work/consumer/consumer_static"
ask "$static" static
