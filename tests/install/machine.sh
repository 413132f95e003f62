#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# machine.sh -- does the library depend on what happens to be installed?
#
# With default options the library's part of the build looks for nothing, and
# no source asks whether there is a header.
. "$(dirname "$0")/common.sh"

search='find_(package|library|path|file|program)|pkg_(check|search)_modules'
search="$search|check_(include_files?|function_exists|symbol_exists)"
search="$search|check_(library_exists|c_source_compiles|c_source_runs)"
search="$search|try_(compile|run)|check_struct_has_member|execute_process"

quietly "$cmake" -S "$project" -B "$work/build" "$form" \
    "-DCMAKE_C_COMPILER=$compiler" "-DCMAKE_C_FLAGS=$flags" -DMP_BUILD_TESTS=OFF -DMP_BUILD_EXAMPLES=OFF \
    -DMP_BUILD_BENCH=OFF --trace "--trace-redirect=$work/trace"
grep -q "^$project/CMakeLists.txt.*add_library(libmp_objects" "$work/trace" ||
    fail 'the trace does not show the library'
if grep -E "^$project/[^:]*:? ?\([0-9]+\):  *($search)\(" "$work/trace"; then
    fail 'the library depends on what is installed'
fi
if grep -rn '__has_include' "$project/src" "$project/include"; then
    fail 'a source depends on what is installed'
fi
