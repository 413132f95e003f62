#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# check_wraps.sh LIBRARY WRAPPED NOT-WRAPPED -- does any call escape the tests?
#
# Fails when the library calls an outside function that is neither made to
# fail nor excused with a reason.
set -eu
library=$1 wrapped=$2 excused=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

nm "$library" | sed -n 's/^.* [A-TV-Zac-uvw-z] //p' | sort -u > "$work/own"
nm -u "$library" | sed -n 's/^ *[UwW] //p' | sort -u > "$work/used"
comm -23 "$work/used" "$work/own" > "$work/outside"
test -s "$work/outside" || { echo "no calls found in $library"; exit 1; }
{
    cat "$wrapped"
    sed -n 's/^\([A-Za-z_][A-Za-z_0-9]*\)  *[a-zA-Z].*/\1/p' "$excused"
} | sort -u > "$work/known"
unknown=$(comm -23 "$work/outside" "$work/known")
if [ -n "$unknown" ]; then
    echo "called, but neither in $wrapped nor in $excused:"
    echo "$unknown"
    exit 1
fi
echo "$(wc -l < "$work/outside") outside names, each made to fail or excused"
