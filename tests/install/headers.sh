#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# headers.sh -- are all headers installed, and is each enough by itself?
. "$(dirname "$0")/common.sh"
include=$stage/layouts/plain/include

equal 'what is in the folder of headers' mp "$(ls "$include")"
equal 'headers' "$(cd "$project/include/mp" && ls)" "$(cd "$include/mp" && ls)"

mkdir "$work/alone"
for header in "$include"/mp/*.h; do
    name=$(basename "$header" .h)
    printf '#include <mp/%s.h>\nextern int alone;\n' "$name" \
        > "$work/alone/$name.c"
    cp "$work/alone/$name.c" "$work/alone/$name.cpp"
done
compile -std=c11 -Wall -Wextra -Wpedantic -Werror "-I$include" -fsyntax-only \
    "$work"/alone/*.c
if [ "$cxx" ]; then
    # shellcheck disable=SC2086
    quietly "$cxx" $cxx_flags -std=c++17 -Wall -Wextra -Wpedantic -Werror \
        "-I$include" -fsyntax-only "$work"/alone/*.cpp
else
    echo 'C++17: skipped, there is no C++ compiler'
fi
