#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# subproject.sh -- is libmp a good guest in the build of a parent project?
. "$(dirname "$0")/common.sh"

parent() { # FOLDER CMAKE-OPTION...
    build=$work/$1
    shift
    quietly "$cmake" -S "$here/parent" -B "$build" "-DLIBMP_FOLDER=$project" \
        "-DCMAKE_C_COMPILER=$compiler" "-DCMAKE_C_FLAGS=$flags" \
        "$form" "$hushed" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON "$@"
    commands=$build/compile_commands.json
    grep '"command"' "$commands" | grep -v consumer > "$work/libmp" || true
    grep '"command".*consumer' "$commands" > "$work/own" ||
        fail 'the parent compiles nothing'
    [ "$(wc -l < "$work/libmp")" -gt 10 ] || fail 'libmp is not compiled'
}

# No build type: the library is optimised, the parent's program as it wants.
optimised() { # YES-OR-NO
    case $1 in
    yes) ! grep -v -e ' -O2 ' "$work/libmp" || fail 'libmp without -O2' ;;
    no) ! grep -e ' -O2 ' "$work/libmp" || fail 'libmp with an -O2 of its own' ;;
    esac
    ! grep -e ' -O2 ' -e ' -W' -e ' -std=' -e ' -fno-plt' -e ' -fvisib' \
        -e ' -D' "$work/own" || fail "flags of libmp are the parent's, too"
}

parent none
optimised yes
parent none -DCMAKE_BUILD_TYPE=Debug
optimised no
parent none -DCMAKE_BUILD_TYPE= "-DCMAKE_C_FLAGS=$flags -O1"
optimised no
parent fetched -DBY_FETCHING=ON -DCMAKE_BUILD_TYPE=
optimised yes
parent fetched -DBUILD_SHARED_LIBS=OFF
parent fetched -DBUILD_SHARED_LIBS=ON

# The parent's own options of these names bring nothing of libmp's.
parent built "-DCMAKE_C_FLAGS=$flags -O0" -DMP_BUILD_TESTS=ON \
    -DMP_BUILD_EXAMPLES=ON -DMP_BUILD_BENCH=ON
optimised no
quietly "$cmake" --build "$build" --parallel 2
answers "$build/program"
answers "$build/program_static"
needs_shared "$build/program" || fail 'libmp::libmp is not the shared library'
! needs_shared "$build/program_static" || fail 'libmp::libmp_static is shared'

quietly "$cmake" --install "$build" --prefix "$work/without"
equal 'what the parent installs' bin/program \
    "$(cd "$work/without" && find . ! -type d | sed 's/^\.\///')"
parent built "-DCMAKE_C_FLAGS=$flags -O0" -DMP_INSTALL=ON
quietly "$cmake" --install "$build" --prefix "$work/with"
[ -f "$work/with/include/mp/mp.h" ] || fail 'MP_INSTALL installs no header'
find_below "$work/with"
