#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# matrix.sh [BUILD_DIR] -- print the fault matrix: what happens to a pool's
# users when processes die. Builds it first where it is not there yet.
set -eu
project=$(cd "$(dirname "$0")/../.." && pwd)
build=${1:-$project/build}
if [ ! -x "$build/tests/faults/matrix" ]; then
    cmake -S "$project" -B "$build" > /dev/null
    cmake --build "$build" --parallel --target matrix > /dev/null
fi
exec "$build/tests/faults/matrix"
