#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# check_word_count.sh PROGRAM MEGABYTES FILE... -- does it agree with wc?
set -eu
program=$1
megabytes=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

agree() {
    LC_ALL=C wc -lwc "$@" | awk '{ print $1, $2, $3, $4 }' > "$work/wc"
    [ $# -gt 1 ] || awk '{ print $1, $2, $3, "total" }' "$work/wc" |
        tail -n 1 >> "$work/wc"
    "$program" "$@" > "$work/counted"
    diff -u "$work/wc" "$work/counted"
}

agree "$@"
: > "$work/empty"
agree "$work/empty"

# Lines of all lengths, tabs and form feeds, and words that cross the border
# of two pieces, once of more than a whole piece.
awk -v size="$megabytes" 'BEGIN {
    srand(7)
    for (i = 0; i < 1300000; i++) printf "x"
    while (total < size * 1048576) {
        line = ""
        n = int(rand() * 20)
        for (i = 0; i < n; i++)
            line = line sprintf("%.*s%s", 1 + int(rand() * 12), "abcdefghijkl",
                                substr("  \t \f", 1 + int(rand() * 5), 1))
        print line
        total += length(line) + 1
    }
    printf "no newline at the end"
}' > "$work/big"
agree "$work/big"

# Unreadable files are reported, the rest still counted.
status=0
"$program" "$work/none" "$work/big" "$work" > "$work/counted" 2> "$work/errors" ||
    status=$?
[ "$status" = 1 ]
[ "$(wc -l < "$work/errors")" = 2 ]
[ "$(tail -n 1 "$work/counted")" = \
    "$(LC_ALL=C wc -lwc "$work/big" | awk '{ print $1, $2, $3, "total" }')" ]
status=0
"$program" 2> "$work/errors" || status=$?
[ "$status" = 2 ]
