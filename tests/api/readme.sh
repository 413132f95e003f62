#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# readme.sh PROJECT COMPILER -- every block of C in the README compiles, and
# the first is a file of examples/
set -eu
project=$1
compiler=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

awk -v to="$work/block" '/^```c$/ { n++; on = 1; next } /^```$/ { on = 0 }
    on { print > (to n ".c") }' "$project/README.md"
[ -f "$work/block1.c" ]
for block in "$work"/block*.c; do
    "$compiler" -std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Werror \
        -I"$project/include" -fsyntax-only "$block"
done
name=$(sed -n "s/^ \* \([a-z_]*\.c\) --.*/\1/p" "$work/block1.c" | head -n 1)
diff -u "$project/examples/$name" "$work/block1.c"
