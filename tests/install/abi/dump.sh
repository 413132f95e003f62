#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# dump.sh LIBRARY INCLUDE -- print the binary interface of a shared library
# that has debug information, as abidw tells it; the kept dump was made by this,
# and names no folder of the machine it was made on
set -eu
abidw --exported-interfaces-only --drop-private-types --headers-dir "$2" \
    --no-corpus-path --no-comp-dir-path --no-show-locs "$1" |
    sed "s:path='[^']*/src/:path='src/:"
