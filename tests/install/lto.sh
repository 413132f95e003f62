#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# lto.sh -- can every compiler link a libmp.a that was built by gcc with
# interprocedural optimisation?
. "$(dirname "$0")/common.sh"

quietly "$cmake" -S "$project" -B "$work/build" \
    "-DCMAKE_C_COMPILER=$compiler" "-DCMAKE_C_FLAGS=$flags -O0" \
    "$form" "$hushed" -DCMAKE_BUILD_TYPE=None \
    -DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON \
    -DMP_BUILD_TESTS=OFF -DMP_BUILD_EXAMPLES=OFF -DMP_BUILD_BENCH=OFF
quietly "$cmake" --build "$work/build" --target libmp_static --parallel 2
readelf -S -W "$work/build/libmp.a" | grep -q '\.gnu\.lto_' ||
    fail 'libmp.a was not built with interprocedural optimisation'

# Which libc, and how long a pointer is: "2 8"
target_of() { # COMPILER FLAG...
    "$@" -E -P "$work/target.c" 2> "$work/log" | tail -n 1
}
echo '#include <limits.h>
__GLIBC__ __SIZEOF_POINTER__' > "$work/target.c"
# shellcheck disable=SC2086
own=$(target_of "$compiler" $flags)

for other in "$compiler" "$compiler -flto" gcc clang tcc; do
    # shellcheck disable=SC2086
    if ! command -v ${other% *} > "$work/log"; then
        echo "$other: skipped, it is not installed"
    elif [ "$(target_of $other $flags)" != "$own" ]; then
        echo "$other: skipped, it has another libc or no such programs: $flags"
    else
        quietly $other $flags "-I$project/include" "$here/consumer/consumer.c" \
            "$work/build/libmp.a" -o "$work/program"
        answers "$work/program"
        echo "$other: it links libmp.a"
    fi
done
