#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# check_demo.sh CMAKE BUILD EXAMPLE... -- can what the target demo prints be
# read? Each example has its heading, in this order, and all fits 150 lines.
set -eu
cmake=$1
build=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

unset MAKEFLAGS MFLAGS MAKELEVEL # of a make that runs the tests
"$cmake" --build "$build" --target demo > "$work/shown" 2>&1 || {
    cat "$work/shown"
    exit 1
}
for example in "$@"; do
    echo "==== $example.c"
done > "$work/wanted"
sed -n 's/^\(==== [a-z_]*[.]c\) -- ..*/\1/p' "$work/shown" > "$work/headings"
diff -u "$work/wanted" "$work/headings"
lines=$(wc -l < "$work/shown")
[ "$lines" -le 150 ] || {
    echo "the demo prints $lines lines, more than 150"
    exit 1
}
