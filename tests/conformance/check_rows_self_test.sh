#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# check_rows_self_test.sh DIR -- check_rows.sh fails when a test is taken away
dir=$1
copy=$(mktemp -d) || exit 1
trap 'rm -rf "$copy"' EXIT
cp "$dir"/test_*.c "$dir/rows.txt" "$dir/README.md" "$copy"
sh "$dir/check_rows.sh" "$copy" >/dev/null || exit 1
rm "$copy/test_barriers.c"
if sh "$dir/check_rows.sh" "$copy" >"$copy/said"; then
    echo 'it did not notice that the tests of barriers are gone'
    exit 1
fi
grep -q '^L-23 has neither' "$copy/said"
